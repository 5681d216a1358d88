"""`report.html` of a run: one page without network, made of the records alone.

All that comes from documents, questions and models is untrusted: the template escapes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.metrics import share, wilson
from eval.report_plots import latency_plot, refusal_plot
from eval.score import METRICS
from eval.statistics import Estimate
from eval.summary import ALL, HELD_OUT, TUNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eval.compare import Comparison
    from eval.records import Record
    from eval.statistics import Difference

TEMPLATE = "report.html.jinja"
COLUMNS = (
    "right",
    "refused_rightly",
    "recall_5",
    "citation_precision",
    "citation_recall",
    "supported",
)
"""Of the table by slice; the rest is in the table of all metrics."""
CARDS = ("right", "refused_rightly", "citation_precision", "supported")
"""At the head of the page."""
LEAST_REACH = 0.1
"""Of the axis of differences: with less, noise would fill it."""
PARTS = {ALL: "全部", HELD_OUT: "保留题", TUNED: "调试题"}
SLICES = {
    "one fact": "单一事实",
    "several places": "多处",
    "several documents": "多篇文档",
    "dates": "日期与时点",
    "offices": "某时任职",
    "conflicting sources": "来源冲突",
    "opinion": "观点与归属",
    "comments": "评论与网友",
    "footnotes": "脚注",
    "two names": "一人两名",
    "traditional": "繁体提问",
    "english": "英文提问",
    "follow-ups": "追问",
    "partly answerable": "部分可答",
    "near miss": "擦边不可答",
    "false premise": "前提不实",
    "not a question": "不是问题",
    "planted instruction": "文中埋指令",
    "answerable": "可答",
    "unanswerable": "不可答",
}
"""Names of the slices of the gold set; those of other sets stay as they are."""


def write_report(
    folder: Path,
    summary: Mapping[str, Any],
    records: Sequence[Record],
    baselines: Mapping[str, Sequence[Record]],
    comparison: Comparison | None = None,
) -> Path:
    """Write the page; return where it is."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent)
    changed = {
        id: word
        for word in ("broke", "healed")
        for id in (getattr(comparison, word) if comparison else ())
    }
    by_id = {r.id: r for r in records}
    earlier = comparison.before.values() if comparison else ()
    slices = [part for part in summary["figures"] if part not in PARTS]
    page = environment.get_template(TEMPLATE).render(
        summary=summary,
        metrics=METRICS,
        cards=CARDS,
        columns=COLUMNS,
        parts=PARTS,
        slices=slices,
        named=SLICES,
        figures=summary["figures"],
        records=sorted(records, key=lambda r: r.score.good is not False),  # the wrong ones first
        model=records[0].answer["model"] if records else "",
        by_id=by_id,
        baselines=baselines,
        outcomes=_outcomes(records),
        before=_outcomes([r for r in earlier if r.id in by_id]),
        comparison=comparison,
        moved=_moved(comparison),
        reach=_reach(comparison),
        changed=changed,
        refusal=refusal_plot(records, summary["settings"].get("refuse_below")),
        latency=latency_plot([r.score for r in records]),
    )
    path = folder / "report.html"
    path.write_text(page, "utf-8")
    return path


def _outcomes(records: Iterable[Record]) -> dict[str, Estimate]:
    """Share of the questions whose outcome is the one wanted, of all and by slice."""
    by_part: dict[str, list[bool | None]] = {}
    for record in records:
        for part in (ALL, record.score.slice):
            by_part.setdefault(part, []).append(record.score.good)
    return {part: found for part, good in by_part.items() if (found := _proportion(good))}


def _proportion(good: Sequence[bool | None]) -> Estimate | None:
    """With Wilson's interval: resampling two right ones gives two, and would call that certain."""
    mean, interval = share(good), wilson(good)
    if mean is None or interval is None:
        return None
    return Estimate(mean, *interval, n=sum(g is not None for g in good))


def _moved(comparison: Comparison | None) -> list[tuple[str, str, list[tuple[str, Difference]]]]:
    """Metrics by verdict, changes first: verdict, its name, the metrics of it."""
    found = comparison.metrics.items() if comparison else ()
    return [
        (verdict, name, [(metric, d) for metric, d in found if d and d.verdict == verdict])
        for verdict, name in (("change", "变化 change"), ("noise", "噪声 noise"), ("same", "相同"))
    ]


def _reach(comparison: Comparison | None) -> float:
    """How far the axis of differences goes to either side of 0."""
    shares = [
        d
        for m, d in (comparison.metrics if comparison else {}).items()
        if d and METRICS[m].unit == "share"
    ]
    return max([LEAST_REACH, *(abs(x) for d in shares for x in (d.low, d.high, d.mean))])


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure as tables show it.

    >>> number(0.8381), number(1.0), number(0.4, 1), number(None)
    ('.838', '1.000', '0.4', '—')
    """
    if value is None:
        return "—"
    shown = f"{value:.{digits}f}"
    return shown.removeprefix("0") if digits == 3 else shown


def percent(value: float) -> str:
    """Return a share for a width in CSS.

    >>> percent(0.5)
    '50.0%'
    """
    return f"{100 * value:.1f}%"
