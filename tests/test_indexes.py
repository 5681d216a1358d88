"""One contract for every derived index: the dense one embedded and as a server, the lexical one."""

import shutil
import socket
import subprocess
import sysconfig
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from rag.errors import StoreError
from rag.model import Passage, Within
from vectorstore.chroma import ChromaIndex
from vectorstore.indexes import Entry, bring_up_to_date
from vectorstore.ledger import Ledger
from vectorstore.lexical import SEARCH, LexicalIndex


def entry(number, text="中方将关税加至125%"):
    vector = np.zeros(8, dtype=np.float32)
    vector[number % 8] = 1.0
    return Entry(
        Passage(id=f"p{number}", document_id="d", ordinal=number, spans=((0, 1),), text=text),
        vector,
    )


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory):
    """Chroma's own Rust server as a process."""
    port = free_port()
    command = [
        str(Path(sysconfig.get_path("scripts")) / "chroma"),
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--path",
        str(tmp_path_factory.mktemp("chroma-server")),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            httpx.get(f"{url}/api/v2/heartbeat", timeout=1).raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    yield url
    process.kill()
    process.wait()


@pytest.fixture(params=["chroma embedded", "chroma server", "lexical"])
def index(request, tmp_path):
    match request.param:
        case "chroma embedded":
            yield ChromaIndex.embedded(tmp_path / "chroma", "test")
        case "chroma server":
            url = request.getfixturevalue("chroma_server")
            yield ChromaIndex.server(url, f"test-{tmp_path.name}"[:60])
        case _:
            lexical = LexicalIndex(tmp_path / "lexical.db")
            yield lexical
            lexical.close()


def test_a_new_index_is_empty_and_has_seen_nothing(index):
    assert index.count() == 0
    assert index.ids() == set()
    assert index.seen() == ("", -1)


def test_upsert_adds_and_replaces(index):
    index.upsert([entry(1), entry(2)])
    index.upsert([entry(2, "别的文字"), entry(3)])
    assert index.ids() == {"p1", "p2", "p3"}
    assert index.count() == 3


def test_delete_removes_and_passes_over_unknown_ids(index):
    index.upsert([entry(1), entry(2)])
    index.delete_ids(["p1", "never there"])
    assert index.ids() == {"p2"}


def test_it_remembers_what_it_has_seen(index):
    index.mark_seen("ledger", 7)
    assert index.seen() == ("ledger", 7)


def test_no_ids_at_all_is_fine(index):
    index.upsert([])
    index.delete_ids([])
    assert index.count() == 0


def test_the_dense_index_finds_the_nearest(tmp_path):
    index = ChromaIndex.embedded(tmp_path / "chroma", "test")
    assert index.search(entry(1).vector, 3) == []
    index.upsert([entry(n) for n in range(5)])
    (first, similarity), *_ = index.search(entry(3).vector, 2)
    assert first == "p3"
    assert similarity == pytest.approx(1.0, abs=1e-5)


def test_the_lexical_index_folds_script_width_and_names(tmp_path):
    index = LexicalIndex(tmp_path / "lexical.db")
    index.upsert([entry(1, "特朗普把关税加至125%"), entry(2, "完全无关的一句话")])
    for question in ("川普 關稅", "Trump", "１２５％", "tariffs"):
        assert [i for i, _ in index.search(question, 5)][:1] == ["p1"], question
    assert index.search("?!", 5) == []
    assert index.search('"', 5) == []


def test_a_search_looks_where_it_is_told(index):
    def made(number, document, kind):
        e = entry(number)
        return Entry(replace(e.passage, document_id=document, kind=kind), e.vector)

    index.upsert([made(1, "a", "body"), made(2, "a", "comment"), made(3, "b", "comment")])

    def found(**within):
        asked = "关税" if isinstance(index, LexicalIndex) else np.ones(8, dtype=np.float32)
        return {i for i, _ in index.search(asked, 9, within=Within(**within))}

    assert found() == {"p1", "p2", "p3"}
    assert found(documents=["a"]) == {"p1", "p2"}
    assert found(kinds=["comment"]) == {"p2", "p3"}
    assert found(documents=["b"], kinds=["comment", "body"]) == {"p3"}


def test_a_search_looks_ids_up_and_does_not_scan_them(tmp_path):
    index = LexicalIndex(tmp_path / "lexical.db")
    plan = index._db.execute(f"EXPLAIN QUERY PLAN {SEARCH}", ['"关税"', None, None, 5]).fetchall()
    steps = [row[3] for row in plan]
    assert any("SEARCH ids USING INTEGER PRIMARY KEY" in step for step in steps), steps


def test_a_lexical_index_of_another_layout_is_filled_anew(tmp_path):
    path = tmp_path / "lexical.db"
    index = LexicalIndex(path)
    index.upsert([entry(1)])
    index.mark_seen("l", 1)
    index._db.execute("PRAGMA user_version = 1")
    index.close()
    again = LexicalIndex(path)
    assert again.count() == 0
    assert again.seen() == ("", -1)


class FakeLedger:
    id, revision = "l", 3

    def __init__(self, ids):
        self._ids = ids

    def passage_ids(self):
        return self._ids

    def count_searched(self):
        return len(self._ids)

    def changes_since(self, revision):
        assert revision < self.revision


def test_an_index_is_brought_to_what_the_ledger_holds(index):
    index.upsert([entry(1), entry(9)])
    ledger = FakeLedger({"p1", "p2", "p3"})
    changed = bring_up_to_date(index, ledger, lambda ids: [entry(int(i[1:])) for i in ids])
    assert changed
    assert index.ids() == {"p1", "p2", "p3"}
    assert not bring_up_to_date(index, ledger, lambda ids: pytest.fail("nothing to do"))


def test_an_index_that_lost_passages_is_filled_again_at_the_same_revision(index):
    ledger = FakeLedger({"p1", "p2"})
    make = lambda ids: [entry(int(i[1:])) for i in ids]
    bring_up_to_date(index, ledger, make)
    index.delete_ids(["p2"])
    assert bring_up_to_date(index, ledger, make)
    assert index.ids() == {"p1", "p2"}


def test_a_server_that_is_not_there_is_one_clear_sentence():
    with pytest.raises(StoreError, match="CHROMA_URL"):
        ChromaIndex.server(f"http://127.0.0.1:{free_port()}", "x")


def test_an_embedded_store_that_does_not_open_is_made_anew(tmp_path):
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"not a database" * 500)
    assert ChromaIndex.embedded(folder, "test").count() == 0


def test_a_broken_lexical_index_is_made_anew(tmp_path):
    path = tmp_path / "lexical.db"
    path.write_bytes(b"not a database" * 500)
    assert LexicalIndex(path).count() == 0


def test_a_home_without_its_indexes_fills_them_from_the_ledger(seed_home):
    from rag.build import Youju
    from rag.settings import Settings

    shutil.rmtree(seed_home / "chroma")
    (seed_home / "lexical.db").unlink()
    with Youju(Settings(home=seed_home)) as youju:
        assert "hold the ledger's" in youju.check_indexes()
        assert youju.search("关税")[0].by.keys() == {"dense", "lexical"}


def test_a_chroma_server_serves_a_home(seed_home, chroma_server):
    from rag.build import Youju
    from rag.settings import Settings

    with Youju(Settings(home=seed_home, chroma_url=chroma_server)) as youju:
        assert youju.search("中方把关税加到了多少？")[0].passage.document_id.startswith("001")


def test_a_ledger_id_names_the_collection(tmp_path):
    one = Ledger(tmp_path / "1.db", {})
    other = Ledger(tmp_path / "2.db", {})
    assert one.id != other.id
