"""Words and their kinds: an ordinary word that jieba has for a name is none."""

import jieba.posseg
import pytest

from rag.tagger import tagged


@pytest.mark.parametrize(
    ("word", "kind"), [("卫星", "n"), ("顾问", "n"), ("晋升", "v"), ("湖泊", "n")]
)
def test_an_ordinary_word_is_no_name(word, kind):
    assert jieba.posseg.lcut(word)[0].flag[:2] in {"nr", "ns"}
    assert tagged(word) == ((word, kind),)


@pytest.mark.parametrize(("name", "kind"), [("贺鸣", "nr"), ("北京", "ns"), ("王毅", "nr")])
def test_a_name_stays_one(name, kind):
    assert tagged(name) == ((name, kind),)
