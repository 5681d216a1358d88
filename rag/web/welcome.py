"""What the page shows around a conversation: the list at the left, the head, the empty state."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rag.web.render import button, icon

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.model import Document
    from rag.web.suggest import Suggestion
    from rag.web.words import Words
    from vectorstore.conversations import Conversation


def rail(conversations: Iterable[Conversation], current: str, t: Words) -> str:
    """Return the left edge: conversations, and the ways to the library and the settings."""
    search = escape(t("conversations.search"))
    return (
        '<div class="rail-in"><div class="brand"><b>有据</b><span>Youju</span>'
        f"{button('menu-close', t('close'), drawing='close')}</div>"
        f"{button('new', t('new'), drawing='plus', text=True)}"
        f'<input type="search" class="filter" data-act="search" aria-label="{search}"'
        f' placeholder="{search}">'
        f'<nav class="talks" aria-label="{escape(t("conversations"))}">'
        f'{talks(conversations, current, t)}</nav><div class="rail-foot">'
        f"{button('library', t('library'), drawing='library', text=True)}"
        f"{button('settings', t('settings'), drawing='settings', text=True)}</div></div>"
    )


def talks(
    conversations: Iterable[Conversation], current: str, t: Words, *, searched: bool = False
) -> str:
    """Return the list of conversations."""
    rows = "".join(
        f'<li{" class=current" if c.id == current else ""} data-id="{c.id}">'
        f'<button type="button" class="talk" data-act="open"'
        f"{' aria-current=page' if c.id == current else ''}>{escape(c.title)}</button>"
        f"{button('rename', t('conversations.rename'), drawing='edit')}"
        f"{button('delete', t('conversations.delete'), drawing='trash')}</li>"
        for c in conversations
    )
    nothing = t("conversations.not_found") if searched else t("conversations.none")
    return f"<ul>{rows}</ul>" if rows else f'<p class="note">{escape(nothing)}</p>'


def head(title: str, t: Words) -> str:
    """Return the line above a conversation; of a new one, with an empty title."""
    export = button("export", t("export.title"), drawing="export") if title else ""
    return (
        f'<header class="head">{button("menu", t("menu"), drawing="menu")}'
        f"<h1>{escape(title or '有据 Youju')}</h1>{export}"
        f"{button('sources', t('sources'), drawing='sources')}</header>"
    )


def pane_head(tab: str, t: Words) -> str:
    """Return the tabs above the pane."""
    tabs = "".join(
        f'<button type="button" role="tab" data-act="tab-{name}" id="tab-{name}"'
        f' aria-selected="{"true" if tab == name else "false"}" aria-controls="pane-body"'
        f">{escape(t(name))}</button>"
        for name in ("sources", "library")
    )
    return (
        f'<div class="pane-head"><div role="tablist" aria-label="{escape(t("sources"))}">{tabs}'
        f"</div>{button('pane-close', t('close'), drawing='close')}</div>"
    )


def in_pane(tab: str, body: str, t: Words, *, bar: str = "") -> str:
    """Return the whole of the pane: tabs, a bar, and what is shown under them."""
    return (
        f'{pane_head(tab, t)}{bar}<div id="pane-body" class="pane-body" role="tabpanel"'
        f' aria-labelledby="tab-{tab}" tabindex="0">{body}</div>'
    )


def document_bar(origin: str, t: Words) -> str:
    """Return the line above an open document: the way back, and to other citations."""
    return (
        '<div class="doc-bar">'
        + button("back", t(f"{origin}.back"), drawing="back", text=True, more=f'data-to="{origin}"')
        + f'<span class="cite-at" data-words="{escape(t("cite.of"))}"></span>'
        + button("previous", t("cite.previous"), drawing="up")
        + button("next", t("cite.next"), drawing="down")
        + "</div>"
    )


def nothing(t: Words, *, may_edit: bool) -> str:
    """Return what an empty corpus shows: how to add documents, to who may."""
    how = (
        f"<p>{escape(t('empty.none.how'))}</p><p><code>youju add DIR</code></p>"
        '<div class="adding">'
        + button("add-files", t("add.files"), drawing="file", text=True)
        + button("add-folder", t("add.folder"), drawing="folder", text=True)
        + "</div>"
        if may_edit
        else ""
    )
    return f'<section class="welcome none"><h2>{escape(t("empty.none"))}</h2>{how}</section>'


def holds(documents: Sequence[Document], passages: int, t: Words) -> list[str]:
    """Say what the corpus holds: how much, of which dates, in which languages."""
    dates = sorted(d.published for d in documents if d.published)
    languages = sorted({d.language for d in documents}, reverse=True)
    return [
        t(
            "empty.holds",
            documents=t("count.documents", n=len(documents)),
            passages=t("count.passages", n=passages),
        ),
        *([t("empty.dates", first=dates[0], last=dates[-1])] if dates else []),
        t("empty.languages", languages=t("join").join(t(f"language.{x}") for x in languages)),
    ]


def empty(
    documents: Sequence[Document], passages: int, suggestions: Iterable[Suggestion], t: Words
) -> str:
    """Return what the corpus holds, and questions to begin with."""
    told = "".join(f"<span>{escape(part)}</span>" for part in holds(documents, passages, t))
    rows = "".join(
        f'<li><button type="button" data-act="example" class="example'
        f'{"" if s.answerable else " open-question"}"><span class="q">{escape(s.text)}</span>'
        + ("" if s.answerable else f"<small>{escape(t('empty.unanswerable'))}</small>")
        + "</button></li>"
        for s in suggestions
    )
    return (
        f'<section class="welcome"><h2>{escape(t("empty.hello"))}</h2>'
        f'<p class="tagline">{escape(t("tagline"))}</p>'
        f'<p class="holds">{icon("library")}<span>{told}</span></p>'
        f'<h3>{escape(t("empty.try"))}</h3><ul class="examples">{rows}</ul></section>'
    )


def job(title: str, lines: Sequence[tuple[str, str, str]], t: Words, *, done: bool) -> str:
    """Return how adding documents comes on.

    Args:
        title: How far it is.
        lines: For each file its state, its name, and what to know.
        t: The reader's words.
        done: Whether it is over.
    """
    rows = "".join(
        f'<li class="{escape(state.replace(" ", "-"))}"><b>{escape(t(f"state.{state}"))}</b> '
        f"<span>{escape(name)}</span>"
        + (f' <span class="why">{escape(why)}</span>' if why else "")
        + "</li>"
        for state, name, why in lines
    )
    dismiss = button("dismiss", t("add.dismiss"), drawing="close") if done else ""
    dot = "" if done else '<i class="dot"></i>'
    return (
        f'<section class="job{" done" if done else ""}" role="status">'
        f"<p>{dot}{escape(title)}{dismiss}</p><ul>{rows}</ul></section>"
    )


def drawer_head(t: Words) -> str:
    """Return the line above the settings."""
    return (
        f'<div class="drawer-top"><h2>{escape(t("settings"))}</h2>'
        f"{button('settings-close', t('close'), drawing='close')}</div>"
    )


def facts(rows: Iterable[tuple[str, str]], reader: str, t: Words) -> str:
    """Return what there is to know, a name and a sentence each; a user's way out, for a user."""
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in rows)
    leave = (
        f'<form method="post" action="/logout"><p class="note">{escape(t("settings.reader"))} '
        f'{escape(reader)}</p><button class="leave">{escape(t("settings.logout"))}</button></form>'
        if reader
        else ""
    )
    return f'<dl class="facts">{told}</dl>{leave}'
