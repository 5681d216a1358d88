"""What is of a document, as a client may show it: one function for each form of output.

==========  ==================================  ==========================================
form        function                            what it does
==========  ==================================  ==========================================
text        ``rag.untrusted.plain``             takes links, images, tags and markup out
Markdown    ``markdown``                        the same, and escapes what is left of it
HTML        ``html.escape``                     every character is shown
JSON        ``json.dumps``, pydantic            every character is kept
==========  ==================================  ==========================================
"""

from __future__ import annotations

import re

from rag.fold import visible
from rag.untrusted import plain

_LIVE = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~])           # a backslash that would escape
    |[`*$]|~~|(?<!\w)_|_(?!\w)
    |<(?=[A-Za-z/!?])                    # a tag, an address
    |&(?=\#?\w+;)
    |(?:(?<=\])|^)[(:]                   # what makes a link, or its definition, of a bracket;
                                         # one of our markers may stand before the text
    |^[\#>+-]""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def markdown(text: str) -> str:
    """Return a document's text as Markdown in which nothing of it is live."""
    return literal(plain(text))


def literal(text: str) -> str:
    """Return Markdown that shows ``text`` to the letter, on one line."""
    line = " ".join(filter(None, map(str.strip, visible(text).splitlines())))
    return _LIVE.sub(lambda m: "".join(f"\\{char}" for char in m[0]), line)


def unescaped(text: str) -> str:
    """Return what ``literal`` was given: a client sends back what it was sent."""
    return _ESCAPED.sub(r"\1", text)
