from dataclasses import replace

import pytest

from rag.clean import clean
from rag.errors import NotFoundError
from rag.model import Answer, Citation, Filters, Sentence, join_spans
from rag.web import export, pane, render, welcome
from rag.web.greeting import greets
from rag.web.reasons import DISAGREE
from rag.web.suggest import ask_for_figure, suggest
from rag.web.words import LANGUAGES, choose_language, words_in
from tests.conftest import document_of
from vectorstore.conversations import Conversation, Turn

T = words_in("zh-Hans")
BAD = '"><img src=x onerror=alert(1)>'


def view(document, spans=(), **given):
    found = pane.Found(spans, **given)
    return pane.document_view(document, list(clean(document)), found, T, whole=True)


def turn_of(*sentences, citations=(), **given):
    answer = Answer(
        question="问？", understood_as="问？", text="".join(s.text for s in sentences),
        outcome=given.pop("outcome", "answered"), sentences=sentences, citations=citations,
        hits=(), model="m", **given,
    )  # fmt: skip
    return Turn(question="问？", state="done", asked="", answer=answer, texts={"d": "ab" * 32})


CITATION = Citation(
    marker=1, document_id="d", title="题", outlet="某报", published="2025-06", spans=((3, 9),),
    quote="价格为四十二元。", inferred=True,
)  # fmt: skip


def test_a_table_is_shown_with_its_header_once_and_cited_characters_are_marked():
    text = "| 国家 | 税率 |\n|---|---|\n| 甲国 | 10% |\n| 乙国 | 25% |\n"
    document = document_of(text)
    start = text.index("乙国")
    page = view(document, ((2, 4), (start, start + 2)))
    assert page.count("税率") == 2  # the title, and the header
    assert '<mark class="cited">国家</mark>' in page
    assert '<mark class="cited">乙国</mark>' in page


def test_a_long_document_is_shown_around_the_citation_with_a_way_to_the_rest():
    text = "\n\n".join(f"第{n}段说了一句完整的话。" for n in range(600))
    document = document_of(text)
    at = text.index("第300段")
    part = pane.document_view(
        document, list(clean(document)), pane.Found(((at, at + 5),)), T, whole=False
    )
    assert "第290段" in part
    assert "第30段" not in part
    assert 'data-whole="1"' in part
    assert "第30段" in view(document, ((at, at + 5),))


@pytest.mark.parametrize(
    ("now", "spans", "changed"),
    [
        ("前文。价格为四十二元。", ((3, 11),), False),
        ("前文。价格为四十二元。后文。", ((3, 11),), True),
        ("新的前文。价格为四十二元。", ((5, 13),), True),
        ("前文。价格未定。", (), True),
    ],
)
def test_a_citation_is_found_again_in_a_document_that_has_changed(now, spans, changed):
    then = document_of("前文。价格为四十二元。")
    found = pane.locate(document_of(now), ((3, 11),), then.sha256[:12], "价格为四十二元。")
    assert found == pane.Found(spans, changed, "价格为四十二元。")
    if spans:
        assert join_spans(now, found.spans) == "价格为四十二元。"


def test_a_citation_with_gaps_is_found_again_piece_by_piece():
    then, spans = "价格[1]为四十二元。", ((0, 2), (5, 11))
    quote = join_spans(then, spans)
    now = document_of(f"价格未定。后来，{then}")
    found = pane.locate(now, spans, document_of(then).sha256[:12], quote)
    assert join_spans(now.text, found.spans) == quote
    assert [now.text[s:e] for s, e in found.spans] == ["价格", "为四十二元。"]
    apart = document_of(f"价格未定。{'别的话。' * 200}为四十二元。")
    assert pane.locate(apart, spans, document_of(then).sha256[:12], quote).spans == ()


def test_the_line_about_the_filters_names_two_documents_and_counts_the_rest():
    cards = [document_of("x", id=i, title=f"题{i}", outlet="某报") for i in "abc"]
    assert pane.scope_line(Filters(), cards, T) == '<div class="scope">范围: 全部 3 篇文档</div>'
    filters = Filters(
        documents=("a", "b", "c"), outlets=("某报",), languages=("zh",), kinds=("reference",),
        since="2025", tags=("关税",),
    )  # fmt: skip
    chosen = "《题a》、《题b》 等 3 篇 · 某报 · 中文 · 脚注 · #关税 · 2025–"
    assert f"范围: 3 篇文档 · {chosen}</div>" in pane.scope_line(filters, cards, T)
    assert "没有文档在这个范围里" in pane.scope_line(filters, [], T)
    assert pane.document_choice(cards[0]) == "题a（某报）"


def test_markup_of_a_document_a_model_or_a_reader_is_shown_as_text():
    document = replace(document_of(f"正文里有 {BAD} 一段。", title=BAD, outlet=BAD), tags=(BAD,))
    citation = replace(CITATION, title=BAD, outlet=BAD, quote=BAD, document_id=BAD)
    sentence = Sentence(text=BAD, markers=(1,), support="partial", reason=BAD, side=BAD)
    turn = turn_of(sentence, citations=(citation,), missing=(BAD,), note=BAD)
    failed = Turn(question=BAD, state="failed", asked="", error=BAD, found=(citation,))
    stopped = Turn(question=BAD, state="stopped", asked="", draft=BAD)
    shelf = pane.Shelf([document], {document.id: 1}, frozenset(), frozenset(), may_edit=True)
    cut = Turn(question=BAD, state="running", asked="", draft=BAD, found=(citation,))
    greeted = Turn(question=BAD, state="greeted", asked="", said=BAD, offered=(BAD,))
    silent = replace(turn.answer, outcome="refused", model_failure=BAD)
    unsaid = replace(turn, answer=silent, found=(citation,))
    turns = [turn, failed, stopped, cut, greeted, unsaid]
    progress = render.Progress(question=BAD, turn="t", best=citation, draft=BAD)
    for page in (
        view(document),
        view(document, (), quote=BAD, changed=True),
        pane.removed_view(BAD, T),
        pane.scope_line(Filters(tags=(BAD,), outlets=(BAD,)), [document], T),
        pane.scope_line(Filters(documents=(BAD,)), [], T),
        pane.scope_error(BAD),
        render.conversation(turns, T, thumbs=True),
        pane.sources(turn, T),
        pane.sources(failed, T),
        pane.library(shelf, T),
        render.progress_article(progress, {}, T, waited=1.0),
        render.progress_article(replace(progress, draft=""), {}, T, waited=1.0),
        welcome.talks([Conversation(id="a", title=BAD, changed="")], "", T),
        welcome.head(BAD, T),
        welcome.job(BAD, [("added", BAD, BAD)], T, done=True),
        export.page(BAD, turns, "2026", T),
    ):
        assert "<img" not in page
        assert BAD not in page
    assert "<img" not in export.markdown(turn.answer, T).replace("\\<img", "")


def test_a_citation_link_reads_back_to_what_it_names():
    link = render.citation_link("报告 2/第1版:a", ((3, 9), (12, 20)), "0123456789abcdef")
    place = render.Place("报告 2/第1版:a", ((3, 9), (12, 20)), "0123456789ab")
    assert render.read_citation_link(link) == place
    assert render.read_citation_link(link.split("@")[0]).text_name == ""
    for other in ("", "#cite=", "#cite=a:b", "javascript:alert(1)", "#cite=a:1-2@xyz"):
        with pytest.raises(NotFoundError):
            render.read_citation_link(other)


def test_a_sentence_without_support_never_borrows_a_citation():
    for support in ("unsupported", "contradicted"):
        sentence = Sentence(text="句。", markers=(1,), support=support, reason="为何")
        turn = turn_of(sentence, citations=(CITATION,))
        page = render.conversation([turn], T)
        assert "chip" not in page
        assert 'data-quote="为何"' in page
        assert "[^1]" not in export.markdown(turn.answer, T).split("\n\n")[0]


def test_a_silent_answer_shows_no_chip_whatever_it_holds():
    for outcome in ("refused", "declined"):
        turn = turn_of(citations=(CITATION,), outcome=outcome)
        assert "chip" not in render.conversation([turn], T)
        assert "[^" not in export.markdown(turn.answer, T)


def test_markdown_has_footnotes_and_shows_the_text_to_the_letter():
    sentences = (
        Sentence(text="*甲*说 [x](y)。", markers=(1,), support="supported", reason=""),
        Sentence(text="原文。", markers=(1,), support="quoted", reason="r"),
    )
    text = export.markdown(turn_of(*sentences, citations=(CITATION,)).answer, T)
    assert text == (
        "\\*甲\\*说 \\[x\\](y)。[^1]“原文。”[^1]\n\n"
        "[^1]: 题 · 某报 · \\~2025-06: “价格为四十二元。”\n"
    )


def test_an_export_has_sides_in_columns_and_says_what_needs_care():
    sentences = (
        Sentence(text="甲句。", markers=(1,), support="partial", reason="not in the source: 37"),
        Sentence(text="乙句。", markers=(1,), support="quoted", reason=DISAGREE, side="某报"),
        Sentence(text="丙句。", markers=(1,), support="quoted", reason=DISAGREE, side="他报"),
        Sentence(text="丁句。", markers=(1,), support="unsupported", reason="nothing to check"),
    )  # fmt: skip
    page = export.page("题", [turn_of(*sentences, citations=(CITATION,))], "今天", T)
    assert "部分有依据: 原文没有“37”" in page
    columns = page.split('<div class="columns">')[1].split("</div>")[0]
    assert columns.count("<section>") == 2
    assert "<h3>某报</h3><p>“乙句。”" in columns
    assert "丁句。 <small>" in page  # without a citation
    text = export.markdown(turn_of(*sentences, citations=(CITATION,)).answer, T)
    assert "甲句。 (部分有依据)[^1]" in text


def test_a_quotation_is_in_quotation_marks_and_who_says_it_is_not():
    sentence = Sentence(
        text="《某报》称：价格为四十二元。",
        markers=(1,),
        support="quoted",
        reason="nothing to check",
    )
    turn = turn_of(sentence, citations=(CITATION,))
    assert "《某报》称：“价格为四十二元。”" in render.conversation([turn], T)
    assert "《某报》称：“价格为四十二元。”" in export.markdown(turn.answer, T)
    aside = turn_of(replace(sentence, side="某报"), citations=(CITATION,))
    assert "《某报》称" not in render.conversation([aside], T)  # the column's heading says it


def test_quoted_sides_are_no_sentences_that_need_care():
    sides = [
        Sentence(text=x, markers=(1,), support="quoted", reason=DISAGREE, side=x)
        for x in ("甲。", "乙。")
    ]
    page = render.conversation([turn_of(*sides, citations=(CITATION,))], T)
    assert "需要留意" not in page
    assert "各方说法不一" in page


def test_every_language_says_everything():
    tables = [words_in(language).table for language in LANGUAGES]
    keys = [{k for k in table if not k.endswith(".one")} for table in tables]
    assert keys[0] == keys[1] == keys[2]
    assert words_in("zh-Hant")("library") == "資料庫"
    assert words_in("en")("count.documents", n=1) == "1 document"
    assert words_in("en")("count.documents", n=2) == "2 documents"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "zh-CN,zh;q=0.9", "zh-Hans"),
        ("", "zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("", "zh-HK", "zh-Hant"),
        ("", "zh-Hant-TW", "zh-Hant"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr-FR, en;q=0.5", "en"),
        ("", "fr", "zh-Hans"),
        ("en", "zh-CN", "en"),
        ("klingon", "en", "en"),
    ],
)
def test_the_language_is_the_readers_choice_or_the_browsers(chosen, accepted, language):
    assert choose_language(chosen, accepted) == language


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (
            "2—3月，特朗普以芬太尼问题为由两次对华加征共计20%的关税，此外还有制裁。",
            "特朗普以芬太尼问题为由两次对华加征共计多少的关税？",
        ),
        ("昨天，港口的第一期工程总共投资了37亿美元。", "港口的第一期工程总共投资了多少美元？"),
        (
            "The harbour authority bought 54 cranes from a yard in Norway.",
            "The harbour authority bought how many cranes from a yard in Norway?",
        ),
        ("昨天，港口 的第一期 工程总共 投资了37亿美元。", "港口的第一期工程总共投资了多少美元？"),
        ("全省新建和改建的农村公路一共有37公里。", None),
        ("今年港口的第一期工程总共投资了37亿美元。", None),
        ("他在两年里总共走了三十多个国家。", None),
        ("其中，其进口总额同比增长了20%左右的样子。", None),
        ("2025年9月19日双方通了电话。", None),
    ],
)
def test_a_figure_becomes_a_question(sentence, question):
    assert ask_for_figure(sentence) == question


@pytest.mark.parametrize(
    "question",
    [
        "你好",
        "您好！",
        "你好，你能做什么？",
        "你是谁",
        "Hello there!",
        "What can you do?",
        "可以問什麼？",
    ],
)
def test_a_greeting_is_known(question):
    assert greets(question)


@pytest.mark.parametrize(
    "question",
    ["你好水库有几座？", "这份报告能做什么用途？", "《你好》是谁写的？", "help desk 几点开门"],
)
def test_a_question_is_no_greeting(question):
    assert not greets(question)


def test_of_any_corpus_there_are_questions_and_one_without_an_answer():
    card = document_of("", id="a", title="公告")
    made = suggest([card], lambda _: [], [], T)
    assert [s.answerable for s in made] == [True, False]
    assert "公告" in made[0].text
    assert suggest([], lambda _: [], [], T) == ()
