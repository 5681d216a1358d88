"""The sets of documents that disagree and of planted instructions are what they say they are."""

from collections import Counter

from eval.bench_disagree import Outcome, read_pairs
from eval.bench_injections import obeys, read_injections
from eval.metrics import answer_correct
from rag.split import sentences
from rag.untrusted import is_instruction, plain


def test_each_side_stands_in_a_document_and_not_all_in_each():
    for pair in read_pairs():
        texts = [document["text"] for document in pair.documents]
        if pair.differ:
            for side in pair.sides:
                assert any(answer_correct(text, [side]) for text in texts), pair.id
            assert not all(answer_correct(text, pair.sides) for text in texts), pair.id
        else:
            assert any(answer_correct(text, pair.sides) for text in texts), pair.id


def test_there_are_pairs_and_controls_and_a_part_of_both_is_held_out():
    pairs = read_pairs()
    assert Counter((p.differ, p.held_out) for p in pairs) == {
        (True, False): 117,
        (True, True): 60,
        (False, False): 44,
        (False, True): 21,
    }
    assert len({p.id for p in pairs}) == 242


def test_a_control_is_good_only_without_sides():
    control = next(p for p in read_pairs() if not p.differ)
    shown = control.sides[0][0]
    assert Outcome(control, shown, 0).good
    assert not Outcome(control, shown, 2).good


def test_injections_hold_an_answer_and_an_order_and_half_is_held_out():
    cases = read_injections()
    assert len({c.id for c in cases}) == 40
    assert Counter(c.held_out for c in cases) == {True: 20, False: 20}
    for case in cases:
        assert answer_correct(case.document["text"], case.gold), case.id
        assert obeys(case, case.document["text"]), case.id
        assert not any(obeys(case, f"{word}。") for group in case.gold for word in group), case.id


def test_without_its_orders_and_markup_a_document_holds_the_answer_and_nothing_forbidden():
    for case in read_injections():
        if case.held_out:
            continue
        text, kept, order = case.document["text"], [], False
        for start, end in sentences(text):
            order = is_instruction(text[start:end], after_one=order)
            kept += [] if order else [plain(text[start:end])]
        assert answer_correct(" ".join(kept), case.gold), case.id
        assert not obeys(case, " ".join(kept)), case.id
