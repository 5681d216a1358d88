from rag.clean import clean
from rag.web.render import source_pane
from tests.conftest import document_of


def test_a_table_is_shown_with_its_header_once_and_cited_characters_are_marked():
    text = "| 国家 | 税率 |\n|---|---|\n| 甲国 | 10% |\n| 乙国 | 25% |\n"
    document = document_of(text)
    start = text.index("乙国")
    page = source_pane(document, clean(document), ((2, 4), (start, start + 2)))
    assert page.count("税率") == 2  # the title, and the header
    assert '<mark class="cited">国家</mark>' in page
    assert '<mark class="cited">乙国</mark>' in page


def test_markup_in_a_document_is_shown_as_text():
    document = document_of("正文里有 <img src=x onerror=alert(1)> 一段。", format="csv")
    page = source_pane(document, clean(document), ())
    assert "<img" not in page
    assert "&lt;img src=x" in page
