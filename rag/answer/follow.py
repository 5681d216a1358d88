"""Further searches, where a draft left something open: a hop searches with what the last found.

    draft → checked sentences and what is missing → questions to search with → more passages

So a question that needs a finding before it can be searched for (the chairman of whoever built
it) is answered step by step, and each step stands on sentences that have been checked.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import BaseModel

from rag.answer.judged import parsed, passages_text
from rag.budget import within_budget
from rag.errors import ModelError
from rag.figures import missing_figures
from rag.prompt import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answer.judged import Writer
    from rag.answer.write import Written
    from rag.model import Hit

MOST_SEARCHES = 3
LONGEST_SEARCH = 200
"""Characters of one."""
MOST_TOKENS = 300

log = logging.getLogger(__name__)


class _Searches(BaseModel):
    searches: list[str] = []


def further_searches(
    model: Writer, question: str, written: Written, deadline: float
) -> tuple[str, ...]:
    """Return questions to search with for what ``written`` left open.

    None where the model proposes none or fails: what stands, stands without them.
    """
    found = "\n".join(f"- {s.text}" for s in written.statements) or "-"
    missing = "\n".join(f"- {m}" for m in written.missing)
    messages = fill("searches", question=question, found=found, missing=missing)
    try:
        text = model.write(messages, max_tokens=MOST_TOKENS, deadline=deadline)
        proposed = parsed(_Searches, text).searches
    except ModelError as error:
        log.warning("No further search is made: %s", error)
        return ()
    known = f"{question}\n{found}\n{missing}"
    new = (s.strip() for s in proposed)
    kept = [
        s
        for s in new
        if s and s != question and len(s) <= LONGEST_SEARCH and not missing_figures(s, known)
    ]
    return tuple(dict.fromkeys(kept))[:MOST_SEARCHES]


def with_further(
    written: Written, found: Sequence[Hit], before: Sequence[Hit], tokens: int
) -> tuple[Hit, ...]:
    """Return the passages of a second draft, within a budget.

    First those that the first draft stands on, then what was found since, then the others; none
    where nothing was found that the first did not have.
    """
    seen = {hit.passage.id for hit in before}
    if all(hit.passage.id in seen for hit in found):
        return ()
    cited = (source.hit for statement in written.statements for source in statement.sources)
    order = {hit.passage.id: hit for hit in (*cited, *found, *before)}
    return tuple(
        within_budget(order.values(), tokens=tokens, text=lambda hit: passages_text([hit]))
    )
