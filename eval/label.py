"""Turn logged answers into cases: `youju eval label LOG`.

With ``--id N`` and flags one record is labelled unasked; without, each record that is no case yet
is shown and asked about. Cases are added to a file in the gold format.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.cases import read_cases
from rag.errors import BadFileError, SettingsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

CASES = "cases.jsonl"


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the feedback log."""

    time: str
    verdict: str
    reason: str
    history: tuple[tuple[str, str], ...]
    answer: dict[str, Any]

    @property
    def id(self) -> str:
        """Id of the case that is made of it: the same each time."""
        shape = f"{self.time} {self.verdict} {self.reason} {self.answer['question']}"
        return f"chat-{hashlib.sha256(shape.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of a logged answer."""

    answerable: bool
    gold: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    """Document and quote, each needed."""
    slice: str = "from the chat"


def read_log(path: Path) -> list[Logged]:
    """Read a feedback log.

    Raises:
        BadFileError: When it cannot be read or a line is none of ours.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise BadFileError(f"{path}: {error.strerror}.") from error
    out: list[Logged] = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            history = tuple((q, a) for q, a in row.get("history", ()))
            out.append(Logged(row["time"], row["verdict"], row["reason"], history, row["answer"]))
        except (ValueError, LookupError, TypeError) as error:
            raise BadFileError(f"{path}:{number} is no line of a feedback log.") from error
    return out


def cited(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return document and quote of each citation, as gold evidence.

    Of a citation in several spans the longest is taken: gold evidence stands in one piece.
    """
    out: list[tuple[str, str]] = []
    for citation in answer["citations"]:
        pieces, at = [], 0
        for start, end in citation["spans"]:
            pieces.append(citation["quote"][at : at + end - start])
            at += end - start
        out.append((citation["document_id"], max(pieces, key=len).strip()))
    return out


def make_case(logged: Logged, label: Label) -> dict[str, Any]:
    """Return a line of a file of cases.

    Raises:
        SettingsError: When the label does not say enough to score an answer by.
    """
    if label.answerable and not (label.gold and label.evidence):
        raise SettingsError(
            "An answerable question needs its gold answer (--gold) and its evidence "
            "(--evidence DOCUMENT:QUOTE, where the answer cites nothing)."
        )
    about = f"{logged.verdict}: {logged.reason}" if logged.reason else logged.verdict
    return {
        "id": logged.id,
        "slice": label.slice,
        "question": logged.answer["question"],
        "history": [list(turn) for turn in logged.history],
        "answerable": label.answerable,
        "gold": [list(group) for group in label.gold] if label.answerable else [],
        "evidence": [[{"document": d, "quote": q}] for d, q in label.evidence]
        if label.answerable
        else [],
        "held_out": False,
        "notes": f"{about} ({logged.time}, {logged.answer['model']})",
    }


def label(
    args: argparse.Namespace,
    ask: Callable[[str], str] = input,
    say: Callable[[str], None] = print,
) -> int:
    """Run the command."""
    log = read_log(args.log)
    path = args.cases or args.log.with_name(CASES)
    known = {case.id for case in read_cases(path)} if path.exists() else set()
    if args.id is not None:
        if not 1 <= args.id <= len(log):
            raise SettingsError(f"--id {args.id}: the log has records 1 to {len(log)}.")
        logged = log[args.id - 1]
        if logged.id in known:
            raise SettingsError(f"Record {args.id} is already the case {logged.id} in {path}.")
        _add(path, [make_case(logged, _from_flags(args, logged))])
        say(f"{logged.id} → {path}")
        return 0
    left = [logged for logged in log if logged.id not in known]
    say(f"{len(left)} of {len(log)} records are no cases yet.")
    made = _interview(left, path, args.slice, ask, say)
    say(f"\n{made} cases → {path}")
    return 0


def _from_flags(args: argparse.Namespace, logged: Logged) -> Label:
    if args.answerable is None:
        raise SettingsError("Say --answerable or --not.")
    given = tuple(_evidence(text) for text in args.evidence)
    return Label(
        answerable=args.answerable,
        gold=tuple(_group(text) for text in args.label_gold),
        evidence=given or tuple(cited(logged.answer)),
        slice=args.slice,
    )


def _interview(
    left: Sequence[Logged],
    path: Path,
    slice: str,
    ask: Callable[[str], str],
    say: Callable[[str], None],
) -> int:
    """Ask about each record; return how many became cases."""
    made = 0
    for number, logged in enumerate(left, 1):
        say(f"\n{number}/{len(left)}  {'👍' if logged.verdict == 'up' else '👎'} {logged.reason}")
        say(f"问：{logged.answer['question']}\n答：{logged.answer['text']}")
        quotes = cited(logged.answer)
        for place, (document, quote) in enumerate(quotes, 1):
            say(f"  {place}. {document}：“{quote}”")
        said = ask("资料能回答吗？ y 能 / n 不能 / 回车跳过 / q 结束：").strip().lower()
        if said == "q":
            break
        if said not in {"y", "n"}:
            continue
        answer = Label(answerable=False, slice=slice)
        if said == "y":
            answer = _asked(quotes, slice, ask)
        try:
            _add(path, [make_case(logged, answer)])
        except SettingsError as error:
            say(f"跳过：{error}")
            continue
        made += 1
    return made


def _asked(quotes: Sequence[tuple[str, str]], slice: str, ask: Callable[[str], str]) -> Label:
    gold: list[tuple[str, ...]] = []
    while text := ask("正确答案要含（同义用 | 隔开，一行一组，空行结束）：").strip():
        gold.append(_group(text))
    evidence: list[tuple[str, str]] = []
    while text := ask("证据（引文的编号，或 文档:原文，空行结束；不写就是全部引文）：").strip():
        known = text.isdigit() and 1 <= int(text) <= len(quotes)
        evidence.append(quotes[int(text) - 1] if known else _evidence(text))
    return Label(True, tuple(gold), tuple(evidence or quotes), slice)  # noqa: FBT003


def _group(text: str) -> tuple[str, ...]:
    """Cut alternatives apart.

    >>> _group("111亿 | 11.1 billion")
    ('111亿', '11.1 billion')
    """
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _evidence(text: str) -> tuple[str, str]:
    document, colon, quote = text.partition(":")
    if not colon or not quote:
        raise SettingsError(f"--evidence {text}: write DOCUMENT:QUOTE.")
    return document.strip(), quote.strip()


def _add(path: Path, cases: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False) + "\n")
