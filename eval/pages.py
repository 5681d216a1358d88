# ruff: noqa: E501, D103  (markup is written as sites write it; a family is named for its site)
"""Made-up pages whose every segment is known: what belongs to the article and what does not.

The templates follow the markup of public site software and outlets as it is published: class
names, order of parts, and the habits that mislead extractors (related links inside the article
container, a newsletter box in its middle, comments longer than the article, link-dense first
paragraphs, one-sentence articles). They know nothing of the extractor; half of the families are held out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from eval.page_text import Language, Prose


@dataclass(slots=True)
class Sample:
    """One page with its gold segments."""

    name: str
    family: str
    html: str
    keep: list[str]
    drop: list[str]
    either: list[str]
    """Titles, captions and notes: neither wanted nor held against anyone in the body measure."""
    classes: dict[str, list[str]]
    """Segments that have a class of their own: comment, caption, credit."""


@dataclass(slots=True)
class Writer:
    """Hands out escaped text for a template and notes down what each piece was."""

    prose: Prose
    rng: random.Random
    kept: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    neutral: list[str] = field(default_factory=list)
    classes: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, text: str) -> str:
        """Text of the article."""
        self.kept.append(text)
        return escape(text, quote=False)

    def drop(self, text: str, kind: str = "") -> str:
        """Text that is none of the article."""
        self.dropped.append(text)
        if kind:
            self.classes.setdefault(kind, []).append(text)
        return escape(text, quote=False)

    def neither(self, text: str, kind: str = "") -> str:
        """Text that counts neither way."""
        self.neutral.append(text)
        if kind:
            self.classes.setdefault(kind, []).append(text)
        return escape(text, quote=False)

    def say(self, chinese: str, english: str, kind: str = "") -> str:
        """Words of the site around the article."""
        return self.drop(self.prose.either(chinese, english), kind)

    def title(self) -> str:
        """The article's own headline."""
        return self.neither(self.prose.headline())

    def body(self, least: int = 4, most: int = 8, css: str = "", indent: str = "") -> str:
        """Paragraphs of the article."""
        named = f' class="{css}"' if css else ""
        return "\n".join(
            f"<p{named}>{indent}{self.keep(p)}</p>" for p in self.prose.paragraphs(least, most)
        )

    def links(self, count: int, *, long: bool = False, wrap: str = "li") -> str:
        """Links to other pages, by their headlines."""
        make = self.prose.long_headline if long else self.prose.headline
        return "".join(
            f'<{wrap}><a href="/a/{self.rng.randint(1000, 9999)}.html">{self.drop(make())}</a></{wrap}>'
            for _ in range(count)
        )

    def menu(self, wrap: str = "li") -> str:
        """Links to the site's sections."""
        names = self.prose.either(
            "首页 国际 国内 财经 科技 体育 文化 视频",
            "Home World Business Technology Sport Culture Video Opinion",
        ).split()
        return "".join(
            f'<{wrap}><a href="/{i}/">{escape(n)}</a></{wrap}>' for i, n in enumerate(names)
        )

    def caption(self) -> str:
        """What stands under a picture."""
        sentence = self.prose.sentence()
        credit = self.prose.either("（资料图）", " (File photo)")
        return self.neither(f"{sentence}{credit}", "caption")

    def comment(self) -> str:
        """What a reader wrote."""
        return self.drop(self.prose.remark(), "comment")

    def date(self) -> str:
        """A date as a byline writes it."""
        month, day = self.rng.randint(1, 12), self.rng.randint(1, 28)
        if self.prose.english:
            names = "January February March April May June July August September October November December"
            return f"{names.split()[month - 1]} {day}, 2024"
        return f"2024年{month:02}月{day:02}日"

    def linked_paragraph(self) -> str:
        """A first paragraph most of which is links."""
        first, second = self.prose.sentence(), self.prose.sentence()
        space = " " if self.prose.english else ""
        self.kept.append(first + space + second)
        cut = len(first) * 2 // 3
        head, tail = escape(first[:cut], quote=False), escape(first[cut:], quote=False)
        return f'<a href="/topic">{head}</a>{tail}{space}<a href="/t2">{escape(second, quote=False)}</a>'


def _page(head: str, body: str, *, attributes: str = "") -> str:
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8">{head}</head>\n<body{attributes}>{body}</body></html>'


def wordpress_classic(w: Writer) -> str:
    title, p = w.title(), w.prose
    comments = "".join(
        f'<li class="comment even depth-1" id="comment-{i}"><article class="comment-body"><footer class="comment-meta">'
        f'<div class="comment-author vcard"><b class="fn">{w.drop(p.nick() + f" {i}")}</b> <span class="says">says:</span></div>'
        f'<div class="comment-metadata"><a href="#c{i}"><time>{w.date()} at 9:15 am</time></a></div></footer>'
        f'<div class="comment-content"><p>{w.comment()}</p></div><div class="reply"><a class="comment-reply-link" href="#r">Reply</a></div></article></li>'
        for i in range(w.rng.randint(2, 7))
    )
    return _page(
        f"<title>{title} | My Blog</title>",
        f'<div id="page" class="hfeed site"><header id="masthead" class="site-header"><p class="site-title"><a href="/">My Blog</a></p>'
        f'<nav id="site-navigation" class="main-navigation"><ul class="menu">{w.menu()}</ul></nav></header>'
        f'<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main">'
        f'<article id="post-12" class="post-12 post type-post status-publish hentry category-news tag-world"><header class="entry-header"><h1 class="entry-title">{title}</h1>'
        f'<div class="entry-meta"><span class="posted-on">{w.drop(p.either("发布于 ", "Posted on ") + w.date(), "credit")}</span></div></header>'
        f'<div class="entry-content"><p>{w.linked_paragraph()}</p>{w.body(3, 6)}<h2>{w.keep(p.heading())}</h2>{w.body(2, 4)}'
        f'<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">{w.say("分享到：", "Share this:")}</h3><ul><li><a href="#">Twitter</a></li><li><a href="#">Facebook</a></li></ul></div>'
        f'<div id="jp-relatedposts" class="jp-relatedposts"><h3>{w.say("相关文章", "Related")}</h3>{w.links(3, wrap="p")}</div></div>'
        f'<footer class="entry-footer"><span class="cat-links">{w.say("分类：新闻", "Posted in News")}</span></footer></article>'
        f'<nav class="navigation post-navigation"><div class="nav-links">{w.links(2, wrap="div")}</div></nav>'
        f'<div id="comments" class="comments-area"><h2 class="comments-title">{w.say("读者留言", "Reader thoughts")}</h2><ol class="comment-list">{comments}</ol>'
        f'<div id="respond" class="comment-respond"><h3>{w.say("发表回复", "Leave a Reply")}</h3><form><p>{w.say("您的邮箱地址不会被公开。", "Your email address will not be published.")}</p></form></div></div>'
        f'</main></div><aside id="secondary" class="widget-area"><section class="widget widget_recent_entries"><h2>{w.say("近期文章", "Recent Posts")}</h2><ul>{w.links(5)}</ul></section></aside></div>'
        f'<footer id="colophon" class="site-footer"><div class="site-info">{w.say("自豪地采用 WordPress", "Proudly powered by WordPress")}</div></footer></div>',
        attributes=' class="single single-post postid-12 has-sidebar comments-open"',
    )


def wordpress_block(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f'<title>{title} – Site</title><meta property="og:title" content="{title}">',
        f'<div class="wp-site-blocks"><header class="wp-block-template-part"><nav class="wp-block-navigation"><ul>{w.menu()}</ul></nav></header>'
        f'<main class="wp-block-group is-layout-flow"><h1 class="wp-block-post-title">{title}</h1><div class="wp-block-group"><div class="wp-block-post-author-name">{w.drop(p.name(), "credit")}</div><div class="wp-block-post-date"><time datetime="2024-03-02T08:00:00+00:00">{w.date()}</time></div></div>'
        f'<div class="entry-content wp-block-post-content is-layout-constrained">{w.body(3, 5, css="wp-block-paragraph")}'
        f'<figure class="wp-block-image size-large"><img src="a.jpg" alt=""><figcaption class="wp-element-caption">{w.caption()}</figcaption></figure>'
        f'<h2 class="wp-block-heading">{w.keep(p.heading())}</h2>{w.body(1, 3)}<ul class="wp-block-list">{"".join(f"<li>{w.keep(p.item())}</li>" for _ in range(4))}</ul>'
        f'<blockquote class="wp-block-quote"><p>{w.keep(p.sentence())}</p></blockquote>{w.body(1, 2)}</div>'
        f'<div class="wp-block-group"><h2 class="wp-block-heading">{w.say("更多文章", "More posts")}</h2><ul class="wp-block-post-template">{w.links(4)}</ul></div>'
        f'<div class="wp-block-comments"><h2 class="wp-block-comments-title">{w.say("评论", "Comments")}</h2><ol class="wp-block-comment-template">'
        + "".join(
            f'<li><div class="wp-block-comment-author-name">{p.nick()}</div><div class="wp-block-comment-content"><p>{w.comment()}</p></div></li>'
            for _ in range(3)
        )
        + f'</ol></div></main><footer class="wp-block-template-part"><p>{w.say("版权所有 © 2024 本站", "© 2024 Site. Designed with care.")}</p></footer></div>',
    )


def drupal(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f"<title>{title} | Agency</title>",
        f'<div class="dialog-off-canvas-main-canvas"><div class="layout-container"><header role="banner"><div class="region region-header"><div id="block-branding" class="block"><a href="/">Agency</a></div></div></header>'
        f'<div class="region region-primary-menu"><nav role="navigation"><ul class="menu">{w.menu()}</ul></nav></div><div class="region region-breadcrumb"><nav class="breadcrumb"><ol><li><a href="/">Home</a></li><li>News</li></ol></nav></div>'
        f'<main role="main"><div class="layout-content"><div class="region region-content"><div id="block-page-title"><h1 class="page-header"><span class="field field--name-title">{title}</span></h1></div>'
        f'<article role="article" class="node node--type-article node--view-mode-full"><footer class="node__meta"><div class="node__submitted">{w.drop(p.either("作者：" + p.name(), "Submitted by " + p.name() + " on " + w.date()), "credit")}</div></footer>'
        f'<div class="node__content"><div class="field field--name-field-summary"><p>{w.keep(p.sentence())}</p></div><div class="clearfix text-formatted field field--name-body field--type-text-with-summary field__item">{w.body(4, 8)}'
        f"<h3>{w.keep(p.heading())}</h3><ol>{''.join(f'<li>{w.keep(p.item())}</li>' for _ in range(3))}</ol>{w.body(1, 2)}</div>"
        f'<div class="field field--name-field-tags"><div class="field__label">{w.say("标签", "Tags")}</div><div class="field__items"><div><a href="/t/1">{w.drop(p.heading())}</a></div></div></div></div></article></div></div>'
        f'<aside class="layout-sidebar-second" role="complementary"><div class="region"><h2>{w.say("热门内容", "Popular content")}</h2><ul>{w.links(6, long=True)}</ul></div></aside></main>'
        f'<footer role="contentinfo"><div class="region region-footer">{w.links(3)}</div></footer></div></div>',
    )


def hugo(w: Writer) -> str:
    title, p = w.title(), w.prose
    body = w.body(3, 6)
    return _page(
        f"<title>{title}</title>",
        f'<header class="header"><nav class="nav"><div class="logo"><a href="/">notes</a></div><ul id="menu">{w.menu()}</ul></nav></header><main class="main"><article class="post-single"><header class="post-header"><h1 class="post-title">{title}</h1>'
        f'<div class="post-meta"><span>{w.drop(w.date(), "credit")}</span>&nbsp;·&nbsp;<span>6 min</span></div></header><div class="toc"><details><summary>{w.say("目录", "Table of Contents")}</summary><ul><li><a href="#x">{escape(p.heading())}</a></li></ul></details></div>'
        f'<div class="post-content">{body}<h2 id="x">{w.keep(p.heading())}<a hidden class="anchor" aria-hidden="true" href="#x">#</a></h2>{w.body(2, 3)}<div class="highlight"><pre><code>{w.keep("make all && ./run --seed 7")}</code></pre></div>'
        f'<p>{w.keep(p.paragraph())}</p></div><footer class="post-footer"><ul class="post-tags"><li><a href="/tags/a">{w.drop(p.heading())}</a></li></ul><nav class="paginav"><a class="prev" href="/p"><span class="title">« Prev</span><br><span>{w.drop(p.headline())}</span></a></nav></footer></article></main>'
        f'<footer class="footer"><span>{w.say("© 2024 我的笔记", "© 2024 notes")}</span></footer>',
    )


def ghost(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f"<title>{title}</title>",
        f'<div class="viewport"><header id="gh-head" class="gh-head"><nav class="gh-head-menu"><ul class="nav">{w.menu()}</ul></nav></header><div class="site-content"><main id="site-main" class="site-main"><article class="article post tag-news">'
        f'<header class="article-header gh-canvas"><div class="article-tag"><a href="/t">News</a></div><h1 class="article-title">{title}</h1><p class="article-excerpt">{w.keep(p.sentence())}</p><div class="article-byline"><section class="article-byline-content"><h4 class="author-name"><a href="/author/x">{w.drop(p.name(), "credit")}</a></h4><div class="byline-meta-content"><time class="byline-meta-date">{w.date()}</time></div></section></div></header>'
        f'<section class="gh-content gh-canvas">{w.body(3, 5)}<div class="kg-card kg-callout-card"><div class="kg-callout-text">{w.keep(p.sentence())}</div></div>{w.body(2, 4)}<hr><p><em>{w.keep(p.sentence())}</em></p></section></article>'
        f'<section class="footer-cta"><h2>{w.say("订阅我们的邮件", "Sign up for more like this.")}</h2><a href="#" class="footer-cta-button"><div>Enter your email</div><span>Subscribe</span></a></section>'
        f'<aside class="read-more-wrap"><div class="read-more inner">'
        + "".join(
            f'<article class="post-card"><a href="/x"><h2 class="post-card-title">{w.drop(p.headline())}</h2><div class="post-card-excerpt">{w.drop(p.paragraph())}</div></a></article>'
            for _ in range(3)
        )
        + f'</div></aside></main></div><footer class="site-footer"><section class="copyright">{w.say("某刊 © 2024", "The Note © 2024")}</section></footer></div>',
    )


def medium(w: Writer) -> str:
    title, p = w.title(), w.prose

    def para(text: str) -> str:
        return f'<p class="pw-post-body-paragraph mz na fr nb b">{text}</p>'

    body = "".join(para(w.keep(x)) for x in p.paragraphs(5, 9))
    return _page(
        f"<title>{title} | by Someone | Medium</title>",
        f'<div id="root"><div class="a b c"><div class="d e f"><div class="g h"><a href="/">Open in app</a><button>Sign up</button><button>Sign in</button></div></div><div class="ab cm"><div class="ch bg"><article><div class="l"><div class="l"><section><div><div class="fp fq"><div class="ab cb"><div class="ci bg">'
        f'<div><h1 class="pw-post-title gr gs">{title}</h1></div><div class="ab q"><div class="ab hs"><a rel="author noopener" href="/@x">{w.drop(p.name(), "credit")}</a><div class="ab ij"><span>Follow</span></div></div><div class="ab"><span class="be b">5 min read</span><span>·</span><span>{w.date()}</span></div></div>'
        f'<div class="ab co"><button>Listen</button><button>Share</button></div>{body}<h2 class="oc od">{w.keep(p.heading())}</h2>{"".join(para(w.keep(x)) for x in p.paragraphs(3, 5))}<blockquote class="pk pl"><p class="nb">{w.keep(p.sentence())}</p></blockquote>{para(w.keep(p.paragraph()))}'
        f'</div></div></div></div></section></div></div></article></div></div><div class="rt ru"><div class="rv"><h2>{w.drop("More from " + p.name())}</h2><div class="rw">'
        + "".join(
            f'<div class="rx"><a href="/y"><h2>{w.drop(p.headline())}</h2><h3>{w.drop(p.long_headline())}</h3></a><div><span>3 days ago</span></div></div>'
            for _ in range(4)
        )
        + '</div></div></div><div class="tt"><a href="/h">Help</a><a href="/s">Status</a><a href="/p">Privacy</a></div></div></div>',
    )


def guardian(w: Writer) -> str:
    title, p = w.title(), w.prose
    live = "".join(
        f'<li><a href="/live#{i}"><time>{i}h ago</time> {w.drop(p.long_headline())}</a></li>'
        for i in range(4)
    )
    return _page(
        f'<title>{title} | World news | The Guardian</title><meta property="og:title" content="{title}"><meta property="og:site_name" content="the Guardian">',
        f'<a href="#maincontent" class="dcr-1">Skip to main content</a><header><nav data-component="nav"><ul>{w.menu()}</ul></nav></header><main id="maincontent"><article><div data-gu-name="title"><a href="/world">World news</a></div><div data-gu-name="headline"><h1 class="dcr-tjsa08">{title}</h1></div>'
        f'<div data-gu-name="standfirst"><p>{w.keep(p.sentence())}</p></div><aside data-gu-name="meta"><address aria-label="Contributor info"><a rel="author" href="/p/x">{w.drop(p.name(), "credit")}</a></address><details><summary>{w.drop(w.date(), "credit")}</summary></details></aside>'
        f'<div data-gu-name="body"><div id="maincontent-b" class="article-body-commercial-selector dcr-x">{w.body(3, 5, css="dcr-130mj7b")}<aside class="dcr-1jq"><svg></svg><blockquote class="dcr-pull-quote"><p>{w.neither(p.sentence())}</p></blockquote></aside>{w.body(2, 3)}'
        f'<gu-island name="EmailSignUp"><aside aria-label="newsletter promotion"><h2>{w.drop(p.either("订阅首版简报", "Sign up to First Edition"))}</h2><p>{w.say("我们的早间邮件为您剖析当天要闻，告诉您发生了什么以及为何重要。", "Our morning email breaks down the key stories of the day, telling you what is happening and why it matters.")}</p></aside></gu-island>'
        f'<figure><figcaption><span>{w.caption()}</span></figcaption></figure>{w.body(2, 4)}<aside data-component="rich-link"><div>{w.links(1, wrap="h3")}<a href="/z">Read more</a></div></aside><p>{w.keep(p.paragraph())}</p></div></div>'
        f'<div data-gu-name="submeta"><ul>{w.links(3)}</ul></div></article></main><section><h2>{w.say("最新更新", "Live updates")}</h2><ul>{live}</ul></section><aside><h2>{w.say("阅读最多", "Most viewed")}</h2><ol>{w.links(6, long=True)}</ol></aside><footer><p>{w.drop("© 2024 Guardian News & Media Limited or its affiliated companies.")}</p></footer>',
    )


def bbc(w: Writer) -> str:
    title, p = w.title(), w.prose

    def block(inner: str) -> str:
        return f'<div data-component="text-block" class="ssrcss-7uxr49-RichTextContainer"><p class="ssrcss-1q0x1qg-Paragraph">{inner}</p></div>'

    body = "".join(block(w.keep(p.paragraph(1, 2))) for _ in range(w.rng.randint(5, 9)))
    return _page(
        f"<title>{title} - BBC News</title>",
        f'<header role="banner"><nav aria-label="BBC"><ul>{w.menu()}</ul></nav></header><div class="ssrcss-1ocoo3l-Wrap"><main id="main-content"><article class="ssrcss-pv1rh6-ArticleWrapper"><header data-component="headline-block"><h1 id="main-heading">{title}</h1></header>'
        f'<div data-component="byline-block"><div><span>{w.drop(p.name() + p.either("，驻地记者", ", Correspondent"), "credit")}</span></div></div>{body}<div data-component="image-block"><figure><div><span class="visually-hidden">Image source, </span><span role="text" class="ssrcss-credit">Getty Images</span></div><figcaption><span class="visually-hidden">Image caption, </span><p>{w.caption()}</p></figcaption></figure></div>'
        f'<div data-component="subheadline-block"><h2><span role="text">{w.keep(p.heading())}</span></h2></div>{"".join(block(w.keep(p.paragraph(1, 3))) for _ in range(3))}<div data-component="links-block" class="ssrcss-links"><h2>{w.say("更多相关报道", "More on this story")}</h2><ul>{w.links(3)}</ul></div>'
        f'<section data-component="topic-list"><h2>{w.say("相关话题", "Related Topics")}</h2><ul>{w.links(3)}</ul></section></article></main><div data-component="features"><h2>{w.say("特写", "Features")}</h2><ul>{"".join(f"<li><a href=/f>{w.drop(p.long_headline())}</a><p>{w.drop(p.sentence())}</p></li>" for _ in range(4))}</ul></div></div>'
        f'<footer role="contentinfo"><p>{w.drop("Copyright © 2024 BBC. The BBC is not responsible for the content of external sites.")}</p></footer>',
    )


def sina(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f'<title>{title}_{p.either("新浪新闻", "Sina News")}</title><meta property="article:published_time" content="2024-05-06T10:20:00+08:00">',
        f'<div class="top-banner"><div class="path-search"><div class="path"><div class="channel-path"><a href="/">{p.either("新闻中心", "News")}</a> &gt; {p.either("正文", "Text")}</div></div></div></div><h1 class="main-title">{title}</h1>'
        f'<div class="top-bar" id="top_bar"><div class="top-bar-inner clearfix"><div class="date-source"><span class="date">{w.date()} 10:20</span> <a class="source" href="/s">{p.outlet()}</a></div><div class="page-tools"><a href="#">{w.say("缩小字体", "Smaller")}</a><a href="#">{w.say("微博", "Weibo share")}</a></div></div></div>'
        f'<div class="main-content w1240"><div class="article-content clearfix" id="article_content"><div class="article-content-left"><div class="article" id="article">{w.body(4, 8, indent="　　")}<div class="img_wrapper"><img src="1.jpg"><span class="img_descr">{w.caption()}</span></div>{w.body(2, 3, indent="　　")}'
        f'<p class="article-editor">{w.drop(p.either("责任编辑：", "Editor: ") + p.name(), "credit")}</p></div><div class="article-bottom clearfix" id="article-bottom"><div class="keywords" id="keywords"><label>{p.either("关键词：", "Keywords: ")}</label><a href="/k">{w.drop(p.heading())}</a></div><a href="#">{w.say("我要反馈", "Feedback")}</a></div>'
        f'<div class="blk-related"><h2>{w.say("相关新闻", "Related news")}</h2><ul>{w.links(5, long=True)}</ul></div></div><div class="article-content-right"><h2>{w.say("阅读排行榜", "Most read ranking")}</h2><ul class="rank-list">{w.links(8)}</ul></div></div></div>'
        f'<div class="footer"><p>Copyright © 1996-2024 SINA</p><p>{w.say("新浪公司 版权所有", "Sina Corporation, all rights reserved")}</p></div>',
    )


def netease(w: Writer) -> str:
    title, p = w.title(), w.prose
    ties = "".join(
        f'<div class="tie-item"><span class="tie-user-name">{w.drop(p.nick() + f"{i}")}</span><span class="tie-time">{i + 1}小时前</span><div class="tie-content">{w.comment()}</div><div class="tie-op"><a>{p.either("顶", "Up")} {i}</a><a>{p.either("回复", "Reply")}</a></div></div>'
        for i in range(w.rng.randint(3, 10))
    )
    return _page(
        f"<title>{title}|{p.heading()}_{p.either('网易订阅', 'NetEase')}</title>",
        f'<div class="N-nav-channel"><ul>{w.menu()}</ul></div><div class="wrapper clearfix" id="contain"><div class="post_main"><h1 class="post_title">{title}</h1><div class="post_info">{w.drop(p.either(f"2024-05-06 09:12:00　来源: {p.outlet()}", f"2024-05-06 09:12:00 Source: {p.outlet()}"), "credit")}<a href="#">{p.either("举报", "Report")}</a></div>'
        f'<div class="post_content" id="content"><div class="post_top"><div class="post_top_tie">0</div><div class="post_top_share"><span>{w.say("分享至", "Share to")}</span></div></div><div class="post_body">{w.body(4, 7)}<p class="f_center"><img src="1"><br>{w.neither(p.either("图：" + p.sentence(), "Photo: " + p.sentence()))}<br></p>{w.body(2, 4)}</div>'
        f'<div class="post_statement"><p>{w.say("特别声明：以上内容(如有图片或视频亦包括在内)为自媒体平台“网易号”用户上传并发布，本平台仅提供信息存储服务。", "Notice: The content above is uploaded and posted by a user of NetEase Hao, which is a social media platform and only provides information storage services.")}</p></div><div class="post_author">{w.drop(p.either("责任编辑：" + p.name() + "_NB12345", "Editor: " + p.name()), "credit")}</div></div>'
        f'<div class="post_next"><div class="post_next_name">{w.say("下一篇", "Next article")}</div>{w.links(1, wrap="p")}</div><div class="tie-area" id="post_comment"><h3>{w.say("网友跟帖", "Netizen comments")}</h3>{ties}</div><div class="post_recommends"><h3>{w.say("相关推荐", "Recommended for you")}</h3><ul>{w.links(6, long=True)}</ul></div></div>'
        f'<div class="post_side"><h2>{w.say("热点推荐", "Hot now")}</h2>{w.links(6, wrap="div")}</div></div><div class="N-nav-bottom"><p>{w.drop("© 1997-2024 NetEase")}</p></div>',
    )


def tencent(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f"<title>{title}_{p.either('腾讯新闻', 'Tencent News')}</title>",
        f'<div id="app"><div class="qq_conent clearfix"><div class="LEFT"><h1>{title}</h1><div class="author-info"><div class="media-name">{w.drop(p.outlet(), "credit")}</div><div class="media-desc">2024-05-06 08:30 {p.either("发布于", "posted in ")}{p.place()}</div></div>'
        f'<div class="content clearfix"><div class="content-article"><div class="rich_media_content"><!--导语-->{w.body(4, 8, css="one-p")}<p class="one-p"><strong>{w.keep(p.heading())}</strong></p>{w.body(2, 3, css="one-p")}<p class="one-p"></p></div></div>'
        f'<div id="Status">{w.say("免责声明：本文来自腾讯新闻客户端创作者，不代表腾讯网的观点和立场。", "Disclaimer: this article is by a creator on the app and does not represent the views of the site.")}</div></div><div class="interact"><span>{p.either("点赞", "Like")} 12</span><span>{p.either("分享", "Share")}</span></div></div>'
        f'<div class="RIGHT"><div class="recommend-title">{w.say("为你推荐", "For you")}</div><ul>{w.links(7, long=True)}</ul></div></div><div class="qq-footer">{w.say("腾讯公司版权所有", "All Rights Reserved Tencent")}</div></div>',
    )


def people_daily(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f'<title>{title}--{p.either("时政--人民网", "Politics--People")}</title><meta name="publishdate" content="2024-05-06"><meta name="source" content="{p.either("来源：人民网", "Source: People")}">',
        f'<div class="w1000 header"><ul class="nav">{w.menu()}</ul></div><div class="path w1000 d2txtCon"><a href="/">{p.either("人民网", "People")}</a>&gt;&gt;<a href="/p">{p.either("时政", "Politics")}</a></div><div class="layout rm_txt cf"><div class="col col-1 fl"><h1>{title}</h1><div class="author cf"></div>'
        f'<div class="channel cf"><div class="col-1-1 fl">{w.drop(p.either(f"{w.date()}08:13 | 来源：{p.outlet()}", f"{w.date()} 08:13 | Source: {p.outlet()}"), "credit")}</div><div class="fr">{p.either("小字号", "Small")}</div></div><div class="rm_txt_con cf"><div class="box_pic"></div>{w.body(5, 9, indent="　　", css="indent")}'
        f'<p class="paper_num">{w.drop(p.either("《 人民日报 》（ 2024年05月06日 01 版）", "People Daily (2024-05-06, page 01)"))}</p><div class="zdfy cf"></div><center><table border="0" align="center"><tr><td><a href="2.html">{p.either("下一页", "Next")}</a></td></tr></table></center></div>'
        f'<div class="edit cf">{w.drop(p.either(f"(责编：{p.name()}、{p.name()})", f"(Editors: {p.name()}, {p.name()})"), "credit")}</div><div class="bza"><p>{w.say("分享让更多人看到", "Share so that more people see it")}</p></div><div class="rm_relevant cf"><h2>{w.say("相关新闻", "Related news")}</h2><ul>{w.links(5)}</ul></div></div>'
        f'<div class="col col-2 fr"><h3>{w.say("热门排行", "Hot ranking")}</h3><ul>{w.links(8, long=True)}</ul></div></div><div class="footer"><p>{w.say("人民日报社概况 | 关于人民网", "About us | Contact")}</p><p>{w.say("人 民 网 版 权 所 有 ，未 经 书 面 授 权 禁 止 使 用", "No use without written authorization")}</p></div>',
    )


def government_table(w: Writer) -> str:
    title, p = w.title(), w.prose
    paragraphs = "<br><br>\n".join(f"　　{w.keep(x)}" for x in p.paragraphs(4, 8))
    return (
        f"<html><head><meta http-equiv=Content-Type content='text/html; charset=gb2312'><title>{title}</title></head><body bgcolor=#ffffff><table width=778 border=0 align=center><tr><td background=bg.gif><table><tr>"
        + w.menu("td")
        + f"</tr></table></td></tr><tr><td height=30 class=dh>{w.say('当前位置：首页 > 政务公开 > 通知公告', 'Location: Home > Affairs > Notices')}</td></tr>"
        f"<tr><td><table width=100% border=0><tr><td width=180 valign=top><table><tr><td>{w.say('栏目导航', 'Columns')}</td></tr>{''.join(f'<tr><td><a href=/c{i}>{w.drop(p.heading())}</a></td></tr>' for i in range(5))}</table></td>"
        f"<td valign=top><table width=95% align=center><tr><td align=center class=bt><font size=5><b>{title}</b></font></td></tr><tr><td align=center>{w.drop(p.either(f'发布时间：2024-05-06　来源：{p.outlet()}', f'Published: 2024-05-06 Source: {p.outlet()}'), 'credit')}</td></tr>"
        f"<tr><td class=nr><div id=zoom>{paragraphs}<br></div></td></tr><tr><td align=right>{w.say('【打印本页】 【关闭窗口】', '[Print] [Close]')}</td></tr></table></td></tr></table></td></tr>"
        f"<tr><td align=center bgcolor=#eeeeee>{w.say('主办单位：某市人民政府办公室　京ICP备05000000号', 'Hosted by the city office, ICP 05000000')}</td></tr></table></body></html>"
    )


def layout_table(w: Writer) -> str:
    title, p = w.title(), w.prose
    body = "\n".join(f"<p>&nbsp;&nbsp;&nbsp;&nbsp;{w.keep(x)} " for x in p.paragraphs(4, 8))
    links = "".join(
        f'<tr><td height="22">·<a href="/n/{i}.htm" class="f12">{w.drop(p.headline())}</a></td><td width="60">06-0{i + 1}</td></tr>'
        for i in range(6)
    )
    return (
        f'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "x.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/><title>{title}</title></head><body><div class="web_page"><iframe src="top.htm"></iframe></div>'
        f'<table width="1000" border="0" class="web_page"><tr><td align="center"><table class="web_top_2"><tr><td><img src="logo.gif"/></td><td><script>var x;</script></td></tr></table></td></tr></table>'
        f'<table border="0" class="web_page"><tr><td valign="top"><table width="974"><tr><td width="658" valign="top"><table width="634" align="center"><tr><td height="40" align="center" colspan="2"> <b><font style="font-size:20px"> \n{title}\n </font></b></td></tr><tr><td height="2" colspan="2"></td></tr>'
        f'<tr><td align="center" bgcolor="#f3f3f3" colspan="2"><font color="#333333">{w.drop(p.either(f"{p.outlet()}河北频道 ( 2012-06-04 09:20:26 )", f"{p.outlet()} ( 2012-06-04 09:20:26 )"), "credit")}</font>&nbsp;&nbsp;&nbsp;<font color="#333333">{w.drop(p.either("稿件来源：", "Source: ") + p.outlet(), "credit")}</font></td></tr><tr><td colspan="2" style="font-size:14px" height="700">{body}</td></tr>'
        f'<tr><td colspan="2"><table width="100%" bgcolor="#999999"><tr bgcolor="#f3f3f3"><td class="topxian"><font color="#848484">&nbsp;&nbsp;{w.drop(p.either("作者： 记者", "Author: ") + p.name(), "credit")}</font></td><td class="topxian"><font>{w.drop(p.either("编辑： ", "Editor: ") + p.name(), "credit")}</font></td></tr></table></td></tr>'
        f'<tr><td colspan="2" align="center">【<a href="javascript:window.close()">{w.say("关闭窗口", "Close window")}</a>】【<a href="f.jsp">{w.say("发表评论", "Post a remark")}</a>】【<a href="javascript:doPrint();">{w.say("打印本稿", "Print this")}</a>】</td><form name="F"></form></tr></table></td>'
        f'<td width="316" valign="top"><div style="width:290px"><div style="DISPLAY: block"><a href="/p"><img src="p.jpg"/></a><div align="center"><a href="/p">{w.drop(p.headline())}</a></div></div><div style="DISPLAY: none"><a href="/q">hidden</a></div></div><table width="306"><tr><td class="t12">{w.say("新闻图片", "News in pictures")}</td></tr></table><table width="306">{links}</table></td></tr></table></td></tr></table>'
        f'<table class="web_page"><tr><td align="center">{w.say("网站简介 - 广告服务 - 联系方式", "About - Advertise - Contact")}<br/>{w.say("版权所有 某新闻网", "All rights reserved, Some News Net")}</td></tr></table></body></html>'
    )


def epochtimes(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f'<title>{title} | {p.either("大纪元", "The Times")}</title><meta property="og:site_name" content="{p.either("大纪元", "The Times")}">',
        f'<div id="nav"><ul>{w.menu()}</ul></div><div class="breadcrumb"><a href="/">{p.either("首页", "Home")}</a> &gt; <a href="/n">{p.either("新闻", "News")}</a></div><div id="artbody_wrap"><div class="arttop"><a href="1.jpg"><img src="1.jpg"></a><div class="caption">{w.caption()}</div></div><h1 class="title">{title}</h1>'
        f'<div class="info"><time>{w.drop(p.either("更新 2024-05-06 3:14 AM", "Updated 2024-05-06 3:14 AM"), "credit")}</time><div class="share"><span>{w.say("人气 1042", "Views 1042")}</span></div></div><div class="whitebg" id="artbody">{w.body(4, 7)}<h2>{w.keep(p.heading())}</h2>{w.body(2, 4)}'
        f'<div class="related-inline"><p>{w.say("推荐阅读：", "Also read:")}</p><p>▪ <a href="/1">{w.drop(p.headline())}</a></p><p>▪ <a href="/2">{w.drop(p.headline())}</a></p></div><p>{w.drop(p.either("责任编辑：" + p.name() + "#", "Edited by " + p.name()), "credit")}</p></div>'
        f'<div class="subscribe_box"><p>{w.say("订阅电子报，每天接收精选文章。", "Subscribe to receive selected stories every day.")}</p></div><div class="related_post"><h3>{w.say("相关文章", "Related articles")}</h3><ul>{w.links(5, long=True)}</ul></div></div><div class="comment_block" id="comments"><h3>{w.say("评论", "Comments")}</h3>'
        + "".join(
            f'<div class="comment-item"><b class="username">{w.drop(p.nick() + f"-{i}")}</b><p class="text">{w.comment()}</p></div>'
            for i in range(3)
        )
        + f'</div><div id="footer">{w.say("Copyright© 2000 - 2024 大纪元", "Copyright© 2000 - 2024 The Times")}</div>',
    )


def nytimes_cn(w: Writer) -> str:
    title, p = w.title(), w.prose
    paragraphs = "".join(
        f'<div class="article-paragraph">{w.keep(x)}</div>' for x in p.paragraphs(6, 10)
    )
    comments = "".join(
        f'<li class="comment-row"><div class="comment-name">{w.drop(p.nick() + f" ({i})")}</div><div class="comment-date">2024-05-0{i + 1}</div><div class="comment-text">{w.comment()}</div></li>'
        for i in range(w.rng.randint(4, 9))
    )
    return _page(
        f'<title>{title} - {p.either("纽约时报中文网", "New York Times")}</title><meta name="byline" content="{p.name()}">',
        f'<nav class="mainNav"><ul>{w.menu()}</ul></nav><main class="main" role="main"><div class="article-area"><article class="single-article"><div class="article-header"><header><h1>{title}</h1></header></div><div class="byline-row"><div class="byline-item"><address>{w.drop(p.name(), "credit")}</address></div><time>{w.date()}</time></div>'
        f'<section class="article-body">{paragraphs}<figure class="article-span-photo"><img><figcaption>{w.caption()}</figcaption></figure>{"".join(f"<div class=article-paragraph>{w.keep(x)}</div>" for x in p.paragraphs(2, 4))}</section>'
        f'<div class="author-info"><p>{w.drop(p.either(p.name() + "是《纽约时报》记者。", p.name() + " is a reporter for The Times."), "credit")}</p><p>{w.say("翻译：纽约时报中文网", "Translated by the site desk")}</p></div></article><div class="comment-module"><h3>{w.say("读者评论", "Reader comments")}</h3><ul class="comment-list">{comments}</ul></div>'
        f'<section class="related-cont"><h3>{w.say("相关报道", "Related coverage")}</h3><ul>{w.links(4)}</ul></section></div><div class="col-rail"><section class="most-viewed"><h3>{w.say("热门文章", "Most viewed")}</h3><ol>{w.links(8)}</ol></section></div></main><footer class="main-footer"><small>© 2024 The New York Times Company.</small></footer>',
    )


def phpbb(w: Writer) -> str:
    title, p = w.title(), w.prose

    def post(number: int, text: str) -> str:
        return (
            f'<div id="p{number}" class="post has-profile bg{number % 2 + 1}"><div class="inner"><dl class="postprofile" id="profile{number}"><dt><a href="/u" class="username">{w.drop(p.nick() + str(number))}</a></dt><dd class="profile-rank">Member</dd><dd class="profile-posts"><strong>Posts:</strong> <a href="#">{number * 31}</a></dd></dl>'
            f'<div class="postbody"><div id="post_content{number}"><h3><a href="#p{number}">Re: topic</a></h3><p class="author"><a href="#">Post</a> by <strong><a href="/u" class="username">someone{number}</a></strong> » <time>{w.date()}</time></p><div class="content">{text}</div><div class="signature">{w.drop(p.heading())}</div></div></div></div></div><hr class="divider">'
        )

    first = "<br><br>".join(w.keep(x) for x in p.paragraphs(2, 4))
    posts = post(1, first) + "".join(post(i, w.comment()) for i in range(2, w.rng.randint(5, 9)))
    return _page(
        f"<title>{title} - Board</title>",
        f'<div id="wrap" class="wrap"><div id="page-header"><div class="navbar"><ul class="linklist nav-main">{w.menu()}</ul></div></div><div id="page-body" class="page-body"><h2 class="topic-title"><a href="/t">{title}</a></h2><div class="action-bar bar-top"><a class="button">Post Reply</a><div class="pagination">{len(posts) % 9 + 3} posts • Page 1 of 1</div></div>{posts}'
        f'<div class="stat-block online-list"><h3>Who is online</h3><p>{w.drop("Users browsing this forum: No registered users and 3 guests")}</p></div></div><div id="page-footer"><div class="copyright">Powered by phpBB® Forum Software</div></div></div>',
        attributes=' id="phpbb" class="nojs notouch section-viewtopic ltr"',
    )


def discourse(w: Writer) -> str:
    title, p = w.title(), w.prose

    def post(number: int, text: str) -> str:
        return (
            f'<div id="post_{number}" itemprop="{"comment" if number > 1 else "mainEntity"}" itemscope itemtype="http://schema.org/{"Comment" if number > 1 else "DiscussionForumPosting"}" class="topic-body crawler-post"><div class="crawler-post-meta"><span class="creator" itemprop="author" itemscope><a rel="nofollow" href="/u/x"><span itemprop="name">{w.drop(p.nick() + str(number))}</span></a></span><span class="crawler-post-infos"><time itemprop="datePublished" datetime="2024-05-06T0{number % 10}:00:00Z">{w.date()}</time><span itemprop="position">{number}</span></span></div>'
            f'<div class="post" itemprop="text">{text}</div><div class="post-likes">{number} Likes</div></div>'
        )

    first = w.body(2, 4)
    posts = post(1, first) + "".join(
        post(i, f"<p>{w.comment()}</p>") for i in range(2, w.rng.randint(5, 9))
    )
    return _page(
        f'<title>{title} - General - Forum</title><meta name="generator" content="Discourse 3.3">',
        f'<header><a href="/">Forum</a></header><div id="main-outlet" class="wrap" role="main"><div id="topic-title"><h1><a href="/t/1">{title}</a></h1><div class="topic-category"><a href="/c">General</a></div></div><div itemscope itemtype="http://schema.org/DiscussionForumPosting">{posts}</div>'
        f'<div id="related-topics" class="more-topics__list" role="complementary"><h3>{w.say("相关话题", "Related topics")}</h3><table class="topic-list"><tr><th>Topic</th><th>Replies</th></tr>{"".join(f"<tr><td><a href=/t/{i}>{w.drop(p.headline())}</a></td><td>{i}</td></tr>" for i in range(4))}</table></div></div><footer class="container"><nav><a href="/">Home</a><a href="/c">Categories</a></nav><p>Powered by Discourse</p></footer>',
    )


def zhihu(w: Writer) -> str:
    title, p = w.title(), w.prose
    answers = "".join(
        f'<div class="List-item"><div class="ContentItem AnswerItem" itemprop="suggestedAnswer" itemtype="http://schema.org/Answer" itemscope><div class="ContentItem-meta"><div class="AuthorInfo AnswerItem-authorInfo" itemprop="author" itemscope><meta itemprop="name" content="x"><div class="AuthorInfo-head"><span class="UserLink AuthorInfo-name"><a class="UserLink-link" href="/p">{w.drop(p.nick() + str(i))}</a></span></div></div></div>'
        f'<div class="RichContent"><div class="RichContent-inner"><span class="RichText ztext" itemprop="text"><p>{w.comment()}</p><p>{w.comment()}</p></span></div><div class="ContentItem-time">{p.either("编辑于 2024-05-06", "Edited on 2024-05-06")}</div><div class="ContentItem-actions"><button>{p.either("赞同", "Agree")} {i * 7}</button><button>{p.either("分享", "Share")}</button></div></div></div></div>'
        for i in range(w.rng.randint(2, 5))
    )
    return _page(
        f"<title>{title} - {p.either('知乎', 'Zhihu')}</title>",
        f'<div id="root"><header role="banner" class="AppHeader"><ul class="Tabs AppHeader-Tabs">{w.menu()}</ul></header><main role="main" class="App-main"><div class="QuestionPage" itemscope itemtype="http://schema.org/Question"><div class="QuestionHeader"><div class="QuestionHeader-main"><h1 class="QuestionHeader-title">{title}</h1><div class="QuestionHeader-detail"><div class="QuestionRichText"><span class="RichText ztext" itemprop="text"><p>{w.keep(p.paragraph(2, 4))}</p><p>{w.keep(p.paragraph(1, 3))}</p></span></div></div></div><div class="QuestionHeader-side"><button>{p.either("关注问题", "Follow question")}</button></div></div>'
        f'<div class="Question-main"><div class="List"><div class="List-header"><h4>{p.either("3 个回答", "3 answers")}</h4></div>{answers}</div><div class="Question-sideColumn"><div class="Card"><h3>{w.say("相关问题", "Related questions")}</h3>{w.links(5, wrap="div")}</div></div></div></div></main></div>',
    )


def hot_list(w: Writer) -> str:
    title, p = w.title(), w.prose
    posts = "".join(
        f'<div class="feed-card comment-card"><a class="user-name" href="/user/{i}">{w.drop(p.nick() + str(i))}</a><span class="time">{i + 1}小时前</span><a class="content" href="/w/{i}">{w.comment()}</a><div class="actions">{i * 3}{p.either("评论", " comments")}</div></div>'
        for i in range(4)
    )
    return _page(
        f"<title>{title} - {p.either('头条热榜', 'Trending')}</title>",
        f'<div class="toutiao-header"><ul class="channels">{w.menu()}</ul></div><div class="trending-page"><div class="main-l"><div class="event"><h1 class="event-title">{title}</h1><p class="event-info">{w.say("热门事件 阅读量 584 万", "Trending, read 5.8m times")}</p><div class="event-abstract"><p>{w.keep(p.paragraph(3, 5))}</p><p>{w.keep(p.paragraph(2, 3))}</p></div></div><div class="share-box"><span>{w.say("复制链接", "Copy link")}</span></div>'
        f'<div class="user-comments"><h2>{w.say("网友评论", "What people say")}</h2>{posts}</div></div><div class="main-r"><div class="hot-board"><h2>{w.say("头条热榜", "Hot list")}</h2><ol>{w.links(20)}</ol></div></div></div><div class="footer">{w.say("© 2024 今日头条", "© 2024 Headlines")}</div>',
    )


def amp(w: Writer) -> str:
    title, p = w.title(), w.prose
    return (
        f'<!doctype html><html amp lang="en"><head><meta charset="utf-8"><title>{title}</title><style amp-boilerplate>body{{-webkit-animation:none}}</style><noscript><style>body{{animation:none}}</style></noscript></head><body class="amp"><header class="amp-header"><a href="/">{p.outlet()}</a></header><amp-sidebar id="s" layout="nodisplay"><ul>{w.menu()}</ul></amp-sidebar>'
        f'<article class="amp-wp-article"><header class="amp-wp-article-header"><h1 class="amp-wp-title">{title}</h1><div class="amp-wp-meta amp-wp-byline">{w.drop(p.either("作者：", "By ") + p.name(), "credit")}</div></header><figure class="amp-wp-article-featured-image"><amp-img src="a.jpg" width=1 height=1></amp-img><figcaption class="wp-caption-text">{w.caption()}</figcaption></figure>'
        f'<div class="amp-wp-article-content">{w.body(3, 6)}<amp-ad width=300 height=250 type="x"></amp-ad><div class="amp-ad-label">{w.say("广告", "Advertisement")}</div>{w.body(2, 4)}</div><footer class="amp-wp-article-footer"><div class="amp-wp-meta amp-wp-tax-tag">{w.say("标签：世界", "Tags: World")}</div></footer></article>'
        f'<amp-list class="amp-related" layout="fixed-height"><div role="list"><h3>{w.say("推荐阅读", "Recommended")}</h3>{w.links(4, wrap="div")}</div></amp-list><footer class="amp-wp-footer"><p>{w.say("保留所有权利", "All rights reserved")}</p><a href="#top">{w.say("返回顶部", "Back to top")}</a></footer></body></html>'
    )


def interrupted(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f"<title>{title} - {p.outlet()}</title>",
        f'<div id="onetrust-banner-sdk" class="otFlat" role="alertdialog" aria-label="Privacy"><h2>{w.say("我们重视您的隐私", "We value your privacy")}</h2><div id="onetrust-policy-text">{w.say("我们和合作伙伴使用 Cookie 存储设备信息，以便个性化内容和广告，并分析流量。点击“接受”即表示您同意。", "We and our partners store information on a device, such as cookies, to personalize content and ads and to analyse traffic. By clicking accept you agree.")}</div><button>{p.either("接受", "Accept")}</button></div>'
        f'<header class="site-hd"><ul class="main-nav">{w.menu()}</ul></header><main><div class="article-wrap"><h1 class="headline">{title}</h1><div class="byline">{w.drop(p.either("记者 ", "By ") + p.name(), "credit")}</div><div class="article-text"><p>{w.linked_paragraph()}</p>{w.body(2, 4)}'
        f'<div class="newsletter-signup inline-box"><h3>{w.say("把新闻送到您的邮箱", "Get the news in your inbox")}</h3><p>{w.say("每个工作日早晨，一封邮件讲清楚最要紧的五件事。", "Every weekday morning, one email explains the five things that matter most.")}</p><form><input type="email"><button>{p.either("订阅", "Subscribe")}</button></form></div>{w.body(2, 3)}'
        f'<div class="ad-slot"><span>{p.either("广告", "Advertisement")}</span></div>{w.body(2, 4)}<p><strong>{p.either("延伸阅读：", "Read more: ")}</strong><a href="/q">{w.drop(p.long_headline())}</a></p>{w.body(1, 2)}</div>'
        f'<div class="recirc"><h2>{w.say("您可能还喜欢", "You may also like")}</h2><div class="cards">{"".join(f"<div class=card><a href=/r><h3>{w.drop(p.headline())}</h3></a><p>{w.drop(p.sentence())}</p></div>" for _ in range(4))}</div></div></div></main><footer class="site-ft"><p>{w.say("本站由某传媒集团运营", "A property of Some Media Group")}</p></footer>',
    )


def photo_story(w: Writer) -> str:
    title, p = w.title(), w.prose
    steps = "".join(
        f'<figure class="photo"><img src="{i}.jpg" alt=""><figcaption class="photo-caption">{w.caption()} <span class="photo-credit">{p.name()}/AFP</span></figcaption></figure><p>{w.keep(p.paragraph(1, 2))}</p>'
        for i in range(w.rng.randint(3, 6))
    )
    return _page(
        f"<title>{title}</title>",
        f'<div class="masthead"><ul>{w.menu()}</ul></div><section class="story"><h1>{title}</h1><p class="dek">{w.keep(p.sentence())}</p><p class="story-meta">{w.drop(p.either("摄影：", "Photographs by ") + p.name(), "credit")}</p><div class="story-text"><p>{w.keep(p.paragraph())}</p>{steps}<p>{w.keep(p.paragraph())}</p></div></section><section class="more-galleries"><h2>{w.say("更多图集", "More galleries")}</h2><ul>{w.links(6)}</ul></section><div class="bottom">{w.say("联系我们", "Contact us")}</div>',
    )


def data_report(w: Writer) -> str:
    title, p = w.title(), w.prose
    head = "".join(
        f"<th>{w.keep(x)}</th>"
        for x in p.either("指标 2023年 2024年", "Indicator FY2023 FY2024").split()
    )
    rows = "".join(
        f"<tr><td>{w.keep(p.heading())}</td><td>{w.keep(str(w.rng.randint(1000, 9999)))}</td><td>{w.keep(str(w.rng.randint(1000, 9999)))}</td></tr>"
        for _ in range(5)
    )
    return _page(
        f"<title>{title} - {p.outlet()}</title>",
        f'<div class="top"><ul class="menu">{w.menu()}</ul></div><div class="container"><div class="row"><div class="col-md-8"><h1>{title}</h1><div class="news-info"><span class="news-date">{w.drop("2024-05-06", "credit")}</span></div><div class="news-content">{w.body(3, 5)}<table class="table"><caption>{w.neither(p.heading(), "caption")}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{w.body(2, 4)}</div></div><div class="col-md-4"><div class="panel"><div class="panel-heading">{w.say("最新公告", "Latest notices")}</div><ul class="list-group">{w.links(7, long=True)}</ul></div></div></div></div><div class="foot">{w.say("技术支持：某公司", "Site by Some Company")}</div>',
    )


def academic(w: Writer) -> str:
    title, p = w.title(), w.prose
    body = "".join(
        f'<p>{w.keep(p.paragraph())}<sup id="fnref{i}"><a href="#fn{i}" class="footnote-ref">{i}</a></sup></p><p>{w.keep(p.paragraph(1, 2))}</p>'
        for i in range(1, 5)
    )
    notes = "".join(
        f'<li id="fn{i}"><p>{w.neither(p.sentence())} <a href="#fnref{i}" class="footnote-back">↩</a></p></li>'
        for i in range(1, 5)
    )
    return _page(
        f"<title>{title}</title>",
        f'<div id="navbar"><ul>{w.menu()}</ul></div><div id="main"><h1>{title}</h1><p class="authors">{w.drop(p.name() + ", " + p.name(), "credit")}</p><div class="abstract"><h2>{w.keep(p.either("摘要", "Abstract"))}</h2><p>{w.keep(p.paragraph())}</p></div><div class="fulltext"><h2>1. {w.keep(p.heading())}</h2>{body}<h2>2. {w.keep(p.heading())}</h2>{w.body(2, 3)}</div><section class="footnotes" role="doc-endnotes"><hr><ol>{notes}</ol></section></div><div id="side"><h4>{w.say("本期目录", "In this issue")}</h4><ul>{w.links(6)}</ul></div><div id="bottom">{w.say("编辑部地址：某路1号", "Editorial office: 1 Some Road")}</div>',
    )


def magazine(w: Writer) -> str:
    title, p = w.title(), w.prose
    quote = p.sentence()
    return _page(
        f"<title>{title} | {p.outlet()}</title>",
        f'<nav class="global-nav"><ul>{w.menu()}</ul></nav><article class="longform"><header class="longform-header"><p class="rubric"><a href="/ideas">{p.either("观点", "Ideas")}</a></p><h1>{title}</h1><p class="subhead">{w.keep(p.sentence())}</p><p class="byline">{w.drop(p.either("文／", "By ") + p.name(), "credit")}</p></header><div class="longform-body"><p class="dropcap">{w.keep(p.paragraph())}</p>{w.body(3, 5)}<blockquote class="pullquote">{w.neither(quote)}</blockquote><p>{w.keep(quote + ("" if not p.english else " ") + p.paragraph())}</p><p class="section-break">* * *</p>{w.body(3, 6)}<p><em>{w.keep(p.sentence())}</em></p></div><div class="author-bio"><p>{w.drop(p.either(p.name() + "，本刊特约撰稿人，著有多部作品。", p.name() + " is a contributing writer and the author of several books."), "credit")}</p></div></article><aside class="related-reads"><h2>{w.say("相关阅读", "Related reads")}</h2>{"".join(f"<div><h3><a href=/x>{w.drop(p.headline())}</a></h3><p>{w.drop(p.paragraph(1, 2))}</p></div>" for _ in range(3))}</aside><footer>{w.say("订阅杂志", "Subscribe to the magazine")}</footer>',
    )


def bulleted(w: Writer) -> str:
    title, p = w.title(), w.prose
    lists = "".join(
        f"<h3>{w.keep(p.heading())}</h3><ul>{''.join(f'<li>{w.keep(p.item())}</li>' for _ in range(w.rng.randint(3, 6)))}</ul>"
        for _ in range(3)
    )
    return _page(
        f"<title>{title}</title>",
        f'<div class="hd"><ul>{w.menu()}</ul></div><div class="bd"><div class="title"><h1>{title}</h1></div><div class="time">{w.drop(w.date(), "credit")}</div><div class="txt"><p>{w.keep(p.paragraph(1, 2))}</p>{lists}<p>{w.keep(p.sentence())}</p></div><div class="pagelinks"><a href="/1">{w.drop(p.headline())}</a><br><a href="/2">{w.drop(p.headline())}</a></div></div><div class="ft"><p>{w.say("网站地图", "Site map")}</p></div>',
    )


def brief(w: Writer) -> str:
    title, p = w.title(), w.prose
    return _page(
        f"<title>{title}_{p.outlet()}</title>",
        f'<div class="header"><ul class="nav">{w.menu()}</ul></div><div class="content"><h1>{title}</h1><p class="source">{w.drop(p.either(f"来源：{p.outlet()} 2024-05-06 12:01", f"Source: {p.outlet()} 2024-05-06 12:01"), "credit")}</p><div class="text"><p>{w.keep(p.sentence())}</p></div><div class="share">{w.say("分享到朋友圈", "Share with friends")}</div></div><div class="list"><h2>{w.say("更多快讯", "More briefs")}</h2><ul>{w.links(12, long=True)}</ul></div><div class="footer">{w.say("关于我们 | 联系方式", "About | Contact")}</div>',
    )


def breaks_only(w: Writer) -> str:
    title, p = w.title(), w.prose
    text = "<br>\n<br>\n".join(f"　　{w.keep(x)}" for x in p.paragraphs(5, 9))
    return f"<html><head><title>{title}</title></head><body><center><h2>{title}</h2></center>{w.drop(p.either('作者：' + p.name(), 'Author: ' + p.name()), 'credit')}<br><br>\n{text}<br><hr><a href=index.html>{w.say('返回目录', 'Back to index')}</a> | <a href=2.html>{w.say('下一章', 'Next chapter')}</a></body></html>"


def div_soup(w: Writer) -> str:
    title, p = w.title(), w.prose
    text = "".join(f"<div>{w.keep(x)}</div><div><br></div>" for x in p.paragraphs(4, 8))
    return _page(
        f"<title>{title}</title>",
        f'<div class="w1"><div class="w2">{w.menu("span")}</div></div><div class="w3"><div class="w4"><div class="w5">{title}</div><div class="w6">{w.drop(p.either(f"{p.outlet()} 2024-05-06 07:30", f"Published May 6, 2024 by {p.outlet()}"), "credit")}</div><div class="w7">{text}</div><div class="w8">{w.say("点击进入专题", "Click here for the special")}</div></div><div class="w9"><div>{w.say("大家都在看", "Trending now")}</div>{"".join(f"<div><a href=/{i}>{w.drop(p.long_headline())}</a></div>" for i in range(6))}</div></div><div class="w10">{w.say("举报电话 12345", "Hotline 12345")}</div>',
    )


FAMILIES: tuple[Callable[[Writer], str], ...] = (
    wordpress_classic, wordpress_block, drupal, hugo, ghost, medium, guardian, bbc, sina, netease,
    tencent, people_daily, government_table, breaks_only, nytimes_cn, epochtimes, phpbb, discourse,
    hot_list, zhihu, interrupted, amp, data_report, photo_story, magazine, academic, brief, bulleted,
    div_soup, layout_table,
)  # fmt: skip
_LANGUAGES: tuple[Language, ...] = ("hans", "en", "hant")


HELD_OUT = frozenset(
    [
        "wordpress_block",
        "hugo",
        "sina",
        "breaks_only",
        "epochtimes",
        "discourse",
        "zhihu",
        "amp",
        "photo_story",
        "brief",
        "bulleted",
        "div_soup",
    ]
)
"""Families whose faults were not looked at while the rules were written."""


HASHED = " (hashed)"
_NAMES = re.compile(r"\s(?:class|id|data-component|data-gu-name)=(?:\"[^\"]*\"|[\w-]+)")


def _without_names(html: str, rng: random.Random) -> str:
    known: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        name = match[0].strip()
        if name.startswith("id="):  # a footnote's target must stay one
            return match[0] if "fn" in name else ""
        code = known.setdefault(name, f"css-{rng.randrange(36**5):x}")
        return f' class="{code}"'

    return _NAMES.sub(renamed, html)


def make_page(number: int, seed: int) -> Sample:
    """Make page ``number`` of a series: families in turn, each in every language.

    After one round of these comes one in which class names and ids say nothing, as where a build
    tool hashes them (``css-1x9fz2``): structure and words are then all there is to go by.
    """
    make = FAMILIES[number % len(FAMILIES)]
    hashed = (number // len(FAMILIES) // len(_LANGUAGES)) % 2 == 1
    language = _LANGUAGES[(number // len(FAMILIES)) % len(_LANGUAGES)]
    rng = random.Random(f"{seed}/{number}")
    writer = Writer(Prose(language, rng), rng)
    html = make(writer)
    return Sample(
        name=f"{number:04}-{make.__name__}-{language}{'-hashed' if hashed else ''}",
        family=make.__name__ + (HASHED if hashed else ""),
        html=_without_names(html, rng) if hashed else html,
        keep=writer.kept,
        drop=writer.dropped,
        either=writer.neutral,
        classes=writer.classes,
    )
