"""Does one question find the same passage however it is put? Called by `youju bench pairs`.

Over the seeds and ``pairs.jsonl``: each line holds one question in several forms and the words of a
seed that answer it. ``hans`` is how it is usually asked; the others are compared with that: the
other script, English, another name of the same person or place, with a date, without one.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from eval.cases import GoldEvidence
from eval.metrics import counted, overlaps
from rag.build import Youju
from rag.fold import language_of
from rag.question.rewrite import make_rewriter
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.model import Hit
    from rag.question.rewrite import Language

PAIRS = Path(__file__).parent / "pairs.jsonl"
FIRST = "hans"
"""The form that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One question in several forms."""

    id: str
    evidence: GoldEvidence
    forms: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the forms of a question found."""

    line: Line
    top: dict[str, str]
    """Id of the best passage by form; empty where nothing was found."""
    right: dict[str, bool]
    """Whether that passage holds a part of the evidence."""

    def same(self, form: str) -> bool:
        """Whether a form finds what the first finds."""
        return self.top[form] == self.top[FIRST]


def read_pairs(path: Path = PAIRS) -> list[Line]:
    """Read the lines."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    return [
        Line(row["id"], GoldEvidence(row["document"], row["evidence"]), row["forms"])
        for row in rows
    ]


Translate: TypeAlias = "Callable[[str], str]"
"""A question in the other language; nothing where there is none."""


def run(home: Path | None = None, *, translate: bool = False) -> list[Outcome]:
    """Measure and print.

    Args:
        home: Where the seeds are, or are put; None: a temporary home.
        translate: Whether the language model translates the questions, as `ask` has it do.
    """
    with tempfile.TemporaryDirectory() if home is None else nullcontext(str(home)) as folder:
        settings = Settings.load().model_copy(update={"home": Path(folder)})
        with Youju(settings) as youju:
            youju.fill_from_seeds()
            by = translation(youju) if translate else _untranslated
            outcomes = [ask(youju, line, by) for line in read_pairs()]
    report(outcomes)
    return outcomes


def translation(youju: Youju) -> Translate:
    """Return what translates questions into the language that the passages have beside theirs."""
    model = youju.model
    rewriter = make_rewriter(model, youju.settings, youju.retriever.names) if model else None
    there = youju.retriever.languages()

    def translate(question: str) -> str:
        other: Language = "en" if language_of(question) == "zh" else "zh"
        return rewriter.translate(question, other) if rewriter and other in there else ""

    return translate


def _untranslated(_: str) -> str:
    return ""


def ask(youju: Youju, line: Line, translate: Translate = _untranslated) -> Outcome:
    """Ask all forms of a question."""
    document = youju.document(line.evidence.document)
    gold = (line.evidence.span(document),)
    hits = {
        form: youju.retriever.search(text, 1, translation=translate(text))
        for form, text in line.forms.items()
    }

    def right(found: Sequence[Hit]) -> bool:
        return any(
            h.passage.document_id == document.id and overlaps(h.passage.spans, gold) for h in found
        )

    return Outcome(
        line=line,
        top={form: found[0].passage.id if found else "" for form, found in hits.items()},
        right={form: right(found) for form, found in hits.items()},
    )


def by_form(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Return the outcomes that have a form, by form, the first form first."""
    forms = dict.fromkeys([FIRST, *(form for o in outcomes for form in o.top)])
    return {form: [o for o in outcomes if form in o.top] for form in forms}


def report(outcomes: Sequence[Outcome]) -> None:
    """Print the shares by form, and the disagreements."""
    groups: Mapping[str, Sequence[Outcome]] = by_form(outcomes)
    print(f"{len(outcomes)} questions; the best passage of each form\n")
    print("| form | questions | same as hans | holds the evidence |\n|---|---|---|---|")
    for form, group in groups.items():
        same = "" if form == FIRST else counted([o.same(form) for o in group])
        print(f"| {form} | {len(group)} | {same} | {counted([o.right[form] for o in group])} |")
    others = [o.same(form) for o in outcomes for form in o.top if form != FIRST]
    right = [flag for o in outcomes for flag in o.right.values()]
    print(f"| all but hans | {len(others)} | {counted(others)} | |")
    print(f"| all | {len(right)} | | {counted(right)} |")
    agreed = [len(set(o.top.values())) == 1 for o in outcomes]
    print(f"\nAll forms agree: {counted(agreed)} of the questions")
    for o in outcomes:
        for form in o.top:
            if form != FIRST and not o.same(form):
                print(
                    f"\n{o.line.id} {form}: {o.line.forms[form]}"
                    f"\n  finds {_found(o, form)}"
                    f"\n  hans: {o.line.forms[FIRST]}"
                    f"\n  finds {_found(o, FIRST)}"
                )


def _found(outcome: Outcome, form: str) -> str:
    verdict = "holds" if outcome.right[form] else "lacks"
    return f"{outcome.top[form] or 'nothing'} ({verdict} the evidence)"
