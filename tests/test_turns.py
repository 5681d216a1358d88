import threading
import time

import pytest

from rag.turns import QueueFullError, StoppedError, Turns


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.005)


class Reader(threading.Thread):
    """Waits for a turn, notes it, and holds it until told to leave."""

    def __init__(self, turns, log, name):
        super().__init__(daemon=True)
        self.turns, self.log, self.name = turns, log, name
        self.positions, self.leave, self.stop = [], threading.Event(), threading.Event()
        self.error = None

    def run(self):
        try:
            with self.turns.take(self.positions.append, self.stop):
                self.log.append(self.name)
                self.leave.wait(5)
        except (StoppedError, QueueFullError) as error:
            self.error = error


@pytest.fixture
def queue_of():
    readers = []

    def start(turns, log, names):
        for name in names:
            waiting = turns.waiting + turns.taken
            readers.append(Reader(turns, log, name))
            readers[-1].start()
            until(lambda before=waiting: turns.waiting + turns.taken > before)
        return readers

    yield start
    for reader in readers:
        reader.leave.set()
    for reader in readers:
        reader.join(5)
        assert not reader.is_alive()


def test_a_free_slot_is_taken_at_once_and_no_place_is_told():
    told = []
    with Turns(1).take(told.append):
        pass
    assert told == []


def test_readers_take_their_turns_in_the_order_they_came(queue_of):
    turns, log = Turns(1), []
    readers = queue_of(turns, log, "abcde")
    for n, reader in enumerate(readers, 1):
        until(lambda n=n: len(log) == n)
        reader.leave.set()
    assert log == list("abcde")


def test_each_is_told_its_place_whenever_it_changes(queue_of):
    turns, log = Turns(1), []
    a, b, c = queue_of(turns, log, "abc")
    until(lambda: (b.positions, c.positions) == ([1], [2]))
    a.leave.set()
    until(lambda: c.positions == [2, 1])
    assert a.positions == []


def test_as_many_write_at_once_as_there_are_slots(queue_of):
    turns, log = Turns(2), []
    readers = queue_of(turns, log, "abcd")
    until(lambda: len(log) == 2)
    time.sleep(0.05)
    assert (turns.taken, turns.waiting) == (2, 2)
    readers[1].leave.set()
    until(lambda: log == ["a", "b", "c"])


def test_a_reader_who_stops_waiting_leaves_the_queue_and_the_next_moves_up(queue_of):
    turns, log = Turns(1), []
    a, b, c = queue_of(turns, log, "abc")
    b.stop.set()
    until(lambda: b.error is not None)
    assert isinstance(b.error, StoppedError)
    until(lambda: c.positions == [2, 1])
    a.leave.set()
    until(lambda: log == ["a", "c"])


def test_a_failure_during_a_turn_frees_the_slot():
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.take():
        1 / 0  # noqa: B018
    assert turns.taken == 0
    with turns.take():
        assert turns.taken == 1


def test_a_slow_listener_holds_up_nobody_else(queue_of):
    turns, log = Turns(1), []
    (a,) = queue_of(turns, log, "a")
    entered, release = threading.Event(), threading.Event()

    def slow(_):
        entered.set()
        release.wait(5)

    def wait():
        with turns.take(slow):
            log.append("slow")

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(5)
    assert turns.waiting == 1  # the lock is free while the listener is told
    a.leave.set()
    until(lambda: turns.taken == 0)
    release.set()
    thread.join(5)
    assert log == ["a", "slow"]


def test_a_full_queue_says_so_and_keeps_its_order(queue_of):
    turns, log = Turns(1, most_waiting=1), []
    a, _ = queue_of(turns, log, "ab")
    with pytest.raises(QueueFullError, match="Try again"), turns.take():
        pass
    a.leave.set()
    until(lambda: log == ["a", "b"])
