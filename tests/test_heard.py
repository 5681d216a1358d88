"""Names of an English question, heard in Chinese passages that no table of names leads to."""

import pytest

from eval.names import known_names
from rag.heard import A_NAME, latin_names, with_heard
from rag.model import Passage

NAMES = known_names()


def passage(id, text):
    return Passage(id=id, document_id="d", ordinal=0, spans=((0, len(text)),), text=text)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What did the minister say in his call with Dong Jun?", ("dong jun",)),
        ("What does Henrietta Levin say?", ("henrietta levin",)),
        ("Did Dong Jun agree?", ("dong jun",)),
        ("How did Trump answer?", ()),  # the table of names knows him
        ("When was the New Year kept in Hong Kong?", ()),  # the dictionary knows both
        ("Which app does TikTok rival, and what did Levin say?", ()),  # single words
    ],
)
def test_the_names_of_a_question_are_those_that_nothing_else_knows(question, names):
    assert latin_names(question, NAMES) == names


def test_a_passage_in_which_a_name_is_heard_counts_as_if_it_held_it():
    passages = {
        "a": passage("a", "国防部长董军在通话中表态。"),
        "b": passage("b", "亨丽埃塔·莱文是高级研究员。"),
        "c": passage("c", "两国领导人通了电话。"),
    }
    lexical, dense = [("c", 9.0)], [("c", 0.5), ("a", 0.4), ("b", 0.3)]
    assert with_heard(lexical, dense, ("dong jun",), passages) == [("a", A_NAME), ("c", 9.0)]
    heard = with_heard(lexical, dense, ("dong jun", "henrietta levin"), passages)
    assert heard == [("a", A_NAME), ("b", A_NAME), ("c", 9.0)]


def test_without_a_name_the_leg_stays_as_it_is():
    lexical = [("a", 2.0), ("b", 1.0)]
    assert with_heard(lexical, [("c", 0.9)], (), {}) is lexical


def test_a_passage_that_is_gone_from_the_ledger_is_passed_over():
    assert with_heard([("gone", 2.0)], [], ("dong jun",), {}) == [("gone", 2.0)]
