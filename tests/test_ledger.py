import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from rag.errors import FingerprintError, NotFoundError, StoreError
from rag.model import Passage, SourceFile, Stored
from tests.conftest import document_of
from vectorstore.ledger import SCHEMA, Ledger

FINGERPRINT = {"embedding": "e", "splitter": "s"}


def document(id="a", text="第一句。第二句。"):
    return document_of(text, id=id)


def passage(doc, ordinal, start, end):
    return Passage(
        id=f"{doc.id}#{ordinal}",
        document_id=doc.id,
        ordinal=ordinal,
        spans=((start, end),),
        text=doc.text[start:end],
    )


def put(ledger, doc):
    passages = [passage(doc, 0, 0, 4), passage(doc, 1, 4, 8)]
    store(ledger, doc, passages)


def store(ledger, doc, passages, **given):
    keys = [p.text for p in passages]
    vectors = {k: np.ones(3, dtype=np.float32) for k in keys}
    file = SourceFile(doc.file, f"key of {doc.sha256}")
    ledger.put(file, [Stored(doc, passages, keys, **given)], vectors)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db", FINGERPRINT)
    yield ledger
    ledger.close()


def test_what_goes_in_comes_out(ledger):
    put(ledger, document())
    assert ledger.document("a") == document()
    assert [p.text for p in ledger.passages_of("a")] == ["第一句。", "第二句。"]
    assert ledger.passages_of("a")[1].spans == ((4, 8),)


def test_it_is_all_there_after_reopening(ledger, tmp_path):
    put(ledger, document())
    ledger.close()
    again = Ledger(tmp_path / "ledger.db", FINGERPRINT)
    assert again.document("a") == document()
    assert again.revision == 1
    again.close()


def test_tokens_are_kept_beside_the_vectors_and_go_with_them(ledger):
    doc = document()
    passages = [passage(doc, 0, 0, 4), passage(doc, 1, 4, 8)]
    vectors = {p.text: np.ones(3, dtype=np.float32) for p in passages}
    stored = Stored(doc, passages, [p.text for p in passages])
    ledger.put(SourceFile(doc.file, "key"), [stored], vectors, {"第一句。": b"tokens"})
    assert ledger.tokens_of(["a#0", "a#1", "gone"]) == {"a#0": b"tokens"}
    assert set(ledger.vectors_of(["a#0", "a#1"])) == {"a#0", "a#1"}
    ledger.remove("a")
    assert ledger.tokens_of(["a#0"]) == {}


def test_a_failed_put_stores_no_tokens(ledger):
    doc = document()
    twice = passage(doc, 0, 0, 4)
    stored = Stored(doc, [twice, twice], ["k", "k"])
    with pytest.raises(StoreError, match="not stored"):
        ledger.put(SourceFile(doc.file, "key"), [stored], {"k": np.ones(3)}, {"k": b"tokens"})
    assert ledger.without_vector(["k"]) == ["k"]


def test_a_changed_document_replaces_its_passages_and_raises_the_revision(ledger):
    put(ledger, document())
    put(ledger, document(text="新一句。新二句。"))
    assert [p.text for p in ledger.passages_of("a")] == ["新一句。", "新二句。"]
    assert ledger.revision == 2
    assert ledger.without_vector(["第一句。"]) == ["第一句。"]


def test_a_failed_put_changes_nothing(ledger):
    put(ledger, document())
    doc = document(text="新一句。新二句。")
    twice = passage(doc, 0, 0, 4)
    with pytest.raises(StoreError, match="not stored"):
        store(ledger, doc, [twice, twice])
    assert ledger.document("a") == document()
    assert len(ledger.passages_of("a")) == 2
    assert ledger.revision == 1


def test_two_documents_may_share_a_text(ledger):
    put(ledger, document("a"))
    put(ledger, document("b"))
    ledger.remove("a")
    assert ledger.document("b").text == "第一句。第二句。"


def test_removing_takes_passages_and_vectors_along(ledger):
    put(ledger, document())
    ledger.remove("a")
    assert ledger.passage_ids() == set()
    assert ledger.without_vector(["第一句。"]) == ["第一句。"]
    with pytest.raises(NotFoundError, match="youju docs"):
        ledger.remove("a")


def test_a_document_is_found_by_the_beginning_of_its_id_if_only_one_fits(ledger):
    put(ledger, document("001_abc"))
    put(ledger, document("002_abd"))
    assert ledger.document("001").id == "001_abc"
    for unclear in ("00", "x", ""):
        with pytest.raises(NotFoundError):
            ledger.document(unclear)


def test_an_id_that_begins_another_is_found_itself(ledger):
    put(ledger, document("a"))
    put(ledger, document("a-2"))
    assert ledger.document("a").id == "a"


def test_a_home_of_another_embedding_is_refused_and_the_message_says_which(tmp_path, ledger):
    ledger.close()
    with pytest.raises(FingerprintError, match="embedding: e there, other now"):
        Ledger(tmp_path / "ledger.db", {**FINGERPRINT, "embedding": "other"})


def test_a_home_of_schema_3_receives_a_place_for_tokens_and_keeps_its_vectors(tmp_path, ledger):
    put(ledger, document())
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("ALTER TABLE vectors DROP COLUMN tokens")
        db.execute("UPDATE meta SET value = '3' WHERE key = 'schema'")
    with closing(Ledger(tmp_path / "ledger.db", FINGERPRINT)) as again:
        assert again.meta("schema") == str(SCHEMA)
        assert set(again.vectors_of(["a#0", "a#1"])) == {"a#0", "a#1"}
        assert again.tokens_of(["a#0", "a#1"]) == {}


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is not a database, it is a text file" * 50)
    with pytest.raises(StoreError, match="cannot be read as a Youju ledger"):
        Ledger(path, FINGERPRINT)


def test_cards_carry_no_text(ledger):
    put(ledger, document())
    assert ledger.documents() == [replace(document(), text="")]


def test_names_are_told_most_often_given_first_and_leave_with_their_documents(ledger):
    for id, names in (
        ("a", [("世卫组织", "WHO")]),
        ("b", [("特朗普", "川普"), ("世卫组织", "WHO")]),
    ):
        doc = document(id)
        store(ledger, doc, [passage(doc, 0, 0, 4)], names=names)
    assert ledger.names() == [("世卫组织", "WHO"), ("特朗普", "川普")]
    ledger.remove("b")
    assert ledger.names() == [("世卫组织", "WHO")]
    ledger.remove("a")
    assert ledger.names() == []
