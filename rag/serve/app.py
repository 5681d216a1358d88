"""The application: the page, REST, OpenAI's protocol and MCP in one process."""
# ruff: noqa: TC002 - FastAPI reads the annotations when it runs

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings
from opentelemetry.trace import NoOpTracer, Tracer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Match

from rag.serve import login, openai_api, rest
from rag.serve.gate import Gate
from rag.serve.limits import BodyLimit, Rate
from rag.serve.listen import address_of, bound, configured
from rag.serve.logs import write_json_lines
from rag.serve.mcp import make_mcp
from rag.serve.observe import Observe
from rag.serve.problems import add_problems, without_paths
from rag.serve.schema_page import schema_page
from rag.serve.service import Shared, make_service, make_turns
from rag.serve.sessions import OwnSessions
from rag.serve.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import TypeAlias

    from rag.build import Youju
    from rag.serve.answering import Answering
    from rag.turns import Turns
    from vectorstore.accounts import Accounts

    MountPage: TypeAlias = Callable[[FastAPI, Youju, Turns], object]
    """Mounts the page at ``/``; a request's ``scope["youju.reader"]`` says who reads."""

DESCRIPTION = "有据: answers over your documents, every sentence checked against what it cites."


def make_app(
    youju: Youju,
    *,
    accounts: Accounts | None = None,
    turns: Turns | None = None,
    tracer: Tracer | None = None,
    mount_page: MountPage | None = None,
) -> FastAPI:
    """Return the application over one home.

    Args:
        youju: The home.
        accounts: Who may come in; None: everybody, by a loopback name.
        turns: The line for the language model.
        tracer: Traces requests; None: nothing is traced.
        mount_page: Puts the page at ``/``; None: there is none.
    """
    turns = turns or make_turns(youju.settings)
    tracer = tracer or NoOpTracer()
    service = make_service(youju, accounts=accounts, turns=turns, tracer=tracer)
    mcp = make_mcp(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.readiness.start()
        async with mcp.session_manager.run():
            yield
        service.readiness.stop()

    app = FastAPI(
        title="有据 Youju",
        version=version("youju"),
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    add_problems(app)
    _add_own_routes(app)
    for router in (login.router, rest.router, openai_api.router):
        app.include_router(router)
    # The gate has looked at host and origin already; without state any replica answers.
    inner = mcp.streamable_http_app(
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    app.router.routes.extend(inner.routes)
    _add_dead_ends(app)
    if mount_page:
        mount_page(app, youju, turns)

    # The last one added is the outermost.
    if accounts:
        app.add_middleware(OwnSessions)
    app.add_middleware(BodyLimit, upload_bytes=youju.settings.max_file_bytes)
    app.add_middleware(Gate, accounts=accounts, rate=Rate(youju.settings.rate_per_minute))
    app.add_middleware(Observe, metrics=service.metrics, tracer=tracer)
    return app


def _add_own_routes(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    async def readyz(service: Shared) -> PlainTextResponse:
        why_not = await service.lanes.run(service.lanes.documents, service.readiness.why_not)
        return PlainTextResponse(f"{without_paths(why_not) or 'ready'}\n", 503 if why_not else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics(service: Shared) -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(schema_page(app.openapi()))


def _add_dead_ends(app: FastAPI) -> None:
    """Answer what is not there in the form of every other error; the page would send itself."""
    routes = list(app.routes)

    async def not_there(request: Request) -> JSONResponse:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in routes):
            raise HTTPException(405, "This method is not for this path.")
        raise HTTPException(404, "There is nothing here; see /api/docs.")

    for path in ("/api/{rest:path}", "/v1/{rest:path}"):
        app.router.add_route(path, not_there, methods=None, include_in_schema=False)


class _Server(uvicorn.Server):
    """Tells those who wait for an answer that the server stops, instead of falling silent."""

    def __init__(self, config: uvicorn.Config, answering: Answering) -> None:
        super().__init__(config)
        self._answering = answering

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)  # type: ignore[arg-type]
        self._answering.stop_all()


def serve(
    youju: Youju,
    accounts: Accounts | None,
    mount_page: MountPage | None,
    say: Callable[[str], None],
) -> None:
    """Serve until interrupted.

    Raises:
        YoujuError: When the address cannot be had.
    """
    settings = youju.settings
    write_json_lines(texts=settings.log_texts)
    with ExitStack() as held:
        tracer = held.enter_context(tracing(settings.otlp_endpoint))
        app = make_app(youju, accounts=accounts, tracer=tracer, mount_page=mount_page)
        config = configured(app, settings, log_ins=accounts is not None)
        socket = held.enter_context(bound(config))
        say(f"有据 Youju: {address_of(socket)}  (Ctrl-C ends it)")
        _Server(config, app.state.service.answering).run(sockets=[socket])
