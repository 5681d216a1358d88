"""Many readers' words are stemmed at the same time."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.stem import english_stem

WORDS = ["tariffs", "announced", "nationalities", "running", "generously", "exports", "ties", "a"]


@pytest.fixture
def _often_interrupted():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_often_interrupted")
def test_threads_do_not_disturb_each_others_words():
    alone = {word: english_stem(word) for word in WORDS}
    uncached = english_stem.__wrapped__

    def stem_all(_):
        return [{word: uncached(word) for word in WORDS} for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(stem_all, range(16)):
            assert all(stems == alone for stems in found)
