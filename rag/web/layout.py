"""The paragraphs, lists, tables and headings that an answer's sentences make up."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag.model import Layout, Sentence

    Shown: TypeAlias = Callable[[Sentence], str]


@dataclass(frozen=True, slots=True)
class Block:
    """Sentences of one paragraph, list, table or heading."""

    layout: Layout
    lines: tuple[tuple[Sentence, ...], ...]
    """The sentences of each list item; a row each; else one line."""


def blocks(sentences: Iterable[Sentence]) -> Iterator[Block]:
    """Group sentences by how they are laid out."""
    layout: Layout = "paragraph"
    lines: list[list[Sentence]] = []
    for sentence in sentences:
        if not sentence.layout and lines and layout != "heading":
            lines[-1].append(sentence)
        elif lines and sentence.layout == layout and layout in {"item", "row"}:
            lines.append([sentence])
        else:
            if lines:
                yield Block(layout, tuple(map(tuple, lines)))
            layout, lines = sentence.layout or "paragraph", [[sentence]]
    if lines:
        yield Block(layout, tuple(map(tuple, lines)))


def as_html(block: Block, gap: str, shown: Shown, behind: Shown) -> str:
    """Return a block as HTML.

    Args:
        block: What to show.
        gap: Between two sentences.
        shown: A sentence with what stands behind it, escaped.
        behind: What stands behind a sentence alone: a row's text is cut into cells here.
    """
    lines = [gap.join(map(shown, line)) for line in block.lines]
    if block.layout == "item":
        return f'<ul class="said">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'
    if block.layout == "row":
        rows = [_row(line[0], "td" if n else "th", behind) for n, line in enumerate(block.lines)]
        return f'<table class="said"><tbody>{"".join(rows)}</tbody></table>'
    if block.layout == "heading":
        return f'<h4 class="said">{"".join(lines)}</h4>'
    return f'<p class="said">{"".join(lines)}</p>'


def _row(sentence: Sentence, cell: str, behind: Shown) -> str:
    cells = [escape(text.strip()) for text in sentence.text.split("|")]
    cells[-1] += behind(sentence)
    return "<tr>" + "".join(f"<{cell}>{text}</{cell}>" for text in cells) + "</tr>"
