"""Kill `add` at random moments and see whether anything was lost: `make crash`.

Three hundred documents go in, then some change, some leave and some come, each time in a child
process that is killed (`kill -9`) at a random moment. What is left is opened (no half document, no
index that differs from the ledger), the same `add` is run again to its end, and the store is
compared with one that was never disturbed.

Children are forked from one process that has the libraries loaded, so that a trial takes seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag.engine  # noqa: F401 - loaded here once, for all the forks
from rag.build import Youju
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCUMENTS = 300


@dataclass(frozen=True, slots=True)
class World:
    """A folder's files, by name."""

    files: dict[str, str]

    def write(self, folder: Path) -> None:
        """Make ``folder`` hold exactly these files."""
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            if path.name not in self.files:
                path.unlink()
        for name, text in self.files.items():
            path = folder / name
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")


def first_world(documents: int) -> World:
    """The documents as they come in."""
    return World({f"d{n:03}.txt": _text(n, 1) for n in range(documents)})


def second_world(documents: int) -> World:
    """A fifth has changed, a tenth has left, a tenth is new."""
    names = range(documents)
    left = {n for n in names if n % 10 == 3}
    files = {f"d{n:03}.txt": _text(n, 2 if n % 5 == 1 else 1) for n in names if n not in left}
    new = range(documents, documents + documents // 10)
    return World(files | {f"d{n:03}.txt": _text(n, 1) for n in new})


def _text(number: int, version: int) -> str:
    name = chr(0x6100 + number) + chr(0x6300 + number)
    lines = (
        f"{name}工程第{line}标段的预算是{number * 7 + line * version}万元，由{name}局负责。"
        for line in range(1 + number % 3)
    )
    return f"# {name}工程\n\n" + "\n\n".join(lines)


def state(youju: Youju) -> dict[str, Any]:
    """Everything that a home holds, in a form that can be compared."""
    return {
        d.id: [
            d.sha256,
            d.source,
            [[p.id, p.spans, p.text, p.kind] for p in youju.ledger.passages_of(d.id)],
        ]
        for d in youju.documents()
    }


def add(home: Path, folder: Path) -> int:
    """Bring the home to what the folder holds; return the number of files."""
    with Youju(Settings.model_validate({"home": home})) as youju:
        return len(youju.add(folder, sync=True))


def examine(home: Path) -> dict[str, Any]:
    """Open a home as it was left, check its indexes and return its state.

    Raises:
        StoreError: When an index differs from the ledger.
    """
    with Youju(Settings.model_validate({"home": home})) as youju:
        youju.check_indexes()
        return state(youju)


def in_child(work: Callable[[], object], kill_after: float | None = None) -> Any:  # noqa: ANN401
    """Run ``work`` in a fork of this process and return its result, as JSON would.

    Args:
        work: Anything; what it returns must fit JSON.
        kill_after: Seconds until the child is killed; the result is then None.

    Raises:
        RuntimeError: When the child failed by itself, with its traceback.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            answer = json.dumps({"result": work()})
            status = 0
        except BaseException:  # noqa: BLE001 - carried to the parent
            answer = json.dumps({"error": traceback.format_exc()})
        with os.fdopen(writing, "w") as pipe:
            pipe.write(answer)
        os._exit(status)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return None
        raise RuntimeError(f"the child ended with status {status}")
    value = json.loads(answer)
    if "error" in value:
        raise RuntimeError(value["error"])
    return value["result"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is being done when the kill comes."""

    name: str
    world: World
    home: Path
    """As it is before; every trial begins with a copy of it."""
    seconds: float
    """That it takes undisturbed."""
    before: dict[str, Any]
    wanted: dict[str, Any]
    """State of a home that was filled undisturbed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One kill and what came of it."""

    stage: str
    killed_after: float
    finished_before: bool
    """Whether `add` was done before the kill came."""
    documents: int
    """In the ledger after the kill."""
    problem: str = ""


def trials(kills: int, seed: int, documents: int, scratch: Path) -> Iterator[Trial]:
    """Run the experiment; every trial begins with a fresh copy of an undisturbed home."""
    chance = random.Random(seed)
    folder, empty, full = scratch / "files", scratch / "empty", scratch / "full"
    empty.mkdir()
    first_world(documents).write(folder)
    began = time.monotonic()
    in_child(lambda: add(full, folder))
    seconds = time.monotonic() - began
    filled = in_child(lambda: examine(full))
    coming = Stage("in", first_world(documents), empty, seconds, {}, filled)

    second_world(documents).write(folder)
    again, clean = scratch / "again", scratch / "clean"
    shutil.copytree(full, again)
    began = time.monotonic()
    in_child(lambda: add(again, folder))
    seconds = time.monotonic() - began
    in_child(lambda: add(clean, folder))
    wanted = in_child(lambda: examine(clean))
    changing = Stage("change", second_world(documents), full, seconds, filled, wanted)

    for number in range(kills):
        stage = (coming, changing)[number % 2]
        stage.world.write(folder)
        home = scratch / f"trial{number}"
        shutil.copytree(stage.home, home)
        yield _trial(home, folder, stage, chance.uniform(0.0, stage.seconds))
        shutil.rmtree(home)


def _trial(home: Path, folder: Path, stage: Stage, moment: float) -> Trial:
    killed = in_child(lambda: add(home, folder), kill_after=moment)
    try:
        left = in_child(lambda: examine(home))
        in_child(lambda: add(home, folder))
        rerun = in_child(lambda: examine(home))
    except RuntimeError as error:
        return Trial(stage.name, moment, killed is not None, 0, str(error))
    torn = [i for i, d in left.items() if d not in (stage.before.get(i), stage.wanted.get(i))]
    lost = [i for i in stage.before if i not in left and i in stage.wanted]
    problem = ""
    if torn or lost:
        problem = f"after the kill: half documents {torn[:3]}, lost {lost[:3]}"
    elif rerun != stage.wanted:
        problem = "after the rerun the store differs from a clean run"
    return Trial(stage.name, moment, killed is not None, len(left), problem)


def main() -> int:
    """Run the experiment and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    args = parser.parse_args()
    problems = finished = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for trial in trials(args.kills, args.seed, args.documents, Path(scratch)):
            count += 1
            problems += bool(trial.problem)
            finished += trial.finished_before
            print(
                f"{count:3} {trial.stage:6} killed after {trial.killed_after:5.2f} s, "
                f"{trial.documents:3} documents there: {trial.problem or 'equal after the rerun'}",
                flush=True,
            )
    print(
        f"\n{count} kills (seed {args.seed}, {args.documents} documents), {finished} of them after "
        f"the end; {count - problems} equal to a clean run, {problems} not."
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
