"""Who says so: the words an answer needs in front of what is not a plain fact.

A reader's comment and a user's post are never stated as fact: whoever repeats them says whose they
are. A claim that a sentence puts in somebody's mouth keeps its speaker, and an outlet's own opinion
its outlet. Where the sentence itself, as it will be shown, names its speaker, nothing is put twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.fold import fold, language_of, script_of, to_simplified, to_traditional
from rag.latest import source_label
from rag.question.expects import expected
from rag.split import is_authors_name
from rag.tagger import tagged
from rag.untrusted import plain
from rag.wording import WORDS

if TYPE_CHECKING:
    from rag.compose import Source
    from rag.fold import Script

Voice: TypeAlias = Literal["fact", "claim", "opinion", "comment", "post"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose words a sentence is."""

    voice: Voice
    speaker: str
    """As the document writes it; empty where it names none."""


_SAYS = (
    r"(?:表示|认为|称|指出|强调|坦言|直言|透露|声称|宣称|主张|相信|觉得|担心|批评|指责|抨击|评论[道说称]"
    r"|写道|(?<![来果虽据听传小学游再])说道?|呼吁|警告|预测|感叹|重申|分析[说称]|看来|解释[说道称]|回应[说称])"
)
_NAME = r"[^\s，。；：！？,;:“”\"「」（）()]"
_BRACKET = r"[（(][^）)]{1,40}[）)]"
_SPEAKER = re.compile(
    rf"(?:^|[，,。；”\"\s])(?P<who>{_NAME}{{2,24}}?(?:{_BRACKET})?)"
    r"(?:(?:[在于对向就同则还也又曾并随后当天昨今前]|\d+日)[^，。；：！？]{0,24}?)?"
    rf"(?<![名号简俗尊职人并]){_SAYS}(?![为作号呼法服明]|不上|得上|来话长)"
)
_ENGLISH_SAYS = (
    r"(?:said|says|argued|argues|believes?|believed|claimed|claims|told|warned|insisted|stressed"
    r"|added|thinks?|wrote|denied|admitted)"
)
_CAPITALS = r"[A-Z][\w'’-]+(?: (?:of |the |for )?[A-Z][\w'’-]+){0,4}"
_THE = r"[Tt]he [a-z]+(?: [a-z]+){0,2}?"
_ENGLISH_SPEAKER = re.compile(
    rf"[,”\"] (?:said|says|according to) (?P<after>{_CAPITALS}|{_THE})(?=[.,]|$)"
    rf"|^According to (?P<first>{_CAPITALS}|{_THE})(?=,)"
    rf"|(?P<who>{_CAPITALS}|\b{_THE})(?: also| has| have)? {_ENGLISH_SAYS}\b"
)
_ADVERBS = re.compile(
    r"(?:也|还|又|曾|并|则|更|仍|就|一直|一再|再次|多次|反复|罕见地?|公开|长期以来|几个月来|近日|日前"
    r"|此前|随后|最早|首次|明确|曾经|已经|一致|同时|补充|引述|发表(?:声明)|发布(?:声明|通告|消息)?)+$"
)
_SOMEONE = re.compile(
    r"人士|官员|专家|学者|教授|分析师|发言人|记者|网友|部长|主任|总统|主席|总理|大使|外长|财长|议员|代表"
    r"|经济学家|负责人|知情者|居民|村民|工人|消息|报告|通告|声明|《|方$|部$|社$|报$|局$|委$|媒$|府$"
)
_OPINION = re.compile(
    r"应当|应该|不应|必须|理应|显然|无疑|毫无疑问|可耻|荒谬|可笑|伟大|愚蠢|最好的|最差的|我认为|我觉得"
    r"|我们认为|笔者|在我看来|\b(?:should|must|ought|obviously|clearly|undoubtedly|shameful|absurd"
    r"|in my (?:view|opinion)|i think|i believe)\b"
)
_USERS_PAGE = re.compile(r"热榜|热搜|论坛|贴吧|微博|头条|社区|bbs|forum|reddit")
_PRONOUN = re.compile(
    r"^(?:他|她|它|其|他们|她们|双方|对方|该|此|这|那|报道|报导|文章|消息|并|而|但|据)"
)
_ACTS = re.compile(r"可能|可以|不必|难以|抗议|——")
_WHO_ENDS = re.compile(r"\d|周[一二三四五六日]|在(?!野)|接受|于|向|就|对(?!外)|当天|昨")
_LEADS = re.compile(
    r"^(?:但|而|不过|然而|因此|对此|此外|随后|会后|据悉|同时|另外|报道|and|but)[，,]?"
)


def attribution(candidate: Source) -> Attribution:
    """Return whose words a candidate's sentence is.

    ``comment``: from below an article; ``post``: on a page of users' posts; ``claim``: put in a
    speaker's mouth; ``opinion``: the outlet judges; ``fact``: the outlet reports.
    """
    text = candidate.excerpt.text
    speaker = speaker_of(text) or speaker_of(candidate.hit.about if _leans(text) else "")
    if candidate.hit.kind == "comment":
        voice: Voice = "post" if _on_users_page(candidate) else "comment"
        return Attribution(voice, _author(candidate))
    if speaker:
        return Attribution("claim", speaker)
    return Attribution("opinion" if _OPINION.search(fold(text)) else "fact", "")


def in_front(question: str, candidate: Source, sentence: str = "") -> str:
    """Return the words an answer puts before what it takes from a candidate.

    Args:
        question: As asked; its language and script are those of the phrase.
        candidate: What the sentence of the answer cites.
        sentence: The sentence as it will be shown; what it says of its speaker is not said again.
            Without it the source's own sentence counts.

    Returns:
        据《观察者网》（2025-09-19）的读者评论，夏风说： and the like, or “In a reader's comment at
        …”; empty for a plain fact, and where the sentence names its speaker itself. A comment or a
        post always has the words.
    """
    found = attribution(candidate)
    script = script_of(question)
    words = WORDS[script]
    label = source_label(candidate.hit, script == "latin")
    shown = sentence or candidate.excerpt.text
    if found.voice == "comment":
        return _say(words.commented, script, label, found.speaker or words.unnamed_reader)
    if found.voice == "post":
        return _say(words.posted, script, label, found.speaker or words.unnamed_user)
    # Who, where, when and how many are facts that the source reports, whoever told them.
    claimed = found.voice == "claim" and expected(question) is None
    if claimed and not _names(shown, found.speaker):
        return _say(words.speaker_says, script, label, found.speaker)
    if found.voice == "opinion":
        return _say(words.says, script, label)
    return ""


def said_by_source(question: str, candidate: Source) -> str:
    """Return 《联合早报》（2025-09-19）称： for a source that is one side of a disagreement."""
    script = script_of(question)
    return _say(WORDS[script].says, script, source_label(candidate.hit, script == "latin"))


def speaker_of(text: str) -> str:
    """Return who a sentence says that says it, as written; empty where it does not tell.

    >>> speaker_of("美国贸易代表格里尔5月30日接受CNBC采访时说，美方关切。")
    '美国贸易代表格里尔'
    >>> speaker_of("The deal is off, said Maria Lind.")
    'Maria Lind'
    """
    simple = to_simplified(text)
    plain = simple if len(simple) == len(text) else text
    for match in _SPEAKER.finditer(plain):
        who = _WHO_ENDS.split(_LEADS.sub("", text[slice(*match.span("who"))]))[0]
        who = _ADVERBS.sub("", who)
        if len(who) > 1 and not _PRONOUN.match(who) and not _ACTS.search(who) and _is_someone(who):
            return who
    english = _ENGLISH_SPEAKER.search(text)
    return next(filter(None, english.groups()), "") if english else ""


def _is_someone(who: str) -> bool:
    """Whether a phrase names a person, a body or a kind of people: 具体来 and 一是 do not."""
    plain = to_simplified(who)
    return bool(_SOMEONE.search(plain)) or any(
        tag[:2] in {"nr", "nt", "ns", "nz"} for _, tag in tagged(plain)
    )


def _say(pattern: str, script: Script, *what: str) -> str:
    """Fill a phrase; only its own words change script, names stay as printed, but for markup."""
    words = to_traditional(pattern) if script == "hant" else pattern
    return words.format(*map(plain, what))


def _leans(text: str) -> bool:
    return bool(re.match(r"(?:他|她|他们|she |he |they )", text, re.IGNORECASE))


def _names(shown: str, speaker: str) -> bool:
    """Whether a sentence names a speaker: by the last word of what the document calls them."""
    folded, tail = fold(shown), fold(re.sub(r"[（(].*", "", speaker)).strip()
    last = tail.split()[-1] if tail.isascii() else tail[-3:]
    return bool(last) and (last in folded or tail[-2:] in folded)


_NAME_FIRST = re.compile(r"[^\s，。！？；：、,.!?;:“”\"（）()\[\]【】#]{2,12}(?= +\S{4})")
"""前线第一人 特朗普为了…: on a page of posts the name may stand before the text."""


def _author(candidate: Source) -> str:
    """The line above a comment or a post, or the word before a post, where it is a name."""
    if candidate.hit.about:
        return candidate.hit.about.strip(" ：:")
    text = candidate.hit.passage.text
    first, _, rest = text.partition("\n")
    name = first.strip(" ：:")
    if rest and is_authors_name(name):
        return name
    before = _NAME_FIRST.match(text) if _on_users_page(candidate) else None
    return before[0] if before and language_of(text) == "zh" else ""


def _on_users_page(candidate: Source) -> bool:
    card = f"{candidate.hit.title} {candidate.hit.outlet or ''}"
    return bool(_USERS_PAGE.search(fold(card)))
