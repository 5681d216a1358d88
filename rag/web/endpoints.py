"""Which model may be chosen at the page, and with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from rag.errors import SettingsError
from rag.origins import origin_of, same_origin

if TYPE_CHECKING:
    from rag.settings import Settings
    from rag.web.words import Words


def read_address(typed: str, t: Words) -> str | None:
    """Return the address that was typed; None: the embedded model.

    Raises:
        SettingsError: When it is none.
    """
    address = typed.strip()
    if not address:
        return None
    try:
        origin_of(address)
    except ValueError:
        raise SettingsError(t("settings.endpoint.bad")) from None
    return address


def may_choose(address: str | None, configured: Settings, *, log_ins: bool) -> bool:
    """Whether questions and documents may go to an address.

    Args:
        address: None: the embedded model.
        configured: The settings of the home; their own address is always allowed.
        log_ins: Whether there are users: then nothing is allowed but what is listed.
    """
    if _bare(address) == _bare(configured.base_url):
        return True
    listed = configured.allowed_endpoints
    if not listed:
        return not log_ins
    return address is not None and origin_of(address) in listed


def _bare(address: str | None) -> str:
    return (address or "").rstrip("/")


def key_for(
    address: str | None, typed: str, current: Settings, configured: Settings
) -> SecretStr | None:
    """Return the key that an address is sent: the one typed for it, or the one it had.

    A key belongs to the origin that it was given for, so that a new one is never sent it.
    """
    if typed:
        return SecretStr(typed)
    for settings in (current, configured):
        if same_origin(settings.base_url, address):
            return settings.api_key
    return None
