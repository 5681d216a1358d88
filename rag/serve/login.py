"""The log-in page: a form, a cookie, and the way out.

The cookie holds 256 random bits, of which the accounts keep a hash: a log-out or the hour ends the
session for good, in every replica.
"""
# ruff: noqa: TC002 - FastAPI reads the annotations when it runs

from __future__ import annotations

from functools import partial
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import YoujuError
from rag.serve.gate import COOKIE
from rag.serve.service import Shared

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>有据 Youju</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 20rem;
  margin: 12vh auto; padding: 0 1rem }}
label, input, button {{ display: block; width: 100%; box-sizing: border-box; font: inherit }}
input, button {{ padding: .5rem; margin: .2rem 0 1rem }}
[role=alert] {{ border-left: 4px solid; padding-left: .6rem }}
</style>
<main><h1>有据 Youju</h1>{alert}
<form method="post" action="/login">
<input type="hidden" name="to" value="{to}">
<label for="name">用户名 · Name</label>
<input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">密码 · Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>登录 · Log in</button>
</form></main></html>
"""
WRONG = "用户名或密码不对。 · Wrong name or password."


def _page(to: str, alert: str = "", status: int = 200) -> HTMLResponse:
    told = f'<p role="alert">{escape(alert)}</p>' if alert else ""
    return HTMLResponse(_PAGE.format(alert=told, to=escape(_local(to))), status)


def _local(to: str) -> str:
    """A path of this server: never another host's address."""
    inside = to.startswith("/") and not to.startswith(("//", "/\\"))
    return to if inside and to.isprintable() else "/"


@router.get("/login")
async def show(service: Shared, to: str = "/") -> Response:
    """Show the form; without users there is nothing to log in to."""
    return _page(to) if service.accounts else RedirectResponse("/", 303)


@router.post("/login")
async def log_in(
    request: Request,
    service: Shared,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    to: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Begin a session."""
    if service.accounts is None:
        return RedirectResponse("/", 303)
    if service.log_ins.wait(request.client.host if request.client else ""):
        return _page(to, "太频繁了，请稍候。 · Too many attempts; wait a little.", 429)
    hours = service.youju.settings.session_hours
    try:
        token = await service.lanes.run(
            service.lanes.log_ins, partial(service.accounts.log_in, name, password, hours=hours)
        )
    except YoujuError as error:
        return _page(to, str(error), 429)
    if token is None:
        return _page(to, WRONG, 401)
    response = RedirectResponse(_local(to), 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(hours * 3600),
        httponly=True,
        samesite="lax",
        secure=_by_tls(request),
    )
    return response


def _by_tls(request: Request) -> bool:
    """Whether a browser came by TLS: a proxy says so, or the browser where no proxy is believed."""
    origin = request.headers.get("origin", "")
    return request.url.scheme == "https" or origin.startswith("https://")


@router.post("/logout")
async def log_out(request: Request, service: Shared) -> Response:
    """End the session."""
    token = request.cookies.get(COOKIE)
    if service.accounts and token:
        service.accounts.log_out(token)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response
