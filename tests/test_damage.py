"""Whatever happens to a home's files: a request ends, and what is shown stands in the sources."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.build import Youju
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
    from rag.errors import StoreError

    with Youju(settings_of(home)) as youju:
        found(youju)
        damage(home, "flipped bits in the lexical index")  # mapped: seen at once
        damage(home, "flipped bits among its terms")
        try:
            found(youju)
        except StoreError as error:
            assert "damaged" in str(error)
