from dataclasses import replace

from rag.clean import clean
from rag.model import Filters
from rag.web.render import document_choice, scope_line, source_pane
from tests.conftest import document_of


def test_a_table_is_shown_with_its_header_once_and_cited_characters_are_marked():
    text = "| 国家 | 税率 |\n|---|---|\n| 甲国 | 10% |\n| 乙国 | 25% |\n"
    document = document_of(text)
    start = text.index("乙国")
    page = source_pane(document, clean(document), ((2, 4), (start, start + 2)))
    assert page.count("税率") == 2  # the title, and the header
    assert '<mark class="cited">国家</mark>' in page
    assert '<mark class="cited">乙国</mark>' in page


def test_the_line_about_the_filters_names_two_documents_and_counts_the_rest():
    cards = [document_of("x", id=i, title=f"题{i}", outlet="某报") for i in "abc"]
    assert scope_line(Filters(), cards) == '<div class="scope">范围：全部 3 篇文档</div>'
    filters = Filters(
        documents=("a", "b", "c"), outlets=("某报",), languages=("zh",), kinds=("reference",),
        since="2025", tags=("关税",),
    )  # fmt: skip
    chosen = "《题a》、《题b》 等 3 篇 · 某报 · 中文 · 脚注 · #关税 · 2025–"
    assert f"范围：3 篇文档 · {chosen}</div>" in scope_line(filters, cards)
    assert "没有文档在这个范围里" in scope_line(filters, [])
    assert document_choice(cards[0]) == "题a（某报）"


def test_markup_in_a_tag_or_an_outlet_is_shown_as_text():
    bad = '"><img src=x onerror=alert(1)>'
    document = replace(document_of("正文。"), tags=(bad,), outlet=bad)
    pages = (
        source_pane(document, clean(document), ()),
        scope_line(Filters(tags=(bad,), outlets=(bad,)), [document]),
        scope_line(Filters(documents=(bad,)), []),
    )
    for page in pages:
        assert "<img" not in page
        assert bad not in page


def test_markup_in_a_document_is_shown_as_text():
    document = document_of("正文里有 <img src=x onerror=alert(1)> 一段。", format="csv")
    page = source_pane(document, clean(document), ())
    assert "<img" not in page
    assert "&lt;img src=x" in page
