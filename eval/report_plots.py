"""Plots of a report, as inline SVG: colours are the page's, so they follow light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.records import Record
    from eval.score import Score

WIDTH, HEIGHT = 520, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 40
STEPS = 100


@dataclass(frozen=True, slots=True)
class Axes:
    """From values to places on the paper; both axes begin at 0."""

    most_x: float
    most_y: float = 1.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point stands."""
        right = LEFT + (WIDTH - LEFT - RIGHT) * min(x / self.most_x, 1.0)
        down = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / self.most_y
        return round(right, 1), round(down, 1)

    def line(self, points: Iterable[tuple[float, float]], style: str) -> str:
        """Return a line through points."""
        places = " ".join(f"{x},{y}" for x, y in (self.at(*p) for p in points))
        return f'<polyline class="{style}" points="{places}"/>'

    def upright(self, x: float, label: str, row: int = 0) -> str:
        """Return a dashed line at ``x`` with a label, so many rows below the top."""
        at, top = self.at(x, self.most_y)
        _, bottom = self.at(x, 0)
        side = "end" if at > WIDTH * 0.7 else "start"
        shift = -5 if side == "end" else 5
        return (
            f'<line class="mark" x1="{at}" x2="{at}" y1="{top}" y2="{bottom}"/>'
            f'<text class="label" x="{at + shift}" y="{top + 15 + 16 * row}" '
            f'text-anchor="{side}">{label}</text>'
        )

    def frame(self, ticks_x: Sequence[float], name_x: str, form: str) -> str:
        """Return the axes, with a grid at every quarter of the height."""
        out: list[str] = []
        for share in (0, 0.25, 0.5, 0.75, 1):
            x, y = self.at(0, share * self.most_y)
            end, _ = self.at(self.most_x, 0)
            out.append(f'<line class="grid" x1="{x}" x2="{end}" y1="{y}" y2="{y}"/>')
            out.append(
                f'<text class="tick" x="{x - 7}" y="{y + 4}" text-anchor="end">'
                f"{100 * share:.0f}%</text>"
            )
        for value in ticks_x:
            x, y = self.at(value, 0)
            out.append(
                f'<text class="tick" x="{x}" y="{y + 16}" text-anchor="middle">'
                f"{value:{form}}</text>"
            )
        middle, bottom = self.at(self.most_x / 2, 0)
        out.append(
            f'<text class="label" x="{middle}" y="{bottom + 33}" '
            f'text-anchor="middle">{name_x}</text>'
        )
        return "".join(out)


def curve(records: Sequence[Record]) -> list[tuple[float, float, float]]:
    """Return threshold, share of unanswerable refused, share of answerable refused.

    Refused before a model was asked counts as refused at any threshold; sides of a disagreement,
    which no threshold is asked about, at none. So does an answer in part: its signals are those of
    the part that was left open.
    """
    wanted = [_probability(r) for r in records if not r.case["answerable"]]
    unwanted = [_probability(r) for r in records if r.case["answerable"]]
    if not wanted or not unwanted:
        return []
    return [
        (
            t / STEPS,
            sum(p < t / STEPS for p in wanted) / len(wanted),
            sum(p < t / STEPS for p in unwanted) / len(unwanted),
        )
        for t in range(STEPS + 1)
    ]


def _probability(record: Record) -> float:
    outcome, signals = record.answer["outcome"], record.answer["signals"]
    if outcome == "partial":
        return 1.0
    return float(signals.get("answerable", 1.0 if outcome == "answered" else -1.0))


def refusal_plot(records: Sequence[Record], threshold: float | None = None) -> Markup | None:
    """Draw what is refused by threshold; None without answerable and unanswerable questions."""
    points = curve(records)
    if not points:
        return None
    axes = Axes(1.0)
    return _svg(
        "拒答曲线",
        axes.frame((0, 0.2, 0.4, 0.6, 0.8, 1), "拒答门槛：低于它就拒答", ".1f"),
        axes.line(((t, right) for t, right, _ in points), "good"),
        axes.line(((t, wrong) for t, _, wrong in points), "bad"),
        axes.upright(threshold, f"现用 {threshold:.2f}", 5) if threshold is not None else "",
    )


def latency_plot(scores: Sequence[Score]) -> Markup | None:
    """Draw the share of answers that are there after so many seconds; None without answers."""
    times = sorted(s.seconds for s in scores)
    if not times or times[-1] <= 0:
        return None
    shown = [s.seconds_to_evidence for s in scores if s.seconds_to_evidence is not None]
    most = _round(times[-1])
    axes = Axes(most)
    median, slow = times[len(times) // 2], times[int(0.95 * (len(times) - 1))]
    return _svg(
        "用时",
        axes.frame([most * i / 5 for i in range(6)], "秒", ".0f" if most >= 5 else ".1f"),
        axes.line(_steps(sorted(shown), most), "soft") if shown else "",
        axes.line(_steps(times, most), "good"),
        axes.upright(median, f"中位 {median:.1f} 秒"),
        axes.upright(slow, f"95% 在 {slow:.1f} 秒内", 1) if slow > 1.25 * median else "",
    )


def _steps(times: Sequence[float], most: float) -> list[tuple[float, float]]:
    points = [(0.0, 0.0)]
    for rank, seconds in enumerate(times):
        points += [(seconds, rank / len(times)), (seconds, (rank + 1) / len(times))]
    return [*points, (most, 1.0)]


def _round(value: float) -> float:
    """The next number of 1, 2, 3, 5 and tens that an axis may well end at."""
    size = 0.1
    while True:
        for step in (1, 2, 3, 5):
            if step * size >= value:
                return step * size
        size *= 10


def _svg(title: str, *parts: str) -> Markup:
    return Markup(  # noqa: S704 - made of figures and fixed words alone
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )
