"""Speakers: who said what. A quotation is not to be put into another's mouth."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checks.reading import Fault, Known, country_of, read
from rag.checks.roles import subject_of
from rag.glossary import chinese_alternatives
from rag.sounds import heard
from rag.tables import named_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.checks.reading import Clause, Comparison
    from rag.names import Names

_PRONOUN = re.compile(
    r"^(?:他|她|其|他们|她们|该报|报道|报导|文章|知情人士|(?:.{2,4})?两党|双方|各方|作者|本文|文中|报告"
    r"|(?:该|此|这位|这名|这个)?(?:网友|用户|发帖人|发帖者|帖子|帖文|论文|研究|作者|文章|报道|报导|该文|此文|帖中)(?:说|称|认为|的说法)?$"
    r"|在(?:网友|用户|发帖人|發帖人|作者)看来|按(?:该|此)?(?:报告|报道|文章)的说法"
    r"|(?:he|she|they|it)\b|the (?:article|author|report|text|piece|paper)\b)"
)
_OPENS = ("“", '"', "「")
_CLOSES = ("”", "」")
_LEAD = re.compile(
    r"^(?:[的了也都则还并但未不没有再次曾又尚据而故或才,\s]+|根据|不过|另据|对此|随后|会后"
    r"|according to|and|but)+"
)
# 赫格塞思在与董军通话时表态: who says it stands before the preposition.
_PREPOSITION = re.compile(
    r"(?<=.)(?:在(?!野)|向|对|就(?!业)|与|同(?!济)|接受|长期|一直|多次|再次|(?<!代)也|则|还|\d|首次|早|最早|凌晨|没有|不(?!丹)|未|尚|仍|曾|周[一二三四五六日]|于|拒绝|拒不|要求|并|随即)"
)
_TIME = re.compile(
    r"当[天日晚年时]|\d+(?:[.:]\d+)?(?:年|月份?|日|时)?|[年月]|日(?![本方媒报军元圆经裔籍语文])|周[一二三四五六日]|北京时间|美东时间|当地时间|今天|昨[天日]|[早晚]近?"
)


_FOLLOWED = frozenset(("according",))
_HOW = re.compile(
    r"(?:发表|发布|发出)?(?:书面)?(?:声明|公告|通告|通报|讲话|社论|评论|文章|发文)$|(?:提出|补充|回忆)$"
)
"""How it is said, at the end of who says it."""
_NOT_SAID = re.compile(r"(?:为了?|旨在|用[以来于]|被(?:正式|公开|普遍|一致|广泛)?)$")
"""What stands before a word of speech that is none: 为表示哀悼, 被认为是."""
_WHEN = re.compile(r"[中时上后里内前]$")
_NO_NAME = re.compile(r"可以|应该|应当|值得|换句话|也就是|话|在|于|对|向|就|长期|再次|多次|接受")


@dataclass(frozen=True, slots=True)
class Saying:
    """That somebody says something."""

    speaker: str
    """As the clause calls him, folded; empty where it does not."""
    content: str
    """What follows in the same clause."""
    report: bool
    """Whether a paper passes on what others say."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a clause gives its source's words to somebody else."""
    said = [s for s in _of(it.claim, it.clause) if s and not _PRONOUN.match(s)]
    if not said or is_opening(it.clause):
        return
    speaker = said[-1]
    there = _of(it.sources, it.source)
    named = [other for other in there if other and not _PRONOUN.match(other)]
    if not named:
        named = _spoke_last(it)
    if any(_same(speaker, other, it.clause.names) for other in named):
        return
    if named:
        yield Fault("contradicted", f"said by {named[-1]}, not by {speaker}")
        return
    if it.clause.english and any(
        _same(speaker, one.speaker, it.clause.names) for c in it.sources for one in sayings_of(c)
    ):
        return
    known = f"{it.before.text}\n{it.source.leads}\n{it.source.text}\n{it.cards}"
    tail = _tail(speaker, it.clause.names)
    if not any(Known(known).holds(form) for form in _forms(tail, it.clause)):
        yield Fault("unsupported", f"the source does not say that {speaker} said it")


def _spoke_last(it: Comparison) -> list[str]:
    """Who spoke last before the source's clause: in the quote, else in the sentence before."""
    at = next(i for i, clause in enumerate(it.sources) if clause is it.source)
    same = [c for c in it.sources[: at + 1] if c.sentence[0] == it.source.sentence[0]]
    for clauses in (same, read(it.before.text, it.clause.names)):
        spoken = [s.speaker for clause in clauses for s in sayings_of(clause)]
        named = [speaker for speaker in spoken if speaker and not _PRONOUN.match(speaker)]
        if named:
            return named[-1:]
    return []


def _of(clauses: Sequence[Clause], wanted: Clause) -> list[str]:
    """Who says a clause: by itself, by what comes before it, or after a quotation."""
    current: list[Saying] = []
    given: dict[int, list[Saying]] = {}
    quoted: list[Clause] = []
    sentence = None
    for clause in clauses:
        if clause.sentence != sentence:
            same_text = sentence is not None and clause.sentence[0] == sentence[0]
            sentence = clause.sentence
            if not (same_text and clause.written.startswith((*_OPENS, *_CLOSES))):
                current, quoted = [], []
        if clause.written.startswith(_OPENS):
            quoted = []
        found = list(sayings_of(clause))
        if not current or _NO_NAME.match(clause.text):
            found = [s if s.speaker else replace(s, speaker=_led(clause)) for s in found]
        found = [s for s in found if s.speaker]
        after = clause.written.startswith(_CLOSES) or bool(
            quoted
            and (quoted[-1].written.endswith(_CLOSES) or clause.english)
            and is_opening(clause)
        )
        if found and after and not given.get(id(quoted[-1]) if quoted else 0):
            for one in (q for q in quoted if not given.get(id(q))):
                given[id(one)] = [*given.get(id(one), []), *found]
            current = found
        elif found:
            # 彭博社报道，川普表示: both say it; 甲表示…，乙表示…: the last one does.
            current = [*(s for s in current if s.report), *found]
        quoted.append(clause)
        given[id(clause)] = [*given.get(id(clause), []), *current]
    return [saying.speaker for saying in given.get(id(wanted), [])]


def _led(clause: Clause) -> str:
    """Who speaks where the clause itself does not say: …部长雷蒙多，在出席听证会时表示."""
    before = clause.leads.rstrip(",").rsplit(",", 1)[-1]
    names = [forms[0] for _, _, forms in clause.names.find(before) if forms[0] not in country_of()]
    if names or not before:
        return names[0] if names else ""
    return subject_of(read(before, clause.names)[-1]).phrase if read(before, clause.names) else ""


LONGEST_OPENING = 60
"""Characters."""


def is_opening(clause: Clause) -> bool:
    """Whether a clause only tells who says what follows."""
    found = sayings_of(clause)
    if not found or len(clause.text) > LONGEST_OPENING:
        return False
    return not found[-1].content or (clause.english and len(found[-1].content.split()) < 2)


@lru_cache(maxsize=256)
def sayings_of(clause: Clause) -> tuple[Saying, ...]:
    """Return who says something in a clause, in order."""
    kinds = named_words("verify_speech.txt")
    out: list[Saying] = []
    begin = at = 0
    for token in clause.tokens:
        place = clause.text.find(token, at)
        if place < 0:
            continue
        at = place + len(token)
        tells = token in kinds["say"] or token in kinds["report"]
        follows = (
            token in _FOLLOWED
        )  # who it is stands after it, and names are checked by themselves
        if tells and not follows and not clause.text[at:].startswith("的"):
            out.append(
                Saying(
                    _who(clause.text[begin:place]),
                    clause.text[at:].strip(),
                    token in kinds["report"],
                )
            )
            begin = at
    return tuple(out)


def _who(phrase: str) -> str:
    if _NOT_SAID.search(phrase):
        return ""
    phrase = _LEAD.sub("", _TIME.sub("", _LEAD.sub("", phrase.strip())))
    after = phrase.rsplit("的", 1)[-1]
    if not _WHEN.search(after):
        phrase = after
    if _NO_NAME.match(phrase):
        return ""
    cut = _PREPOSITION.search(phrase)
    phrase = phrase[: cut.start()] if cut else phrase
    phrase = _HOW.sub("", phrase)
    return _LEAD.sub("", phrase).strip(" ,。()")


def _same(said: str, other: str, names: Names) -> bool:
    """Whether two phrases call the same: the name that ends the one stands in the other."""
    tail, end = _tail(said, names), _tail(other, names)
    if tail and (tail in other or (end and end in said)):
        countries = country_of()
        one, two = ({countries[c] for c in countries if c in text} for text in (said, other))
        return _is_person(tail, names) or not one or not two or bool(one & two)
    if other.isascii() and not said.isascii():
        return any(heard(word, said) for word in other.split() if len(word) > _SHORT)
    if not _LATIN.search(said):
        return False
    if not other.isascii() and not names.find(said):
        return True  # a name that no table knows cannot be compared across scripts
    words = chinese_alternatives(said, names)
    return any(form in other for _, forms in words for form in forms)


_LATIN = re.compile(r"[a-z]{2,}")
_SHORT = 3
"""Letters up to which a word has no sound that tells a name."""


def _is_person(word: str, names: Names) -> bool:
    return len(names.forms(word)) > 1 and word not in country_of()


def _forms(word: str, clause: Clause) -> tuple[str, ...]:
    return next((w.forms for w in clause.words if w.text == word), (word,))


def _tail(phrase: str, names: Names) -> str:
    """The end of a phrase, which names somebody: 孙韵 of 史汀生中心的孙韵."""
    found = [forms[0] for _, _, forms in names.find(phrase) if forms[0] not in country_of()]
    if found:
        return found[-1]
    phrase = phrase.rsplit("的", 1)[-1]
    if phrase.isascii():
        return phrase.split()[-1] if phrase.split() else ""
    return phrase[-3:]
