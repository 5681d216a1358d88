import pytest

from rag.errors import BadFileError
from rag.load import find_files
from tests.conftest import document_of, read_document, seed


def test_front_matter_gives_title_outlet_and_date(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: 题目\nsource: 某报\ndate: 2026-02-06\n---\n# 别的\n正文。", "utf-8"
    )
    document = read_document(path)
    assert (document.title, document.outlet, document.published) == ("题目", "某报", "2026-02-06")
    assert document.published_from == "front matter"


def test_a_rule_at_the_top_is_not_front_matter(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("---\n这不是元数据，只是一段话\n---\n正文。", "utf-8")
    assert read_document(path).title == "---" or read_document(path).title
    assert read_document(path).published is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("关于水库的说明\n\n水库有七座。", "关于水库的说明"),
        ("# 水库\n\n水库有七座。", "水库"),
        ("水库一共有七座，其中三座在北部山区。\n\n另有两条铁路。", "x"),
        ("水库" * 40, "x"),
    ],
)
def test_a_text_without_a_headline_is_called_by_its_file(text, title):
    assert document_of(text).title == title


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_table_is_called_by_its_file(format):
    assert document_of("品名 | 数量\n螺丝 | 37", format=format).title == "x"


def test_the_dateline_of_the_text_gives_the_date():
    document = document_of("【大纪元2025年06月05日讯】周四")
    assert (document.published, document.published_from) == ("2025-06-05", "text")


def test_the_text_of_a_file_is_kept_to_the_character(tmp_path):
    text = "  第一行\r\n\r\n\t第二行　\n"
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    assert read_document(path).text == text


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(BadFileError, match="no such file"):
        list(find_files([tmp_path / "gone"]))


def test_the_manifest_tells_what_the_text_cannot():
    document = seed("003")
    assert document.published == "2023-10"
    assert document.published_from.startswith("inferred")


def test_a_manifest_of_another_file_is_an_error(tmp_path):
    (tmp_path / "a.txt").write_text("正文。", "utf-8")
    (tmp_path / "manifest.toml").write_text(
        '[[document]]\nfile = "a.txt"\nsha256 = "00"\n', "utf-8"
    )
    with pytest.raises(BadFileError, match="sha256 differs"):
        read_document(tmp_path / "a.txt")


def test_names_beside_a_manifest_are_no_document(tmp_path):
    (tmp_path / "a.txt").write_text("text", "utf-8")
    (tmp_path / "aliases.txt").write_text("a = b", "utf-8")
    assert [p.name for p in find_files([tmp_path])] == ["a.txt", "aliases.txt"]
    (tmp_path / "manifest.toml").write_text("", "utf-8")
    assert [p.name for p in find_files([tmp_path])] == ["a.txt"]
