"""Origins: the scheme, host and port of an address, which a key and a permission belong to."""

from __future__ import annotations

import re

PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?:[/?#][^\s\\]*)?", re.IGNORECASE
)
"""Plain on purpose: what programs read differently (a user's name, a backslash, letters beyond
ASCII) is no address here."""


_NAMED = re.compile(r"(?<=://)[^\s/?#'\"]*@")


def without_credentials(text: str) -> str:
    """Return a text, such as an address, without the names and passwords of addresses in it.

    >>> without_credentials("Nothing answers at http://ada:secret@host/v1.")
    'Nothing answers at http://host/v1.'
    """
    return _NAMED.sub("", text)


def origin_of(address: str) -> str:
    """Return the origin of an address, its port always written.

    Raises:
        ValueError: When it is no plain address.
    """
    read = _ADDRESS.fullmatch(address)
    if read is None or int(read[3] or 0) > 65535:
        raise ValueError("an address is like https://host or http://host:port/v1")
    scheme, host = read[1].lower(), read[2].lower()
    return f"{scheme}://{host}:{int(read[3] or PORTS[scheme])}"


def same_origin(one: str | None, other: str | None) -> bool:
    """Whether two addresses have one origin; None is none, and what is no address only itself."""
    if not one or not other:
        return one == other
    try:
        return origin_of(one) == origin_of(other)
    except ValueError:
        return one == other
