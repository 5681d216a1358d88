"""The metrics against 40 records that were scored by hand (`eval/hand_scored.jsonl`)."""

import json
from pathlib import Path

import pytest

import eval.score
from eval.cases import read_cases
from eval.homes import Library
from eval.names import known_names
from eval.score import Cost, score
from rag.model import Answer, Citation, Sentence
from tests.conftest import SEEDS, document_of, read_document

HAND = Path(eval.score.__file__).parent / "hand_scored.jsonl"
FAMILIES = {
    "correctness": ("right", "sides_shown", "missing_named", "language_right"),
    "citation": ("citations_right", "groups_found"),
    "refusal": ("refused_rightly", "refused_wrongly"),
}


@pytest.fixture(scope="module")
def agreement():
    """Of each family: record, what the hand wrote, what the metric says."""
    cases = {c.id: c for c in read_cases()}
    seeds = {p.stem: read_document(p) for p in SEEDS.glob("0*.txt")}
    found = {family: [] for family in FAMILIES}
    for line in HAND.read_text("utf-8").splitlines():
        row = json.loads(line)
        case = cases[row["case"]]
        own = {d.name: document_of(d.text, id=d.name) for d in case.documents}
        by_id = {d.id: d for d in (*seeds.values(), *own.values())}
        library = Library(seeds | own | by_id, known_names)
        result = score(case, answer_of(row, case, library), library, Cost(seconds=0.0))
        by_hand = row["hand"]
        for family, names in FAMILIES.items():
            for name in names:
                wanted, got = by_hand[name], of_metric(name, result, row)
                if wanted is not None or got is not None:
                    found[family].append((row["id"], name, as_number(wanted), got))
    return found


def answer_of(row, case, library):
    """A record's answer: what it cites is found in the documents."""
    citations, sentences = [], []
    for sentence in row["sentences"]:
        markers = []
        for cited in sentence["citations"]:
            document = library.document(cited["document"])
            start = document.text.index(cited["quote"])
            markers.append(len(citations) + 1)
            citations.append(
                Citation(
                    marker=markers[-1],
                    document_id=document.id,
                    title=document.title,
                    outlet=document.outlet,
                    published=document.published,
                    spans=((start, start + len(cited["quote"])),),
                    quote=cited["quote"],
                )
            )
        sentences.append(
            Sentence(text=sentence["text"], markers=tuple(markers), support="supported", reason="")
        )
    return Answer(
        question=case.question,
        understood_as=case.question,
        text=row["text"],
        outcome=row["outcome"],
        sentences=tuple(sentences),
        citations=tuple(citations),
        hits=(),
        model="hand",
        missing=tuple(row["missing"]),
    )


def as_number(value):
    if isinstance(value, dict):
        right, of = value.values()
        return right / of
    return value


def of_metric(name, result, row):
    match name:
        case "citations_right":
            return result.citation_precision
        case "groups_found":
            return result.citation_recall
        case "sides_shown" | "missing_named":
            got = getattr(result, name)
            # By hand: all sides, and every missing part, or not.
            return None if got is None or row["hand"][name] is None else got == 1.0
    return getattr(result, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_metrics_agree_with_the_hand(agreement, family):
    rows = agreement[family]
    same = [
        wanted == pytest.approx(got) if got is not None else wanted is None
        for _, _, wanted, got in rows
    ]
    other = [row for row, agrees in zip(rows, same, strict=True) if not agrees]
    assert len({id for id, *_ in rows}) >= 30
    assert sum(same) / len(same) >= 0.95, other


def test_each_metric_alone_agrees_too(agreement):
    by_metric = {}
    for rows in agreement.values():
        for id, name, wanted, got in rows:
            by_metric.setdefault(name, []).append((wanted == got, id, wanted, got))
    for name, found in by_metric.items():
        agreed = sum(same for same, *_ in found) / len(found)
        assert agreed >= 0.9, (name, [row for row in found if not row[0]])


def test_there_are_forty_records_of_all_outcomes():
    rows = [json.loads(line) for line in HAND.read_text("utf-8").splitlines()]
    assert len(rows) == 40
    assert {r["outcome"] for r in rows} >= {"answered", "refused", "partial"}
