"""Examples that the bundled reader is trained on, out of question sets given by path.

An example is a question beside one window of text, with the spans that answer it there; none where
the window does not answer. Windows are cut as the product cuts passages: whole sentences, of
varied length. A question's negatives are other windows of its own text and windows of texts that
share the most words with it.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Any

from rag.fold import to_simplified, to_traditional
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SHORTEST, LONGEST = 40, 220
"""Characters of a window; English words count as two."""
NEAR_NEGATIVES, FAR_NEGATIVES = 1, 1
"""Windows of the question's own text, and of others, beside each question."""
WITHOUT_CONTEXT = 0.3
"""Share of examples whose window stands alone."""
DEV_SHARE = 0.08
FAR_OF_WRITTEN = 0.3
"""Share of the written questions that get a window of another text: their own near misses teach
more."""
TABLES = "tables"
"""The file of tables among the written ones, whose others hold running text."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question beside a window, and the answers' ``[start, end)`` in it."""

    question: str
    context: str
    text: str
    answers: tuple[tuple[int, int], ...]
    source: str
    group: str
    """The text that it is made of: all of a group's examples are for training, or for testing."""


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    answers: tuple[tuple[int, int], ...]
    traps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    group: str
    title: str
    text: str
    asked: tuple[_Asked, ...]
    source: str


def examples(folder: Path, more: Path | None, seed: int) -> list[Example]:
    """Return all examples of the open sets in ``folder`` and the written ones in ``more``."""
    chance = random.Random(seed)
    texts = [
        *_squad(folder / "cmrc2018_dev.json", "cmrc"),
        *_squad(folder / "cmrc2018_trial.json", "cmrc-trial"),
        *_squad(folder / "drcd_dev.json", "drcd"),
        *_squad(folder / "xquad.zh.json", "xquad-zh"),
        *_squad(folder / "xquad.en.json", "xquad-en"),
        *_across(folder / "xquad.zh.json", folder / "xquad.en.json"),
        *_news(folder / "news"),
    ]
    if more:
        for path in sorted(more.glob("*.jsonl")):
            if path.stem != TABLES:
                texts += _written(path, folder, f"written-{path.stem}")
    index = _Index([w for t in texts if t.source != "across" for w in _windows(t, chance)])
    out: list[Example] = []
    for text in texts:
        out += _of_text(text, index, chance)
    if more:
        out += _tables(more / f"{TABLES}.jsonl", chance)
    return out


def is_dev(example: Example) -> bool:
    """Whether an example's text is kept for testing."""
    return random.Random(example.group).random() < DEV_SHARE


# --- the sets


def _squad(path: Path, source: str) -> Iterator[_Text]:
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for number, paragraph in enumerate(article["paragraphs"]):
            context = paragraph["context"]
            asked = [
                _Asked(qa["question"], tuple({_found(context, a) for a in qa["answers"]}))
                for qa in paragraph["qas"]
            ]
            good = tuple(a for a in asked if a.answers and min(a.answers)[0] >= 0)
            group = f"{source}-{article.get('title')}-{article.get('id', '')}-{number}"
            yield _Text(group, article.get("title") or "", context, good, source)


def _found(context: str, answer: dict[str, Any]) -> tuple[int, int]:
    start = answer["answer_start"]
    if context[start : start + len(answer["text"])] != answer["text"]:
        start = context.find(answer["text"])
    return start, start + len(answer["text"])


def _across(zh: Path, en: Path) -> Iterator[_Text]:
    """Questions of one language over the other's texts."""
    for questions, texts in ((en, zh), (zh, en)):
        asked = {
            qa["id"]: qa["question"]
            for a in json.loads(questions.read_text("utf-8"))["data"]
            for p in a["paragraphs"]
            for qa in p["qas"]
        }
        for article in json.loads(texts.read_text("utf-8"))["data"]:
            for number, paragraph in enumerate(article["paragraphs"]):
                context = paragraph["context"]
                turned = tuple(
                    _Asked(asked[qa["id"]], tuple({_found(context, a) for a in qa["answers"]}))
                    for qa in paragraph["qas"]
                )
                # The same group as the text has in its own language: no text on both sides.
                group = f"{'xquad-zh' if texts is zh else 'xquad-en'}-{article['title']}--{number}"
                yield _Text(group, article["title"], context, turned, "across")


def _news(folder: Path) -> Iterator[_Text]:
    texts = {
        row["id"]: row["text"]
        for row in map(json.loads, (folder / "articles.jsonl").open(encoding="utf-8"))
    }
    asked: defaultdict[str, list[_Asked]] = defaultdict(list)
    for row in map(json.loads, (folder / "questions.jsonl").open(encoding="utf-8")):
        start = texts[row["doc"]].find(row["answer"].strip("。 "))
        if start >= 0:
            end = start + len(row["answer"].strip("。 "))
            asked[row["doc"]].append(_Asked(row["question"], ((start, end),)))
    for id, questions in asked.items():
        yield _Text(f"news-{id}", "", texts[id], tuple(questions), "news")


def _written(path: Path, folder: Path, source: str) -> Iterator[_Text]:
    """Questions written by hand, over invented texts or over excerpts of the open sets.

    An excerpt is named by where it stands, and read from there: its text belongs to its publisher.
    """
    for number, row in enumerate(map(json.loads, path.open(encoding="utf-8"))):
        text = row.get("text") or _excerpt(folder, row)
        asked = tuple(
            _Asked(
                q["q"],
                tuple(s for a in q["answers"] if (s := _first(text, a, _at(text, q)))),
                tuple(s for t in [q.get("trap")] if t and (s := _first(text, t, 0))),
            )
            for q in row["questions"]
        )
        group = f"{source}-{row.get('id', number)}"
        yield _Text(group, row.get("title", ""), text, asked, source)


def _excerpt(folder: Path, row: dict[str, Any]) -> str:
    whole = _whole(folder)[row["from"]][row["id"]]
    return whole[row["start"] : row["start"] + row["length"]]


@lru_cache(maxsize=1)
def _whole(folder: Path) -> dict[str, dict[str | int, str]]:
    """The texts that excerpts are of, by set and id."""
    articles = map(json.loads, (folder / "news" / "articles.jsonl").open(encoding="utf-8"))
    more = (folder / "news" / "more.txt").read_text("utf-8").split("\n")
    contexts: dict[str | int, str] = {}
    for name in ("cmrc2018_dev", "cmrc2018_trial"):
        for article in json.loads((folder / f"{name}.json").read_text("utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                ids = [article.get("id"), paragraph.get("id"), *(q["id"] for q in paragraph["qas"])]
                contexts |= {id: paragraph["context"] for id in ids if id}
    return {
        "articles": {row["id"]: row["text"] for row in articles},
        "more": dict(enumerate(more)),
        "cmrc": contexts,
    }


def _at(text: str, question: dict[str, Any]) -> int:
    """Where the sentence that answers begins."""
    if "at" in question:
        return int(question["at"])
    return max(0, text.find(question.get("sentence") or ""))


def _first(text: str, answer: str, at: int) -> tuple[int, int] | None:
    start = text.find(answer, at)
    if start < 0:
        start = text.find(answer)
    return (start, start + len(answer)) if start >= 0 and answer else None


def row_text(columns: Sequence[str], row: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """A table's row with its columns' names, and where each cell stands in that."""
    text, cells = "", []
    for name, cell in zip(columns, row, strict=False):
        text += f"{'；' if text else ''}{name}：" if name else ("；" if text else "")
        cells.append((len(text), len(text) + len(cell)))
        text += cell
    return text, cells


def _tables(path: Path, chance: random.Random) -> Iterator[Example]:
    for number, row in enumerate(map(json.loads, path.open(encoding="utf-8"))):
        made = [row_text(row["columns"], r) for r in row["rows"]]
        group = f"table-{number}"
        for q in row["questions"]:
            asked = {int(r) for r, _ in q["cells"]}
            for at, (text, cells) in enumerate(made):
                answers = tuple(cells[c] for r, c in q["cells"] if r == at)
                trap = q.get("trap")
                is_trap = bool(trap) and trap[0] == at
                if at in asked or is_trap or chance.random() < 0.45:
                    for _ in range(2):
                        context = row["title"] if chance.random() > 0.15 else ""
                        yield Example(q["q"], context, text, answers, "written-table", group)


# --- windows


def weight(text: str) -> int:
    return len(re.findall(r"[^\x00-\x7f]|[A-Za-z]+|\d+", text))


def windows(text: str, chance: random.Random) -> Iterator[tuple[int, int]]:
    """Cut a text as the product cuts passages: whole sentences, of varied length."""
    bounds = sentences(text)
    at = 0
    while at < len(bounds):
        want = chance.randint(SHORTEST, LONGEST)
        end = at + 1
        while end < len(bounds) and weight(text[bounds[at][0] : bounds[end][1]]) <= want:
            end += 1
        yield bounds[at][0], bounds[end - 1][1]
        at = end


def _windows(text: _Text, chance: random.Random) -> list[tuple[int, int, _Text]]:
    return [(start, end, text) for start, end in windows(text.text, chance)]


class _Index:
    """Windows by the bigrams they share with a question: BM25 without its length."""

    def __init__(self, windows: list[tuple[int, int, _Text]]) -> None:
        self._windows = windows
        self._holding: defaultdict[str, list[int]] = defaultdict(list)
        for number, (start, end, text) in enumerate(windows):
            for unit in units(text.text[start:end]):
                self._holding[unit].append(number)

    def near(self, question: str, most: int) -> list[tuple[int, int, _Text]]:
        found: Counter[int] = Counter()
        for unit in units(question):
            holding = self._holding.get(unit, ())
            if 0 < len(holding) < 2000:
                weight = log(len(self._windows) / len(holding))
                for number in holding:
                    found[number] += weight  # type: ignore[assignment]
        return [self._windows[n] for n, _ in found.most_common(most)]


def units(text: str) -> set[str]:
    text = to_simplified(text).casefold()
    words = set(re.findall(r"[a-z]{3,}|\d+", text))
    for run in re.findall(r"[㐀-鿿]+", text):
        words |= {run[i : i + 2] for i in range(len(run) - 1)}
    return words


def _of_text(text: _Text, index: _Index, chance: random.Random) -> Iterator[Example]:
    for asked in text.asked:
        windows = _windows(text, chance)
        holding = [w for w in windows if _inside(asked.answers, w)]
        near = [w for w in windows if not _inside(asked.answers, w) and not _says(w, asked, text)]
        if asked.answers:
            yield from (_example(asked, w, chance) for w in holding)
            yield from (_example(asked, w, chance) for w in near[: NEAR_NEGATIVES + 1][-1:])
        else:
            trapped = [w for w in windows if _inside(asked.traps, w)] or windows
            yield from (_example(asked, w, chance) for w in trapped[:2])
        if text.source == "across":
            continue
        said = {text.text[s:e] for s, e in asked.answers}
        others = [
            w
            for w in index.near(asked.question, 12)
            if w[2].group != text.group and not any(a in w[2].text for a in said)
        ]
        written = text.source.startswith("written")
        if written and chance.random() > FAR_OF_WRITTEN:
            continue
        for other in others[:FAR_NEGATIVES]:
            yield _example(replace(asked, answers=()), other, chance)


def _inside(spans: Sequence[tuple[int, int]], window: tuple[int, int, _Text]) -> bool:
    return any(window[0] <= s and e <= window[1] for s, e in spans)


def _says(window: tuple[int, int, _Text], asked: _Asked, text: _Text) -> bool:
    return any(text.text[s:e] in text.text[window[0] : window[1]] for s, e in asked.answers)


def _example(asked: _Asked, window: tuple[int, int, _Text], chance: random.Random) -> Example:
    start, end, text = window
    answers = tuple(
        sorted({(s - start, e - start) for s, e in asked.answers if start <= s and e <= end})
    )
    context = ""
    if chance.random() > WITHOUT_CONTEXT:
        before = sentences(text.text[:start])[-1:]
        context = text.title if chance.random() > 0.2 else ""
        if before and chance.random() > 0.3:
            context = f"{context} {text.text[slice(*before[0])]}".strip()
    question = asked.question
    if chance.random() < 0.08:  # either script, over either
        question = to_traditional(question)
    return Example(question, context, text.text[start:end], answers, text.source, text.group)
