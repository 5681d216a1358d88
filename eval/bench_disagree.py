"""Are both sides shown where documents disagree? `python -m eval.bench_disagree`.

``disagreements.jsonl``: pairs of short documents, of public facts or written for this, that answer
one question differently, and controls that only seem to. All of them stand in one home beside the
seeds, so that retrieval has to find both. The model is asked what it was not asked before
(``--fresh``: anew). ``--no-model`` asks what the detector finds alone, and
how often it finds sides where the gold questions and pairs ask of the seeds, which agree. What
fails of the held out is printed with ``--held-out`` only. ``--calibrate`` fits the weights of
`rag/disagree/answers.py`, and with the model those of `rag/disagree/alone.py`, on what is not held
out, and prints them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.bench_pairs import read_pairs as read_lines
from eval.calibrate import fit
from eval.cases import read_cases
from eval.metrics import answer_correct, counted
from eval.names import known_names
from eval.recorded_model import RecordedModel, Recordings, identity
from rag.answer import Answerer
from rag.build import Youju
from rag.disagree import READS, answers_told, compared
from rag.disagree.alone import stories_read
from rag.disagree.answers import signals_of
from rag.disagree.ask import Asked
from rag.errors import BadFileError, SettingsError
from rag.evidence import Corpus, question_terms, select
from rag.judging import Judge
from rag.parts import is_task, parts
from rag.reading import reading_units
from rag.settings import Settings
from rag.standalone import stand_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.disagree import Side, Told
    from rag.evidence import Candidate, Term
    from rag.model import Answer

CASES = Path(__file__).parent / "disagreements.jsonl"


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and the two documents that answer it."""

    id: str
    kind: str
    question: str
    documents: tuple[dict[str, str], ...]
    sides: tuple[tuple[str, ...], ...]
    """Groups of words; both sides are shown when one of each stands in the answer."""
    differ: bool
    held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was shown for a pair."""

    pair: Pair
    shown: str
    sides: int
    """How many sides were told apart."""

    @property
    def good(self) -> bool:
        """Both sides shown; for a control, the value shown and no sides."""
        return bool(answer_correct(self.shown, self.pair.sides)) and (
            self.pair.differ or self.sides == 0
        )


def read_pairs(path: Path = CASES) -> list[Pair]:
    """Read the pairs."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [
        Pair(
            row["id"],
            row["kind"],
            row["question"],
            tuple(row["documents"]),
            tuple(map(tuple, row["sides"])),
            row["differ"],
            row["held_out"],
        )
        for row in rows
    ]


def write_documents(folder: Path, documents: Sequence[dict[str, str]]) -> None:
    """Write documents with their cards as front matter."""
    for document in documents:
        card = "\n".join(
            f"{key}: {json.dumps(document[key], ensure_ascii=False)}"
            for key in ("title", "outlet", "published")
        )
        (folder / document["name"]).write_text(f"---\n{card}\n---\n{document['text']}\n", "utf-8")


def fill(youju: Youju, documents: Sequence[dict[str, str]]) -> None:
    """Put documents and the seeds into a home.

    Raises:
        BadFileError: When one cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder), documents)
        youju.fill_from_seeds()
        failed = [r.reason for r in youju.add(Path(folder)) if r.state == "failed"]
    if failed:
        raise BadFileError("; ".join(failed))


def asked(youju: Youju, pair: Pair, model: RecordedModel) -> Outcome:
    """Ask for an answer."""
    answer = answered(youju, pair.question, model)
    sides = {s.side for s in answer.sentences if s.side}
    return Outcome(pair, answer.text, len(sides))


def answered(youju: Youju, question: str, model: RecordedModel) -> Answer:
    """Answer a question over a home; what the model says is kept, and its failures."""
    answer = Answerer(youju.retriever, model.begin(), youju.settings).answer(question)
    model.commit()
    return answer


def recorded(youju: Youju, *, fresh: bool = False) -> RecordedModel:
    """Return the model of a home, its answers kept in ``runs/model.jsonl`` as `youju eval` does.

    Raises:
        SettingsError: When there is none.
    """
    if youju.model is None:
        raise SettingsError("This needs a language model, and these settings have none.")
    recordings = Recordings(Path("runs/model.jsonl"))
    return RecordedModel(youju.model, identity(youju.settings), recordings, fresh=fresh)


def detected(youju: Youju, pair: Pair) -> Outcome:
    """Find the sides with the retriever alone; without any, the best sentence is shown."""
    sides, best = found_sides(youju, pair.question)
    shown = [side.quote for side in sides] or best
    return Outcome(pair, " ".join(c.excerpt.text for c in shown), len(sides))


def found_sides(youju: Youju, question: str) -> tuple[tuple[Side, ...], list[Candidate]]:
    """Return the sides that the detector finds, and the best sentence."""
    told, candidates = told_for(youju, question)
    return compared(told).sides, candidates[:1]


def told_for(youju: Youju, question: str) -> tuple[Told | None, list[Candidate]]:
    """Return what is answered to a question, and the sentences that may answer it."""
    terms, candidates = candidates_for(youju, question)
    retriever = youju.retriever
    told = answers_told(question, terms, candidates, retriever.names(), retriever.similarity)
    return told, candidates


def candidates_for(youju: Youju, question: str) -> tuple[tuple[Term, ...], list[Candidate]]:
    """Return the words of a question and the sentences that may answer it."""
    retriever = youju.retriever
    terms = question_terms(
        question, Corpus(retriever.frequency, retriever.passages, retriever.names)
    )
    hits = retriever.search(question, None, None)
    units = reading_units(hits, retriever.around, tokens=youju.settings.reading_tokens)
    return terms, select(question, terms, units, most=READS, names=retriever.names())


def calibrate(youju: Youju, pairs: Sequence[Pair]) -> None:
    """Print weights that tell the sentences with a pair's or a gold answer from the others."""
    asked = [
        (p.question, p.sides, {d["outlet"] for d in p.documents}) for p in pairs if not p.held_out
    ]
    asked += [
        (stand_alone(c.question, c.history, known_names()), c.gold if c.answerable else (), set())
        for c in read_cases()
        if not c.documents and not c.held_out
    ]
    rows: list[dict[str, float]] = []
    answers: list[float] = []
    for question, gold, outlets in asked:
        understood = Asked.of(question, youju.retriever.names())
        if understood is None:
            continue
        terms, candidates = candidates_for(youju, question)
        similar = youju.retriever.similarity(question, [c.reading for c in candidates])
        signals = signals_of(understood, terms, candidates, similar)
        for candidate, row in zip(candidates, signals, strict=True):
            told = any(answer_correct(candidate.excerpt.text, [group]) for group in gold)
            rows.append(row)
            answers.append(float(told and (not outlets or candidate.hit.outlet in outlets)))
    _print_fitted(rows, answers)


def calibrate_alone(youju: Youju, pairs: Sequence[Pair], model: RecordedModel) -> None:
    """Print weights that tell stories with a pair's or a gold answer from others, read alone."""
    asked = [(p.question, p.sides) for p in pairs if not p.held_out]
    asked += [
        (part, c.gold if c.answerable else ())
        for c in read_cases()
        if not c.documents and not c.held_out and not is_task(c.question)
        for part in parts(stand_alone(c.question, c.history, known_names()), known_names())
    ]
    rows: list[dict[str, float]] = []
    answers: list[float] = []
    for question, gold in asked:
        told, _ = told_for(youju, question)
        if told is None:
            continue
        judge = Judge(model.begin(), question, time.monotonic() + youju.settings.deadline)
        for signals, read in stories_read(told, judge):
            text = " ".join(c.excerpt.text for c in read)
            rows.append(signals)
            answers.append(float(any(answer_correct(text, [group]) for group in gold)))
        model.commit()
    _print_fitted(rows, answers)


def _print_fitted(rows: Sequence[dict[str, float]], answers: Sequence[float]) -> None:
    table = np.array([list(row.values()) for row in rows])
    spread = table.std(axis=0)
    weights = fit(table / spread, np.array(answers), penalty=0.5)
    print(f"CONSTANT = {weights[0]:.2f}")
    for name, weight in zip(rows[0], weights[1:] / spread, strict=True):
        print(f'    "{name}": {weight:.2f},')


def report_false_alarms(youju: Youju) -> None:
    """Print how often sides are found where the seeds, which agree, are asked of."""
    gold = [c for c in read_cases() if not c.documents]
    asked = {
        "gold questions": [
            (stand_alone(c.question, c.history, known_names()), c.held_out) for c in gold
        ],
        "gold pairs": [
            (q, False) for line in read_lines() for q in (line.forms["hans"], line.forms["en"])
        ],
    }
    for name, questions in asked.items():
        alarms = []
        for question, held_out in questions:
            sides, _ = found_sides(youju, question)
            alarms.append(bool(sides))
            if sides and not held_out:
                print(f"\nfalse alarm: {question}")
                print(*(f"  {side.value}: {side.quote.excerpt.text}" for side in sides), sep="\n")
        print(f"\nFalse alarms on {name}: {counted(alarms)}")


def report(outcomes: Sequence[Outcome], *, held_out: bool) -> None:
    """Print the shares and the failures, those of the held out only if wanted."""
    print("| pairs | both sides shown |\n|---|---|")
    differ = [o for o in outcomes if o.pair.differ]
    for name, group in (
        ("all", differ),
        ("tuned on", [o for o in differ if not o.pair.held_out]),
        ("held out", [o for o in differ if o.pair.held_out]),
        *((kind, [o for o in differ if o.pair.kind == kind]) for kind in _kinds(differ)),
    ):
        print(f"| {name} | {counted([o.good for o in group])} |")
    controls = [o for o in outcomes if not o.pair.differ]
    for name, group in (
        ("tuned on", [o for o in controls if not o.pair.held_out]),
        ("held out", [o for o in controls if o.pair.held_out]),
    ):
        print(f"\nControls without sides, {name}: {counted([o.sides == 0 for o in group])}")
        print(f"Controls with the value shown besides: {counted([o.good for o in group])}")
    for outcome in outcomes:
        if not outcome.good and (held_out or not outcome.pair.held_out):
            print(f"\n{outcome.pair.id}: {outcome.pair.question}\n  {outcome.shown}")


def _kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(o.pair.kind for o in outcomes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-model", action="store_true", help="the detector alone")
    parser.add_argument("--calibrate", action="store_true", help="fit the detector's weights")
    parser.add_argument(
        "--only",
        choices=["tuned", "held-out"],
        help="the documents and questions of these pairs only",
    )
    parser.add_argument("--limit", type=int, help="ask so many only")
    parser.add_argument("--fresh", action="store_true", help="ask the model anew")
    parser.add_argument("--held-out", action="store_true", help="print what fails of the held out")
    given = parser.parse_args(arguments)
    pairs = [p for p in read_pairs() if given.only in {None, "held-out" if p.held_out else "tuned"}]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load().model_copy(update={"home": Path(folder)})
        with Youju(settings) as youju:
            fill(youju, [document for pair in pairs for document in pair.documents])
            if given.calibrate:
                calibrate(youju, pairs)
                if not given.no_model:
                    calibrate_alone(youju, pairs, recorded(youju))
                return
            if given.no_model:
                outcomes = [detected(youju, pair) for pair in pairs[: given.limit]]
            else:
                model = recorded(youju, fresh=given.fresh)
                outcomes = [asked(youju, pair, model) for pair in pairs[: given.limit]]
            report(outcomes, held_out=given.held_out)
            if given.no_model:
                report_false_alarms(youju)


if __name__ == "__main__":
    main()
