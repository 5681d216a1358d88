"""Tags from where they are written to where they filter; the ledger's filters against the law."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.build import Youju
from rag.errors import StoreError
from rag.fold import fold
from rag.model import Document, Filters, Passage, SourceFile, Stored
from rag.parse.properties import tags_of
from rag.settings import Settings
from tests.conftest import document_of, read_document
from vectorstore.ledger import SCHEMA, Ledger

FINGERPRINT = {"embedding": "e", "splitter": "s"}


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db", FINGERPRINT)
    yield ledger
    ledger.close()


@pytest.fixture
def home(tmp_path):
    with Youju(Settings(home=tmp_path / "home")) as youju:
        yield youju


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")
    return folder / name


def tags(youju):
    return {d.id: d.tags for d in youju.documents()}


def states(results):
    return [r.state for r in results]


# Where they are written.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("关税, 芯片，  对台军售 ", ("关税", "芯片", "对台军售")),
        ("关税、芯片；Trade", ("关税", "芯片", "Trade")),
        (["US, China", "Trade", "trade"], ("US, China", "Trade")),
        ("#关税, #芯片", ("关税", "芯片")),
        ([2025, None, True, {"a": 1}, ["b"]], ("2025",)),
        (None, ()),
        (" ,, ", ()),
    ],
)
def test_tags_are_a_list_or_a_string_with_commas(written, read):
    assert tags_of(written) == read


def test_front_matter_gives_tags_and_keywords(tmp_path):
    path = write(tmp_path, "a.md", "---\ntags: [关税, 芯片]\nkeywords: 贸易, 关税\n---\n正文。")
    assert read_document(path).tags == ("关税", "芯片", "贸易")


def test_a_manifest_adds_tags_to_those_of_the_text(tmp_path):
    path = write(tmp_path, "a.md", "---\ntags: 关税\n---\n正文。")
    write(tmp_path, "manifest.toml", '[[document]]\nfile = "a.md"\ntags = ["芯片", "关税"]\n')
    assert read_document(path).tags == ("关税", "芯片")


def test_a_tag_does_not_print_otherwise_than_it_stands():
    assert document_of("正文。", tags=("关\u202e税\n", "\u200b")).tags == ("关税",)


# Given when a file is added.


def test_a_tag_of_a_run_comes_after_the_documents_own(home, folder):
    write(folder, "a.md", "---\ntags: 关税\n---\n第一份文件的正文。")
    write(folder, "b.txt", "第二份文件的正文。")
    home.add(folder, tags=["项目甲", "关税"])
    assert tags(home) == {"a": ("关税", "项目甲"), "b": ("项目甲", "关税")}
    assert home.document("a").tags == ("关税", "项目甲")


def test_other_tags_replace_those_given_before_and_nothing_is_read_or_embedded(
    home, folder, monkeypatch
):
    write(folder, "a.md", "---\ntags: 关税\n---\n第一份文件的正文。")
    home.add(folder, tags=["旧"])
    revision, hits = home.ledger.revision, home.search("第一份文件")

    def not_again(*_: object) -> None:
        raise AssertionError("it was done again")

    monkeypatch.setattr("rag.read.Reader.read", not_again)
    monkeypatch.setattr("rag.build._LateEmbedder.embed", not_again)
    (result,) = home.add(folder, tags=["新", "关税"])
    assert (result.state, result.reason) == ("updated", "tags: 新, 关税")
    assert result.passages == 1
    assert tags(home) == {"a": ("关税", "新")}
    assert states(home.add(folder, tags=["新", "关税"])) == ["unchanged"]
    assert home.ledger.revision == revision
    assert home.search("第一份文件") == hits
    assert states(home.add(folder, tags=[])) == ["updated"]
    assert tags(home) == {"a": ("关税",)}  # its own it keeps


def test_an_add_without_tags_leaves_those_given_before_also_when_the_file_changes(home, folder):
    write(folder, "a.txt", "第一版的正文。")
    home.add(folder, tags=["项目甲"])
    assert states(home.add(folder)) == ["unchanged"]
    write(folder, "a.txt", "第二版的正文。")
    assert states(home.add(folder)) == ["updated"]
    assert tags(home) == {"a": ("项目甲",)}


def test_a_moved_file_and_a_new_index_keep_tags(home, folder):
    write(folder, "a.md", "---\ntags: 关税\n---\n这份文件要搬家。")
    home.add(folder, tags=["项目甲", "关税"])
    (folder / "a.md").rename(folder / "b.md")
    assert states(home.add(folder)) == ["moved"]
    home.reindex()
    assert tags(home) == {"a": ("关税", "项目甲")}
    home.add(folder, tags=[])
    assert tags(home) == {"a": ("关税",)}


def test_a_file_with_a_text_that_is_in_lends_its_tags_to_the_document(home, folder):
    write(folder, "a.txt", "同一段文字。")
    home.add(folder, tags=["甲"])
    copy = write(folder, "b.txt", "同一段文字。")
    assert states(home.add(copy, tags=["乙"])) == ["same text"]
    assert tags(home) == {"a": ("甲", "乙")}
    home.add(copy, tags=["丙"])
    assert tags(home) == {"a": ("甲", "丙")}


# What they are for.


def test_any_of_several_tags_will_do_whatever_their_script_and_case(home, folder):
    for name, tag in (("a", "對台軍售"), ("b", "Trade"), ("c", "芯片")):
        write(folder, f"{name}.md", f"---\ntags: {tag}\n---\n这是关于预算的第{name}份文件。")
    home.add(folder)
    hits = home.search("预算", filters=Filters(tags=("对台军售", "TRADE")))
    assert {h.passage.document_id for h in hits} == {"a", "b"}
    assert home.search("预算", filters=Filters(tags=("没有",))) == []


def test_the_scope_names_what_can_be_filtered_and_what_passes(home, folder):
    write(folder, "a.md", "---\ntags: 关税\noutlet: 某报\n---\n第一份文件的正文。")
    write(folder, "b.txt", "The second file is in English.")
    home.add(folder, tags=["共同"])
    everything = home.scope()
    assert everything.outlets == ("某报",)
    assert everything.languages == ("en", "zh")
    assert set(everything.tags) == {"关税", "共同"}
    assert [d.id for d in everything.documents] == ["a", "b"]
    assert [d.id for d in home.scope(Filters(languages=("en",))).documents] == ["b"]
    assert home.scope(Filters(kinds=("body",))).documents == everything.documents
    assert home.scope(Filters(tags=("关税",), languages=("en",))).documents == ()


# The ledger decides as Filters.allows does.

NAMES = st.sampled_from(
    ["新華社", "新华社", "Reuters", "reuters", "路透社", "", "a,b", '["x"]', "😀"]
)
DATES = st.sampled_from(
    ["2023", "2024", "2024-12", "2025", "2025-01", "2025-06", "2025-06-05", "2025-06-30", "2026-02"]
)
LANGUAGES = st.sampled_from(["zh", "en"])
ROWS = st.lists(
    st.tuples(
        st.none() | NAMES, st.none() | st.just("") | DATES, LANGUAGES,
        st.lists(NAMES.filter(bool), max_size=3, unique=True),
        st.lists(NAMES.filter(bool), max_size=2, unique=True),
    ),
    min_size=1, max_size=12,
)  # fmt: skip
FILTERS = st.builds(
    Filters,
    documents=st.lists(st.sampled_from(["0", "1", "2", "gone", "'"]), max_size=3).map(tuple),
    outlets=st.lists(NAMES, max_size=2).map(tuple),
    since=st.none() | st.just("") | DATES,
    until=st.none() | st.just("") | DATES,
    languages=st.lists(LANGUAGES, max_size=2).map(tuple),
    kinds=st.lists(st.sampled_from(["body", "comment"]), max_size=1).map(tuple),
    tags=st.lists(NAMES, max_size=2).map(tuple),
)


def same_name(a, b):
    return fold(a) == fold(b)


def card(number, outlet, published, language, own):
    document = document_of(f"第{number}句。", id=str(number), source=f"/{number}")
    return replace(document, outlet=outlet, published=published, language=language, tags=tuple(own))


def store(ledger, document, given=(), twins=()):
    passage = Passage(
        id=f"{document.id}#0",
        document_id=document.id,
        ordinal=0,
        spans=((0, 4),),
        text=document.text,
    )
    vectors = {document.text: np.ones(3, dtype=np.float32)}
    file = SourceFile(document.file, "key", tags=tuple(given))
    ledger.put(file, [Stored(document, [passage], [document.text])], vectors)
    for number, tag in enumerate(twins):
        twin = SourceFile(f"{document.file}-{number}", "key", twin=document.id, tags=(tag,))
        ledger.put(twin, [], {})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, filters=st.lists(FILTERS, min_size=8, max_size=8))
def test_the_ledger_lets_through_exactly_what_the_filters_allow(tmp_path_factory, rows, filters):
    with closing(Ledger(tmp_path_factory.mktemp("l") / "ledger.db", FINGERPRINT)) as ledger:
        for number, (*about, own, given_) in enumerate(rows):
            # The first given tag comes with the file, a second with another file of its text.
            store(ledger, card(number, *about, own), given_[:1], given_[1:])
            assert ledger.document(str(number)).tags == tuple(dict.fromkeys([*own, *given_]))
        cards = ledger.documents()
        for f in filters:
            wanted = [d.id for d in cards if f.allows(d, same_name)] if f.by_document() else None
            assert ledger.document_ids(f, same_name) == wanted


def test_thousands_of_documents_may_be_named(ledger):
    store(ledger, card(1, "某报", "2025", "zh", ()))
    names = tuple(str(n) for n in range(70_000))
    assert ledger.document_ids(Filters(documents=names), same_name) == ["1"]


# A home of the schema before.

HASH = hashlib.sha256("第一句。".encode()).hexdigest()
SCHEMA_2 = MappingProxyType(
    {
        "tables": """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE texts (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, key TEXT NOT NULL, twin TEXT) WITHOUT ROWID;
CREATE INDEX files_of_key ON files (key);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL UNIQUE,
    part TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL REFERENCES texts (sha256),
    outlet TEXT, author TEXT, url TEXT, published TEXT, published_from TEXT,
    language TEXT NOT NULL, script TEXT NOT NULL, format TEXT NOT NULL, encoding TEXT,
    near TEXT, marks TEXT NOT NULL, sketch BLOB NOT NULL
);
CREATE INDEX documents_of_text ON documents (sha256);
CREATE INDEX documents_of_file ON documents (file);
CREATE INDEX documents_near ON documents (near);
CREATE TABLE bands (
    band BLOB NOT NULL, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (band, document_id)
) WITHOUT ROWID;
CREATE INDEX bands_of_document ON bands (document_id);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE passages (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, spans TEXT NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL,
    section TEXT NOT NULL, pages TEXT NOT NULL, anchor TEXT NOT NULL,
    vector_key TEXT REFERENCES vectors (key)
);
CREATE INDEX passages_of_document ON passages (document_id, ordinal);
CREATE INDEX passages_of_vector ON passages (vector_key);
CREATE TABLE changes (revision INTEGER NOT NULL, passage_id TEXT NOT NULL);
CREATE INDEX changes_of_revision ON changes (revision);
""",
        "document": f"INSERT INTO documents VALUES ('a', '题', '/a', '', '/a', '{HASH}', '某报',"
        " NULL, NULL, '2025', 'text', 'zh', 'hans', 'text', NULL, NULL, '[]', x'')",
        "passage": "INSERT INTO passages VALUES ('a#0', 'a', 0, '[[0, 4]]', '第一句。', 'body',"
        " '[]', '[]', '[]', 'v')",
    }
)


def make_old(path, schema="2"):
    meta = {
        "schema": schema,
        "ledger": "old",
        "revision": "1",
        "fingerprint": json.dumps(FINGERPRINT),
    }
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA_2["tables"])
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        db.execute("INSERT INTO texts VALUES (?, ?)", [HASH, "第一句。"])
        db.execute("INSERT INTO files VALUES ('/a', 'key', NULL)")
        db.execute(SCHEMA_2["document"])
        db.execute("INSERT INTO vectors VALUES ('v', x'0000803f')")
        db.execute(SCHEMA_2["passage"])


def structure(path):
    """Columns and indexes by table, in an order of their own."""
    with closing(sqlite3.connect(path)) as db:
        names = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {n: {r[1:5] for r in db.execute(f"PRAGMA table_info({n})")} for n in names}
        indexes = {r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return columns, indexes


def test_a_home_of_schema_2_is_brought_up_in_place_and_keeps_what_it_holds(tmp_path):
    path = tmp_path / "ledger.db"
    make_old(path)
    with closing(Ledger(path, FINGERPRINT)) as ledger:
        assert (ledger.meta("schema"), ledger.id, ledger.revision) == (str(SCHEMA), "old", 1)
        document = ledger.document("a")
        assert isinstance(document, Document)
        assert (document.text, document.outlet, document.tags) == ("第一句。", "某报", ())
        assert ledger.vectors_of(["a#0"])["a#0"].tolist() == [1.0]
        ledger.give_tags(SourceFile("/a", "key", tags=("新",)))
        store(ledger, card(2, None, None, "en", ("自己的",)))
    with closing(Ledger(path, FINGERPRINT)) as again:
        assert [d.tags for d in again.documents()] == [("自己的",), ("新",)]
        assert again.document_ids(Filters(tags=("新",)), same_name) == ["a"]
    Ledger(tmp_path / "new.db", FINGERPRINT).close()
    assert structure(path) == structure(tmp_path / "new.db")


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "ledger.db"
    make_old(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE INDEX documents_by_card ON documents (title)")  # in the way
    before = structure(path)
    with pytest.raises(StoreError, match="already exists"):
        Ledger(path, FINGERPRINT)
    assert structure(path) == before


@pytest.mark.parametrize("schema", ["1", str(SCHEMA + 1)])
def test_a_home_of_another_schema_is_refused_and_the_message_says_what_to_do(tmp_path, schema):
    make_old(tmp_path / "ledger.db", schema)
    before = structure(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match=f"schema {schema}, this Youju reads {SCHEMA}"):
        Ledger(tmp_path / "ledger.db", FINGERPRINT)
    assert structure(tmp_path / "ledger.db") == before
