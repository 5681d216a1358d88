"""What was found in all documents, as an answer: how many, then each with its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.cards import shortened
from rag.compose import Statement
from rag.model import COUNTED, QUOTED, Filters
from rag.untrusted import plain
from rag.wording import OVER_ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.corpus.scan import Mention, Mentions
    from rag.corpus.timeline import Happening
    from rag.fold import Script
    from rag.question.pile import Pile
    from rag.wording import OverAll

SHOWN = 200
"""Most documents that an answer lists; all of them are in ``Youju.mentions``."""
PROVED_BY = 10
"""Most citations of a count."""
LONGEST_TITLE = 40


@dataclass(frozen=True, slots=True)
class Told:
    """What is said; without statements, why there is nothing to say."""

    statements: tuple[Statement, ...]
    shown: tuple[Mention, ...] = ()
    silence: str = ""


def narrowed(filters: Filters | None, pile: Pile) -> Filters:
    """Return filters that let through only what was published when the question says."""
    filters = filters or Filters()
    since = max(filter(None, (filters.since, pile.since)), default=None)
    until = min(filter(None, (filters.until, pile.until)), default=None)
    return replace(filters, since=since, until=until)


def tell(found: Mentions, pile: Pile, script: Script) -> Told:
    """Return what is said of the documents that mention a topic."""
    words = OVER_ALL[script]
    if not (found.certain or found.doubtful):
        return Told((), silence=_counted(found, pile, words))
    certain, doubtful = _asked_for(found, pile)
    said = list(_counts(found, pile, words, certain))
    said += [_item(m, words) for m in certain]
    if doubtful:
        said.append(_count(words.doubtful.format(len(doubtful)), doubtful))
        said += [_item(m, words, words.doubts[m.doubt]) for m in doubtful]
    return Told(tuple(said), (*certain, *doubtful))


def tell_time(found: Sequence[Happening], searched: int, pile: Pile, script: Script) -> Told:
    """Return what documents date of a topic, as a list by date."""
    words = OVER_ALL[script]
    shown = found[:SHOWN]
    topic = words.quoted.format(pile.topic.text)
    if not shown:
        return Told((), silence=words.no_dates.format(topic=topic, searched=f"{searched:,}"))
    head = words.dates.format(topic=topic, searched=f"{searched:,}", found=len(found))
    if len(found) > SHOWN:
        head += words.only.format(SHOWN)
    mentions = tuple(h.mention for h in shown)
    items = [
        replace(_item(h.mention, words), lead=words.happened.format(h.date, _title(h.mention)))
        for h in shown
    ]
    return Told((_count(head, mentions), *items), mentions)


def _asked_for(found: Mentions, pile: Pile) -> tuple[Sequence[Mention], Sequence[Mention]]:
    """The certain and the doubtful that are listed.

    Of the first, or the latest, those of that day; doubtful ones only where they would come first.
    """
    if pile.asks not in {"first", "latest"}:
        return found.certain[:SHOWN], found.doubtful[: SHOWN - len(found.certain[:SHOWN])]
    end = 0 if pile.asks == "first" else -1
    certain, doubtful = ([m for m in ms if _sure(m)] for ms in (found.certain, found.doubtful))
    if not certain and not doubtful:
        return found.certain[:SHOWN], found.doubtful[:SHOWN]
    best, rival = (ms[end].hit.published or "" if ms else "" for ms in (certain, doubtful))
    if best and not (rival < best if pile.asks == "first" else rival > best):
        rival = ""
    return [m for m in certain if m.hit.published == best], [
        m for m in doubtful if m.hit.published == rival
    ]


def _sure(mention: Mention) -> bool:
    """Whether its date was read, rather than worked out."""
    return bool(mention.hit.published) and not mention.hit.inferred


def _counted(found: Mentions, pile: Pile, words: OverAll) -> str:
    scope = words.scope.format(pile.time) if pile.time else ""
    none = words.none_certain if found.doubtful else words.none
    form = words.counted if found.certain else none
    said = form.format(
        scope=scope,
        searched=f"{found.searched:,}",
        found=f"{len(found.certain):,}",
        topic=words.quoted.format(found.topic),
    )
    return (
        said
        + (words.also_doubtful.format(len(found.doubtful)) if found.doubtful else "")
        + words.stop
    )


def _counts(
    found: Mentions, pile: Pile, words: OverAll, shown: Sequence[Mention]
) -> Iterator[Statement]:
    said = _counted(found, pile, words)
    both = (*found.certain, *found.doubtful)
    if pile.asks in {"first", "latest"}:
        unsure = sum(not _sure(m) for m in both)
        if unsure:
            said += words.unsure.format(unsure)
        if shown and _sure(shown[0]):
            said += words.first if pile.asks == "first" else words.latest
    elif len(both) > SHOWN:
        said += words.only.format(SHOWN)
    yield _count(said, found.certain or found.doubtful)


def _count(text: str, proof: Sequence[Mention]) -> Statement:
    return Statement(text, "supported", COUNTED, tuple(proof[:PROVED_BY]), layout="paragraph")


def _item(mention: Mention, words: OverAll, doubt: str = "") -> Statement:
    hit = mention.hit
    date = (hit.published and (words.about if hit.inferred else "{}").format(hit.published)) or (
        words.undated
    )
    also = ""
    if mention.also:
        titles = words.list_join.join(words.title.format(_shown(d.title)) for d in mention.also)
        also = words.copies.format(len(mention.also), titles)
    return Statement(
        text=mention.excerpt.text,
        support="quoted",
        reason=QUOTED,
        sources=(mention,),
        lead=words.item.format(date, _title(mention), f"{also}{doubt}"),
        layout="item",
    )


def _title(mention: Mention) -> str:
    return _shown(mention.hit.title)


def _shown(title: str) -> str:
    """A title in one line, short, without the links and markup that a document may put there."""
    return shortened(plain(title).strip("《》 "), LONGEST_TITLE)
