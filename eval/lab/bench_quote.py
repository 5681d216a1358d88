"""How well a reader points: ``python -m eval.lab.bench_quote [--reader FILE] [--held-out]``.

Over the gold sets and the other documents, without a language model. What the search found is kept
in ``--cache``, so that another reader is measured in seconds. Held-out cases are counted, and
never printed.
"""

from __future__ import annotations

import argparse
import pickle
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.datasets import opened
from eval.homes import Homes
from eval.lab.areas import area
from eval.metrics import answer_correct
from eval.names import known_names
from rag.answer.quote import context_of
from rag.question.standalone import stand_alone
from rag.reader.bundled import BundledReader
from rag.reader.texts import texts_of
from rag.settings import Settings
from rag.split import sentences

if TYPE_CHECKING:
    from eval.cases import Case
    from rag.model import Hit

HERE = Path(__file__).parent.parent
SETS = {
    "gold": (None, HERE / "gold.jsonl"),
    "reworded": (None, HERE / "reworded.jsonl"),
    "fresh": (None, HERE / "fresh.jsonl"),
    "office": (f"folder:{HERE / 'sets' / 'office'}", None),
    "mixed": (f"folder:{HERE / 'sets' / 'mixed'}", None),
}
HITS = 16


@dataclass(frozen=True)
class Asked:
    case: Case
    question: str
    hits: tuple[Hit, ...]


def searched(name: str, cache: Path) -> list[Asked]:
    file = cache / f"{name}.pickle"
    if file.exists():
        return pickle.loads(file.read_bytes())
    dataset_name, gold = SETS[name]
    out: list[Asked] = []
    with (
        opened(dataset_name, *([gold] if gold else [])) as dataset,
        Homes(Settings(local_model="none"), dataset.documents) as homes,
    ):
        for case in dataset.cases:
            home = homes.of(case)
            question = stand_alone(case.question, case.history, known_names())
            out.append(Asked(case, question, tuple(home.youju.search(question, HITS))))
    cache.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(out))
    return out


@dataclass(frozen=True)
class Pointed:
    probability: float
    short: str
    quote: str
    hit: int


def pointed(asked: Asked, reader: BundledReader, hits: int) -> list[Pointed]:
    texts, owners = [], []
    for n, hit in enumerate(asked.hits[:hits]):
        for text in texts_of(hit.passage.text, context_of(hit)):
            texts.append(text)
            owners.append(n)
    out = []
    for text, owner, reading in zip(
        texts, owners, reader.answers(asked.question, texts), strict=True
    ):
        if not reading.spans:
            continue
        (s, e), *_ = reading.spans
        quote = text.text
        if not text.is_row:
            held = [b for b in sentences(text.text) if b[0] < e and b[1] > s]
            quote = text.text[held[0][0] : held[-1][1]] if held else text.text[s:e]
        out.append(Pointed(reading.probability, text.text[s:e], quote, owner))
    return sorted(out, key=lambda p: -p.probability)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/youju-bench-quote"))
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--hits", type=int, default=12)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    reader = BundledReader(1, args.reader)
    for name in args.sets.split(","):
        asked = [a for a in searched(name, args.cache) if a.case.held_out == args.held_out]
        rows = []
        by = defaultdict(list)
        for a in asked:
            points = pointed(a, reader, args.hits)
            found = all(
                any(x in h.passage.text for h in a.hits[: args.hits] for x in group)
                for group in a.case.gold
            )
            top = points[0]
            good = a.case.answerable and answer_correct(top.quote, a.case.gold)
            three = a.case.answerable and answer_correct(
                " ".join(p.quote for p in points[:3]), a.case.gold
            )
            rows.append((a.case, top, good, three, found))
            by[a.case.slice].append((a.case.answerable, good, top.probability))
        yes = [r for r in rows if r[0].answerable]
        no = [r for r in rows if not r[0].answerable]
        print(
            f"{name}: {len(yes)}+{len(no)}  found {mean(r[4] for r in yes):.3f}  "
            f"top {mean(r[2] for r in yes):.3f}  top3 {mean(r[3] for r in yes):.3f}  "
            f"area {area([(r[1].probability, r[0].answerable) for r in rows]):.3f}  "
            f"area right {area([(r[1].probability, bool(r[2])) for r in rows]):.3f}"
        )
        for at in (0.3, 0.5, 0.7, 0.85):
            print(
                f"   at {at}: right {mean(r[2] and r[1].probability >= at for r in yes):.3f}  "
                f"refused wrongly {mean(r[1].probability < at for r in yes):.3f}  "
                f"refused rightly {mean(r[1].probability < at for r in no):.3f}  "
                f"shown wrong {mean(r[1].probability >= at and not r[2] for r in rows):.3f}"
            )
        if args.show and not args.held_out:
            for case, top, good, _, found in rows:
                mark = "+" if good else ("?" if not case.answerable else "-")
                print(
                    mark,
                    "F" if found else " ",
                    f"{top.probability:.2f}",
                    case.id,
                    case.question,
                    "|",
                    top.short,
                    "|",
                    top.quote[:80].replace("\n", "⏎"),
                    "|",
                    case.gold,
                )


def mean(values: object) -> float:
    listed = [float(v) for v in values]  # type: ignore[attr-defined]
    return sum(listed) / len(listed) if listed else float("nan")


if __name__ == "__main__":
    main()
