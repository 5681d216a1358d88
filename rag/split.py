"""Cut blocks into sentences and pack sentences into passages.

Sentences are the unit of evidence and of citation; passages, a few sentences each, are the
unit of retrieval.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.excerpt import Excerpt
from rag.model import Document, Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.clean import Block
    from rag.model import Kind, Span, Spans

SPLITTER = "sentences-3"
"""Part of the fingerprint of a home: change it when the same text would be cut differently."""

SEARCHED: frozenset[Kind] = frozenset({"body", "comment", "reference", "caption"})

_OPEN, _CLOSE = "“‘「『（(《【", "”’」』）)》】"
_BRACKET = re.compile(f"[{re.escape(_OPEN + _CLOSE)}]")
_END = re.compile(r"[。！？!?…]+|(?<=[a-z\d%)”\"])\.(?=\s+[A-Z“\"]|\s*$)|\n+")
_CLOSERS = re.compile(r"[”’」』）)】\"]*")
# “…。”某某表示，… : the words after the quotation say whose it is and belong to it.
_ATTRIBUTION = re.compile(r"[^。！？\n“”]{0,24}?(?:说|說|表示|称|稱|指出|认为|認為|强调|補充|补充)")
_GAP = re.compile(r"\n|\s")
_CLAUSE = re.compile(r"[；;]")
_PAUSE = re.compile(r"[，,、：:]|\s+")
# A line of running text that was broken for its width: it does not end a sentence.
_SOFT_BREAK = re.compile(r"(?<=[a-z,;\-])\n(?=[A-Za-z\d(“\"])|(?<=[A-Za-z\d,;])\n(?=[a-z])")
SOFT_FROM = 40
"""Characters that a line must have to have been broken for its width."""
LONGEST_NAME = 30
"""Characters of a line above a comment, up to which it is its author's name."""
_NO_NAME = re.compile(r"[。！？，]")
WHOLE = 4_000
"""Characters up to which a row, a table's header or headings in a row are kept whole. Nobody has
written a longer one to be read as one; the header of a table stands in each of its passages."""
LONGEST_HEADING = 500
"""Characters of a heading that the passages below it are labelled with."""
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
        if match[0] == "\n" and _is_soft(text, match.start()):
            continue
        if match[0][0] != "\n":
            closers = _CLOSERS.match(text, end)
            end = closers.end() if closers else end
            if end - start < LONG_SENTENCE and _depth(text, start, end):
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


def whole_sentences(text: str, start: int, end: int) -> Span:
    """Return ``[start, end)`` widened to the sentences that it touches."""
    held = [b for b in sentences(text) if b[0] < end and b[1] > start]
    return (held[0][0], held[-1][1]) if held else (start, end)


def _is_soft(text: str, at: int) -> bool:
    """Whether the line break at ``at`` stands for a space in running Latin text."""
    if not _SOFT_BREAK.match(text, at):
        return False
    return at - (text.rfind("\n", 0, at) + 1) >= SOFT_FROM


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start > LONG_SENTENCE:
        depth, seen = 0, start  # of brackets and quotation marks open before what is not yet seen
        for match in _CLAUSE.finditer(text, start, end):
            depth, seen = _depth(text, seen, match.end(), depth), match.end()
            if match.end() - start >= 20 and not depth:
                yield start, match.end()
                start = match.end()
    yield start, end


def _depth(text: str, start: int, end: int, depth: int = 0) -> int:
    """How many brackets and quotation marks are open at ``end``, of ``depth`` at ``start``."""
    for match in _BRACKET.finditer(text, start, end):
        depth = depth + 1 if match[0] in _OPEN else max(0, depth - 1)
    return depth


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long a passage is, and how much of it the next one repeats."""

    tokens: int = 128
    """At most, unless one sentence alone is longer."""
    overlap: int = 0
    """Sentences of a passage that the next one begins with."""


def split(
    document: Document,
    blocks: Iterable[Block],
    *,
    sizes: Sizes,
    count_tokens: Callable[[Sequence[str]], list[int]],
) -> list[Passage]:
    """Pack the sentences of neighbouring blocks of one class into passages.

    A passage never runs over a heading. Rows of a table go together by as many as fit, each group
    under the table's header. Blocks that are not searched (credits, boilerplate) become passages
    too, one each: nothing of a document is thrown away.

    Args:
        document: The blocks' document.
        blocks: In order.
        sizes: How long passages are.
        count_tokens: Tokens of each of some texts, by the embedding model.
    """
    packer = _Packer(document, sizes, count_tokens)
    for block in blocks:
        packer.take(block)
    return packer.finish()


def passage_id(document: Document, spans: Spans, kind: Kind, ordinal: int) -> str:
    """Return the id of a passage: the same as long as it is made of the same characters."""
    shape = f"{document.sha256} {spans} {kind}"
    return f"{document.id}@{hashlib.sha256(shape.encode()).hexdigest()[:8]}#{ordinal:04d}"


class _Packer:
    """Fills one passage after the other."""

    def __init__(
        self,
        document: Document,
        sizes: Sizes,
        count_tokens: Callable[[Sequence[str]], list[int]],
    ) -> None:
        self._document = document
        self._sizes = sizes
        self._count = count_tokens
        self._empty = count_tokens([""])[0]  # prefix and special tokens
        self._passages: list[Passage] = []
        self._kind: Kind = "body"
        self._pieces: list[tuple[Excerpt, int]] = []
        """What the passage holds so far, with its tokens."""
        self._fresh = False
        """Whether it holds anything that the one before does not."""
        self._headings: list[Excerpt] = []
        """Headings that wait for the text below them."""
        self._waiting = 0
        """Characters of them."""
        self._above: list[tuple[int, str]] = []
        """Levels and words of the headings above the next text."""
        self._header: Excerpt | None = None
        self._names: tuple[Excerpt, int] | None = None
        """The last table's header with its tokens."""
        self._sentences: list[tuple[int, Spans]] = []
        """Where each body sentence begins, and its spans: what footnotes are tied to."""
        self._breaks = [(m.start, int(m.value)) for m in document.marks if m.role == "page"]
        """Where each page begins."""
        self._tied: Spans = ()
        """The sentence that the footnote at hand belongs to; who wrote the comment at hand."""

    def take(self, block: Block) -> None:
        """Add one block."""
        if block.kind not in SEARCHED:
            self._flush()
            self._emit([block.excerpt], block.kind)
        elif block.heading:
            self._take_heading(block)
        elif block.kind in {"reference", "comment"}:
            self._flush()
            self._open(block)
            self._tied = self._anchor(block) or _author(block)
            for piece in self._sentences_of(block):
                self._add(*piece)
            self._flush()
            self._tied = ()
        else:
            if block.kind != self._kind or block.header != self._header or self._headings:
                self._flush()
            self._open(block)
            if block.header and len(block.excerpt.text) <= WHOLE:
                self._add(block.excerpt, self._tokens(block.excerpt))
            else:
                for piece in self._sentences_of(block):
                    self._sentences.append((piece[0].spans[0][0], piece[0].spans))
                    self._add(*piece)

    def _take_heading(self, block: Block) -> None:
        self._flush()
        if self._waiting + len(block.excerpt.text) > WHOLE:
            self._emit_headings()
        self._headings.append(block.excerpt)
        self._waiting += len(block.excerpt.text)
        words = " ".join(block.excerpt.text[: 2 * LONGEST_HEADING].split())[:LONGEST_HEADING]
        self._above = [(n, t) for n, t in self._above if n < block.level]
        self._above.append((block.level, words))

    def _emit_headings(self) -> None:
        """Make a passage of the headings that wait, where no text below them takes them along."""
        if self._headings:
            self._emit(self._headings, "body")
        self._headings, self._waiting = [], 0

    def finish(self) -> list[Passage]:
        """Return all passages."""
        self._flush()
        self._emit_headings()
        return self._passages

    def _open(self, block: Block) -> None:
        """Begin with the headings that wait, and with a table's header."""
        self._kind = block.kind
        if not self._pieces:
            if block.kind == "body":
                self._pieces = [(h, self._tokens(h)) for h in self._headings]
                self._headings, self._waiting = [], 0
            self._pieces += self._repeated(block.header)
        self._header = block.header

    def _add(self, piece: Excerpt, tokens: int) -> None:
        used = self._empty + sum(t + 1 for _, t in self._pieces)
        if self._fresh and used + tokens > self._sizes.tokens:
            repeated = self._pieces[-self._sizes.overlap :] if self._sizes.overlap else []
            header = self._header
            self._flush()
            self._header = header
            self._pieces = self._repeated(header) if header else repeated
        self._pieces.append((piece, tokens))
        self._fresh = True

    def _sentences_of(self, block: Block) -> Iterator[tuple[Excerpt, int]]:
        excerpt = block.excerpt
        pieces = [excerpt.cut(s, e) for s, e in sentences(excerpt.text)]
        counts = self._count([p.text for p in pieces])
        for piece, count in zip(pieces, counts, strict=True):
            tokens = count - self._empty
            if tokens <= self._sizes.tokens:
                yield piece, tokens
            else:
                for part in _parts(piece, tokens // self._sizes.tokens + 1):
                    yield part, self._tokens(part)

    def _repeated(self, header: Excerpt | None) -> list[tuple[Excerpt, int]]:
        """The header that each passage of a table begins with, and its tokens."""
        if header is None or len(header.text) > WHOLE:
            return []
        if self._names is None or self._names[0] is not header:
            self._names = header, self._tokens(header)
        return [self._names]

    def _tokens(self, excerpt: Excerpt) -> int:
        return self._count([excerpt.text])[0] - self._empty

    def _anchor(self, block: Block) -> Spans:
        """Spans of the sentence in which a footnote's mark stands."""
        if block.anchor is None:
            return ()
        index = bisect_left(self._sentences, (block.anchor,)) - 1
        return self._sentences[index][1] if index >= 0 else ()

    def _flush(self) -> None:
        if self._fresh:
            self._emit([excerpt for excerpt, _ in self._pieces], self._kind)
        self._pieces = []
        self._fresh = False
        self._header = None

    def _emit(self, pieces: Sequence[Excerpt], kind: Kind) -> None:
        document = self._document
        whole = _join(document.text, pieces)
        if not whole.spans:
            return
        ordinal = len(self._passages)
        self._passages.append(
            Passage(
                id=passage_id(document, whole.spans, kind, ordinal),
                document_id=document.id,
                ordinal=ordinal,
                spans=whole.spans,
                text=whole.text,
                kind=kind,
                section=tuple(words for _, words in self._above if words != document.title),
                pages=self._pages_of(whole.spans),
                anchor=self._tied,
            )
        )

    def _pages_of(self, spans: Spans) -> tuple[int, ...]:
        """The page on which each span begins."""
        if not self._breaks:
            return ()
        places = (bisect_right(self._breaks, start, key=lambda b: b[0]) for start, _ in spans)
        return tuple(self._breaks[max(0, place - 1)][1] for place in places)


def is_authors_name(line: str) -> bool:
    """Whether the line above a comment names who wrote it."""
    return 0 < len(line) <= LONGEST_NAME and not _NO_NAME.search(line)


def _author(block: Block) -> Spans:
    """Spans of the line above a comment too long for one line that names who wrote it."""
    first = block.excerpt.text.partition("\n")[0]
    long = block.kind == "comment" and len(block.excerpt.text) > LONGEST_NAME
    if not (long and is_authors_name(first)):
        return ()
    return block.excerpt.cut(0, len(first)).strip().spans


def _parts(piece: Excerpt, count: int) -> Iterator[Excerpt]:
    """Cut a sentence that is too long into about ``count`` parts, after a comma or space if any."""
    text = piece.text
    size = max(1, len(text) // count)
    start = 0
    while start < len(text):
        end = start + size
        if end < len(text):
            found = [m.end() for m in _PAUSE.finditer(text, start + size // 2, end)]
            end = found[-1] if found else end
        yield piece.cut(start, end).strip()
        start = end


def _join(text: str, pieces: Sequence[Excerpt]) -> Excerpt:
    """Join excerpts; white space between them in the document stays, as one character."""
    parts = [pieces[0]]
    end = pieces[0].spans[-1][1] if pieces[0].spans else 0
    for piece in pieces[1:]:
        if not piece.spans:
            continue
        gap = _GAP.search(text, end, max(end, piece.spans[0][0]))
        if gap:
            parts.append(Excerpt.of(text, [gap.span()]))
        parts.append(piece)
        end = piece.spans[-1][1]
    return Excerpt.joined(parts)
