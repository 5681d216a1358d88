"""What a reader is given, and what every reader keeps to."""

from itertools import pairwise

import pytest

from rag.reader import Reading, texts_of
from rag.reader.bundled import BundledReader
from rag.reader.texts import Text

WATER = "检测项目 | 限值 | 实测值\n铅（mg/L） | 0.01 | 0.004\n总硬度（mg/L） 450 | 212"


def read(passage):
    return [text.text for text in texts_of(passage)]


def test_running_text_is_read_as_it_stands():
    assert read("第一句。\n第二句，有逗号。") == ["第一句。\n第二句，有逗号。"]


def test_a_row_is_read_with_the_names_of_its_columns():
    assert read(WATER)[0] == "检测项目：铅（mg/L）；限值：0.01；实测值：0.004"


def test_columns_that_a_printed_table_runs_together_are_told_by_their_number():
    assert read(WATER)[1] == "检测项目：总硬度（mg/L）；限值：450；实测值：212"


def test_text_around_a_table_is_read_beside_its_rows():
    assert read(f"水质。\n\n{WATER}\n\n负责人：郑国强。")[::3] == [
        "水质。\n\n",
        "\n\n负责人：郑国强。",
    ]


def test_a_line_that_rules_a_markdown_table_off_is_no_row():
    assert read("| 业务 | 同比 |\n|---|---|\n| 电机 | +18% |") == ["业务：电机；同比：+18%"]


def test_a_comma_inside_quotation_marks_parts_no_cells():
    assert read('店,额\n西湖店,"1,234"') == ["店：西湖店；额：1,234"]


def test_english_prose_with_commas_is_no_table():
    prose = "In May, she left, he says.\nIn June, they met, it says, again."
    assert read(prose) == [prose]


def test_what_is_pointed_at_in_a_row_is_taken_back_to_the_passage():
    row = texts_of(WATER)[0]
    at = row.text.index("0.004")
    assert [WATER[s:e] for s, e in row.places(at, at + 5)] == ["0.004"]


def test_what_was_put_between_cells_stands_nowhere():
    row = texts_of(WATER)[0]
    places = row.places(0, len(row.text))
    assert "".join(WATER[s:e] for s, e in places) == "检测项目铅（mg/L）限值0.01实测值0.004"


# --- every reader


@pytest.fixture(scope="module", params=[BundledReader])
def reader(request):
    return request.param(1)


def text(words, context=""):
    return Text(words, context, ((0, len(words), 0),))


def test_a_reader_says_something_of_every_text_in_its_order(reader):
    texts = [text("北京今天下雨。"), text("会议于3月5日在成都举行。"), text("他很高兴。")]
    readings = reader.answers("会议在哪里举行？", texts)
    assert len(readings) == 3
    assert max(readings, key=lambda r: r.probability) is readings[1]
    assert all(0 <= r.probability <= 1 for r in readings)


def test_a_reader_points_at_the_words_that_answer(reader):
    words = "会议于3月5日在成都举行，由王丽主持。"
    (where,) = reader.answers("会议在哪里举行？", [text(words)])
    (who,) = reader.answers("会议由谁主持？", [text(words)])
    assert "成都" in words[slice(*where.spans[0])]
    assert "王丽" in words[slice(*who.spans[0])]


def test_spans_lie_inside_the_text_and_apart(reader):
    words = "参加者有王丽、李强和赵敏。" * 20
    (reading,) = reader.answers("谁参加了？", [text(words)])
    spans = sorted(reading.spans)
    assert all(0 <= s < e <= len(words) for s, e in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_script_makes_no_difference_to_a_reader(reader):
    simplified, traditional = reader.answers("会议在哪里举行？", [text("会议在成都举行。")] * 2)
    (other,) = reader.answers("會議在哪裡舉行？", [text("會議在成都舉行。")])
    assert other == simplified == traditional


def test_a_text_too_long_to_read_is_read_from_its_beginning(reader):
    (reading,) = reader.answers(
        "会议在哪里举行？", [text("会议在成都举行。" + "天气很好。" * 2000)]
    )
    assert reading.spans


def test_an_empty_text_answers_nothing(reader):
    assert reader.answers("会议在哪里举行？", [text("")]) == [Reading(0.0, ())]
    assert reader.answers("会议在哪里举行？", []) == []
