"""What a file's own properties are worth: titles, authors, dates and tags, without fillers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from rag.parse.compose import readable

# What office programs and libraries write where nobody wrote anything.
_NO_TITLE = re.compile(
    r"(?:untitled|title|workbook|book1|slide 1|word document|powerpoint presentation"
    r"|(?:document|文档|文件)\s*\d*|无标题|無標題|未命名|未命名文件|工作簿1|幻灯片 1"
    r"|powerpoint (?:演示文稿|簡報)|\(?(?:anonymous|unspecified)\)?)",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:python-docx|python-pptx|openpyxl|xlsxwriter|reportlab|apache poi|steve canny"
    r"|\(?(?:anonymous|unspecified|unknown)\)?|author|admin|administrator|user|owner"
    r"|microsoft|microsoft office user|windows (?:user|用户)|pc|lenovo|hp|dell|asus)",
    re.IGNORECASE,
)
_PROGRAM_BEFORE_TITLE = re.compile(r"^(?:Microsoft (?:Office )?(?:Word|PowerPoint|Excel))\s*-\s*")
_OFFICE_SUFFIX = re.compile(r"\.(?:docx?|pptx?|xlsx?|wps|indd|qxd|pmd)$", re.IGNORECASE)

# The empty files that python-docx and python-pptx start from were made then.
_TEMPLATE_DATES = {date(2013, 12, 23), date(2013, 1, 27)}
_FIRST_YEAR = 1980

_ISO = re.compile(
    r"((?:19|20)\d{2})(?:\s*[-/.年]\s*(1[0-2]|0?[1-9])(?:\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9]))?)?"
    r"(?:[日月年T\s]|$)"
)
_BETWEEN_TAGS = re.compile(r"[,，、;；\n]")
TAGS = 50
"""Tags that a text may have; more are a list of words."""

_COMPACT = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?:\d{6})?$")


def title_of(value: object) -> str | None:
    """Return a title that a person wrote, on one line."""
    if not isinstance(value, str):
        return None
    title = _PROGRAM_BEFORE_TITLE.sub("", " ".join(readable(value).split()))
    title = _OFFICE_SUFFIX.sub("", title)
    return None if not title or _NO_TITLE.fullmatch(title) else title[:300]


def author_of(value: object) -> str | None:
    """Return the name of a person or an organisation, not of a program."""
    if not isinstance(value, str):
        return None
    author = " ".join(readable(value).split())
    return None if not author or _NO_AUTHOR.fullmatch(author) else author[:200]


def created_on(moment: object) -> str | None:
    """Return the ISO date of a file's creation, if a document could have been written then."""
    if not isinstance(moment, datetime):
        return None
    day = moment.date()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    if day.year < _FIRST_YEAR or day > tomorrow or day in _TEMPLATE_DATES:
        return None
    return day.isoformat()


def tags_of(value: object) -> tuple[str, ...]:
    """Return tags, each once, out of a list or a string with commas between them.

    An entry of a list is one tag, whatever is in it. A ``#`` before a tag is left out.
    """
    if isinstance(value, str):
        entries: list[object] = [*_BETWEEN_TAGS.split(value)]
    else:
        entries = [*value] if isinstance(value, list | tuple) else [value]
    tags: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, str | int | float | date) and not isinstance(entry, bool):
            tag = " ".join(readable(str(entry)).split()).lstrip("# ")[:100]
            if tag:
                tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())[:TAGS]


def iso_date(value: object) -> str | None:
    """Read a date as people and programs write it, as precise as it is: ``2026-03``, ``2023``.

    Knows ISO forms, ``2025年6月5日``, ``20250605``, mail dates and seconds (or milliseconds)
    since 1970; anything else is ``None``.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    words = str(value).strip()
    if match := _COMPACT.match(words) or _ISO.match(words):
        year, *rest = (part for part in match.groups() if part)
        return "-".join([year, *(part.zfill(2) for part in rest)])
    try:
        moment = (
            parsedate_to_datetime(words) if isinstance(value, str) else _from_seconds(float(value))
        )
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return moment.date().isoformat()


def _from_seconds(seconds: float) -> datetime:
    if seconds > 1e11:
        seconds /= 1000
    if seconds < 1e8:
        raise ValueError("before 1973: a count of something else")
    return datetime.fromtimestamp(seconds, UTC)
