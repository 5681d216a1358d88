import pytest

from rag.dates import as_date, find_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("【大纪元2025年06月05日讯】周四", "2025-06-05"),
        ("2025-9-19 22:14", "2025-09-19"),
        ("Published June 5, 2025 by A. Writer", "2025-06-05"),
        ("5 Jun 2025", "2025-06-05"),
    ],
)
def test_a_dateline_in_the_head_is_the_date(text, date):
    assert find_date(text) == (date, "text")


def test_a_day_that_no_calendar_has_is_passed_over():
    assert find_date("编号2025-02-30。2025年3月1日") == ("2025-03-01", "text")


@pytest.mark.parametrize(
    "text",
    [
        "距离2023年11月15日的会议还有41天。",
        "外界猜测，41天后的2023年11月15日，会议将举行。",
        "41天後於2023年11月15日舉行",
    ],
)
def test_a_countdown_to_a_dated_event_tells_the_date_and_says_that_it_is_inferred(text):
    far_down = "。" * 700
    assert find_date(far_down + text) == ("2023-10-05", "inferred: 41 days before 2023-11-15")


def test_the_latest_date_mentioned_is_a_bound_and_marked_as_inferred():
    text = "。" * 700 + "2024年3月，双方签约。2023年11月15日会晤。计划到2099年1月1日完成。"
    assert find_date(text) == ("2024-03", "inferred: the latest date in the text")


def test_a_text_without_a_year_has_no_date():
    assert find_date("9月16日至17日，双方会晤。41天后再谈。") == (None, None)


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("2026-02-06 06:26:54", "2026-02-06"),
        ("2026-03", "2026-03"),
        ("2026年3月", "2026-03"),
        ("2026", "2026"),
        ("Thu, 5 Jun 2025 10:00:00 +0800", "2025-06-05"),
        ("yesterday", None),
    ],
)
def test_a_date_field_is_read_as_precisely_as_it_is_written(field, date):
    assert as_date(field) == date
