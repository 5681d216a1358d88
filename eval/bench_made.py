"""The verifier over claims made by rule: `python -m eval.bench_made [SQUAD.json … | FOLDER …]`.

Of sentences of the seeds, of the files of a folder or of a set in SQuAD's format, claims are made
that are true and no copies (`eval/made_true.py`), and claims with one thing wrong
(`eval/made_wrong.py`). Each is checked against its sentence, as the answerer would cite it, with
two other sentences of the paragraph offered too. By a hash of its paragraph half of the claims is
held out: their failures are never printed, and nothing was tuned on them.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from eval.bench_verifier import shows_nothing_wrong
from eval.made_true import COPY, TRUE
from eval.made_words import Made, Sentence
from eval.made_wrong import WRONG
from eval.metrics import counted
from eval.names import known_names
from eval.squad import read_squad
from rag.cards import card
from rag.clean import clean
from rag.fold import to_simplified
from rag.load import describe, find_files, manifest_entry
from rag.model import Parsed
from rag.parse import Limits, parse
from rag.resources import resource
from rag.split import sentences
from rag.verify import Source, Verdict, verify

SHORTEST, LONGEST = 15, 90
"""Characters of a sentence."""
MOST = 2000
COPIES = 10
"""One of so many sentences is checked as it stands."""
_WHOLE = re.compile(r"[^？?！!\n。]+。")
_PAIRS = (("（", "）"), ("(", ")"), ("“", "”"), ("「", "」"), ("《", "》"), ("【", "】"))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of body text."""

    text: str
    card: str
    """Title, outlet and date."""
    document: str
    """All text of its document."""

    @property
    def held_out(self) -> bool:
        """Whether it is measured only."""
        return int(_hash(self.text), 16) % 2 == 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and what it is checked against."""

    made: Made
    sources: tuple[Source, ...]
    held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the check said of a claim."""

    claim: Claim
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Whether a wrong claim was caught, or a true one let through."""
        if self.claim.made.wrong:
            return shows_nothing_wrong(self.verdict, self.claim.made.wrong)
        return self.verdict.support == "supported"


def read_paragraphs(path: Path) -> list[Paragraph]:
    """Read the body text of a set in SQuAD's format, or of the files of a folder.

    Raises:
        BadFileError: When a set is not in that format.
    """
    if path.suffix == ".json":
        held = read_squad(path)
        whole: dict[int, str] = defaultdict(str)
        for p in held:
            whole[p.article] += f"{p.text}\n"
        return [Paragraph(p.text, p.title, whole[p.article]) for p in held]
    files = (file for file in find_files([path]) if isinstance(file, Path))
    return [p for file in files for p in _paragraphs_of(file)]


def _paragraphs_of(path: Path) -> Iterator[Paragraph]:
    for parsed in parse(path.read_bytes(), path.name, Limits()):
        if isinstance(parsed, Parsed):
            document = describe(parsed, id=path.stem, source=str(path), name=path.stem)
            document = manifest_entry(path).apply(document)
            blocks = [b for b in clean(document) if b.kind == "body"]
            texts = [b.excerpt.text for b in blocks if not b.heading and not b.header]
            yield from (Paragraph(text, card(document), "\n".join(texts)) for text in texts)


def claims_of(paragraph: Paragraph) -> Iterator[Claim]:
    """Make the claims of a paragraph."""
    parts = [paragraph.text[start:end] for start, end in sentences(paragraph.text)]
    befores = ["", *parts]
    document = to_simplified(paragraph.document)
    for at, part in enumerate(parts):
        if not _is_whole(part):
            continue
        around = [n for n in (at + 1, at + 2, at - 1, at - 2) if 0 <= n < len(parts)][:2]
        sources = tuple(Source(parts[n], f"{paragraph.card}\n{befores[n]}") for n in (at, *around))
        for made in make(Sentence(to_simplified(part), document)):
            yield Claim(_as_cited(made, part), sources, paragraph.held_out)


def make(sentence: Sentence) -> Iterator[Made]:
    """Make the claims of a sentence, at most one of each kind; the same ones every time."""
    for maker in (*WRONG, *TRUE):
        seed = _hash(f"{maker.__name__} {sentence.text}")
        made = maker(sentence, Random(seed))
        if made and (made.kind == COPY or made.claim != sentence.text):
            yield made


def _as_cited(made: Made, sentence: str) -> Made:
    """A sentence in traditional characters is copied as it stands, and turned to simplified."""
    if to_simplified(sentence) == sentence:
        return made
    other = {
        COPY: sentence,
        "script": to_simplified(sentence),
        "together": to_simplified(made.claim),
    }
    return Made(made.kind, other.get(made.kind, made.claim), made.wrong)


def _is_whole(sentence: str) -> bool:
    return (
        SHORTEST <= len(sentence) <= LONGEST
        and _WHOLE.fullmatch(sentence) is not None
        and all(sentence.count(a) == sentence.count(b) for a, b in _PAIRS)
    )


def choose(claims: Iterable[Claim], most: int) -> list[Claim]:
    """Choose at most so many, every kind getting its share; of copies a tenth of one."""
    kinds: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        kinds[claim.made.kind].append(claim)
    for group in kinds.values():
        group.sort(key=lambda c: _hash(c.made.claim))
    left, out = most, []
    for number, kind in enumerate(sorted(kinds, key=lambda k: (k != COPY, len(kinds[k])))):
        share = left // (len(kinds) - number)
        out += kinds[kind][: share // COPIES if kind == COPY else share]
        left = most - len(out)
    return out


def check(claim: Claim) -> Outcome:
    """Check one claim, by the names with which some true ones were made."""
    verdict = verify(claim.made.claim, claim.sources, question="", names=known_names())
    return Outcome(claim, verdict)


def report(outcomes: Sequence[Outcome], *, failures: int = 0) -> Iterator[str]:
    """Write the table, and of what is not held out so many failures of each kind."""
    yield "| claims | looked at | held out |\n|---|---|---|"
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for o in outcomes:
        groups[o.claim.made.kind].append(o)
    wrong = sorted(kind for kind, group in groups.items() if group[0].claim.made.wrong)
    true = sorted(groups.keys() - {*wrong, COPY})
    for kind in wrong:
        yield f"| wrong {kind}: caught | {_both(groups[kind])} |"
    yield f"| **all wrong: caught** | {_both([o for k in wrong for o in groups[k]])} |"
    for kind in true:
        yield f"| true, {kind}: rejected | {_both(groups[kind])} |"
    yield f"| **all true: rejected** | {_both([o for k in true for o in groups[k]])} |"
    yield f"| copies: rejected | {_both(groups[COPY])} |"
    for kind in (*wrong, *true, COPY) if failures else ():
        failed = [o for o in groups[kind] if not o.good and not o.claim.held_out]
        for o in failed[:failures]:
            claim, verdict = o.claim, o.verdict
            yield f"{kind} | {claim.made.claim} | {claim.sources[0].quote}"
            yield f"    {verdict.support}: {verdict.reason} | {verdict.failing}"


def _both(outcomes: Sequence[Outcome]) -> str:
    sides = [[o for o in outcomes if o.claim.held_out is held] for held in (False, True)]
    # Of wrong ones the share that is caught, of true ones the share that is not let through.
    return " | ".join(counted([o.good == bool(o.claim.made.wrong) for o in s]) for s in sides)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def main(paths: Sequence[Path], *, most: int, failures: int, read: int) -> None:
    """Measure and print."""
    for path in paths or [resource("seeds")]:
        made = [c for p in read_paragraphs(path) for c in claims_of(p)]
        chosen = choose(made, most)
        print(f"\n{path.name}: {len(chosen)} of {len(made)} claims")
        if read:
            for kind in dict.fromkeys(c.made.kind for c in chosen):
                seen = [c for c in chosen if c.made.kind == kind and not c.held_out]
                for c in seen[:read]:
                    print(f"{kind} | {c.made.claim} | {c.sources[0].quote} | {c.made.wrong}")
            continue
        for line in report([check(c) for c in chosen], failures=failures):
            print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--most", type=int, default=MOST, help="claims of a file")
    parser.add_argument("--failures", type=int, default=0, help="so many of each kind are named")
    parser.add_argument("--read", type=int, default=0, help="print so many of each kind, no more")
    given = parser.parse_args()
    main(given.paths, most=given.most, failures=given.failures, read=given.read)
