"""What making follow-ups stand alone is worth to retrieval: `python -m eval.followups`.

Over the conversations of `eval/conversations.jsonl` and a fresh home of the seeds. Asks no language
model unless told to with `--model`; then the endpoint of the settings rewrites. Odd and even ones
are printed apart, but both had been read when the rules were written: neither is held out.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import GoldEvidence
from eval.metrics import overlaps, rank_of_first, wilson
from eval.names import known_names
from rag import open as open_home
from rag.llm import make_chat_model
from rag.question.rewrite import Rewriter
from rag.question.standalone import stand_alone
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag.build import Youju

CONVERSATIONS = Path(__file__).parent / "conversations.jsonl"
AT = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A question that comes after others, and where its answer stands."""

    id: str
    kind: str
    history: tuple[tuple[str, str], ...]
    question: str
    alone: str
    """The question as a person makes it stand alone."""
    evidence: GoldEvidence

    @property
    def odd(self) -> bool:
        """Which half it is in."""
        return int(self.id.rpartition("-")[2]) % 2 == 1


def read_conversations(path: Path = CONVERSATIONS) -> list[Conversation]:
    """Read conversations from a JSON-lines file."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    return [
        Conversation(
            id=row["id"],
            kind=row["kind"],
            history=tuple((q, a) for q, a in row["history"]),
            question=row["question"],
            alone=row["alone"],
            evidence=GoldEvidence(row["document"], row["evidence"]),
        )
        for row in rows
    ]


_LEANS = re.compile(
    r"^(?:那|那么|还有|然后|呢|为什么|為什麼|而|and\b|what about|how about|then\b|why\b)"
    r"|[他她它其該该此](?![国國])|他们|她们|那次|这次|那个|这个|上述|呢[？?]?$"
    r"|\b(?:he|she|it|they|him|her|his|their|that|this|those|these)\b",
    re.IGNORECASE,
)


def last_in_front_of_leaning(question: str, history: Sequence[tuple[str, str]]) -> str:
    """The rule up to 0.3: the last question in front of one with a leaning word, or a short one."""
    leans = history and (_LEANS.search(question) or len(question) < 6)
    return f"{history[-1][0]} {question}" if leans else question


WAYS: Mapping[str, Callable[[Conversation], str]] = {
    "the follow-up as it is": lambda c: c.question,
    "whole history in front": lambda c: " ".join([*(t for h in c.history for t in h), c.question]),
    "last question in front": lambda c: f"{c.history[-1][0]} {c.question}",
    "in front where it leans": lambda c: last_in_front_of_leaning(c.question, c.history),
    "rules": lambda c: stand_alone(c.question, c.history, known_names()),
    "by hand": lambda c: c.alone,
}


def main() -> int:
    """Print hit@k of each way, of parts of the set, and how many were rightly left unchanged."""
    parser = argparse.ArgumentParser(prog="python -m eval.followups", description=__doc__)
    parser.add_argument("--model", action="store_true", help="also by the endpoint's model")
    parser.add_argument("--show", action="store_true", help="print what the rules make of each")
    args = parser.parse_args()
    ways = dict(WAYS)
    if args.model:
        settings = Settings.load()
        if not settings.base_url:
            parser.error("--model needs OPENAI_BASE_URL; the embedded model is not asked")
        model, _ = make_chat_model(settings)
        if model is None:
            parser.error("--model needs a language model")
        rewriter = Rewriter(model, known_names, seconds=settings.deadline)
        ways["by the model"] = lambda c: rewriter.stand_alone(c.question, c.history)
    conversations = read_conversations()
    with tempfile.TemporaryDirectory() as home, open_home(home) as youju:
        youju.fill_from_seeds()
        _print(youju, conversations, ways, show=args.show)
    return 0


def _print(
    youju: Youju,
    conversations: Sequence[Conversation],
    ways: Mapping[str, Callable[[Conversation], str]],
    *,
    show: bool,
) -> None:
    asked = {name: [way(c) for c in conversations] for name, way in ways.items()}
    ranks = {
        name: [_rank(youju, c, q) for c, q in zip(conversations, questions, strict=True)]
        for name, questions in asked.items()
    }
    leaning = [i for i, c in enumerate(conversations) if c.kind != "standalone"]
    alone = [i for i, c in enumerate(conversations) if c.kind == "standalone"]
    parts = {
        "follow-ups": leaning,
        "follow-ups, odd": [i for i in leaning if conversations[i].odd],
        "follow-ups, even": [i for i in leaning if not conversations[i].odd],
        "all": list(range(len(conversations))),
    }
    for title, chosen in parts.items():
        columns = "  ".join(f"{f'hit@{k}':16}" for k in AT)
        print(f"\n{title}: {len(chosen)}\n  {'':26}{columns}")
        for name, found in ranks.items():
            cells = "  ".join(f"{_cell([found[i] for i in chosen], k):16}" for k in AT)
            print(f"  {name:26}{cells}")
    print("\nhit@5 by kind")
    for kind in dict.fromkeys(c.kind for c in conversations):
        chosen = [i for i, c in enumerate(conversations) if c.kind == kind]
        print(f"  {kind} ({len(chosen)})")
        for name, found in ranks.items():
            print(f"    {name:26}{_cell([found[i] for i in chosen], 5)}")
    print("\nstandalone questions left unchanged; follow-ups changed")
    for name, questions in asked.items():
        same = [q == c.question for q, c in zip(questions, conversations, strict=True)]
        kept, changed = sum(same[i] for i in alone), sum(not same[i] for i in leaning)
        print(f"  {name:26}{kept}/{len(alone)}  {changed}/{len(leaning)}")
    if show:
        print()
        for index, (conversation, question) in enumerate(
            zip(conversations, asked["rules"], strict=True)
        ):
            rank, best = ranks["rules"][index], ranks["by hand"][index]
            print(f"{conversation.id}  {rank} (by hand {best})  {question}")


def _rank(youju: Youju, conversation: Conversation, question: str) -> int | None:
    gold = conversation.evidence
    span = gold.span(youju.document(gold.document))
    return rank_of_first(
        [
            hit.passage.document_id == gold.document and overlaps(hit.passage.spans, (span,))
            for hit in youju.search(question, max(AT))
        ]
    )


def _cell(ranks: Sequence[int | None], k: int) -> str:
    flags = [rank is not None and rank <= k for rank in ranks]
    low, high = wilson(flags) or (0.0, 1.0)
    return f"{sum(flags) / len(flags):.3f} [{low:.2f} {high:.2f}]"


if __name__ == "__main__":
    sys.exit(main())
