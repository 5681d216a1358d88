"""Read question sets in SQuAD's format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rag.errors import BadFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the first of its answers."""

    id: str
    text: str
    answer: str
    start: int
    """Where the answer stands in the paragraph, says the file: not all files count alike."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph and the questions that it answers."""

    text: str
    article: int
    """Position of its article in the file."""
    title: str
    """Of the article."""
    questions: tuple[Question, ...]


def read_squad(path: Path) -> list[Paragraph]:
    """Read the paragraphs of all articles, in the file's order.

    Raises:
        BadFileError: When the file cannot be read or is not in SQuAD's format.
    """
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        return [
            Paragraph(
                text=p["context"],
                article=number,
                title=str(article.get("title", "")),
                questions=tuple(
                    Question(
                        id=str(qa["id"]),
                        text=qa["question"],
                        answer=qa["answers"][0]["text"] if qa["answers"] else "",
                        start=qa["answers"][0]["answer_start"] if qa["answers"] else 0,
                    )
                    for qa in p["qas"]
                ),
            )
            for number, article in enumerate(articles)
            for p in article["paragraphs"]
        ]
    except OSError as error:
        raise BadFileError(f"{path}: {error.strerror or error}.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadFileError(f"{path} is not in SQuAD's format: {error!r}.") from error


def spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` items, spread evenly over all.

    >>> spread("abcdef", 3)
    ['a', 'c', 'e']
    """
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]
