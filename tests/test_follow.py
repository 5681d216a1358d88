"""A question that needs a finding before it can be searched for: hop by hop."""

import pytest

ASKED = "承建青岭大桥的公司，董事长是谁？"
BUILDER = "青岭大桥由江州路桥集团承建。"
CHAIRMAN = "白若川担任江州路桥集团董事长。"


@pytest.fixture
def hops(open_with, endpoint, tmp_path):
    """A home in which the first search has no room for the second finding."""
    texts = [
        f"一家公司的董事长在第{n}次年会上谈大桥承建的经验与教训，听众{n}人。" for n in range(40)
    ]
    for n, text in enumerate([BUILDER, *texts, CHAIRMAN]):
        (tmp_path / f"{n}.txt").write_text(text, "utf-8")
    youju = open_with(home=tmp_path / "hops", context_tokens=500)
    youju.add(*(tmp_path / f"{n}.txt" for n in range(len(texts) + 2)))

    def reply(prompt):
        if CHAIRMAN in prompt:
            return f"{BUILDER}[1]{CHAIRMAN}[2]"
        return f"{BUILDER}[1]\n\nMISSING: 江州路桥集团的董事长是谁"

    endpoint.reply = reply
    endpoint.searches = lambda missing: ["江州路桥集团的董事长是谁？"]
    return youju


def test_what_a_draft_leaves_open_is_searched_for_with_what_it_found(hops):
    answer = hops.ask(ASKED)
    assert answer.outcome == "answered"
    assert answer.text == "青岭大桥由江州路桥集团承建。[1]白若川担任江州路桥集团董事长。[2]"
    assert answer.searches == ("江州路桥集团的董事长是谁？",)
    assert answer.missing == ()


def test_the_first_draft_stands_where_the_search_finds_no_more(hops, endpoint):
    endpoint.searches = lambda missing: ["青岭大桥由谁承建？"]
    answer = hops.ask(ASKED)
    assert answer.outcome == "partial"
    assert answer.missing == ("江州路桥集团的董事长是谁",)


@pytest.mark.parametrize("proposed", [[], ["2031年的董事长是谁？"], [ASKED], ["长" * 300]])
def test_no_search_is_made_with_what_was_neither_asked_nor_found(hops, endpoint, proposed):
    endpoint.searches = lambda missing: proposed
    answer = hops.ask(ASKED)
    assert answer.searches == ()
    assert answer.outcome == "partial"


def test_a_model_that_cannot_plan_leaves_what_stands(hops, endpoint):
    endpoint.searches = lambda missing: "江州"  # no list
    assert hops.ask(ASKED).outcome == "partial"
