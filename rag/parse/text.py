"""Text that is a file's own: plain text, Markdown, and HTML handed on to its parser."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.model import Parsed
from rag.parse.compose import valid
from rag.parse.encoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.parse.job import Job

# Pages declare an old or a narrow name and use what is in its modern superset.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
}


def parse_text(data: bytes, job: Job) -> Iterator[Parsed]:
    """Plain text or Markdown: the characters as decoded."""
    text, encoding = decode(data)
    markdown = job.name.lower().endswith((".md", ".markdown"))
    yield Parsed(text=valid(text), format="markdown" if markdown else "text", encoding=encoding)


def parse_html(data: bytes, job: Job) -> Iterator[Parsed]:
    """A web page, its encoding as it declares it where that is true."""
    text, encoding = decode_page(data)
    yield replace(parse_page_text(text, job.name), encoding=encoding)


def parse_page_text(text: str, name: str) -> Parsed:
    """Read a page that is text already, such as a mail's body."""
    from rag.parse.page import parse_page  # noqa: PLC0415  its library takes a second to load

    return parse_page(valid(text), name=name)


def decode_page(data: bytes) -> tuple[str, str]:
    """Decode a page: what it declares, unless its bytes show that this is wrong.

    Raises:
        BadFileError: When the bytes are not text.
    """
    from rag.parse.page import page_encoding  # noqa: PLC0415

    declared = page_encoding(data)
    if declared is None or _is_utf8(data):
        return decode(data)
    try:
        known = codecs.lookup(declared).name
        encoding = _WIDER.get(known, known)
        return data.decode(encoding), encoding
    except (LookupError, UnicodeDecodeError):
        return decode(data)


def _is_utf8(data: bytes) -> bool:
    """Text in another encoding is never valid UTF-8 by chance."""
    try:
        return not data.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False
