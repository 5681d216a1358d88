"""What is asked of which documents: the seeds' gold set, a folder, or a set in SQuAD's format."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eval.cases import GOLD, Case, GoldEvidence, read_cases
from eval.squad import Paragraph, Question, read_squad, spread
from rag.errors import BadFileError, SettingsError
from rag.resources import resource
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CASES, DOCUMENTS = "cases.jsonl", "documents"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions over a folder of documents."""

    name: str
    documents: Path | None
    """Shared by all cases; None where every case brings its own."""
    cases: tuple[Case, ...]


@contextmanager
def opened(name: str | None, gold: Path = GOLD, documents: Path | None = None) -> Iterator[Dataset]:
    """Open a data set; what has to be unpacked for it is gone afterwards.

    Args:
        name: ``squad:FILE`` or ``folder:DIR``; None: ``gold`` over the seeds.
        gold: Cases over ``documents``.
        documents: A folder; None: the seeds.

    Raises:
        BadFileError: When it cannot be read.
        SettingsError: When the name is of neither form.
    """
    if name is None:
        yield Dataset(gold.stem, documents or resource("seeds"), tuple(_read(gold)))
        return
    kind, _, path = name.partition(":")
    if kind == "folder" and path:
        yield from_folder(Path(path))
    elif kind == "squad" and path:
        with TemporaryDirectory(prefix="youju-squad-") as folder:
            yield from_squad(Path(path), Path(folder))
    else:
        raise SettingsError(f"--dataset {name}: write squad:FILE or folder:DIR.")


def from_folder(folder: Path) -> Dataset:
    """Read ``cases.jsonl``, in the gold format, over the files in ``documents/``."""
    documents = folder / DOCUMENTS
    cases = _read(folder / CASES)
    return Dataset(folder.name, documents if documents.is_dir() else None, tuple(cases))


def from_squad(file: Path, folder: Path) -> Dataset:
    """Write every paragraph of a set to a file in ``folder``; its questions are the cases.

    The gold evidence is the sentence that the answer stands in. A question without an answer, as
    SQuAD 2.0 has them, must be refused.
    """
    cases: list[Case] = []
    seen: set[str] = set()
    for number, paragraph in enumerate(read_squad(file)):
        name = f"p{number:05}"
        (folder / f"{name}.txt").write_text(paragraph.text, "utf-8")
        for question in paragraph.questions:
            if question.id not in seen:  # some sets use an id twice
                seen.add(question.id)
                cases.append(_squad_case(question, paragraph, name))
    return Dataset(file.stem, folder, tuple(cases))


def _squad_case(question: Question, paragraph: Paragraph, name: str) -> Case:
    answer = question.answer.strip()
    evidence = GoldEvidence(name, _sentence_of(answer, paragraph.text, question.start))
    return Case(
        id=question.id,
        slice="answerable" if answer else "unanswerable",
        question=question.text,
        history=(),
        answerable=bool(answer),
        gold=((answer,),) if answer else (),
        evidence=((evidence,),) if answer else (),
        held_out=False,
        notes=paragraph.title,
    )


def _sentence_of(answer: str, text: str, start: int) -> str:
    """The sentence of ``text`` that holds the answer, of several the one nearest to ``start``."""
    holding = [(s, e) for s, e in sentences(text) if answer in text[s:e]]
    if not holding:
        return answer  # it crosses sentences
    at = min(holding, key=lambda bounds: abs(bounds[0] - start))
    return text[slice(*at)]


def choose(
    cases: Sequence[Case],
    *,
    slice: str | None = None,
    held_out: bool | None = None,
    limit: int | None = None,
    only: Collection[str] = (),
) -> list[Case]:
    """Return the cases to ask, in their order.

    Args:
        cases: All.
        slice: Only this one.
        held_out: Only those that are, or are not; None: all.
        limit: At most so many, each slice getting its share.
        only: Ids; none: all.

    Raises:
        SettingsError: When none is left.
    """
    kept = [
        c
        for c in cases
        if slice in {None, c.slice}
        and held_out in {None, c.held_out}
        and (not only or c.id in only)
    ]
    if not kept:
        slices = "、".join(dict.fromkeys(c.slice for c in cases))
        raise SettingsError(f"No question is left. The slices are: {slices}.")
    return stratified(kept, limit) if limit else kept


def stratified(cases: Sequence[Case], limit: int) -> list[Case]:
    """Return ``limit`` cases, in their order: taken from every slice in turn, each spread out.

    So a slice has its whole share, and a small one is not passed over.
    """
    by_slice: dict[str, list[Case]] = {}
    for case in cases:
        by_slice.setdefault(case.slice, []).append(case)
    counts = dict.fromkeys(by_slice, 0)
    left = min(limit, len(cases))
    while left:
        for name, members in by_slice.items():
            if left and counts[name] < len(members):
                counts[name] += 1
                left -= 1
    chosen = {c.id for name, count in counts.items() for c in spread(by_slice[name], count)}
    return [c for c in cases if c.id in chosen]


def _read(path: Path) -> list[Case]:
    try:
        return read_cases(path)
    except OSError as error:
        raise BadFileError(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise BadFileError(str(error)) from error
