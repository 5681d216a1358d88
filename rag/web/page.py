"""Build the page with Gradio and serve it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

from rag.build import open_home
from rag.clean import clean
from rag.dates import as_date
from rag.errors import YoujuError
from rag.model import Checked, Done, Evidence, Filters, Token
from rag.web import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from rag.build import Youju
    from rag.model import Spans
    from rag.settings import Settings

Message = dict[str, Any]
Turns = list[tuple[str, str]]
Picked = tuple[Any, ...]
"""Values of the scope's components: documents, outlets, tags, languages, classes, two dates."""

READERS = 16
"""Questions answered at the same time; the model server has its own queue."""
DOCUMENTS_OFFERED = 2000
"""Documents to choose from by title; of more, outlets, tags and dates choose."""
EXAMPLES = (
    "中方把美国输华产品关税最高加到了多少？",
    "釜山会晤之后美国对华出售了什么芯片？",
    "How many Chinese companies did the US put on the Entity List?",
    "王毅访美期间住在哪家酒店？",
)
"""The last one is not answered by the seeds, on purpose."""
DOCUMENTS = "文档 · Documents"
NOTHING_PICKED: Picked = ([], [], [], [], [], "", "")
NOTHING_ELSE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' blob: data:; worker-src 'self' blob:; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'"
)
"""The page's content security policy: it neither loads from nor sends to any other host."""

_HERE = Path(__file__).parent


def build_page(youju: Youju) -> gr.Blocks:
    """Return the chat page over one home."""

    def corpus() -> str:
        passages = sum(youju.ledger.count_passages().values())
        return render.corpus_card(youju.documents(), passages)

    def open_source(link: str) -> str:
        try:
            if link == render.CORPUS:
                return corpus()
            document_id, spans = render.read_citation_link(link)
            return _source(youju, document_id, spans)
        except YoujuError as error:
            return render.error_message(str(error), ())

    def submit(question: str, messages: list[Message]) -> tuple[str, list[Message]]:
        if not question.strip():
            return "", messages
        return "", [*messages, {"role": "user", "content": question.strip()}]

    def retry(
        messages: list[Message], turns: Turns, at: gr.RetryData
    ) -> tuple[list[Message], Turns]:
        kept = messages[: _index(at.index) + 1]
        asked = sum(m["role"] == "user" for m in kept)
        return kept, turns[: asked - 1]

    def example(messages: list[Message], chosen: gr.SelectData) -> list[Message]:
        return [*messages, {"role": "user", "content": chosen.value["text"]}]

    def respond(
        messages: list[Message],
        turns: Turns,
        *picked: Any,
    ) -> Iterator[tuple[list[Message], Any, Turns]]:
        if not messages or messages[-1]["role"] != "user":
            return
        question = _text(messages[-1])
        for content, source, answer in _narrate(youju, question, turns, picked):
            reply = {"role": "assistant", "content": content}
            done = [*turns, (question, answer)] if answer is not None else turns
            yield [*messages, reply], gr.skip() if source is None else source, done

    page: gr.Blocks
    with gr.Blocks(title="有据 Youju", analytics_enabled=False, fill_width=True) as page:
        turns = gr.State([])
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=340):
                gr.Markdown(
                    "## 有据 Youju\n言之有据：每句话都能点开原文核对；资料里没有的，就说没有。"
                )
                chatbot = gr.Chatbot(
                    elem_id="chat",
                    show_label=False,
                    height="calc(100vh - 20.5rem)",
                    min_height=320,
                    layout="panel",
                    buttons=["copy"],
                    latex_delimiters=[],
                    allow_tags=False,
                    sanitize_html=True,
                    examples=[{"text": text} for text in EXAMPLES],
                    placeholder="问一个问题，或点一个例子",
                )
                box = gr.Textbox(
                    elem_id="question",
                    show_label=False,
                    placeholder="用中文（简体、繁體）或 English 提问…",
                    submit_btn=True,
                    stop_btn=True,
                    autofocus=True,
                    max_lines=5,
                )
                scope = _ScopeControls(youju)
            with gr.Column(scale=2, min_width=320):
                pane = gr.HTML(
                    corpus,
                    elem_id="source-pane",
                    js_on_load=(_HERE / "page.js").read_text("utf-8"),
                    server_functions=[open_source],
                    apply_default_css=False,
                )

        answering = {
            "fn": respond,
            "inputs": [chatbot, turns, *scope.picks],
            "outputs": [chatbot, pane, turns],
        }
        settings = {
            "concurrency_limit": READERS,
            "concurrency_id": "answer",
            "show_progress": "hidden",
        }
        runs = [
            box.submit(submit, [box, chatbot], [box, chatbot], queue=False).then(
                **answering, **settings
            ),
            chatbot.retry(retry, [chatbot, turns], [chatbot, turns], queue=False).then(
                **answering, **settings
            ),
            chatbot.example_select(example, [chatbot], [chatbot], queue=False).then(
                **answering, **settings
            ),
        ]
        box.stop(None, cancels=runs)
        chatbot.clear(list, None, [turns], queue=False)
        page.load(scope.refresh, None, scope.outputs, queue=False, show_progress="hidden")
    return page


class _ScopeControls:
    """What the filters are chosen with, and the line that tells what they let through."""

    def __init__(self, youju: Youju) -> None:
        """Build the components where Gradio stands in its layout."""
        self._youju = youju
        with gr.Row(elem_id="scope-state"):
            line = gr.HTML(elem_id="scope-line", apply_default_css=False, padding=False)
            clear = gr.Button("清除 · Clear", elem_id="scope-clear", size="sm", visible=False)
        with gr.Accordion("范围 · Scope", open=False, elem_id="scope"):
            documents = self._several(DOCUMENTS, "documents")
            with gr.Row():
                outlets = self._several("来源 · Outlets", "outlets")
                tags = self._several("标签 · Tags", "tags")
            with gr.Row():
                languages = self._several("语言 · Languages", "languages")
                kinds = self._several("类别 · Classes", "kinds")
            with gr.Row():
                dates = [self._day("从 · Since", "since"), self._day("到 · Until", "until")]
        several = [documents, outlets, tags, languages, kinds]
        self.picks = [*several, *dates]
        self.outputs = [*self.picks, line, clear]
        quietly: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        for pick in several:
            pick.change(self._tell, self.picks, [line, clear], **quietly)
        for day in dates:
            # Half a date is no date: it is read when it has been written.
            day.blur(self._tell, self.picks, [line, clear], **quietly)
            day.submit(self._tell, self.picks, [line, clear], **quietly)
        clear.click(self._clear, None, self.outputs, **quietly)

    @staticmethod
    def _several(label: str, name: str) -> gr.Dropdown:
        return gr.Dropdown(
            [], multiselect=True, label=label, elem_id=f"scope-{name}", min_width=140
        )

    @staticmethod
    def _day(label: str, name: str) -> gr.Textbox:
        return gr.Textbox(
            label=label,
            elem_id=f"scope-{name}",
            placeholder="2025 / 2025-06 / 2025-06-05",
            max_lines=1,
            min_width=140,
        )

    def _tell(self, *picked: Any) -> tuple[str, Any]:
        try:
            filters = _filters(picked)
        except YoujuError as error:
            return render.scope_error(str(error)), gr.update(visible=True)
        line = render.scope_line(filters, self._youju.scope(filters).documents)
        return line, gr.update(visible=filters != Filters())

    def _clear(self) -> tuple[Any, ...]:
        return (*NOTHING_PICKED, *self._tell(*NOTHING_PICKED))

    def refresh(self) -> tuple[Any, ...]:
        """Offer what there is now, and choose nothing of it."""
        scope = self._youju.scope()
        documents = scope.documents[:DOCUMENTS_OFFERED]
        left_out = len(scope.documents) - len(documents)
        label = f"{DOCUMENTS}（另有 {left_out} 篇未列出）" if left_out else DOCUMENTS
        languages = [(render.LANGUAGES.get(name, name), name) for name in scope.languages]
        return (
            gr.update(
                choices=[(render.document_choice(d), d.id) for d in documents],
                label=label,
                value=[],
            ),
            gr.update(choices=list(scope.outlets), value=[]),
            gr.update(choices=list(scope.tags), value=[]),
            gr.update(choices=languages, value=[]),
            gr.update(choices=[(label, kind) for kind, label in render.KINDS.items()], value=[]),
            "",
            "",
            *self._tell(*NOTHING_PICKED),
        )


def _filters_of_some(youju: Youju, picked: Picked) -> Filters:
    """Return what was chosen.

    Raises:
        YoujuError: When a date is none, or no document passes.
    """
    filters = _filters(picked)
    if filters.by_document() and not youju.scope(filters).documents:
        raise YoujuError(f"{render.NOTHING_LEFT}。")
    return filters


def _filters(picked: Picked) -> Filters:
    documents, outlets, tags, languages, kinds, since, until = picked
    return Filters(
        documents=tuple(documents),
        outlets=tuple(outlets),
        tags=tuple(tags),
        languages=tuple(languages),
        kinds=tuple(kinds),
        since=_date(since),
        until=_date(until),
    )


def _date(written: str) -> str | None:
    if not written.strip():
        return None
    date = as_date(written)
    if date is None:
        raise YoujuError(f"“{written.strip()}” 不是日期；请写 2025、2025-06 或 2025-06-05。")
    return date


def _narrate(
    youju: Youju, question: str, turns: Turns, picked: Picked
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the message so far, a new content of the source pane, and at the end the answer."""
    started = time.monotonic()
    citations: tuple[Any, ...] = ()
    draft = ""
    shown = 0.0
    yield render.draft_message((), "", 0.0), None, None
    try:
        for event in youju.stream(question, turns, _filters_of_some(youju, picked)):
            seconds = time.monotonic() - started
            match event:
                case Evidence():
                    citations = event.citations
                    best = citations[0] if citations else None
                    source = _source(youju, best.document_id, best.spans) if best else None
                    yield render.draft_message(citations, "", seconds), source, None
                case Token():
                    draft += event.text
                    if seconds - shown > 0.1:  # a message for every token would flood the socket
                        shown = seconds
                        yield render.draft_message(citations, draft, seconds), None, None
                case Checked():
                    pass
                case Done(answer=answer):
                    best = answer.citations[0] if answer.citations else None
                    source = _source(youju, best.document_id, best.spans) if best else None
                    yield render.answer_message(answer), source, answer.text
    except YoujuError as error:
        yield render.error_message(str(error), citations), None, None


def _source(youju: Youju, document_id: str, spans: Spans) -> str:
    document = youju.document(document_id)
    return render.source_pane(document, clean(document), spans)


def _text(message: Message) -> str:
    """A message's text: Gradio gives back a list of parts for what was sent as a string."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, dict))


def _index(index: int | tuple[int, int] | list[int]) -> int:
    return index if isinstance(index, int) else index[0]


class _Guard(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Callable[..., Any]) -> Response:
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = NOTHING_ELSE
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def launch(
    youju: Youju, *, host: str, port: int, open_browser: bool = False
) -> tuple[gr.Blocks, str]:
    """Start serving in the background; return the page and its address."""
    page = build_page(youju)
    fonts = ["system-ui", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]
    try:
        _, address, _ = page.launch(
            server_name=host,
            server_port=port or None,
            inbrowser=open_browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            ssr_mode=False,
            pwa=False,
            footer_links=[],
            show_error=False,
            app_kwargs={"middleware": [Middleware(_Guard)]},
            css_paths=[_HERE / "page.css"],
            theme=gr.themes.Default(font=fonts, font_mono=["ui-monospace", "monospace"]),
        )
    except OSError as error:
        raise YoujuError(
            f"The page cannot be served at {host}:{port}: {error}. Use --port."
        ) from error
    return page, address


def serve(
    home: str | None, settings: Settings, *, open_browser: bool, say: Callable[[str], None]
) -> None:
    """Serve the page until interrupted."""
    with open_home(home, settings=settings, say=say) as youju:
        threading.Thread(target=youju.warm_up, name="youju-warm-up", daemon=True).start()
        page, address = launch(
            youju, host=settings.host, port=settings.port, open_browser=open_browser
        )
        say(f"有据 Youju: {address}  (Ctrl-C ends it)")
        page.block_thread()
