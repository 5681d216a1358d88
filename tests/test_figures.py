import pytest

from rag.figures import counts_something_else, figures, missing_figures


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("六年", "6年"),
        ("5600亿", "近5600亿美元"),
        ("11.1 billion", "111亿美元"),
        ("１２５％", "125%"),
        ("百分之二十", "20%"),
        ("June 5, 2025", "2025年6月5日"),
        ("两次", "2次"),
        ("二〇二五年", "2025年"),
        ("1,117", "1117"),
        ("7%", "7%~10%"),
        ("凌晨2:17", "2:17"),
        ("百分之七点七五", "7.75%"),
        ("2018-03-05", "2018年3月5日"),
        ("2018/3/5", "2018年3月5日"),
        ("2,000平方米", "2000平方米"),
        ("没有数字", ""),
        ("一个新阶段", ""),
    ],
)
def test_the_source_holds_the_figure(claim, source):
    assert missing_figures(claim, source) == []


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("126%", "125%"),
        ("111 billion", "111亿美元"),
        ("1小时", "1月"),
        ("第三轮", "第四轮"),
        ("6月4日", "6月5日"),
        ("2024年", "2025年"),
        ("6年", "6月"),
        ("20家", "10名"),
        ("百分之七点五", "7.75%"),
        ("2018-03-05", "2018年3月6日"),
        ("六英尺", "两英尺"),
        ("8.5万亿", "8.51万亿"),
    ],
)
def test_the_source_does_not_hold_the_figure(claim, source):
    assert missing_figures(claim, source)


def test_every_figure_of_a_list_is_found():
    assert [f.value for f in figures("8%、6.5%、18.4%、6%")] == [8, 6.5, 18.4, 6]


@pytest.mark.parametrize(
    ("claim", "question", "other"),
    [
        ("32个国家", "民调访问了多少人？", True),
        ("10名高管", "制裁了多少家企业？", True),
        ("20家", "制裁了多少家企业？", False),
        ("10名", "多少人？", False),
        ("32", "多少人？", False),
        ("20家企业及10名高管", "制裁了多少家企业？", False),
        ("32个国家", "涉及哪些国家？", False),
    ],
)
def test_a_count_of_something_else_is_no_answer(claim, question, other):
    assert bool(counts_something_else(claim, question)) is other
