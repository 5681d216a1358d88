"""Rewrite a question for the search, by the language model: stand alone; in the other language.

What the model writes is checked in code and thrown away where it does not hold: a rewriting that
names what nobody named would be searched for, shown as what was understood, and answered.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Literal

from rag.errors import ModelError
from rag.figures import missing_figures
from rag.fold import fold, language_of, script_of, to_traditional
from rag.prompt import fill
from rag.question.standalone import stand_alone as by_rules
from rag.verify import names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.llm import ChatModel
    from rag.names import Names
    from rag.prompt import Messages
    from rag.settings import Settings

Language = Literal["zh", "en"]

SECONDS = 15.0
"""For one rewriting: the answer is waiting, and the rules have a result already."""
MOST_TOKENS = 120
TURNS = 4
ANSWER_CHARACTERS = 200
"""Of an earlier answer: its beginning says what it is about."""

_NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}
_LABEL = re.compile(
    r"^(?:改写后的?问题|改写|独立问题|问题|译文|翻译|(?:rewritten )?question|translation)"
    r"\s*[:：]\s*",
    re.IGNORECASE,
)
_QUOTES = "“”「」\"'` "
_ASKING = re.compile(
    r"[?？]|谁|誰|什么|什麼|哪|几|幾|多少|怎|如何|为何|為何|是否|吗|嗎"
    r"|^\W*(?:who|whom|whose|what|when|where|why|which|how|is|are|was|were|do|does|did|has|have|had|can"
    r"|could|will|would|should)\b",
    re.IGNORECASE,
)

log = logging.getLogger(__name__)


class Rewriter:
    """Rewrites questions by a language model, and keeps the rules' result where that fails."""

    def __init__(
        self,
        model: ChatModel,
        names: Callable[[], Names],
        *,
        follow_ups: bool = True,
        seconds: float = SECONDS,
    ) -> None:
        """Keep the model.

        Args:
            model: Writes.
            names: Which names are the same.
            follow_ups: Whether it makes follow-ups stand alone; else the rules do.
            seconds: That one rewriting may take.
        """
        self._model = model
        self._names = names
        self._follow_ups = follow_ups
        self._seconds = seconds

    def stand_alone(
        self,
        question: str,
        history: Sequence[tuple[str, str]],
        *,
        deadline: float | None = None,
    ) -> str:
        """Return ``question`` so that it can be understood without ``history``.

        A question that leans on nothing by the rules is not given to the model: it could only get
        worse.

        Args:
            question: As asked.
            history: Earlier questions and answers, oldest first.
            deadline: ``time.monotonic()`` value that the answer has.
        """
        question = question.strip()
        names = self._names()
        ruled = by_rules(question, history, names)
        if ruled == question or not self._follow_ups:
            return ruled
        told = [(q, a[:ANSWER_CHARACTERS]) for q, a in history[-TURNS:]]
        messages = fill(
            "standalone",
            history="\n".join(f"问：{q}\n答：{a}" for q, a in told),
            question=question,
        )
        written = self._ask(messages, deadline)
        known = " ".join([*(text for turn in told for text in turn), question])
        longest = 3 * len(question) + max(len(text) for turn in told for text in turn)
        problem = (
            _not_one_question(written, question)
            or ("too long" if len(written) > longest else "")
            or ("a figure is lost" if missing_figures(question, written) else "")
            or _invented(written, known, names)
            or ("another language" if language_of(written) != language_of(question) else "")
        )
        kept = self._kept(written, problem, ruled)
        return to_traditional(kept) if script_of(question) == "hant" else kept

    def translate(self, question: str, language: Language, *, deadline: float | None = None) -> str:
        """Return ``question`` in ``language``; nothing where there is no translation to trust.

        Args:
            question: Standing alone.
            language: To translate into.
            deadline: ``time.monotonic()`` value that the answer has.
        """
        question = question.strip()
        if language_of(question) == language:
            return ""
        asked = _with_chinese_names(question, self._names()) if language == "zh" else question
        messages = fill("translate", language=_NAMES[language], question=asked)
        written = self._ask(messages, deadline)
        # An English question has about four letters for each character of a Chinese one.
        longest = 3 * len(question) if language == "zh" else 12 * len(question)
        # Names cannot be compared across languages: only the figures are.
        problem = (
            _not_one_question(written, question)
            or ("too long" if len(written) > longest else "")
            or ("another language" if language_of(written) != language else "")
            or ("a figure is lost" if missing_figures(question, written) else "")
            or ("a figure is invented" if missing_figures(written, question) else "")
        )
        return self._kept(written, problem, "")

    def _ask(self, messages: Messages, deadline: float | None) -> str:
        """What the model writes; nothing where it fails."""
        own = time.monotonic() + self._seconds
        try:
            pieces = self._model.stream(
                messages, max_tokens=MOST_TOKENS, deadline=min(own, deadline or own)
            )
            text = "".join(piece.text for piece in pieces)
        except ModelError as error:
            # The one place where a failing model raises nothing: the rules have understood the
            # question well enough to search, and the answer, which does need the model, will name
            # the failure a moment later.
            log.warning("The question is rewritten by rules: %s", error)
            return ""
        return _LABEL.sub("", text.strip().strip(_QUOTES)).strip(_QUOTES)

    @staticmethod
    def _kept(written: str, problem: str, otherwise: str) -> str:
        if problem and written:
            log.info("A rewriting is thrown away, %s: %s", problem, written)
        return otherwise if problem else written


def make_rewriter(
    model: ChatModel, settings: Settings, names: Callable[[], Names]
) -> Rewriter | None:
    """Return what rewrites by the model where ``settings`` want that, else None: the rules do.

    On its own the embedded model only translates, which is a matter of a second or two; follow-ups
    are left to the rules.
    """
    if settings.rewrite == "rules":
        return None
    follow_ups = settings.rewrite == "model" or bool(settings.base_url)
    return Rewriter(model, names, follow_ups=follow_ups)


def _with_chinese_names(question: str, names: Names) -> str:
    """Write known names in Chinese: left to itself a small model invents them."""
    folded = fold(question)
    if len(folded) != len(question):  # folding has moved the places
        return question
    for start, end, forms in reversed(names.find(folded)):
        chinese = next((form for form in forms if language_of(form) == "zh"), None)
        if chinese:
            question = question[:start] + chinese + question[end:]
    return question


def _not_one_question(written: str, question: str) -> str:
    if not written:
        return "nothing written"
    if "\n" in written:
        return "more than a line"
    if _ASKING.search(question) and not _ASKING.search(written):
        return "an answer, not a question"
    return ""


def _invented(written: str, known: str, names: Names) -> str:
    """What ``written`` names that stands nowhere in ``known``."""
    if missing_figures(written, known):
        return "a figure is invented"
    folded = names.fold_text(known)
    told = names_in(written, names)
    new = [forms[0] for forms in told if not any(form in folded for form in forms)]
    return f"{new[0]} is invented" if new else ""
