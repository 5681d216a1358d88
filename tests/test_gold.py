"""The gold set is what it says it is: quotes stand, answers are in them, slices are big enough."""

import json
import re
from collections import Counter

import pytest

from eval.cases import GOLD, Case, GoldEvidence, read_cases
from eval.metrics import answer_correct
from eval.names import known_names
from rag.parse import Limits, parse
from tests.conftest import SEEDS, document_of, read_document

CASES = read_cases()
REWORDED = read_cases(GOLD.with_name("reworded.jsonl"))
SEED_TEXTS = {path.stem: read_document(path).text for path in SEEDS.glob("0*.txt")}

LEAST = {
    "one fact": 10,
    "several places": 5,
    "several documents": 5,
    "dates": 5,
    "offices": 5,
    "conflicting sources": 5,
    "opinion": 5,
    "comments": 5,
    "footnotes": 5,
    "two names": 5,
    "traditional": 10,
    "english": 10,
    "follow-ups": 10,
    "partly answerable": 5,
    "near miss": 10,
    "false premise": 5,
    "not a question": 5,
    "planted instruction": 5,
}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)


def of_slice(*names: str) -> pytest.MarkDecorator:
    cases = [c for c in CASES if c.slice in names]
    return pytest.mark.parametrize("case", cases, ids=lambda c: c.id)


def texts_of(case: Case) -> dict[str, str]:
    return SEED_TEXTS | {d.name: d.text for d in case.documents}


def quotes_of(case: Case) -> str:
    return "\n".join(e.quote for group in case.evidence for e in group)


def folded(text: str) -> str:
    return known_names().fold_text(text).replace(" ", "")


def noted(case: Case, label: str) -> str:
    """What the notes say after ``label: ``, up to the next semicolon."""
    match = re.search(rf"(?:^|[ ;]){label}: ([^;]+)", case.notes)
    return match[1].strip() if match else ""


def test_every_slice_is_known_and_big_enough():
    sizes = Counter(case.slice for case in CASES)
    assert sizes.keys() == LEAST.keys()
    assert {name: n for name, n in sizes.items() if n < LEAST[name]} == {}
    assert 150 <= len(CASES) <= 160


def test_ids_are_unique_and_so_are_questions_with_their_history():
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({(case.question, case.history) for case in CASES}) == len(CASES)


def test_a_fifth_is_held_out_and_some_of_every_slice():
    held_out = Counter(case.slice for case in CASES if case.held_out)
    assert held_out.total() >= 0.2 * len(CASES)
    assert held_out.keys() == LEAST.keys()


def test_about_two_thirds_can_be_answered():
    answerable = sum(case.answerable for case in CASES)
    assert answerable >= 100
    assert len(CASES) - answerable >= 45


@each_case
def test_every_quote_stands_once_in_its_document(case):
    texts = texts_of(case)
    for evidence in (e for group in case.evidence for e in group):
        assert texts[evidence.document].count(evidence.quote) == 1, evidence
        assert evidence.quote == evidence.quote.strip()


@each_case
def test_an_answerable_case_has_gold_and_evidence_and_others_have_none(case):
    assert case.answerable == bool(case.gold) == bool(case.evidence)
    assert case.answerable or not (case.missing or case.sides)


def test_what_others_ask_of_the_seeds_has_its_evidence_there_and_is_asked_once():
    assert len({c.id for c in (*CASES, *REWORDED)}) == len(CASES) + len(REWORDED)
    assert len({c.question for c in (*CASES, *REWORDED)}) == len(CASES) + len(REWORDED)
    for case in REWORDED:
        assert case.answerable == bool(case.gold) == bool(case.evidence), case.id
        for evidence in (e for group in case.evidence for e in group):
            assert evidence.quote in SEED_TEXTS[evidence.document], case.id


@each_case
def test_every_gold_alternative_is_in_the_evidence_or_the_notes_say_why_not(case):
    quotes = quotes_of(case)
    outside = [a for group in case.gold for a in group if not answer_correct(quotes, [[a]])]
    assert bool(outside) <= bool(noted(case, "not in the evidence")), outside


@each_case
def test_every_gold_group_is_in_the_evidence(case):
    quotes = quotes_of(case)
    outside = [group for group in case.gold if not answer_correct(quotes, [group])]
    named = noted(case, "not in the evidence")
    assert all(any(a in named for a in group) for group in outside), outside


@each_case
def test_no_question_gives_its_answer_away(case):
    told = [case.question, *(text for turn in case.history for text in turn)]
    assert not case.answerable or not answer_correct("\n".join(told), case.gold)


@of_slice("near miss", "partly answerable")
def test_what_a_near_miss_asks_is_noted_and_in_no_seed(case):
    assert noted(case, "asked")
    words = noted(case, "absent").split(", ")
    assert words != [""]
    for word in words:
        for name, text in SEED_TEXTS.items():
            assert folded(word) not in folded(text), (word, name)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if not c.answerable and c.slice not in {"near miss", "not a question"}],
    ids=lambda c: c.id,
)
def test_every_unanswerable_case_says_what_is_absent_or_false(case):
    assert (noted(case, "asked") and noted(case, "absent")) or noted(case, "false")
    for word in filter(None, noted(case, "absent").split(", ")):
        assert not any(folded(word) in folded(text) for text in SEED_TEXTS.values()), word


@of_slice("false premise")
def test_a_false_premise_says_what_is_false(case):
    assert noted(case, "false")


@of_slice("several places")
def test_an_answer_from_several_places_has_a_group_for_each(case):
    assert len(case.evidence) >= 2


@of_slice("several documents")
def test_an_answer_from_several_documents_needs_each(case):
    groups = [{e.document for e in group} for group in case.evidence]
    assert not set.intersection(*groups)


@of_slice("conflicting sources")
def test_a_conflict_has_two_sides_and_evidence_of_each(case):
    assert len(case.sides) == len(case.evidence) == 2
    for side, group in zip(case.sides, case.evidence, strict=True):
        assert answer_correct("\n".join(e.quote for e in group), [side])


@of_slice("partly answerable")
def test_a_partly_answerable_case_names_what_is_missing(case):
    assert case.missing
    assert all(answer_correct(case.question, [group]) for group in case.missing)


@of_slice("follow-ups")
def test_a_follow_up_has_a_history(case):
    assert case.history


def test_only_follow_ups_have_a_history():
    assert {c.slice for c in CASES if c.history} == {"follow-ups"}


@of_slice("planted instruction")
def test_a_planted_instruction_stands_in_a_document_of_the_case_and_not_in_the_gold(case):
    planted = noted(case, "planted")
    assert any(planted in document.text for document in case.documents)
    assert planted not in quotes_of(case)
    assert not answer_correct(planted, case.gold)


def test_five_cases_bring_a_planted_instruction_and_five_documents_that_disagree():
    own = Counter(case.slice for case in CASES if case.documents)
    assert own["planted instruction"] >= 5
    assert own["conflicting sources"] >= 5


@pytest.mark.parametrize("case", [c for c in CASES if c.documents], ids=lambda c: c.id)
def test_documents_of_a_case_are_read_as_they_stand_and_say_they_are_invented(case):
    for document in case.documents:
        (parsed,) = parse(document.text.encode(), document.name, Limits())
        assert parsed.text == document.text
        assert re.search("为测试而写|為測試而寫|[Ww]ritten for a test", document.text)
        assert document.name not in SEED_TEXTS


def test_evidence_spans_are_the_characters_of_the_quote():
    document = document_of("甲乙丙丁")
    start, end = GoldEvidence("x", "乙丙").span(document)
    assert document.text[start:end] == "乙丙"


ROW = {
    "id": "a",
    "slice": "one fact",
    "question": "?",
    "history": [],
    "answerable": True,
    "gold": [["b"]],
    "evidence": [[{"document": "d", "quote": "b"}]],
    "held_out": False,
    "notes": "",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, "unknown keys: more"),
        ({"notes": None, "gold": None}, "missing keys: gold, notes"),
        ({"gold": ["125%"]}, "not groups"),
        ({"sides": [[]]}, "not groups"),
        ({"evidence": [[{"document": "d"}]]}, "quote"),
        ({"evidence": [{"document": "d", "quote": "b"}]}, "mapping"),
        ({"documents": [{"name": "d", "body": "b"}]}, "body"),
        ({"history": [["one"]]}, "unpack"),
    ],
)
def test_a_line_that_is_no_case_is_an_error_with_its_number(tmp_path, change, message):
    row = {key: value for key, value in (ROW | change).items() if value is not None}
    path = tmp_path / "gold.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n\n{json.dumps(row)}\n", "utf-8")
    with pytest.raises(ValueError, match=rf"gold\.jsonl:3: .*{message}"):
        read_cases(path)


def test_a_line_that_is_no_json_is_an_error_with_its_number(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text("{oh", "utf-8")
    with pytest.raises(ValueError, match=r"gold\.jsonl:1: not JSON"):
        read_cases(path)


def test_what_a_line_leaves_out_is_empty(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(ROW), "utf-8")
    (case,) = read_cases(path)
    assert (case.missing, case.sides, case.documents) == ((), (), ())
    assert case.evidence == ((GoldEvidence("d", "b"),),)
