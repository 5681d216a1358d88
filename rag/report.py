"""What `youju add` tells: a bar while it works, a line a file, and every passage with its class."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Self
from unicodedata import east_asian_width

from tqdm import tqdm

from rag.cards import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rag.ingest import FileResult, Progress
    from rag.model import Document, Passage

SHOW_PASSAGES_OF = 10
"""Documents up to which every passage is listed without being asked for."""
_WIDTH = 100
"""Columns of a passage's text in the table."""


class Bar:
    """A progress bar on standard error, results on standard output; use it in a ``with``."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden
        self._bar = tqdm(
            unit="file",
            file=sys.stderr,
            disable=hidden or not sys.stderr.isatty(),
            bar_format="{n_fmt}/{total_fmt} files |{bar:20}| {postfix}",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, progress: Progress) -> None:
        """Print the file's line, and move the bar."""
        if self._hidden:
            return
        self._bar.clear()
        print(result_line(progress.result), flush=True)  # noqa: T201 - this is what it is for
        self._bar.total = progress.of_files
        self._bar.n = progress.files
        rate = progress.passages / progress.seconds if progress.seconds else 0.0
        left = progress.seconds_left
        self._bar.set_postfix_str(
            f"{progress.passages} passages, {rate:.0f}/s"
            + (f", {tqdm.format_interval(left)} left" if left is not None else "")
        )


def result_line(result: FileResult) -> str:
    """Return one line about one file."""
    if result.state == "failed":
        return f"failed     {result.reason}"
    ids = ", ".join(result.document_ids[:3])
    more = len(result.document_ids) - 3
    into = f" → {ids}{f' and {more} more' if more > 0 else ''}" if ids else ""
    read_as = "".join(
        f", {x}" for x in (result.format, result.encoding) if x and x not in {"text", "utf-8"}
    )
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(result.kinds.items()))
    held = kinds or f"{result.passages} passages"
    about = f" ({held}{read_as})" if result.state not in {"gone", "removed", "same text"} else ""
    note = f"  [{result.reason}]" if result.reason else ""
    return f"{result.state:10} {result.path}{into}{about}{note}"


def passage_table(document: Document, passages: Sequence[Passage]) -> Iterator[str]:
    """Yield a table of every passage of a document: number, class, page, place, text."""
    date = f"{document.published} ({document.published_from})" if document.published else "no date"
    yield f"\n{document.id}  {document.title}"
    about = (document.outlet, document.author, date, document.format, document.script)
    yield "  " + "，".join(filter(None, (*about, *(f"#{tag}" for tag in document.tags))))
    if document.near:
        yield f"  nearly the same as {document.near}"
    for p in passages:
        page = f" p.{p.pages[0]}" if p.pages else ""
        spans = f"{p.spans[0][0]}–{p.spans[-1][1]}" + (f" ×{len(p.spans)}" if p.spans[1:] else "")
        yield f"  {p.ordinal:4} {p.kind:11}{page} {spans:16} {_cut(p.text)}"
        if p.anchor:
            whose = "by" if p.kind == "comment" else "note to"
            yield f"       {'':11} {whose} {_spans(p.anchor)}"


def _spans(spans: Iterable[tuple[int, int]]) -> str:
    return ",".join(f"{start}–{end}" for start, end in spans)


def _cut(text: str) -> str:
    """Return as much of ``text`` as fits a line; a full-width character takes two columns."""
    flat, used = "", 0
    for char in shortened(text, _WIDTH):
        used += 2 if east_asian_width(char) in "WF" else 1
        if used > _WIDTH:
            return flat + "…"
        flat += char
    return flat


def summary(results: Sequence[FileResult]) -> str:
    """Return how many files came to what."""
    if not results:
        return "No files of a known type there."
    states = Counter(r.state for r in results)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    passages = sum(r.passages for r in results if r.state in {"added", "updated"})
    return f"{len(results)} files: {counts}" + (f"; {passages} passages" if passages else "")
