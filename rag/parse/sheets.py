"""Tables: CSV as it stands in its file, and the sheets of an Excel workbook."""

from __future__ import annotations

import csv
import io
import warnings
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import BadFileError
from rag.grid import rows_above_header
from rag.model import Mark, Parsed
from rag.parse.archive import check_package
from rag.parse.compose import CELL, Composer, valid
from rag.parse.encoding import decode
from rag.parse.properties import author_of, created_on, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openpyxl.cell import Cell, MergedCell
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell

    from rag.model import Span
    from rag.parse.job import Job

    AnyCell: TypeAlias = Cell | MergedCell | ReadOnlyCell | EmptyCell

_DELIMITERS = ",;\t|"
_WIDEST_FIELD = 10_000_000
"""Characters; the library's own bound, 131,072, is less than a long article in a column."""


def parse_csv(data: bytes, job: Job) -> Iterator[Parsed]:
    """The file's own text, with its rows and its header line marked.

    Raises:
        BadFileError: When its quotes do not close.
    """
    text, encoding = decode(data)
    text = valid(text)
    delimiter = "\t" if job.name.lower().endswith(".tsv") else _delimiter(text)
    csv.field_size_limit(_WIDEST_FIELD)
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error as error:
        raise BadFileError(f"a damaged table: {error}") from None
    above = rows_above_header([filled for _, filled in rows])
    marks = tuple(_row_marks(text, [span for span, _ in rows[above:]]))
    yield Parsed(text=text, format="csv", encoding=encoding, marks=marks)


def _delimiter(text: str) -> str:
    """Whichever delimiter the first lines hold most of, and a comma if none."""
    head = text[:10_000].splitlines()[:20]
    return max(_DELIMITERS, key=lambda character: sum(line.count(character) for line in head))


def _rows(text: str, delimiter: str) -> Iterator[tuple[Span, int]]:
    """Where each record stands, without its line break, and how many of its cells are filled.

    One may take several lines.
    """
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(lines), delimiter=delimiter)
    start = seen = 0
    for cells in reader:
        end = start + sum(map(len, lines[seen : reader.line_num]))
        seen = reader.line_num
        count = sum(bool(cell.strip()) for cell in cells)
        if count:
            yield (start, start + len(text[start:end].rstrip("\r\n"))), count
        start = end


def _row_marks(text: str, rows: Sequence[Span]) -> Iterator[Mark]:
    if not rows:
        return
    yield Mark(rows[0][0], rows[-1][1], "table")
    yield Mark(*rows[0], "header")
    for start, end in rows:
        if "\n" in text[start:end] or "\r" in text[start:end]:
            yield Mark(start, end, "paragraph")


def parse_xlsx(data: bytes, job: Job) -> Iterator[Parsed]:
    """Each sheet a heading with its name and a table; values as they were last computed.

    Raises:
        BadFileError: When the workbook is damaged or too large.
    """
    import openpyxl  # noqa: PLC0415  takes half a second, and CSV needs none of it

    check_package(data, job)
    compose = Composer()
    try:
        with warnings.catch_warnings():
            # About styles and validation that it will not keep: nothing of it is text.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
        for sheet in book.worksheets:
            # What a sheet says of its own size may be wrong, and a million empty rows of it.
            sheet.reset_dimensions()
            rows = _filled(sheet.iter_rows(), job)
            if rows:
                compose.heading(sheet.title, 1)
                compose.table(rows)
        properties = book.properties
    except _XLSX_ERRORS as error:
        raise BadFileError(f"a damaged Excel file: {type(error).__name__}: {error}") from None
    created = created_on(properties.created)
    yield Parsed(
        text=compose.text,
        format="xlsx",
        marks=compose.marks,
        title=title_of(properties.title),
        author=author_of(properties.creator),
        published=created,
        published_from="metadata" if created else None,
    )


# What openpyxl and its XML readers raised on thousands of files with damage in their XML;
# SyntaxError is the base of both readers' errors.
_XLSX_ERRORS = (
    *(SyntaxError, KeyError, ValueError, TypeError, IndexError, AttributeError),
    *(OSError, OverflowError),
)


def _filled(rows: Iterable[tuple[AnyCell, ...]], job: Job) -> list[list[str]]:
    """The rows that hold something, without the columns that are empty in all of them."""
    table: list[list[str]] = []
    used: set[int] = set()
    for row in rows:
        cells = [_cell(cell) for cell in row]
        filled = {index for index, words in enumerate(cells) if words}
        if filled:
            used |= filled
            job.budget.take(sum(map(len, cells)) + len(CELL) * len(cells))
            table.append(cells)
    columns = sorted(used)
    return [[row[i] if i < len(row) else "" for i in columns] for row in table]


def _cell(cell: AnyCell) -> str:
    """A cell's value as a reader sees it: dates in ISO form, shares in per cent."""
    value = cell.value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return _number(value, getattr(cell, "number_format", None) or "")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


def _number(value: float, shown_as: str) -> str:
    if "%" in shown_as:
        return f"{value * 100:.12g}%"
    return str(value) if isinstance(value, int) else f"{value:.15g}"
