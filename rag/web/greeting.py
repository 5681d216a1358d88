"""Who says hello, or asks what this is, asks nothing of the documents."""

from __future__ import annotations

import re

from rag.fold import fold

_HELLO = (
    r"(?:你好|您好|哈喽|嗨|早上好|上午好|中午好|下午好|晚上好|在吗|hello|hi|hey"
    r"|good (?:morning|evening))"
)
_WHAT = (
    r"(?:(?:你|您|这|这个)?(?:是谁|是什么|是做什么的|能做什么|能做些什么|可以做什么|会做什么|会什么"
    r"|能干什么|能帮我做什么|有什么用|怎么用)|(?:我)?(?:可以|能)问(?:你)?什么|who are you"
    r"|what are you|what (?:can|do) you do|what is this|how does this work|help|帮助)"
)
_CALLS = r"(?:[\s,，、!！。.~]*(?:啊|呀|吗|there))?"
_GREETS = re.compile(rf"{_HELLO}{_CALLS}(?:[\s,，。.!！~]*{_WHAT})?|{_WHAT}")
_ENDS = " \t\n,，。.!！?？~～呢啊呀"


def greets(question: str) -> bool:
    """Whether the whole of it is a greeting, or asks what can be asked here."""
    return bool(_GREETS.fullmatch(fold(question).strip(_ENDS)))
