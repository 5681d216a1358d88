"""What the rows of a table are told by themselves."""

import pytest

from rag.grid import names_columns, rows_above_header
from rag.reader import texts_of


@pytest.mark.parametrize(
    ("filled", "above"),
    [([1, 2, 6, 5, 6, 6], 2), ([6, 6, 6], 0), ([1, 2, 2], 0), ([1, 1, 1, 5], 0), ([], 0)],
)
def test_what_fills_few_cells_stands_above_the_header(filled, above):
    assert rows_above_header(filled) == above


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["楼栋", "5号楼", "6号楼"], ["电梯", "2", "3"]], True),
        ([["项目", "2022", "2023"], ["租金", "£6,420", "£6,905"]], True),
        ([["14", "菌落总数", "100", "2"], ["15", "总大肠菌群", "100", "3"]], False),
        ([["Sodium", "22", "11.8"], ["Warm LED", "31", "9.4"]], False),
        ([["时间", "2024年4月20日14:00"], ["地点", "小区会所"]], False),
        ([["路名", "公里"], ["松山路", "12.5"]], True),
        ([["姓名", "职务"], ["祝棠", "会计"]], True),
        ([["姓名", "职务"]], True),
    ],
)
def test_a_row_of_values_names_no_columns(rows, names):
    assert names_columns(rows) is names


def test_rows_without_names_are_read_each_by_itself():
    form = texts_of("时间 | 2024年4月20日14:00\n地点 | 小区会所")
    assert [t.text for t in form] == ["时间：2024年4月20日14:00", "地点：小区会所"]
    going_on = texts_of("14 | 菌落总数 | 100 | 2\n15 | 总大肠菌群 | 100 | 3")
    assert [t.text for t in going_on] == ["14；菌落总数；100；2", "15；总大肠菌群；100；3"]
    assert all(t.is_row for t in (*form, *going_on))


def test_what_is_pointed_at_in_a_row_without_names_stands_in_the_passage():
    passage = "时间 | 2024年4月20日14:00\n地点 | 小区会所"
    (_, place) = texts_of(passage)
    start = place.text.index("小区会所")
    ((low, high),) = place.places(start, start + 4)
    assert passage[low:high] == "小区会所"
