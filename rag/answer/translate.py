"""A quotation in the reader's language, shown below it and labelled as a translation.

What a model writes is not a source's words: figures are compared in code, and the quotation itself
stays what is cited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import ModelError
from rag.figures import missing_figures
from rag.fold import fold, language_of
from rag.prompt import fill

if TYPE_CHECKING:
    from rag.answer.judged import Writer
    from rag.names import Names
    from rag.question.rewrite import Language

TOKENS_FOR_EACH = 1.5
"""Written at most, for each character of a Chinese text; for an English one a third of that."""
FEWEST_TOKENS = 60
LONGEST = {"en": 12.0, "zh": 2.0}
"""Characters of a translation, for each of the text: an English word has about five letters, and
stands for one or two Chinese characters."""
NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}


def translation(model: Writer, text: str, language: Language, names: Names, deadline: float) -> str:
    """Return ``text`` in ``language``; empty where there is no translation to trust."""
    if not text or language_of(text) == language:
        return ""
    messages = fill(
        "translation",
        names=_known_names(text, language, names),
        language=NAMES[language],
        text=text.replace("\n", " "),
    )
    tokens = FEWEST_TOKENS + int(TOKENS_FOR_EACH * len(text) / (1 if language == "en" else 3))
    try:
        written = model.write(messages, max_tokens=tokens, deadline=deadline).strip()
    except ModelError:
        return ""  # the quotation itself is the answer
    faithful = (
        written
        and "\n" not in written
        and language_of(written) == language
        and len(written) <= LONGEST[language] * len(text)
        and not missing_figures(text, written)
        and not missing_figures(written, text)
    )
    return written if faithful else ""


def _known_names(text: str, language: Language, names: Names) -> str:
    """Names of the text whose form in the other language is known: left alone, a model guesses."""
    known: dict[str, str] = {}
    folded = fold(text)
    for start, end, forms in names.find(folded):
        other = next((form for form in forms if language_of(form) == language), None)
        if other:
            known.setdefault(folded[start:end], other)
    if not known:
        return ""
    return "Names: " + ", ".join(f"{a} = {b}" for a, b in known.items()) + "\n"
