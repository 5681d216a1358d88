"""A text as the checks read it: clauses, their words, and which clause of a source says a claim's.

Everything here is folded: script, width, names, dates, and the short forms of newspapers
(对华, 美商务部), so that words can be compared as they stand.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from rag.checks.alignment import Laid, lay
from rag.figures import chinese_dates, figures, is_of_date
from rag.fold import STOP_WORDS, language_of
from rag.glossary import chinese_alternatives, english_alternatives
from rag.resources import word_list
from rag.sounds import heard
from rag.stem import english_stem
from rag.tables import alike, countries, short_names, word_sides
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.figures import Figure
    from rag.names import Names

LIGHT = word_list("verify_light.txt") | word_list("light_words.txt")
_CLAUSE = re.compile(
    r"[，：；;。！？!?\n]|[,:](?!\d)(?! (?:19|20)\d\d\b)|\.(?=\s|$|[\"'”’])| - |——"
    r"| (?=while |but )| (?=and [a-z]+ed )| (?=and the [a-z]+ (?:was|were|is|are|has|had|will) )"
)
_SAYS = re.compile(
    r"(?:表示|认为|指出|强调|透露|直指|(?<![宣声自简著人名堪号])称(?![为号作])"
    r"|(?<![小解传听学游以])说(?![法明服的]))了?|\bsaid (?:that )?|\bsays "
)
_DENIES = re.compile(r"(?:不|没|未|没有|并未|尚未|不会|never|not)\s*$")
_ONLY_TIME = re.compile(
    r"[()\d年月日号—–~至到和今明去本上下个周一二三四五六日"
    r"末初底天昨晚午早时春夏秋冬季夜凌晨旬,. on]+"
    r"|\d*[年月日]?以来"
)
_SENTENCE_END = frozenset("。！？!?\n")
_QUOTES = re.compile(r"[“”‘’「」『』《》〈〉\"*#]")
_US = re.compile(r"\b(?:US|U\.S\.)(?![A-Za-z])")
"""Before case is folded: us is a pronoun."""
_DAY_FIRST = re.compile(
    r"\b(\d{1,2}) (January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b(?!,? \d{4})"
)
"""18 March: the folding of dates knows March 18."""
_TWICE = re.compile(r"([㐀-鿿]{2,8})\s*\(\1\)")
"""川普（特朗普）, after names are folded."""
_ALSO_DAY = re.compile(r"(\d+)月(\d+)日( and |[–—~-]| to )(\d{1,2})(?!\d|月|%|\.)")
_CAPITALISED = re.compile(r"(?<=[a-z,;0-9] )[A-Z][A-Za-z-]+")
_FIRST_CAPITALISED = re.compile(r"[A-Z][a-z]+")
_NUMERAL = frozenset("零一二两三四五六七八九十百千万亿几第")
_ASCII_WORD = re.compile(r"[a-z][a-z0-9'’-]*[a-z0-9]|[a-z]")
_PIECE = re.compile(r"[a-z0-9][a-z0-9'’.-]*|[㐀-䶿一-鿿·]+|[^\s]")
_PARALLEL = re.compile(
    r"((?:[^、,和]{1,12}[、和])+[^、,和]{1,12}?)([^、,]{0,16}分别[^\d、,]{0,8})"
    r"((?:[^、,和]+[、和])+[^、,]+)"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check found wrong."""

    support: Literal["contradicted", "unsupported"]
    reason: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word that carries meaning."""

    text: str
    forms: tuple[str, ...]
    """Any of which will do."""
    tag: str
    """As jieba tags it; ``name`` for a name that the tables know, ``en`` for an English word."""
    start: int
    """In its clause."""

    @property
    def is_name(self) -> bool:
        """Whether it names somebody or something, as far as can be told."""
        return self.tag == "name" or self.tag.startswith(("nr", "ns", "nt", "nz"))


@dataclass(frozen=True)
class Clause:
    """A clause, folded."""

    text: str
    written: str
    """As it stands in the text."""
    names: Names
    leads: str = ""
    """What stands before it in its sentence since the last semicolon, folded."""
    sentence: tuple[int, int] = (0, 0)
    """Which text and which sentence of it it belongs to."""
    segment: int = 0
    """Which part of its text between full stops and semicolons."""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words that carry meaning, in order."""
        return tuple(_words(self))

    @cached_property
    def english(self) -> bool:
        """Whether it was written in English."""
        return language_of(self.written) == "en"

    @cached_property
    def tagged(self) -> tuple[tuple[str, str], ...]:
        """All its words in order, each with its tag."""
        return tuple((word, tag) for word, tag, _ in _cut(self.text, self.names))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All its words in order."""
        return tuple(word for word, _ in self.tagged)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Its figures."""
        return tuple(figures(self.text))

    @cached_property
    def known(self) -> Known:
        """What it holds."""
        return Known(self.text)


@dataclass(frozen=True)
class Known:
    """Folded text in which words are looked up."""

    text: str

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, _ASCII_WORD.findall(self.text)))

    def holds(self, form: str) -> bool:
        """Whether a word stands in the text: a Chinese one anywhere, an English one by its stem."""
        if form[:1].isascii() and form[:1].isalpha():
            return all(stem(part) in self._stems for part in _ASCII_WORD.findall(form))
        return form in self.text

    def says(self, word: Word) -> bool:
        """Whether any form of a word stands in the text, or what it may be the sound of."""
        if any(map(self.holds, word.forms)):
            return True
        if word.tag == "en" and not self.text.isascii():
            return all(stem(part) in meanings(self.text) for part in word.text.split())
        unknown = word.tag == "nr" and word.text.isascii() and len(word.forms) == 1
        return unknown and heard(word.text, self.text)

    def share(self, words: Iterable[Word]) -> float:
        """How much of some words stands in the text: a long word counts by its pairs too."""
        return sum(self._part(word) for word in words)

    def _part(self, word: Word) -> float:
        weight = 2.0 if word.is_name and not word.text.isascii() else 1.0
        if self.says(word):
            return weight
        text = word.text
        if text[:1].isascii() or len(text) < 3:
            return 0.0
        pairs = [text[i : i + 2] for i in range(len(text) - 1)]
        return 0.7 * weight * sum(pair in self.text for pair in pairs) / len(pairs)


@lru_cache(maxsize=1024)
def meanings(folded: str) -> frozenset[str]:
    """The stems of the English words by which the dictionary explains a text's Chinese ones."""
    told = (meaning for group in english_alternatives(folded) for meaning in group)
    words = (word for meaning in told for word in _ASCII_WORD.findall(meaning))
    return frozenset(stem(word) for word in words if word not in STOP_WORDS)


def stem(word: str) -> str:
    """The stem of an English word: raised and raises are raise."""
    return english_stem(word.removesuffix("'s").removesuffix("’s"))


_YEAR_ON_YEAR = re.compile(r"(?:比|较|跟|與|与)(?:上一?年|去年)?的?同期(?:相比)?")
"""That 同比 says, too."""


@lru_cache(maxsize=512)
def fold_claim(text: str, names: Names) -> str:
    """Fold script, width, dates, names, and the short forms that newspapers use for countries."""
    text = "".join(_plain_letter(c) for c in text) if not text.isascii() else text
    text = chinese_dates(_DAY_FIRST.sub(r"\2 \1", text))
    text = _YEAR_ON_YEAR.sub("同比", text)
    folded = names.fold_text(_US.sub("United States", _QUOTES.sub("", text)))
    folded = _TWICE.sub(r"\1", in_full(folded))
    return _ALSO_DAY.sub(r"\1月\2日\3\1月\4日", folded)


def in_full(folded: str) -> str:
    """Write out the short forms that newspapers use for countries: 对华, 美商务部."""
    for short, full in short_names():
        folded = folded.replace(short, full)
    after, letters = _countries()
    return after.sub(lambda m: letters[m[0]], folded).replace("美国国国", "美国国")


@lru_cache(maxsize=1024)
def _plain_letter(char: str) -> str:
    """é → e; what is no Latin letter stays."""
    plain = unicodedata.normalize("NFD", char)[0] if "À" <= char <= "ɏ" else char
    return plain if plain.isascii() else char


@lru_cache(maxsize=1)
def _countries() -> tuple[re.Pattern[str], dict[str, str]]:
    ((_, *after),) = word_sides("verify_countries.txt")[0]
    letters = {line[1]: line[0] for line in countries()}
    looks = f"(?<=[{''.join(after)}])(?<!实在)(?<!所在)"
    others = "国元好丽食日常内后前律院官语方利上下及盛尔为人裔侨府伟特尼州黑风积勒正色盟湾罗本鲜洲"
    pattern = f"{looks}(?:{'|'.join(letters)})(?![{others}])"
    return re.compile(pattern), letters


@lru_cache(maxsize=1)
def country_of() -> dict[str, str]:
    """Name of a country or its capital → the country."""
    return {form: line[0] for line in countries() for form in (line[0], *line[2:])}


@lru_cache(maxsize=512)
def read(text: str, names: Names, number: int = 0) -> tuple[Clause, ...]:
    """Cut a text into clauses.

    A date that stands alone goes with what follows; who speaks is a clause of its own; lists that
    belong together (分别) are put side by side.

    Args:
        text: In any language.
        names: Which names are the same.
        number: Of the text, where several are read together.
    """
    out: list[Clause] = []
    leads, at, sentence, segment = "", 0, 0, 0
    for match in [*_CLAUSE.finditer(text), None]:
        end = match.start() if match else len(text)
        written = text[at:end].strip()
        folded = fold_claim(written, names).strip()
        ends = match is None or match[0] in _SENTENCE_END or match[0] in ";；."
        if folded and not ends and _ONLY_TIME.fullmatch(folded):
            continue
        if folded:
            parts = [p for whole in _parted(folded) for p in _side_by_side(whole, names) or [whole]]
            for part in parts:
                out.append(Clause(part, written, names, leads, (number, sentence), segment))
                leads += part + ","
        if ends:
            leads = ""
            segment += 1
            sentence += match is not None and match[0] not in ";；"
        at = match.end() if match else end
    return tuple(out)


def _parted(folded: str) -> list[str]:
    """米勒表示期待王毅访美 → 米勒表示, 期待王毅访美."""
    match = _SAYS.search(folded)
    if match and _DENIES.search(folded[: match.start()]):
        return [folded]
    if not match or not folded[match.end() :].strip() or not folded[: match.start()].strip():
        return [folded]
    return [folded[: match.end()], folded[match.end() :].strip()]


def _side_by_side(folded: str, names: Names) -> list[str]:
    """对东盟、非洲分别增长8%、18% → 对东盟增长8%, 非洲增长18%."""
    match = _PARALLEL.search(folded)
    if not match:
        return []
    *first, last = re.split("[、和]", match[1])
    tail, how = match[2], re.split("[、和]", match[3])
    end = len(next(iter(_cut(last + tail, names)))[0])
    whom, what = [*first, (last + tail)[:end]], (last + tail)[end:].replace("分别", "")
    if len(whom) != len(how):
        return []
    return [f"{a}{what}{b}" for a, b in zip(whom, how, strict=True)]


def _cut(folded: str, names: Names) -> Iterable[tuple[str, str, int]]:
    """Words with their tags and places: known names whole, the rest as jieba cuts it."""
    at = 0
    for start, end, forms in [*names.find(folded), (len(folded), len(folded), ())]:
        for piece in _PIECE.finditer(folded, at, start):
            if piece[0][0].isascii():
                yield piece[0], "en", piece.start()
                continue
            place = piece.start()
            for word, tag in tagged(piece[0]):
                if len(word) == 2 and word[0] == "时" and word[1] in "说称":  # 接受采访时|说
                    yield "时", "n", place
                    yield word[1], "v", place + 1
                else:
                    yield word, tag, place
                place += len(word)
        if forms:
            yield forms[0], "name", start
        at = end


def _words(clause: Clause) -> Iterable[Word]:
    folded, names = clause.text, clause.names
    if clause.english:
        capitals = {word.casefold() for word in _CAPITALISED.findall(clause.written)}
        first = _FIRST_CAPITALISED.match(clause.written)
        for phrase, forms in chinese_alternatives(folded, names):
            named = phrase in capitals or (
                len(forms) == 1 and first is not None and phrase == first[0].casefold()
            )
            tag = "name" if len(names.forms(phrase)) > 1 else "nr" if named else "en"
            if not phrase[0].isdigit() and phrase not in _SCALES and phrase not in LIGHT:
                yield Word(phrase, (*forms, *alike(phrase)), tag, max(folded.find(phrase), 0))
        return
    for word, tag, start in _cut(folded, names):
        if word in LIGHT or word in STOP_WORDS or word[0].isdigit() or tag.startswith(("m", "x")):
            continue
        if tag != "name" and word[0] in _NUMERAL and (len(word) < 3 or tag.startswith("m")):
            continue
        if not ("㐀" <= word[0] <= "鿿" or word[0].isalpha()):
            continue
        yield Word(word, (word, *alike(word)), tag, start)


_SCALES = frozenset(
    ("billion", "million", "thousand", "trillion", "hundred", "percent", "per cent")
)


@dataclass(frozen=True)
class Comparison:
    """A clause of a claim beside the clause of its sources that says most of it."""

    clause: Clause
    source: Clause
    near: tuple[Clause, ...]
    """The clauses of the sources that say much of it, the closest included."""
    claim: tuple[Clause, ...]
    sources: tuple[Clause, ...]
    """All clauses of what would be cited."""
    offered: tuple[Clause, ...]
    """All clauses of all that the claim could have stood on."""
    question: str
    """Folded."""
    quotes: Known
    before: Known
    """The sentences before the quotes."""
    cards: str
    """Titles, outlets and dates of the quotes' documents, folded."""
    is_bare: bool
    """Whether the claim is only a name, a figure or a date, about what was asked."""

    @cached_property
    def sentence(self) -> tuple[Clause, ...]:
        """The clauses of the source's sentence."""
        return tuple(c for c in self.sources if c.sentence == self.source.sentence)

    @cached_property
    def laid(self) -> Laid:
        """The clause laid over that sentence."""
        return lay(self.clause, self.sentence)

    @property
    def around(self) -> Known:
        """The quotes with the sentences before them."""
        return Known(f"{self.before.text}\n{self.quotes.text}")


NEAR = 0.6
"""Share of the best clause's merit from which another is near."""


def closest(
    words: Sequence[Word], clauses: Sequence[Clause], figures_: Sequence[Figure], subject: str = ""
) -> tuple[Clause, ...]:
    """Return the clauses that hold most of ``words``, best first; of equals the first.

    Args:
        words: Of a claim's clause.
        clauses: At least one.
        figures_: Of the claim, of which each found counts as a word.
        subject: Whom the claim says it of: counts little, for it may be another in the source,
            or stand in the clause before.
    """
    doer = [w for w in words if w.text in subject]
    rest = [w for w in words if w.text not in subject]

    # What many clauses hold tells little of which is meant.
    held_by = {w.text: sum(clause.known.says(w) for clause in clauses) for w in rest}

    def merit(clause: Clause) -> float:
        numbers = sum(
            0.5 if is_of_date(f) else 1.0
            for f in figures_
            if any(f.same_as(there) for there in clause.figures)
        )
        held = sum(clause.known.share([w]) / math.sqrt(held_by[w.text] or 1) for w in rest)
        return held + 0.3 * clause.known.share(doer) + 1.5 * numbers - 0.002 * len(clause.text)

    merits = [merit(clause) for clause in clauses]
    order = sorted(range(len(clauses)), key=lambda n: -merits[n])
    enough = NEAR * merits[order[0]]
    return tuple(clauses[n] for n in order if n == order[0] or merits[n] >= enough > 0)
