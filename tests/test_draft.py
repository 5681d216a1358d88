"""What a model wrote, cut into pieces, and what its judge says of them."""

import json

import pytest

from rag.answer.draft import read_draft, without_empty_frames
from rag.answer.judged import exact_fault, judge
from rag.compose import as_markdown
from rag.errors import ModelProtocolError
from rag.model import Sentence
from rag.wording import WORDS
from tests.candidates import hit

METRO = hit("地铁三号线全长42.5公里，设车站28座。预计2027年底通车。", title="轨道简报")


class Says:
    """A model that writes what it is told to."""

    def __init__(self, written):
        self.written = written

    def write(self, messages, *, max_tokens, deadline):
        return self.written


def pieces(text):
    return [(p.text, p.layout, p.markers) for p in read_draft(text).pieces]


def test_sentences_items_headings_and_rows_are_pieces_with_their_markers():
    draft = (
        "## 概况\n三号线全长42.5公里[1]。设28站[1][2]。\n\n- 预计2027年通车[1]\n\n"
        "| 项目 | 数值 |\n|---|---|\n| 全长 | 42.5公里 [1] |"
    )
    assert pieces(draft) == [
        ("概况", "heading", ()),
        ("三号线全长42.5公里。", "", (1,)),
        ("设28站。", "", (1, 2)),
        ("预计2027年通车", "item", (1,)),
        ("项目 | 数值", "row", ()),
        ("全长 | 42.5公里", "row", (1,)),
    ]


def test_a_row_is_judged_with_its_columns_names():
    *_, row = read_draft("| 项目 | 数值 |\n|---|---|\n| 全长 | 42.5公里 [1] |").pieces
    assert row.reading == "项目：全长；数值：42.5公里"


def test_what_is_missing_is_no_piece():
    draft = read_draft("全长42.5公里[1]。\nMISSING: 造价")
    assert [p.text for p in draft.pieces] == ["全长42.5公里。"]
    assert draft.missing == ("造价",)


def test_links_and_markup_of_a_model_are_taken_away():
    (piece,) = read_draft("**见** [这里](https://evil.example)<img src=x>。").pieces
    assert piece.text == "见 这里。"


def test_a_heading_or_header_under_which_nothing_stands_is_left_out():
    made = read_draft("## 甲\n一句。\n## 乙\n二句。\n\n| 列 | 值 |\n|---|---|\n| 行 | 1 |").pieces
    assert without_empty_frames(made, [True, True, True, False, True, False]) == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def sentence(text, layout, *markers):
    return Sentence(text=text, markers=markers, support="supported", reason="", layout=layout)


def test_layout_comes_out_as_markdown():
    said = [
        sentence("概况", "heading"),
        sentence("全长42.5公里。", "paragraph", 1),
        sentence("设28站。", "", 1),
        sentence("预计通车", "item", 2),
        sentence("项目 | 数值", "row"),
        sentence("全长 | 42.5", "row", 1),
    ]
    assert as_markdown(said, WORDS["hans"]) == (
        "## 概况\n\n全长42.5公里。[1]设28站。[1]\n- 预计通车[2]\n\n"
        "| 项目 | 数值 |\n|---|---|\n| 全长 | 42.5[1] |"
    )


def judged(text, **said):
    made = read_draft(text).pieces
    rows = [{"n": n, **said} for n in range(1, len(made) + 1)]
    return judge(Says(json.dumps({"sentences": rows})), "？", [METRO], made, 0.0)


def test_words_that_stand_in_a_passage_support_and_their_sentence_is_cited():
    (one,) = judged("三号线有28个站[1]。", verdict="supported", words=["车站28座"])
    assert one.stands
    assert [c.excerpt.text for c in one.sources] == ["地铁三号线全长42.5公里，设车站28座。"]


@pytest.mark.parametrize("words", [[], ["车站 28 座"], ["车站28座", "造价"], ["座"]])
def test_words_that_do_not_all_stand_there_support_nothing(words):
    (one,) = judged("三号线有28个站[1]。", verdict="supported", words=words)
    assert not one.stands


def test_a_figure_that_no_passage_cited_holds_overrules_the_judge():
    (one,) = judged("三号线有38个站[1]。", verdict="supported", words=["车站28座"])
    assert one.fault == "38个 is in no passage cited"


def test_a_label_states_nothing():
    assert judged("## 概况", verdict="label")[0].stands
    assert not judged("三号线将在明年全线贯通。", verdict="label")[0].stands
    assert not judged("## 2027年", verdict="label")[0].stands


def test_a_sentence_that_the_judge_passes_over_does_not_stand():
    made = read_draft("一句。二句。").pieces
    said = judge(Says('{"sentences": []}'), "？", [METRO], made, 0.0)
    assert [one.stands for one in said] == [False, False]


@pytest.mark.parametrize("written", ["yes", "{}", '{"sentences": [{"n": 1, "verdict": "maybe"}]}'])
def test_what_is_no_verdict_is_an_error_that_says_what_to_do(written):
    with pytest.raises(ModelProtocolError, match="YOUJU_ANSWERS=quote"):
        judge(Says(written), "？", [METRO], read_draft("一句。").pieces, 0.0)


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("全长约43公里。", ""),  # rounded
        ("设3个出入口。", ""),  # few enough to count
        ("全长52.5公里。", "52.5"),
        ("简报称“年底前全线贯通”。", "年底前全线贯通"),
        ("简报称“预计2027年底通车”。", ""),
    ],
)
def test_figures_and_quotations_are_compared(claim, fault):
    found = exact_fault(claim, [METRO])
    assert fault in found
    assert bool(found) == bool(fault)
