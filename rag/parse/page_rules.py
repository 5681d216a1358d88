"""What each block of a page is: article, or one of the things that stand around one.

Three witnesses are heard. Elements say by tag, role and class what they are; lines say it by
their words; and trafilatura, which has read many pages, says what it takes to be main text.
Its vote finds the container of the article. Within that everything is article that neither an
element nor a line gives away as something else; outside it little is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.parse import page_words as words
from rag.parse.page_forum import forum_posts
from rag.parse.page_words import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.model import Kind, Span
    from rag.parse.page_blocks import Block, Page, Region

_State: TypeAlias = Literal[
    "",
    "boilerplate",
    "comment",
    "comment tools",
    "comment name",
    "caption",
    "credit",
    "author",
    "reference",
]
_SPACE = re.compile(r"\s+")
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
    ]
)
_PARTS = (
    frozenset(
        [
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "li",
            "ul",
            "ol",
            "tr",
            "blockquote",
            "pre",
            "dd",
            "dt",
            "dl",
            "figure",
        ]
    )
    | _INLINE
)
_UNKEPT = 0.3
"""What a character counts that trafilatura left out, when the container is looked for."""
_MOST = 0.85
_SHORT_LINE = 160
_OF_A_BOX = 250
_FULLY_LINKED = 0.85


@dataclass(slots=True)
class Verdict:
    """What one block is, and where in it a commenter's name stands."""

    kind: Kind = "body"
    authors: list[Span] = field(default_factory=list)


def classify(page: Page, kept: Sequence[bool], title: str | None) -> list[Verdict]:
    """Tell of every block what it is.

    Args:
        page: The blocks and where they stand.
        kept: Of every block, whether trafilatura holds it to be main text.
        title: The page's title, which tells the article's heading from others.
    """
    return _Classifier(page, kept, title).verdicts()


class _Classifier:
    def __init__(self, page: Page, kept: Sequence[bool], title: str | None) -> None:
        self.blocks, self.regions = page.blocks, page.regions
        self.kept = kept
        self.heading = _title_block(self.blocks, title)
        self._prose = _sums(b.unlinked if is_prose(b) else 0 for b in self.blocks)
        self._length = _sums(len(b.text) for b in self.blocks)
        self.labels = self._labels(page)
        self.states = self._states()
        self.linked = [_is_link(block) for block in self.blocks]
        self.container = self._container()
        start = self.container.start
        weighty = (
            i
            for i in range(start, self.container.end)
            if self._weight(i) > 0 and words.SENTENCE_END.search(self.blocks[i].text)
        )
        self.first = next(weighty, start)
        """The first block of the article's prose."""

    def verdicts(self) -> list[Verdict]:
        if not self._has_main_text():
            return [Verdict(self._without_article(i)) for i in range(len(self.blocks))]
        verdicts = [Verdict(self._kind(i)) for i in range(len(self.blocks))]
        self._drop_related(verdicts)
        self._judge_headings(verdicts)
        self._find_comments_by_heading(verdicts)
        for i, verdict in enumerate(verdicts):
            if self._state(i).startswith("comment"):
                verdict.authors = self._authors(i)
        return verdicts

    # Labels: what elements say of themselves.

    def _labels(self, page: Page) -> list[Label]:
        labels = [words.label_of(region.element) for region in self.regions]
        for region in self.regions:
            # What stands around a form in a box of its own asks the reader for something.
            if region.element.tag == "form" and region.parent >= 0:
                box = self.regions[region.parent]
                if self._prose_of(box) < _OF_A_BOX and box.element.tag in ("div", "section"):
                    labels[region.parent] = labels[region.parent] or "boilerplate"
        self._label_by_headings(labels)
        for i in forum_posts(page, labels, self._prose_of):
            labels[i] = "comment"
        return [self._believed(i, label) for i, label in enumerate(labels)]

    def _label_by_headings(self, labels: list[Label]) -> None:
        """Below the headline, a box that begins with “Related” or “Comments” is what it says."""
        seen: set[int] = set()
        for i, region in enumerate(self.regions):
            at = region.start
            if at in seen or region.end <= at + 1 or not self._prose[at] or at <= self.heading:
                continue
            text = self.blocks[at].text
            seen.add(at)  # the outermost box that begins here comes first
            if words.COMMENTS_LINE.match(text):
                labels[i] = labels[i] or "comment"
            elif words.RELATED_LINE.match(text):
                labels[i] = labels[i] or "boilerplate"

    def _believed(self, i: int, label: Label) -> Label:
        """Names lie: a “sidebar-open” body, a “post-info” that holds the whole article."""
        region = self.regions[i]
        if not label or region.element.tag in ("html", "body"):
            return ""
        if label == "boilerplate" and region.element.tag == "footer":
            parent = region.element.getparent()
            if parent is not None and parent.tag == "blockquote":
                return ""
        if region.end - region.start > 1 and region.start <= self.heading < region.end:
            return ""
        prose, all_prose = self._prose_of(region), self._prose[-1]
        if label in ("credit", "caption", "author"):
            return "" if prose > 300 or prose > 0.5 * all_prose > 40 else label
        most = 0.999 if label == "comment" else 0.9
        return "" if prose > most * all_prose > 0 else label

    def _prose_of(self, region: Region) -> float:
        return self._prose[region.end] - self._prose[region.start]

    def _states(self) -> list[_State]:
        """Carry labels down the tree, a parent's before its children's."""
        states: list[_State] = []
        for region, label in zip(self.regions, self.labels, strict=True):
            above: _State = states[region.parent] if region.parent >= 0 else ""
            states.append(self._step(above, label, region))
        return states

    def _step(self, above: _State, label: Label, region: Region) -> _State:
        if above in ("comment", "comment tools"):
            return self._step_in_comments(above, label, region)
        if label == "comment" and above == "boilerplate":
            return "comment" if self._prose_of(region) >= 20 else above
        if above in ("boilerplate", "caption", "reference", "comment name"):
            return above
        if above in ("credit", "author") and label != "boilerplate":
            return "author" if label == "author" else above
        return label or above

    def _step_in_comments(self, above: _State, label: Label, region: Region) -> _State:
        length = self._length[region.end] - self._length[region.start]
        if region.end - region.start == 1 and region.element.text is not None:
            length = min(length, len(region.element.text_content().strip()))
        if length <= 40 and words.is_name(region.element) and not self._is_date(region):
            return "comment name"
        if label == "boilerplate" and (
            region.element.tag in ("form", "button", "select") or self._prose_of(region) < 8
        ):
            return "comment tools"
        if label in ("credit", "author") and length < 80:
            return "comment tools"
        return above if above == "comment tools" else "comment"

    @staticmethod
    def _is_date(region: Region) -> bool:
        return bool(words.COMMENT_UI.match(region.element.text_content().strip()))

    def _state(self, i: int) -> _State:
        return self.states[self.blocks[i].region]

    # The container of the article.

    def _weight(self, i: int) -> float:
        block = self.blocks[i]
        if self._state(i) or self.linked[i] or not is_prose(block) or _by_words(block):
            return 0.0
        return block.unlinked * (1.0 if self.kept[i] else _UNKEPT)

    def _container(self) -> Region:
        """The smallest element that holds nearly all prose that may be article."""
        weights = _sums(self._weight(i) for i in range(len(self.blocks)))
        children: dict[int, list[int]] = {}
        for i, region in enumerate(self.regions):
            children.setdefault(region.parent, []).append(i)
        at = 0
        while weights[-1]:
            heavy = (
                i
                for i in children.get(at, ())
                if weights[self.regions[i].end] - weights[self.regions[i].start]
                >= _MOST * weights[-1]
            )
            found = next(heavy, None)
            if found is None:
                break
            at = found
        while self.regions[at].element.tag in _PARTS and self.regions[at].parent >= 0:
            at = self.regions[at].parent
        return self.regions[at]

    def _has_main_text(self) -> bool:
        if any(self._weight(i) >= 15 * _UNKEPT for i in range(len(self.blocks))):
            return True
        linked = sum(b.linked for b in self.blocks)
        plain = [i for i, b in enumerate(self.blocks) if not self._state(i) and not _by_words(b)]
        return bool(plain) and linked < 0.5 * self._length[-1]

    def _without_article(self, i: int) -> Kind:
        state = self._state(i)
        return "comment" if state == "comment" and is_prose(self.blocks[i]) else "boilerplate"

    # Single blocks.

    def _kind(self, i: int) -> Kind:
        block, state = self.blocks[i], self._state(i)
        if state.startswith("comment"):
            return _kind_in_comments(block, state)
        if state and not self._is_sentence_of_info(i):
            byline = self.heading < i < self.container.start and self._is_credit(i)
            return "credit" if state == "boilerplate" and byline else _named_kind(block, state)
        if i == self.heading:
            return "body"
        if by_words := _by_words(block):
            return by_words
        if self.container.start <= i < self.container.end:
            return self._kind_inside(i)
        return self._kind_outside(i)

    def _kind_outside(self, i: int) -> Kind:
        if self._belongs(i):
            return "body"
        return "credit" if not self.linked[i] and self._is_of_headline(i) else "boilerplate"

    def _is_sentence_of_info(self, i: int) -> bool:
        """Whether a sentence of the article stands in an “info” or “source” box, as in manuals."""
        if self._state(i) != "credit" or not self.kept[i]:
            return False
        text = self.blocks[i].text
        inside = self.container.start <= i < self.container.end and i >= self.first
        return inside and len(text) >= 30 and bool(words.SENTENCE_END.search(text))

    def _is_credit(self, i: int) -> bool:
        """Whether words or the elements around say that a line is of the byline."""
        if words.CREDIT_LINE.match(self.blocks[i].text):
            return True
        region = self.blocks[i].region
        while region >= 0 and self.regions[region].end - self.regions[region].start == 1:
            if self.labels[region] in ("credit", "author"):
                return True
            region = self.regions[region].parent
        return False

    def _kind_inside(self, i: int) -> Kind:
        block = self.blocks[i]
        if i < self.heading and not (self.kept[i] and is_prose(block)):
            return "boilerplate"  # what stands above the headline leads elsewhere
        if self.linked[i] and not block.level and not self._is_linked_paragraph(i):
            return "boilerplate"
        if block.linked > 0.3 * len(block.text) and words.RELATED_PREFIX.match(block.text):
            return "boilerplate"
        return "credit" if self._is_of_headline(i) else "body"

    def _is_linked_paragraph(self, i: int) -> bool:
        """Whether a block that is all links is article nevertheless: a quote, a linked lede."""
        block = self.blocks[i]
        if _within(self.regions, block, "blockquote"):
            return True
        beside = self.linked[max(i - 1, 0) : i] + self.linked[i + 1 : i + 2]
        ends = words.SENTENCE_END.search(block.text)
        return self.kept[i] and bool(ends) and len(block.text) >= 40 and not any(beside)

    def _is_of_headline(self, i: int) -> bool:
        """Whether a short label stands between the headline and the first sentence."""
        block = self.blocks[i]
        tag = self.regions[block.region].element.tag
        if not 0 <= self.heading < i < self.first or block.level or block.table:
            return False
        short = len(block.text) < 80 and not words.SENTENCE_END.search(block.text)
        return short and tag in ("div", "span", "section", "address", "font", "td", "a")

    def _belongs(self, i: int) -> bool:
        """Whether a block outside the container is article: a standfirst, a last part."""
        block = self.blocks[i]
        if self.linked[i] or not is_prose(block) or block.linked > 0.5 * len(block.text):
            return False
        if self.heading < i < self.container.start and self.heading >= 0:
            return len(block.text) >= 15
        return self.kept[i] and len(block.text) >= 40

    # Runs of blocks.

    def _drop_related(self, verdicts: list[Verdict]) -> None:
        """Drop what stands under “related articles”, down to the end of its list."""
        for i, block in enumerate(self.blocks):
            if verdicts[i].kind != "body" or not words.RELATED_LINE.match(block.text):
                continue
            verdicts[i].kind = "boilerplate"
            for j in range(i + 1, len(self.blocks)):
                listed = self.linked[j] or self._is_item(j)
                if verdicts[j].kind not in ("body", "boilerplate") or not listed:
                    break
                verdicts[j].kind = "boilerplate"

    def _is_item(self, i: int) -> bool:
        region = self.regions[self.blocks[i].region]
        return region.element.tag == "li" and self.blocks[i].linked > 0

    def _judge_headings(self, verdicts: list[Verdict]) -> None:
        """Let a heading be what stands under it: article, or nothing but links."""
        filled = [False] * 7  # for each level, whether article stands below so far
        next_kind: Kind = "boilerplate"
        for i in reversed(range(len(self.blocks))):
            verdict, level = verdicts[i], self.blocks[i].level
            if i == self.heading:
                break
            if level:
                if verdict.kind == "body" and not filled[level]:
                    verdict.kind = "boilerplate"
                elif next_kind == "body" and not self._state(i) and not _by_words(self.blocks[i]):
                    verdict.kind = "body"
                filled[level:] = [False] * (7 - level)
            elif verdict.kind == "body":
                filled = [True] * 7
            next_kind = verdict.kind

    def _find_comments_by_heading(self, verdicts: list[Verdict]) -> None:
        """Below the article, “Comments” as a line of its own makes the rest of its box comments."""
        for i, block in enumerate(self.blocks):
            if not words.COMMENTS_LINE.match(block.text) or i < self.container.start:
                continue
            if self._state(i).startswith("comment"):
                continue
            verdicts[i].kind = "boilerplate"
            if i < self.container.end and not self._nearly_done(i):
                continue
            parent = self.regions[max(self.regions[block.region].parent, 0)]
            for j in range(i + 1, parent.end):
                if verdicts[j].kind == "body" or (
                    not self._state(j) and is_prose(self.blocks[j]) and not self.linked[j]
                ):
                    verdicts[j].kind = _kind_in_comments(self.blocks[j], "comment")

    def _nearly_done(self, i: int) -> bool:
        return i > self.heading >= 0 and self._prose[i] - self._prose[self.container.start] > 0

    def _authors(self, i: int) -> list[Span]:
        block = self.blocks[i]
        spans = [
            (inline.start, inline.end)
            for inline in block.inlines
            if inline.end - inline.start <= 40
            and inline.end - inline.start < len(block.text)
            and words.is_name(inline.element)
            and not words.COMMENT_UI.match(block.text[inline.start : inline.end])
        ]
        if spans or self._state(i) != "comment name":
            return _outermost(spans)
        by = words.BY.match(block.text)
        return [(by.end() if by else 0, len(block.text.rstrip(":： ")))]


def is_prose(block: Block) -> bool:
    """Whether a block reads like sentences rather than like a label."""
    return len(block.text) >= 8 and bool(words.PROSE.search(block.text))


def _sums(values: Iterable[float]) -> list[float]:
    return [0, *accumulate(values)]


def _outermost(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _title_block(blocks: Sequence[Block], title: str | None) -> int:
    """Index of the article's own heading; -1 where none can be told."""
    if title:
        wanted = _SPACE.sub("", title)
        for least in (1, 0):
            for i, block in enumerate(blocks):
                text = _SPACE.sub("", block.text)
                if len(text) >= 4 and block.level >= least and (text == wanted):
                    return i
        for i, block in enumerate(blocks):
            text = _SPACE.sub("", block.text)
            if block.level and len(text) >= 6 and (text in wanted or wanted in text):
                return i
    return next((i for i, block in enumerate(blocks) if block.level == 1), -1)


def _is_link(block: Block) -> bool:
    """Whether a block is nothing but links, dates and separators aside."""
    rest = re.sub(r"[\d\W_]+", "", block.text)
    return block.linked >= _FULLY_LINKED * len(block.text) > 0 or (
        block.linked > 0 and len(rest) - block.linked <= 2 and block.unlinked < 25
    )


def _within(regions: Sequence[Region], block: Block, tag: str) -> bool:
    region = block.region
    for _ in range(6):
        if region < 0:
            return False
        if regions[region].element.tag == tag:
            return True
        region = regions[region].parent
    return False


def _by_words(block: Block) -> Kind | None:
    """What a short line gives itself away as."""
    text = block.text
    if len(text) > _SHORT_LINE:
        return "boilerplate" if words.BOILERPLATE_LINE.match(text) and len(text) < 400 else None
    if block.table:
        return None
    if words.BOILERPLATE_LINE.search(text):
        return "boilerplate"
    if not block.level and words.CREDIT_LINE.match(text):
        return "credit"
    return "caption" if not block.level and words.CAPTION_LINE.search(text) else None


def _named_kind(block: Block, state: _State) -> Kind:
    """The class of a block within an element that names it."""
    if (
        state in ("credit", "author")
        and _is_link(block)
        and words.BOILERPLATE_LINE.search(block.text)
    ):
        return "boilerplate"
    if state in ("credit", "author", "caption", "reference"):
        by_words = words.BOILERPLATE_LINE.match(block.text) and len(block.text) < _SHORT_LINE
        kind: Kind = "caption" if state == "caption" else "credit"
        kind = "reference" if state == "reference" else kind
        return "boilerplate" if by_words and state != "reference" else kind
    return "boilerplate"


def _kind_in_comments(block: Block, state: _State) -> Kind:
    if state == "comment name":
        return "credit"
    if state == "comment tools" or words.COMMENT_UI.match(block.text):
        return "boilerplate"
    if words.COMMENTS_LINE.match(block.text) or block.level:
        return "boilerplate"
    if len(block.text) < 60 and words.BOILERPLATE_LINE.match(block.text):
        return "boilerplate"
    return "comment"
