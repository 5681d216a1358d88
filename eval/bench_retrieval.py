"""What retrieval finds on question sets: both legs, their fusion, and plain LlamaIndex over Chroma.

Every paragraph of the sets is a document, written to a file and added as any file is. A ranking of
passages becomes one of paragraphs: each counts by its best passage. Called by `youju bench
retrieval`.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from unittest.mock import patch

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.vector_stores.chroma import ChromaVectorStore

from eval.squad import Paragraph, Question, read_squad, spread
from rag.build import Youju
from rag.embed import make_embedding
from rag.errors import SettingsError
from rag.fold import to_simplified, to_traditional
from rag.fuse import ranked, reciprocal_rank
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llama_index.core.base.base_retriever import BaseRetriever
    from numpy.typing import NDArray

    from rag.retrieve import Found, HybridRetriever

    Floats: TypeAlias = NDArray[np.float64]

MEASURES = {
    "hit@1": Success @ 1,
    "hit@5": Success @ 5,
    "hit@10": Success @ 10,
    "MRR@10": RR @ 10,
    "nDCG@10": nDCG @ 10,
}
RANKINGS = ("dense leg", "lexical leg", "reciprocal rank", "fused", "search")
"""``search`` is what comes out in the end: fused, dates weighed, repetitions taken together."""
BASELINE = "LlamaIndex + Chroma"
DEPTH = 20
"""Hits asked of ``search`` and of the baseline."""
STAGES = ("understand", "embed", "dense", "lexical", "tokens", "fuse", "hits")
"""Those of ``find``; ``hits`` is the rest of ``search``, the filter and reading the passages."""
RESAMPLES = 10_000
SEED = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of which documents."""

    squads: tuple[Path, ...]
    """The documents of all, the questions of the first."""
    questions: Path | None = None
    """Words of the questions, by their ids, where they are not the first set's own."""
    script: str | None = None
    """``hant`` or ``hans``: what the questions are turned into."""
    limit: int | None = None
    articles: tuple[str, ...] = ()
    """Titles, or positions ``from:to``, of the articles that are asked about."""
    baseline: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the document that answers it."""

    id: str
    text: str
    document: str


@dataclass(slots=True)
class Results:
    """Rankings of documents by ranking's name and question's id, and seconds by stage."""

    rankings: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def rank(self, name: str, question: str, documents: Sequence[str]) -> None:
        """Note what a ranking found."""
        self.rankings.setdefault(name, {})[question] = list(dict.fromkeys(documents))

    def lap(self, stage: str, seconds: float) -> None:
        """Note how long a stage took."""
        self.seconds.setdefault(stage, []).append(seconds)


# --- asking


@dataclass(frozen=True, slots=True)
class Prepared:
    """A home that holds the paragraphs, and what is asked of it."""

    youju: Youju
    asked: list[Asked]
    texts: dict[str, str]
    """By document."""


@contextmanager
def prepared(plan: Plan, home: Path | None = None) -> Iterator[Prepared]:
    """Add the paragraphs to a home, and choose the questions.

    Args:
        plan: What to do.
        home: Keeps the documents for the next run; None: a temporary one.

    Raises:
        BadFileError: When a set cannot be read.
        SettingsError: When nothing is left to be asked.
    """
    with tempfile.TemporaryDirectory() if home is None else nullcontext(str(home)) as kept:
        folder = Path(kept)
        paragraphs = [read_squad(path) for path in plan.squads]
        files = write_documents([p.text for squad in paragraphs for p in squad], folder / "files")
        with Youju(Settings.load().model_copy(update={"home": folder / "home"})) as youju:
            began = time.perf_counter()
            documents = {
                Path(result.path).name: result.document_ids[0]
                for result in youju.add(folder / "files")
                if result.document_ids
            }
            added = time.perf_counter() - began
            asked = [
                Asked(q.id, q.text, documents[files[p.text]])
                for p, q in choose(plan, paragraphs[0])
                if files[p.text] in documents
            ]
            print(
                f"{len(files)} documents, {youju.ledger.count_searched()} passages "
                f"(read in {added:.0f} s); {len(asked)} questions of {plan.squads[0].name}"
                + (f", asked as in {plan.questions.name}" if plan.questions else "")
                + (f", in {plan.script}" if plan.script else ""),
                flush=True,
            )
            texts = {documents[name]: text for text, name in files.items() if name in documents}
            yield Prepared(youju, asked, texts)


def run(plan: Plan, home: Path | None = None, out: Path | None = None) -> Results:
    """Measure and print; write all figures to ``out``, a JSON file. See ``prepared``."""
    with prepared(plan, home) as bench:
        asked = bench.asked
        results = ask(bench.youju, asked)
        if plan.baseline:
            settings = bench.youju.settings
            plain = baseline(bench.texts, settings, settings.home.parent / "baseline")
            ask_baseline(plain, asked, results)
    figures = report(asked, results)
    if out:
        record = {
            "plan": {k: _plain(v) for k, v in asdict(plan).items()},
            "questions": len(asked),
            "documents": len(bench.texts),
            **figures,
            "rankings": results.rankings,
            "relevant": {a.id: a.document for a in asked},
        }
        out.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
    return results


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value


def write_documents(texts: Sequence[str], folder: Path) -> dict[str, str]:
    """Write each distinct text to a file of its own; return the files' names by text."""
    names = {text: f"p{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt" for text in texts}
    folder.mkdir(parents=True, exist_ok=True)
    if {path.name for path in folder.iterdir()} - set(names.values()):
        raise SettingsError(f"{folder} holds another bench's documents. Take another --home.")
    for text, name in names.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, "utf-8", newline="")
    return names


def choose(plan: Plan, paragraphs: Sequence[Paragraph]) -> list[tuple[Paragraph, Question]]:
    """Return what is asked, in its language and script, each with its paragraph."""
    about = [p for p in paragraphs if _is_of(p, plan.articles)]
    asked = [(p, q) for p in about for q in p.questions]
    if plan.questions:
        words = {q.id: q.text for p in read_squad(plan.questions) for q in p.questions}
        asked = [(p, _with_text(q, words[q.id])) for p, q in asked if q.id in words]
    turn = {"hant": to_traditional, "hans": to_simplified}.get(plan.script or "")
    if turn:
        asked = [(p, _with_text(q, turn(q.text))) for p, q in asked]
    if not asked:
        raise SettingsError(
            "No question is left: look at --articles and at the ids of --questions."
        )
    return spread(asked, plan.limit or len(asked))


def _with_text(question: Question, text: str) -> Question:
    return Question(question.id, text, question.answer, question.start)


def _is_of(paragraph: Paragraph, articles: Sequence[str]) -> bool:
    for article in articles:
        start, colon, end = article.partition(":")
        if colon and start.isdecimal() and end.isdecimal():
            if int(start) <= paragraph.article < int(end):
                return True
        elif article == paragraph.title:
            return True
    return not articles


@contextmanager
def watched(retriever: HybridRetriever) -> Iterator[list[Found]]:
    """Collect what ``find`` returns while ``search`` calls it."""
    seen: list[Found] = []
    find = retriever.find

    def watch(*args: object, **named: object) -> Found:
        seen.append(find(*args, **named))  # type: ignore[arg-type]
        return seen[-1]

    with patch.object(retriever, "find", watch):
        yield seen


def ask(youju: Youju, asked: Sequence[Asked]) -> Results:
    """Ask Youju everything."""
    results = Results()
    youju.search(asked[0].text)  # loads the model
    with watched(youju.retriever) as seen:
        for a in asked:
            seen.clear()
            began = time.perf_counter()
            hits = youju.search(a.text, DEPTH)
            took = time.perf_counter() - began
            found = seen[-1]
            for stage, seconds in found.seconds.items():
                results.lap(stage, seconds)
            results.lap("hits", took - sum(found.seconds.values()))
            results.lap("all", took)
            rankings = {
                "dense leg": found.dense,
                "lexical leg": found.lexical,
                "reciprocal rank": ranked(reciprocal_rank([found.dense, found.lexical])),
                "fused": found.fused,
            }
            for name, ranking in rankings.items():
                documents = [
                    found.passages[i].document_id for i, _ in ranking if i in found.passages
                ]
                results.rank(name, a.id, documents)
            # A hit that stands for a near-duplicate names it.
            in_hits = [id for h in hits for id in (h.passage.document_id, *h.also)]
            results.rank("search", a.id, in_hits)
    return results


def baseline(texts: Mapping[str, str], settings: Settings, folder: Path) -> BaseRetriever:
    """Index ``texts`` (by id) as LlamaIndex's documentation does, with Youju's embedding.

    The defaults are LlamaIndex's: whole sentences up to 1,024 tokens, of which the model reads the
    first 512. An index of the same texts and embedding that is in ``folder`` is used again.
    """
    embedding = make_embedding(settings)
    shape = json.dumps([embedding.model_name, sorted(texts.items())], ensure_ascii=False)
    name = f"plain-{hashlib.sha256(shape.encode()).hexdigest()[:16]}"
    store = ChromaVectorStore.from_params(collection_name=name, persist_dir=str(folder))
    if store.client.count():
        index = VectorStoreIndex.from_vector_store(store, embed_model=embedding)
    else:
        index = VectorStoreIndex.from_documents(
            [Document(id_=id, text=text) for id, text in texts.items()],
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=embedding,
            # The default: named, so that LlamaIndex's global settings are not asked for it.
            transformations=[SentenceSplitter()],
        )
    return index.as_retriever(similarity_top_k=DEPTH)


def ask_baseline(plain: BaseRetriever, asked: Sequence[Asked], results: Results) -> None:
    """Ask the baseline everything."""
    for a in asked:
        began = time.perf_counter()
        nodes = plain.retrieve(a.text)
        results.lap(BASELINE, time.perf_counter() - began)
        results.rank(BASELINE, a.id, [n.node.ref_doc_id or "" for n in nodes])


# --- measuring


def measure(asked: Sequence[Asked], ranking: Mapping[str, Sequence[str]]) -> Floats:
    """Return each question's measures: shape ``(questions, len(MEASURES))``."""
    qrels = [Qrel(a.id, a.document, 1) for a in asked]
    scored = [
        ScoredDoc(id, document, 1 / rank)
        for id, documents in ranking.items()
        for rank, document in enumerate(documents, 1)
    ]
    rows = {a.id: row for row, a in enumerate(asked)}
    columns = {str(measure): column for column, measure in enumerate(MEASURES.values())}
    table = np.zeros((len(asked), len(MEASURES)))
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels, scored):
        table[rows[metric.query_id], columns[str(metric.measure)]] = metric.value
    return table


def bootstrap(table: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> tuple[Floats, Floats]:
    """Return the 95 % interval of each column's mean, by resampling the rows.

    Columns share the resamples, so a column of differences is a paired comparison.

    Args:
        table: Shape ``(questions, columns)``.
        resamples: How many.
        seed: The same one gives the same interval.

    Returns:
        Lower and upper ends, shape ``(columns,)`` each.
    """
    rng = np.random.default_rng(seed)
    count = len(table)
    means = np.empty((resamples, table.shape[1]))
    for start in range(0, resamples, 500):
        part = means[start : start + 500]
        # How often each row is drawn, rather than which rows are.
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=len(part))
        part[:] = drawn @ table / count
    low, high = np.quantile(means, (0.025, 0.975), axis=0)
    return low, high


def quantiles(seconds: Sequence[float], *shares: float) -> list[float]:
    """Return quantiles in milliseconds.

    >>> quantiles([0.1, 0.2, 0.3], 0.5)
    [200.0]
    """
    return [round(float(q) * 1e3, 6) for q in np.quantile(np.asarray(seconds), shares)]


# --- reporting


def report(asked: Sequence[Asked], results: Results) -> dict[str, object]:
    """Print the tables; return their figures."""
    tables = {name: measure(asked, ranking) for name, ranking in results.rankings.items()}
    compared = [n for n in ("fused", "search") if n in tables and BASELINE in tables]
    columns = [*tables.values(), *(tables[n][:, :1] - tables[BASELINE][:, :1] for n in compared)]
    whole = np.concatenate(columns, axis=1)
    mean = whole.mean(axis=0)
    low, high = bootstrap(whole)

    print(f"\n| ranking | {' | '.join(MEASURES)} |\n|---|{'---|' * len(MEASURES)}")
    figures: dict[str, dict[str, list[float]]] = {}
    for number, name in enumerate(tables):
        at = number * len(MEASURES)
        cells = []
        for offset, measured in enumerate(MEASURES):
            one = [float(x[at + offset]) for x in (mean, low, high)]
            figures.setdefault(name, {})[measured] = one
            cells.append(f"{one[0]:.3f} [{one[1]:.3f}, {one[2]:.3f}]")
        print(f"| {name} | {' | '.join(cells)} |")
    differences: dict[str, list[float]] = {}
    for number, name in enumerate(compared, len(tables) * len(MEASURES)):
        one = [float(x[number]) for x in (mean, low, high)]
        differences[name] = one
        print(
            f"hit@1 of {name} less that of {BASELINE}: "
            f"{one[0]:+.3f} [{one[1]:+.3f}, {one[2]:+.3f}] (paired)"
        )

    stages = [s for s in (*STAGES, "all", BASELINE) if s in results.seconds]
    times = {stage: quantiles(results.seconds[stage], 0.5, 0.95) for stage in stages}
    print(f"\n| ms | {' | '.join(stages)} |\n|---|{'---|' * len(stages)}")
    for row, name in enumerate(("p50", "p95")):
        print(f"| {name} | {' | '.join(f'{times[s][row]:.1f}' for s in stages)} |")
    return {"figures": figures, "differences": differences, "milliseconds": times}
