"""Homes for the questions: one of the documents that all share, copies of it for their own.

A case that brings documents is asked over a home of its own, so that what is planted for one
question is not found by another.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import Place
from rag.build import Youju
from rag.errors import BadFileError, NotFoundError
from rag.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from eval.cases import Case, CaseDocument, GoldEvidence
    from rag.model import Document
    from rag.names import Names
    from rag.settings import Settings

log = logging.getLogger(__name__)


class Library:
    """Documents by the names that cases give them, and which names are the same."""

    def __init__(self, documents: Mapping[str, Document], names: Callable[[], Names]) -> None:
        """Keep the parts.

        Args:
            documents: By the name of the file, with or without suffix, and by id.
            names: As `rag.retrieve.HybridRetriever` has it.
        """
        self._documents = documents
        self.names = names

    def document(self, name: str) -> Document:
        """Return a document by its id, or by the name of its file with or without suffix.

        Raises:
            NotFoundError: When there is none.
        """
        try:
            return self._documents[name]
        except KeyError:
            raise NotFoundError(f"No document here is called {name}.") from None

    def place(self, evidence: GoldEvidence) -> Place:
        """Return where gold evidence stands.

        Raises:
            BadFileError: When it does not stand in its document.
        """
        document = self.document(evidence.document)
        try:
            return Place(document.id, (evidence.span(document),))
        except ValueError:
            raise BadFileError(
                f"{evidence.document} does not hold the gold evidence “{evidence.quote}”."
            ) from None


class Home:
    """An open home and its library."""

    def __init__(self, settings: Settings, own: Path | None = None) -> None:
        """Open the home, and add the documents of the folder ``own`` to it."""
        self.youju = Youju(settings)
        if own:
            _add(self.youju, own)

    @cached_property
    def library(self) -> Library:
        """Its documents, with their texts."""
        documents = {card.id: self.youju.document(card.id) for card in self.youju.documents()}
        files = {d.id: Path(d.file) for d in documents.values()}
        by_name = {name: documents[id] for id, f in files.items() for name in (f.name, f.stem)}
        return Library(by_name | documents, self.youju.retriever.names)


class Homes:
    """Temporary homes over one folder of documents; a context manager."""

    def __init__(self, settings: Settings, documents: Path | None) -> None:
        """Keep what to fill homes from; nothing is made yet.

        Args:
            settings: All but the home.
            documents: A folder; None: nothing but what each case brings.
        """
        self._settings = settings
        self._documents = documents
        self._own: tuple[tuple[CaseDocument, ...], Home] | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="youju-eval-")
        self._root = Path(self._folder.name)
        made = self._root / "made"
        with Youju(self._at(made)) as youju:
            if self._documents == resource("seeds"):
                youju.fill_from_seeds()
            elif self._documents:
                _add(youju, self._documents)
        # The one that is asked is a copy, as all others are: none is written to while copied.
        self.shared = Home(self._at(self._copy("shared")))
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        self.shared.youju.close()
        self._folder.cleanup()

    def of(self, case: Case) -> Home:
        """Return the home that a case is asked over; it is open until another is asked for."""
        if not case.documents:
            return self.shared
        if self._own is None or self._own[0] != case.documents:
            self._leave()
            self._own = (case.documents, self._fill(case.documents))
        return self._own[1]

    def _fill(self, documents: tuple[CaseDocument, ...]) -> Home:
        files = self._root / "files"
        files.mkdir()
        for document in documents:
            name = Path(document.name).name
            path = files / (name if "." in name else f"{name}.txt")
            path.write_text(document.text, "utf-8")
        return Home(self._at(self._copy("own")), files)

    def _leave(self) -> None:
        if self._own:
            self._own[1].youju.close()
            self._own = None
            shutil.rmtree(self._root / "own")
            shutil.rmtree(self._root / "files")

    def _copy(self, name: str) -> Path:
        made = self._root / "made"
        return Path(shutil.copytree(made, self._root / name))

    def _at(self, home: Path) -> Settings:
        return self._settings.model_copy(update={"home": home})


def _add(youju: Youju, folder: Path) -> None:
    """Add a folder; a file that cannot be read is named, and the rest is asked about.

    Raises:
        BadFileError: When nothing could be read.
    """
    reports = youju.add(folder)
    failed = [r.reason for r in reports if r.state == "failed"]
    if failed and len(failed) == len(reports):
        raise BadFileError("; ".join(failed))
    for reason in failed:
        log.warning("Not among the documents: %s", reason)
