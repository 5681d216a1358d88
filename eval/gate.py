"""A gate: a file of floors, by slice and metric, that a run must not fall below beyond noise.

A share fails when its whole 95 % interval is below the floor, so that one unlucky question of five
does not shut the gate. `strict` floors are compared with the mean itself: for what must never
happen, such as a quote that is not in its source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from eval.score import METRICS
from eval.statistics import ceiling, difference
from eval.summary import parts
from rag.errors import BadFileError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eval.score import Score


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a metric may be in a part of the questions."""

    part: str
    metric: str
    least: float
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """All floors."""

    floors: tuple[Floor, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a gate: ``[floor."slice"]`` and ``[strict."slice"]`` tables of metric = least.

        Raises:
            BadFileError: When the file cannot be read.
            SettingsError: When it names a metric that there is not.
        """
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise BadFileError(f"{path}: {error.strerror}.") from error
        except tomllib.TOMLDecodeError as error:
            raise BadFileError(f"{path}: {error}.") from error
        return cls(tuple(_floors(table, path)))


def _floors(table: dict[str, Any], path: Path) -> list[Floor]:
    if unknown := table.keys() - {"floor", "strict"}:
        raise SettingsError(f"{path}: no such table: {', '.join(sorted(unknown))}.")
    out: list[Floor] = []
    for kind, by_part in table.items():
        for part, metrics in by_part.items():
            for metric, least in metrics.items():
                if metric not in METRICS or METRICS[metric].better == "low":
                    known = "、".join(m for m, x in METRICS.items() if x.better == "high")
                    raise SettingsError(f"{path}: no floor for {metric!r}. There are: {known}.")
                out.append(Floor(part, metric, float(least), kind == "strict"))
    return out


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one floor."""

    floor: Floor
    passed: bool
    value: float | None
    """None: nothing was scored, which passes: a run of one slice says nothing of the others."""
    high: float | None
    n: int
    why: str = ""

    def line(self) -> str:
        """Return one line for a person."""
        metric = METRICS[self.floor.metric].english
        if self.value is None or self.high is None:
            return f"  –    {self.floor.part}: {metric}: not scored"
        sign = "ok  " if self.passed else "FAIL"
        return (
            f"  {sign} {self.floor.part}: {metric} {self.value:.3f} (up to {self.high:.3f}) of "
            f"{self.n}, floor {self.floor.least:.3f}{self.why and f': {self.why}'}"
        )


def check(gate: Gate, scores: Sequence[Score]) -> list[Finding]:
    """Hold a run against every floor."""
    by_part = parts(scores)
    return [_check(floor, by_part.get(floor.part, [])) for floor in gate.floors]


def _check(floor: Floor, scores: Sequence[Score]) -> Finding:
    values = [getattr(s, floor.metric) for s in scores]
    scored = [float(v) for v in values if v is not None]
    high = ceiling(scored)
    if high is None:
        return Finding(floor, passed=True, value=None, high=None, n=0)
    mean = sum(scored) / len(scored)
    passed = mean >= floor.least if floor.strict else high >= floor.least
    why = "" if passed else ("no exception allowed" if floor.strict else "beyond noise")
    return Finding(floor, passed, mean, high, len(scored), why)


def check_against(before: Sequence[Score], after: Sequence[Score]) -> list[Finding]:
    """Hold a run against a recorded one: no metric of any part may be worse beyond noise.

    The paired test sees what a floor cannot: the same questions, one by one.
    """
    old, new = parts(before), parts(after)
    return [
        finding
        for part in new
        for metric, about in METRICS.items()
        if about.unit == "share" and about.better == "high"
        for finding in _worse(part, metric, old.get(part, []), new[part])
    ]


def _worse(
    part: str, metric: str, before: Sequence[Score], after: Sequence[Score]
) -> list[Finding]:
    earlier = {s.case: getattr(s, metric) for s in before}
    found = difference([(earlier.get(s.case), getattr(s, metric)) for s in after])
    if found is None or found.mean >= 0 or found.verdict != "change":
        return []
    why = f"{found.before:.3f} before, [{found.low:+.3f}, {found.high:+.3f}]"
    high = min(1.0, found.before + found.high)
    return [
        Finding(
            Floor(part, metric, found.before),
            passed=False,
            value=found.after,
            high=high,
            n=found.n,
            why=why,
        )
    ]
