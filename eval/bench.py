"""The command `youju bench`: what retrieval finds, how fast, and at what size.

`rag.cli` learns of it from the entry points (group ``youju.commands``) and imports this module for
`youju --help`, so whatever is heavy is imported by the bench that runs.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import YoujuError

if TYPE_CHECKING:
    from rag.cli import AddCommand


def add_commands(add_command: AddCommand) -> None:
    """Add `youju bench` with its benches."""
    bench = add_command(
        "bench", _run, "measure retrieval: what it finds, and how fast at what size"
    )
    benches = bench.add_subparsers(title="benches", required=True, metavar="BENCH")

    def add(name: str, run: Any, help: str) -> argparse.ArgumentParser:  # noqa: ANN401
        parser = benches.add_parser(name, help=help, description=help)
        # Suppressed: else it would hide the same option given before the bench's name.
        parser.add_argument(
            "--home",
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="keep the bench's home here for the next run (default: a temporary one)",
        )
        parser.set_defaults(bench=run)
        return parser

    retrieval = add(
        "retrieval",
        _retrieval,
        "question sets in SQuAD's format: the paragraphs are the documents, and a hit is a "
        "passage of the paragraph that the question was asked of",
    )
    retrieval.add_argument(
        "--squad",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="paragraphs, and questions; further ones only add their paragraphs",
    )
    retrieval.add_argument(
        "--questions", type=Path, metavar="FILE", help="ask this file's questions, by their ids"
    )
    retrieval.add_argument("--script", choices=("hant", "hans"), help="ask in this script")
    retrieval.add_argument(
        "--limit", type=_positive, help="ask no more questions, spread evenly over all"
    )
    retrieval.add_argument(
        "--articles",
        nargs="+",
        metavar="ARTICLE",
        help="ask only of these articles: titles, or positions such as 0:24",
    )
    retrieval.add_argument("--json", type=Path, metavar="OUT", help="write all figures here")
    retrieval.add_argument(
        "--no-baseline",
        dest="baseline",
        action="store_false",
        help="leave out plain LlamaIndex over Chroma with the same embedding",
    )

    fusion = add(
        "fusion", _fusion, "ways of fusing the two legs, cross-validated over the question sets"
    )
    fusion.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of cmrc2018_dev.json, drcd_dev.json, xquad.zh.json and xquad.en.json",
    )
    fusion.add_argument(
        "--limit", type=_positive, default=1200, help="questions of each set (default: 1200)"
    )

    add("gold", _gold, "the gold questions: passages found, and sentences chosen of them")
    verifier = add(
        "verifier", _verifier, "the answer verifier by itself, over claims made right and wrong"
    )
    verifier.add_argument(
        "--failures", action="store_true", help="name the tuned claims that it judges wrongly"
    )
    pairs = add(
        "pairs", _pairs, "the seeds: one question in several forms must find the same passage"
    )
    pairs.add_argument(
        "--translate",
        action="store_true",
        help="let the language model translate, as `ask` does and `search` does not",
    )

    scale = add("scale", _scale, "time, space and memory at up to a million passages")
    scale.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of cmrc2018_dev.json, drcd_dev.json and xquad.zh.json",
    )
    scale.add_argument(
        "--passages",
        type=_sizes,
        default=(1_000, 10_000, 100_000),
        metavar="N,N…",
        help="sizes, each grown out of the one before (default: 1000,10000,100000)",
    )
    scale.add_argument("--plot", type=Path, metavar="FILE", help="draw it: an SVG")


def _run(args: argparse.Namespace) -> int:
    try:
        return int(args.bench(args))
    except ModuleNotFoundError as error:
        raise YoujuError(
            f"The bench needs {error.name}, which comes with the development extra: "
            "pip install 'youju[dev]'."
        ) from error


def _retrieval(args: argparse.Namespace) -> int:
    from eval.bench_retrieval import Plan, run

    run(
        Plan(
            squads=tuple(args.squad),
            questions=args.questions,
            script=args.script,
            limit=args.limit,
            articles=tuple(args.articles or ()),
            baseline=args.baseline,
        ),
        _home(args),
        args.json,
    )
    return 0


def _fusion(args: argparse.Namespace) -> int:
    from eval.bench_fusion import run

    run(args.data, _home(args), args.limit)
    return 0


def _gold(args: argparse.Namespace) -> int:
    from eval.bench_gold import run

    run(_home(args))
    return 0


def _verifier(args: argparse.Namespace) -> int:
    from eval.bench_verifier import run

    run(failures=args.failures)
    return 0


def _pairs(args: argparse.Namespace) -> int:
    from eval.bench_pairs import run

    run(_home(args), translate=args.translate)
    return 0


def _scale(args: argparse.Namespace) -> int:
    from eval.bench_scale import run

    run(args.data, args.passages, _home(args), args.plot)
    return 0


def _home(args: argparse.Namespace) -> Path | None:
    return Path(args.home) if args.home else None


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({_positive(part) for part in text.split(",")}))
