"""`report.html` of a run: one page without network, made of the records alone.

All that comes from documents, questions and models is untrusted: the template escapes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.report_plots import latency_plot, refusal_plot
from eval.score import METRICS
from eval.summary import ALL, HELD_OUT, TUNED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.compare import Comparison
    from eval.records import Record

TEMPLATE = "report.html.jinja"
COLUMNS = (
    "right",
    "refused_rightly",
    "refused_wrongly",
    "recall_5",
    "citation_precision",
    "citation_recall",
    "supported",
    "language_right",
    "character_f1",
)
"""Of the table by slice; the rest is in the table of all metrics."""
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
    slices = [part for part in summary["figures"] if part not in PARTS]
    page = environment.get_template(TEMPLATE).render(
        summary=summary,
        metrics=METRICS,
        columns=COLUMNS,
        parts=PARTS,
        slices=slices,
        named=SLICES,
        figures=summary["figures"],
        records=sorted(records, key=lambda r: r.score.good is not False),  # the wrong ones first
        model=records[0].answer["model"] if records else "",
        by_id=by_id,
        baselines=baselines,
        comparison=comparison,
        changed=changed,
        refusal=refusal_plot(records, summary["settings"].get("refuse_below")),
        latency=latency_plot([r.score for r in records]),
    )
    path = folder / "report.html"
    path.write_text(page, "utf-8")
    return path


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
