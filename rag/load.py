"""Files into documents: decode, read the front matter, find title, outlet and date.

The text is kept as decoded, to the character; only a byte-order mark is left out.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rag.errors import BadFileError
from rag.fold import language_of
from rag.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIXES = frozenset({".txt", ".md", ".markdown"})
MANIFEST = "manifest.toml"

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_MARKUP = re.compile(r"<[^>]{1,40}>|\\(?=[*_#])|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}")
_DATELINE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?!\d)"
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the two ``---`` lines at the top, and where the text begins."""

    values: dict[str, Any]
    end: int


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the readable files under ``paths``, in a stable order; named files as they are.

    Raises:
        BadFileError: When a named path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p
                for p in path.rglob("*")
                if p.is_file() and p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
            )
        elif path.is_file():
            yield path
        else:
            raise BadFileError(f"{path}: no such file or folder.")


def load_file(path: Path, *, max_bytes: int, new_id: str) -> Document:
    """Read one file.

    Args:
        path: A text or Markdown file.
        max_bytes: Larger files are refused.
        new_id: The id the document will have.

    Raises:
        BadFileError: With the file's name and the reason.
    """
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise BadFileError(f"{path}: files of type “{path.suffix}” are not read yet ({known} are).")
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise BadFileError(
                f"{path}: {size:,} bytes; YOUJU_MAX_FILE_BYTES allows {max_bytes:,}."
            )
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise BadFileError(f"{path}: {error.strerror or error}.") from error
    if not text.strip():
        raise BadFileError(f"{path}: empty.")
    document = describe(text, source=str(path.resolve()), id=new_id, name=path.stem)
    return _apply_manifest(document, path)


def decode(data: bytes, name: str) -> str:
    """Turn bytes into text: UTF-8 and UTF-16 by mark, UTF-8, then GB18030 (GBK within it).

    Raises:
        BadFileError: When the bytes are none of these.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            candidates = [encoding]
            break
    else:
        if b"\0" in data:
            raise BadFileError(f"{name}: binary data, not text.")
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFileError(f"{name}: its encoding is not UTF-8, UTF-16 or GB18030.")


def describe(text: str, *, id: str, source: str, name: str) -> Document:
    """Make a document of ``text`` with what the text itself says of its origin."""
    front = front_matter(text)
    given = {k: str(v) for k, v in front.values.items() if v is not None}
    published, found = given.get("date") or given.get("published"), "front matter"
    if not published:
        dateline = _DATELINE.search(text[front.end :], 0, 600)
        published = "{}-{:0>2}-{:0>2}".format(*dateline.groups()) if dateline else None
        found = "text"
    return Document(
        id=id,
        title=given.get("title") or _title(text, front.end) or name,
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        source=source,
        outlet=given.get("outlet") or given.get("source"),
        author=given.get("author"),
        url=given.get("url"),
        published=published[:10] if published else None,
        published_from=found if published else None,
        language=language_of(text),
    )


def front_matter(text: str) -> FrontMatter:
    """Read YAML front matter; text that only looks like it is body text."""
    match = _FRONT_MATTER.match(text)
    if match:
        try:
            values = yaml.safe_load(match[1])
        except yaml.YAMLError:
            values = None
        if isinstance(values, dict):
            return FrontMatter({str(k): v for k, v in values.items()}, match.end())
    return FrontMatter({}, 0)


def _title(text: str, start: int) -> str | None:
    """First heading, else first line."""
    heading = _HEADING.search(text, start)
    lines = text[start:].strip().splitlines()
    line = heading[1] if heading else (lines[0] if lines else "")
    return _MARKUP.sub("", line).strip()[:120] or None


def _apply_manifest(document: Document, path: Path) -> Document:
    """Add what ``manifest.toml`` beside the file says of it."""
    entry = _manifest(path.parent / MANIFEST).get(path.name)
    if entry is None:
        return document
    if entry.get("sha256") not in (None, document.sha256):
        raise BadFileError(
            f"{path}: not the file that {MANIFEST} describes (sha256 differs). "
            "Correct the manifest or the file."
        )
    fields = ("title", "outlet", "author", "url", "published", "published_from")
    given = {k: str(entry[k]) for k in fields if k in entry}
    if "published" in given:
        given.setdefault("published_from", "manifest")
    return replace(document, **given)


@lru_cache(maxsize=64)
def _manifest(path: Path) -> dict[str, dict[str, Any]]:
    """Entries by file name; nothing where there is no manifest."""
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("document", [])
        return {entry["file"]: entry for entry in entries}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise BadFileError(f"{path}: {error}. Each [[document]] needs file = …") from error
