"""Score one answer against its case: every metric as a number, None where it cannot be scored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eval.metrics import (
    Place,
    answer_correct,
    character_f1,
    citation_precision,
    citation_recall,
    holds,
    recall_at,
    reciprocal_rank,
    share_held,
    speaks_like,
)
from rag.cards import card
from rag.fold import to_simplified
from rag.model import join_spans
from rag.split import sentences
from rag.verify import Source, verify
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval.cases import Case
    from eval.homes import Library
    from rag.model import Answer, Citation, Sentence

READ = 8
"""Hits that an answer is written from by default: recall is also given at all of them."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is called and read."""

    label: str
    english: str
    unit: Literal["share", "seconds", "tokens"] = "share"
    better: Literal["high", "low"] = "high"


METRICS: dict[str, Metric] = {
    "right": Metric("答对", "answers right"),
    "refused_rightly": Metric("该拒则拒", "refusal recall"),
    "refusal_right": Metric("拒得有理", "refusal precision"),
    "refused_wrongly": Metric("错拒", "refused wrongly", better="low"),
    "false_shown": Metric("错答示人", "false and shown", better="low"),
    "shown_wrong": Metric("所示未答", "shown and not right", better="low"),
    "missing_named": Metric("指明缺口", "missing parts named"),
    "sides_shown": Metric("各方并陈", "both sides shown"),
    "citation_precision": Metric("引文准", "citation precision"),
    "citation_recall": Metric("引文全", "citation recall"),
    "citation_valid": Metric("引文逐字", "citations valid"),
    "supported": Metric("句句有据", "supported by the verifier"),
    "uncited_refusal": Metric("拒则不引", "no citation on refusal"),
    "language_right": Metric("语言文字", "language and script right"),
    "character_f1": Metric("字符 F1", "character F1"),
    "recall_1": Metric("召回@1", "recall@1"),
    "recall_5": Metric("召回@5", "recall@5"),
    "recall_8": Metric("召回@8", "recall@8"),
    "reciprocal_rank": Metric("MRR", "MRR"),
    "judged_right": Metric("模型评判", "right, says the judge"),
    "seconds": Metric("用时", "seconds", unit="seconds", better="low"),
    "seconds_to_evidence": Metric("见到原文", "seconds to evidence", unit="seconds", better="low"),
    "seconds_to_first_word": Metric(
        "见到首字", "seconds to the first word", unit="seconds", better="low"
    ),
    "prompt_tokens": Metric("读入词元", "prompt tokens", unit="tokens", better="low"),
    "completion_tokens": Metric("写出词元", "completion tokens", unit="tokens", better="low"),
}
"""Every metric, in the order of reports. Each is the mean of a field of `Score`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an answer took when the model was really asked."""

    seconds: float
    seconds_to_evidence: float | None = None
    seconds_to_first_word: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one answer scored; None: not scored."""

    case: str
    slice: str
    held_out: bool
    right: bool | None
    """Of an answerable question; a refusal of it is wrong."""
    refused_rightly: bool | None
    """Of an unanswerable question. Its mean is the recall of refusal."""
    refusal_right: bool | None
    """Of a refusal. Its mean is the precision of refusal."""
    refused_wrongly: bool | None
    missing_named: float | None
    """Share of the missing parts that the answer names as missing."""
    sides_shown: float | None
    citation_precision: float | None
    citation_recall: float | None
    """Of an answerable question; a refusal of it cites nothing, which is 0."""
    citation_valid: float | None
    """Share of citations whose quote is the characters that their spans select."""
    supported: float | None
    """Share of cited sentences that the verifier finds in what they cite."""
    uncited_refusal: bool | None
    language_right: bool | None
    character_f1: float | None
    recall_1: float | None
    recall_5: float | None
    recall_8: float | None
    reciprocal_rank: float | None
    judged_right: bool | None
    seconds: float
    seconds_to_evidence: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds_to_first_word: float | None = None
    """Of what the model writes; a baseline that writes at once has its whole time here."""
    false_shown: bool | None = None
    """Whether a false answer that the case names is shown as the answer: the limit for the value.
    Of a case that names none, None."""
    shown_wrong: bool | None = None
    """Whether something is shown that is not right, or where nothing should be. Not all of that
    is false: a true quotation beside the point counts."""

    @property
    def good(self) -> bool | None:
        """Whether the outcome is the one wanted: right where answerable, else refused."""
        return self.right if self.right is not None else self.refused_rightly


def score(
    case: Case, answer: Answer, library: Library, cost: Cost, *, judged: bool | None = None
) -> Score:
    """Score ``answer`` against ``case``.

    Args:
        case: What was asked, and what a right answer holds.
        answer: Of Youju or of a baseline.
        library: The documents that were asked.
        cost: What it took.
        judged: What a language model thinks of it, where one was asked.
    """
    gold = [[library.place(e) for e in group] for group in case.evidence]
    found = [Place(h.passage.document_id, h.passage.spans) for h in answer.hits]
    by_marker = {c.marker: c for c in answer.citations}
    cited = [
        [Place(c.document_id, c.spans) for c in _cited_by(sentence, by_marker)]
        for sentence in answer.sentences
    ]
    silent = answer.silent
    text = "" if silent else answer.text
    return Score(
        case=case.id,
        slice=case.slice,
        held_out=case.held_out,
        right=answer_correct(text, case.gold) if case.answerable else None,
        refused_rightly=None if case.answerable else silent,
        refusal_right=not case.answerable if silent else None,
        refused_wrongly=silent if case.answerable else None,
        missing_named=share_held(_said_missing(answer), case.missing),
        sides_shown=share_held(text, case.sides),
        citation_precision=citation_precision(cited, gold),
        citation_recall=citation_recall(cited, gold),
        citation_valid=_valid(answer, library),
        supported=_supported(answer, by_marker, library),
        uncited_refusal=not answer.citations if silent else None,
        language_right=_speaks(case.question, answer),
        character_f1=character_f1(text, case.gold) if case.answerable else None,
        recall_1=recall_at(1, found, gold),
        recall_5=recall_at(5, found, gold),
        recall_8=recall_at(READ, found, gold),
        reciprocal_rank=reciprocal_rank(found, gold),
        judged_right=judged,
        seconds=cost.seconds,
        seconds_to_evidence=cost.seconds_to_evidence,
        seconds_to_first_word=cost.seconds_to_first_word,
        prompt_tokens=cost.prompt_tokens,
        completion_tokens=cost.completion_tokens,
        false_shown=_false_shown(case, answer),
        shown_wrong=not silent and not (case.answerable and answer_correct(text, case.gold)),
    )


def _false_shown(case: Case, answer: Answer) -> bool | None:
    """Whether the short answer, or without one what is said, is a false one and no right one."""
    if not case.wrong:
        return None
    if answer.silent:
        return False
    short = [s.text[start:end] for s in answer.sentences for start, end in s.short]
    said = " ".join(short) or answer.text
    is_false = any(holds(said, wrong) for wrong in case.wrong)
    return is_false and not answer_correct(said, case.gold)


def _cited_by(sentence: Sentence, by_marker: Mapping[int, Citation]) -> list[Citation]:
    return [by_marker[m] for m in sentence.markers if m in by_marker]


def _said_missing(answer: Answer) -> str:
    """What the answer says that is no cited statement: there a missing part would be named."""
    rest = answer.text
    for sentence in answer.sentences:
        if sentence.markers:
            rest = rest.replace(sentence.text, "")
    return "\n".join((rest, *answer.missing, answer.note))


def _speaks(question: str, answer: Answer) -> bool | None:
    """Whether what Youju or the model wrote is in the question's language; quotes stay printed."""
    written = [s.text for s in answer.sentences if s.support != "quoted"]
    if answer.sentences and not written:
        return None
    return speaks_like(question, " ".join(written) or answer.text)


def _valid(answer: Answer, library: Library) -> float | None:
    if not answer.citations:
        return None
    exact = [
        join_spans(library.document(c.document_id).text, c.spans) == c.quote
        for c in answer.citations
    ]
    return sum(exact) / len(exact)


def _supported(answer: Answer, by_marker: Mapping[int, Citation], library: Library) -> float | None:
    cited = [(s, _cited_by(s, by_marker)) for s in answer.sentences if s.markers]
    if not cited:
        return None
    found = [_stands(s.text, citations, answer.understood_as, library) for s, citations in cited]
    return sum(found) / len(found)


def _stands(text: str, citations: list[Citation], question: str, library: Library) -> bool:
    """Whether the verifier supports a sentence by nothing but what it cites."""
    text = _without_lead(text, citations, library)
    if any(_flat(text) in _flat(c.quote) for c in citations):
        return True
    sources = [Source(c.quote, _context(c, library)) for c in citations]
    names = library.names()
    return verify(text, sources, question=question, names=names).support == "supported"


def _without_lead(text: str, citations: list[Citation], library: Library) -> str:
    """Take 据《联合早报》（2025-09-19）的读者评论，夏风说： away, where it says so rightly.

    Youju puts such words in front of what is not a plain fact. They are right when they name the
    outlet or the title of what is cited, and whoever they name stands there or wrote it.
    """
    for words in WORDS.values():
        for template in (words.says, words.speaker_says, words.commented, words.posted):
            found = re.match(re.escape(template).replace(r"\{\}", "(.+?)"), to_simplified(text))
            if found and all(_leads(found.groups(), c, library) for c in citations):
                return text[found.end() :]  # both scripts are of the same length
    return text


def _leads(said: Sequence[str], citation: Citation, library: Library) -> bool:
    label, *speaker = said
    if not any(to_simplified(x) in label for x in (citation.outlet, citation.title) if x):
        return False
    unnamed = [n for w in WORDS.values() for n in (w.unnamed_reader, w.unnamed_user)]
    there = to_simplified(f"{citation.quote}\n{_context(citation, library)}")
    return all(name in there or name in unnamed for name in speaker)


def _context(citation: Citation, library: Library) -> str:
    """What is known of a quote beside its characters: its source, author, and what is before."""
    author = library.document(citation.document_id).author or ""
    return f"{card(citation)} {author} {_date(citation)}\n{_before(citation, library)}"


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _date(citation: Citation) -> str:
    """2025-09-19 → 2025年9月19日, as an answer would put it."""
    parts = (citation.published or "").split("-")
    return "".join(f"{int(p)}{u}" for p, u in zip(parts, "年月日", strict=False) if p.isdigit())


def _before(citation: Citation, library: Library) -> str:
    """The sentence before a quote, which often holds its subject."""
    text = library.document(citation.document_id).text[: citation.spans[0][0]]
    recent = text[-600:]
    bounds = sentences(recent)
    return recent[slice(*bounds[-1])] if bounds else ""
