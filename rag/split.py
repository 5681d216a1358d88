"""Cut blocks into sentences and pack sentences into passages.

Sentences are the unit of evidence and of citation; passages, a few sentences each, are the
unit of retrieval.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.excerpt import Excerpt
from rag.model import Document, Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag.clean import Block
    from rag.model import Kind

SPLITTER = "sentences-1"
"""Part of the fingerprint of a home: change it when the same text would be cut differently."""

SEARCHED: frozenset[Kind] = frozenset({"body", "comment", "reference", "caption"})

_OPEN, _CLOSE = "“‘「『（(《【", "”’」』）)》】"
_END = re.compile(r"[。！？!?…]+|(?<=[a-z\d%)”\"])\.(?=\s+[A-Z“\"]|\s*$)|\n+")
_CLOSERS = re.compile(r"[”’」』）)】\"]*")
# “…。”某某表示，… : the words after the quotation say whose it is and belong to it.
_ATTRIBUTION = re.compile(r"[^。！？\n“”]{0,24}?(?:说|說|表示|称|稱|指出|认为|認為|强调|補充|补充)")
_GAP = re.compile(r"\n|\s")
_CLAUSE = re.compile(r"[；;]")
LONG_SENTENCE = 150
"""Characters; a longer sentence is cut at its semicolons, so that a citation stays precise."""


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ``[start, end)`` of each sentence; together they cover all but white space.

    A quotation of up to 150 characters stays with the words around it.
    """
    cuts: list[int] = []
    start = 0
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        end = match.end()
        if match[0][0] != "\n":
            closers = _CLOSERS.match(text, end)
            end = closers.end() if closers else end
            if _inside_quotation(text, start, end) and end - start < LONG_SENTENCE:
                continue
            quoted = text[end - 1] in _CLOSE
            if quoted and _ATTRIBUTION.match(text, end):
                continue
        cuts.append(end)
        start = end
    bounds = zip([0, *cuts], [*cuts, len(text)], strict=True)
    out: list[tuple[int, int]] = []
    for begin, end in bounds:
        out += [_strip(text, *piece) for piece in _clauses(text, begin, end)]
    return [(s, e) for s, e in out if s < e]


def _inside_quotation(text: str, start: int, end: int) -> bool:
    """Whether a bracket or quotation mark opened since ``start`` is still open at ``end``."""
    depth = 0
    for char in text[start:end]:
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
    return depth > 0


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start > LONG_SENTENCE:
        for match in _CLAUSE.finditer(text, start, end):
            if match.end() - start >= 20 and not _inside_quotation(text, start, match.end()):
                yield start, match.end()
                start = match.end()
    yield start, end


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def split(
    document: Document,
    blocks: Iterable[Block],
    *,
    max_tokens: int,
    count_tokens: Callable[[str], int],
) -> list[Passage]:
    """Pack the sentences of neighbouring blocks of one class into passages.

    A passage never runs over a heading and holds no more than ``max_tokens``, unless one
    sentence alone does.
    """
    passages: list[Passage] = []
    pending: list[Excerpt] = []
    kind: Kind = "body"

    def flush() -> None:
        if pending:
            whole = _join(document.text, pending)
            ordinal = len(passages)
            passages.append(
                Passage(
                    id=f"{document.id}@{document.sha256[:8]}-{max_tokens}#{ordinal:04d}",
                    document_id=document.id,
                    ordinal=ordinal,
                    spans=whole.spans,
                    text=whole.text,
                    kind=kind,
                )
            )
            pending.clear()

    headings: list[Excerpt] = []
    for block in blocks:
        if block.kind not in SEARCHED:
            continue
        if block.heading:
            flush()
            headings.append(block.excerpt)
            continue
        if block.kind != kind or block.kind in {"reference", "comment"} or headings:
            flush()
        kind = block.kind
        pending += headings
        headings = []
        for start, end in sentences(block.excerpt.text):
            sentence = block.excerpt.cut(start, end)
            together = "\n".join([*(p.text for p in pending), sentence.text])
            if pending and count_tokens(together) > max_tokens:
                flush()
            pending.append(sentence)
        if kind in {"reference", "comment"}:
            flush()
    flush()
    if headings:
        kind = "body"
        pending += headings
        flush()
    return passages


def _join(text: str, pieces: list[Excerpt]) -> Excerpt:
    """Join excerpts; white space between them in the document stays, as one character."""
    whole = pieces[0]
    for piece in pieces[1:]:
        end, start = whole.spans[-1][1], piece.spans[0][0]
        gap = _GAP.search(text, end, max(end, start))
        if gap:
            whole += Excerpt.of(text, [gap.span()])
        whole += piece
    return whole
