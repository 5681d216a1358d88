# ruff: noqa: E501  (word lists and patterns read better unbroken)
"""The words by which pages name their parts: in class and id, and in the lines themselves."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Label: TypeAlias = Literal["", "boilerplate", "comment", "caption", "credit", "reference", "author"]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z0-9\u4e00-\u9fff]+")
_OF_A_BUILDER = re.compile(r"\b(?:elementor|wp-block-(?!comment|navigation|social|latest))[\w-]*")


def _words(*words: str) -> re.Pattern[str]:
    """Match any of ``words`` as whole words of a name such as `` related-links ``."""
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words)})(?![a-z0-9])")


_UI_OF_COMMENTS = _words(
    r"comments?-(?:count|num|number|link|btn|button|icon|form|login|notice|policy|guidelines|nav"
    r"|navigation|add|input|publish|submit|tool|tools|tip|tips|entry|open|toggle)",
    r"(?:recent|latest)-comments", r"widget-recent-comments", "respond", "reply", "replies-link",
    r"post-?comment-form", "cmt-btn",
)  # fmt: skip
_BOILERPLATE = _words(
    "nav", "navi", "navbar", "navigation", "menu", "submenu", "breadcrumbs?", "crumbs?", "footer",
    "foot", "share", "sharing", "shares", "sharebar", "sharedaddy", "sns", "bdshare", "bdsharebuttonbox",
    "fenxiang", "social", "socials", "related", "relate", "relation", "xgyd", "xgxw", "recommend",
    "recommends", "recommended", "recommendations?", "rec", "tuijian", "sidebar", "sidenav",
    "side-?bar", "rail", "cookies?", "consent", "gdpr", "privacy", "newsletters?", "subscribe",
    "subscription", "signup", "sign-up", "promos?", "promotion", "adverts?", "advertisements?",
    "ads?", "adsense", "adsbygoogle", "guanggao", "sponsor", "sponsored", "popup", "modal",
    "overlay", "paywall", "toolbar", "tags?", "taglist", "tag-list", "keywords", "pagination",
    "pager", "pagebar", "page-numbers", "widgets?", "copyright", "disclaimer", "statement",
    "shengming", "trending", "popular", "login", "search", "searchform", "qrcode", "qr", "ewm",
    "erweima", "skip", "skip-link", "follow", "followus", "donate", "donation", "outbrain",
    "taboola", "read-?more", "most-read", "most-viewed", "read-next", "next-up", "up-next",
    "also-read", "more-stories", "more-on", "more-news", "you-may-like", "hot-?news", "hotlist",
    "hot-list", "ranking", "rank", "rank-?list", "app-?download", "download-app", "app-banner",
    "topbar", "top-bar", "post-navigation", "nav-links", "prev-next", "prevnext", "pre-next",
    "shang-?xia", "jump-?links?", "call-?to-?action", "cta", "site-header", "site-info",
    "masthead", "toc", "table-of-contents", "reactions?", "likes?", "claps?", "actions", "buttons",
    "btns?", "friend-?links?", "youqing", "links-list", "jiathis", "statusbar",
    "lang(?:uage)?s?-(?:switch|switcher|select|selector|picker|list|menu)", "signature", "post-?profile", "edit-section", "editsection", "catlinks",
    "suggested", "suggestions", "suggested-topics", "onward", "teasers?", "cross-?promo", "ticker",
    "weibo", "weixin", "wechat", "support-us", "supportus", "membership",
)  # fmt: skip
_COMMENTS = _words(
    "comments?", "commentlist", "comment-?list", "comments-area", "comment-?section", "commentbox",
    "pinglun", "gentie", "post-?tie", "disqus", "disqus-thread", "cmts?", "discussions?",
    "reader-?comments", "user-?comments", "feedback-?list", "评论", "跟帖", "guestbook", "responses",
)  # fmt: skip
_CAPTION = _words(
    "caption", "captions", "wp-caption-text", "fig-?caption", "img-?(?:desc|title|info|note|text)",
    "image-?(?:desc|description|credit|text)", "photo-?(?:desc|credit|text|info|note)", "pic-?(?:desc|text|note|info)",
    "picintro", "tuzhu", "tushuo", "cutline",
)  # fmt: skip
_AUTHOR = _words(
    "byline", "by-line", "authors?", "author-?(?:name|info|bio|box|card|date)", "about-?author",
    "contributors?", "editors?", "bianji", "zebian", "byline-?(?:name|block)", "post-?byline",
)  # fmt: skip
_CREDIT = _words(
    "dateline",
    "source", "sources", "laiyuan",
    "pub-?time", "pub-?date", "publish(?:ed)?", "publish(?:ed)?-?(?:time|date|on)",
    "post-?(?:meta|date|info|time)", "entry-?(?:meta|date|info)", "article-?(?:meta|info|date|time)",
    "news-?(?:meta|info|date|time)", "timestamp", "date", "time", "datetime",
    "date-source", "meta", "metadata", "info", "infos", "wen-?info", "credits?", "artinfo",
    "posted-on", "last-?updated", "read-?time", "reading-time", "views", "submitted",
)  # fmt: skip
_REFERENCE = _words(
    "footnotes?", "endnotes?", "references?", "reflist", "citations", "bibliography",
    "zhushi", "cankao",
)  # fmt: skip
_NAME = _words(
    "author", "author-?name", "comment-?author", "user-?name", "user", "username", "user-?link",
    "nick", "nick-?name", "fn", "commenter", "commenter-?name", "poster", "screen-?name", "creator",
    "names?", "display-?name", "uname", "wangyou", "netizen", "author-?info-?name",
)  # fmt: skip
_SCHEMA_COMMENT = re.compile(r"schema\.org/(?:User)?(?:Comments?|Answer)\b", re.IGNORECASE)
_LINKED_TO = frozenset(
    ["h1", "h2", "h3", "h4", "h5", "h6", "p", "a", "dt", "dd", "td", "tr", "pre"]
)
_CODE = frozenset(["pre", "code", "kbd", "samp", "var"])
"""Their classes name a language or what a token of it is."""
_CREDIT_PROPERTY = re.compile(r"\b(?:author|datePublished|editor)\b")
_NAME_PROPERTY = re.compile(r"\b(?:author|name|creator)\b")
_TAGS: dict[str, Label] = {
    "nav": "boilerplate",
    "menu": "boilerplate",
    "dialog": "boilerplate",
    "form": "boilerplate",
    "select": "boilerplate",
    "button": "boilerplate",
    "footer": "boilerplate",
    "aside": "boilerplate",
    "figcaption": "caption",
    "caption": "caption",
}
_ROLES: dict[str, Label] = {
    "navigation": "boilerplate",
    "complementary": "boilerplate",
    "contentinfo": "boilerplate",
    "banner": "boilerplate",
    "search": "boilerplate",
    "dialog": "boilerplate",
    "alertdialog": "boilerplate",
    "menu": "boilerplate",
    "menubar": "boilerplate",
    "toolbar": "boilerplate",
    "doc-endnotes": "reference",
    "doc-footnote": "reference",
    "doc-bibliography": "reference",
}


def name_of(element: HtmlElement) -> str:
    """Class and id as lower-case words joined by hyphens, a space between names.

    The id of a heading or paragraph is there to be linked to: it repeats what the words are
    about (``#references-and-borrowing``) and says nothing of their part in the page.
    """
    get = element.get
    own = f"{get('class', '')} {get('data-component', '')}"
    return _name(own if element.tag in _LINKED_TO else f"{own} {get('id', '')}")


@lru_cache(maxsize=20_000)
def _name(names: str) -> str:
    return " ".join(
        _NOT_WORD.sub("-", _CAMEL.sub("-", word).lower()).strip("-") for word in names.split()
    )


def label_of(element: HtmlElement) -> Label:
    """What an element says of itself that its text is; empty where it says nothing."""
    get = element.get
    said = f"{get('itemprop', '')} {get('rel', '')}"
    return _label(str(element.tag), get("role", ""), get("itemtype", ""), said, name_of(element))


@lru_cache(maxsize=20_000)
def _label(  # noqa: PLR0911  (a list of cases)
    tag: str, role: str, itemtype: str, said: str, name: str
) -> Label:
    if tag in _CODE:
        return ""
    if role in _ROLES:
        return _ROLES[role]
    if _SCHEMA_COMMENT.search(itemtype):
        return "comment"
    name = _OF_A_BUILDER.sub("", name)
    if _UI_OF_COMMENTS.search(name):
        return "boilerplate"
    if _COMMENTS.search(name):
        return "comment"
    if tag in ("blockquote", "aside") and "quote" in name:
        return ""
    if _BOILERPLATE.search(name):
        return "boilerplate"
    by_name = _label_by_name(tag, said, name)
    return (
        by_name
        if tag == "footer" and by_name in ("credit", "author")
        else _TAGS.get(tag) or by_name
    )


def _label_by_name(tag: str, said: str, name: str) -> Label:
    if tag in ("time", "address") or _CREDIT_PROPERTY.search(said):
        return "author"
    if _CAPTION.search(name):
        return "caption"
    if _REFERENCE.search(name):
        return "reference"
    if _AUTHOR.search(name):
        return "author"
    return "credit" if _CREDIT.search(name) else ""


def is_name(element: HtmlElement) -> bool:
    """Whether an element within a comment holds the name of who wrote it."""
    if _NAME_PROPERTY.search(f"{element.get('itemprop', '')} {element.get('rel', '')}"):
        return True
    name = name_of(element)
    return element.tag == "cite" or bool(_NAME.search(name) and "avatar" not in name)


# Lines by what they say.
_DATE = r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
_ENGLISH_DATE = rf"(?:{_MONTH}\.? \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH}\.? \d{{4}})"
CREDIT_LINE = re.compile(
    r"^[【\[（(〔]?\s*(?:责任编辑|責任編輯|责编|責編|值班编辑|本文编辑|编辑|編輯|编校|作者|作者简介|撰文"
    r"|撰稿|记者|文字|文字记者|摄影|攝影|来源|來源|稿源|消息来源|文章来源|信息来源|新闻来源|本文来源|原标题|原標題"
    r"|排版|校对|校對|审核|監製|监制|统筹|制图|翻译|翻譯|译者)"
    r"\s*[丨|:：/][^。！？?!]{0,80}$"
    rf"|^(?:发布时间|發[布佈]時間|发布日期|發[布佈]日期|发表时间|發表時間|日期|时间|時間|更新时间|更新時間|更新)\s*[丨|:：]?\s*{_DATE}.{{0,60}}$"
    rf"|^{_DATE}[^。！？，,]{{0,40}}$|^{_ENGLISH_DATE}[^.!?]{{0,60}}$"
    r"|^《[^》]{2,14}》\s*[（(][^（()）]{4,30}版\s*[）)]$"
    rf"|^\S{{2,16}}\s+{_DATE}(?:\s+\d{{1,2}}:\d\d(?::\d\d)?)?$"
    r"|^[（(](?:记者|本报记者|编辑|責任編輯|责任编辑|转自|文|完).{0,60}[）)]$"
    r"|^(?:本报|新华社|本台)?记者\s?[^\s，。！？?!：:、]{2,10}(?:\s[^\s，。！？?!：:、]{2,6})?$"
    r"|^(?:(?:Written|Story|Words|Photographs?|Edited|Reporting|Editing|Translated|Illustration|Compiled) )?by[ :]"
    r"\s*(?-i:(?:[A-Z][\w.'’-]*+|and|in|for|of|&|[|,])[ ,]*+){1,12}+$"
    r"|^Additional reporting .{2,80}$"
    r"|^(?:Published|Updated|Posted|Last updated|Last modified|First published|Submitted)\b.{0,60}\d.{0,30}$"
    r"|^\(?(?:Source|Author|Editor|Date|Photo|Photography|Views|Filed under)s?\s*[:：|].{1,100}$"
    r"|^\(?(?:Reporting|Editing|Writing) by .{2,120}$"
    r"|^\d{1,2} min(?:ute)?s? read\b.{0,40}$",
    re.IGNORECASE,
)
CAPTION_LINE = re.compile(
    r"^(?:图为|圖為|图[:：]|圖[:：]|资料图|資料圖|图片来源|圖片來源|图[一二三四五六七八九十\d]+[:：、]|（图|(?:Photo|Image|Picture) ?[:：])"
    r"|[（(](?:[^（()）]{0,12})(?:摄|攝|图源[^）)]{0,14}|Getty Images[^）)]{0,20}|Photo by [^）)]{0,30})[）)]$"
    r"|\b(?:Getty Images|AFP via Getty|Reuters/\w+)$",
)
BOILERPLATE_LINE = re.compile(
    r"^(?:©|\(c\) ?\d|copyright\b|版权所有|版權所有|著作权|免责声明|免責聲明|[声聲]明[:：]|特[别別][声聲]明|版权声明|版權聲明|未经授权|未經授權"
    r"|本网站所|本文仅代表|以上内容为用户|以上內容|凡本网|凡注明)"
    r"|all rights reserved|(?:不得|请勿|禁止|嚴禁|严禁)(?:擅自)?(?:转载|轉載)|轉載請註明|转载请注明"
    r"|^(?:分享(?:到|至|本文|按钮|按鈕)?|微信|微博|新浪微博|QQ空间|QQ空間|朋友圈|复制链接|複製鏈接|收藏|打印|列印|打印本页|关闭窗口|關閉窗口|字号|字體|纠错"
    r"|点赞|點讚|举报|舉報|返回顶部|返回首页|上一页|下一页|首页|首頁|登录|登錄|注册|註冊|搜索|更多|more|share|tweet"
    r"|print|email|facebook|twitter|x|whatsapp|linkedin|reddit|telegram|copy link|save|listen|menu|home|search|follow|关注|關注"
    r"|subscribe|sign in|log in|sign up|register|advertisement|广告|廣告|tags?|標籤|标签|top|back to top"
    r"|大\s*中\s*小|【?大】?\s*【?中】?\s*【?小】?)[:：\s]*\d*$"
    r"|^(?:分享(?:到|至)|字号|字體|扫一扫|掃一掃|扫码|掃碼|点击(?:进入|查看|下载|订阅)|點擊(?:進入|查看|下載|訂閱)|上一篇|下一篇|标签[:：]|標籤[:：]|关键词[:：]|分类[:：]"
    r"|长按|關注我們|关注我们|关注公众号|欢迎关注|歡迎關注|下载\S{0,6}客户端|打开\S{0,10}(?:APP|客户端)|更多精彩|当前位置|您的位置|您当前的位置|你的位置"
    r"|责编邮箱|浏览次数|浏览量|阅读量|点击数|\[?我要纠错|【?(?:打印|纠错|关闭))"
    r"|^(?:share (?:this|on|via)|follow us|sign up (?:for|to)|subscribe (?:to|now|for)|get (?:the|our) .{0,40}(?:newsletter|inbox|app|email)"
    r"|read more\b|read next\b|also read\b|see also:|click here|tap here|skip to|we use cookies|this (?:site|website) uses cookies|by (?:clicking|continuing|signing up)"
    r"|filed under|tagged\b|tags:|posted in|previous(?: post)?:|next(?: post)?:|download (?:the|our) app|support (?:our|independent)|enter your email"
    r"|you can unsubscribe|thank you for (?:signing|subscrib)|advertisement\b|story continues below|more from\b|accept all|manage (?:cookies|preferences))"
    r"|^(?:www\.|https?://)\S+$|京ICP|ICP备|ICP證|公网安备|增值电信业务"
    r"|^\d+$|^[\W_]+$",
    re.IGNORECASE,
)
RELATED_LINE = re.compile(
    r"^[【\[<《「▶►■●◆\s]*(?:相关(?:阅读|新闻|报道|文章|链接|专题|推荐|内容|稿件)|相關(?:閱讀|新聞|報導|報道|文章|鏈接|專題|推薦|內容)"
    r"|延伸(?:阅读|閱讀)|推荐(?:阅读|文章|新闻)?|推薦(?:閱讀|文章|新聞)?|猜你喜欢|猜你喜歡|[您你]可能(?:还|還|也)?(?:喜欢|喜歡|感兴趣|感興趣)|热门(?:新闻|文章|推荐|阅读)|熱門(?:新聞|文章|推薦|閱讀)|更多(?:新闻|报道|文章|新聞|報導|報道|推荐)|大家都在看|精彩推荐|阅读排行|閱讀排行|点击排行|今日热点|热点新闻|今日推荐"
    r"|往期(?:回顾|推荐)|编辑推荐|編輯推薦|为你推荐|為你推薦|相关链接"
    r"|related(?: (?:articles?|stor(?:y|ies)|news|posts?|coverage|content|topics|links|reading))?|recommended(?: (?:for you|reading|stories))?|more (?:on this(?: story| topic)?|stories|news|from .{1,40}|in .{1,30}|like this)|you (?:may|might) also (?:like|enjoy|be interested in)"
    r"|read (?:also|more|next)|also on .{1,30}|most (?:read|popular|viewed)|trending(?: now)?|further reading|what to read next|don.t miss|latest(?: news| stories)?|suggested topics|up next|keep reading|top stories|editors?.{0,2} picks?)"
    r"\s*[】\]>》」:：]*$",
    re.IGNORECASE,
)
RELATED_PREFIX = re.compile(
    r"^[【\[]?(?:相关|相關|延伸|推荐|推薦)(?:阅读|閱讀|新闻|新聞|报道|報道|報導|文章)[】\]]?\s*[:：]"
    r"|^(?:related|read|see also|also read|read also|more)\b[^.:]{0,20}:",
    re.IGNORECASE,
)
COMMENTS_LINE = re.compile(
    r"^[【\[]?(?:最新|热门|熱門|全部|网友|網友|读者|讀者|精彩|精选|精選|用户|所有)?(?:评论|評論|跟帖|跟貼|留言|热评|回应|回應)(?:区|區|列表)?\s*[】\]]?[:：]?\s*[（(\[]?\s*\d*\s*(?:条|條|则|則)?\s*[）)\]]?$"
    r"|^\d+ ?(?:条评论|條評論|条跟帖|則留言|comments?|responses?|replies)\b.{0,40}$|^(?:[\w’']+ ){0,2}(?:comments|responses|replies)\s*[:(]?\s*\d*\)?$|^join the (?:conversation|discussion)$|^leave a (?:comment|reply).{0,20}$",
    re.IGNORECASE,
)
COMMENT_UI = re.compile(
    r"^(?:(?:回复|回覆|回應|顶|踩|赞|讚|举报|舉報|支持|反对|反對|引用|展开|收起|查看更多|加载更多|更多评论|登录|点赞|分享|只看该作者|编辑|喜欢|收藏|reply|report|like|likes|share|quote|flag|edit|upvote|downvote|helpful|permalink|log in.{0,30}|load more.{0,20}|view (?:all|more).{0,20}|show more.{0,20}|sort by.{0,20}|newest|oldest|best|top)[\s·|｜,，]*+[(（\[]?+\d*+[)）\]]?+[\s·|｜,，]*+)+$"
    rf"|^(?:发表于|發表於|发布于|posted|on|于)?[:：]?\s*{_DATE}(?:\s*[T,，]?\s*\d{{1,2}}:\d\d(?::\d\d)?)?(?:\s*(?:回复|reply|来自\S{{1,10}}))?$"
    r"|^\d+\s*(?:秒|分钟|分鐘|小时|小時|天|周|个月|個月|年)前.{0,20}$|^\d+ (?:sec|second|min|minute|hour|day|week|month|year)s? ago.{0,12}$"
    r"|^(?:on )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2},? \d{4}(?:,? (?:at )?\d{1,2}:\d\d ?(?:am|pm)?)?.{0,8}$"
    r"|^\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{4}.{0,16}$"
    r"|^[#＃]?\d{1,5}\s*(?:楼|樓|#|l|f)?$|^(?:沙发|板凳|地板|楼主|樓主|op)$|^(?:posts?|joined|location|积分|帖子|注册时间|等级|威望)\s*[:：].{0,40}$|^(?:来自|ip属地|ip屬地)[:：]?\S{0,10}$"
    r"|^(?:says|said|wrote|说|說|写道|寫道)[:：]?$|^\d+$|^[\W_]+$",
    re.IGNORECASE,
)
DATED = re.compile(rf"{_DATE}|{_ENGLISH_DATE}", re.IGNORECASE)
FORUM_LINE = re.compile(
    r"powered by (?:phpbb|discourse|vbulletin|xenforo|discuz|mybb|flarum|nodebb|smf)"
    r"|^(?:post reply|new topic|发表新帖|發表新帖|发新帖|回复本帖|只看该作者|只看樓主|只看楼主)$|\b\d+ posts? •",
    re.IGNORECASE,
)
BY = re.compile(r"(?:by|作者|楼主|樓主)[:：]?\s+", re.IGNORECASE)
PROSE = re.compile(r"[。！？；，]|[.!?,;](?:[\s”\"’')]|$)")
SENTENCE_END = re.compile(r"[。！？!?.…][”’」』）)\"]*$")
