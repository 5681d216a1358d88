"""The edge to model endpoints: vendor errors into ours, deadlines, cores."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import openai

from rag.bounded import TooLargeError
from rag.errors import (
    ModelProtocolError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnreachableError,
)
from rag.origins import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_KEY = "none"
"""Sent where there is no key: the vendor's client wants one."""


@contextmanager
def translated(what: str, address: str = "") -> Iterator[None]:
    """Turn what the OpenAI client and httpx raise into one sentence that says what to do.

    Args:
        what: Names the endpoint in the message.
        address: Its address, where there is one.
    """
    at = f"{what} at {without_credentials(address)}" if address else what
    try:
        yield
    except (openai.APITimeoutError, httpx.TimeoutException) as error:
        raise ModelTimeoutError(
            f"{_upper(at)} did not answer in time. Try again, or raise YOUJU_DEADLINE."
        ) from error
    except openai.AuthenticationError as error:
        if error.request.headers.get("Authorization") == f"Bearer {NO_KEY}":
            raise ModelRefusedError(
                f"{_upper(at)} asks for a key, and none is set (401). Set OPENAI_API_KEY."
            ) from error
        raise ModelRefusedError(
            f"{_upper(at)} refused the key (401). Correct OPENAI_API_KEY."
        ) from error
    except openai.PermissionDeniedError as error:
        raise ModelRefusedError(
            f"{_upper(at)} does not allow this key to do that (403): {_reason(error)}."
        ) from error
    except openai.NotFoundError as error:
        raise ModelRefusedError(
            f"{_upper(at)} has no such model or path (404): {_reason(error)}. "
            "Correct YOUJU_MODEL or OPENAI_BASE_URL (it usually ends in /v1)."
        ) from error
    except openai.RateLimitError as error:
        raise ModelRefusedError(
            f"{_upper(at)} is over its limit (429): {_reason(error)}. Wait, or use another key."
        ) from error
    except openai.APIStatusError as error:
        raise ModelRefusedError(
            f"{_upper(at)} answered with status {error.status_code}: {_reason(error)}."
        ) from error
    except (openai.APIConnectionError, httpx.TransportError, TooLargeError) as error:
        for cause in (error, error.__cause__):
            if isinstance(cause, TooLargeError):
                raise ModelProtocolError(
                    f"The reply of {at} was not read: {cause}. Use another endpoint."
                ) from error
        raise ModelUnreachableError(
            f"Nothing answers at {at}. Start it, or correct OPENAI_BASE_URL."
        ) from error
    except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ModelProtocolError(
            f"{_upper(at)} answered something that is not OpenAI's protocol "
            f"({type(error).__name__}). Correct OPENAI_BASE_URL."
        ) from error


def _reason(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("error") or body
        if isinstance(body, dict):
            body = body.get("message", body)
    return " ".join(str(body or error.message).split())[:160].rstrip(".")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def free_cores() -> int:
    """Cores that this process may use: its affinity, and the container's quota where set."""
    cores = len(os.sched_getaffinity(0))
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        limit, _, period = quota.read_text().partition(" ")
        if limit.isdigit() and period.strip().isdigit():
            cores = min(cores, max(1, int(limit) // int(period)))
    return cores
