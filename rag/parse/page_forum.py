"""Threads: which boxes of a page are the posts of its users."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.parse import page_words as words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.parse.page_blocks import Page, Region
    from rag.parse.page_words import Label

_POST = re.compile(
    r"(?<![a-z0-9])(?:post|topic-post|message|message-post|answer|answer-item|reply|reply-item"
    r"|post-item|floor|floor-item|post-container|postcontainer|question-answer)(?![a-z0-9])"
)
_FORUM = re.compile(
    r"(?<![a-z0-9])(?:forum|forums|topic|thread|viewtopic|viewthread|postbody|post-body-forum"
    r"|postprofile|post-profile|postlist|post-list|p-body|bbs|question|question-page|answer|answers"
    r"|answer-item|topic-post|post-stream|message-post|discourse|phpbb|discuz)(?![a-z0-9])"
)


def forum_posts(
    page: Page, labels: Sequence[Label], prose_of: Callable[[Region], float]
) -> list[int]:
    """Regions of the posts of a thread but for the first, which the thread is about."""
    names = [words.name_of(region.element) for region in page.regions]
    said = any(words.FORUM_LINE.search(b.text) for b in page.blocks if len(b.text) < 80)
    if not said and not any(map(_is_forum, names, page.regions)):
        return []
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, (region, name) in enumerate(zip(page.regions, names, strict=True)):
        match = _POST.search(name)
        tag = str(region.element.tag)
        if match:
            key: tuple[str, ...] = (tag, match[0])
        elif said and tag in ("div", "li", "table", "article"):
            key = (tag, str(region.parent), "")  # siblings
        else:
            continue
        group = groups.setdefault(key, [])
        apart = not group or page.regions[group[-1]].end <= region.start
        if apart and labels[i] in ("", "boilerplate", "comment") and prose_of(region) > 0:
            group.append(i)
    named = [posts for key, posts in groups.items() if len(key) == 2 and len(posts) >= 2]
    posts = max(named or groups.values(), key=len, default=[])
    if len(posts) < 2 or (not named and not _are_posts(page, posts)):
        return []
    return posts if "answer" in names[posts[0]] else posts[1:]


def _is_forum(name: str, region: Region) -> bool:
    kind = region.element.get("itemtype", "")
    return "DiscussionForumPosting" in kind or "QAPage" in kind or bool(_FORUM.search(name))


def _are_posts(page: Page, posts: Sequence[int]) -> bool:
    """Whether boxes of one kind without a telling name are dated, as posts are."""
    dated = (
        any(words.DATED.search(page.blocks[i].text) for i in range(region.start, region.end))
        for region in map(page.regions.__getitem__, posts)
    )
    return len(posts) >= 3 and all(dated)
