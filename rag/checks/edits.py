"""Edits: where a claim leaves the words of its source, what it says instead.

A claim that copies its source but for one word says something else, whatever the word: 宋代沉船
and 明代沉船. Words that say the same, by the tables and the dictionary, are let through.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import jieba

from rag.checks.contrasts import opposed
from rag.checks.negation import NEGATORS
from rag.checks.reading import LIGHT, Fault, Known, country_of
from rag.checks.strangers import differ_in_ending, same_meaning
from rag.figures import NUMERALS, missing_figures
from rag.fold import STOP_WORDS
from rag.resources import word_list
from rag.stem import english_stem
from rag.tables import alike, named_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.checks.alignment import Change, Token
    from rag.checks.reading import Comparison

_WHERE = frozenset("上里中内下")
"""What may end a noun to tell where."""
LONGEST = 4
"""Words that may be put in place of others."""
_PRONOUN = re.compile(r"[他她它其这那该本此双]")
_NOUNS = ("n", "en", "name", "j")
_FREE = ("r", "u", "y", "m", "p", "c", "q", "x", "d")
"""Tags of words that carry little: pronouns, particles, figures (which others look at)."""
_AROUND, _AROUND_ENGLISH = 3, 2
"""Units that must be the same beside a change, in all: characters; words of English."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield the words that stand in the place of others."""
    if it.is_bare or it.clause.english != it.source.english:
        return
    for change in it.laid.changes:
        yield from _turned(it, change)
        yield from _swapped(it, change)
        yield from _of_more(it, change)
        yield from _turned_verb(it, change)
        yield from _another(it, change)
        yield from _by_another(it, change)
        yield from _done_to(it, change)
        yield from _moved(it, change)
    yield from _spliced(it)
    for new, old in it.laid.slips:
        if max(len(new), len(old)) <= LONGEST and opposed(new, old):
            yield Fault("contradicted", f"says {new} where the source says {old}")
            return


def _turned(it: Comparison, change: Change) -> Iterator[Fault]:
    """太早 where the source has 太晚."""
    if max(len(change.new), len(change.old)) > LONGEST:
        return
    for new in change.new:
        for old in change.old:
            if opposed(new.text, old.text) and not any(new.text in t.text for t in it.laid.source):
                yield Fault("contradicted", f"says {new.text} where the source says {old.text}")
                return


def _swapped(it: Comparison, change: Change) -> Iterator[Fault]:
    """远景动力向北辰汽车采购 where the source has 北辰汽车转向远景动力采购."""
    if _TURNS.search(it.clause.text) or any(_TURNS.search(c.text) for c in it.sentence):
        return
    english = it.clause.english
    one, other = (
        _written([t for t in tokens if _is_noun(t, english=english)], english=english)
        for tokens in (change.new, change.old)
    )
    elsewhere = [c for c in it.laid.changes if c is not change]
    here = [_written(c.new, english=english) for c in elsewhere]
    there = [_written(c.old, english=english) for c in elsewhere]
    if min(len(one), len(other)) < _SHORTEST:
        return
    end, other_end = (one.split()[-1], other.split()[-1]) if english else (one[-2:], other[-2:])
    if any(other_end in text for text in here) and any(end in text for text in there):
        yield Fault("contradicted", f"{one} and {other} change places")


_SHORTEST = 2
_TURNS = re.compile(r"被|由|遭|受到|获|\bby\b|\bfrom\b")


def _turned_verb(it: Comparison, change: Change) -> Iterator[Fault]:
    """宣布取消合并 where the source has 宣布合并: a verb put in that changes what another says."""
    whole = " ".join(t.text for t in it.laid.source)
    for token in change.new:
        word = english_stem(token.text) if token.text.isascii() else token.text
        if word not in _turners() or token.text in it.question or it.quotes.holds(token.text):
            continue
        if any(map(it.quotes.holds, alike(token.text))) or same_meaning(token.text, whole):
            continue
        if change.left + change.right >= (_AROUND_ENGLISH if it.clause.english else _AROUND):
            yield Fault("contradicted", f"the source does not say {token.text}")
            return


@lru_cache(maxsize=1)
def _turners() -> frozenset[str]:
    words = word_list("verify_turners.txt")
    return frozenset(english_stem(w) if w.isascii() else w for w in words)


def _of_more(it: Comparison, change: Change) -> Iterator[Fault]:
    """大多数投票站 where the source has 6%的投票站; three glaciers where it has two."""
    kinds = {
        kind: t.text
        for t in change.new
        for kind, words in named_words("verify_quantifiers.txt").items()
        if t.text in words
    }
    window = [t.text for t in it.laid.source]
    for kind, word in kinds.items():
        words = named_words("verify_quantifiers.txt")[kind]
        there = any(w in words for w in window) or any(
            w in it.quotes.text for w in words if len(w) > 1 or w in "仅都均"
        )
        if kind in _SCALE and not there and word not in it.question:
            yield Fault("unsupported", f"the source does not say {word}")
            return
    said, was = (
        [t.text for t in tokens if t.text in NUMERALS or t.text.isdigit()]
        for tokens in (change.new, change.old)
    )
    if len(said) != 1 or len(was) != 1 or not (change.right or said[0] in NUMERALS):
        return
    if said[0] in window or (said[0] in NUMERALS and was[0].isdigit()):
        return
    digits = said[0].isdigit() and said[0] not in it.source.text
    if digits and not missing_figures(it.clause.text, it.source.text):
        return  # 200000元 of 20万元
    if said and was and said != was:
        yield Fault("contradicted", f"says {said[0]} where the source says {was[0]}")


_UNIT = 2
"""Words that may be the unit of a figure."""
_SCALE = frozenset({"all", "most", "only", "few", "half"})


def _spliced(it: Comparison) -> Iterator[Fault]:
    """执政党候选人桑丁 where the source has 执政党候选人德雷克, and 桑丁 in another clause."""
    for before, after, between in it.laid.joints:
        if between and before.text[0].isdigit() and between[-1].text[0].isdigit():
            # fell to 61,000 tonnes in 2022, of: to 61,000 last year from 74,000 tonnes in 2022
            follows = it.clause.tokens[it.clause.tokens.index(before.text) + 1 :]
            same = before.text == between[-1].text or between[-1].text in it.clause.tokens
            if len(follows) > _UNIT and not same:
                yield Fault("contradicted", f"in the source, {before.text} is another's figure")
                return
        if it.clause.english:
            continue
        named = [t for t in between if t.tag.startswith(("name", "nr"))]
        parted = before.tag.startswith(_NOUNS) and after.tag.startswith(("name", "nr"))
        crosses = named and named[0].clause != between[-1].clause
        if parted and crosses and not any(t.text in it.clause.text for t in named):
            yield Fault("contradicted", f"the source has {before.text}{between[0].text}")
            return


def _another(it: Comparison, change: Change) -> Iterator[Fault]:
    if not change.old or max(len(change.new), len(change.old)) > LONGEST:
        return
    at_edge = not change.left or not change.right
    enough = _AROUND_ENGLISH if it.clause.english else _AROUND
    if change.left + change.right < enough + at_edge:
        return
    tokens = it.clause.tagged
    surname = tokens[change.at - 1] if change.at else ("", "")
    old = _written(change.old, english=it.clause.english)
    if len(surname[0]) == 1 and surname[1] == "nr":
        name = surname[0] + "".join(t.text for t in change.new)
        if name not in it.quotes.text:
            yield Fault("contradicted", f"says {name} where the source has another name")
            return
    new = [t for t in change.new if _carries(t)]
    if len(change.new) == len(change.old) == 1 and _tells_here(change):
        new = list(change.new)
    if not change.left and new and _POINTS.match(new[0].text):
        return
    if new and not _same(new, change, it):
        said = _written(new, english=it.clause.english)
        yield Fault("contradicted", f"says {said} where the source says {old}")


def _tells_here(change: Change) -> bool:
    """Whether a word that is light elsewhere tells something where it stands for another."""
    new, old = change.new[0], change.old[0]
    telling = ("d", "b", "a", "n", "v", "t")
    return (
        len(new.text) == len(old.text) == 2
        and not new.text.isascii()
        and new.tag.startswith(telling)
        and old.tag.startswith(telling)
        and not {new.text, old.text} & NEGATORS
        and not (new.text in LIGHT and old.text in LIGHT)
    )


def _by_another(it: Comparison, change: Change) -> Iterator[Fault]:
    """北辰汽车三季度净利润增长 where the source has 蓝鲸电池称, 公司三季度净利润增长."""
    english = it.clause.english
    person = any(t.tag in {"nr", "name"} and t.text not in country_of() for t in change.new)
    enough = _RIGHT_ENGLISH if english else _RIGHT_OF_A_NAME if person else _RIGHT
    if change.right < enough or not _begins(it, change):
        return
    window = Known(", ".join(c.text for c in it.sentence))
    here = change.old[-1].clause if change.old else 0
    after = {t.text for t in it.laid.source if t.clause > here}
    before = {t.text for t in it.laid.source if t.clause <= here}
    new = [t for t in change.new if _is_noun(t, english=english)]
    strange = [
        t
        for t in new
        if not window.holds(t.text)
        and not any(map(window.holds, alike(t.text)))
        and not (not english and all(c in window.text for c in t.text))
        and not same_meaning(t.text, window.text)
        and not any(len(w.text) == 1 and t.text.startswith(w.text) for w in it.laid.source)  # 习
    ]
    own = [t for t in change.old if _is_noun(t, english=english)]
    if any(t.text.startswith("笔者") for t in own) and all(t.text in it.cards for t in new):
        return  # whom the document's card names
    denies = any(t.text in NEGATORS for t in (*change.new, *change.old))
    vague = all(t.text in country_of() for t in new) or any("时间" in t.text for t in own)
    turns = _TURNS.search(it.clause.text)
    if new and own and not (strange or denies or vague or turns):
        # 降雪的变化是主因, of 气温是主因, 降雪的变化作用不大
        taken = all(t.text in after and t.text not in before for t in new)
        later = {t.text for t in it.laid.source[change.start + len(change.old) :]}
        follows = it.clause.tokens[change.at + len(change.new) :][:1]
        acts = not set(follows) & NUMERALS  # a verb follows its doer
        taken = taken or (english and acts and all(t.text in later for t in new))
        kept = any(t.text in it.clause.tokens for t in own)
        if taken and not kept and not any(same_meaning(t.text, o.text) for t in new for o in own):
            yield Fault(
                "contradicted",
                f"the source says it of {_written(own, english=english)}, "
                f"not {_written(new, english=english)}",
            )
        return
    if not strange or _POINTS.match(strange[0].text):
        return
    if all(t.text in it.cards for t in strange) and not any(map(_acts, it.laid.source)):
        return  # whom the title names: the source need not, where it names nobody else
    said = _written(new, english=english)
    points = not own or all(_POINTS.match(t.text) for t in own)
    at = next(n for n, c in enumerate(it.sources) if c is it.sentence[0])
    earlier = "".join(c.text for c in it.sources[:at]) + it.before.text
    if not points:
        yield Fault(
            "contradicted", f"the source says it of {_written(own, english=english)}, not {said}"
        )
        return
    led = [t for t in it.laid.source[: change.start] if _is_noun(t, english=english)]
    named = [t.text for t in led if t.tag.startswith(("name", "nr", "ns", "nt", "nz", "en"))]
    before_it = it.laid.source[: change.start + len(change.old)]
    pronoun = any(_POINTS.match(t.text) or t.text in _ENGLISH_POINTS for t in before_it)
    known = pronoun and any(t.text in earlier for t in strange)
    if led and not known and not all(t.text in country_of() for t in strange):
        yield Fault(
            "contradicted", f"the source says it of {(named or [led[0].text])[0]}, not {said}"
        )


def _acts(token: Token) -> bool:
    """Whether a word names somebody, or a body, that something may be told of."""
    return token.tag.startswith(("nr", "nt", "name")) and token.text not in country_of()


def _moved(it: Comparison, change: Change) -> Iterator[Fault]:
    """乙须赔偿甲 where the source has 甲须赔偿乙: put before the verb, and there after it."""
    if it.clause.english or change.right < _SHORTEST or _TURNS.search(it.clause.text):
        return
    names = [t for t in change.new if t.tag.startswith(("nr", "nt", "nz", "name"))]
    if not names or names[-1] is not change.new[-1] or names[-1].text in country_of():
        return
    name, tagged = names[-1].text, it.clause.tagged
    follows = next((w for w, t in tagged[change.at + len(change.new) :] if t.startswith("v")), "")
    there = it.source.text.find(follows) if follows else -1
    after = it.source.text.find(name)
    before = f"{it.source.leads}{it.before.text}"
    once = it.laid.text.count(name) == 1 and name not in before
    if -1 < there < after and once and not _TURNS.search(it.source.text):
        yield Fault("contradicted", f"{name} is whom it is done to")


def _done_to(it: Comparison, change: Change) -> Iterator[Fault]:
    """甲从乙手中买下 where the source has 乙称, 已从甲手中买下."""
    tagged = it.clause.tagged
    new = [t for t in change.new if _is_noun(t, english=it.clause.english)]
    if not new or not change.at or it.clause.english:
        return
    led = (*[word for word, _ in tagged[: change.at]], *(t.text for t in change.new))
    at = led.index(new[0].text)
    if led[at - 1] not in _TO_OR_FROM:
        return
    mine = [w for w in it.clause.words if w.is_name and w.text not in {t.text for t in new}]
    places = [it.laid.text.find(w.text) for w in mine[:1]]
    there = it.laid.text.find(new[0].text)
    if places and -1 < there < places[0] and it.laid.text.count(new[0].text) == 1:
        yield Fault("contradicted", f"{new[0].text} and {mine[0].text} change places")


_TO_OR_FROM = frozenset(("从", "向"))
_ENGLISH_POINTS = frozenset(
    ["he", "she", "it", "they", "his", "her", "its", "their", "we", "our", "company"]
)
_RIGHT, _RIGHT_OF_A_NAME, _RIGHT_ENGLISH = 4, 2, 3
"""Units that must follow unchanged where the doer is another."""
_POINTS = re.compile(r"[他她它其这那该本此双我]|公司|两|各|集团|当局|官方|作者|文章|报告|消息")


def _begins(it: Comparison, change: Change) -> bool:
    """Whether nothing but a time stands before a change."""
    before = it.clause.tagged[: change.at]
    return all(
        word in LIGHT or word in STOP_WORDS or not word[0].isalpha() or tag.startswith(("t", "m"))
        for word, tag in before
    )


def _is_noun(token: Token, *, english: bool) -> bool:
    word = token.text
    if word in LIGHT or word in STOP_WORDS or not word[0].isalpha():
        return False
    if english:
        return not word.endswith(("ed", "ing", "ly"))
    return token.tag.startswith(("n", "name", "j"))


def _written(tokens: Sequence[Token], *, english: bool) -> str:
    return (" " if english else "").join(t.text for t in tokens)


def _carries(token: Token) -> bool:
    word = token.text
    if word in LIGHT or word in STOP_WORDS or word in NEGATORS or not word[0].isalpha():
        return False
    return not token.tag.startswith(_FREE)


def _shares(word: str, old: Sequence[str]) -> bool:
    """Whether a verb shares a character with words that the dictionary knows: 开会, 会议."""
    return any(set(word) & set(w) for w in old if jieba.dt.FREQ.get(w, 0))


def _is_another_name(token: Token, change: Change) -> bool:
    """Whether a name stands where the source has another: that the title has it is no excuse."""
    if len(change.new) != 1 or len(change.old) != 1:
        return False
    old = change.old[0]
    both = all(t.tag.startswith(("ns", "nr", "name")) for t in (token, old))
    countries = country_of()
    one, other = (countries.get(t.text, t.text) for t in (token, old))
    return both and one != other


def _same(new: Sequence[Token], change: Change, it: Comparison) -> bool:
    old = [t.text for t in change.old]
    speech = frozenset[str]().union(*named_words("verify_speech.txt").values())
    known = Known("".join(old) if not it.clause.english else " ".join(old))
    if not any(_carries(t) and not _PRONOUN.match(t.text) for t in change.old):
        return True
    for token in new:
        word = token.text
        titled = word in it.cards and not _is_another_name(token, change)
        if word in it.question or titled:
            continue
        if word in speech and any(w in speech for w in old):
            continue
        if not word.isascii() and all(c in it.source.text for c in word):
            continue  # 仓因, of 铁票仓因为
        if token.tag.startswith("v") and _shares(word, old):
            continue
        if len(word) > 1 and word[-1] in _WHERE and known.holds(word[:-1]):
            continue  # 网上, of 网络
        if known.holds(word) or any(known.holds(form) for form in alike(word)):
            continue
        one = len(new) == len(change.old) == 1
        noun = one and token.tag.startswith(_NOUNS) and change.old[0].tag.startswith(_NOUNS)
        if (it.quotes.holds(word) and not noun) or (
            len(word) > 1 and any(differ_in_ending(word, w) for w in old)
        ):
            continue
        if same_meaning(word, known.text):
            continue
        return False
    return True
