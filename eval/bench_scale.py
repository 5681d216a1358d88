"""Time, space and memory at up to a million passages. Called by `youju bench scale`.

The passages are recombined real sentences (``eval.perturbed``) of cmrc2018, drcd and xquad.zh. A
million embeddings would take a day here, so each real paragraph is embedded once and a passage's
vector is made of the two paragraphs' that its sentences come from, mixed by their shares, and of
noise; its tokens are a stretch of each paragraph's, a bit changed. They enter the real ledger, and
the indexes follow it as they do after any `youju add`; only near-duplicate sketches are left out.
"""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import re
import tempfile
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch

import numpy as np

from eval.bench_retrieval import STAGES, quantiles, watched
from eval.perturbed import perturbed
from eval.squad import Paragraph, read_squad, spread
from rag import engine
from rag.build import Youju
from rag.embed import embed_with_tokens, make_embedding
from rag.errors import SettingsError, StoreError
from rag.late import A_BYTE, DIMENSIONS, embedding_name
from rag.model import Document, Filters, Passage, SourceFile, Stored, vector_key
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from eval.perturbed import Perturbed
    from rag.embed import Vectors

    Record: TypeAlias = dict[str, Any]

SETS = ("cmrc2018_dev.json", "drcd_dev.json", "xquad.zh.json")
"""The questions are those of the first."""
QUESTIONS = 200
WARM = 10
"""Questions that are asked once before the clock counts."""
SEED = 1
NOISE = 0.25
"""Length of the noise that is added to a mixture of length 1.

Of 1,500 made passages that were really embedded, and after centring: cosines of two with sentences
of one paragraph .09 / .29 / .59 (5 %, median, 95 %), to the nearest .30 / .44 / .67, intrinsic
dimension by two nearest neighbours 13.1. With this noise: .11 / .34 / .58, .29 / .46 / .64, 13.5;
without any: .18 / .53 / .87, .43 / .71 / .93, 4.3, which would be too easy.
"""
OF_DOCUMENT = 20
"""Passages of a document."""
OF_FILE = 50
"""Documents of a file, so of a transaction: a thousand passages."""
YEARS = 10
FILTERS = {
    "no filter": Filters(),
    "half": Filters(since=f"{2016 + YEARS // 2}"),
    "a tenth": Filters(outlets=("样报0",)),
}
"""By date and by outlet; the names say what part of the documents passes."""
TOTAL = "beyond embedding"
"""What a search takes besides embedding the question."""
TOKENS_A_CHARACTER = 0.65
"""Of cmrc2018's passages."""
RECORDS = "scale.json"
VECTORS = "paragraphs.npz"


@dataclass(frozen=True, slots=True)
class Job:
    """A step, as a fresh process is handed it."""

    data: Path
    home: Path
    passages: int


def run(
    data: Path, passages: Sequence[int], home: Path | None = None, plot: Path | None = None
) -> list[Record]:
    """Grow a home from size to size; measure and print each.

    Args:
        data: Folder of the sets.
        passages: Sizes, rising; each is rounded up to whole documents.
        home: Keeps what was made and measured; None: a temporary home.
        plot: Where to draw it.

    Raises:
        SettingsError: When the home holds something else, or more than a size that it has not
            measured.
    """
    print(
        "Made passages: consecutive sentences of two real paragraphs each, some figures changed; "
        f"{OF_DOCUMENT} a document.\nVectors: the two paragraphs' own, mixed by share, with noise "
        f"of length {NOISE}: neither near-copies nor strangers (see eval/bench_scale.py).",
        flush=True,
    )
    with tempfile.TemporaryDirectory() if home is None else nullcontext(str(home)) as folder:
        kept = Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        in_fresh_process(embed_paragraphs, Job(data, kept, 0))
        records = _records(kept)
        for size in sorted({-(-n // OF_DOCUMENT) * OF_DOCUMENT for n in passages}):
            known = records.get(str(size))
            here = max(map(int, records), default=0)
            if known is None or size >= here:
                job = Job(data, kept, size)
                built = in_fresh_process(build, job)
                # Nothing was built if the home was that big already: the old figures stand.
                if known is None or built["passages built"]:
                    known = built
                asked = in_fresh_process(ask, job)
                records[str(size)] = {**known, **asked, "bytes": sizes_on_disk(kept, size)}
                (kept / RECORDS).write_text(json.dumps(records, indent=1), "utf-8")
            report(records[str(size)])
    measured = [records[key] for key in sorted(records, key=int)]
    if plot:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(drawn(measured), "utf-8")
        print(f"\n{plot}")
    return measured


def _records(home: Path) -> dict[str, Record]:
    path = home / RECORDS
    records: dict[str, Record] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return records


def in_fresh_process(work: Callable[[Job], Record], job: Job) -> Record:
    """Run ``work`` in a new interpreter: its memory is then its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (job,))


def memory(field: str) -> int:
    """Return a field of /proc/self/status in bytes, such as ``VmHWM``, the peak."""
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


# --- the passages


def read_paragraphs(data: Path) -> list[list[Paragraph]]:
    """Read the sets."""
    return [read_squad(data / name) for name in SETS]


def _texts(data: Path) -> list[str]:
    return [p.text for squad in read_paragraphs(data) for p in squad]


def _settings(home: Path) -> Settings:
    return Settings.load().model_copy(update={"home": home})


def _digest(texts: Sequence[str], model: str) -> str:
    shape = json.dumps([model, SEED, NOISE, OF_DOCUMENT, list(texts)], ensure_ascii=False)
    return hashlib.sha256(shape.encode()).hexdigest()


def embed_paragraphs(job: Job) -> Record:
    """Embed each paragraph of the sets once; a home that has done so does not again."""
    texts, settings = _texts(job.data), _settings(job.home)
    path, digest = job.home / VECTORS, _digest(texts, embedding_name(settings))
    if path.exists():
        with np.load(path) as stored:
            if str(stored["digest"]) == digest:
                return {}
        raise SettingsError(
            f"{job.home} was made of other data or with another embedding. Take another --home."
        )
    made = embed_with_tokens(make_embedding(settings), texts)
    np.savez(
        path,
        vectors=made.vectors,
        tokens=np.frombuffer(b"".join(made.tokens), np.uint8).reshape(-1, DIMENSIONS // A_BYTE),
        ends=np.cumsum([len(t) // (DIMENSIONS // A_BYTE) for t in made.tokens]),
        digest=digest,
    )
    return {}


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """What the real paragraphs came to."""

    vectors: Vectors
    """Shape ``(paragraphs, dimension)``."""
    tokens: list[NDArray[np.uint8]]
    """Packed, shape ``(tokens, bytes)`` each."""


def read_embedded(path: Path) -> Paragraphs:
    """Read what ``embed_paragraphs`` has written."""
    with np.load(path) as stored:
        return Paragraphs(stored["vectors"], np.split(stored["tokens"], stored["ends"][:-1]))


def tokens_of(made: Sequence[Perturbed], paragraphs: Paragraphs, number: int) -> list[bytes]:
    """Return the packed tokens of a document's passages: stretches of the two paragraphs' own.

    One number in eight becomes another.
    """
    rng = np.random.default_rng([SEED, number, 1])
    out = []
    for m in made:
        count = len(m.text) * TOKENS_A_CHARACTER
        parts = [
            _stretch(paragraphs.tokens[m.first], round(count * m.share), rng),
            _stretch(paragraphs.tokens[m.second], round(count * (1 - m.share)), rng),
        ]
        tokens = np.concatenate(parts)
        # One bit of a byte's eight, in every second byte.
        other = np.left_shift(1, rng.integers(16, size=tokens.shape)) & 0xFF
        out.append((tokens ^ other.astype(np.uint8)).tobytes())
    return out


def _stretch(tokens: NDArray[np.uint8], count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    start = rng.integers(max(len(tokens) - count, 0) + 1)
    return tokens[start : start + count]


def vectors_of(made: Sequence[Perturbed], paragraphs: Vectors, number: int) -> Vectors:
    """Return the vectors of a document's passages: not centred, each of length 1.

    Args:
        made: The passages.
        paragraphs: Vectors of the paragraphs that they are made of.
        number: Of the document; another one has other noise.
    """
    share = np.array([[m.share] for m in made], dtype=np.float32)
    first = paragraphs[[m.first for m in made]]
    second = paragraphs[[m.second for m in made]]
    mixed = _unit(first * share + second * (1 - share))
    rng = np.random.default_rng([SEED, number])
    noise = rng.standard_normal(mixed.shape, dtype=np.float32)
    return _unit(mixed + noise * np.float32(NOISE / math.sqrt(mixed.shape[1])))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def document_of(made: Sequence[Perturbed], number: int, model: str) -> tuple[Stored, list[str]]:
    """Return a document of made passages, and the names of their vectors."""
    text = "\n".join(m.text for m in made)
    id, file = f"made-{number:06}", _file(number // OF_FILE)
    passages: list[Passage] = []
    start = 0
    for ordinal, m in enumerate(made):
        end = start + len(m.text)
        spans = ((start, end),)
        passages.append(
            Passage(
                id=f"{id}@made#{ordinal:04}",
                document_id=id,
                ordinal=ordinal,
                spans=spans,
                text=m.text,
            )
        )
        start = end + 1
    year, month, day = 2016 + number % YEARS, number // YEARS % 12 + 1, number // 120 % 28 + 1
    document = Document(
        id=id,
        title=made[0].text[:20],
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        source=f"{file}!{number}",
        part=str(number),
        # Of any ten documents in a row each year and each outlet has one.
        outlet=f"样报{(number + number // 10) % 10}",
        published=f"{year}-{month:02}-{day:02}",
        published_from="metadata",
    )
    keys = [vector_key(model, m.text) for m in made]
    return Stored(document, passages, keys), keys


def _file(number: int) -> str:
    return f"/made/{number:05}.jsonl"


def files(
    made: Iterable[Perturbed], paragraphs: Paragraphs, model: str, first: int
) -> Iterator[tuple[SourceFile, list[Stored], dict[str, Vectors], dict[str, bytes]]]:
    """Yield what ``Ledger.put`` takes, file by file.

    Args:
        made: Passages, as many as whole documents need.
        paragraphs: Those that they are made of.
        model: Name of the embedding model.
        first: Number of the first document.
    """
    source, number = iter(made), first
    entries: list[Stored] = []
    vectors: dict[str, Vectors] = {}
    tokens: dict[str, bytes] = {}
    while batch := list(islice(source, OF_DOCUMENT)):
        stored, keys = document_of(batch, number, model)
        entries.append(stored)
        vectors |= zip(keys, vectors_of(batch, paragraphs.vectors, number), strict=True)
        tokens |= zip(keys, tokens_of(batch, paragraphs, number), strict=True)
        number += 1
        if number % OF_FILE == 0:
            yield _source(number - 1, first), entries, vectors, tokens
            entries, vectors, tokens = [], {}, {}
    if entries:
        yield _source(number - 1, first), entries, vectors, tokens


def _source(last: int, first: int) -> SourceFile:
    # A file that an earlier step left half full is not written again: its rest is another file.
    path = f"{_file(last // OF_FILE)}{f'.{first}' if first // OF_FILE == last // OF_FILE else ''}"
    return SourceFile(path, path)


# --- building


@contextmanager
def following() -> Iterator[dict[str, float]]:
    """Time how each index follows the ledger: seconds by the index's class."""
    seconds: dict[str, float] = {}
    follow = vars(engine)["bring_up_to_date"]

    def timed(index: Any, *rest: Any) -> bool:  # noqa: ANN401 - handed on
        began = time.perf_counter()
        done = bool(follow(index, *rest))
        seconds[type(index).__name__] = time.perf_counter() - began
        return done

    with patch.object(engine, "bring_up_to_date", timed):
        yield seconds


def build(job: Job) -> Record:
    """Grow the home to ``job.passages``."""
    texts, settings = _texts(job.data), _settings(job.home)
    paragraphs = read_embedded(job.home / VECTORS)
    with Youju(settings) as youju, following() as seconds:
        here = youju.ledger.count_searched()
        if here > job.passages:
            raise SettingsError(
                f"{job.home} holds {here:,} passages already; {job.passages:,} were not measured "
                "on the way. Take another --home."
            )
        made = islice(perturbed(texts, job.passages, SEED), here, None)
        in_ledger = 0.0
        for file in files(made, paragraphs, embedding_name(settings), here // OF_DOCUMENT):
            began = time.perf_counter()
            youju.ledger.put(*file)
            in_ledger += time.perf_counter() - began
        state = youju.check_indexes()  # the indexes follow when they are first needed
    return {
        "passages": job.passages,
        "passages built": job.passages - here,
        "state": state,
        "build seconds": {
            "ledger": in_ledger,
            "dense": seconds.get("ChromaIndex", 0.0),
            "lexical": seconds.get("LexicalIndex", 0.0),
        },
        "build peak bytes": memory("VmHWM"),
    }


def sizes_on_disk(home: Path, passages: int) -> dict[str, float]:
    """Return bytes a passage of the ledger and of each index."""
    names = {"ledger": "ledger", "dense": "chroma", "lexical": "lexical"}
    return {
        part: sum(f.stat().st_size for f in home.rglob("*") if _is_in(f.relative_to(home), name))
        / passages
        for part, name in names.items()
    }


def _is_in(path: Path, name: str) -> bool:
    return path.parts[0].startswith(name)


# --- asking


def ask(job: Job) -> Record:
    """Ask real questions, with each filter; time the stages."""
    asked = [q.text for p in read_squad(job.data / SETS[0]) for q in p.questions]
    questions = spread(asked, QUESTIONS)
    settings = _settings(job.home)
    began = time.perf_counter()
    with Youju(settings) as youju:
        youju.search(questions[0])
        first = time.perf_counter() - began
        by_filter = {name: ask_all(youju, questions, only) for name, only in FILTERS.items()}
    return {
        "questions": len(questions),
        "first answer seconds": first,
        "milliseconds": by_filter,
        "ask peak bytes": memory("VmHWM"),
        "ask anonymous bytes": memory("RssAnon"),
    }


def ask_all(youju: Youju, questions: Sequence[str], only: Filters) -> dict[str, list[float]] | str:
    """Return the stages' milliseconds, p50, p95 and p99; what went wrong, if something did."""
    seconds: dict[str, list[float]] = {stage: [] for stage in (*STAGES, TOTAL)}
    with watched(youju.retriever) as seen:
        for number, question in enumerate((*questions[:WARM], *questions)):
            seen.clear()
            began = time.perf_counter()
            try:
                youju.search(question, filters=only)
            except StoreError as error:  # a store's limit is a result too
                return str(error)
            took = time.perf_counter() - began
            if number < len(questions[:WARM]):
                continue
            stages = seen[-1].seconds if seen else {}
            for stage in STAGES:
                seconds[stage].append(stages.get(stage, 0.0))
            seconds["hits"][-1] = took - sum(stages.values())
            seconds[TOTAL].append(took - stages.get("embed", 0.0))
    return {stage: quantiles(times, 0.5, 0.95, 0.99) for stage, times in seconds.items()}


# --- reporting


def report(record: Record) -> None:
    """Print one size."""
    print(f"\n**{record['passages']:,} passages**")
    built = ", ".join(f"{part} {s:.1f} s" for part, s in record["build seconds"].items())
    size = ", ".join(f"{part} {b:,.0f}" for part, b in record["bytes"].items())
    print(
        f"build of the last {record['passages built']:,}: {built}, "
        f"peak {record['build peak bytes'] / 1e6:,.0f} MB\n"
        f"bytes a passage: {size}\n"
        f"first answer of a fresh process: {record['first answer seconds']:.1f} s; "
        f"peak {record['ask peak bytes'] / 1e6:,.0f} MB, of it not of files "
        f"{record['ask anonymous bytes'] / 1e6:,.0f} MB"
    )
    columns = (*STAGES, TOTAL)
    print(f"\n| p50 / p95 / p99 ms | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name, times in record["milliseconds"].items():
        if isinstance(times, str):
            print(f"| {name} | failed: {times} |")
        else:
            cells = (" / ".join(f"{ms:.1f}" for ms in times[c]) for c in columns)
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 184, 56, 56
"""Margins; the lines' names stand in the right one."""
CENTRED = 'text-anchor="middle"'
GRID = 'stroke="#e5e7eb"'
COLOURS = {
    TOTAL: "#111827",
    "embed": "#9ca3af",
    "dense": "#2563eb",
    "lexical": "#d97706",
    "tokens": "#dc2626",
    "fuse": "#059669",
    "hits": "#7c3aed",
    "understand": "#db2777",
}
LEAST_MS = 0.05
"""What takes less is drawn as taking so long."""


def drawn(records: Sequence[Record]) -> str:
    """Return an SVG: each stage's p95 over the number of passages, both logarithmic."""
    across = [r["passages"] for r in records]
    lines = {
        stage: [max(r["milliseconds"]["no filter"][stage][1], LEAST_MS) for r in records]
        for stage in COLOURS
    }
    x = _scale(across, LEFT, WIDTH - RIGHT)
    y = _scale([ms for line in lines.values() for ms in line], HEIGHT - BOTTOM, TOP)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#374151">'
    )
    title = "Time of a search by stage, 95th percentile"
    parts = [
        head,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text((LEFT, 26), title, 'font-size="15" font-weight="600" fill="#111827"'),
        _text(((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14), "passages", CENTRED),
        _text((18, middle), "milliseconds", f'{CENTRED} transform="rotate(-90 18 {middle})"'),
    ]
    for value in x.ticks:
        parts += [
            _line([(x(value), TOP), (x(value), HEIGHT - BOTTOM)], GRID),
            _text((x(value), HEIGHT - BOTTOM + 18), f"{value:,.0f}", CENTRED),
        ]
    for value in y.ticks:
        parts += [
            _line([(LEFT, y(value)), (WIDTH - RIGHT, y(value))], GRID),
            _text((LEFT - 8, y(value) + 4), f"{value:g}", 'text-anchor="end"'),
        ]
    names = _apart({stage: y(line[-1]) for stage, line in lines.items()}, 15)
    for stage, line in lines.items():
        points = [(x(n), y(ms)) for n, ms in zip(across, line, strict=True)]
        colour = COLOURS[stage]
        dashes = ' stroke-dasharray="4 3"' if stage == "embed" else ""
        width, weight = (2.5, 600) if stage == TOTAL else (1.6, 400)
        parts += [
            _line(points, f'stroke="{colour}" stroke-width="{width}"{dashes}'),
            *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points),
            _text(
                (WIDTH - RIGHT + 10, names[stage] + 4),
                f"{stage} {line[-1]:.1f}",
                f'fill="{colour}" font-weight="{weight}"',
            ),
        ]
    return "\n".join([*parts, "</svg>", ""])


def _text(at: tuple[float, float], text: str, attributes: str) -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" {attributes}>{text}</text>'


def _line(points: Sequence[tuple[float, float]], attributes: str) -> str:
    places = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polyline points="{places}" fill="none" {attributes}/>'


@dataclass(frozen=True, slots=True)
class _Scale:
    """A logarithmic axis."""

    low: int
    high: int
    """Powers of ten at its ends."""
    start: float
    end: float
    """Where the ends are drawn."""

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Scale(low, max(high, low + 1), start, end)


def _apart(places: dict[str, float], least: float) -> dict[str, float]:
    """Move names down, where they would stand on one another."""
    out: dict[str, float] = {}
    last = -math.inf
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        last = max(place, last + least)
        out[name] = last
    return out
