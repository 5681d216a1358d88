"""Prompts are Markdown files in ``prompts/``: sections by role, named placeholders, checked."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from rag.errors import YoujuError
from rag.resources import resource

Messages: TypeAlias = tuple[tuple[str, str], ...]
"""Role and content, in order."""

MARKER = re.compile(r"\s*[\[［【](?:资料)?\s*(\d{1,2})\s*[\]］】]")
"""By which a model names a passage: its number."""
_SECTION = re.compile(r"^# (system|user|assistant)[ \t]*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@lru_cache(maxsize=32)
def load_prompt(name: str) -> Messages:
    """Read ``prompts/NAME.md``: what stands above the first section is a note to the reader."""
    path = resource("prompts") / f"{name}.md"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise YoujuError(f"Prompt {path} cannot be read: {error.strerror}.") from error
    _, *pieces = _SECTION.split(text)
    sections = tuple(
        (role, body.strip()) for role, body in zip(pieces[::2], pieces[1::2], strict=True)
    )
    if not sections:
        raise YoujuError(f"Prompt {path} has no section “# system” or “# user”.")
    return sections


def placeholders(name: str) -> set[str]:
    """Return the names of a prompt's placeholders."""
    return {p for _, body in load_prompt(name) for p in _PLACEHOLDER.findall(body)}


def fill(name: str, **values: str) -> Messages:
    """Return the prompt's messages with every placeholder replaced.

    Values are put in as they are: braces in a document are text.

    Raises:
        YoujuError: When the values given are not exactly the placeholders there are.
    """
    if placeholders(name) != set(values):
        raise YoujuError(
            f"Prompt {name}.md has placeholders {sorted(placeholders(name))}, "
            f"the code gives {sorted(values)}."
        )
    return tuple(
        (role, _PLACEHOLDER.sub(lambda m: values[m[1]], body)) for role, body in load_prompt(name)
    )
