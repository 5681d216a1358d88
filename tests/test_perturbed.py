import re
from itertools import islice

import pytest

from eval.perturbed import LEAST, MOST, perturbed
from rag.split import sentences

PARAGRAPHS = [
    "".join(
        f"{place}{what}始建于19{number}{year}年，占地{number * 7 + year}公顷，现由市政府管理。"
        for number, what in enumerate(("公园", "车站", "图书馆", "码头", "大学", "灯塔"), 1)
    )
    for year, place in enumerate(("青岛", "成都", "哈尔滨", "厦门"), 2)
]


def figures_blanked(text):
    return re.sub(r"\d+", lambda m: "0" * len(m[0]), text)


def test_the_same_seed_gives_the_same_passages_and_another_seed_others():
    first = list(perturbed(PARAGRAPHS, 50, seed=1))
    assert first == list(perturbed(PARAGRAPHS, 50, seed=1))
    assert first != list(perturbed(PARAGRAPHS, 50, seed=2))


def test_fewer_are_the_first_of_more():
    assert list(perturbed(PARAGRAPHS, 20, seed=1)) == list(
        islice(perturbed(PARAGRAPHS, 500, seed=1), 20)
    )


def test_all_are_distinct_and_about_as_long_as_a_passage():
    made = [p.text for p in perturbed(PARAGRAPHS, 1000, seed=3)]
    assert len(set(made)) == 1000
    assert all(LEAST <= len(text) <= MOST for text in made)
    assert 130 <= sum(map(len, made)) / 1000 <= 170


def test_each_half_is_consecutive_sentences_of_its_paragraph_but_for_figures():
    for made in perturbed(PARAGRAPHS, 100, seed=4):
        at = round(made.share * len(made.text))
        assert made.first != made.second
        for half, index in ((made.text[:at], made.first), (made.text[at:], made.second)):
            assert figures_blanked(half) in figures_blanked(PARAGRAPHS[index])
            whole = {
                figures_blanked(PARAGRAPHS[index][s:e]) for s, e in sentences(PARAGRAPHS[index])
            }
            assert {figures_blanked(half[s:e]) for s, e in sentences(half)} <= whole


def test_some_figures_are_changed_and_some_are_kept():
    figures = {f for text in PARAGRAPHS for f in re.findall(r"\d+", text)}
    found = [f for p in perturbed(PARAGRAPHS, 100, seed=5) for f in re.findall(r"\d+", p.text)]
    kept = sum(f in figures for f in found) / len(found)
    assert 0.4 < kept < 0.9


def test_paragraphs_that_cannot_give_so_many_are_refused():
    with pytest.raises(ValueError, match="Two paragraphs"):
        list(perturbed(PARAGRAPHS[:1], 1, seed=1))
    with pytest.raises(ValueError, match="Only"):
        list(perturbed(["春天来了。", "秋天来了。"], 1, seed=1))
