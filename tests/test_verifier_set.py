"""The measured set of the verifier: its lines are sound, and the check stays good on them."""

from eval.bench_verifier import FRESH, PARAPHRASES, check, read_lines
from rag.resources import resource

LINES = read_lines()
EVERY = 5
"""Of the claims; `youju bench verifier` checks all of them."""
ALL = [*LINES, *read_lines(FRESH), *read_lines(PARAPHRASES)]


def test_every_piece_of_evidence_stands_in_its_document():
    for line in ALL:
        seed = resource("seeds") / f"{line.document}.txt"
        text = line.text or seed.read_text("utf-8")
        assert all(quote in text for quote in (*line.evidence, line.before)), line.id


def test_a_wrong_claim_holds_its_wrong_part_and_a_true_one_has_none():
    for line in ALL:
        assert bool(line.corruption) == bool(line.wrong)
        assert all(part in line.claim for part in line.wrong), line.id


def test_held_out_claims_are_of_other_sentences_than_those_tuned_on():
    held = {quote for line in LINES if line.held_out for quote in line.evidence}
    tuned = {quote for line in LINES if not line.held_out for quote in line.evidence}
    assert held.isdisjoint(tuned)


def test_nearly_all_wrong_claims_are_caught_and_nearly_all_true_ones_pass():
    tuned = [check(line) for line in [n for n in LINES if not n.held_out][::EVERY]]
    wrong = [o.caught for o in tuned if o.line.corruption]
    true = [o.verdict.support == "supported" for o in tuned if not o.line.corruption]
    assert sum(wrong) >= 0.95 * len(wrong)
    assert sum(true) >= 0.95 * len(true)
