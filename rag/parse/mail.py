"""E-mail: the message as its reader sees it, then each attachment as a part of its own."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email import errors, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse.archive import label_of, parse_member, wanted
from rag.parse.compose import Composer, readable
from rag.parse.encoding import decode
from rag.parse.properties import iso_date
from rag.parse.text import parse_page_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.parse.job import Job
    from rag.parse.limits import Failed

# What the library raises on headers and parts that break its grammar.
_ERRORS = (
    *(errors.MessageError, ValueError, LookupError, AttributeError, TypeError),
    *(RecursionError, AssertionError, NotImplementedError),
)
_QUOTED = re.compile(
    r"(?:^(?:On\s.{5,200}wrote:|.{0,100}(?:写道|寫道)[:：])[ \t]*\n\s*)?(?:^[ \t]*>.*(?:\n|\Z))+",
    re.MULTILINE,
)


def parse_mail(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """The body (plain rather than HTML), what it quotes marked as others' words.

    Raises:
        BadFileError: When it is no mail.
    """
    try:
        message = email.message_from_bytes(data, policy=policy.default)
        if not message.keys():
            raise BadFileError("no mail: it has no header lines")
        body = _body(message)
        parsed = _described(_parsed_body(body, job), message)
        attachments = list(_attachments(message, body))
    except _ERRORS as error:
        raise BadFileError(f"a damaged mail: {type(error).__name__}: {error}") from None
    if parsed.text.strip() or not attachments:
        yield parsed
    for number, (name, content) in enumerate(attachments, start=1):
        label = label_of(name) or f"attachment {number}"
        if wanted(label):
            job.budget.take_member()
            yield from parse_member(content, label, job)


def _described(body: Parsed, message: EmailMessage) -> Parsed:
    published = iso_date(_header(message, "date") or "")
    return replace(
        body,
        format="eml",
        title=_header(message, "subject"),
        author=_header(message, "from"),
        published=published,
        published_from="metadata" if published else None,
    )


def _header(message: EmailMessage, name: str) -> str | None:
    """A header's words, also where a program wrote Chinese into it without saying how."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name), None)
    if raw is None:
        return None
    words = str(message[name])
    original = str(raw).encode("utf-8", "surrogateescape")
    if "\ufffd" in words or not original.isascii():
        try:
            words = decode(original)[0]
        except BadFileError:
            words = readable(words)
    return " ".join(readable(words).split()) or None


def _body(message: EmailMessage) -> EmailMessage | None:
    """The part to read: plain text, or HTML where that is missing or blank."""
    plain = message.get_body(preferencelist=("plain",))
    if isinstance(plain, EmailMessage) and _payload(plain).strip():
        return plain
    html = message.get_body(preferencelist=("html",))
    return html if isinstance(html, EmailMessage) else None


def _parsed_body(body: EmailMessage | None, job: Job) -> Parsed:
    if body is None:
        return Parsed(text="", format="eml")
    text, encoding = _decoded(body)
    if body.get_content_subtype() == "html":
        return replace(parse_page_text(text, job.name), encoding=encoding)
    compose = Composer()
    start, _ = compose.add(text)
    for quoted in _QUOTED.finditer(compose.text, start):
        compose.mark(quoted.start(), quoted.end(), "kind", "comment")
    return Parsed(text=compose.text, format="eml", encoding=encoding, marks=compose.marks)


def _decoded(part: EmailMessage) -> tuple[str, str]:
    """Text by the declared charset, or as found out where that is missing or wrong."""
    data, declared = _payload(part), part.get_content_charset()
    if declared and declared not in {"us-ascii", "gb2312", "gbk"}:  # GB18030 is meant by these
        try:
            return data.decode(declared), declared
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _attachments(part: EmailMessage, body: EmailMessage | None) -> Iterator[tuple[str, bytes]]:
    """The names and bytes of what is attached, mails forwarded as a whole included."""
    if part.get_content_type() == "message/rfc822":
        for inner in _inner(part):
            yield f"{_header(inner, 'subject') or 'message'}.eml", inner.as_bytes()
    elif part.is_multipart():
        for inner in _inner(part):
            yield from _attachments(inner, body)
    elif part is not body and (name := part.get_filename()):
        yield name, _payload(part)


def _inner(part: EmailMessage) -> Iterator[EmailMessage]:
    return (inner for inner in part.iter_parts() if isinstance(inner, EmailMessage))
