import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from rag.once import one_at_a_time


def test_what_many_threads_ask_for_at_once_is_made_once():
    made = []
    together = threading.Barrier(8)

    @one_at_a_time
    @lru_cache(maxsize=2)
    def load(name):
        made.append(name)
        time.sleep(0.05)
        return object()

    def ask(name):
        together.wait(5)
        return load(name)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, "aabbaabb"))
    assert sorted(made) == ["a", "b"]
    assert len(set(found)) == 2
