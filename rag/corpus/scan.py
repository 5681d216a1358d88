"""Which documents mention something, and with which words: of all that the index finds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rag.compose import cite
from rag.corpus.phrase import Phrase, compact, day_without_year, meanings_of, words_of
from rag.excerpt import Excerpt
from rag.fold import fold
from rag.model import Filters, Hit, Within
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rag.model import Citation, Document, Passage
    from rag.names import Names
    from rag.question.pile import Topic
    from vectorstore.ledger import Ledger
    from vectorstore.lexical import LexicalIndex

Doubt: TypeAlias = Literal["", "inside", "apart", "spread", "title", "year", "meaning"]
"""Empty: it is certain. Else only within other words, its words not together, its parts not in one
passage, only in the title, a day without its year in a document of that year, the dictionary's
word for it."""
_APART = "␞"
NO_DATE = "9999"
"""After all dates."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One document that mentions a topic, with the first words that do."""

    hit: Hit
    """The passage."""
    excerpt: Excerpt
    """What of it is cited."""
    doubt: Doubt = ""
    also: tuple[Document, ...] = ()
    """Cards of near-duplicates that mention it too; counted with this one."""

    @property
    def citation(self) -> Citation:
        """The words, as any answer cites them."""
        return cite(self, 0)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What was found, by date, the earliest first and the undated last."""

    topic: str
    searched: int
    """Documents that were searched."""
    certain: tuple[Mention, ...]
    doubtful: tuple[Mention, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "topic": self.topic,
            "searched": self.searched,
            **{
                name: [
                    {**asdict(m.citation), "doubt": m.doubt, "also": [d.id for d in m.also]}
                    for m in found
                ]
                for name, found in (("certain", self.certain), ("doubtful", self.doubtful))
            },
        }


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where is looked."""

    ledger: Ledger
    lexical: LexicalIndex
    names: Names


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document mentions a topic."""

    passage: Passage
    excerpt: Excerpt
    doubt: Doubt = ""


_Either: TypeAlias = "tuple[Phrase, ...]"
"""Any of these will do."""


def scan(shelves: Shelves, topic: Topic, filters: Filters | None = None) -> Mentions:
    """Return every document that mentions ``topic``; near-duplicates once.

    A document is certain where all that is wanted stands in one of its passages, word for word.

    Args:
        shelves: Where to look.
        topic: What documents are to mention.
        filters: Which documents and classes of passages count.
    """
    within = _within(shelves, filters)
    documents = within.documents
    searched = shelves.ledger.count_documents() if documents is None else len(documents)
    if not topic.wanted or not searched:
        return Mentions(topic.text, searched, (), ())
    places = _places(shelves, topic, within)
    for word in topic.without:
        for id in passages_with(shelves, (Phrase.of(word, shelves.names),), within):
            places.pop(id, None)
    found = list(_by_story(places, shelves.ledger.cards(sorted(places))))
    return Mentions(
        topic.text,
        searched,
        tuple(m for m in found if not m.doubt),
        tuple(m for m in found if m.doubt),
    )


def mentioning(
    shelves: Shelves, topic: Topic, filters: Filters | None, tells: Callable[[str], bool]
) -> Iterator[Mention]:
    """Yield every sentence that mentions all of ``topic`` and ``tells`` of it, by document."""
    wanted = _phrases(shelves, topic)
    held = [passages_with(shelves, either, _within(shelves, filters)) for either in wanted]
    documents = sorted(set.intersection(*map(set, held))) if held else []
    cards = shelves.ledger.cards(documents)
    for id in documents:
        for passage in held[0][id]:
            whole = Excerpt(passage.spans, passage.text)
            for start, end in sentences(passage.text):
                text = passage.text[start:end]
                if tells(text) and all(
                    any(p.stands_alone_in(text) for p in either) for either in wanted
                ):
                    yield Mention(Hit.of(passage, cards[id]), whole.cut(start, end))


def _within(shelves: Shelves, filters: Filters | None) -> Within:
    filters = filters or Filters()
    documents = shelves.ledger.document_ids(filters, shelves.names.same)
    return Within(
        None if documents is None else frozenset(documents), frozenset(filters.kinds) or None
    )


def _phrases(shelves: Shelves, topic: Topic) -> list[_Either]:
    return [tuple(Phrase.of(w, shelves.names) for w in either) for either in topic.wanted]


def _places(shelves: Shelves, topic: Topic, within: Within) -> dict[str, _Place]:
    """The best place of each document that mentions the topic, by id."""
    wanted = _phrases(shelves, topic)
    held = [passages_with(shelves, either, within) for either in wanted]
    found: dict[str, _Place] = {}
    for id in set.intersection(*map(set, held)):
        found[id] = _together(wanted, [h[id] for h in held]) or _spread(
            wanted, [h[id] for h in held]
        )
    for id in _titled(shelves, wanted, within) - found.keys():
        for passage in shelves.ledger.passages_of(id)[:1]:
            found[id] = _Place(passage, _opening(passage), "title")
    for doubt, looser, year in _looser(topic):
        each = _phrases(shelves, looser)
        where = _of_year(shelves, within, year) if year else within
        held = [passages_with(shelves, either, where, beside=found) for either in each]
        for id in set.intersection(*map(set, held)):
            place = _together(each, [h[id] for h in held])
            if place and not place.doubt:
                found[id] = replace(place, doubt=doubt)
    return found


def _looser(topic: Topic) -> Iterator[tuple[Doubt, Topic, str]]:
    """What a document may hold instead that is in doubt, and of which year it must be."""
    by_words = parted(topic)
    if by_words != topic:
        yield "apart", by_words, ""
    if len(topic.wanted) == len(topic.wanted[0]) == 1:
        year, without = day_without_year(topic.wanted[0][0])
        if year:
            yield "year", replace(topic, wanted=((without,),)), year
        meanings = meanings_of(topic.wanted[0][0])
        if meanings:
            yield "meaning", replace(topic, wanted=meanings), ""


def parted(topic: Topic) -> Topic:
    """Return a topic with its phrases cut into their words, of which all are wanted."""
    wanted: list[tuple[str, ...]] = []
    for either in topic.wanted:
        wanted += [(w,) for w in words_of(either[0])] if len(either) == 1 else [either]
    return replace(topic, wanted=tuple(wanted))


def _titled(shelves: Shelves, wanted: Sequence[_Either], within: Within) -> set[str]:
    """Documents whose titles hold all: a title may stand nowhere in the text."""
    titles = [(id, t) for id, t in shelves.ledger.titles() if _allowed(id, within)]
    folded = compact(fold(_APART.join(t.replace(_APART, " ") for _, t in titles)))
    ends = [m.start() for m in re.finditer(_APART, folded)]
    held = [
        {titles[bisect_left(ends, m.start())][0] for p in either for m in p.plain.finditer(folded)}
        for either in wanted
    ]
    return set.intersection(*held)


def _allowed(id: str, within: Within) -> bool:
    return not within.kinds and (within.documents is None or id in within.documents)


def _opening(passage: Passage) -> Excerpt:
    whole = Excerpt(passage.spans, passage.text)
    return next((whole.cut(*place) for place in sentences(passage.text)), whole)


def _of_year(shelves: Shelves, within: Within, year: str) -> Within:
    """Narrow to documents that were published in a year."""
    ids = shelves.ledger.document_ids(Filters(since=year, until=year), shelves.names.same) or ()
    known = frozenset(ids) if within.documents is None else within.documents & frozenset(ids)
    return replace(within, documents=known)


def passages_with(
    shelves: Shelves,
    either: _Either,
    within: Within,
    *,
    beside: Iterable[str] = (),
) -> dict[str, list[Passage]]:
    """Return the passages that hold one of some phrases, in order, by document.

    Args:
        shelves: Where to look.
        either: The phrases.
        within: In which documents and classes.
        beside: Documents that are left out.
    """
    ids = {id for p in either for id in shelves.lexical.holding(p.needs, within=within)}
    out: dict[str, list[Passage]] = defaultdict(list)
    known = set(beside)
    passages = shelves.ledger.passages(sorted(ids))
    for passage in sorted(passages, key=lambda p: (p.document_id, p.ordinal)):
        if passage.document_id not in known and any(p.stands_in(passage.text) for p in either):
            out[passage.document_id].append(passage)
    return dict(out)


def _together(wanted: Sequence[_Either], held: Sequence[list[Passage]]) -> _Place | None:
    """The first passage that holds all, each for itself if there is one that does."""
    doubtful: _Place | None = None
    in_all = set.intersection(*({p.id for p in passages} for passages in held))
    for passage in held[0]:
        if passage.id not in in_all:
            continue
        places = [sentence_with(passage, either) for either in wanted]
        doubt: Doubt = "" if all(whole for _, whole in places) else "inside"
        place = _Place(passage, _joined(excerpt for excerpt, _ in places), doubt)
        if not doubt:
            return place
        doubtful = doubtful or place
    return doubtful


def _spread(wanted: Sequence[_Either], held: Sequence[list[Passage]]) -> _Place:
    """The first sentence with each of what only the whole document holds."""
    parts = [sentence_with(passages[0], e)[0] for e, passages in zip(wanted, held, strict=True)]
    return _Place(held[0][0], _joined(parts), "spread")


def sentence_with(passage: Passage, either: _Either) -> tuple[Excerpt, bool]:
    """Return the first sentence that holds a phrase, and whether as words of its own."""
    whole = Excerpt(passage.spans, passage.text)
    first: Excerpt | None = None
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        if any(p.stands_in(text) for p in either):
            if any(p.stands_alone_in(text) for p in either):
                return whole.cut(start, end), True
            first = first or whole.cut(start, end)
    return first or whole, False


def _joined(parts: Iterable[Excerpt]) -> Excerpt:
    """Sentences of one document, each once, in its order."""
    return Excerpt.joined(sorted(dict.fromkeys(parts), key=lambda e: e.spans))


def _by_story(places: Mapping[str, _Place], cards: Mapping[str, Document]) -> Iterator[Mention]:
    """One mention for each story, by date."""
    stories: dict[str, list[Document]] = defaultdict(list)
    for card in sorted(cards.values(), key=lambda d: (d.published or NO_DATE, d.id)):
        stories[card.near or card.id].append(card)
    told = [sorted(story, key=lambda d: bool(places[d.id].doubt)) for story in stories.values()]
    for first, *others in sorted(told, key=lambda s: (s[0].published or NO_DATE, s[0].id)):
        place = places[first.id]
        yield Mention(Hit.of(place.passage, first), place.excerpt, place.doubt, tuple(others))
