"""People, places, names and reasons: read from a clause, and compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.fold import fold, language_of
from rag.tagger import tagged

if TYPE_CHECKING:
    from rag.names import Names

_TAGS = {"person": ("nr",), "place": ("ns",)}
_CAPITALS = re.compile(r"[A-Z][\w.'-]+(?: (?:(?:of|de|von|van) )?[A-Z][\w.'-]+)*")
_LINKS = frozenset(re.findall(r"\w", "是在于由为的了将被从到所号")) | {
    "首先",
    "最先",
    "最早",
    "就是",
}
_SLOT_EDGES = re.compile(
    r"^(?:将|已|是|在|于|由|为|的|了|到|定|设)+|(?:的|了|所|在|于|最先|最早|首先|率先|已经|已|将|曾|才|是)+$"
)
_BECAUSE = re.compile(
    r"(?:原因(?:是|在于|为)|由于|因为|是因|因|[缘源归毁死败亡起始出来]于|归[咎因]于|归功于|起因于|[是遭]?被|由"
    r"|because of|because|due to|caused by|owing to|blamed on|killed by|result of)"
    r"\s*(?P<why>[^，。；！？,.;\n]{2,40})"
    r"|(?P<cause>[^，。；！？,.;\n]{2,40}?)"
    r"(?:引起|造成|导致|引发|所致|点燃|caused|led to|brought about|killed)"
)


def names_in(clause: str, printed: str, kind: str, names: Names) -> frozenset[str]:
    """The names of a kind in a folded clause; English ones begin with capitals as printed."""
    if language_of(clause) == "en":
        capitals = (fold(m[0]).strip(".'-") for m in _CAPITALS.finditer(printed))
        return frozenset(c for c in capitals if c in clause)
    tags = _TAGS.get(kind, ("nr", "ns", "nt", "nz"))
    found = {w for w, tag in tagged(clause) if tag.startswith(tags) and len(w) > 1}
    if kind == "name":
        found |= {forms[0] for _, _, forms in names.find(clause)}
    return frozenset(found)


def in_slot(question: str, slot: re.Match[str], clause: str) -> str:
    """What stands in a folded clause where the question has 谁 or 哪里; empty if nothing does."""
    before = [w for w, _ in tagged(question[: slot.start()]) if w not in _LINKS]
    after = [w for w, _ in tagged(question[slot.end() :]) if w not in _LINKS]
    start, end = 0, len(clause)
    if before:
        if before[-1] not in clause:
            return ""
        start = clause.index(before[-1]) + len(before[-1])
    if after:
        end = clause.find(after[0], start)
        if end < 0:
            return ""
    found = _SLOT_EDGES.sub("", clause[start:end])
    return found if 2 <= len(found) <= 10 and not set("[]()【】") & set(found) else ""


def same_name(one: str, other: str) -> bool:
    """Whether one name holds the other, or a word of it: A. Smith, Adam Smith."""
    return one in other or other in one or bool(_long_words(one) & _long_words(other))


def reason_in(clause: str) -> tuple[str, frozenset[str]]:
    """The reason that a folded clause gives, and the words of the clause that carry meaning.

    What else the clause says may be the other's reason: in doubt two agree.
    """
    match = _BECAUSE.search(clause)
    if not match:
        return "", frozenset()
    why = (match["why"] or match["cause"]).strip()
    # English says the reason behind its “because”; Chinese as often before it as after.
    return why, content_of(why if language_of(clause) == "en" and match["why"] else clause)


def _long_words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", name))


def content_of(text: str) -> frozenset[str]:
    """The words of a folded text that carry meaning."""
    if language_of(text) == "en":
        return frozenset(re.findall(r"[a-z]{4,}", text))
    return frozenset(w for w, tag in tagged(text) if tag[0] in "nvij" and len(w) > 1)
