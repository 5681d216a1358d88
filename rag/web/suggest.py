"""Questions to begin with, made from the documents themselves by rule.

A clause that tells a figure becomes a question by asking for the figure: 对华加征共计20%的关税
→ 对华加征共计多少的关税？ One further question asks for something that no document mentions, to
show how that is answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.fold import language_of, script_of, to_traditional
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.model import Document, Passage
    from rag.web.words import Words

ANSWERABLE = 3
LOOKED_AT = 40
"""Documents that questions are made from, the latest first."""
_CHINESE_FIGURE = re.compile(
    r"(?<![\d第年月—-])\d[\d,.]*(?:多|余)?(?P<unit>[万亿]?(?:%|％|美元|欧元|元|家|名|人|吨|公里|架|艘|倍|项|个|位))"
    r"(?![\d—-])"
)
_ENGLISH_FIGURE = re.compile(r"(?<![\w.,-])\d[\d,.]*\d?(?P<unit> ?%| [a-z]{3,}s\b)")
_ENDS = re.compile(r"[，；：。！？,;:]")
_LEANS = re.compile(
    r"^[”）)’]|^(?:他|她|它|其|该|这|此|那|并|但|而|则|也|还|又|且|同时|因此|由于|如果|以及|分别|约|近|达|为|占)"
    r"|^(?:it|he|she|they|this|that|these|those|and|but|which|who)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"[全本我][省市县區区州校厂国]|当[地年月日天]|同期|前者|后者|上述|双方|今年|去年|本次|此次"
    r"|\b(?:this|that|last) (?:year|month|week|quarter)\b",
    re.IGNORECASE,
)
"""Words that point at what was told elsewhere: whose, or when."""
_STRAY = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
"""White space beside a Chinese character."""
_LATIN_PERSON = re.compile(r"[A-Z][a-z]+(?: [A-Z]\.)?(?: [A-Z][a-z]+){1,2}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to click on."""

    text: str
    answerable: bool = True
    """False: the documents do not say it, on purpose."""


def suggest(
    documents: Sequence[Document],
    passages_of: Callable[[str], Sequence[Passage]],
    names: Iterable[tuple[str, str]],
    t: Words,
) -> tuple[Suggestion, ...]:
    """Return up to three questions with an answer, and one without.

    Args:
        documents: Cards of all documents.
        passages_of: Returns a document's passages by its id.
        names: Pairs of names that documents give, 庞德伟 and David Perdue.
        t: The reader's words; a question about a text is in the text's language.
    """
    own = [d for d in documents if not d.near]
    latest = sorted(own, key=lambda d: (d.published or "", d.id), reverse=True)[:LOOKED_AT]
    if not latest:
        return ()
    bodies = {d.id: [p for p in passages_of(d.id) if p.kind == "body"] for d in latest}
    rounds = [list(_questions(bodies[d.id])) for d in latest]
    made: list[str] = []
    for n in range(ANSWERABLE):  # one of each document, then a second of each
        made += [found[n] for found in rounds if n < len(found)]
    made += [t("fallback.title", title=d.title) for d in latest]
    asked = [Suggestion(q) for q in dict.fromkeys(made)][:ANSWERABLE]
    texts = [p.text for ps in bodies.values() for p in ps]
    return (*asked, Suggestion(_unanswerable(latest[0], names, texts, t), answerable=False))


def _questions(passages: Iterable[Passage]) -> Iterator[str]:
    for passage in passages:
        for start, end in sentences(passage.text):
            question = ask_for_figure(passage.text[start:end])
            if question:
                yield question


def ask_for_figure(sentence: str) -> str | None:
    """Return a question for the one figure of a clause; None where it would not read well."""
    chinese = language_of(sentence) == "zh"
    clauses = _ENDS.split(sentence) if chinese else [sentence.rstrip(" .")]
    pattern = _CHINESE_FIGURE if chinese else _ENGLISH_FIGURE
    shortest, longest = (14, 40) if chinese else (40, 140)
    for written in clauses:
        clause = " ".join((_STRAY.sub("", written) if chinese else written).split())
        figures = list(pattern.finditer(clause))
        if _POINTS.search(clause):
            continue
        if not (shortest <= len(clause) <= longest and len(figures) == 1) or _LEANS.search(clause):
            continue
        if len(re.findall(r"\d+", clause.replace(figures[0][0], ""))) > 1 or _unpaired(clause):
            continue
        figure = figures[0]
        if chinese:
            asked = "多少" + figure["unit"].lstrip("万亿").lstrip("%％")
            question = clause[: figure.start()] + asked + clause[figure.end() :] + "？"
            return to_traditional(question) if script_of(sentence) == "hant" else question
        asked = "what percentage" if "%" in figure["unit"] else f"how many{figure['unit']}"
        return f"{clause[: figure.start()]}{asked}{clause[figure.end() :]}?"
    return None


def _unpaired(clause: str) -> bool:
    pairs = ("“”", "《》", "（）", "()", "「」")
    return (
        any(clause.count(pair[0]) != clause.count(pair[1]) for pair in pairs)
        or clause.count('"') % 2 == 1
    )


def _unanswerable(
    latest: Document, names: Iterable[tuple[str, str]], texts: Sequence[str], t: Words
) -> str:
    """Ask for something of a person, or of a text, that no text looked at mentions."""
    if not any(t("unknown.person.about") in text for text in texts):
        for name, other in names:
            person = _LATIN_PERSON.fullmatch(other)
            if person and language_of(name) == "zh" and len(name) <= 8:
                return t("unknown.person", name=other if t.language == "en" else name)
    return t("unknown.title", title=latest.title)
