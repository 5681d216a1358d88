"""Files into texts: every format that Youju reads, behind one function.

============== ================================================== ========================
module         what it reads                                      with
============== ================================================== ========================
``text``       plain text, Markdown
``page``       HTML                                               lxml, trafilatura
``pdf``        PDF; ``ocr`` for scanned pages                     pypdfium2; rapidocr
``office``     Word and PowerPoint (docx, pptx)                   python-docx, python-pptx
``sheets``     CSV, TSV and Excel (xlsx)                          csv, openpyxl
``records``    JSON and JSON Lines                                json
``book``       EPUB                                               lxml
``mail``       e-mail and its attachments                         email
``archive``    zip and tar                                        zipfile, tarfile
``encoding``   bytes into text, for all of them
``compose``    making a text of blocks, for formats without one
``properties`` titles, authors and dates from a file's metadata
``job``        what a parser is told; ``limits``: what it may use
============== ================================================== ========================

The content decides what a file is; its suffix only where the content leaves it open (CSV and
Markdown are both plain text). A file that is not what its name says is read as what it is.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag.errors import BadFileError
from rag.parse.job import Budget, Job, Parser
from rag.parse.limits import Failed, Limits
from rag.parse.records import RecordMapping
from rag.parse.sniff import format_of_content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.model import Parsed

__all__ = ["SUFFIXES", "Failed", "Limits", "RecordMapping", "parse", "suffix_of"]

_FORMATS = {
    "text": (".txt", ".text", ".md", ".markdown"),
    "html": (".html", ".htm", ".xhtml"),
    "pdf": (".pdf",),
    "docx": (".docx",),
    "pptx": (".pptx",),
    "xlsx": (".xlsx",),
    "csv": (".csv", ".tsv"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "epub": (".epub",),
    "eml": (".eml",),
    "zip": (".zip",),
    "tar": (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"),
}
_FORMAT_OF = {suffix: format for format, suffixes in _FORMATS.items() for suffix in suffixes}

SUFFIXES = frozenset(_FORMAT_OF)
"""What a walk through a folder picks up. A file that is named is read whatever its suffix."""

# A module is imported when the first file of its format comes: together their libraries take
# two seconds to load, and a folder of text files needs none of them.
_PARSERS = {
    "text": ("text", "parse_text"),
    "html": ("text", "parse_html"),
    "pdf": ("pdf", "parse_pdf"),
    "docx": ("office", "parse_docx"),
    "pptx": ("office", "parse_pptx"),
    "xlsx": ("sheets", "parse_xlsx"),
    "csv": ("sheets", "parse_csv"),
    "json": ("records", "parse_json"),
    "jsonl": ("records", "parse_jsonl"),
    "epub": ("book", "parse_epub"),
    "eml": ("mail", "parse_mail"),
    "zip": ("archive", "parse_zip"),
    "tar": ("archive", "parse_tar"),
}
_DEFAULT_MAPPING = RecordMapping()
_IS_PLAIN_TEXT = {"text", "csv", "json", "jsonl", "eml", "html"}


def parse(
    data: bytes, name: str, limits: Limits, *, mapping: RecordMapping = _DEFAULT_MAPPING
) -> Iterator[Parsed | Failed]:
    """Yield the texts in a file: one, or one for each member, attachment or record.

    Args:
        data: The whole file.
        name: Its name; only the suffix matters, and only where the content leaves a choice.
        limits: What reading it may cost.
        mapping: Which fields of a JSON record hold what.

    Yields:
        Each text; for a part that cannot be read ``Failed``, and the parts after it go on.

    Raises:
        BadFileError: When nothing of it can be read, or its bounds are reached.
    """
    if len(data) > limits.file_bytes:
        raise BadFileError(
            f"{len(data):,} bytes; {limits.file_bytes:,} are allowed (YOUJU_MAX_FILE_BYTES)"
        )
    job = Job(name=name, limits=limits, budget=Budget(limits, len(data)), mapping=mapping)
    yield from parse_job(data, job)


def parse_job(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """Parse a file, or a file within one, by what it is.

    Raises:
        BadFileError: When nothing of it can be read, or its bounds are reached.
    """
    if not data.strip():
        raise BadFileError("empty")
    suffix = suffix_of(job.name)
    named = _FORMAT_OF.get(suffix)
    format = format_of_content(data)
    if format is None:
        format = named if named in _IS_PLAIN_TEXT else "text"
    elif format == "html" and named == "eml":
        format = named
    note = f"named {suffix}, read as {format}" if named and named != format else ""
    try:
        for parsed in _parser(format)(data, job):
            yield _checked(parsed, note)
    except BadFileError as error:
        if note and type(error) is BadFileError:
            raise BadFileError(f"{error} ({note})") from None
        raise


def suffix_of(name: str) -> str:
    """Return the suffix of a file's name in small letters: ``.txt``, ``.tar.gz``."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes[-2:]]
    return next(
        (joined for joined in ("".join(suffixes), "".join(suffixes[-1:])) if joined in SUFFIXES),
        "".join(suffixes[-1:]),
    )


def _parser(format: str) -> Parser:
    module, function = _PARSERS[format]
    parser: Parser = getattr(importlib.import_module(f"rag.parse.{module}"), function)
    return parser


def _checked(parsed: Parsed | Failed, note: str) -> Parsed | Failed:
    if isinstance(parsed, Failed):
        return parsed
    if not parsed.text.strip():
        if not parsed.part:
            raise BadFileError("no text in it")
        return Failed(parsed.part, "no text in it")
    if not note:
        return parsed
    return replace(parsed, note="; ".join(filter(None, (note, parsed.note))))
