"""A run on disk: `records.jsonl`, a line a question, and `summary.json`.

A record is self-contained: the case, the score, the answer, what the model was asked, and the
cited characters with the text around them. Reports are made of records alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from eval.score import Score
from rag.errors import BadFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from eval.cases import Case
    from eval.homes import Library
    from eval.recorded_model import Call
    from rag.model import Answer, Spans

YOUJU = "youju"
AROUND = 140
"""Characters of the source shown before and after a citation."""

_SCORED = frozenset(f.name for f in fields(Score))


@dataclass(frozen=True, slots=True)
class Record:
    """One question of a run, as read from disk."""

    case: dict[str, Any]
    score: Score
    answer: dict[str, Any]
    calls: tuple[dict[str, Any], ...] = ()
    sources: tuple[dict[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """Id of the case."""
        return self.score.case


def make_record(
    case: Case, score: Score, answer: Answer, calls: Iterable[Call], library: Library
) -> dict[str, Any]:
    """Return the line of `records.jsonl` for one answer."""
    return {
        "case": asdict(case),
        "score": asdict(score),
        "answer": answer.to_dict(),
        "calls": [
            {
                "key": call.recorded.key,
                "kind": call.recorded.kind,
                "messages": [list(message) for message in call.messages],
                "text": call.recorded.text,
                "probability": call.recorded.probability,
                "error": call.recorded.error,
                "seconds": call.recorded.seconds,
                "replayed": call.replayed,
            }
            for call in calls
        ],
        "sources": _sources(case, answer, library),
    }


def _sources(case: Case, answer: Answer, library: Library) -> list[dict[str, Any]]:
    """Each citation as pieces of its source: what is cited, what is gold, what stands around."""
    gold = [library.place(e) for group in case.evidence for e in group]
    out: list[dict[str, Any]] = []
    for citation in answer.citations:
        text = library.document(citation.document_id).text
        own = [p.spans for p in gold if p.document == citation.document_id]
        right = tuple(span for spans in own for span in spans)
        pieces = list(_pieces(text, citation.spans, right))
        out.append({"marker": citation.marker, "pieces": pieces})
    return out


def _pieces(text: str, cited: Spans, gold: Spans) -> Iterator[tuple[str, bool, bool]]:
    """Cut the text around a citation where it, or gold evidence, begins or ends.

    Yields:
        The characters, whether they are cited, and whether they are gold.
    """
    start = max(0, min(s for s, _ in cited) - AROUND)
    end = min(len(text), max(e for _, e in cited) + AROUND)
    edges = {start, end, *(at for span in (*cited, *gold) for at in span if start < at < end)}
    for left, right in pairwise(sorted(edges)):
        yield (
            text[left:right],
            any(s <= left < e for s, e in cited),
            any(s <= left < e for s, e in gold),
        )


def records_file(folder: Path, system: str = YOUJU) -> Path:
    """Return where the records of a system are: Youju's, or those of a baseline."""
    return folder / ("records.jsonl" if system == YOUJU else f"records-{system}.jsonl")


def read_records(folder: Path, system: str = YOUJU) -> list[Record]:
    """Read the records of a run; a last line that a kill has torn is left out.

    Raises:
        BadFileError: When there are none, or they are of another version of Youju.
    """
    path = records_file(folder, system)
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise BadFileError(f"{path}: {error.strerror}. Is it a run of `youju eval`?") from error
    out: dict[str, Record] = {}
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            raise BadFileError(f"{path}:{number} is not JSON.") from None
        if not row["score"].keys() >= _SCORED:
            raise BadFileError(f"{path} was written by another version of Youju: run it again.")
        score = Score(**{name: row["score"][name] for name in _SCORED})
        out[score.case] = Record(
            row["case"],
            score,
            row["answer"],
            tuple(row.get("calls", ())),
            tuple(row.get("sources", ())),
        )
    return list(out.values())


def find_run(out: Path, name: str) -> Path:
    """Return the folder of a run: a path, its id, or ``last`` for the newest.

    Raises:
        BadFileError: When there is no such run.
    """
    runs = sorted(p.parent for p in out.glob("*/records.jsonl"))
    if name == "last" and runs:
        return runs[-1]
    for folder in (out / name, out.parent / name):
        if records_file(folder).exists():
            return folder
    known = "、".join(p.name for p in runs[-5:]) or "none"
    raise BadFileError(f"No run {name} in {out}. There are: {known}.")
