import json
import sqlite3
from dataclasses import replace

import pytest

from rag.errors import NotFoundError, StoreError
from rag.model import Answer, Citation, Hit, Passage, Sentence, Usage
from vectorstore.conversations import Conversations, Turn

CITATION = Citation(
    marker=1, document_id="d", title="题", outlet="某报", published="2025-06",
    spans=((3, 9), (12, 20)), quote="价格为四十二元。", page=2,
)  # fmt: skip
PASSAGE = Passage(id="d:0", document_id="d", ordinal=0, spans=((0, 30),), text="…", pages=(2,))
ANSWER = Answer(
    question="价格？", understood_as="价格？", text="四十二元。[1]", outcome="answered",
    sentences=(
        Sentence(
            text="四十二元。",
            markers=(1,),
            support="supported",
            reason="",
            side="甲",
            short=((0, 3),),
            layout="item",
        ),
    ),
    citations=(CITATION,),
    hits=(Hit(passage=PASSAGE, title="题", outlet=None, author=None, published=None, score=1.0,
              by={"dense": 1}, also=("e",)),),
    model="m", usage=Usage(prompt_tokens=7, completion_tokens=3), timings={"total": 1.5},
    missing=("何时",),
)  # fmt: skip
TURN = Turn(
    question="价格？", state="done", asked="2025-01-01T00:00:00+00:00", answer=ANSWER,
    texts={"d": "abc"},
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "conversations.db"


def test_a_turn_comes_back_as_it_was_after_the_file_is_opened_again(path):
    first = Conversations(path)
    id = first.begin("", "价格")
    one = first.append("", id, TURN)
    stopped = Turn(
        question="然后呢？", state="stopped", asked=TURN.asked, draft="写到", found=(CITATION,)
    )
    two = first.append("", id, replace(stopped, state="running"))
    first.write("", id, two, stopped)
    first.close()
    assert Conversations(path).turns("", id) == [replace(TURN, id=one), replace(stopped, id=two)]


def test_what_a_turn_replaces_leaves_when_that_turn_is_done_and_nothing_else_does(path):
    kept = Conversations(path)
    id = kept.begin("", "x")
    ids = [kept.append("", id, replace(TURN, question=str(n))) for n in range(3)]
    running = replace(TURN, question="anew", state="running", answer=None)
    anew = kept.append("", id, running, replaces=ids[1:])
    elsewhere = kept.append("", id, replace(TURN, question="of another tab"))
    assert [t.replaced_by for t in kept.turns("", id)] == ["", anew, anew, "", ""]
    kept.write("", id, anew, replace(TURN, question="anew"))
    assert [t.question for t in kept.turns("", id)] == ["0", "anew", "of another tab"]
    assert [t.id for t in kept.turns("", id)] == [ids[0], anew, elsewhere]


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_what_was_to_be_replaced_stands_where_no_answer_came(path, state):
    kept = Conversations(path)
    id = kept.begin("", "x")
    first = kept.append("", id, TURN)
    again = replace(TURN, state="running", answer=None)
    second = kept.append("", id, again, replaces=[first])
    kept.write("", id, second, replace(again, state=state))
    assert [(t.id, t.replaced_by) for t in kept.turns("", id)] == [(first, ""), (second, "")]


def test_conversations_of_the_schema_before_are_read_in_their_order(path):
    body = json.dumps({"state": "stopped", "asked": ""})
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE conversations (id TEXT PRIMARY KEY, reader TEXT NOT NULL,"
            " title TEXT NOT NULL, changed TEXT NOT NULL) WITHOUT ROWID"
        )
        db.execute("CREATE INDEX conversations_of_reader ON conversations (reader, changed)")
        db.execute(
            "CREATE TABLE turns (conversation_id TEXT NOT NULL REFERENCES conversations (id)"
            " ON DELETE CASCADE, ordinal INTEGER NOT NULL, turn TEXT NOT NULL, words TEXT NOT NULL,"
            " PRIMARY KEY (conversation_id, ordinal)) WITHOUT ROWID"
        )
        db.execute("INSERT INTO conversations VALUES ('c', '', 'x', '')")
        for n in (1, 0):
            db.execute(
                "INSERT INTO turns VALUES ('c', ?, json_set(?, '$.question', ?), '')",
                [n, body, str(n)],
            )
        db.execute("PRAGMA user_version = 1")
    for _ in range(2):  # also when it is opened again
        kept = Conversations(path)
        turns = kept.turns("", "c")
        assert [t.question for t in turns] == ["0", "1"]
        assert len({t.id for t in turns}) == 2
        kept.close()


def test_the_list_has_the_latest_first_and_is_searched_in_either_script(path):
    kept = Conversations(path)
    old, new = kept.begin("", "关于关税"), kept.begin("", "别的")
    kept.append("", old, replace(TURN, question="對臺軍售的金額？"))
    assert [c.id for c in kept.of_reader("")] == [old, new]
    assert [c.id for c in kept.of_reader("", "对台军售")] == [old]
    assert [c.id for c in kept.of_reader("", "關稅")] == [old]
    assert [c.id for c in kept.of_reader("", "四十二 軍售")] == [old]
    assert kept.of_reader("", "关税 没有这个词") == []
    assert len(kept.of_reader("", "%")) == 0


def test_renaming_and_deleting(path):
    kept = Conversations(path)
    id = kept.begin("", "一")
    kept.append("", id, TURN)
    kept.rename("", id, "  二\n三 ")
    assert kept.title("", id) == "二 三"
    kept.rename("", id, "   ")
    assert kept.title("", id) == "二 三"
    kept.delete("", id)
    assert kept.of_reader("") == []
    with pytest.raises(NotFoundError):
        kept.turns("", id)
    (left,) = sqlite3.connect(path).execute("SELECT COUNT(*) FROM turns").fetchone()
    assert left == 0


def test_nobody_else_finds_reads_or_changes_a_conversation(path):
    kept = Conversations(path)
    id = kept.begin("ann", "hers")
    one = kept.append("ann", id, TURN)
    assert kept.of_reader("bob") == kept.of_reader("") == []
    for change in (
        lambda: kept.turns("bob", id),
        lambda: kept.rename("bob", id, "his"),
        lambda: kept.delete("bob", id),
        lambda: kept.append("bob", id, TURN),
        lambda: kept.write("bob", id, one, TURN),
        lambda: kept.judge("bob", id, one, "bad"),
        lambda: kept.title("", id),
    ):
        with pytest.raises(NotFoundError):
            change()
    assert kept.title("ann", id) == "hers"
    assert kept.turns("ann", id) == [replace(TURN, id=one)]


def test_a_verdict_is_kept_with_the_turn(path):
    kept = Conversations(path)
    id = kept.begin("", "x")
    one = kept.append("", id, TURN)
    kept.judge("", id, one, "bad")
    assert kept.turns("", id) == [replace(TURN, id=one, verdict="bad")]


def test_fields_of_another_version_are_left_out_not_fatal(path):
    kept = Conversations(path)
    id = kept.begin("", "x")
    one = kept.append("", id, TURN)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE turns SET turn = json_set(turn, '$.answer.mood', 'fine', '$.x', 1)")
    assert kept.turns("", id) == [replace(TURN, id=one)]


def test_a_file_that_is_something_else_is_refused_with_advice(path):
    path.write_bytes(b"not a database, and long enough to be taken for one" * 40)
    with pytest.raises(StoreError, match="Move it away"):
        Conversations(path)


def test_a_file_of_a_later_schema_is_refused(path):
    Conversations(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema 99"):
        Conversations(path)
