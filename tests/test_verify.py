import pytest

from eval.names import known_names
from rag.verify import Source, names_in, verify

TARIFFS = Source(
    "4月2日，美方对华加征高达34%的所谓“对等关税”，中方予以对等反制，轮番升级之下，"
    "中方将美国输华产品关税加至125%，美方更将对华关税升至150%左右，力度之大前所未有的。",
    "特朗普归来与中美博弈的新阶段 国际问题研究 吴心伯 2026年3月",
)
SALES = Source(
    "2025年12月，特朗普政府宣布高达111亿美元的对台军售方案，对20家美国军工企业及10名相关高管实施制裁。",
    "特朗普归来与中美博弈的新阶段",
)
MALTA = Source(
    "9月16日至17日，王毅与美国总统国家安全事务助理沙利文在马耳他两天内举行多轮会晤。",
    "美媒称王毅将访美",
)
AMBASSADOR = Source(
    "中共外交部长王毅周二会见了美国驻华大使庞德伟（David Perdue）。", "美国总统川普与习近平通话"
)
NOTE = Source(
    "[1] 相关内容基于 2025 年 3 月笔者在上海对美中贸易全国委员会相关人士的访谈。",
    "特朗普归来与中美博弈的新阶段 国际问题研究 吴心伯 2026年3月\n美方因此误判。",
)
STABLE = Source(
    "中美关系稳定性增加，互动的交易性上升，双方更加重视对这一关系的管理。",
    "特朗普归来与中美博弈的新阶段 国际问题研究 吴心伯 2026年3月\n目前达到一个均衡点。",
)
PRAISE = Source("贺鸣表示，青州和岭南都是好地方，两地的友谊最重要。", "好地方 河岸日报 2031年8月")
PRESS = Source("4月8日外交部发言人贺鸣主持记者会。", "记者会 河岸日报 2031年4月")
MINISTER = Source("9月，赫格塞思在与中国国防部长董军通话时表态，美方无意与中国发生冲突。", "")


def check(claim, question, *sources):
    """As in the home that is filled from the seeds, which most of this is about."""
    return verify(claim, sources, question=question, names=known_names())


@pytest.mark.parametrize(
    ("claim", "question", "source"),
    [
        ("中方将美国输华产品关税加至125%。", "中方把美国输华产品关税最高加到了多少？", TARIFFS),
        ("美方升到了150%左右。", "美方升到了多少？", TARIFFS),  # 将对华关税 is whose, not when
        ("125%", "中方把美国输华产品关税最高加到了多少？", TARIFFS),
        # whom the card names, and a journal's date that is set apart
        (
            "吴心伯的分析，依据的是在2025年3月笔者在上海对美中贸易全国委员会相关人士的访谈。",
            "吴心伯的分析，依据的是在哪里做的访谈？",
            NOTE,
        ),
        (
            "吴心伯在2026年的论文里说，中美关系的稳定性增加，互动的交易性上升。",
            "吴心伯在2026年的论文里怎么说中美关系？",
            STABLE,
        ),
        # who met whom may change places
        ("沙利文与王毅在马耳他举行会晤。", "沙利文与谁在马耳他会晤？", MALTA),
        ("150%左右", "美方把对华关税升到了多少？", TARIFFS),
        ("111亿美元", "川普宣布的对台军售有多少钱？", SALES),
        ("20家", "中国对多少家美国军工企业实施了制裁？", SALES),
        ("马耳他", "王毅与沙利文在哪里会晤？", MALTA),
        ("Wang Yi met Sullivan in Malta.", "Where did Wang Yi meet Sullivan?", MALTA),
        (
            "The US ambassador to China is David Perdue.",
            "Who is the US ambassador to China?",
            AMBASSADOR,
        ),
        ("美國駐華大使是庞德伟。", "美國駐華大使是誰？", AMBASSADOR),
        # who is named before what is said, however many are named in it
        ("贺鸣", "“青州和岭南都是好地方”这话是谁说的？", PRAISE),
        ("记者会由贺鸣主持。", "记者会由哪位发言人主持？", PRESS),
    ],
)
def test_what_the_source_says_is_supported_and_cites_it(claim, question, source):
    verdict = check(claim, question, source)
    assert (verdict.support, verdict.sources) == ("supported", (0,)), verdict.reason


@pytest.mark.parametrize(
    ("claim", "question", "source", "reason"),
    [
        ("126%", "中方把关税加到了多少？", TARIFFS, "126"),
        (
            "中方把美国输华产品关税最高加到了150%左右。",
            "中方把美国输华产品关税最高加到了多少？",
            TARIFFS,
            "something else",
        ),
        ("111 billion dollars", "How much was the arms sale to Taiwan?", SALES, "111 billion"),
        ("约1小时", "会晤持续了多长时间？", MALTA, "1小时"),
        ("4月2日", "欧盟对中国加征关税是什么时候？", TARIFFS, "欧盟"),
        ("王毅与布林肯在马耳他会晤。", "王毅在马耳他会晤了谁？", MALTA, "布林肯"),
        ("台湾的国防部长是董军。", "谁是台湾的国防部长？", MINISTER, "台湾"),
        ("王毅与沙利文没有在马耳他举行会晤。", "王毅与沙利文举行会晤了吗？", MALTA, "denies"),
        ("午餐很好吃，大家都很满意。", "午餐吃什么？", MALTA, "far"),
        ("They met in Seoul.", "Where did Wang Yi meet Sullivan?", MALTA, ""),
        ("。", "什么？", MALTA, "nothing"),
    ],
)
def test_what_the_source_does_not_say_is_not(claim, question, source, reason):
    verdict = check(claim, question, source)
    assert verdict.support in {"unsupported", "contradicted"}
    assert verdict.sources == ()
    assert reason in verdict.reason


def test_without_sources_nothing_is_supported():
    assert verify("125%", [], question="多少？").support == "unsupported"


def test_the_sentence_that_says_it_is_cited_and_not_the_first_one():
    verdict = check("111亿美元", "对台军售金额是多少？", TARIFFS, MALTA, SALES)
    assert verdict.sources == (2,)


def test_a_sentence_merged_from_two_places_cites_both():
    claim = "中方将美国输华产品关税加至125%，王毅与沙利文在马耳他举行多轮会晤。"
    assert set(check(claim, "发生了什么？", TARIFFS, AMBASSADOR, MALTA).sources) == {0, 2}


def test_a_marker_is_a_hint_and_never_the_proof():
    verdict = verify("111亿美元", [TARIFFS, SALES], question="对台军售金额？", hint=[0])
    assert verdict.sources == (1,)


def test_the_end_of_a_date_is_no_part_of_a_name():
    assert ("日中",) not in names_in("9月22日中美成立了工作组")


@pytest.mark.parametrize(
    ("claim", "source", "reason"),
    [
        ("中方将美国输华产品关税加至126%。", TARIFFS, "126"),
        ("美方将对华关税升至125%左右。", TARIFFS, "125%"),
        ("4月2日，中方对美加征高达34%的“对等关税”。", TARIFFS, "美国"),
        ("4月2日，美方对华取消高达34%的“对等关税”。", TARIFFS, "取消"),
        ("王毅与沙利文没有在马耳他举行会晤。", MALTA, "denies"),
        ("9月，董军表态，美方无意与中国发生冲突。", MINISTER, "赫格塞思"),
        ("王毅周四会见了美国驻华大使庞德伟。", AMBASSADOR, "周四"),
    ],
)
def test_another_value_of_the_same_thing_contradicts_the_source(claim, source, reason):
    verdict = check(claim, "", source)
    assert verdict.support == "contradicted", verdict
    assert reason in verdict.reason


def test_whose_ambassador_somebody_is_is_not_taken_from_another_source():
    other = Source("9月28日，中国驻美大使谢锋会见上海美国商会代表团。", "直新闻")
    claim = "周二，中国驻美大使庞德伟（David Perdue）。"
    verdict = check(claim, "庞德伟何时到任？", AMBASSADOR, other)
    assert verdict.support == "contradicted"
    assert "calls 庞德伟" in verdict.reason


def test_what_the_question_asks_the_cause_of_has_to_stand_in_the_source_of_the_cause():
    source = Source(
        "在北京的战略考量中,当下正是打出TikTok这张牌的最佳时机——凭借对关键矿产的掌控,"
        "中国自信已掌握与川普会晤时的最大筹码。",
        "习近平底气十足 纽约时报中文网",
    )
    claim = "川普看重TikTok是因为北京的战略考量中，当下正是打出TikTok这张牌的最佳时机。"
    assert check(claim, "川普为什么看重TikTok？", source).support == "contradicted"


def test_of_a_sentence_that_is_right_in_part_the_right_part_is_kept():
    claim = "王毅与沙利文在马耳他举行多轮会晤，双方签署了渔业备忘录。"
    verdict = check(claim, "王毅与沙利文在哪里会晤？", MALTA)
    assert verdict.support == "partial"
    assert verdict.failing == "双方签署了渔业备忘录"
    assert verdict.kept == "王毅与沙利文在马耳他举行多轮会晤。"
    assert verdict.sources == (0,)


def test_what_is_only_expected_is_not_told_as_done():
    source = Source("王毅预计在本月稍晚访美。", "美媒称王毅将访美 2023年10月")
    assert check("王毅预计本月稍晚访美。", "", source).support == "supported"
    assert check("王毅已于本月访美。", "", source).support == "contradicted"


def test_a_day_told_from_the_day_of_publication_is_that_day():
    source = Source("昨日，公司公布了业绩。", "启明汽车公布业绩 财经观察 2025年2月27日")
    assert check("公司2025年2月26日公布了业绩。", "", source).support == "supported"
    assert check("公司2025年2月27日公布了业绩。", "", source).support == "contradicted"


FAIR = Source(
    "灯会2026年1月启动筹备，4月12日开幕，2月曾因降雪停工，省财政拨付3000万元，市财政拨付500万元。",
    "古镇灯会 旅行周报 2026年5月3日",
)
UNDATED = Source("灯会4月12日开幕。", "古镇灯会 旅行周报")


@pytest.mark.parametrize(
    ("claim", "question", "source", "support"),
    [
        ("2026年4月12日。", "灯会什么时候开幕？", FAIR, "supported"),
        ("2018年4月12日。", "灯会什么时候开幕？", FAIR, "contradicted"),
        ("2018年4月12日。", "灯会什么时候开幕？", UNDATED, "unsupported"),
        ("2026年1月。", "灯会什么时候开幕？", FAIR, "contradicted"),
        ("2026年1月。", "灯会什么时候启动筹备？", FAIR, "supported"),
        ("500万元", "市财政拨付多少？", FAIR, "supported"),
        ("3000万元", "市财政拨付多少？", FAIR, "contradicted"),
    ],
)
def test_a_short_answer_is_of_the_clause_and_of_the_year_that_is_asked(
    claim, question, source, support
):
    verdict = check(claim, question, source)
    assert verdict.support == support, verdict.reason


def test_one_word_put_in_place_of_another_contradicts_the_source():
    source = Source("考古队发现一艘宋代沉船，部分瓷器底部有款识。", "考古")
    assert check("考古队发现一艘明代沉船。", "", source).support == "contradicted"
    assert check("全部瓷器底部有款识。", "", source).support == "contradicted"


def test_a_name_in_latin_letters_is_known_by_the_sound_of_its_characters():
    source = Source("河东县已打井640眼。", "旱情")
    assert check("Hedong County has dug 640 wells.", "", source).support == "supported"
    assert check("Hexi County has dug 640 wells.", "", source).support != "supported"


PLANT = Source(
    "蓝鲸电池董事会秘书周雨桐表示，公司三季度净利润同比增长31%，分析师认为北辰汽车今后很可能"
    "转向远景动力采购电池，但不排除自建工厂，双方仍在就此谈判。",
    "蓝鲸电池与北辰汽车终止合作 汽车产业报 2025年11月4日",
)
WALL = Source(
    "The wall will cost about 14 million pounds, of which the national government will pay two "
    "thirds.",
    "Lowfield council votes on flood wall Lowfield Post 2025-02-18",
)


CENSUS = Source(
    "据2010年的普查，青州人口中山民占84.12%、渔民占7.75%、牧民占1.33%，其中20万人住在城里。", "青州"
)
GARDEN = Source(
    "8米高的铜像安置在6米高的台座上，贺鸣是雕塑家陈立群的父亲，林园不收门票，值得注意的是，"
    "维护每年花费2,112万日圆。",
    "林园",
)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("青州人口中山民占7.75%、渔民占84.12%、牧民占1.33%。", CENSUS),
        ("青州人口中有30万人住在城里。", CENSUS),
        ("6米高的铜像安置在8米高的台座上。", GARDEN),
        ("贺鸣是雕塑家陈立群的母亲。", GARDEN),
        ("贺鸣不是雕塑家陈立群的父亲。", GARDEN),
        ("值得注意的不是，维护每年花费2,112万日圆。", GARDEN),
        ("维护每年花费8,030万日圆。", GARDEN),
        ("公司二季度净利润同比增长31%。", PLANT),
        ("北辰汽车三季度净利润同比增长31%。", PLANT),
        ("远景动力今后很可能转向北辰汽车采购电池。", PLANT),
        ("北辰汽车今后将转向远景动力采购电池。", PLANT),
        ("北辰汽车排除自建工厂。", PLANT),
        ("The town council will pay two thirds.", WALL),
        ("The national government will pay one third.", WALL),
        ("The national government may pay two thirds.", WALL),
    ],
)
def test_a_copy_with_one_thing_changed_is_told_from_its_source(claim, source):
    assert check(claim, "", source).support != "supported"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("渔民占百分之七点七五，山民占84.12%。", CENSUS),
        ("其中200000人住在城里。", CENSUS),
        ("维护每年花费2112万日圆。", GARDEN),
        ("公司第三季度净利润同比增长31%。", PLANT),
        ("蓝鲸电池三季度净利润同比增长31%。", PLANT),
        ("北辰汽车今后可能转向远景动力采购电池。", PLANT),
        ("The national government will pay two thirds of the cost.", WALL),
    ],
)
def test_a_copy_said_a_little_otherwise_passes(claim, source):
    verdict = check(claim, "", source)
    assert verdict.support == "supported", verdict.reason


PARADE = Source(
    "本月初，他在北京主持阅兵式时，俄罗斯总统普京与朝鲜领导人金正恩站在他的两侧。",
    "晨报 2025年9月19日",
)
CHIPS = Source(
    "同月，美国政府还同意英伟达对华出售H200芯片。", "特朗普归来 2026年3月\n12月，调查有了结果。"
)
CITY = Source("刘备于永安逝世后，当地常受滋扰。", "三国志")


def test_who_the_question_names_as_standing_by_is_not_who_else_stood_there():
    asked = "和普丁一起站在两侧的是谁？"
    assert check("俄罗斯总统普京", asked, PARADE).support == "unsupported"
    assert check("金正恩", asked, PARADE).support == "supported"


def test_a_month_told_by_the_sentence_before_is_that_of_the_same_month():
    found = check("12月", "H200芯片对华出售是哪个月同意的？", CHIPS)
    assert (found.support, found.sources) == ("supported", (0,))


def test_a_question_is_no_answer():
    assert check("刘备在哪里逝世？", "刘备在哪里逝世？", CITY).support == "unsupported"


def test_the_sort_of_thing_that_is_asked_for_need_not_stand_in_the_source():
    assert check("永安", "刘备在哪个城市逝世？", CITY).support == "supported"


TEAM = "团队里有国务卿曲国良、前任总统国家安全事务助理谢志远等，他们认为青州经济主要依赖出口。"


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("谢志远原来是国务卿曲国良的助理。", False),
        ("谢志远原来是总统国家安全事务助理。", True),  # of whom 前任 is said is no president
    ],
)
def test_whose_aide_somebody_is_has_to_stand_there(claim, supported):
    verdict = check(claim, "", Source(TEAM, "晨报 2036年3月5日"))
    assert (verdict.support == "supported") == supported, verdict.reason


def test_of_whom_somebody_thinks_so_the_source_may_say_it():
    source = Source("美国认为，中国经济主要依赖出口，中国招架不住。", "美国误判 2036年3月5日")
    asked = "美国误判中国经济主要靠什么？"
    assert check("美国误判中国经济主要靠出口。", asked, source).support == "supported"


def test_a_source_that_says_otherwise_is_named():
    found = check("北辰汽车排除自建工厂。", "", GARDEN, PLANT)
    assert (found.support, found.against, found.sources) == ("contradicted", (1,), ())


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("飞鹤游戏表示将上诉。", "飞鹤游戏则表示将在15日内决定是否上诉。"),
        ("双方仍在商议是否发表宣言。", "双方发表宣言，开始了合作。"),
        ("“巡山三号”已研制完成。", "“巡山三号”正在研制，预计2037年发射。"),
        ("三所村小去年共有教师94人。", "三所村小去年共有学生94人、教师27人。"),
        ("曲国良要求渔民提高补偿。", "附近渔民要求提高补偿，曲国良答复说，标准由省厅确定。"),
        (
            "程炯光击败多路军阀后，众人被迎回广州。",
            "程炯光被多路军阀击败后，众人被迎回广州，建立起大元帅府。",
        ),
        (
            "电话中的一方对谈话内容录音，都属违法。",
            "电话中的一方对谈话内容录音，或为此提供方便，均不违法。",
        ),
    ],
)
def test_what_is_open_under_way_denied_or_turned_round_is_not_told_otherwise(claim, source):
    verdict = check(claim, "", Source(source, "晨报 2036年3月5日"))
    assert verdict.support != "supported", verdict.reason


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "安宁桥自1988年起禁止机动车通行。",
            "1987年安宁桥列为文物保护单位，次年起禁止机动车通行。",
        ),
        ("清泉饮料上半年营收比去年同期增长8.6%。", "清泉饮料上半年营收同比增长8.6%。"),
        ("实地测量表明，误差不到4公里。", "实地测量显示，误差不到4公里。"),
        ("双方访问中国后才作出决定。", "双方到中国访问后才作出决定。"),
    ],
)
def test_a_year_told_from_another_and_words_that_say_the_same_pass(claim, source):
    verdict = check(claim, "", Source(source, "晨报 2036年3月5日"))
    assert verdict.support == "supported", verdict.reason


def test_a_claim_is_checked_from_python_without_a_home():
    import rag

    source = ["2024年公司实现营业收入31.2亿元，同比增长8.6%。"]
    assert rag.check("公司2024年营业收入为31.2亿元。", source).support == "supported"
    wrong = rag.check("公司2024年营业收入为36亿元。", source)
    assert wrong.support in {"contradicted", "unsupported"}
    assert wrong.reason
