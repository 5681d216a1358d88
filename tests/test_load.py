import pytest

from rag.errors import BadFileError
from rag.load import decode, describe, find_files, load_file
from tests.conftest import SEEDS


def load(path):
    return load_file(path, max_bytes=10**6, new_id="x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_text_comes_out_the_same_in_every_encoding(encoding):
    text = "中方将美国输华产品关税加至125%。\r\n第二行\n"
    assert decode(text.encode(encoding), "f") == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01\x02", "binary"),
        (b"\xff\xff\xff\xff", "encoding"),
        (b"\xef\xbb\xbf\xff", "encoding"),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_name(data, reason):
    with pytest.raises(BadFileError, match=f"f: .*{reason}"):
        decode(data, "f")


def test_front_matter_gives_title_outlet_and_date(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: 题目\nsource: 某报\ndate: 2026-02-06\n---\n# 别的\n正文。", "utf-8"
    )
    document = load(path)
    assert (document.title, document.outlet, document.published) == ("题目", "某报", "2026-02-06")
    assert document.published_from == "front matter"


def test_a_rule_at_the_top_is_not_front_matter(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("---\n这不是元数据，只是一段话\n---\n正文。", "utf-8")
    assert load(path).title == "---" or load(path).title
    assert load(path).published is None


def test_the_dateline_of_the_text_gives_the_date():
    document = describe("【大纪元2025年06月05日讯】周四", id="x", source="s", name="n")
    assert (document.published, document.published_from) == ("2025-06-05", "text")


def test_the_text_of_a_file_is_kept_to_the_character(tmp_path):
    text = "  第一行\r\n\r\n\t第二行　\n"
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    assert load(path).text == text


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b" \n ", "empty"),
        ("a.exe", b"MZ", "type"),
        ("big.txt", b"x" * (10**6 + 1), "bytes"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_reason(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=f"{name}.*{reason}"):
        load(path)


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(BadFileError, match="no such file"):
        list(find_files([tmp_path / "gone"]))


def test_the_manifest_tells_what_the_text_cannot():
    document = load(next(SEEDS.glob("003*")))
    assert document.published == "2023-10"
    assert document.published_from.startswith("inferred")


def test_a_manifest_of_another_file_is_an_error(tmp_path):
    (tmp_path / "a.txt").write_text("正文。", "utf-8")
    (tmp_path / "manifest.toml").write_text(
        '[[document]]\nfile = "a.txt"\nsha256 = "00"\n', "utf-8"
    )
    with pytest.raises(BadFileError, match="sha256 differs"):
        load(tmp_path / "a.txt")
