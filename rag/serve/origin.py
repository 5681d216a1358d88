"""From where a request comes: another site's page must neither read nor change anything.

Hosts and origins are compared as they are written. Whatever else means the same address (a
trailing dot, a decimal number, IPv4 within IPv6) no client of ours sends, and it is refused.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

PAGES = frozenset({"/", "/login", "/api/docs"})
"""What a link of another site may open."""
PORTS = {"http": ":80", "https": ":443"}
"""What browsers leave out."""


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own.

    IPv4 within IPv6 is not: Python answers that otherwise from version to version.
    """
    host = host.strip("[]")
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    within = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
    return address.is_loopback and not within


def at_own_address(scope: Scope) -> bool:
    """Whether a request names the very address of loopback that it arrived at, and it alone.

    Another name that leads here may be a page's elsewhere (DNS rebinding).
    """
    hosts = Headers(scope=scope).getlist("host")
    return len(hosts) == 1 and hosts[0].lower() in _names(scope)


def _names(scope: Scope) -> frozenset[str]:
    host, port = scope.get("server") or ("", None)
    if port is None or not is_loopback(host):
        return frozenset()
    names = [f"[{host}]" if ":" in host else host]
    if host in {"127.0.0.1", "::1"}:
        names.append("localhost")
    written = {f"{name}:{port}" for name in names}
    return frozenset(written.union(names) if port == 80 else written)


def from_another_page(scope: Scope, *, behind_proxy: bool) -> bool:
    """Whether a browser says that the page of another origin sent this request.

    Args:
        scope: The request.
        behind_proxy: Whether there may be a proxy that ends TLS without telling.
    """
    headers = Headers(scope=scope)
    origins = headers.getlist("origin")
    if origins:
        hosts = headers.getlist("host")
        pairs = len(origins) == len(hosts) == 1
        return not (pairs and _is_own(origins[0], hosts[0], scope["scheme"], behind_proxy))
    if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return False
    return not _follows_a_link(scope, headers)


def _is_own(origin: str, host: str, scheme: str, behind_proxy: bool) -> bool:  # noqa: FBT001
    written, _, address = origin.partition("://")
    served = {"http", "https"} if behind_proxy and scheme == "http" else {scheme}
    port = PORTS.get(written, "")
    return written in served and address.removesuffix(port) == host.lower().removesuffix(port)


def _follows_a_link(scope: Scope, headers: Headers) -> bool:
    return (
        scope["method"] == "GET"
        and scope["path"] in PAGES
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
    )
