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

from eval.names import known_names
from rag.errors import StoreError
from rag.model import Passage, Within
from rag.units import wanted
from vectorstore.chroma import ChromaIndex
from vectorstore.indexes import Entry, bring_up_to_date
from vectorstore.ledger import Ledger
from vectorstore.lexical import LAYOUT, LexicalIndex


def entry(number, text="中方将关税加至125%", language="zh"):
    vector = np.zeros(8, dtype=np.float32)
    vector[number % 8] = 1.0
    return Entry(
        Passage(id=f"p{number}", document_id="d", ordinal=number, spans=((0, 1),), text=text),
        vector,
        language,
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
            lexical = LexicalIndex(tmp_path / "lexical")
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


def asked(question, language=""):
    return wanted(question, known_names(), language)


def test_the_lexical_index_folds_script_width_names_and_figures(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    index.upsert(
        [entry(1, "特朗普6月5日把关税加至125%，涉111亿美元"), entry(2, "完全无关的一句话")]
    )
    for question in ("川普 關稅", "Trump", "１２５％", "六月五日", "June 5", "11.1 billion"):
        assert [i for i, _ in index.search(asked(question), 5)][:1] == ["p1"], question
    assert [i for i, _ in index.search(asked("tariffs", "zh"), 5)][:1] == ["p1"]
    assert index.search(asked("?!"), 5) == []
    assert index.search(asked('"'), 5) == []


def test_a_name_finds_the_same_whatever_form_it_is_asked_in(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    texts = ("特朗普访华", "川普访华", "Trump visited", "别人访华")
    index.upsert([entry(n, text) for n, text in enumerate(texts)])
    forms = [index.search(asked(name), 9) for name in ("特朗普", "川普", "Trump")]
    assert forms[0] == forms[1] == forms[2]
    assert {i for i, _ in forms[0]} == {"p0", "p1", "p2"}


def test_equal_scores_come_in_one_order_in_every_build(tmp_path):
    def order(name, numbers):
        index = LexicalIndex(tmp_path / name)
        for number in numbers:
            index.upsert([entry(number)])
        return index.search(asked("关税"), 9)

    assert order("a", range(6)) == order("b", reversed(range(6)))


def test_a_second_index_sees_what_the_first_wrote_once_it_looks(tmp_path):
    writer = LexicalIndex(tmp_path / "lexical")
    reader = LexicalIndex(tmp_path / "lexical")
    writer.upsert([entry(1)])
    writer.mark_seen("l", 1)
    reader.refresh()
    assert reader.ids() == {"p1"}
    assert reader.seen() == ("l", 1)


def test_a_search_looks_where_it_is_told(index):
    def made(number, document, kind, language):
        e = entry(number)
        id = f"{document}@{number}#0"
        passage = replace(e.passage, id=id, document_id=document, kind=kind)
        return Entry(passage, e.vector, language)

    index.upsert(
        [
            made(1, "a", "body", "zh"),
            made(2, "a", "comment", "en"),
            made(3, "b", "comment", "zh"),
        ]
    )

    def found(**within):
        query = asked("关税") if isinstance(index, LexicalIndex) else np.ones(8, dtype=np.float32)
        return {i for i, _ in index.search(query, 9, within=Within(**within))}

    assert found() == {"a@1#0", "a@2#0", "b@3#0"}
    assert found(documents=frozenset("a")) == {"a@1#0", "a@2#0"}
    assert found(kinds=frozenset({"comment"})) == {"a@2#0", "b@3#0"}
    assert found(documents=frozenset("b"), kinds=frozenset({"comment", "body"})) == {"b@3#0"}
    assert found(language="en") == {"a@2#0"}
    assert found(kinds=frozenset({"comment"}), language="zh") == {"b@3#0"}


def test_a_lexical_index_of_another_layout_is_filled_anew(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    index.upsert([entry(1)])
    index.mark_seen("l", 1)
    index.close()
    seen = tmp_path / "lexical" / "seen.json"
    seen.write_text(seen.read_text().replace(str(LAYOUT), str(LAYOUT - 1)))
    again = LexicalIndex(tmp_path / "lexical")
    assert again.count() == 0
    assert again.seen() == ("", -1)


def test_a_writer_killed_before_it_said_what_it_has_seen_is_followed_again(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    index.mark_seen("l", 2)
    index.upsert([entry(1), entry(2)])  # and no mark_seen
    again = LexicalIndex(tmp_path / "lexical")
    assert again.seen() == ("l", 2)
    assert again.ids() == {"p1", "p2"}


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
    index = LexicalIndex(tmp_path / "lexical")
    index.upsert([entry(1)])
    index.mark_seen("l", 1)
    index.close()
    (tmp_path / "lexical" / "meta.json").write_bytes(b"not an index" * 500)
    again = LexicalIndex(tmp_path / "lexical")
    assert again.count() == 0
    assert again.seen() == ("", -1)


def test_a_home_without_its_indexes_fills_them_from_the_ledger(seed_home):
    from rag.build import Youju
    from rag.settings import Settings

    shutil.rmtree(seed_home / "chroma")
    shutil.rmtree(seed_home / "lexical")
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
