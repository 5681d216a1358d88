"""The page with Gradio: what stands where, and what happens when something is done to it.

The question, the filters and the settings are Gradio's own components. The conversation, the list
at the left and the pane at the right are ``gr.HTML``, since Gradio's chat copies and edits the
markup of a message, where here it must be its text with references.
"""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import AsyncIterator, Callable  # Gradio reads the hints of its handlers
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI
from gradio.utils import get_upload_folder

from rag.build import Youju, open_home
from rag.dates import as_date
from rag.errors import BadFileError, SettingsError, YoujuError
from rag.model import Filters
from rag.origins import without_credentials
from rag.serve.gate import Gate
from rag.serve.headers import OwnHostOnly
from rag.serve.limits import Rate
from rag.serve.listen import Background, configured
from rag.serve.origin import is_loopback
from rag.turns import Turns
from rag.web import pane, welcome
from rag.web.desk import Asked, Desk, Shown, Visitor
from rag.web.reasons import told_error
from rag.web.words import LANGUAGES, LOCALES, NAMES, choose_language, words_in

if TYPE_CHECKING:
    from rag.settings import Settings
    from rag.web.words import Words

Picked = tuple[Any, ...]
"""Values of the scope's components: documents, outlets, tags, languages, classes, two dates."""
Called = dict[str, Any]
"""What the script sends with a call."""

STOP_SECONDS = 1
"""That the page's streams may take when it is closed: they never end by themselves."""
READERS = 64
"""Answers shown at the same time; those that wait for the language model among them."""
DOCUMENTS_OFFERED = 2000
"""Documents to choose from by title; of more, outlets, tags and dates choose."""
KINDS = ("body", "comment", "reference", "caption")
"""Classes of passages that are searched."""
FEWEST_PASSAGES, MOST_PASSAGES = 4, 40
LANGUAGE_COOKIE = "youju_language"
NOTHING_PICKED: Picked = ([], [], [], [], [], "", "")
FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
QUIETLY: dict[str, Any] = {"queue": False, "show_progress": "hidden"}

_HERE = Path(__file__).parent


def visitor(request: Any) -> Visitor:  # noqa: ANN401 - Gradio's request, or Starlette's
    """Return who sent a request, as far as whoever mounted the page says it."""
    inner = getattr(request, "request", None) or request
    reader = inner.scope.get("youju.reader")
    language = choose_language(
        inner.cookies.get(LANGUAGE_COOKIE, ""), inner.headers.get("accept-language", "")
    )
    return Visitor(
        reader=reader.name if reader else "",
        may_edit=reader.may_edit if reader else True,
        t=words_in(language),
        session=getattr(request, "session_hash", "") or "",
        may_administer=bool(getattr(reader, "may_administer", False) and reader.name),
    )


def build_page(desk: Desk) -> gr.Blocks:  # noqa: C901, PLR0915 - a list
    """Return the chat page over one home."""
    youju = desk.youju
    named = _Named()
    i18n = named.i18n
    page: gr.Blocks
    with gr.Blocks(title="有据 Youju", analytics_enabled=False, fill_width=True) as page:
        conversation = gr.BrowserState(
            "",
            storage_key="youju-conversation",
            secret="an id is not a secret",  # noqa: S106
        )
        rail = _html("rail")
        with gr.Column(elem_id="main"):
            head = _html("head")
            with gr.Column(elem_id="talk"):
                history = _html("history")
                live = _html("live")
            with gr.Column(elem_id="dock"):
                jobs = _html("jobs")
                box = gr.Textbox(
                    elem_id="question",
                    label=i18n("ask.label"),
                    show_label=False,
                    container=False,
                    placeholder=i18n("ask.placeholder"),
                    submit_btn=True,
                    autofocus=True,
                    max_lines=6,
                )
                named(box, "ask.placeholder", "placeholder")
                scope = _ScopeControls(youju, named)
        hub = gr.HTML(
            "",
            elem_id="pane",
            js_on_load=(_HERE / "page.js").read_text("utf-8"),
            server_functions=_calls(desk),
            apply_default_css=False,
            padding=False,
        )
        drawer = _Drawer(desk, named)
        shown = [box, history, live, hub, head, rail, conversation]

        def ask(request: gr.Request, question: str, id: str, *picked: Any) -> list[Any]:
            return _ask(desk, visitor(request), id, Asked(question=question), picked)

        def ask_again(request: gr.Request, event: gr.EventData, id: str, *picked: Any) -> list[Any]:
            asked = Asked(
                question=str(event.question),
                replaces=tuple(map(str, event.replaces)),
                quoting=bool(event.quoting),
            )
            return _ask(desk, visitor(request), id, asked, picked)

        async def follow(request: gr.Request) -> AsyncIterator[list[Any]]:
            async for shown in desk.follow(visitor(request)):
                yield _outputs(shown)

        async def catch_up(request: gr.Request) -> AsyncIterator[list[Any]]:
            yield _outputs(Shown())
            async for shown in desk.follow(visitor(request), anew=False):
                yield _outputs(shown)

        def restore(id: str, request: gr.Request) -> list[Any]:
            return _outputs(desk.restored(visitor(request), id or ""))

        def open_talk(request: gr.Request, event: gr.EventData) -> list[Any]:
            return _outputs(desk.opened(visitor(request), str(event.id)))

        def begin(request: gr.Request) -> str:
            return desk.beginning(visitor(request))

        def halt(request: gr.Request) -> None:
            desk.stop(visitor(request))

        async def add_files(request: gr.Request, event: gr.EventData) -> AsyncIterator[str]:
            v = visitor(request)
            async for told in _told(v, lambda: desk.add(v, _uploads(event.files))):
                yield told

        async def reindex(request: gr.Request, event: gr.EventData) -> AsyncIterator[str]:
            v = visitor(request)
            async for told in _told(v, lambda: desk.reindex(v, str(event.id))):
                yield told

        # A page may look at something else before what it followed has come to its end.
        following: dict[str, Any] = {
            "outputs": shown,
            "concurrency_limit": READERS,
            "concurrency_id": "answers",
            "show_progress": "hidden",
            "trigger_mode": "multiple",
        }
        # In the queue: what is told of a question that cannot be asked comes by no other way.
        asked = [conversation, *scope.picks]
        box.submit(ask, [box, *asked], **following).then(catch_up, None, **following)
        hub.ask_again(ask_again, asked, **following).then(catch_up, None, **following)
        box.stop(halt, None, None, queue=False)
        hub.halt_answer(halt, None, None, **QUIETLY)
        hub.open_talk(open_talk, None, shown, trigger_mode="multiple", **QUIETLY).then(
            follow, None, **following
        )
        hub.seen_again(catch_up, None, **following)
        hub.choose_documents(scope.choose, None, scope.picks, **QUIETLY)
        hub.library_changed(scope.offer, scope.picks, scope.offered, **QUIETLY)
        hub.holdings_changed(begin, None, history, **QUIETLY)
        hub.add_files(add_files, None, jobs, show_progress="hidden")
        hub.reindex(reindex, None, jobs, show_progress="hidden")
        hub.dismiss_job(lambda: "", None, jobs, **QUIETLY)
        hub.open_settings(drawer.state, None, drawer.outputs, **QUIETLY)
        page.load(restore, conversation, shown, **QUIETLY).then(follow, None, **following)
        page.load(scope.refresh, None, scope.outputs, **QUIETLY)
        page.load(named.say, None, named.outputs, **QUIETLY)
    return page


def _html(name: str) -> gr.HTML:
    return gr.HTML("", elem_id=name, apply_default_css=False, padding=False)


def _outputs(shown: Shown) -> list[Any]:
    """A change as Gradio wants it: the box, history, live, pane, head, rail, conversation."""
    parts = (shown.history, shown.live, shown.pane, shown.head, shown.rail, shown.conversation)
    changes: dict[str, Any] = {"value": ""} if shown.asked else {}
    if shown.state:
        busy = shown.state == "busy"
        changes |= {"submit_btn": not busy, "stop_btn": busy}
    box = gr.update(**changes) if changes else gr.skip()
    return [box, *(gr.skip() if part is None else part for part in parts)]


def _ask(desk: Desk, v: Visitor, id: str, asked: Asked, picked: Picked) -> list[Any]:
    """Begin to answer a question, where there is one and it can be asked."""
    if not asked.question.strip():
        return _outputs(Shown())
    try:
        filters = _filters_of_some(desk.youju, picked, v.t)
        return _outputs(desk.ask(v, id or "", replace(asked, filters=filters)))
    except YoujuError as error:
        gr.Warning(told_error(str(error), v.t))
        return _outputs(Shown())


async def _told(v: Visitor, work: Callable[[], AsyncIterator[str]]) -> AsyncIterator[str]:
    try:
        async for told in work():
            yield told
    except YoujuError as error:
        told_ = told_error(str(error), v.t)
        yield welcome.job(f"{v.t('add.failed')}: {told_}", (), v.t, done=True)


def _uploads(files: list[dict[str, str]]) -> list[tuple[str, Path]]:
    """Return what was uploaded; a path that is no upload is refused: it may be any file."""
    folder = Path(get_upload_folder()).resolve()
    uploads = []
    for file in files:
        path = Path(file["path"]).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise BadFileError(f"{file['name']} was not uploaded.")
        uploads.append((file["name"], path))
    return uploads


def _calls(desk: Desk) -> list[Callable[..., Any]]:  # noqa: C901 - a list
    """What the page's script can ask for without a queue; an error comes back as a sentence."""
    calls: list[Callable[..., Any]] = []

    def call(fn: Callable[[Visitor, Called], Any]) -> None:
        @wraps(fn, assigned=("__name__", "__qualname__", "__doc__"))
        def called(asked: Called, request: gr.Request) -> Called:
            try:
                return {"value": fn(visitor(request), asked)}
            except YoujuError as error:
                return {"error": told_error(str(error), visitor(request).t)}

        del called.__wrapped__  # its own signature is what counts
        calls.append(called)

    @call
    def source(v: Visitor, asked: Called) -> str:
        quote, origin = str(asked.get("quote", "")), str(asked.get("origin", ""))
        return desk.source(v, str(asked["link"]), quote, origin, whole=bool(asked.get("whole")))

    @call
    def sources(v: Visitor, asked: Called) -> str:
        return desk.sources(v, str(asked["id"]), str(asked["turn"]))

    @call
    def shelf(v: Visitor, asked: Called) -> str:
        return desk.shelf(v, [str(id) for id in asked.get("asked", ())])

    @call
    def talks(v: Visitor, asked: Called) -> str:
        return desk.talks(v, str(asked["words"]), str(asked["id"]))

    @call
    def rename(v: Visitor, asked: Called) -> None:
        desk.rename(v, str(asked["id"]), str(asked["title"]))

    @call
    def delete(v: Visitor, asked: Called) -> None:
        desk.delete(v, str(asked["id"]))

    @call
    def markdown(v: Visitor, asked: Called) -> str:
        return desk.markdown(v, str(asked["id"]), str(asked["turn"]))

    @call
    def exported(v: Visitor, asked: Called) -> tuple[str, str]:
        return desk.exported(v, str(asked["id"]))

    @call
    def judge(v: Visitor, asked: Called) -> None:
        good = asked["verdict"] == "good"
        desk.judge(v, str(asked["id"]), str(asked["turn"]), str(asked["reason"]), good=good)

    @call
    def remove(v: Visitor, asked: Called) -> None:
        desk.remove(v, str(asked["id"]))

    @call
    def words(v: Visitor, _: Called) -> dict[str, str]:
        return {**v.t.table, "language": v.t.language, "may_edit": "1" if v.may_edit else ""}

    return calls


class _Named:
    """The words of Gradio's own components: by the browser's language, or by the chosen one."""

    def __init__(self) -> None:
        """Begin with none."""
        self.i18n = _translations()
        self.outputs: list[Any] = []
        self._words: list[tuple[str, str]] = []

    def __call__(self, component: Any, key: str, field: str = "label") -> Any:  # noqa: ANN401
        """Remember that a field of a component says ``key``; return the component."""
        self.outputs.append(component)
        self._words.append((field, key))
        return component

    def say(self, request: gr.Request) -> list[Any]:
        """Return the words of the language that the reader has chosen, if one was."""
        if not _chosen_language(request):
            return [gr.skip()] * len(self.outputs)
        t = visitor(request).t
        changes: list[dict[str, Any]] = [{field: t(key)} for field, key in self._words]
        return [gr.update(**change) for change in changes]


def _chosen_language(request: gr.Request) -> str:
    chosen = (request.request or request).cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else ""


class _ScopeControls:
    """What the filters are chosen with, and the line that tells what they let through."""

    def __init__(self, youju: Youju, named: _Named) -> None:
        """Build the components where Gradio stands in its layout."""
        self._youju = youju
        self._named = named
        with gr.Row(elem_id="scope-state"):
            line = gr.HTML(elem_id="scope-line", apply_default_css=False, padding=False)
            clear = gr.Button(
                named.i18n("scope.clear"), elem_id="scope-clear", size="sm", visible=False
            )
            named(clear, "scope.clear", "value")
        folded = gr.Accordion(named.i18n("scope.filter"), open=False, elem_id="scope")
        with named(folded, "scope.filter"):
            documents = self._several("documents")
            with gr.Row():
                outlets, tags = self._several("outlets"), self._several("tags")
            with gr.Row():
                languages, kinds = self._several("languages"), self._several("kinds")
            with gr.Row():
                dates = [self._day("since"), self._day("until")]
        self.offered = [documents, outlets, tags, languages, kinds, line, clear]
        several = [documents, outlets, tags, languages, kinds]
        self.picks = [*several, *dates]
        self.outputs = [*self.picks, line, clear]
        for pick in several:
            pick.change(self._tell, self.picks, [line, clear], **QUIETLY)
        for day in dates:
            # Half a date is no date: it is read when it has been written.
            day.blur(self._tell, self.picks, [line, clear], **QUIETLY)
            day.submit(self._tell, self.picks, [line, clear], **QUIETLY)
        clear.click(self._clear, None, self.outputs, **QUIETLY)

    def _several(self, name: str) -> gr.Dropdown:
        key = f"scope.{name}"
        dropdown = gr.Dropdown(
            [],
            multiselect=True,
            label=self._named.i18n(key),
            elem_id=f"scope-{name}",
            min_width=140,
        )
        self._named(dropdown, key)
        return dropdown

    def _day(self, name: str) -> gr.Textbox:
        key = f"scope.{name}"
        day = gr.Textbox(
            label=self._named.i18n(key),
            elem_id=f"scope-{name}",
            placeholder="2025 / 2025-06 / 2025-06-05",
            max_lines=1,
            min_width=140,
        )
        self._named(day, key)
        return day

    def _tell(self, request: gr.Request, *picked: Any) -> list[Any]:
        return self._line(picked, visitor(request).t)

    def _line(self, picked: Picked, t: Words) -> list[Any]:
        try:
            filters = _filters(picked, t)
        except YoujuError as error:
            return [pane.scope_error(told_error(str(error), t)), gr.update(visible=True)]
        line = pane.scope_line(filters, self._youju.scope(filters).documents, t)
        return [line, gr.update(visible=filters != Filters())]

    def _clear(self, request: gr.Request) -> list[Any]:
        return [*NOTHING_PICKED, *self._line(NOTHING_PICKED, visitor(request).t)]

    def choose(self, event: gr.EventData) -> list[Any]:
        """Choose some documents, and nothing else."""
        return [[str(id) for id in event.ids], *NOTHING_PICKED[1:]]

    def offer(self, request: gr.Request, *picked: Any) -> list[Any]:
        """Offer what there is now; what has been chosen stays chosen, if it is still there."""
        t = visitor(request).t
        scope = self._youju.scope()
        choices: list[list[tuple[str, str]]] = [
            [(pane.document_choice(d), d.id) for d in scope.documents[:DOCUMENTS_OFFERED]],
            [(outlet, outlet) for outlet in scope.outlets],
            [(tag, tag) for tag in scope.tags],
            [(t(f"language.{name}"), name) for name in scope.languages],
            [(t(f"kind.{kind}"), kind) for kind in KINDS],
        ]
        left = [
            [value for _, value in offered if value in chosen]
            for offered, chosen in zip(choices, picked, strict=False)
        ]
        offers = [
            gr.update(choices=offered, value=value)
            for offered, value in zip(choices, left, strict=True)
        ]
        return [*offers, *self._line((*left, *picked[len(left) :]), t)]

    def refresh(self, request: gr.Request) -> list[Any]:
        """Offer what there is, and choose nothing of it."""
        *offers, line, clear = self.offer(request, *NOTHING_PICKED)
        return [*offers, "", "", line, clear]


def _filters_of_some(youju: Youju, picked: Picked, t: Words) -> Filters:
    """Return what was chosen.

    Raises:
        YoujuError: When a date is none, or no document passes.
    """
    filters = _filters(picked, t)
    if filters.by_document() and not youju.scope(filters).documents:
        raise YoujuError(f"{t('scope.nothing')}。")
    return filters


def _filters(picked: Picked, t: Words) -> Filters:
    documents, outlets, tags, languages, kinds, since, until = picked
    # Before the page has been filled, what is chosen with holds None.
    return Filters(
        documents=tuple(documents or ()),
        outlets=tuple(outlets or ()),
        tags=tuple(tags or ()),
        languages=tuple(languages or ()),
        kinds=tuple(kinds or ()),
        since=_date(since, t),
        until=_date(until, t),
    )


def _date(written: str | None, t: Words) -> str | None:
    if not written or not written.strip():
        return None
    date = as_date(written)
    if date is None:
        raise YoujuError(t("scope.bad_date", date=written.strip()))
    return date


class _Drawer:
    """The settings: what answers, how much it reads, how strict it is; and the language."""

    def __init__(self, desk: Desk, named: _Named) -> None:
        """Build the components where Gradio stands in its layout."""
        self._desk = desk
        i18n = named.i18n
        with gr.Column(elem_id="drawer"):
            head = _html("drawer-head")
            language = gr.Radio(
                [(i18n("settings.language.auto"), ""), *((NAMES[x], x) for x in LANGUAGES)],
                label=i18n("settings.language"),
                elem_id="language",
            )
            passages = gr.Slider(
                FEWEST_PASSAGES,
                MOST_PASSAGES,
                step=1,
                label=i18n("settings.passages"),
                elem_id="passages",
            )
            strictness = gr.Radio(
                [(i18n(f"settings.strictness.{x}"), x) for x in ("drop", "mark")],
                label=i18n("settings.strictness"),
                elem_id="strictness",
            )
            endpoint = gr.Textbox(label=i18n("settings.endpoint"), elem_id="endpoint", max_lines=1)
            model = gr.Textbox(label=i18n("settings.model"), elem_id="model", max_lines=1)
            key = gr.Textbox(label=i18n("settings.key"), elem_id="key", type="password")
            apply = gr.Button(i18n("settings.apply"), elem_id="apply", variant="primary")
            for component, name in (
                (language, "language"),
                (passages, "passages"),
                (strictness, "strictness"),
                (endpoint, "endpoint"),
                (model, "model"),
                (key, "key"),
            ):
                named(component, f"settings.{name}")
            named(apply, "settings.apply", "value")
            told = _html("facts")
        self.outputs = [head, language, passages, strictness, endpoint, model, key, apply, told]
        language.input(None, language, None, js="(x) => window.youju.speak(x)")
        for field, name in ((passages, "top_k"), (strictness, "unsupported")):
            # Not a slider's `release`, which is the mouse's alone.
            field.input(self._setting(name), field, told, trigger_mode="always_last", **QUIETLY)
        # In the queue: what is told of it comes by no other way.
        apply.click(self._use_model, [endpoint, model, key], self.outputs, show_progress="hidden")

    def _setting(self, name: str) -> Callable[..., str]:
        def change(value: Any, request: gr.Request) -> str:  # noqa: ANN401
            v = visitor(request)
            self._change(v, **{name: value})
            return self._facts(v)

        return change

    def _use_model(self, endpoint: str, model: str, key: str, request: gr.Request) -> list[Any]:
        v = visitor(request)
        try:
            left = self._desk.use_model(v, endpoint, model, key)
        except YoujuError as error:
            raise gr.Error(told_error(str(error), v.t)) from None
        told = v.t("settings.applied", model=model_name(self._desk.settings, v.t))
        gr.Info(f"{told} {v.t('settings.no_key')}" if left else told)
        return self.state(request)

    def _change(self, v: Visitor, **changed: Any) -> None:
        try:
            self._desk.change(v, **changed)
        except YoujuError as error:
            raise gr.Error(told_error(str(error), v.t)) from None

    def state(self, request: gr.Request) -> list[Any]:
        """Return what every field of the drawer shows now."""
        v = visitor(request)
        settings = self._desk.settings
        mine: dict[str, Any] = {"interactive": v.may_configure}
        free = self._desk.may_choose_endpoint(v)
        spoken = [(v.t("settings.language.auto"), ""), *((NAMES[x], x) for x in LANGUAGES)]
        strict = [(v.t(f"settings.strictness.{x}"), x) for x in ("drop", "mark")]
        return [
            welcome.drawer_head(v.t),
            gr.update(choices=spoken, value=_chosen_language(request)),
            gr.update(value=settings.top_k, **mine),
            gr.update(choices=strict, value=settings.unsupported, **mine),
            gr.update(value=without_credentials(settings.base_url or ""), interactive=free),
            gr.update(value=settings.model if settings.base_url else "", **mine),
            gr.update(value="", visible=v.may_configure),
            gr.update(visible=v.may_configure),
            self._facts(v),
        ]

    def _facts(self, v: Visitor) -> str:
        t, settings = v.t, self._desk.settings
        ledger = self._desk.youju.ledger
        index = t(
            "settings.index.is",
            documents=t("count.documents", n=len(self._desk.youju.documents())),
            passages=t("count.passages", n=ledger.count_searched()),
            embedding=self._desk.embedding(),
        )
        last = self._desk.last(v)
        took = t("settings.last.none")
        if last:
            took = t(
                "settings.last.is",
                seconds=t("seconds", n=f"{last.timings.get('total', 0.0):.1f}"),
                prompt=t("tokens", n=last.usage.prompt_tokens),
                completion=t("tokens", n=last.usage.completion_tokens),
            )
        no_key = (t("settings.its_key"), t("settings.no_key"))
        rows = (
            (t("settings.answers"), model_name(settings, t)),
            *([] if settings.api_key or not settings.base_url else [no_key]),
            (t("settings.index"), index),
            (t("settings.last"), took),
            (t("settings.keys"), t("settings.keys.are")),
        )
        return welcome.facts(rows, v.reader, t)


def model_name(settings: Settings, t: Words) -> str:
    """Return which model answers, and where it is."""
    if settings.base_url:
        return f"{settings.model} · {without_credentials(settings.base_url)}"
    if settings.local_model == "none" and not settings.model_path:
        return t("settings.no_model")
    name = settings.model_path.stem if settings.model_path else settings.local_model
    return f"{name} · {t('settings.embedded')}"


def _translations() -> gr.I18n:
    return gr.I18n(**{locale: words_in(x).table for locale, x in LOCALES.items()})


def _slots(settings: Settings) -> int:
    return settings.turns or (4 if settings.base_url else 1)


def _looks(settings: Settings) -> dict[str, Any]:
    """What Gradio is told where a page is launched or mounted."""
    return {
        "footer_links": [],
        # Not by `css_paths`: Gradio would put its own container before every selector.
        "head": f"<style>{(_HERE / 'page.css').read_text('utf-8')}</style>",
        "i18n": _translations(),
        "max_file_size": settings.max_file_bytes,
        "pwa": False,
        "run_history": False,  # questions do not belong into the browser's storage
        "show_error": False,
        "ssr_mode": False,
        "theme": gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"]),
    }


def mount(app: FastAPI, youju: Youju, turns: Turns) -> None:
    """Put the page at the root of an application, which sets the headers of every response.

    Args:
        app: A request's ``scope["youju.reader"]`` says who reads, where there are users.
        youju: The home.
        turns: The line for the language model that all share.
    """
    desk = Desk(youju, turns, Youju)
    gr.mount_gradio_app(app, build_page(desk), path="/", **_looks(youju.settings))
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner(app) as state:
            yield state
        desk.close()

    app.router.lifespan_context = lifespan


class Opened:
    """A page that is served on a thread of its own."""

    def __init__(self, server: Background) -> None:
        """Keep the server, which runs."""
        self._server = server

    def wait(self) -> None:
        """Return when the server has ended."""
        self._server.wait()

    def close(self) -> None:
        """End it."""
        self._server.close()


def launch(youju: Youju, *, host: str, port: int, open_browser: bool = False) -> tuple[Opened, str]:
    """Start serving in the background; return the page and its address.

    Not by Gradio's own `launch`: it puts what lets other origins read before our gate.

    Raises:
        YoujuError: When the address cannot be had.
    """
    settings = youju.settings.model_copy(update={"host": host, "port": port})
    app = FastAPI(openapi_url=None)
    mount(app, youju, Turns(_slots(settings)))
    # As in `youju serve` on loopback; the last one added is the outermost.
    app.add_middleware(Gate, accounts=None, rate=Rate(0))
    app.add_middleware(OwnHostOnly)
    server = Background(configured(app, settings, log_ins=False, stop_seconds=STOP_SECONDS))
    address = f"{server.address}/"
    if open_browser:
        webbrowser.open(address)
    return Opened(server), address


def serve(
    home: str | None, settings: Settings, *, open_browser: bool, say: Callable[[str], None]
) -> None:
    """Serve the page until interrupted.

    Raises:
        SettingsError: When others than this machine would reach it: here nobody logs in.
    """
    if settings.require_login or not is_loopback(settings.host):
        raise SettingsError(
            "`youju chat` has no log-in: it serves this machine alone. For others: "
            "youju user add NAME --role editor, then youju serve --host ADDRESS"
        )
    with open_home(home, settings=settings, say=say) as youju:
        threading.Thread(target=youju.warm_up, name="youju-warm-up", daemon=True).start()
        page, address = launch(
            youju, host=settings.host, port=settings.port, open_browser=open_browser
        )
        say(f"有据 Youju: {address}  (Ctrl-C ends it)")
        try:
            page.wait()
        except KeyboardInterrupt:
            page.close()
