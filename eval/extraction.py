"""How well the article is told from the page: `python -m eval.extraction FOLDER`.

The folder holds HTML files, each beside its gold: ``NAME.json`` with segments that belong to the
article (``keep``), that do not (``drop``) and that are not counted (``either``: titles, captions,
notes), or ``NAME.txt`` with the article's whole text. `--make FOLDER` writes made-up pages there.

**Tokens.** A text is a multiset of tokens: each Chinese character, each run of Latin letters or
digits. With P the tokens predicted and G those of the gold, both multisets::

    precision = |P ∩ G| / |P|     recall = |P ∩ G| / |G|     F1 = 2·|P ∩ G| / (|P| + |G|)

Tokens of P beyond G that the ``either`` segments explain are taken off P first. A page's figures
are averaged over pages (each page counts the same); both empty scores 1. Order is not looked at.

**Segments.** The share of keep segments that stand in the body and of drop segments that do not,
white space aside, as trafilatura's own evaluation counts.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from trafilatura import bare_extraction

from eval.pages import FAMILIES, HASHED, HELD_OUT, make_page
from rag.errors import BadFileError
from rag.parse.encoding import decode
from rag.parse.page import page_encoding, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.model import Parsed

_TOKEN = re.compile(r"[㐀-䶿一-鿿豈-﫿]|[^\W_㐀-䶿一-鿿豈-﫿]+")
_SPACE = re.compile(r"\s+")
SYSTEMS = ("youju", "trafilatura", "trafilatura precision", "trafilatura recall")
_OPTIONS: dict[str, dict[str, bool]] = {
    "trafilatura": {},
    "trafilatura precision": {"favor_precision": True},
    "trafilatura recall": {"favor_recall": True},
}
_CLASSES = ("comment", "caption", "credit")


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one text, or their means."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What is known of a page."""

    keep: Sequence[str]
    drop: Sequence[str] = ()
    either: Sequence[str] = ()
    family: str = "pages"
    classes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How one system did on one page."""

    family: str
    score: Score
    right: int
    """Segments kept or dropped rightly."""
    segments: int


def tokens(text: str) -> Counter[str]:
    """The multiset of a text's tokens.

    >>> sorted(tokens("美国GDP增长3%").elements())
    ['3', 'GDP', '国', '增', '美', '长']
    """
    return Counter(_TOKEN.findall(text))


def token_score(predicted: str, gold: str, either: str = "") -> Score:
    """Compare two texts as multisets of tokens.

    >>> token_score("a b c d", "a b e")  # 2 shared, of 4 and of 3
    Score(precision=0.5, recall=0.6666666666666666, f1=0.5714285714285714)
    """
    wanted, got = tokens(gold), tokens(predicted)
    got -= (got - wanted) & tokens(either)
    shared = (wanted & got).total()
    if not wanted and not got:
        return Score(1.0, 1.0, 1.0)
    precision = shared / got.total() if got else 0.0
    recall = shared / wanted.total() if wanted else 0.0
    return Score(precision, recall, 2 * shared / (got.total() + wanted.total()))


def segments_right(body: str, keep: Iterable[str], drop: Iterable[str]) -> int:
    """How many segments are in the body that should be, or are not that should not.

    >>> segments_right("one two", keep=["two", "three"], drop=["four"])
    2
    """
    whole = _SPACE.sub("", body)
    kept = sum(_SPACE.sub("", segment) in whole for segment in keep)
    return kept + sum(_SPACE.sub("", segment) not in whole for segment in drop)


def mean(scores: Sequence[Score]) -> Score:
    """Mean of each figure over pages."""
    return Score(
        fmean(s.precision for s in scores),
        fmean(s.recall for s in scores),
        fmean(s.f1 for s in scores),
    )


def body_of(parsed: Parsed) -> str:
    """The text that bears no ``kind`` mark."""
    pieces, at = [], 0
    for mark in sorted(m for m in _spans_of_kinds(parsed)):
        pieces.append(parsed.text[at : mark[0]])
        at = max(at, mark[1])
    return "".join([*pieces, parsed.text[at:]])


def _spans_of_kinds(parsed: Parsed) -> list[tuple[int, int]]:
    return [(mark.start, mark.end) for mark in parsed.marks if mark.role == "kind"]


def class_hits(parsed: Parsed, gold: Gold) -> Counter[tuple[str, bool]]:
    """Count, for each class, the segments that lie within a mark of that class or do not."""
    counts: Counter[tuple[str, bool]] = Counter()
    for kind in _CLASSES:
        spans = [(m.start, m.end) for m in parsed.marks if m.role == "kind" and m.value == kind]
        marked = "\n".join(_SPACE.sub("", parsed.text[start:end]) for start, end in spans)
        for segment in gold.classes.get(kind, ()):
            counts[kind, _SPACE.sub("", segment) in marked] += 1
    return counts


def read_gold(page: Path) -> Gold | None:
    """Read the gold beside a page, in either form."""
    segments, text = page.with_suffix(".json"), page.with_suffix(".txt")
    if segments.exists():
        record: dict[str, Any] = json.loads(segments.read_text("utf-8"))
        known = ("keep", "drop", "either", "family", "classes")
        return Gold(**{key: record[key] for key in known if key in record})
    if text.exists():
        return Gold(keep=[text.read_text("utf-8")])
    return None


def bodies(html: str, name: str) -> tuple[dict[str, str], Parsed | None]:
    """The body text that each system finds."""
    found: dict[str, str] = {}
    for system, options in _OPTIONS.items():
        document = bare_extraction(html, include_comments=True, include_tables=True, **options)  # type: ignore[arg-type]
        found[system] = (getattr(document, "text", None) or "") if document else ""
    try:
        parsed = parse_page(html, name=name)
    except BadFileError:
        return {**found, "youju": ""}, None
    return {**found, "youju": body_of(parsed)}, parsed


def measure(folder: Path) -> tuple[dict[str, list[Result]], Counter[tuple[str, bool]]]:
    """Run every system over the pages of ``folder``."""
    results: dict[str, list[Result]] = {system: [] for system in SYSTEMS}
    classes: Counter[tuple[str, bool]] = Counter()
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".html", ".htm")):
        gold = read_gold(path)
        if gold is None:
            continue
        data = path.read_bytes()
        encoding = page_encoding(data)
        html = data.decode(encoding, "replace") if encoding else decode(data)[0]
        found, parsed = bodies(html, path.stem)
        for system, body in found.items():
            results[system].append(_result(body, gold))
        if parsed:
            classes += class_hits(parsed, gold)
    return results, classes


def _result(body: str, gold: Gold) -> Result:
    score = token_score(body, "\n".join(gold.keep), "\n".join(gold.either))
    right = segments_right(body, gold.keep, gold.drop)
    return Result(gold.family, score, right, len(gold.keep) + len(gold.drop))


def report(results: dict[str, list[Result]], classes: Counter[tuple[str, bool]]) -> str:
    """Tables: all pages, tuned and held-out families, each family, and classes."""
    names = {make.__name__ for make in FAMILIES}
    families = sorted({r.family for r in results["youju"]})
    groups = {"all pages": families}
    made = [family for family in families if family.removesuffix(HASHED) in names]
    for held_out in (False, True):
        for hashed in (False, True):
            title = f"{'held-out' if held_out else 'tuned'} families{HASHED if hashed else ''}"
            groups[title] = [
                family
                for family in made
                if (family.removesuffix(HASHED) in HELD_OUT) == held_out
                and family.endswith(HASHED) == hashed
            ]
    lines = []
    for title, members in groups.items():
        if not members:
            continue
        lines += [f"\n{title}", f"{'':24}precision  recall     F1   segments right"]
        for system in SYSTEMS:
            chosen = [r for r in results[system] if r.family in members]
            if chosen:
                lines.append(f"{system:24}{_figures(chosen)}")
    lines += ["\nF1 by family", f"{'':28}{'youju':>8}{'default':>10}{'precision':>11}{'recall':>8}"]
    lines += [_family_line(family, results) for family in families]
    lines += ["\nclasses: share of segments marked as what they are"]
    for kind in _CLASSES:
        right, wrong = classes[kind, True], classes[kind, False]
        if right + wrong:
            lines.append(f"{kind:24}{right / (right + wrong):8.3f}  of {right + wrong}")
    return "\n".join(lines)


def _figures(chosen: Sequence[Result]) -> str:
    score = mean([r.score for r in chosen])
    right = sum(r.right for r in chosen) / max(sum(r.segments for r in chosen), 1)
    return f"{score.precision:9.3f}{score.recall:8.3f}{score.f1:7.3f}{right:17.3f}"


def _family_line(family: str, results: dict[str, list[Result]]) -> str:
    f1 = [mean([r.score for r in results[s] if r.family == family]).f1 for s in SYSTEMS]
    worse = "  below trafilatura" if f1[0] < max(f1[1:]) - 5e-4 else ""
    return f"{family:28}{f1[0]:8.3f}{f1[1]:10.3f}{f1[2]:11.3f}{f1[3]:8.3f}{worse}"


def make(folder: Path, pages: int, seed: int) -> None:
    """Write made-up pages and their gold."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(pages):
        record = asdict(make_page(number, seed))
        stem = folder / record.pop("name")
        html = record.pop("html")
        encoding = page_encoding(html.encode()) or "utf-8"
        stem.with_suffix(".html").write_bytes(html.encode(encoding))
        stem.with_suffix(".json").write_text(json.dumps(record, ensure_ascii=False), "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m eval.extraction", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", action="store_true", help="write made-up pages into FOLDER")
    parser.add_argument("--pages", type=int, default=6 * len(FAMILIES))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    if given.make:
        make(given.folder, given.pages, given.seed)
        return
    print(report(*measure(given.folder)))


if __name__ == "__main__":
    main()
