"""One real file of every format, each with a sentence that stands in no other.

The libraries that people's own programs use make them: reportlab, python-docx, openpyxl and
so on. ``make_corpus`` writes them into a folder and tells what each holds.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Inches
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))


@dataclass(frozen=True, slots=True)
class Made:
    """A file and what a reader should find in it."""

    name: str
    format: str
    phrase: str
    """A sentence of its own, as it stands in the text of record."""
    page: int | None = None
    """Where the phrase stands, in a format with pages."""
    encoding: str | None = None
    title: str | None = None
    part: str = ""
    """In which part of the file the phrase stands."""


def pdf(pages: list[list[str]], *, title: str | None = None, header: str | None = None) -> bytes:
    """A PDF whose pages hold the given lines, with a header and a page number on each."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    if title:
        canvas.setTitle(title)
        canvas.setAuthor("水利研究室")
    for number, lines in enumerate(pages, start=1):
        if header:
            canvas.setFont(FONT, 9)
            canvas.drawString(72, 810, header)
            canvas.drawCentredString(297, 30, f"- {number} -")
        y = 760.0
        for line in lines:
            size = 18 if line.startswith("# ") else 12
            canvas.setFont(FONT, size)
            canvas.drawString(72, y, line.removeprefix("# "))
            y -= 18 if line else 12
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def wrapped(text: str, width: int = 36) -> list[str]:
    """A Chinese paragraph as lines of a page, its first line indented."""
    text = "　　" + text
    return [text[i : i + width] for i in range(0, len(text), width)]


def scanned_pdf(line: str, pages: int = 1) -> bytes:
    """A PDF whose pages are pictures. Pillow's own font draws them: it has Latin letters."""
    picture = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(picture).text((150, 200), line, fill=0, font=ImageFont.load_default(40))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for _ in range(pages):
        canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def word(phrase: str, *, title: str = "青石镇年报") -> bytes:
    """A Word document with headings, a table and a comment."""
    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = "陈明"
    document.core_properties.created = datetime(2024, 3, 5)  # noqa: DTZ001
    document.sections[0].header.paragraphs[0].text = "内部资料"
    document.add_heading("第一章 概况", 1)
    paragraph = document.add_paragraph(phrase)
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, [("年份", "产量"), ("2023", "十二吨")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("表后的一段。")
    document.add_comment(paragraph.runs, text="此数有待核实。", author="李审")
    return saved(document)


def slides(phrase: str) -> bytes:
    """Two slides: a title alone, then bullets, a table and speaker's notes."""
    presentation = pptx.Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[0])
    first.shapes.title.text = "年度汇报"
    second = presentation.slides.add_slide(presentation.slide_layouts[1])
    second.shapes.title.text = "渔业"
    second.placeholders[1].text = phrase
    table = second.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for row, cells in enumerate([("鱼种", "数量"), ("鲈鱼", "三百")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    second.notes_slide.notes_text_frame.text = "讲到这里请停一下。"
    return saved(presentation)


def workbook(phrase: str) -> bytes:
    """Two sheets; a date, a percentage, an empty row and an empty column."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "桥梁"
    sheet.append(["名称", None, "日期", "占比", "备注"])
    sheet.append([])
    sheet.append(["云渡桥", None, date(2021, 5, 1), 0.25, phrase])
    sheet["D3"].number_format = "0%"
    book.create_sheet("空表")
    other = book.create_sheet("道路")
    other.append(["路名", "公里"])
    other.append(["松山路", 12.5])
    return saved(book)


def saved(thing: object) -> bytes:
    """What a library's ``save`` writes."""
    out = io.BytesIO()
    thing.save(out)
    return out.getvalue()


def comma_separated(rows: list[list[str]]) -> str:
    """Rows as CSV, quoted where they need it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def book(chapters: list[str], *, title: str = "盐河志", author: str = "周舟") -> bytes:
    """An EPUB of the given chapters."""
    items = "".join(
        f'<item id="c{n}" href="text/c{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    refs = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": (
            '<?xml version="1.0"?><container version="1.0"'
            ' xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile'
            ' full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
            "</rootfiles></container>"
        ),
        "OEBPS/book.opf": (
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator>"
            "<dc:date>2019-08</dc:date></metadata>"
            f"<manifest>{items}</manifest><spine>{refs}</spine></package>"
        ),
        **{
            f"OEBPS/text/c{n}.xhtml": (
                '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
                f"<head><title>{title}</title></head><body><h1>第{n + 1}章</h1><p>{text}</p>"
                "</body></html>"
            )
            for n, text in enumerate(chapters)
        },
    }
    return zipped(members)


def zipped(members: dict[str, str | bytes]) -> bytes:
    """A zip of the given members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar of the given members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def mail(
    body: str, *, subject: str = "关于灯塔的通知", attachment: tuple[str, bytes] | None = None
) -> bytes:
    """A mail with a plain body."""
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "王海 <wang@example.org>"
    message["Date"] = "Mon, 04 Nov 2024 09:30:00 +0800"
    message.set_content(body)
    if attachment:
        name, content = attachment
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def page(phrase: str, *, title: str = "白鹭洲新闻") -> str:
    """A web page with a menu around its article."""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        "<nav><a href='/'>首页</a> <a href='/b'>关于</a></nav>"
        f"<article><h1>{title}</h1><p>{phrase}这里的居民说，多年来他们一直在等这一天，"
        "如今终于等到了，大家都十分高兴。</p><p>当地部门表示，今后还会继续努力，"
        "把剩下的工作做好，让更多的人受益。</p></article></body></html>"
    )


def make_corpus(folder: Path) -> list[Made]:
    """Write one file of each format (and of each encoding) into ``folder``; say what they hold."""
    made: list[Made] = []

    def put(content: bytes | str, made_of: Made) -> None:
        data = content.encode() if isinstance(content, str) else content
        (folder / made_of.name).write_bytes(data)
        made.append(made_of)

    for name, encoding, phrase in (
        ("plain.txt", "utf-8", "松溪县的第一座风车建于一九八七年，由三名木匠合力完成。"),
        ("gbk.txt", "gb18030", "柳河渡口每天清晨六点开第一班船，船票两元。"),
        ("big5.txt", "big5hkscs", "竹山圖書館收藏了四千冊關於茶葉的書籍，全部免費借閱。"),
        ("utf16.txt", "utf-16-le", "北岭气象站记录的最低气温是零下三十九度。"),
    ):
        put(
            f"{phrase}\n其他如上。\n".encode(encoding),
            Made(name, "text", phrase, encoding=encoding),
        )

    phrase = "望江楼的铜钟重两千一百斤，每逢立春敲响十二下。"
    put(f"# 望江楼\n\n{phrase}\n", Made("note.md", "markdown", phrase))

    phrase = "白鹭洲大桥将于明年三月通车，全长四点六公里。"
    put(page(phrase), Made("page.html", "html", phrase, title="白鹭洲新闻"))

    phrase = "清水湾水库的设计库容为八千七百万立方米。"
    pages = [
        ["# 水库调查报告", "", *wrapped("第一页说明调查的由来和方法。" * 8)],
        wrapped(phrase),
        ["完。"],
    ]
    put(
        pdf(pages, title="水库调查报告", header="水利研究室内部交流"),
        Made("report.pdf", "pdf", phrase, page=2, title="水库调查报告"),
    )

    phrase = "青石镇去年生产了十二吨蜂蜜，比前年多三吨。"
    put(word(phrase), Made("report.docx", "docx", phrase, title="青石镇年报"))

    phrase = "东湖渔场今年放养鲈鱼苗三百万尾。"
    put(slides(phrase), Made("slides.pptx", "pptx", phrase, page=2))

    phrase = "云渡桥是全省最长的廊桥"
    put(workbook(phrase), Made("bridges.xlsx", "xlsx", phrase))

    phrase = "红枫岭缆车的支架一共有二十六座"
    rows = [["名称", "说明"], ["红枫岭缆车", phrase], ["石门", "第一行\n第二行"]]
    put(
        comma_separated(rows).encode("gb18030"),
        Made("sights.csv", "csv", phrase, encoding="gb18030"),
    )

    phrase = "落霞寺的银杏树已有一千三百年树龄。"
    records = {"data": [{"标题": "落霞寺", "正文": phrase, "日期": "2022年4月"}]}
    put(
        json.dumps(records, ensure_ascii=False),
        Made("temple.json", "json", phrase, title="落霞寺", part="1"),
    )

    phrase = "月牙泉小学今年招收了五十八名新生。"
    lines = [{"title": "招生", "content": phrase}, {"title": "其他", "content": "别的消息。"}]
    put(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        Made("school.jsonl", "jsonl", phrase, title="招生", part="1"),
    )

    phrase = "盐河古镇的第一家客栈名叫顺风楼，开业于光绪年间。"
    put(book(["开头的话。", phrase]), Made("book.epub", "epub", phrase, title="盐河志"))

    phrase = "南屿灯塔的灯光射程为二十二海里。"
    put(mail(phrase), Made("notice.eml", "eml", phrase, title="关于灯塔的通知"))

    phrase = "金沙港的起重机每小时可装卸四十只集装箱。"
    put(
        zipped({"港口/说明.txt": phrase, "港口/.DS_Store": b"\0"}),
        Made("harbour.zip", "text", phrase, part="港口/说明.txt"),
    )

    phrase = "雪峰观测站的望远镜口径为二点四米。"
    put(
        tarred({"a/telescope.txt": phrase.encode()}),
        Made("station.tar.gz", "text", phrase, part="a/telescope.txt"),
    )
    return made


if __name__ == "__main__":  # python -m tests.formats FOLDER
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    make_corpus(target)
