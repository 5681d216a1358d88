"""Choose the sentences that can answer, before any model reads.

The words of the question that carry its meaning are weighed by their rarity in the corpus; a
sentence is as good as the share of that weight it covers, with the sentence before it (which
often holds its subject) and its passage's rank counting for less.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jieba

from rag.excerpt import Excerpt
from rag.figures import missing_figures, whole_number
from rag.fold import STOP_WORDS, fold, language_of
from rag.glossary import chinese_alternatives
from rag.names import shipped_names
from rag.question.asks import wants_several
from rag.question.expects import expected
from rag.question.when import last_year, tells_bare_month
from rag.resources import word_list
from rag.split import LONGEST_NAME, sentences
from rag.tables import alike, two_countries
from rag.tagger import tagged
from rag.untrusted import asks_about_instructions, is_instruction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.model import Hit
    from rag.names import Names

OWN_WEIGHT, CONTEXT_WEIGHT, PASSAGE_WEIGHT, FIGURE_WEIGHT = 1.0, 0.3, 0.5, 0.15
"""Measured on the gold questions over the seeds: see ARCHITECTURE.md, “Evidence”."""

# Words that make a sentence a question, and words too light to be its subject.
_LIGHT = word_list("light_words.txt")
# A sentence that begins so, or has a clause that does, has its subject or its time in the one
# before: 本月初，他在北京主持盛大阅兵式时….
_LEANS_BACK = re.compile(
    r"^(?:同月|同日|同年|当天|当日|此外|其中|其|这|这些|该|双方|随后|会后|对此|因此|不过|但|而|两人)"
    r"|(?:^|[，,：:；;、”])[“‘]?(?:他|她|它)们?"
)
_FIRST = "(?:第一|其一|一是|首先)"
_FIRST_POINT = re.compile(rf"(?:^|[：:，,。\s]){_FIRST}")
_NEXT_POINT = re.compile(r"\s*(?:第[二三四五六]|其[二三四]|[二三四五六]是|其次|再次|再者)")
_LATER_POINT = re.compile(
    r"(?:^|[：:，,。；;\s])(?:第[二三四五六][，,、：:]|其[二三四五六][，,、：:]?|[二三四五六]是)"
)
_ANNOUNCES_POINTS = re.compile(
    rf"([二两三四五六2-6])(?:个|大|重|层|点|条|项|种|步)[^。！？]{{0,12}}[：:，,]\s*{_FIRST}"
)
_POINT = re.compile(r"\s*[第其]?([二三四五六])(?:[，,、：:]|是)")
LONGEST_LIST = 260
"""Characters of a statement made of several points."""
# What is asked for by kind stands in the source as an instance: 职务 as 副总理, 日期 as 9月28日.
_KINDS = word_list("kinds.txt")
_WANTS_FIGURE = re.compile(
    r"多少|几(?:个|家|名|位|次|年|月|天|轮|倍|成|架)|多[久长大高]|什么时候|何时|哪一?[年月天日]|百分之几"
    r"|how (?:many|much|high|long|old|often)|\bwhen\b|what (?:day|date|year|month|percentage)"
)
# What kind of voice a comment is stands above it on the page, not in it.
_VOICE_OF = {"comment": "网友 读者 用户 评论 留言"}
_SORTS_OF_TEXT = frozenset(
    re.findall(r"\w+", "论文 文章 报道 报导 帖子 新闻 专访 采访 访谈 评论 留言 网友 网民 用户 作者")
)
"""What a document is, or who wrote it: that no passage says so tells nothing."""
_EN_LIGHT = frozenset(
    re.findall(r"\w+", "day days week weeks month months year years later ago two three")
)
"""Of a time, which is compared as a date; no word of Chinese stands for them alone."""
_EN_ASKED = re.compile(r"\b(?:which|what) (\w+)")
_EN_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][A-Za-z]+")
_TELLING = ("n", "eng", "j", "x")
"""Tags of words whose absence tells something: what is done is said in too many other words."""
_BEFORE, _AFTER = "和与同跟对向在只各又再将被把由从", "是了过着为在的地得有"
"""What a tagger takes for the beginning or the end of a word."""
_RESULT = "到得成为说出"
"""加到, 升到, 打得: the verb is the first character."""
LITTLE = 0.3
"""What a word counts that tells little, such as a lone character."""
_HOW_LONG = r"[\d一二两三四五六七八九十]+个(?:月|星期|小时)"
_WINDOW = re.compile(
    rf"(?:此前|之前|过去|最近|近)的?{_HOW_LONG}(?:以?来|之?内|里)?"
    rf"|{_HOW_LONG}(?:以?来|之?内|里)|(?<=月)[上中下]旬"
)
_DATE_PART = re.compile(r"\d+[年月日号]|[\d一二三四五六七八九十两]+个(?:月|星期|小时)")
SEVERAL = 3
"""Names from which a sentence may answer who they all are."""
_ASCII_WORD = re.compile(r"[a-z][a-z0-9]*|\d+(?:\.\d+)?%?")


@dataclass(frozen=True, slots=True)
class Corpus:
    """How rare words are among the passages."""

    frequency: Callable[[str], int]
    """Number of passages that hold a word; a long one is held as often as its rarest bigram."""
    passages: Callable[[], int]
    """Number of passages."""
    names: Callable[[], Names] = shipped_names
    """Which names are the same, as of now."""

    def rarity(self, word: str) -> float:
        """BM25's inverse document frequency; a long word is as rare as its rarest bigram."""
        found, all_ = self.found(word), self.passages()
        return math.log(1 + (all_ - found + 0.5) / (found + 0.5))

    def found(self, word: str) -> int:
        """Number of passages that hold ``word`` or another form of it (at most so many)."""
        found = sum(map(self.frequency, self.names().forms(word)))
        return min(found, self.passages()) if found else 0


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the question that carries meaning."""

    word: str
    alternatives: tuple[str, ...]
    """Folded forms, any of which will do."""
    weight: float
    unknown: bool
    """Whether no form occurs in any passage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer."""

    hit: Hit
    excerpt: Excerpt
    reading: str
    """As the model reads it: with the sentence before it where it leans on that."""
    context: str
    """What surrounds it: title, outlet, date, the sentence before."""
    coverage: float
    """Share of the question's weight in the sentence itself, 0 to 1."""
    coverage_in_context: float
    """The same with the sentence before it."""
    score: float

    @property
    def story(self) -> str:
        """What near-duplicates share: two of one story are one source."""
        return self.hit.story or self.hit.passage.document_id


def wants_figure(question: str) -> bool:
    """Whether the question asks for a number, an amount or a date."""
    return bool(_WANTS_FIGURE.search(fold(question)))


def points(text: str) -> int:
    """Return how many points a text counts up.

    >>> points("有两层考虑：第一，稳住基本盘。第二，降温。")
    2
    """
    return bool(_FIRST_POINT.search(text)) + len(_LATER_POINT.findall(text))


def question_terms(question: str, corpus: Corpus) -> tuple[Term, ...]:
    """Return the words of ``question`` that carry meaning, in any language and script."""
    names = corpus.names()
    folded = names.fold_text(question)
    # How far back the question looks is for the search by time, and stands in no answer.
    without = _WINDOW.sub(" ", folded)
    folded = without if without.strip() else folded
    if language_of(question) == "en":
        left_out = _EN_LIGHT | {m[1] for m in _EN_ASKED.finditer(folded) if m[1] in _KINDS}
        groups = [g for g in chinese_alternatives(folded, names) if g[0] not in left_out]
        # That the dictionary lacks a plain word tells nothing of the corpus; a name does.
        named = {m[0].casefold() for m in _EN_NAME.finditer(question)}
        telling = {w for w, forms in groups if len(forms) > 1 or w in named or not w.isalpha()}
    else:
        cut = list(_cut(folded, names))
        cut = [(piece, tag) for word, tag in cut for piece in _known_part(word, corpus)]
        words = [word for word, _ in cut]
        groups = [(word, (word, *_also_said(word))) for word in words if _carries(word)]
        telling = {word for word, tag in cut if tag.startswith(_TELLING)} - _SORTS_OF_TEXT
    terms: dict[str, Term] = {}
    for word, forms in groups:
        alternatives = tuple(dict.fromkeys(map(names.fold, forms)))
        found = [word] if corpus.found(word) else [a for a in alternatives if corpus.found(a)]
        rarity = max(corpus.rarity(a) for a in found or alternatives)
        unknown = not found and len(word) > 1 and word in telling
        says_little = not found and not unknown
        light = LITTLE if (len(word) == 1 and not word.isascii()) or says_little else 1.0
        terms[word] = Term(word, alternatives, light * rarity, unknown)
    return tuple(terms.values())


def _cut(folded: str, names: Names) -> Iterator[tuple[str, str]]:
    """The words of folded Chinese with their tags; names and parts of dates are whole words."""
    whole = [(start, end, "nr") for start, end, _ in names.find(folded)]
    taken = {at for start, end, _ in whole for at in range(start, end)}
    parts = [(*date.span(), "m") for date in _DATE_PART.finditer(folded)]
    parts += [(*both.span(), "j") for both in two_countries().finditer(folded)]
    whole += [part for part in parts if not taken & set(range(*part[:2]))]
    at = 0
    for start, end, tag in sorted(whole):
        yield from _tagged(folded[at:start])
        yield folded[start:end], tag
        at = end
    yield from _tagged(folded[at:])


def _tagged(text: str) -> list[tuple[str, str]]:
    return [(_stem(word), tag) for word, tag in tagged(text)]


def _also_said(word: str) -> list[str]:
    """What says the same as a Chinese word; a lone character stands in too many others."""
    if len(word) < 2 or word.isascii():
        return []
    return [w for w in alike(word) if len(w) > 1 and not w.isascii()]


def _stem(word: str) -> str:
    return word[0] if len(word) == 2 and word[1] in _RESULT else word


def _known_part(word: str, corpus: Corpus) -> list[str]:
    """What a word that stands nowhere is made of: 和普京 is 普京, 构成威胁 is two words."""
    if len(word) < 2 or word.isascii() or corpus.found(word):
        return [word]
    pieces = _pieces(word)
    if pieces and any(corpus.found(piece) for piece in pieces):
        return pieces  # what stands nowhere of it is unknown by itself
    bare = word.lstrip(_BEFORE).rstrip(_AFTER)
    return [bare] if bare and bare != word and corpus.found(bare) else [word]


def _pieces(word: str) -> list[str]:
    """The shorter words that a long one is made of: 抗美援朝战争 is 抗美援朝 and 战争."""
    if len(word) < 4:
        return []
    for size in range(len(word) - 2, 1, -1):
        head, tail = word[:size], word[size:]
        if jieba.dt.FREQ.get(head) and jieba.dt.FREQ.get(tail):
            return [head, tail]
    return []


def _carries(word: str) -> bool:
    if word[:1].isascii():
        return bool(_ASCII_WORD.match(word)) and word not in STOP_WORDS
    light = word in _LIGHT or word in _KINDS or word[0] in "哪几"
    return not light and any("㐀" <= c <= "鿿" for c in word)


def coverage(terms: Iterable[Term], folded: str) -> float:
    """Share of the terms' weight found in a folded text, 0 to 1.

    A Chinese word of three and more characters counts in part by its bigrams: 输华产品 is not a
    word of the dictionary everywhere.
    """
    total = covered = 0.0
    for term in terms:
        total += term.weight
        covered += term.weight * max(_found(a, folded) for a in term.alternatives)
    return covered / total if total else 0.0


def _found(word: str, folded: str) -> float:
    if word in folded:
        return 1.0
    if word[0].isascii() or len(word) < 3:
        return 0.0
    bigrams = [word[i : i + 2] for i in range(len(word) - 1)]
    return 0.7 * sum(b in folded for b in bigrams) / len(bigrams)


def select(
    question: str,
    terms: Sequence[Term],
    hits: Sequence[Hit],
    *,
    most: int,
    names: Names | None = None,
) -> list[Candidate]:
    """Return the best sentences of the hits' passages, best first.

    Args:
        question: Made to stand alone.
        terms: Of the question.
        hits: Found passages.
        most: At most so many.
        names: Which names are the same; by default those that ship.
    """
    names = names or shipped_names()
    fold_text = names.fold_text
    asked = fold_text(question)
    several = wants_several(question) and expected(question) == "person"
    figure_wanted = wants_figure(question)
    orders_too = asks_about_instructions(question)
    found: list[tuple[Candidate, str]] = []
    for hit in hits:
        passage = Excerpt(hit.passage.spans, hit.passage.text)
        card = " ".join(
            filter(
                None,
                (
                    hit.title,
                    hit.outlet,
                    hit.author,
                    _date_words(hit.published),
                    _VOICE_OF.get(hit.kind),
                    hit.about if hit.kind == "comment" else None,
                ),
            )
        )
        card_folded = fold_text(card)
        before = "" if hit.kind == "comment" else hit.about
        before_folded, ordered = fold_text(before), False
        for bounds in _statements(hit):
            excerpt = passage.cut(*bounds[0])
            for start, end in bounds[1:]:
                excerpt += passage.cut(start, end)
            ordered = is_instruction(excerpt.text, after_one=ordered)
            if ordered and not orders_too:
                continue  # what a document orders is no evidence
            folded = fold_text(excerpt.text)
            own = coverage(terms, folded)
            year = _year_before(hit, bounds[0][0], excerpt.text)
            in_context = coverage(terms, f"{card_folded}\n{year}\n{before_folded}\n{folded}")
            score = OWN_WEIGHT * own + CONTEXT_WEIGHT * in_context + PASSAGE_WEIGHT * hit.score
            if several and _new_names(folded, asked, names) >= SEVERAL:
                score += FIGURE_WEIGHT  # 布林肯、耶伦、克里: whom it asks for
            if figure_wanted and missing_figures(excerpt.text, question):
                score += FIGURE_WEIGHT  # it holds a figure that the question does not
            leans = before and _LEANS_BACK.search(excerpt.text)
            reading = (f"{before} {excerpt.text}" if leans else excerpt.text).replace("\n", " ")
            context = f"{card}\n{before}"
            candidate = Candidate(hit, excerpt, reading, context, own, in_context, score)
            found.append((candidate, folded))
            before, before_folded = excerpt.text, folded
    found.sort(key=lambda pair: (-pair[0].score, pair[0].hit.passage.id, pair[0].excerpt.spans))
    # A headline printed twice is one piece of evidence: the better one stands for both.
    distinct: dict[str, Candidate] = {}
    for candidate, folded in found:
        distinct.setdefault(folded, candidate)
    return list(distinct.values())[:most]


def known_by_title(
    terms: Sequence[Term], candidates: Sequence[Candidate], names: Names
) -> tuple[Term, ...]:
    """Let a word be known that stands in no passage, but in the title above one that may answer."""
    titles = "\n".join({c.context.partition("\n")[0] for c in candidates if c.coverage})
    folded = names.fold_text(titles)
    return tuple(
        replace(t, unknown=False) if t.unknown and any(a in folded for a in t.alternatives) else t
        for t in terms
    )


def _year_before(hit: Hit, start: int, text: str) -> str:
    """The year of a month that a sentence tells without it, as a question would put it."""
    if not tells_bare_month(text):
        return ""
    year = last_year(hit.passage.text[:start]) or hit.year
    return f"{year}年" if year else ""


def _new_names(folded: str, asked: str, names: Names) -> int:
    """How many names that the tables know a sentence has besides those of the question."""
    found = {forms[0] for _, _, forms in names.find(folded)}
    return sum(name not in asked for name in found)


def _statements(hit: Hit) -> list[list[tuple[int, int]]]:
    """Sentences of a passage; the name above a comment goes with its first sentence.

    What is counted up (第一，…。第二，…。) is one statement: an answer needs all of it. Where each
    point is talked over before the next, the statement is made of the points alone.
    """
    text = hit.passage.text
    bounds = _with_points(text, sentences(text))
    if hit.passage.kind == "comment" and len(bounds) > 1:
        (start, name_end), (_, end), *rest = bounds
        if text[name_end : name_end + 1] == "\n" and name_end - start <= LONGEST_NAME:
            bounds = [(start, end), *rest]
    return _with_points_apart(text, bounds)


def _with_points(text: str, bounds: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join the sentences that go on counting to the one that began it."""
    out: list[tuple[int, int]] = []
    for start, end in bounds:
        head, last = out[-1] if out else (start, start)
        counts = _FIRST_POINT.search(text[head:last]) and _NEXT_POINT.match(text[start:end])
        if counts and end - head <= LONGEST_LIST:
            out[-1] = (head, end)
        else:
            out.append((start, end))
    return out


def _with_points_apart(text: str, bounds: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Join the points to the sentence that says how many there are: 至少有三层考虑：第一，….

    They are joined only where all of them are found, in order, and are short together.
    """
    out: list[list[tuple[int, int]]] = []
    taken: set[tuple[int, int]] = set()
    for n, (start, end) in enumerate(bounds):
        if (start, end) in taken:
            continue
        announced = _ANNOUNCES_POINTS.search(text[start:end])
        counted = _points(text, bounds[n:], whole_number(announced[1])) if announced else []
        short = sum(e - s for s, e in counted) <= LONGEST_LIST
        joined = counted if counted and short else [(start, end)]
        taken.update(joined)
        out.append(joined)
    return out


def _points(text: str, bounds: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """The first of ``bounds``, with those that hold the second to the last of ``count`` points."""
    found = [bounds[0]]
    for start, end in bounds[1:]:
        ordinal = _POINT.match(text[start:end])
        if ordinal and whole_number(ordinal[1]) == len(found) + 1:
            found.append((start, end))
        if len(found) == count:
            return found
    return []


def _date_words(published: str | None) -> str:
    """2025-09-19 → 2025年9月19日, as a question would put it."""
    parts = [int(p) for p in (published or "").split("-") if p.isdigit()]
    return "".join(f"{p}{u}" for p, u in zip(parts, "年月日", strict=False))
