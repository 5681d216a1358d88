"""Offices: who holds which, of what rank and in which body (副总统 is no 总统)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checks.reading import Fault, country_of
from rag.tables import word_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Comparison

_TITLES = (
    "总统|主席|总理|首相|省长|市长|县长|州长|书记|部长|厅长|局长|司长|处长|主任|院长|校长|会长|董事长"
    "|行长|所长|馆长|队长|教练|大使|发言人|代表|教授|研究员|分析师|总裁|经理|首席执行官|国务卿|秘书长"
)
OFFICE = re.compile(rf"副?(?:{_TITLES})")
_FIELDS = "国家|安全|经济|外交|贸易|制造业|科技|新闻|中东|气候|政策|事务|高级|首席|特别|与|和"
_AIDE = rf"(?!(?:{_FIELDS})*(?:助理|顾问|特使|秘书(?!长)))"
"""前任总统国家安全事务助理: no president, and it is the aide who was before."""
_RANKED = re.compile(
    r"(?P<rank>副|助理|代理|代|前|前任|候任|当选)(?P<body>[部厅局委司院州省市县]?)"
    rf"(?P<title>{_TITLES}){_AIDE}"
)
_PLAIN = re.compile(rf"(?P<rank>)(?P<body>)(?P<title>{_TITLES}){_AIDE}")
_NAMED = re.compile(
    rf"(?P<office>[㐀-鿿]{{0,10}}{OFFICE.pattern})(?P<name>[㐀-鿿·]{{2,6}}?)"
    r"(?=说|称|表示|认为|指出|强调|透露|警告|批评|介绍|宣布|分析|对|在|与|和|向|会见|属于|,|\(|$)"
)
_IS_OFFICE = re.compile(
    r"^(?P<name>[㐀-鿿·]{2,6}?)(?:是|为|担任|任|系)"
    rf"(?P<office>[㐀-鿿]{{0,10}}{OFFICE.pattern})$"
)
_GIVEN = r"(?:[㐀-鿿]{1,6}·)*"
"""Given names before the one by which somebody is called."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where somebody is given another office, rank or body than the source gives him."""
    yield from _another_rank(it)
    yield from _another_office(it)
    yield from _another_body(it)
    yield from _of_somebody_else(it)


def _another_rank(it: Comparison) -> Iterator[Fault]:
    """副总统赖清德 where the source has 总统赖清德."""
    known = f"{it.quotes.text}\n{it.before.text}\n{it.cards}"
    there = _ranks(it.quotes.text)
    for title, ranks in _ranks(it.clause.text).items():
        everywhere = _ranks(known).get(title, set())
        if title not in there or ranks & everywhere:
            continue
        one, other = (min(r) + title for r in (ranks, there[title]))
        yield Fault("contradicted", f"says {one} where the source says {other}")
        return
    said = _named(it)
    if not said:
        return
    name, office = said
    mine = {rank for ranks in _ranks(office).values() for rank in ranks}
    held = re.findall(rf"([㐀-鿿]{{0,10}}(?:{_TITLES})){_GIVEN}{re.escape(name)}", known)
    theirs = {r for one in held for ranks in _ranks(one).values() for r in ranks}
    if mine and theirs and not mine & theirs and not (theirs | mine) & {"前", "前任"}:
        yield Fault("contradicted", f"the source calls {name} {held[0]}")


def _ranks(text: str) -> dict[str, set[str]]:
    """Title → its ranks in a text: 外交部副部长 is a 部长 of rank 副."""
    out: dict[str, set[str]] = {}
    ranked = list(_RANKED.finditer(text))
    ends = {match.end() for match in ranked}
    plain = [match for match in _PLAIN.finditer(text) if match.end() not in ends]
    for match in (*ranked, *plain):
        out.setdefault(match["title"], set()).add(match["rank"])
    return out


def _named(it: Comparison) -> tuple[str, str] | None:
    """Whom the clause gives an office, and which."""
    said = _NAMED.search(it.clause.text) or _IS_OFFICE.search(it.clause.text)
    if not said or any(land in said["name"] for land in country_of()):
        return None
    return said["name"], re.split("[与和由是的向对]", said["office"])[-1]


def _another_office(it: Comparison) -> Iterator[Fault]:
    """省长冯树人 where the source has 省委书记冯树人; 甲是丙国部长 where that is 乙."""
    said = _named(it)
    if not said:
        return
    name, office = said
    whole = any(word.text == name for word in it.clause.words)
    lands = {land for called, land in country_of().items() if called in office}
    known = f"{it.quotes.text}\n{it.before.text}\n{it.cards}"
    given = _GIVEN if f"·{name}" in known else ""
    there = re.findall(rf"([㐀-鿿]{{0,10}}{OFFICE.pattern}){given}{re.escape(name)}", known)
    title = OFFICE.findall(office)[-1]
    if not (whole or given) or not there:
        return
    if re.search(rf"{re.escape(name)}[^。\n]{{0,20}}{title}", known):
        return
    body = office.removesuffix(title)
    for one in there:
        other = one.removesuffix(title)
        shared = sum(body[i : i + 2] in other for i in range(len(body) - 1))
        others = {land for called, land in country_of().items() if called in one}
        elsewhere = lands and others and not lands & others
        elsewhere = elsewhere or _posted_elsewhere(body, other)
        alike_ = 2 * shared > len(body) - 1 and not elsewhere
        if OFFICE.findall(one)[-1] == title and (alike_ or len(body) < 2 or len(other) < 2):
            return
    yield Fault("contradicted", f"the source calls {name} {there[0]}")


def _posted_elsewhere(body: str, other: str) -> bool:
    """中国驻美国 and 美国驻中国: whose ambassador, and where."""
    here, there = _POSTED.search(body), _POSTED.search(other)
    return bool(here and there and here[1] != there[1])


_POSTED = re.compile(r"驻([㐀-鿿]+)$")
_HEAD, _BODY, _VOICE, _STAFF = "head", "body", "voice", "staff"
_ROLES = {
    "部长": _HEAD, "厅长": _HEAD, "局长": _HEAD, "secretary": _HEAD, "minister": _HEAD,
    "chief": _HEAD, "发言人": _VOICE, "spokesman": _VOICE, "spokesperson": _VOICE,
    "spokeswoman": _VOICE, "官员": _STAFF, "official": _STAFF, "officials": _STAFF,
    "部": _BODY, "厅": _BODY, "局": _BODY, "department": _BODY, "ministry": _BODY,
}  # fmt: skip


def _another_body(it: Comparison) -> Iterator[Fault]:
    """国防部官员 where the source has 外交部官员; the Defense Department for 商务部."""
    there = _posts(it.quotes.text)
    around = _posts(f"{it.before.text}\n{it.cards}")
    for field, role in _posts(it.clause.text):
        others = {f for f, r in there if r == role}
        fields = {f for f, _ in there | around}
        if not others or field in others or (field, role) in around:
            continue
        if role == _BODY and field in fields:
            continue
        if role == _STAFF and any(f == field and r == _BODY for f, r in there):
            continue
        yield Fault("contradicted", f"the source says it of {min(others)}, not of {field}")
        return


_RELATED = re.compile(
    r"(?:是|为|担任|任|系)[㐀-鿿]*?(?P<whose>[㐀-鿿·]{2,4})的(?P<what>助理|助手|顾问|秘书|副手|幕僚|发言人"
    r"|妻子|丈夫|儿子|女儿|父亲|母亲|哥哥|弟弟|姐姐|妹妹|老师|学生|弟子|部下|下属)"
)


def _of_somebody_else(it: Comparison) -> Iterator[Fault]:
    """甲是乙的助理 where the source names 乙, and 甲 as the 助理 of no person."""
    said = _RELATED.search(it.clause.text)
    if not said:
        return
    names = (w.text for w in it.clause.words if w.is_name)
    whose = next((name for name in names if said["whose"].endswith(name)), "")
    if not whose:
        return
    told = f"{it.quotes.text}\n{it.before.text}"
    related = re.search(rf"{re.escape(whose)}(?:的|之)?[㐀-鿿]{{0,4}}{said['what']}", told)
    if whose in told and said["what"] in told and not related:
        yield Fault("contradicted", f"the source names no {said['what']} of {whose}")


def _posts(folded: str) -> set[tuple[str, str]]:
    """Fields of government with what stands there for them: (国防, body)."""
    fields, pattern = _fields()
    found = set()
    for match in pattern.finditer(folded):
        role = match["role"] or match["body"] or match["en"]
        if not role:
            continue
        found.add((fields[match["zh"] or match["name"]], _ROLES[role]))
    return found


@lru_cache(maxsize=1)
def _fields() -> tuple[dict[str, str], re.Pattern[str]]:
    lines = [line[0] for line in word_sides("verify_offices.txt")]
    names = {form: line[0] for line in lines for form in line}
    chinese = "|".join(sorted((n for n in names if not n.isascii()), key=len, reverse=True))
    english = "|".join(sorted((n for n in names if n.isascii()), key=len, reverse=True))
    roles = "部长|厅长|局长|发言人|官员"
    words = "|".join(role for role in _ROLES if role.isascii())
    pattern = (
        rf"(?P<zh>{chinese})(?=副?[部厅局]|官员|发言人)"
        rf"(?P<body>[部厅局](?!长))?(?:副?(?P<role>{roles}))?"
        rf"|\b(?P<name>{english}) (?P<en>{words})\b"
    )
    return names, re.compile(pattern)
