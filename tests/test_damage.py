"""Whatever happens to a home's files: a request ends, and what is shown stands in the sources."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rag.build import Youju
from rag.doctor import examine
from rag.errors import DamagedError, StoreError, YoujuError
from rag.settings import Settings
from vectorstore.seal import Seal, digest_of

QUESTION = "第 731 号仓库存放多少箱灯笼？"
WAREHOUSES = 1300


def settings_of(home):
    return Settings(home=home, answers="quote", passage_tokens=32, passage_overlap=0)


@pytest.fixture(scope="module")
def whole_home(tmp_path_factory):
    """A home of more passages than Chroma keeps without writing its graph to disk."""
    folder = tmp_path_factory.mktemp("damage")
    text = "\n\n".join(
        f"第 {n} 号仓库位于港口的{'东西南北'[n % 4]}侧，存放 {n * 7} 箱灯笼，由值班员每天清点两次。"
        for n in range(1, WAREHOUSES)
    )
    (folder / "warehouses.txt").write_text(f"仓库清单\n\n{text}\n", "utf-8")
    with Youju(settings_of(folder / "home")) as youju:
        youju.add(folder / "warehouses.txt")
        assert youju.ledger.count_searched() > 1000
    return folder / "home"


@pytest.fixture(scope="module")
def undamaged(whole_home):
    with Youju(settings_of(whole_home)) as youju:
        return found(youju)


@pytest.fixture
def home(whole_home, tmp_path):
    return Path(shutil.copytree(whole_home, tmp_path / "home"))


def found(youju):
    return [(h.passage.id, round(h.score, 4)) for h in youju.search(QUESTION)]


def flip(path):
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data), max(1, len(data) // 40)):
        data[at] ^= 0xA5
    path.write_bytes(data)


def garbage(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = {
    "flipped bits in the lexical index": ("lexical/*.idx", flip),
    "flipped bits among its terms": ("lexical/*.term", flip),
    "flipped bits among its stored ids": ("lexical/*.store", flip),
    "garbage for the vectors": ("chroma/*/data_level0.bin", garbage),
    "flipped bits in the vectors": ("chroma/*/data_level0.bin", flip),
    "a header that is cut off": ("chroma/*/header.bin", cut),
    "no list of the vectors": ("chroma/*/index_metadata.pickle", Path.unlink),
    "flipped bits in Chroma's database": ("chroma/chroma.sqlite3", flip),
}


def damage(home, kind):
    pattern, how = DAMAGE[kind]
    paths = [p for p in home.glob(pattern) if p.stat().st_size]
    assert paths
    for path in paths:
        how(path)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_index_is_told_in_a_sentence_and_filled_from_the_ledger(
    home, undamaged, kind, caplog
):
    damage(home, kind)
    with Youju(settings_of(home)) as youju:
        assert found(youju) == undamaged
        assert "was damaged and is filled again" in youju.check_indexes()
    assert "was damaged and is filled again" in caplog.text


@pytest.mark.parametrize(
    "kind",
    [
        "flipped bits in the lexical index",
        "garbage for the vectors",
        "a header that is cut off",
        "no list of the vectors",
    ],
)
def test_where_a_kill_left_no_seal_a_child_finds_the_damage(home, undamaged, kind):
    for seal in home.glob("*.seal"):
        seal.unlink()
    damage(home, kind)
    with Youju(settings_of(home)) as youju:
        assert found(youju) == undamaged


def test_an_index_without_damage_and_without_a_seal_is_kept(home, undamaged):
    for seal in home.glob("*.seal"):
        seal.unlink()
    kept = next(home.glob("chroma/*/data_level0.bin")).stat().st_ino
    with Youju(settings_of(home)) as youju:
        assert found(youju) == undamaged
        assert "damaged" not in youju.check_indexes()
    assert next(home.glob("chroma/*/data_level0.bin")).stat().st_ino == kept
    assert json.loads((home / "chroma.seal").read_text())["closed"]


def test_reading_breaks_no_seal(home, monkeypatch):
    digest = digest_of(home / "chroma")
    for _ in range(2):
        with Youju(settings_of(home)) as youju:
            found(youju)
    assert digest_of(home / "chroma") == digest

    monkeypatch.setattr("vectorstore.seal.digest_of", lambda folder: pytest.fail("not at once"))
    assert Seal(home / "chroma").is_sound()
    assert Seal(home / "lexical").is_sound()


def test_while_another_process_writes_its_index_is_opened_without_a_look(home, monkeypatch):
    monkeypatch.setattr(Seal, "_child_opens", lambda *_: pytest.fail("asked a child"))
    with Youju(settings_of(home)) as writer, writer._write():
        for seal in home.glob("*.seal"):
            seal.unlink()
        with Youju(settings_of(home)) as other:
            assert found(other)


def test_after_a_kill_the_files_are_looked_at_closely_and_kept(home, undamaged):
    script = (
        "import os; from tests.test_damage import *;"
        f"youju = Youju(settings_of(Path({str(home)!r}))); found(youju); os._exit(9)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", script], env=env, check=False).returncode == 9
    assert json.loads((home / "chroma.seal").read_text())["closed"] is None
    with Youju(settings_of(home)) as youju:
        assert found(youju) == undamaged
        assert "damaged" not in youju.check_indexes()


def test_an_index_that_breaks_while_it_is_open_ends_the_request_with_a_sentence(home):
    with Youju(settings_of(home)) as youju:
        found(youju)
        damage(home, "flipped bits in the lexical index")  # mapped: seen at once
        damage(home, "flipped bits among its terms")
        with contextlib.suppress(StoreError):
            found(youju)


# --- the ledger

TARIFF = "中方把美国输华产品关税最高加到了多少？"


def quoting(home):
    return Youju(Settings(home=home, answers="quote", local_model="none"))


def rot(home, old, new):
    ledger = home / "ledger.db"
    data = ledger.read_bytes()
    assert old.encode() in data
    ledger.write_bytes(data.replace(old.encode(), new.encode()))


def told(home):
    return {f.what: f for f in examine(str(home), deep=True)}


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    monkeypatch.setenv("YOUJU_LOCAL_MODEL", "none")


def test_a_figure_that_rotted_on_disk_is_never_quoted(seed_home, caplog):
    with quoting(seed_home) as youju:
        assert "125%" in youju.ask(TARIFF).text
    assert told(seed_home)["texts"].ok
    rot(seed_home, "125%", "925%")
    with quoting(seed_home) as youju:
        answer = youju.ask(TARIFF)
        hits = youju.search(TARIFF, 40)
    shown = [answer.text, *(h.passage.text for h in hits), *(h.about for h in hits)]
    assert not any("925%" in text for text in shown)
    assert "damaged" in caplog.text
    assert not told(seed_home)["texts"].ok


@pytest.mark.parametrize("table", ["texts", "passages"])
def test_of_a_text_and_its_passages_neither_is_shown_when_they_differ(seed_home, table):
    with closing(sqlite3.connect(seed_home / "ledger.db")) as db, db:
        db.execute(f"UPDATE {table} SET text = replace(text, '125%', '925%')")
    with quoting(seed_home) as youju:
        assert "925%" not in youju.ask(TARIFF).text
        assert not any("925%" in h.passage.text for h in youju.search(TARIFF, 40))
        if table == "texts":
            damaged = [d.id for d in youju.documents() if is_damaged(youju, d.id)]
            assert damaged
            assert f"`youju rm {damaged[0]}`" in told(seed_home)["texts"].found
            for id in damaged:
                youju.remove(id)
            assert "hash" in youju.check_texts()


def is_damaged(youju, id):
    try:
        youju.document(id)
    except DamagedError:
        return True
    return False


def test_damaged_passages_are_made_anew_from_a_text_that_is_whole(seed_home):
    with closing(sqlite3.connect(seed_home / "ledger.db")) as db, db:
        db.execute("UPDATE passages SET text = replace(text, '125%', '925%')")
    with quoting(seed_home) as youju:
        youju.reindex()
        assert "125%" in youju.ask(TARIFF).text
        assert "every passage" in youju.check_texts()


def test_one_damaged_text_does_not_stop_the_others_being_made_anew(seed_home):
    with closing(sqlite3.connect(seed_home / "ledger.db")) as db, db:
        db.execute("UPDATE texts SET text = replace(text, '125%', '925%')")
    with quoting(seed_home) as youju:
        states = {r.state for r in youju.reindex()}
        assert states == {"failed", "updated"} or "failed" in states


@pytest.mark.parametrize("part", range(8))
def test_zeroed_pages_of_the_ledger_end_in_a_sentence(seed_home, part):
    ledger = seed_home / "ledger.db"
    data = bytearray(ledger.read_bytes())
    pages = len(data) // 4096
    for page in range(1 + part, pages, 8):
        data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    ledger.write_bytes(data)
    for work in (
        lambda youju: youju.documents(),
        lambda youju: youju.search(TARIFF),
        lambda youju: youju.ask(TARIFF),
        lambda youju: [youju.document(d.id) for d in youju.documents()],
        lambda youju: youju.scope(),
        lambda youju: youju.remove("001"),
    ):
        with contextlib.suppress(YoujuError), quoting(seed_home) as youju:
            work(youju)
    assert not all(f.ok for f in told(seed_home).values())


def test_a_ledger_that_is_cut_off_ends_in_a_sentence(seed_home):
    cut(seed_home / "ledger.db")
    with pytest.raises(StoreError, match=r"backup|Move it away"), quoting(seed_home) as youju:
        youju.ask(TARIFF)
