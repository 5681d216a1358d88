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
:root {{ color-scheme: light dark; --paper: #f7f6f2; --sheet: #fff; --ink: #1f2328; --soft: #5b616a;
  --line: #e3e0d8; --accent: #1c5a9e; --on-accent: #fff; --bad: #a1281f }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: #161719; --sheet: #1e2022;
  --ink: #e9e7e2; --soft: #a9adb3; --line: #35383c; --accent: #8fbcf2; --on-accent: #10243b;
  --bad: #f49c93 }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }}
main {{ width: min(22rem, 100%); padding: 2rem; border: 1px solid var(--line);
  border-radius: 1rem; background: var(--sheet); box-shadow: 0 8px 24px rgb(0 0 0 / 8%) }}
h1 {{ margin: 0; font-size: 1.5rem }} h1 small {{ color: var(--soft); font-size: .95rem;
  font-weight: 400 }}
.tagline {{ margin: .2rem 0 1.4rem; color: var(--soft); font-size: .9rem }}
label, input, button {{ display: block; width: 100%; font: inherit }}
label {{ font-size: .9rem; color: var(--soft) }}
input {{ padding: .55rem .75rem; margin: .2rem 0 1rem; border: 1px solid var(--line);
  border-radius: .6rem; background: var(--paper); color: var(--ink) }}
button {{ padding: .6rem; border: 0; border-radius: .6rem; background: var(--accent);
  color: var(--on-accent); font-weight: 600; cursor: pointer }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 1px }}
[role=alert] {{ border-left: 3px solid; padding-left: .6rem; color: var(--bad); font-size: .92rem }}
</style>
<main><h1>有据 <small>Youju</small></h1>
<p class="tagline">每句话都能点开原文核对 · Every sentence opens at its source</p>{alert}
<form method="post" action="/login">
<input type="hidden" name="to" value="{to}">
<label for="name">用户名 · Name</label>
<input id="name" name="name" autocomplete="username" required value="{name}"{at_name}>
<label for="password">密码 · Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required{at_password}>
<button>登录 · Log in</button>
</form></main></html>
"""
WRONG = "用户名或密码不对。 · Wrong name or password."


def _page(to: str, name: str = "", alert: str = "", status: int = 200) -> HTMLResponse:
    told = f'<p role="alert">{escape(alert)}</p>' if alert else ""
    here = (" autofocus", "")
    at_password, at_name = here if name else here[::-1]
    return HTMLResponse(
        _PAGE.format(
            alert=told,
            to=escape(_local(to)),
            name=escape(name),
            at_name=at_name,
            at_password=at_password,
        ),
        status,
    )


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
        return _page(to, name, "太频繁了，请稍候。 · Too many attempts; wait a little.", 429)
    hours = service.youju.settings.session_hours
    try:
        token = await service.lanes.run(
            service.lanes.log_ins, partial(service.accounts.log_in, name, password, hours=hours)
        )
    except YoujuError as error:
        return _page(to, name, str(error), 429)
    if token is None:
        return _page(to, name, WRONG, 401)
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
