"""Work in stages: in order, the same with any number of threads, and over when one fails."""

import signal
import threading
import time

import pyarrow as pa
import pytest

from airshield.cli.pipeline import WAITING_MAX, one_arrow_thread, run_stages


class Stage:
    """Notes what it took, who ran it, and that nobody else was in it at the time."""

    def __init__(self, name, pause_s=0.0):
        self.name, self.pause_s = name, pause_s
        self.taken, self.threads = [], set()
        self.inside = threading.Lock()

    def __call__(self, item):
        assert self.inside.acquire(blocking=False), "two threads in one stage"
        self.threads.add(threading.current_thread())
        time.sleep(self.pause_s)
        self.taken.append(item)
        self.inside.release()
        return [*item, self.name]


def items(count):
    for k in range(count):
        yield [k]


@pytest.mark.parametrize("threads", [1, 2, 3, 9])
def test_every_stage_takes_every_item_in_order_and_alone(threads):
    stages = [Stage(name, pause_s) for name, pause_s in (("a", 0.001), ("b", 0.003), ("c", 0.0))]
    assert run_stages(items(40), stages, threads=threads) == min(threads, 4)
    assert stages[0].taken == [[k] for k in range(40)]
    assert stages[2].taken == [[k, "a", "b"] for k in range(40)]
    assert len(set.union(*(stage.threads for stage in stages))) <= threads


def test_one_thread_is_the_callers_and_takes_each_item_to_its_end_first():
    order = []
    stages = [lambda item, n=n: (order.append((item, n)), item)[1] for n in range(3)]
    before = threading.active_count()

    def watched():
        for k in range(4):
            assert threading.active_count() == before
            assert len(order) == 3 * k
            yield k

    run_stages(watched(), stages, threads=1)
    assert order == [(k, n) for k in range(4) for n in range(3)]


def test_stages_overlap():
    stages = [Stage("a", 0.02), Stage("b", 0.02)]
    start = time.monotonic()
    run_stages(items(20), stages, threads=2)
    assert time.monotonic() - start < 0.7  # 0.8 one after the other


def test_what_waits_is_bounded():
    last = Stage("slow", 0.002)
    ahead = []

    def watched():
        for k in range(60):
            ahead.append(k - len(last.taken))
            yield [k]

    run_stages(watched(), [Stage("quick"), last], threads=3)
    # Waiting in front of both, in both, and the one that is being made.
    assert max(ahead) <= 2 * WAITING_MAX + 3


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("where", ["items", "middle", "last"])
def test_a_failure_anywhere_ends_all_and_is_told(threads, where):
    done = []

    def source():
        for k in range(1000):
            if where == "items" and k == 5:
                raise ValueError("no fifth item")
            yield k

    def middle(k):
        if where == "middle" and k == 5:
            raise ValueError("no fifth item")
        return k

    def last(k):
        if where == "last" and k == 5:
            raise ValueError("no fifth item")
        done.append(k)

    before = threading.active_count()
    with pytest.raises(ValueError, match="no fifth item"):
        run_stages(source(), [middle, last], threads=threads)
    assert threading.active_count() == before
    assert done == list(range(len(done)))
    assert len(done) <= 5


def test_no_items_are_no_work():
    assert run_stages(iter(()), [Stage("a")], threads=2) == 2


def test_ctrl_c_reaches_the_caller_while_it_waits_for_the_others():
    stuck = threading.Event()

    def slow(_item):
        if threading.current_thread() is threading.main_thread():
            return
        signal.raise_signal(signal.SIGINT)  # as if typed while the main thread waits
        stuck.wait(0.2)

    def endless():
        while True:
            time.sleep(0.001)
            yield 0

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run_stages(endless(), [slow], threads=2)
    assert threading.active_count() == before


def test_arrow_gets_its_threads_back():
    before = pa.cpu_count()
    with one_arrow_thread():
        assert pa.cpu_count() == 1
    assert pa.cpu_count() == before
