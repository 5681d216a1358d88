"""Files into documents: find the files, then title, outlet, date and tags of what a parser read.

The text is kept as it was parsed, to the character.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rag.dates import as_date, find_date
from rag.errors import BadFileError
from rag.fold import language_of, script_of, visible
from rag.model import Document
from rag.parse import SUFFIXES, suffix_of
from rag.parse.properties import tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.model import Parsed

MANIFEST = "manifest.toml"
NAMES_FILE = "aliases.txt"
MANIFEST_BYTES = 2_000_000
"""Of a larger manifest nothing is read: these are some ten thousand files."""
FRONT_MATTER = 10_000
"""Characters of front matter; what is longer is text between two rules."""
LONGEST_HEADLINE = 60
"""Characters up to which a first line is taken for a headline."""
DEEPEST = 200
"""Folders within one another that are walked through."""
SCRIPT_SAMPLE = 20_000
"""Characters that are enough to tell the script."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+)$", re.MULTILINE)
_FIRST_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]*")
_TABLES = frozenset({"csv", "xlsx"})
_SENTENCE_END = ("。", "；", ";", "，", ",", ".")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""How YAML writes that there is no value."""
_MARKUP = re.compile(r"<[^>]{1,40}>|\\(?=[*_#])|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the two ``---`` lines at the top, and where the text begins."""

    values: dict[str, Any] = field(default_factory=dict)
    end: int = 0
    refused: str = ""
    """Why it was not read although it is front matter."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A folder that could not be looked into."""

    path: Path
    reason: str


def find_files(paths: Iterable[Path]) -> Iterator[Path | Unread]:
    """Yield the readable files under ``paths``, in a stable order; named files as they are.

    Raises:
        BadFileError: When a named path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        elif path.exists():
            yield path
        else:
            raise BadFileError(f"{path}: no such file or folder.")


def _walk(folder: Path) -> Iterator[Path | Unread]:
    """Files of known types; hidden ones and the manifest are passed over, links are not followed.

    A link could lead out of the folder, or around in a circle. ``aliases.txt`` beside a manifest
    holds the documents' names and is none of them.
    """
    waiting: list[tuple[Path, int]] = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        if depth < 0:  # a file, in its place among the folders
            yield path
            continue
        try:
            entries = sorted(os.scandir(path), key=lambda e: e.name, reverse=True)
        except OSError as error:
            yield Unread(path, f"the folder cannot be read: {error.strerror or error}")
            continue
        if depth > DEEPEST:
            yield Unread(path, f"more than {DEEPEST} folders within one another")
            continue
        described = any(entry.name == MANIFEST for entry in entries)
        for entry in entries:
            if described and entry.name == NAMES_FILE:
                continue
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir():
                waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file() and suffix_of(entry.name) in SUFFIXES:
                waiting.append((Path(entry.path), -1))


def bytes_of(path: Path, most: int, allowed_by: str) -> bytes:
    """Read a regular file.

    A pipe would let whoever opens it wait, a device has no end: it is looked at what was opened.

    Args:
        path: Where it is.
        most: Bytes that it may have.
        allowed_by: What to name where it has more.

    Raises:
        BadFileError: When it is no regular file, too large, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise BadFileError("not a regular file")
            data = b"" if found.st_size > most else file.read(most + 1)
    except OSError as error:
        raise BadFileError(error.strerror or str(error)) from error
    size = max(found.st_size, len(data))
    if size > most:
        raise BadFileError(f"{size:,} bytes; {allowed_by} allows {most:,}")
    return data


def describe(parsed: Parsed, *, id: str, source: str, name: str) -> Document:
    """Make a document of what a parser read, with what the text itself says of its origin.

    Args:
        parsed: One text of a file.
        id: The id the document will have.
        source: Absolute path of the file.
        name: Stands for the title where there is none.
    """
    text = parsed.text
    front = front_matter(text) if parsed.format in {"text", "markdown"} else FrontMatter({}, 0)
    given = {k: str(v) for k, v in front.values.items() if v is not None}
    stated = as_date(given.get("date") or given.get("published") or "")
    published, found = find_date(text[front.end :])
    if stated:
        published, found = stated, "front matter"
    elif parsed.published and (parsed.published_from != "metadata" or found != "text"):
        # A page's own dateline is surer than the date of an office file or a PDF.
        published, found = parsed.published, parsed.published_from
    return Document(
        id=id,
        title=_card(given.get("title") or parsed.title or _title(parsed, front.end)) or name,
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        source=f"{source}!{parsed.part}" if parsed.part else source,
        part=parsed.part,
        outlet=_card(given.get("outlet") or given.get("source") or parsed.outlet),
        author=_card(given.get("author") or parsed.author),
        url=_card(given.get("url") or parsed.url),
        published=published,
        published_from=found,
        language=language_of(text),
        script=script_of(text[:SCRIPT_SAMPLE]),
        format=parsed.format,
        encoding=parsed.encoding,
        marks=parsed.marks,
        tags=_tags(front.values.get("tags"), front.values.get("keywords"), parsed.tags),
    )


def _tags(*sources: object) -> tuple[str, ...]:
    """Tags of all ``sources``, each once and as it prints."""
    return tags_of([visible(tag) for source in sources for tag in tags_of(source)])


def _card(value: str | None) -> str | None:
    """One line that prints as it stands; None where nothing is left of it."""
    return " ".join(visible(value).split())[:500] or None if value else None


class _PlainLoader(yaml.BaseLoader):
    """Reads every value as the words that stand there, and no value that stands for another.

    A few hundred bytes of aliases are gigabytes once each stands in the place of the next.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as in yaml
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise _AliasError
        return super().compose_node(parent, index)


class _AliasError(yaml.YAMLError):
    """An anchor or an alias."""


def front_matter(text: str) -> FrontMatter:
    """Read YAML front matter; text that only looks like it is body text."""
    match = _FRONT_MATTER.match(text, 0, FRONT_MATTER)
    if not match:
        return FrontMatter()
    try:
        values = yaml.load(match[1], _PlainLoader)  # noqa: S506 - of the plainest kind
    except _AliasError:
        return FrontMatter(refused="its front matter has YAML anchors, which are not read")
    except (yaml.YAMLError, RecursionError, ValueError):
        return FrontMatter()
    if not isinstance(values, dict):
        return FrontMatter()
    given = {str(k): v for k, v in values.items() if not (isinstance(v, str) and v in _NOTHING)}
    return FrontMatter(given, match.end())


def _title(parsed: Parsed, start: int) -> str | None:
    """First heading, else the first line where that is a headline; nothing of a table."""
    text = parsed.text
    heading = _HEADING.search(text, start)
    if heading:
        line = heading[1].rstrip(" \t#") or heading[1][:1]
    else:
        first = _FIRST_LINE.match(text[start:].strip())
        line = first[0].strip() if first else ""
        if parsed.format in _TABLES or len(line) > LONGEST_HEADLINE or line.endswith(_SENTENCE_END):
            return None
    return _MARKUP.sub("", line).strip()[:120] or None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """What ``manifest.toml`` beside a file says of it."""

    values: dict[str, Any]
    """Strings, but for the list of ``tags``."""

    def apply(self, document: Document) -> Document:
        """Return ``document`` with what is said of it.

        Raises:
            BadFileError: When the manifest describes another text.
        """
        if self.values.get("sha256") not in {None, document.sha256}:
            raise BadFileError(
                f"not the file that {MANIFEST} describes (sha256 differs); "
                "correct the manifest or the file"
            )
        fields = ("title", "outlet", "author", "url", "published", "published_from")
        given = {k: self.values[k] for k in fields if k in self.values}
        if "published" in given:
            given.setdefault("published_from", "manifest")
        tags = _tags(document.tags, self.values.get("tags"))
        return replace(document, **given, tags=tags)


def manifest_entry(path: Path) -> ManifestEntry:
    """Return what the manifest beside ``path`` says of it; nothing, mostly."""
    data = manifest_bytes(path.parent / MANIFEST)
    return ManifestEntry(read_manifest(data).get(path.name, {}) if data is not None else {})


def short_name(name: str) -> str:
    """Return a file's name of at most 120 bytes, its extension kept: file systems allow 255."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 10:
        stem, dot, extension = name, "", ""
    short = stem.encode()[:100].decode("utf-8", "ignore").strip(". ")
    return f"{short or 'upload'}{dot}{extension}" if short != stem else name


def manifest_bytes(path: Path) -> bytes | None:
    """Return a manifest's bytes; None where there is none.

    Raises:
        BadFileError: When it is too large, no regular file, or cannot be read.
    """
    if not os.path.lexists(path):
        return None
    return bytes_of(path, MANIFEST_BYTES, "a manifest")


def read_manifest(data: bytes) -> dict[str, dict[str, Any]]:
    """Return what a manifest says, by the names of files.

    Raises:
        BadFileError: When it is not TOML, or an entry names no file.
    """
    try:
        entries = tomllib.loads(data.decode()).get("document", [])
        return {
            e["file"]: {k: tags_of(v) if k == "tags" else str(v) for k, v in e.items()}
            for e in entries
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        said = f"{type(error).__name__}: {error}"
        raise BadFileError(f"{said}. Each [[document]] needs file = …") from error


def last_name(part: str) -> str:
    """Return the name of a file that lies within others."""
    return re.split(r"[!/\\]", part)[-1]
