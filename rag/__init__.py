"""Youju 有据: answers over your documents, every sentence checked against what it cites.

The pipeline, in the order in which a file becomes an answer:

    parse       a file's bytes → Parsed: text, and marks of what its format knows (in a child)
    load        Parsed → Document: title, outlet, date
    clean       Document → blocks: what says something, as spans; the rest marked
    split       blocks → Passages of whole sentences
    ingest      all of that for a pile of files, into the ledger
    embed       text → vectors (multilingual-e5-small in this process, or an endpoint)
    retrieve    question → Hits: dense and lexical legs, fused
    evidence    Hits → the sentences that can answer
    reader      question × texts → which of them answer, and with which words
    llm         asks a language model, within a deadline (local_server runs the embedded one)
    corpus      topic → every document that mentions it; what they date
    answer      question → Answer: quote, or write and check; decide
    verify      sentence × sources → Verdict: figures, names, meaning
    decide      signals → the probability that the question is answered

    model       the frozen values that flow through all of this
    build       puts the pieces together: `open`, `ask`
    cli, web    what people use

Stores live in `vectorstore/`, measurements in `eval/`, prompts in `prompts/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import rag.telemetry  # noqa: F401 - before any library that would phone home
from rag.model import Answer, Citation, Document, Filters, Hit, Passage, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.build import Youju
    from rag.verify import Verdict

__all__ = [
    "Answer",
    "Citation",
    "Document",
    "Filters",
    "Hit",
    "Passage",
    "Sentence",
    "ask",
    "check",
    "open",
]


def open(home: str | Path | None = None) -> Youju:
    """Open a home of documents.

    Args:
        home: A folder; it starts empty where it does not exist. Without it the default home is
            opened (`YOUJU_HOME`, `.youju/`), and filled from the seed documents the first time.

    Returns:
        An object with `ask`, `stream`, `search`, `mentions`, `timeline`, `add`, `documents`,
        `document`, `remove`.
    """
    # Late: `import rag` and `youju --help` must not wait for the vector store's libraries.
    from rag.build import open_home  # noqa: PLC0415

    return open_home(home)


def ask(
    question: str, history: Sequence[tuple[str, str]] = (), filters: Filters | None = None
) -> Answer:
    """Answer one question over the default home.

    Args:
        question: In Chinese (either script) or English.
        history: Earlier questions and answers, oldest first.
        filters: Which documents and classes may be read.
    """
    from rag.build import default_home  # noqa: PLC0415

    return default_home().ask(question, history, filters)


def check(claim: str, evidence: Sequence[str], *, question: str = "") -> Verdict:
    """Check whether sentences support a claim. Needs no home and asks no model.

    Args:
        claim: One sentence, or a bare answer to ``question``.
        evidence: The sentences that it may stand on.
        question: What the claim answers, where it is no sentence of its own.

    Returns:
        A verdict: ``support`` is ``supported``, ``partial``, ``contradicted`` or
        ``unsupported``, and ``reason`` says why.
    """
    from rag.verify import Source, verify  # noqa: PLC0415 - as above

    return verify(claim, [Source(sentence, "") for sentence in evidence], question=question)
