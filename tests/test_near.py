from rag.near import bands, shingles, similarity, sketch

STORY = (
    "本周三，两国代表在日内瓦举行了第三轮磋商，就关税、稀土和航运达成初步安排。"
    "双方同意在九十天内继续谈判，并建立每月一次的联络机制。分析人士认为，"
    "这一安排为年内的领导人会晤铺平了道路，但关键分歧仍未消除。会谈后发表的声明没有提到半导体。"
)
OTHER = (
    "气象部门周五发布预警，受冷空气影响，华北大部将出现六到八级大风，局部地区有沙尘。"
    "预计周末气温下降八到十度，市民应减少外出。铁路部门表示，部分列车可能晚点，"
    "旅客可通过官方渠道查询最新消息，并预留充足的时间前往车站，以免耽误行程安排。"
)


def test_a_story_reprinted_with_another_head_and_script_is_near():
    from rag.fold import to_traditional

    reprint = "本报讯 " + to_traditional(STORY) + "（完）"
    assert similarity(sketch([STORY]), sketch([reprint])) > 0.8
    assert set(bands(sketch([STORY]))) & set(bands(sketch([reprint])))


def test_another_story_is_not_near():
    assert similarity(sketch([STORY]), sketch([OTHER])) < 0.1
    assert not set(bands(sketch([STORY]))) & set(bands(sketch([OTHER])))


def test_a_short_text_has_no_sketch_and_is_near_nothing():
    assert sketch(["同样的一句话。"]) == b""
    assert bands(b"") == []
    assert similarity(b"", sketch([STORY])) == 0


def test_the_estimate_is_the_share_of_common_shingles():
    # With 64 values the standard error is at most 1/16: four of them are a quarter.
    for cut in range(20, len(STORY), 10):
        mixed = STORY[:cut] + OTHER[cut:]
        mine, others = shingles([STORY]), shingles([mixed])
        jaccard = len(mine & others) / len(mine | others)
        assert abs(similarity(sketch([STORY]), sketch([mixed])) - jaccard) < 0.25
