"""The commands `youju serve`, `youju mcp` and `youju user`.

`rag.cli` learns of them from the entry points (group ``youju.commands``) and imports this module
for `youju --help`, so whatever is heavy is imported by the command that runs.
"""
# ruff: noqa: PLC0415, T201

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag.errors import SettingsError

if TYPE_CHECKING:
    from rag.build import Youju
    from rag.cli import AddCommand
    from rag.serve.app import MountPage
    from rag.settings import Settings
    from vectorstore.accounts import Accounts

ACCOUNTS = "accounts.db"
"""In the home: of its own, so that a ledger can be handed on without its users."""


def add_commands(add_command: AddCommand) -> None:
    """Add `youju serve`, `youju mcp` and `youju user`."""
    serve = add_command(
        "serve", _serve, "serve the page, REST, OpenAI's protocol and MCP over HTTP"
    )
    serve.add_argument("--host", help="address (default: YOUJU_HOST or 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port (default: YOUJU_PORT or 7860; 0: any)")
    serve.add_argument(
        "--no-page", dest="page", action="store_false", help="only what programs use, no page"
    )
    add_command("mcp", _mcp, "serve the tools ask, search and get_document over stdio (MCP)")
    user = add_command("user", _no_action, "users, for any address but loopback")
    actions = user.add_subparsers(title="actions", required=True, metavar="ACTION")

    def action(name: str, run: Any, help: str) -> argparse.ArgumentParser:  # noqa: ANN401
        parser = actions.add_parser(name, help=help, description=help)
        # Suppressed: else it would hide the same option given before the action's name.
        parser.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS)
        parser.set_defaults(run=run)
        return parser

    add = action("add", _add_user, "add a user, or give one a new password and role")
    add.add_argument("name")
    add.add_argument(
        "--role",
        choices=("reader", "editor", "admin"),
        default="reader",
        help="an editor may also add and remove documents, an admin change the model that answers "
        "as well (default: reader)",
    )
    action("list", _list_users, "list the users and their API keys (never the keys themselves)")
    remove = action("remove", _remove_user, "remove a user with all keys and log-ins")
    remove.add_argument("name")
    key = action("key", _add_key, "make an API key, and show it this once")
    key.add_argument("name")
    key.add_argument("--label", default="", help="what it is for")
    remove_key = action("remove-key", _remove_key, "end an API key")
    remove_key.add_argument("id", help="as `youju user list` shows it")


def _no_action(_: argparse.Namespace) -> int:
    raise AssertionError("argparse asks for an action")


def _settings(args: argparse.Namespace) -> Settings:
    from rag.settings import Settings

    return Settings.load(
        host=getattr(args, "host", None), port=getattr(args, "port", None), home=args.home
    )


def _accounts(settings: Settings) -> Accounts:
    from vectorstore.accounts import Accounts

    settings.home.mkdir(parents=True, exist_ok=True)
    return Accounts(settings.home / ACCOUNTS)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- serving


def accounts_wanted(settings: Settings) -> Accounts | None:
    """Return who may come in; None where everybody may: on loopback.

    Raises:
        SettingsError: When nobody could log in, at an address that others reach.
    """
    from rag.serve.origin import is_loopback

    if is_loopback(settings.host) and not settings.require_login:
        return None
    accounts = _accounts(settings)
    if not accounts.users():
        accounts.close()
        raise SettingsError(
            f"{settings.host} asks for a log-in, and {settings.home} has no users: anybody who "
            "reaches this address could read the documents. Add one first: "
            "youju user add NAME --role editor"
        )
    return accounts


def _open(args: argparse.Namespace, settings: Settings) -> Youju:
    from rag.build import open_home

    return open_home(args.home, settings=settings, say=_say)


def _serve(args: argparse.Namespace) -> int:
    settings = _settings(args)
    accounts = accounts_wanted(settings)
    from rag.serve.app import serve

    with _open(args, settings) as youju:
        try:
            serve(youju, accounts, _page() if args.page else None, _say)
        finally:
            if accounts:
                accounts.close()
    return 0


def _page() -> MountPage:
    from rag.web.page import mount

    return mount


def _mcp(args: argparse.Namespace) -> int:
    from rag.serve.stdio import serve_stdio

    settings = _settings(args)
    with _open(args, settings) as youju:
        serve_stdio(youju)
    return 0


# --- users


def _add_user(args: argparse.Namespace) -> int:
    with closing(_accounts(_settings(args))) as accounts:
        user = accounts.add(args.name, _password(), args.role)
    print(f"{user.name} is a user now: {user.role}.")
    return 0


def _password() -> str:
    """Ask for a password twice; one line of standard input where nobody types."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise SettingsError("The two passwords differ.")
    return password


def _list_users(args: argparse.Namespace) -> int:
    with closing(_accounts(_settings(args))) as accounts:
        keys = accounts.keys()
        for user in accounts.users():
            print(f"{user.name}  {user.role}")
            for key in (k for k in keys if k.user == user.name):
                made = datetime.fromtimestamp(key.created, UTC).date()
                print(f"    key {key.id}  {made}  {key.label}")
    return 0


def _remove_user(args: argparse.Namespace) -> int:
    with closing(_accounts(_settings(args))) as accounts:
        accounts.remove(args.name)
    print(f"Removed {args.name}.")
    return 0


def _add_key(args: argparse.Namespace) -> int:
    with closing(_accounts(_settings(args))) as accounts:
        key = accounts.add_key(args.name, args.label)
    _say("Keep it now: it is stored as a hash and cannot be shown again.")
    print(key)
    return 0


def _remove_key(args: argparse.Namespace) -> int:
    with closing(_accounts(_settings(args))) as accounts:
        accounts.remove_key(args.id)
    print(f"Removed the key {args.id}.")
    return 0
