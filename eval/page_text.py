# ruff: noqa: E501  (word lists)
"""Sentences for made-up pages: a small grammar in Chinese and English, seeded."""

from __future__ import annotations

import random
from typing import Literal, TypeAlias

from rag.fold import to_traditional

Language: TypeAlias = Literal["hans", "hant", "en"]

_ZH = {
    "who": "外交部发言人 国家统计局 当地警方 一名不愿具名的官员 世界卫生组织 市水务局 该校研究团队 欧盟委员会 多位业内人士"
    " 省气象台 港口运营方 央行行长 两国代表团 工会负责人 参与项目的工程师 记者 民调机构 国际货币基金组织 当地居民 该公司首席财务官"
    " 检察机关 农业专家 交通运输部门 议会多数党 部分投资者 志愿者组织 铁路公司 环保团体",
    "when": "周二 上周末 5月6日 本月早些时候 去年底 在例行记者会上 会谈结束后 截至发稿时 近三年来 当地时间9日晚 过去一个季度 今年以来"
    " 会议召开前夕 事故发生后 十二月初 投票前一天",
    "does": "表示 指出 强调 证实 通报 认为 预计 承认 否认 警告 披露 写道 解释说 补充说",
    "what": "关税安排仍需进一步磋商 新的供水管网将覆盖城北六个街道 第一季度出口同比增长4.7% 这份协议并不具有法律约束力 疫苗接种率已经超过八成"
    " 大桥的主跨合龙比原计划提前了四十天 谈判的大门始终敞开 受灾群众已全部转移到安全地带 芯片短缺的情况正在缓解 三分之一的受访者没有听说过这项政策"
    " 今年小麦产量有望创下新高 两国将恢复直航 调查仍在进行之中 预算赤字必须控制在百分之三以内 这种做法违反了世贸组织规则 列车晚点主要由强降雨造成"
    " 新规自七月一日起施行 老城区的改造不会拆除历史建筑 海水淡化的成本五年里下降了一半 候选人之间的差距在缩小 水库蓄水量低于常年同期 企业裁员的传闻并不属实"
    " 学校将在九月恢复线下授课 有关船只当时处于公海 首批设备已经运抵现场 医院的夜间急诊压力很大 电价短期内不会上调 双方同意建立热线机制",
    "also": "不过细节尚未公布 这与此前的说法不同 分析人士对此持谨慎态度 相关文件将于下周提交审议 市场反应较为平淡 但反对者并不买账 目前没有人员伤亡的报告"
    " 具体时间表仍待确定 这是十年来的首次 有学者认为影响有限 各方正在评估 当天的会议持续了三个小时",
    "open": "与此同时 此外 不过 值得注意的是 另一方面 据介绍 事实上 报道称 尽管如此 在他看来",
    "say": "我觉得说得挺有道理 完全不同意 楼上的没看懂文章吧 支持一下 这都多少年了还在讨论 希望尽快落实 有没有当地人出来讲讲 数据哪里来的 写得太浅了 我家就在附近"
    " 转给家里人看看 早该这样了 坐等结果 前两天刚经过那里 价格根本没有降 去年也是这么说的 作者辛苦 这个角度没想到",
    "more": "真是让人无话可说 反正我是不信 希望有关部门重视 大家理性讨论 说到底还是钱的问题 孩子上学也受影响 等着看吧 顺便问一下还能报名吗",
    "topic": "贸易磋商 供水工程 粮食收成 高铁延误 海水淡化 地方选举 芯片出口 老城改造 疫苗接种 跨海大桥 央行利率 渔业纠纷 学校复课 电价改革",
    "turn": "再起波澜 取得进展 引发争议 进入尾声 受阻 迎来转机 背后的难题 何去何从 细节公布 遭质疑 将重启 影响几何",
    "name": "李明远 王思齐 陈国栋 赵雅 周子衡 林佩珊 吴晓波 何静 孙立 郑海涛 黄丽君 徐磊",
    "nick": "山里的风 老张在路上 momo 北海小鱼 不吃香菜 理性围观 用户83321 长安某人 Tiger_2020 半杯凉茶 路过的鹅 南城旧事",
    "outlet": "新华社 环球时报 联合早报 财新网 澎湃新闻 中新网 参考消息 南方周末",
    "place": "北京 上海 日内瓦 东京 布鲁塞尔 成都 广州 华盛顿 台北",
}  # fmt: skip
_EN = {
    "who": "The ministry|A spokesman for the port|Local police|The central bank|Researchers at the university"
    "|The regional water board|Two people familiar with the talks|The commission|An aide to the mayor"
    "|The company's finance chief|Union leaders|A coalition of farmers|The weather service|Prosecutors"
    "|Residents near the river|The polling firm|Opposition lawmakers|Engineers on the project|Investors",
    "does": "said|confirmed|argued|warned|acknowledged|denied|estimated|told reporters|wrote|added|noted",
    "when": "on Tuesday|late last week|in a statement|after the meeting|in the first quarter|this month"
    "|before the vote|at a news conference|during the hearing|over the past three years|on May 6",
    "what": "the tariff schedule would need another round of talks|the new pipeline will serve six districts"
    "|exports rose 4.7 percent from a year earlier|the accord is not legally binding|most patients had recovered"
    "|the bridge would open forty days ahead of plan|a third of those surveyed had never heard of the policy"
    "|the wheat harvest could set a record|direct flights will resume|the inquiry was still under way"
    "|the deficit must stay below three percent|the trains were delayed by heavy rain|the rules take effect on July 1"
    "|the old town will keep its historic buildings|the cost of desalination has halved|the gap between the candidates is narrowing"
    "|the reservoir was lower than usual|rumors of layoffs were untrue|classes will be taught in person again"
    "|the vessel was in international waters|electricity prices would not go up soon|both sides agreed on a hotline",
    "also": "but gave no details|although earlier reports differed|which analysts took with caution|and the papers are due next week"
    "|while markets barely moved|though critics were not convinced|and nobody was reported hurt|the first such step in a decade"
    "|a claim that scholars dispute|as both sides weighed their options",
    "open": "Meanwhile,|In addition,|Still,|By contrast,|For now,|Even so,|According to the report,|In practice,",
    "say": "I think this makes a lot of sense|Completely disagree with this|Did anyone actually read the piece|Finally someone says it"
    "|They said the same last year|My family lives close to there|Where do these numbers come from|This is far too shallow"
    "|Prices have not come down at all|Nice write-up|I drove past it two days ago|Waiting to see what happens",
    "more": "and nobody is held to account|but I am not convinced|so please check the figures|which is what it comes down to"
    "|and the kids pay for it|if you ask me|at least where I live|and that is all there is to say",
    "topic": "Trade Talks|Water Pipeline|Wheat Harvest|Rail Delays|Desalination Plant|Local Election|Chip Exports"
    "|Old Town Renewal|Vaccine Drive|Sea Bridge|Interest Rates|Fishing Dispute|School Return",
    "turn": "Hit a New Snag|Enter Final Stretch|Draw Criticism|Move Ahead|Stall Again|Face a Hard Year|Explained"
    "|Get a Second Chance|Divide the City|Raise Questions",
    "name": "Maria Lopez|James Okafor|Anna Lindqvist|Tom Becker|Priya Nair|Daniel Kim|Ruth Abrams|Owen Clarke",
    "nick": "riverrat77|old_timer|Janet K.|mossy|notalawyer|northsider|quietfox|Sam B.|plainreader|tall_paul",
    "outlet": "The Harbor Post|Northern Review|Daily Ledger|City Herald|The Meridian",
    "place": "GENEVA|LONDON|Springfield|BRUSSELS|TOKYO",
}  # fmt: skip


class Prose:
    """Sentences, headlines and names of one language."""

    def __init__(self, language: Language, rng: random.Random) -> None:
        self.language = language
        self._rng = rng
        self._said: set[str] = set()

    @property
    def english(self) -> bool:
        """Whether this is the language."""
        return self.language == "en"

    def _pick(self, slot: str) -> str:
        words = _EN[slot].split("|") if self.english else _ZH[slot].split()
        return self._rng.choice(words)

    def _in_script(self, text: str) -> str:
        return to_traditional(text) if self.language == "hant" else text

    def _new(self, text: str) -> str:
        """Number what was said before, so that every segment of a page is told apart."""
        text = self._in_script(text)
        if text in self._said:
            text = f"{text[:-1]} ({len(self._said)}){text[-1]}"
        self._said.add(text)
        return text

    def sentence(self) -> str:
        """One of some hundred thousand sentences of news."""
        if self.english:
            end = f", {self._pick('also')}" if self._rng.random() < 0.5 else ""
            lead = f"{self._pick('open')} " if self._rng.random() < 0.25 else ""
            who = self._pick("who")
            who = who[0].lower() + who[1:] if lead and who[:4] in ("The ", "Two ", "An a") else who
            return self._new(
                f"{lead}{who} {self._pick('does')} {self._pick('when')} that {self._pick('what')}{end}."
            )
        end = f"，{self._pick('also')}" if self._rng.random() < 0.6 else ""
        lead = f"{self._pick('open')}，" if self._rng.random() < 0.3 else ""
        said = f"{self._pick('who')}{self._pick('when')}{self._pick('does')}"
        return self._new(f"{lead}{said}，{self._pick('what')}{end}。")

    def paragraph(self, least: int = 2, most: int = 4) -> str:
        """Some sentences."""
        space = " " if self.english else ""
        return space.join(self.sentence() for _ in range(self._rng.randint(least, most)))

    def paragraphs(self, least: int = 4, most: int = 8) -> list[str]:
        """Of varied length, some of them short."""
        count = self._rng.randint(least, most)
        return [
            self.paragraph(*self._rng.choice([(1, 1), (1, 2), (2, 4), (3, 5)]))
            for _ in range(count)
        ]

    def remark(self) -> str:
        """What a reader writes under an article."""
        space, stop, comma = (" ", ".", " ") if self.english else ("", "。", "，")
        count = self._rng.randint(1, 4)
        return space.join(
            self._new(f"{self._pick('say')}{comma}{self._pick('more')}{stop}") for _ in range(count)
        )

    def headline(self) -> str:
        """A short headline."""
        if self.english:
            return self._new(
                f"{self._pick('topic')} {self._pick('turn')} in {self._pick('place').title()}"
            )
        return self._new(f"{self._pick('place')}{self._pick('topic')}{self._pick('turn')}")

    def long_headline(self) -> str:
        """A headline that is a whole sentence, as under “related”."""
        sentence = self.sentence()
        return sentence[:-1]

    def heading(self) -> str:
        """A heading within an article."""
        return self._new(self._pick("topic") + (" " if self.english else "") + self._pick("turn"))

    def item(self) -> str:
        """An item of a list."""
        what = self._pick("what")
        return self._new(
            what[0].upper() + what[1:] + (self._rng.choice([".", ""]) if self.english else "；")
        )

    def name(self) -> str:
        """A person's name."""
        return self._in_script(self._pick("name"))

    def nick(self) -> str:
        """The name a reader goes by."""
        return self._in_script(self._pick("nick"))

    def outlet(self) -> str:
        """A newspaper or agency."""
        return self._in_script(self._pick("outlet"))

    def place(self) -> str:
        """A city."""
        return self._in_script(self._pick("place"))

    def either(self, chinese: str, english: str) -> str:
        """Words of a template in the page's language."""
        return english if self.english else self._in_script(chinese)
