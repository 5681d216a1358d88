import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.build import Youju
from rag.errors import SettingsError
from rag.evidence import Corpus, question_terms
from rag.learn import learned_names
from rag.names import (
    KnownNames,
    Names,
    given_names,
    merged,
    read_names,
    seed_names,
    shipped_names,
    taught_names,
)
from rag.resources import resource
from rag.settings import Settings
from rag.verify import Source, verify

FORMS = st.text("特朗普川贝森abt ·", min_size=2, max_size=6).map(str.strip).filter(bool)
TABLES = st.lists(FORMS, unique=True, max_size=12).flatmap(
    lambda forms: st.integers(1, 4).map(
        lambda size: Names(tuple(tuple(forms[i : i + size]) for i in range(0, len(forms), size)))
    )
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("莫札特", "莫扎特"),
        ("莫札特鋼琴曲", "莫扎特钢琴曲"),
        ("Wolfgang Mozart", "莫扎特"),
        ("Mozart's", "莫扎特's"),
        ("June 5, 2025", "2025年6月5日"),
    ],
)
def test_two_forms_of_one_name_fold_to_the_same(one, other):
    names = read_names("莫扎特 = 莫札特 = Wolfgang Mozart = Mozart", "t")
    assert names.same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("晶片", "芯片"), ("寮國", "老挝"), ("Canada", "加拿大"), ("NATO", "北约")]
)
def test_what_anybodys_documents_may_hold_ships(one, other):
    assert shipped_names().same(one, other)


@pytest.mark.parametrize("text", ["tell us", "indianapolis", "it may be", "加拿大", "北大西洋"])
def test_what_is_no_other_form_of_a_name_stays(text):
    assert shipped_names().fold_text(text) == text


@given(TABLES)
def test_every_form_of_a_group_folds_to_its_standard_form(names):
    for group in names.groups:
        assert {names.fold(form) for form in group} == {group[0]}


@given(TABLES, st.text("特朗普川贝森abt ·", max_size=20))
def test_what_is_found_is_what_is_folded(names, text):
    folded, at = "", 0
    for start, end, forms in names.find(text):
        assert start >= at
        assert text[start:end] in forms
        folded += text[at:start] + forms[0]
        at = end
    assert folded + text[at:] == names.fold(text)


def test_the_longest_form_counts():
    names = read_names("特朗普 = Donald Trump\n特朗普大厦 = Donald Trump Tower", "t")
    assert names.fold("the donald trump tower") == "the 特朗普大厦"


def test_a_thousand_names_are_told_apart():
    table = Names(tuple((f"名{chr(0x4E00 + n)}字", f"name {n}x") for n in range(3000)))
    assert table.fold("name 17x and name 1717x") == f"名{chr(0x4E11)}字 and 名{chr(0x54B5)}字"
    assert [f[1] for *_, f in table.find(f"说名{chr(0x4E11)}字的")] == ["name 17x"]


# --- a table


def test_a_table_is_read_by_lines_in_either_script_with_comments():
    names = read_names("\ufeff# 人\n關稅 ＝ Tariff # 税\n\n特朗普=川普", "t")
    assert names.groups == (("关税", "tariff"), ("特朗普", "川普"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a1 = b1\n特朗普", "mine.txt, line 2: write a name as"),
        ("特朗普 =", "mine.txt, line 1: write a name as"),
        ("特朗普 = 川普\n普京 = 川普", "mine.txt, line 2: “川普” stands in line 1"),
        ("美国 = 美", "mine.txt, line 1: “美” is one character"),
    ],
)
def test_an_error_in_a_table_names_the_file_and_the_line(text, message):
    with pytest.raises(SettingsError, match=message):
        read_names(text, "mine.txt")


# --- several tables


def test_a_later_table_adds_forms_to_a_known_name():
    names = merged(Names((("特朗普", "川普"),)), Names((("trump", "川普"),)))
    assert names.groups == (("特朗普", "川普", "trump"),)


def test_two_known_names_are_never_joined():
    known = Names((("王毅", "wang yi"), ("王艺", "yi wang")))
    assert merged(known, Names((("wang yi", "yi wang"),))) == known
    names = merged(known, Names((("wang yi", "yi wang", "王一"),)))
    assert names.groups[0] == ("王毅", "wang yi", "王一")


@given(TABLES, TABLES)
def test_what_an_earlier_table_says_stands(first, second):
    both = merged(first, second)
    forms = [form for group in both.groups for form in group]
    assert len(forms) == len(set(forms))
    assert set(forms) == {f for t in (first, second) for g in t.groups for f in g}
    for group, before in zip(both.groups, first.groups, strict=False):
        assert group[: len(before)] == before


def test_what_other_words_hold_is_not_taken_from_documents():
    pairs = [("世界卫生组织", "WHO"), ("国际联盟", "国联"), ("王毅", "Wang Yi")]
    assert taught_names(pairs).groups == (("王毅", "wang yi"),)


# --- the seeds' names


def test_no_name_of_the_seeds_ships_but_how_taiwan_writes_some_words():
    names = shipped_names()
    texts = [path.read_text("utf-8") for path in resource("seeds").glob("0*.txt")]
    found = {forms for text in texts for *_, forms in names.find(names.fold_text(text))}
    assert not any(form.isascii() for forms in found for form in forms)


def test_names_of_the_seeds_count_in_a_home_filled_from_them_after_the_users(tmp_path):
    (tmp_path / "aliases.txt").write_text("川建国 = 川普", "utf-8")
    with Youju(Settings(home=tmp_path)) as home:
        assert not home.retriever.names().same("Kuala Lumpur", "吉隆坡")
        home.fill_from_seeds()
        assert len(home.documents()) == len(list(resource("seeds").glob("0*.txt")))
        assert home.retriever.names().same("Kuala Lumpur", "吉隆坡")
        assert home.retriever.names().fold("trump") == "川建国"
    assert (tmp_path / "aliases.txt").read_text("utf-8") == "川建国 = 川普"
    with Youju(Settings(home=tmp_path)) as again:
        assert again.retriever.names().same("Kuala Lumpur", "吉隆坡")


def test_every_name_of_the_seeds_stands_in_one():
    names = seed_names()
    texts = [path.read_text("utf-8") for path in resource("seeds").glob("0*.txt")]
    found = {forms for text in texts for *_, forms in names.find(names.fold_text(text))}
    assert found == set(names.groups)


# --- the user's file


def test_the_users_file_wins_over_what_ships(tmp_path):
    (tmp_path / "aliases.txt").write_text("枫叶国 = 加拿大\n我司 = 有据公司", "utf-8")
    names = given_names(Settings(home=tmp_path))
    assert names.same("Canada", "枫叶国")
    assert names.same("有据公司", "我司")
    assert names.same("NATO", "北约")


def test_a_named_file_that_is_missing_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(SettingsError, match=r"YOUJU_ALIASES: there is no file .*take the setting"):
        given_names(Settings(home=tmp_path, aliases=tmp_path / "none.txt"))
    assert given_names(Settings(home=tmp_path)) is shipped_names()


# --- what a text gives itself


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("会见了美国驻华大使庞德伟（David Perdue）。", ("庞德伟", "David Perdue")),
        ("同美國總統川普（特朗普）通話", ("川普", "特朗普")),
        ("美国贸易代表格里尔（Jamieson Greer）", ("格里尔", "Jamieson Greer")),
        ("美国国防部长皮特·海格塞斯（Pete Hegseth）", ("皮特·海格塞斯", "Pete Hegseth")),
        ("外交部长王毅（Wang Yi）", ("王毅", "Wang Yi")),
        ("加入世界卫生组织（WHO）", ("世界卫生组织", "WHO")),
        ("世界卫生组织（世卫组织）", ("世界卫生组织", "世卫组织")),
        ("北大西洋公约组织（简称“北约”）", ("北大西洋公约组织", "北约")),
        ("北大西洋公约组织（以下简称北约）", ("北大西洋公约组织", "北约")),
        ("任教于哈佛大学（英语：Harvard University）", ("哈佛大学", "Harvard University")),
        ("泽连斯基（泽伦斯基）", ("泽连斯基", "泽伦斯基")),
        ("庞德伟（又译珀杜尔）", ("庞德伟", "珀杜尔")),
        ("David Perdue（庞德伟）", ("庞德伟", "David Perdue")),
        (
            "The World Health Organization (WHO) says",
            ("World Health Organization", "WHO"),
        ),
    ],
)
def test_a_text_gives_a_name_twice(text, pair):
    assert learned_names(text) == [pair]


@pytest.mark.parametrize(
    "text",
    [
        "李明（58岁）",
        "李明（记者）",
        "习近平（左）",
        "华为（中国）",
        "林燕（图）",
        "王毅（新华社）",
        "会议（2025年）",
        "美国（以下同）",
        "关税（tariff）",
        "关税（Tariff）",
        "布什（Bush）",
        "路易十四（XIV）",
        "苹果（Sony）",
        "巴黎（London）",
        "Sony（日本）",
        "Washington Post (WHO)",
        "刘备（唐国强）",
        "记者（John Smith）",
        "所谓“归纳偏置”（Mitchell, 1980）",
    ],
)
def test_a_bracket_that_holds_no_other_name_teaches_nothing(text):
    assert learned_names(text) == []


def test_a_name_given_often_is_learned_once():
    assert len(learned_names("庞德伟（David Perdue）\n" * 3)) == 1


# --- in a home


class Shelf:
    """What a ledger tells, to be changed."""

    def __init__(self):
        self.revision, self.pairs, self.asked = 1, [("庞德伟", "珀杜尔")], 0

    def names(self):
        self.asked += 1
        return self.pairs


def test_known_names_follow_the_ledger_and_ask_it_only_when_it_changed():
    shelf = Shelf()
    known = KnownNames(Names((("庞德伟", "david perdue"),)), shelf)
    assert known.current().same("珀杜尔", "David Perdue")
    assert known.current() is known.current()
    assert shelf.asked == 1
    shelf.revision, shelf.pairs = 2, []
    assert not known.current().same("珀杜尔", "David Perdue")


def test_a_learned_name_counts_in_evidence_and_verification():
    names = merged(shipped_names(), taught_names([("施密特", "希密特"), ("施密特", "Schmidt")]))
    source = Source("希密特出生于1950年，在柏林长大。", "")
    assert verify("施密特出生于1950年。", [source], question="施密特哪年出生？").support == (
        "unsupported"
    )
    verdict = verify("施密特出生于1950年。", [source], question="施密特哪年出生？", names=names)
    assert verdict.support == "supported", verdict.reason
    held = {"希密特": 3}
    corpus = Corpus(lambda word: held.get(word, 0), lambda: 10, lambda: names)
    assert corpus.found("施密特") == 3
    assert not question_terms("施密特在哪里长大？", corpus)[0].unknown


def test_a_home_learns_from_its_documents_and_forgets_with_them(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("记者会见了哥伦比亚诗人巴尔加·洛斯（Barga Los）。他谈到诗歌的将来。", "utf-8")
    with Youju(Settings(home=tmp_path / "home")) as home:
        home.add(file)
        assert home.ledger.names() == [("巴尔加·洛斯", "Barga Los")]
        home.reindex()
        assert home.ledger.names() == [("巴尔加·洛斯", "Barga Los")]
        assert home.search("Who is Barga Los?", 1)[0].passage.document_id == "a"
        home.remove("a")
        assert home.ledger.names() == []
