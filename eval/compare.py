"""Two runs, question by question: what broke, what healed, and whether it is noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from eval.score import METRICS
from eval.statistics import Difference, difference, holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.records import Record


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run against an earlier one, over the cases that both hold."""

    questions: int
    broke: tuple[str, ...]
    """Cases whose outcome was the one wanted, and is not any more."""
    healed: tuple[str, ...]
    metrics: dict[str, Difference | None]
    before: dict[str, Record]
    """Earlier records by case."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, without the records."""
        return {
            "questions": self.questions,
            "broke": list(self.broke),
            "healed": list(self.healed),
            "metrics": {
                name: {**asdict(d), "verdict": d.verdict} if d else None
                for name, d in self.metrics.items()
            },
        }


def compare(before: Sequence[Record], after: Sequence[Record]) -> Comparison:
    """Compare two runs over the cases that both hold; a case that was rewritten is another."""
    earlier = {r.id: r for r in before}
    pairs = [
        (earlier[r.id], r) for r in after if r.id in earlier and _asks(earlier[r.id]) == _asks(r)
    ]
    return Comparison(
        questions=len(pairs),
        broke=tuple(b.id for a, b in pairs if a.score.good and b.score.good is False),
        healed=tuple(b.id for a, b in pairs if b.score.good and a.score.good is False),
        metrics=_adjusted(
            {
                name: difference(
                    [(getattr(a.score, name), getattr(b.score, name)) for a, b in pairs]
                )
                for name in METRICS
            }
        ),
        before={a.id: a for a, _ in pairs},
    )


def _adjusted(found: dict[str, Difference | None]) -> dict[str, Difference | None]:
    """Weigh each p among those of its unit: shares together, times and tokens apart.

    A metric that is the same for every question could not differ by chance either, and does not
    count among them (Tarone 1990).
    """
    out = dict(found)
    for unit in {m.unit for m in METRICS.values()}:
        of_unit = {
            n: d for n, d in found.items() if d and METRICS[n].unit == unit and d.verdict != "same"
        }
        adjusted = holm([d.p for d in of_unit.values()])
        for (name, d), p in zip(of_unit.items(), adjusted, strict=True):
            out[name] = replace(d, adjusted=p)
    return out


def _asks(record: Record) -> tuple[Any, ...]:
    return tuple(
        repr(record.case.get(name)) for name in ("question", "history", "gold", "documents")
    )
