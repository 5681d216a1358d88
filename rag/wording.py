"""What Youju itself says, by the script of the question."""

from dataclasses import dataclass

from rag.fold import Script


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences in one language."""

    answer_in: str
    """Added to the prompt."""
    join: str
    not_found: str
    never_mentioned: str
    quoted: str
    list_join: str


_CHINESE = Wording(
    answer_in="",
    join="",
    not_found="资料里没有找到这个问题的答案。",
    never_mentioned="资料中从未提到{}。",
    quoted="“{}”",
    list_join="、",
)

WORDS: dict[Script, Wording] = {
    "hans": _CHINESE,
    "hant": _CHINESE,  # turned into traditional characters where it is used
    "latin": Wording(
        answer_in="Answer in English.\n",
        join=" ",
        not_found="The documents do not answer this question.",
        never_mentioned=" They never mention {}.",
        quoted="“{}”",
        list_join=", ",
    ),
}
