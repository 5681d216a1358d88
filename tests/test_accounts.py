import threading

import pytest

from rag.errors import NotFoundError, SettingsError, StoreError
from vectorstore.accounts import FAILURES, LOCKED_SECONDS, Accounts, LockedError, User

PASSWORD = "correct horse battery"
CHEAP = 16


class Clock:
    def __init__(self):
        self.seconds = 1_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(tmp_path, clock):
    accounts = Accounts(tmp_path / "accounts.db", now=clock, cost=CHEAP)
    accounts.add("ada", PASSWORD, "editor")
    accounts.add("bob", "another long password", "reader")
    yield accounts
    accounts.close()


def test_the_right_password_begins_a_session_of_its_user(accounts):
    token = accounts.log_in("ada", PASSWORD, hours=1)
    assert accounts.of_session(token) == User("ada", "editor")
    assert accounts.of_session(token).may_edit
    assert not User("bob", "reader").may_edit


def test_an_administrator_may_do_all_that_an_editor_may_and_change_the_model(accounts):
    root = accounts.add("root", PASSWORD, "admin")
    assert root.may_edit
    assert root.may_administer
    assert accounts.of_key(accounts.add_key("root")) == root
    for role in ("reader", "editor"):
        assert not User("bob", role).may_administer


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_begins_none(accounts, name, password):
    assert accounts.log_in(name, password, hours=1) is None


def test_a_session_ends_with_its_hours_and_with_a_log_out(accounts, clock):
    first, second = (accounts.log_in("ada", PASSWORD, hours=2) for _ in range(2))
    accounts.log_out(first)
    assert accounts.of_session(first) is None
    clock.seconds += 2 * 3600 - 1
    assert accounts.of_session(second) == User("ada", "editor")
    clock.seconds += 1
    assert accounts.of_session(second) is None


def test_a_new_password_ends_the_sessions_of_the_old_one(accounts):
    token = accounts.log_in("ada", PASSWORD, hours=1)
    accounts.add("ada", "a new long password", "reader")
    assert accounts.of_session(token) is None
    assert accounts.log_in("ada", PASSWORD, hours=1) is None
    assert accounts.users() == [User("ada", "reader"), User("bob", "reader")]


def test_five_failures_lock_a_name_even_for_the_right_password_and_no_other(accounts, clock):
    for _ in range(FAILURES):
        assert accounts.log_in("ada", "wrong", hours=1) is None
    with pytest.raises(LockedError, match="15 minutes"):
        accounts.log_in("ada", PASSWORD, hours=1)
    assert accounts.log_in("bob", "another long password", hours=1)
    clock.seconds += LOCKED_SECONDS + 1
    assert accounts.log_in("ada", PASSWORD, hours=1)


def test_guesses_sent_at_once_are_counted_as_well(accounts):
    answers = []

    def guess(n):
        try:
            answers.append(accounts.log_in("ada", f"guess {n}", hours=1))
        except LockedError:
            answers.append("locked")

    threads = [threading.Thread(target=guess, args=[n]) for n in range(FAILURES + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == FAILURES
    assert answers.count("locked") == 3


def test_a_right_password_takes_failures_back(accounts):
    for _ in range(3):
        for _ in range(FAILURES - 1):
            accounts.log_in("ada", "wrong", hours=1)
        assert accounts.log_in("ada", PASSWORD, hours=1)


def test_an_api_key_is_its_users_until_it_is_removed(accounts):
    key = accounts.add_key("bob", "laptop")
    assert accounts.of_key(key) == User("bob", "reader")
    (known,) = accounts.keys()
    assert (known.user, known.label) == ("bob", "laptop")
    accounts.remove_key(known.id)
    assert accounts.of_key(key) is None
    with pytest.raises(NotFoundError):
        accounts.remove_key(known.id)


def test_a_key_that_differs_anywhere_is_nobodys(accounts):
    key = accounts.add_key("bob")
    for wrong in (key[:-1], key + "x", key[:-1] + "!", key.replace("youju-", "other-"), "", "a-b"):
        assert accounts.of_key(wrong) is None


def test_a_removed_user_leaves_no_session_and_no_key(accounts):
    token, key = accounts.log_in("ada", PASSWORD, hours=1), accounts.add_key("ada")
    accounts.remove("ada")
    assert accounts.of_session(token) is None
    assert accounts.of_key(key) is None
    assert accounts.keys() == []
    with pytest.raises(NotFoundError):
        accounts.remove("ada")
    with pytest.raises(NotFoundError):
        accounts.add_key("ada")


def test_a_password_made_at_another_cost_still_fits(accounts, tmp_path, clock):
    dearer = Accounts(tmp_path / "accounts.db", now=clock, cost=2 * CHEAP)
    dearer.add("eve", "a dear long password", "reader")
    assert accounts.log_in("eve", "a dear long password", hours=1)
    assert dearer.log_in("ada", PASSWORD, hours=1)
    dearer.close()


def test_no_secret_stands_in_the_file(accounts, tmp_path):
    token, key = accounts.log_in("ada", PASSWORD, hours=1), accounts.add_key("ada")
    stored = b"".join(p.read_bytes() for p in tmp_path.glob("accounts.db*"))
    assert b"ada" in stored
    for secret in (PASSWORD, token, key, key.split("-", 2)[2]):
        assert secret.encode() not in stored


def test_the_file_is_its_owners_alone(tmp_path):
    Accounts(tmp_path / "accounts.db").close()
    assert (tmp_path / "accounts.db").stat().st_mode & 0o077 == 0


def test_two_processes_see_the_same_users(accounts, tmp_path, clock):
    other = Accounts(tmp_path / "accounts.db", now=clock, cost=CHEAP)
    token = accounts.log_in("ada", PASSWORD, hours=1)
    assert other.of_session(token) == User("ada", "editor")
    other.log_out(token)
    assert accounts.of_session(token) is None
    other.close()


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [
        ("", PASSWORD, "reader"),
        (" ada", PASSWORD, "reader"),
        ("a\nb", PASSWORD, "reader"),
        ("eve", "short", "reader"),
        ("eve", PASSWORD, "owner"),
    ],
)
def test_a_name_password_or_role_that_will_not_do_is_refused(accounts, name, password, role):
    with pytest.raises(SettingsError):
        accounts.add(name, password, role)


def test_another_file_is_not_taken_for_users(tmp_path):
    (tmp_path / "accounts.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="file of users"):
        Accounts(tmp_path / "accounts.db")
