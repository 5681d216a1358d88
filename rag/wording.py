"""What Youju itself says, by the script of the question."""

from dataclasses import dataclass

from rag.fold import Script


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences in one language."""

    answer_in: str
    """Added to the prompt."""
    join: str
    not_found: str
    never_mentioned: str
    quoted: str
    list_join: str
    still_open: str
    """What of several questions has no answer."""
    declined: str
    """To what asks nothing of the documents."""
    no_model: str
    left_out: str
    """How many sentences did not stand up to their check."""
    without_model: str
    """Why the answer is a quotation."""
    outlet: str
    dated: str
    """Who says so, and when."""
    as_of: str
    """Until when an answer holds that asks for the latest."""
    says: str
    """A source asserts: who, and what follows."""
    speaker_says: str
    """A speaker whom a source gives: the source, the speaker."""
    commented: str
    """A reader below an article: the source, the reader."""
    posted: str
    """A user of a platform: the source, the user."""
    unnamed_reader: str
    unnamed_user: str
    translated: str
    """Behind a quotation in another language."""


_CHINESE = Wording(
    answer_in="用中文回答。",
    join="",
    not_found="资料里没有找到这个问题的答案。",
    never_mentioned="资料中从未提到{}。",
    quoted="“{}”",
    list_join="、",
    still_open="关于{}，资料里没有找到答案。",
    declined="我只根据资料回答问题。请问一个与资料有关的问题。",
    no_model="没有配置语言模型。",
    left_out="有{}句没有通过与资料的核对，已略去。",
    without_model="以下是资料原文，未经语言模型组织：{}",
    outlet="《{}》",
    dated="{}（{}）",
    as_of="截至{}（资料中最新的一篇）",
    says="{}称：",
    speaker_says="据{}，{}表示：",
    commented="据{}的读者评论，{}说：",
    posted="据{}的用户帖子，{}说：",
    unnamed_reader="一名读者",
    unnamed_user="一名用户",
    translated="（机器译文：{}）",
)

WORDS: dict[Script, Wording] = {
    "hans": _CHINESE,
    "hant": _CHINESE,  # turned into traditional characters where it is used
    "latin": Wording(
        answer_in="Answer in English.",
        join=" ",
        not_found="The documents do not answer this question.",
        never_mentioned=" They never mention {}.",
        quoted="“{}”",
        list_join=", ",
        still_open="The documents do not answer {}.",
        declined="I answer questions from the documents only. Please ask about what they say.",
        no_model="No language model is configured.",
        left_out="{} of the sentences written did not stand up to their check and are left out.",
        without_model="Quoted from the documents without a language model: {}",
        outlet="{}",
        dated="{} ({})",
        as_of="As of {}, the latest in the documents",
        says="{} says: ",
        speaker_says="According to {}, {} said: ",
        commented="In a reader's comment at {}, {} says: ",
        posted="In a user's post at {}, {} says: ",
        unnamed_reader="a reader",
        unnamed_user="a user",
        translated=" (machine translation: {})",
    ),
}


@dataclass(frozen=True, slots=True)
class OverAll:
    """Sentences about all documents, in one language."""

    counted: str
    none: str
    none_certain: str
    also_doubtful: str
    stop: str
    scope: str
    """Only of documents of a time."""
    quoted: str
    first: str
    latest: str
    unsure: str
    """Documents whose date is not known for sure."""
    only: str
    """How many are listed, where that is not all."""
    doubtful: str
    doubts: dict[str, str]
    """Why it is in doubt, by the names of ``rag.corpus.scan.Doubt``."""
    dates: str
    no_dates: str
    item: str
    happened: str
    title: str
    about: str
    undated: str
    copies: str
    list_join: str


_OVER_ALL = OverAll(
    counted="{scope}共查了{searched}篇，{found}篇提到{topic}",
    none="{scope}共查了{searched}篇，没有一篇提到{topic}",
    none_certain="{scope}共查了{searched}篇，没有一篇确切提到{topic}",
    also_doubtful="，另有{}篇存疑",
    stop="。",
    scope="{}发表的资料中，",
    quoted="“{}”",
    first="其中最早的是：",
    latest="其中最近的是：",
    unsure="有{}篇日期不确定，没有参与排序。",
    only="这里列出前{}篇。",
    doubtful="存疑的{}篇：",
    doubts={
        "inside": "（字样可能属于别的词）",
        "apart": "（各词分开出现）",
        "spread": "（分散在全文各处）",
        "title": "（只在标题里提到）",
        "year": "（原文没有写年份）",
        "meaning": "（词典里的对应词）",
    },
    dates="共查了{searched}篇，与{topic}有关的有日期的记述{found}条，按时间排列：",
    no_dates="共查了{searched}篇，没有找到与{topic}有关、带日期的记述。",
    item="{}，《{}》{}：",
    happened="{}（《{}》）：",
    title="《{}》",
    about="约{}",
    undated="日期不详",
    copies="（另有{}篇内容几乎相同，不重复计算：{}）",
    list_join="、",
)

OVER_ALL: dict[Script, OverAll] = {
    "hans": _OVER_ALL,
    "hant": _OVER_ALL,
    "latin": OverAll(
        counted="{topic} is mentioned in {found} of the {searched} documents searched{scope}",
        none="None of the {searched} documents searched{scope} mentions {topic}",
        none_certain="{topic} is in none of the {searched} documents searched{scope} for certain",
        also_doubtful=" (doubtful: {} more)",
        stop=".",
        scope=" of {}",
        quoted="“{}”",
        first=" The earliest is:",
        latest=" The latest is:",
        unsure=" Of unsure date, and left out of the order: {}.",
        only=" The first {} are listed.",
        doubtful="Doubtful: {}.",
        doubts={
            "inside": " (perhaps part of another word)",
            "apart": " (the words stand apart)",
            "spread": " (spread over the whole text)",
            "title": " (in its title alone)",
            "year": " (the text names no year)",
            "meaning": " (a dictionary's word for it)",
        },
        dates="Dated statements about {topic} in the {searched} documents searched: {found}.",
        no_dates="The {searched} documents searched hold no dated statement about {topic}.",
        item="{}, {}{}: ",
        happened="{} ({}): ",
        title="“{}”",
        about="about {}",
        undated="no date",
        copies=" (nearly the same, counted once with {} more: {})",
        list_join=", ",
    ),
}
"""As `WORDS`."""
