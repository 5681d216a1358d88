"""Files into documents: find the files, then title, outlet, date and tags of what a parser read.

The text is kept as it was parsed, to the character.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
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
SCRIPT_SAMPLE = 20_000
"""Characters that are enough to tell the script."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_MARKUP = re.compile(r"<[^>]{1,40}>|\\(?=[*_#])|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}")


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
            yield from _walk(path)
        elif path.exists():
            yield path
        else:
            raise BadFileError(f"{path}: no such file or folder.")


def _walk(folder: Path) -> Iterator[Path]:
    """Files of known types; hidden ones and the manifest are passed over, links are not followed.

    A link could lead out of the folder, or around in a circle.
    """
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(Path(entry.path))
        elif entry.is_file() and suffix_of(entry.name) in SUFFIXES:
            yield Path(entry.path)


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
        title=_card(given.get("title") or parsed.title or _title(text, front.end)) or name,
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
    return ManifestEntry(_manifest(path.parent / MANIFEST).get(path.name, {}))


def _manifest(path: Path) -> dict[str, dict[str, Any]]:
    """Entries by file name; nothing where there is no manifest."""
    try:
        modified = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read_manifest(path, modified)


@lru_cache(maxsize=64)
def _read_manifest(path: Path, _modified: int) -> dict[str, dict[str, Any]]:
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("document", [])
        return {
            e["file"]: {k: tags_of(v) if k == "tags" else str(v) for k, v in e.items()}
            for e in entries
        }
    except (
        OSError,
        tomllib.TOMLDecodeError,
        KeyError,
        TypeError,
        AttributeError,
        UnicodeDecodeError,
    ) as error:
        raise BadFileError(f"{path}: {error}. Each [[document]] needs file = …") from error
