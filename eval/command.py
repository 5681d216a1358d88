"""The command `youju eval`: ask the gold questions, report, compare, guard; label logged answers.

`rag.cli` learns of it from the entry points (group ``youju.commands``) and imports this module for
`youju --help`, so whatever is heavy is imported by what runs.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import YoujuError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.cli import AddCommand

BASELINES = ("citation-query-engine", "rival")
EXAMPLE = Path(__file__).parent / "example_set"
"""A data set for `--dataset folder:DIR`, to start from."""


def add_commands(add_command: AddCommand) -> None:
    """Add `youju eval`, and `youju eval label` under it."""
    parser = add_command("eval", _run, "ask the gold questions: figures, a report, a gate")
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run, and the command `label`."""
    what = parser.add_argument_group("what is asked")
    what.add_argument("--slice", metavar="S", help="only this slice")
    what.add_argument("--limit", type=_positive, metavar="N", help="so many, of every slice some")
    part = what.add_mutually_exclusive_group()
    part.add_argument(
        "--held-out", dest="held_out", action="store_const", const=True, help="only those held out"
    )
    part.add_argument(
        "--tuned", dest="held_out", action="store_const", const=False, help="only the others"
    )
    what.add_argument("--gold", type=Path, metavar="FILE", help="other cases")
    what.add_argument(
        "--documents", type=Path, metavar="DIR", help="what they are asked of (default: the seeds)"
    )
    what.add_argument(
        "--dataset", metavar="SET", help="other documents and cases: squad:FILE or folder:DIR"
    )
    whom = parser.add_argument_group("who answers")
    whom.add_argument(
        "--model",
        metavar="M",
        help="1.5b, 0.5b, a GGUF file, or a model of OPENAI_BASE_URL (default: the settings')",
    )
    whom.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="let the model write by chance, with this seed (default: always its likeliest word)",
    )
    whom.add_argument(
        "--baseline",
        dest="baselines",
        action="append",
        default=[],
        choices=BASELINES,
        help="ask this too, over the same documents with the same model; may be repeated",
    )
    whom.add_argument(
        "--judge",
        nargs="?",
        const="same",
        metavar="M",
        help="let a model judge the answers beside the gold (default: the one that answers)",
    )
    whom.add_argument(
        "--fresh", action="store_true", help="ask the model anew what it has answered before"
    )
    then = parser.add_argument_group("what is made of it")
    then.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    then.add_argument("--compare", metavar="RUN", help="say what changed since: an id, path, last")
    then.add_argument("--resume", metavar="RUN", help="go on with an interrupted run")
    then.add_argument("--gate", type=Path, metavar="FILE", help="exit with 1 below these floors")
    commands = parser.add_subparsers(title="also", metavar="label")
    label = commands.add_parser(
        "label",
        help="turn logged answers into cases",
        description="Turn logged answers into cases.",
    )
    _add_label(label)


def _add_label(label: argparse.ArgumentParser) -> None:
    label.add_argument("log", type=Path, help="file of YOUJU_FEEDBACK_LOG")
    label.add_argument("--cases", type=Path, help="file to add to (default: cases.jsonl)")
    label.add_argument("--id", type=_positive, metavar="N", help="this record, from 1, unasked")
    answerable = label.add_mutually_exclusive_group()
    answerable.add_argument("--answerable", action="store_const", const=True, dest="answerable")
    answerable.add_argument("--not", action="store_const", const=False, dest="answerable")
    label.add_argument(
        "--gold",
        action="append",
        default=[],
        dest="label_gold",
        metavar="A|B",
        help="a group of alternatives; may be repeated: a right answer holds one of each",
    )
    label.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="DOCUMENT:QUOTE",
        help="exact characters that answer (default: what the answer cited)",
    )
    label.add_argument("--slice", default="from the chat", help="of the case")
    label.set_defaults(run=_label)


def _run(args: argparse.Namespace) -> int:
    try:
        from eval.cases import GOLD
        from eval.run import Plan, run_and_report
    except ModuleNotFoundError as error:
        raise YoujuError(
            f"The eval needs {error.name}, which comes with the development extra: "
            "pip install 'youju[dev]'."
        ) from error
    plan = Plan(
        gold=args.gold or GOLD,
        documents=args.documents,
        dataset=args.dataset,
        slice=args.slice,
        held_out=args.held_out,
        limit=args.limit,
        model=args.model,
        seed=args.seed,
        judge=args.judge,
        baselines=tuple(args.baselines),
        fresh=args.fresh,
    )
    return run_and_report(plan, args.out, resume=args.resume, against=args.compare, gate=args.gate)


def _label(args: argparse.Namespace) -> int:
    from eval.label import label

    return int(label(args))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run `python -m eval.run`: the same as `youju eval`."""
    parser = argparse.ArgumentParser(prog="youju eval", description=__doc__)
    parser.set_defaults(run=_run)
    add_options(parser)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except YoujuError as error:
        print(f"youju: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
