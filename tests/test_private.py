"""What of a home and of its settings is nobody else's to see."""

import os
import stat
from pathlib import Path

import httpx
import pytest

from rag.build import Youju
from rag.doctor import examine
from rag.errors import BadFileError, SettingsError, StoreError
from rag.llm import make_chat_model
from rag.serve.problems import without_paths
from rag.settings import Settings
from rag.turns import Turns
from rag.web.desk import Desk
from tests.coroutines import run
from tests.serving import serving
from tests.test_web_desk import reader
from vectorstore.accounts import Accounts
from vectorstore.chroma import ChromaIndex
from vectorstore.conversations import Conversations

TARIFF = "中方把美国输华产品关税最高加到了多少？"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_its_owners_alone(tmp_path):
    home = tmp_path / "new" / "home"
    before = os.umask(0o022)
    try:
        with Youju(Settings(home=home)) as youju:
            youju.search("关税")
            Conversations(home / "conversations.db")
            Accounts(home / "accounts.db", cost=16).close()
            assert mode(home) == 0o700
            for path in home.iterdir():
                if path.is_dir():
                    assert mode(path) == 0o700, path
                elif ".db" in path.name:
                    assert mode(path) == 0o600, path
    finally:
        os.umask(before)


# --- a home that cannot be written


@pytest.fixture
def read_only_home(seed_home, monkeypatch):
    """As on a file system that is mounted to be read."""
    access = os.access
    monkeypatch.setattr("os.access", lambda path, how: how != os.W_OK and access(path, how))
    for path in [seed_home, *seed_home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield seed_home
    for path in [seed_home, *seed_home.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def contents(home):
    """All files but SQLite's own, which root can make also here."""
    files = [p for p in home.rglob("*") if p.is_file() and not p.name.endswith(("-shm", "-wal"))]
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files}


def test_a_home_that_cannot_be_written_is_asked_as_any_other(read_only_home):
    before = contents(read_only_home)
    with Youju(Settings(home=read_only_home, answers="quote", local_model="none")) as youju:
        assert "125%" in youju.ask(TARIFF).text
        assert youju.search(TARIFF)[0].by.keys() == {"dense", "lexical"}
        assert "hold the ledger's" in youju.check_indexes()
        for change in (
            lambda: youju.add(__file__),
            lambda: youju.remove(youju.documents()[0].id),
            youju.reindex,
        ):
            with pytest.raises(StoreError, match="cannot be written: it can be asked"):
                change()
    assert contents(read_only_home) == before


# --- credentials within an address


SECRET = "http://ada:s3cr3t@127.0.0.1:9/v1"


def test_credentials_within_an_address_are_told_nobody(open_with):
    youju = open_with(base_url=SECRET, deadline=5.0)
    answer = youju.ask(TARIFF)
    assert "127.0.0.1:9" in answer.note
    assert "s3cr3t" not in str(answer.to_dict())
    with pytest.raises(Exception, match=r"127\.0\.0\.1:9") as raised:
        open_with(rerank_url=SECRET).search(TARIFF)
    assert "s3cr3t" not in str(raised.value)
    model, _ = make_chat_model(Settings(base_url=SECRET))
    assert "s3cr3t" not in model._address


def test_a_setting_that_is_refused_is_told_without_its_credentials():
    environ = {"YOUJU_RERANK_URL": f"{SECRET}?x", "YOUJU_RERANK_POSTPROCESSOR": "a:B"}
    with pytest.raises(SettingsError) as raised:
        Settings.load(environ=environ)
    assert "s3cr3t" not in str(raised.value)
    with pytest.raises(StoreError) as refused:
        ChromaIndex.server("http://ada:s3cr3t@", "x")
    assert "s3cr3t" not in str(refused.value)


# --- where files lie on the server


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Another process is writing to /srv/youju/home. Wait.", "writing to home. Wait."),
        ("Nothing answers at http://host:80/v1/chat. Start it.", "http://host:80/v1/chat. Start"),
        ("It usually ends in /v1, as in 3/4 of cases and/or so.", "ends in /v1, as in 3/4"),
        ("“/srv/youju/a.txt” and (/srv/b.txt)", "“a.txt” and (b.txt)"),
    ],
)
def test_of_a_path_the_name_is_told(said, told):
    assert told in without_paths(said)


def test_readers_are_not_told_where_the_home_is(youju, seed_home, tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("bob", "another long password", "reader")
    accounts.add("eve", "yet another password", "editor")
    keys = {name: accounts.add_key(name) for name in ("bob", "eve")}
    youju.ask(TARIFF)
    id = youju.documents()[0].id
    with serving(youju, accounts=accounts) as url:
        bob = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {keys['bob']}"})
        eve = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {keys['eve']}"})
        said = [bob.get(p).text for p in ("/api/documents", f"/api/documents/{id}", "/api/scope")]
        with Youju(youju.settings) as other, other._write():
            busy = eve.delete(f"/api/documents/{id}")
        assert busy.status_code == 409
        (seed_home / "ledger.db").write_bytes(bytes(200_000))
        said += [bob.get("/api/documents").text, httpx.get(f"{url}/readyz").text, busy.text]
    assert not any(str(seed_home.parent) in text for text in said)
    accounts.close()


def test_at_the_page_only_editors_see_where_a_document_lies(youju):
    desk = Desk(youju, Turns(1), Youju)
    document = youju.documents()[0]
    link = f"#{document.id}"
    from rag.web.render import citation_link

    link = citation_link(document.id, ((0, 1),))
    seen = {
        may_edit: desk.source(reader("ann", may_edit=may_edit), link, "", "library", whole=True)
        for may_edit in (True, False)
    }
    assert document.source in seen[True]
    assert str(Path(document.source).parent) not in seen[False]
    assert Path(document.source).name in seen[False]


# --- the rest


def test_an_upload_with_a_name_that_is_too_long_goes_in_under_a_shorter_one(youju, tmp_path):
    desk = Desk(youju, Turns(1), Youju)
    upload = tmp_path / "upload"
    upload.write_text("灯塔今年夏天重新开放，参观免费。", "utf-8")

    async def add(name):
        return [told async for told in desk.add(reader(), [(name, upload)])]

    told = run(add("灯" * 100 + ".txt"))
    assert "灯灯" in told[-1]
    assert any("灯塔" in p.text for d in youju.documents() for p in youju.ledger.passages_of(d.id))

    upload.write_text("又一份。", "utf-8")
    with pytest.raises(BadFileError):
        run(add("/".join(["d" * 90] * 60) + "/a.txt"))


def test_doctor_without_a_model_says_that_there_is_none(seed_home, monkeypatch):
    monkeypatch.setenv("YOUJU_LOCAL_MODEL", "none")
    findings = {f.what: f for f in examine(str(seed_home))}
    assert findings["language model"].ok
    assert "quotations" in findings["language model"].found
