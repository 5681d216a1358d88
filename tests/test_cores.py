"""What a reader waits to see is computed before the rest."""

import threading
import time

from rag.cores import Cores


def _in_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_no_more_compute_at_once_than_there_are_cores():
    cores, lock, at_once, most = Cores(2), threading.Lock(), [0], [0]

    def work(place):
        with place():
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.02)
            with lock:
                at_once[0] -= 1

    threads = [_in_thread(lambda p=p: work(p)) for p in [cores.first, cores.after] * 4]
    for thread in threads:
        thread.join()
    assert most == [2]


def _order_of(cores, waiting):
    """In which order those who wait get the one place, once it is given back."""
    order = []

    def wait(name, place):
        with place():
            order.append(name)

    with cores.first():
        threads = []
        for name, place in waiting:
            threads.append(_in_thread(lambda n=name, p=place: wait(n, p)))
            time.sleep(0.05)
    for thread in threads:
        thread.join()
    return order


def test_who_comes_first_goes_before_who_can_wait():
    cores = Cores(1)
    waiting = [("check", cores.after), ("search", cores.first), ("another", cores.first)]
    assert _order_of(cores, waiting)[-1] == "check"


def test_nobody_waits_for_ever_for_those_who_come_first():
    cores, stop = Cores(1, patience=0.2), threading.Event()

    def search():
        while not stop.is_set():
            with cores.first():
                time.sleep(0.01)

    def check():
        with cores.after():
            pass

    searching = [_in_thread(search) for _ in range(3)]
    checked = _in_thread(check)
    checked.join(timeout=10)
    got = not checked.is_alive()
    stop.set()
    for thread in searching:
        thread.join()
    assert got
