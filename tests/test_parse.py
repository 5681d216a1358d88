"""Every format but HTML: what comes out, what is refused, and that one bad part stops no other."""

import io
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse import SUFFIXES, Failed, Limits, RecordMapping, ocr, parse
from rag.parse.encoding import decode
from tests.formats import (
    FONT,
    book,
    comma_separated,
    mail,
    make_corpus,
    page,
    pdf,
    saved,
    scanned_pdf,
    slides,
    tarred,
    word,
    workbook,
    wrapped,
    zipped,
)

FACT = "清水湾水库的设计库容为八千七百万立方米。"

LIMITS = Limits()


def parts(data, name, limits=LIMITS, **given):
    return list(parse(data, name, limits, **given))


def only(data, name, limits=LIMITS, **given):
    (parsed,) = parts(data, name, limits, **given)
    assert isinstance(parsed, Parsed)
    return parsed


def marked(parsed, role, value=None):
    return [
        parsed.text[m.start : m.end]
        for m in parsed.marks
        if m.role == role and value in {None, m.value}
    ]


def refused(data, name, limits=LIMITS):
    with pytest.raises(BadFileError) as caught:
        parts(data, name, limits)
    return str(caught.value)


# Every format


def test_each_format_gives_its_sentence_its_page_its_title_and_its_encoding(tmp_path):
    corpus = make_corpus(tmp_path)
    for made in corpus:
        found = parts((tmp_path / made.name).read_bytes(), made.name)
        (parsed,) = (p for p in found if isinstance(p, Parsed) and p.part == made.part)
        flowing = parsed.text.replace("\n", "")
        assert made.phrase in flowing, made.name
        assert (parsed.format, parsed.note) == (made.format, ""), made.name
        assert made.title in {None, parsed.title}, made.name
        assert made.encoding in {None, parsed.encoding}, made.name
        if made.page:
            (text,) = marked(parsed, "page", str(made.page))
            assert made.phrase in text.replace("\n", ""), made.name
    formats = {made.format for made in corpus}
    assert formats >= {"pdf", "docx", "pptx", "xlsx", "csv", "json", "jsonl", "epub", "eml", "html"}


def test_every_mark_lies_within_its_text_and_the_text_can_be_stored(tmp_path):
    for made in make_corpus(tmp_path):
        for parsed in parts((tmp_path / made.name).read_bytes(), made.name):
            parsed.text.encode("utf-8")
            assert all(0 <= m.start < m.end <= len(parsed.text) for m in parsed.marks)


def test_parsing_text_loads_no_heavy_library():
    script = (
        "import sys; from rag.parse import Limits, parse\n"
        "list(parse('一句话。'.encode(), 'a.txt', Limits()))\n"
        "list(parse(b'{\"text\": \"x\"}', 'a.json', Limits()))\n"
        "heavy = {'lxml', 'pypdfium2', 'docx', 'pptx', 'openpyxl', 'numpy', 'PIL'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("name", "data", "note"),
    [
        ("a.txt", pdf([wrapped(FACT)]), "named .txt, read as pdf"),
        ("a.pdf", FACT.encode(), "named .pdf, read as text"),
        ("a.docx", workbook(FACT), "named .docx, read as xlsx"),
        ("a.txt", page(FACT).encode(), "named .txt, read as html"),
        ("a.zip", word(FACT), "named .zip, read as docx"),
    ],
)
def test_a_file_is_read_as_what_it_is_and_the_note_says_so(name, data, note):
    parsed = only(data, name)
    assert FACT in parsed.text.replace("\n", "")
    assert parsed.note == note


def test_a_name_without_a_known_suffix_is_no_lie():
    assert only(FACT.encode(), "README").note == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, r"an image \(JPEG\)"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, r"an image \(PNG\)"),
        (b"\x7fELF" + b"\0" * 20, "a program"),
        (b"ID3\x04" + b"\0" * 20, "audio"),
        (b"\0\0\0\x18ftypmp42", "video"),
        (b"Rar!\x1a\x07\x01\x00", "RAR archive"),
        (bytes(range(256)) * 4, "binary data"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), r"old Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04 and then nothing", "damaged zip"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "OpenDocument"),
        (b"%PDF-1.7 and then nothing", "damaged PDF"),
    ],
)
def test_what_holds_no_text_is_refused_with_what_it_is(data, reason):
    with pytest.raises(BadFileError, match=reason):
        parts(data, "a.txt")


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    assert "YOUJU_MAX_FILE_BYTES" in refused(b"x" * 11, "a.txt", Limits(file_bytes=10))


@pytest.mark.parametrize("suffix", sorted(SUFFIXES - {".txt", ".text", ".md", ".markdown"}))
def test_damage_raises_nothing_but_bad_file(suffix, tmp_path):
    names = {made.name for made in make_corpus(tmp_path)}
    name = next((n for n in sorted(names) if n.endswith(suffix)), "report.pdf")
    data = (tmp_path / name).read_bytes()
    seeded = random.Random(suffix)
    damaged = [data[: len(data) * i // 20] for i in range(20)]
    for _ in range(20):
        flipped = bytearray(data)
        for _ in range(3):
            flipped[seeded.randrange(len(data))] = seeded.randrange(256)
        damaged.append(bytes(flipped))
    for case in damaged:
        try:
            found = parts(case, f"x{suffix}")
        except BadFileError:
            continue
        assert all(p.reason if isinstance(p, Failed) else p.text.strip() for p in found)


# Encodings

HANS = [
    "中美两国元首在釜山会晤，讨论关税问题。",
    "今天上海天气晴，最高气温三十度。",
    "他说：“我们不会放弃。”",
    "公司去年营收增长了百分之十二，利润却下降了。",
    "请把这份文件发给张经理。",
    "铁路部门表示，春运期间将加开列车。",
    "鱼香肉丝怎么做？先把肉切成丝。",
]
HANT = [
    "臺灣鐵路將於明年調整票價，引發民眾討論。",
    "他在會議中表示，兩岸關係應以和平為重。",
    "這本書講述了一個關於家庭的故事。",
    "颱風逼近，學校宣布停課一天。",
    "我們應該尊重每一個人的選擇。",
    "圖書館每天早上九點開門。",
]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", HANS)
def test_a_short_simplified_sentence_is_decoded(text, encoding):
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "big5", "big5hkscs", "cp950", "gb18030", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("text", HANT)
def test_a_short_traditional_sentence_is_decoded(text, encoding):
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_left_out(encoding):
    text, found = decode(HANS[0].encode(encoding))
    assert text == HANS[0]
    assert found.startswith(encoding[:6].removesuffix("-"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Été comme hiver, la forêt était hantée — dit-on.", "cp1252"),
        ("Café", "cp1252"),
        ("Plain English.", "utf-16-le"),
        ("Съешь же ещё этих мягких французских булок, да выпей чаю.", "cp1251"),
        ("日本語の文章をシフトJISで書きました。正しく読めるでしょうか。", "cp932"),
    ],
)
def test_text_that_is_not_chinese_is_decoded_too(text, encoding):
    assert decode(text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize(("encoding", "cut"), [("utf-8", 1), ("utf-8", 2), ("gb18030", 1)])
def test_a_last_character_that_is_cut_is_left_out_and_reported(encoding, cut):
    text, found = decode(HANS[3].encode(encoding)[:-cut])
    assert text == HANS[3][:-1]
    assert found == f"{encoding}, last character cut"


def test_damaged_utf8_is_refused_with_the_place():
    data = (HANS[0] * 5).encode()
    with pytest.raises(BadFileError, match="wrong bytes, the first at byte 30"):
        decode(data[:30] + b"\xff" + data[30:])


# Tables and records


def test_csv_keeps_its_own_text_and_marks_rows_header_and_records_of_several_lines():
    text = comma_separated([["名称", "说明"], ["石门", "第一行\n第二行"], ["云渡", "桥"]])
    parsed = only(b"\xef\xbb\xbf" + text.encode(), "a.csv")
    assert parsed.text == text
    assert marked(parsed, "header") == ["名称,说明"]
    assert marked(parsed, "table") == [text.rstrip()]
    assert marked(parsed, "paragraph") == ['石门,"第一行\n第二行"']


def test_tabs_and_semicolons_divide_columns_too():
    parsed = only('名称;说明\n石门;"一\n二"\n'.encode(), "a.csv")
    assert marked(parsed, "paragraph") == ['石门;"一\n二"']
    assert marked(only(b"a\tb\n1\t2\n", "a.tsv"), "header") == ["a\tb"]


def test_a_workbook_gives_sheets_as_headings_and_values_as_read():
    parsed = only(workbook(FACT), "a.xlsx")
    assert marked(parsed, "heading") == ["桥梁", "道路"]
    assert marked(parsed, "table")[0].splitlines() == [
        "名称 | 日期 | 占比 | 备注",
        f"云渡桥 | 2021-05-01 | 25% | {FACT}",
    ]
    assert "松山路 | 12.5" in parsed.text


BUDGET = [
    ["江湾敬老院2024年度预算表"],
    ["编制：财务室", "", "单位：元"],
    ["科目", "项目", "预算", "实际", "说明"],
    ["101", "餐费收入", "612000", "658320", ""],
    ["102", "捐赠", "50000", "113800", "定向"],
]


def test_a_title_above_a_tables_header_is_no_header():
    text = comma_separated(row + [""] * (5 - len(row)) for row in BUDGET)
    parsed = only(text.encode(), "a.csv")
    assert marked(parsed, "header") == ["科目,项目,预算,实际,说明"]
    assert marked(parsed, "table")[0].startswith("科目")
    book = openpyxl.Workbook()
    for row in BUDGET:
        book.active.append([cell or None for cell in row])
    file = io.BytesIO()
    book.save(file)
    parsed = only(file.getvalue(), "a.xlsx")
    assert marked(parsed, "header") == ["科目 | 项目 | 预算 | 实际 | 说明"]
    assert marked(parsed, "paragraph") == ["江湾敬老院2024年度预算表", "编制：财务室 单位：元"]


def test_a_narrow_table_keeps_its_first_row_as_header():
    assert marked(only("项目,\n餐费,12\n房租,30\n".encode(), "a.csv"), "header") == ["项目,"]


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: {"data": r}, lambda r: {"count": 2, "rows": r}]
)
def test_json_gives_a_document_a_record_however_the_list_is_wrapped(wrap):
    records = [{"title": "甲", "content": f" {FACT}\n"}, {"标题": "乙", "正文": "别的。"}]
    found = parts(json.dumps(wrap(records)).encode(), "a.json")
    assert [(p.part, p.title, p.text) for p in found] == [
        ("1", "甲", f" {FACT}\n"),
        ("2", "乙", "别的。"),
    ]


def test_a_record_tells_its_outlet_author_address_and_date():
    record = {
        "text": FACT,
        "source": "水利报",
        "author": "陈明",
        "url": "https://example.org/1",
        "date": "2025年6月5日",
    }
    parsed = only(json.dumps(record).encode(), "a.json")
    assert (parsed.outlet, parsed.author, parsed.url) == ("水利报", "陈明", record["url"])
    assert (parsed.published, parsed.published_from) == ("2025-06-05", "metadata")


def test_a_record_without_a_known_text_gives_all_its_fields_and_says_so():
    parsed = only(
        json.dumps({"桥": {"名": "云渡", "长": 120}, "列": ["一", "二"]}).encode(), "a.json"
    )
    assert parsed.text == "桥.名: 云渡\n桥.长: 120\n列: 一\n列: 二"
    assert "no field" in parsed.note


def test_the_mapping_of_fields_can_be_set():
    mapping = RecordMapping(text=("abstract",))
    parsed = only(
        json.dumps({"abstract": FACT, "text": "别的"}).encode(), "a.json", mapping=mapping
    )
    assert parsed.text == FACT


def test_a_bad_line_of_jsonl_fails_alone_by_its_number():
    data = f'{{"text": "{FACT}"}}\n\n{{"text": \n[1]\n{{"text": "\\ud800末"}}\n'.encode()
    first, bad, other, last = parts(data, "a.jsonl")
    assert (first.part, first.text) == ("1", FACT)
    assert (bad.part, other.part) == ("3", "4")
    assert "not JSON" in bad.reason
    assert "named fields" in other.reason
    assert last.text == "\ufffd末"


@pytest.mark.parametrize(
    ("data", "reason"),
    [("[" * 100_000, "nested too deep"), ("1" * 5000, "digits"), ('{"a": ', "line 1, column 7")],
)
def test_json_that_cannot_be_read_is_refused(data, reason):
    assert reason in refused(data.encode(), "a.json")


# PDF


def test_visual_lines_of_a_chinese_paragraph_are_one_paragraph():
    first, second = "第一段说明调查的由来和方法。" * 8, "第二段从这里开始讲另一件事。" * 5
    parsed = only(pdf([[*wrapped(first), *wrapped(second)]]), "a.pdf")
    assert [p.replace("\n", "") for p in marked(parsed, "paragraph")] == [first, second]


def test_paragraphs_without_indent_are_told_by_their_last_line():
    first, second = "alpha beta gamma " * 14 + "end.", "delta epsilon zeta " * 9 + "end."

    lines = [line for text in (first, second) for line in simpleSplit(text, FONT, 12, 400)]
    parsed = only(pdf([lines]), "a.pdf")
    assert [" ".join(p.split()) for p in marked(parsed, "paragraph")] == [first, second]


def test_headers_and_page_numbers_are_boilerplate_and_a_large_line_is_a_heading():
    parsed = only(
        pdf([["# 第一章", "", *wrapped(FACT)], wrapped(FACT), wrapped(FACT)], header="内部交流"),
        "a.pdf",
    )
    assert marked(parsed, "kind", "boilerplate") == [
        *("内部交流", "- 1 -", "内部交流", "- 2 -", "内部交流", "- 3 -"),
    ]
    assert marked(parsed, "heading", "1") == ["第一章"]
    assert [m.value for m in parsed.marks if m.role == "page"] == ["1", "2", "3"]


def test_two_columns_are_read_one_after_the_other():
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Times-Roman", 11)
    # Written row by row, as some programs do.
    for row in range(20):
        for column, x in (("left", 60), ("right", 310)):
            words = f"{column} line {row} of prose that fills its column"
            canvas.drawString(x, 760 - 14 * row, words)
    canvas.save()
    text = only(out.getvalue(), "a.pdf").text
    assert text.index("left line 19") < text.index("right line 0")
    assert " | " not in text


def test_cells_that_stand_apart_are_a_table():
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for row, cells in enumerate([("Year", "Tons", "Price"), *[("2023", "12", "40")] * 4]):
        for column, cell in enumerate(cells):
            canvas.drawString(80 + 150 * column, 700 - 16 * row, cell)
    canvas.save()
    (table,) = marked(only(out.getvalue(), "a.pdf"), "table")
    assert table.splitlines()[:2] == ["Year | Tons | Price", "2023 | 12 | 40"]


def test_properties_give_title_and_author():
    parsed = only(pdf([wrapped(FACT)], title="水库调查"), "a.pdf")
    assert (parsed.title, parsed.author) == ("水库调查", "水利研究室")
    assert parsed.published_from == "metadata"


def test_an_encrypted_pdf_is_refused():
    out = io.BytesIO()
    canvas = Canvas(out, encrypt="secret")
    canvas.drawString(72, 700, "hidden")
    canvas.save()
    assert "encrypted PDF" in refused(out.getvalue(), "a.pdf")


def test_a_pdf_of_too_many_pages_is_refused():
    assert "YOUJU_MAX_PAGES" in refused(pdf([["a"]] * 3), "a.pdf", Limits(pages=2))


@pytest.fixture
def without_ocr(monkeypatch):
    """As where the extra is not installed; the tests' requirements have it."""
    monkeypatch.setattr(ocr, "models", lambda: None)


@pytest.mark.usefixtures("without_ocr")
def test_a_scanned_pdf_without_ocr_is_refused_with_what_to_install():
    assert refused(scanned_pdf("words", pages=2), "a.pdf") == (
        "a scanned PDF: 2 of 2 pages hold pictures and no readable text;"
        " install youju[ocr] to read them"
    )


@pytest.mark.usefixtures("without_ocr")
def test_a_partly_scanned_pdf_names_the_pages_it_lacks():
    whole = pypdfium2.PdfDocument(pdf([wrapped(FACT)]))
    whole.import_pages(pypdfium2.PdfDocument(scanned_pdf("words")))
    out = io.BytesIO()
    whole.save(out)
    parsed = only(out.getvalue(), "a.pdf")
    assert FACT in parsed.text.replace("\n", "")
    assert "page 2" in parsed.note


def test_a_scanned_page_is_read_by_ocr_without_the_network():
    parsed = only(scanned_pdf("The lighthouse was built in 1903"), "a.pdf")
    assert "lighthouse was built in 1903" in parsed.text
    assert parsed.note == "1 page read by OCR"


# Word and PowerPoint


def test_word_gives_headings_paragraphs_tables_and_comments_and_no_page_header():
    parsed = only(word(FACT), "a.docx")
    assert marked(parsed, "heading", "1") == ["第一章 概况"]
    assert marked(parsed, "paragraph") == [FACT, "表后的一段。"]
    assert marked(parsed, "table") == ["年份 | 产量\n2023 | 十二吨"]
    assert marked(parsed, "author") == ["李审"]
    assert "此数有待核实。" in marked(parsed, "kind", "comment")
    assert "内部资料" not in parsed.text
    assert (parsed.title, parsed.author, parsed.published) == ("青石镇年报", "陈明", "2024-03-05")


def test_word_keeps_what_was_inserted_and_leaves_out_what_was_deleted_or_hidden():
    document = docx.Document()
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {nsdecls('w')}><w:r><w:t>甲</w:t></w:r>"
            "<w:ins w:id='1'><w:r><w:t>乙</w:t></w:r></w:ins>"
            "<w:del w:id='2'><w:r><w:delText>丙</w:delText></w:r></w:del>"
            "<w:moveFrom w:id='3'><w:r><w:t>丁</w:t></w:r></w:moveFrom>"
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>戊</w:t></w:r></w:p>"
        ),
    )
    assert only(saved(document), "a.docx").text == "甲乙"


def test_a_footnote_stands_at_the_end_and_its_mark_where_it_belongs():
    document = docx.Document()
    paragraph = document.add_paragraph("正文在此")
    paragraph._p.append(
        parse_xml(f"<w:r {nsdecls('w')}><w:footnoteReference w:id='7'/></w:r>"),
    )
    paragraph.add_run("，后面还有。")
    data = saved(document)
    notes = (
        f"<w:footnotes {nsdecls('w')}><w:footnote w:id='7'><w:p><w:r><w:t>注文一条。</w:t></w:r>"
        "</w:p></w:footnote></w:footnotes>"
    )
    relation = (
        '<Relationship Id="rId99" Target="footnotes.xml" Type="http://schemas.openxmlformats.org'
        '/officeDocument/2006/relationships/footnotes"/></Relationships>'
    )
    kind = (
        '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats'
        '-officedocument.wordprocessingml.footnotes+xml"/></Types>'
    )
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        members = {name: package.read(name).decode("latin-1") for name in package.namelist()}
    members["word/footnotes.xml"] = notes.encode().decode("latin-1")
    rels, types = "word/_rels/document.xml.rels", "[Content_Types].xml"
    members[rels] = members[rels].replace("</Relationships>", relation)
    members[types] = members[types].replace("</Types>", kind)
    parsed = only(zipped({n: t.encode("latin-1") for n, t in members.items()}), "a.docx")
    assert parsed.text == "正文在此[1]，后面还有。\n\n[1] 注文一条。"
    assert marked(parsed, "anchor", "1") == ["[1]"]
    assert marked(parsed, "note", "1") == ["[1] 注文一条。"]


def test_slides_are_pages_with_a_heading_bullets_a_table_and_notes():
    parsed = only(slides(FACT), "a.pptx")
    first, second = marked(parsed, "page")
    assert first == "年度汇报"
    assert second.split("\n\n") == ["渔业", FACT, "鱼种 | 数量\n鲈鱼 | 三百", "讲到这里请停一下。"]
    assert marked(parsed, "heading") == ["年度汇报", "渔业"]
    # What the empty files of the libraries say of themselves is nobody's title or date.
    assert (parsed.title, parsed.author, parsed.published) == (None, None, None)


def test_an_office_file_that_defines_entities_is_refused():
    with zipfile.ZipFile(io.BytesIO(word(FACT))) as package:
        members = {name: package.read(name) for name in package.namelist()}
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    members["word/document.xml"] = members["word/document.xml"].replace(b"?>", b"?>" + bomb, 1)
    assert "entities" in refused(zipped(members), "a.docx")


# Books and mail


def test_a_book_is_one_text_with_its_chapters_headings_and_properties():
    parsed = only(book(["开头的话在这里。", FACT]), "a.epub")
    assert marked(parsed, "heading") == ["第1章", "第2章"]
    assert (parsed.title, parsed.author, parsed.published) == ("盐河志", "周舟", "2019-08")


def test_mail_gives_subject_sender_date_and_marks_what_it_quotes():
    parsed = only(mail(f"{FACT}\n\n在十月三日，李明写道：\n> 旧话一\n> 旧话二\n\n再会。"), "a.eml")
    assert (parsed.title, parsed.published) == ("关于灯塔的通知", "2024-11-04")
    assert "王海" in parsed.author
    (quoted,) = marked(parsed, "kind", "comment")
    assert quoted.splitlines() == ["在十月三日，李明写道：", "> 旧话一", "> 旧话二"]


def test_attachments_are_parts_of_their_own():
    inner = zipped({"甲.txt": FACT})
    body, attached = parts(mail("见附件。", attachment=("附件.zip", inner)), "a.eml")
    assert body.text == "见附件。"
    assert (attached.part, attached.text) == ("附件.zip!甲.txt", FACT)


def test_chinese_that_a_program_wrote_into_a_header_raw_is_read():
    data = "Subject: 关于灯塔的事情\r\nFrom: a@b.c\r\n\r\n".encode("gbk") + FACT.encode("gbk")
    parsed = only(data, "a.eml")
    assert (parsed.title, parsed.text) == ("关于灯塔的事情", FACT)


# Archives


def test_members_are_parts_and_a_bad_one_stops_no_other():
    data = zipped(
        {
            "b/甲.txt": FACT,
            "坏.pdf": b"%PDF-1.4 nothing",
            "c.zip": zipped({"丁.md": "# 丁"}),
            "photo.jpg": b"\xff\xd8\xff",
            "旧.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "__MACOSX/._a.txt": b"\0",
            "../../etc/e.txt": "戊在此。",
        }
    )
    found = {p.part: p for p in parts(data, "a.zip")}
    assert list(found) == ["b/甲.txt", "坏.pdf", "c.zip!丁.md", "旧.doc", "etc/e.txt"]
    assert "damaged PDF" in found["坏.pdf"].reason
    assert "old Office" in found["旧.doc"].reason
    assert found["etc/e.txt"].text == "戊在此。"


def test_names_of_a_chinese_windows_zip_are_read():
    # ``zipfile`` marks names that are not ASCII as UTF-8; such programs write GBK, unmarked.
    names = {b"xxxxxxxx/yyyy.txt": "年度报告/说明.txt".encode("gbk")}
    data = zipped({"xxxxxxxx/yyyy.txt": FACT})
    for plain, gbk in names.items():
        assert len(plain) == len(gbk)
        data = data.replace(plain, gbk)
    assert only(data, "a.zip").part == "年度报告/说明.txt"


def test_an_encrypted_member_fails_alone():
    data = bytearray(zipped({"a.txt": FACT, "b.txt": "乙。"}))
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    secret, other = parts(bytes(data), "a.zip")
    assert secret == Failed("a.txt", "encrypted: unpack it with its password first")
    assert other.text == "乙。"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_read_however_it_is_compressed(mode):
    data = tarred({"a/甲.txt": FACT.encode(), "b.md": b"# B"}, mode)
    assert [p.part for p in parts(data, "a.tar")] == ["a/甲.txt", "b.md"]


def test_what_is_readable_of_a_damaged_tar_is_read():
    data = tarred({"a.txt": FACT.encode(), "b.txt": b"b" * 20_000}, "w")
    first, rest = parts(data[:5000], "a.tar")
    assert first.text == FACT
    assert rest.part == "after a.txt"
    assert "damaged" in rest.reason


def test_a_zip_bomb_is_refused_while_it_is_read():
    bomb = zipped({"a.txt": b"0" * 30_000_000})
    assert "YOUJU_MAX_RATIO" in refused(bomb, "a.zip")
    assert "YOUJU_MAX_EXPANDED" in refused(bomb, "a.zip", Limits(expanded_bytes=10**6, ratio=10**6))
    packed = tarred({"a.txt": b"0" * 30_000_000})
    assert "YOUJU_MAX_RATIO" in refused(packed, "a.tar.gz")


def test_an_office_file_that_unpacks_to_too_much_is_refused():
    with zipfile.ZipFile(io.BytesIO(word(FACT))) as package:
        members = {name: package.read(name) for name in package.namelist()}
    members["word/media/a.bin"] = b"\0" * 30_000_000
    assert "YOUJU_MAX_RATIO" in refused(zipped(members), "a.docx")


def test_a_bomb_within_an_archive_ends_the_whole_archive():
    inner = zipped({"a.txt": b"0" * 30_000_000})
    assert "YOUJU_MAX_RATIO" in refused(zipped({"a.zip": inner, "b.txt": "乙"}), "c.zip")


def test_archives_in_archives_end_at_the_depth_and_members_at_their_number():
    data = FACT.encode()
    for depth in range(5):
        data = zipped({f"{depth}.zip" if depth else "a.txt": data})
    (failed,) = parts(data, "x.zip")
    assert failed.part == "4.zip!3.zip!2.zip!1.zip"
    assert "YOUJU_MAX_DEPTH" in failed.reason
    many = zipped({f"{n}.txt": "甲" for n in range(5)})
    assert "YOUJU_MAX_MEMBERS" in refused(many, "a.zip", replace(Limits(), members=4))


def test_an_archive_of_nothing_readable_is_refused():
    assert "without a file" in refused(zipped({"a.jpg": b"\xff\xd8\xff"}), "a.zip")
