"""EPUB: the chapters of a book in the order in which it is read, as one text."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse.archive import check_package
from rag.parse.compose import Composer
from rag.parse.properties import author_of, iso_date, title_of
from rag.parse.sniff import ZIP_ERRORS
from rag.parse.text import decode_page, parse_page_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.parse.job import Job

_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}


def parse_epub(data: bytes, job: Job) -> Iterator[Parsed]:
    """A whole book; each chapter is read as the web page that it is.

    Raises:
        BadFileError: When it is damaged, protected or too large.
    """
    check_package(data, job)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        members = set(package.namelist())
        root = _package_file(package)
        book = _xml(package, root)
        chapters = _chapters(book, posixpath.dirname(root))
        if "META-INF/encryption.xml" in members:
            _refuse_protected(package, chapters)
        compose, missing = Composer(), 0
        for chapter in chapters:
            if chapter not in members:
                missing += 1
                continue
            _add_chapter(package.read(chapter), chapter, compose)
    published = next(filter(None, (iso_date(e.text) for e in book.iter(f"{_DC}date"))), None)
    yield Parsed(
        text=compose.text,
        format="epub",
        marks=compose.marks,
        title=next(filter(None, (title_of(e.text) for e in book.iter(f"{_DC}title"))), None),
        author=next(filter(None, (author_of(e.text) for e in book.iter(f"{_DC}creator"))), None),
        published=published,
        published_from="metadata" if published else None,
        note=f"{missing} of {len(chapters)} chapters are missing from the file" if missing else "",
    )


def _add_chapter(data: bytes, name: str, compose: Composer) -> None:
    try:
        compose.parsed(parse_page_text(decode_page(data)[0], name))
    except BadFileError:
        return  # a cover or another page of pictures: a book without any text fails as a whole


def _package_file(package: zipfile.ZipFile) -> str:
    container = _xml(package, "META-INF/container.xml")
    for rootfile in container.iter("{*}rootfile"):
        if path := rootfile.get("full-path"):
            return path
    raise BadFileError("a damaged book: its container names no package file")


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    # No entity is resolved and nothing fetched, whatever the file asks for.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(package.read(name), parser)
    except KeyError:
        raise BadFileError(f"a damaged book: {name} is missing") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadFileError(f"a damaged book: {name}: {error}") from None
    except ZIP_ERRORS as error:
        raise BadFileError(f"a damaged book: {error}") from None
    if root is None:
        raise BadFileError(f"a damaged book: {name} is empty")
    return root


def _chapters(book: etree._Element, folder: str) -> list[str]:
    """The paths of the pages in reading order, the table of contents left out."""
    items = {
        item.get("id"): item
        for item in book.iter("{*}item")
        if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "").split()
    }
    spine = [items[id] for ref in book.iter("{*}itemref") if (id := ref.get("idref")) in items]
    hrefs = (unquote((item.get("href") or "").partition("#")[0]) for item in spine)
    return [posixpath.normpath(posixpath.join(folder, href)) for href in hrefs]


def _refuse_protected(package: zipfile.ZipFile, chapters: list[str]) -> None:
    """Refuse a book whose chapters are encrypted; fonts may be."""
    encrypted = {
        unquote(reference.get("URI") or "")
        for reference in _xml(package, "META-INF/encryption.xml").iter("{*}CipherReference")
    }
    if encrypted & set(chapters):
        raise BadFileError("a protected book (DRM): its chapters are encrypted")
