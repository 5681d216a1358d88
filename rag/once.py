"""What takes long to load is loaded once, however many threads ask for it first."""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


def one_at_a_time(make: Callable[P, T]) -> Callable[P, T]:
    """Let one thread at a time into ``make``; to stand above ``lru_cache``.

    That lets threads that ask at the same time each make the value: eight questions to a server
    that has just started loaded eight models.
    """
    making = threading.RLock()

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        with making:
            return make(*args, **kwargs)

    return made
