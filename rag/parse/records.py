"""JSON and JSON Lines: one document a record, its fields found by a stated mapping."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse.compose import valid
from rag.parse.encoding import decode
from rag.parse.limits import Failed
from rag.parse.properties import iso_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.parse.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMapping:
    """Which fields of a record hold what; of several names the first that a record has counts.

    Names are compared without regard to case.
    """

    text: tuple[str, ...] = (
        *("text", "content", "body", "article", "passage", "full_text", "fulltext"),
        *("正文", "内容", "內容", "全文", "文本", "文章"),
    )
    title: tuple[str, ...] = ("title", "headline", "subject", "标题", "標題", "题目", "題目")
    url: tuple[str, ...] = ("url", "link", "source_url", "href", "链接", "鏈接", "網址", "网址")
    outlet: tuple[str, ...] = (
        *("outlet", "source", "publisher", "site", "media"),
        *("来源", "來源", "媒体", "媒體", "出处"),
    )
    author: tuple[str, ...] = ("author", "byline", "creator", "作者", "记者", "記者")
    published: tuple[str, ...] = (
        *("published", "date", "published_at", "pubdate", "publish_time", "publish_date"),
        *(
            "created_at",
            "time",
            "datetime",
            "日期",
            "发布时间",
            "發布時間",
            "发表时间",
            "时间",
            "時間",
        ),
    )


WRAPPERS = (
    "data",
    "records",
    "items",
    "results",
    "documents",
    "articles",
    "rows",
    "entries",
    "list",
)
"""Keys under which a file's object keeps its list of records."""


def parse_json(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """One record, a list of them, or an object that wraps such a list.

    Raises:
        BadFileError: When it is not JSON.
    """
    text, encoding = decode(data)
    try:
        value = _load(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and _is_record(text.lstrip().partition("\n")[0]):
            for record in parse_jsonl(data, job):
                yield _noted(record, "a record on each line: read as JSON Lines")
            return
        raise BadFileError(f"not JSON: {_place(error)}") from None
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"JSON that cannot be read: {_reason(error)}") from None
    if isinstance(value, dict) and (records := _wrapped(value, job.mapping)) is not None:
        value = records
    if isinstance(value, list):
        for number, record in enumerate(value, start=1):
            yield _document(record, str(number), "json", encoding, job.mapping)
    else:
        yield _document(value, "", "json", encoding, job.mapping)


def parse_jsonl(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """A record on each line; a line that is not one fails alone, by its number."""
    text, encoding = decode(data)
    # Only a line feed ends a record: JSON strings may hold the rarer line separators.
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if not line.strip():
            continue
        try:
            value = _load(line)
        except json.JSONDecodeError as error:
            yield Failed(str(number), f"not JSON: {error.msg} at column {error.colno}")
        except (ValueError, RecursionError) as error:
            yield Failed(str(number), f"JSON that cannot be read: {_reason(error)}")
        else:
            yield _document(value, str(number), "jsonl", encoding, job.mapping)


def _load(text: str) -> object:
    return json.loads(text)


def _place(error: json.JSONDecodeError) -> str:
    return f"{error.msg} at line {error.lineno}, column {error.colno}"


def _reason(error: ValueError | RecursionError) -> str:
    # Python refuses integers of thousands of digits with a ValueError of its own.
    return "nested too deep" if isinstance(error, RecursionError) else "a number of too many digits"


def _is_record(line: str) -> bool:
    try:
        return isinstance(_load(line), dict)
    except (ValueError, RecursionError):
        return False


def _noted(record: Parsed | Failed, note: str) -> Parsed | Failed:
    if isinstance(record, Failed):
        return record
    return replace(record, note="; ".join(filter(None, (note, record.note))))


def _wrapped(value: dict[str, Any], mapping: RecordMapping) -> list[Any] | None:
    """The list of records that an object only wraps."""
    if _field(value, mapping.text) is not None:
        return None
    lists = {
        key.lower(): item
        for key, item in value.items()
        if isinstance(item, list) and item and all(isinstance(entry, dict) for entry in item)
    }
    if len(lists) == 1:
        return next(iter(lists.values()))
    return next((lists[key] for key in WRAPPERS if key in lists), None)


def _document(
    record: object, part: str, format: str, encoding: str, mapping: RecordMapping
) -> Parsed | Failed:
    if isinstance(record, str):
        record = {mapping.text[0]: record}
    if not isinstance(record, dict):
        return Failed(part, f"a record is an object with named fields, not {_kind(record)}")
    text, note = _field(record, mapping.text), ""
    if text is None:
        text = "\n".join(_lines(record))
        note = f"no field is named {mapping.text[0]} or the like: all fields, a line each"
    if not text.strip():
        return Failed(part, "no text in it")
    published = next(filter(None, map(iso_date, _values(record, mapping.published))), None)
    return Parsed(
        text=valid(text),
        format=format,
        part=part,
        encoding=encoding,
        title=_line(record, mapping.title),
        url=_line(record, mapping.url),
        outlet=_line(record, mapping.outlet),
        author=_line(record, mapping.author),
        published=published,
        published_from="metadata" if published else None,
        note=note,
    )


def _kind(value: object) -> str:
    names = {list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _values(record: dict[str, Any], names: tuple[str, ...]) -> Iterator[Any]:
    by_name = {key.strip().lower(): value for key, value in record.items()}
    return (by_name[name.lower()] for name in names if name.lower() in by_name)


def _field(record: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of the named fields that holds words."""
    values = _values(record, names)
    return next((v for v in values if isinstance(v, str) and v.strip()), None)


def _line(record: dict[str, Any], names: tuple[str, ...]) -> str | None:
    value = _field(record, names)
    return " ".join(valid(value).split()) if value else None


def _lines(value: object, key: str = "") -> Iterator[str]:
    """Every string and number as ``key: value``; what is nested under ``outer.inner``."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner, key)
    elif isinstance(value, str | int | float) and str(value).strip():
        words = " ".join(str(value).split())
        yield f"{key}: {words}"
