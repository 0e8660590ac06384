"""The way from other threads into the window: portions, time budget, pauses, crashes. A root of wood keeps calls."""

from __future__ import annotations

import threading
import tkinter as tk
from collections.abc import Callable
from typing import cast

import pytest

from securechat.desktop.pump import BUSY_MS, IDLE_MS, MORE_MS, PER_TURN, TURN_S, Pump


class Root:
    """Keeps what `after` is given; `turn` makes it."""

    def __init__(self) -> None:
        self.pending: dict[str, tuple[int, Callable[[], None]]] = {}
        self._made = 0

    def after(self, pause_ms: int, call: Callable[[], None]) -> str:
        self._made += 1
        self.pending[f"after#{self._made}"] = (pause_ms, call)
        return f"after#{self._made}"

    def after_cancel(self, name: str) -> None:
        del self.pending[name]

    def pause_ms(self) -> int:
        """How long until the one call that waits."""
        ((pause_ms, _),) = self.pending.values()
        return pause_ms

    def turn(self) -> None:
        """Make it."""
        ((name, (_, call)),) = self.pending.items()
        del self.pending[name]
        call()


class Bench:
    """A pump on a root of wood, with a time that the test sets."""

    def __init__(self) -> None:
        self.root, self.now = Root(), 100.0
        self.crashes: list[BaseException] = []
        self.turns = 0
        self.more: object = None
        self.on_crash: Callable[[BaseException], None] = self.crashes.append
        self.pump = Pump(
            cast(tk.Misc, self.root), self._turned, lambda error: self.on_crash(error), lambda: self.now
        )

    def _turned(self) -> object:
        self.turns += 1
        return self.more

    def pass_s(self, seconds: float) -> None:
        """A call that takes so long."""
        self.now += seconds


@pytest.fixture
def bench() -> Bench:
    return Bench()


def crash() -> None:
    raise ZeroDivisionError


def test_calls_are_made_in_order_by_the_thread_that_turns(bench: Bench) -> None:
    made: list[tuple[int, threading.Thread]] = []
    for number in range(3):
        thread = threading.Thread(
            target=bench.pump.post,
            args=(lambda number=number: made.append((number, threading.current_thread())),), name=f"poster-{number}",
        )
        thread.start()
        thread.join()
    bench.pump.start()
    assert made == []
    bench.root.turn()
    assert made == [(number, threading.current_thread()) for number in range(3)]
    assert bench.turns == 1


def test_it_looks_often_while_calls_come_and_seldom_while_none_do(bench: Bench) -> None:
    bench.pump.start()
    assert bench.root.pause_ms() == BUSY_MS
    bench.root.turn()
    assert bench.root.pause_ms() == IDLE_MS
    bench.pump.post(lambda: None)
    bench.root.turn()
    assert bench.root.pause_ms() == BUSY_MS


@pytest.mark.parametrize(("more", "pause_ms"), [(True, MORE_MS), (False, IDLE_MS), (None, IDLE_MS)])
def test_work_that_remains_goes_on_almost_at_once(bench: Bench, more: object, pause_ms: int) -> None:
    bench.more = more
    bench.pump.start()
    bench.root.turn()
    assert bench.root.pause_ms() == pause_ms
    assert pause_ms > 0  # what the person does comes first


def test_a_flood_is_taken_in_portions(bench: Bench) -> None:
    made: list[int] = []
    for number in range(2 * PER_TURN + 5):
        bench.pump.post(lambda number=number: made.append(number))
    assert [bench.pump.drain() for _ in range(4)] == [PER_TURN, PER_TURN, 5, 0]
    assert made == list(range(2 * PER_TURN + 5))


def test_when_the_time_of_a_turn_is_up_the_rest_waits_for_the_next(bench: Bench) -> None:
    for _ in range(10):
        bench.pump.post(lambda: bench.pass_s(TURN_S * 0.4))
    assert bench.pump.drain() == 3  # the third began in time, a fourth would not have
    bench.pump.post(lambda: None)
    assert bench.pump.drain() == 3


def test_a_call_that_takes_long_is_one_turn_and_each_turn_makes_at_least_one(bench: Bench) -> None:
    bench.pump.post(lambda: bench.pass_s(60 * TURN_S))
    bench.pump.post(lambda: None)
    assert bench.pump.drain() == 1

    def late() -> float:
        bench.now += 2 * TURN_S  # the machine is so busy that even looking at the clock takes long
        return bench.now

    made: list[bool] = []
    slow = Pump(cast(tk.Misc, bench.root), lambda: None, bench.crashes.append, late)
    slow.post(lambda: made.append(True))
    slow.post(lambda: made.append(True))
    assert (slow.drain(), made) == (1, [True])


def test_a_call_that_crashes_is_told_and_the_others_are_made(bench: Bench) -> None:
    made: list[bool] = []
    bench.pump.post(crash)
    bench.pump.post(lambda: made.append(True))
    bench.pump.start()
    bench.root.turn()
    assert [type(error) for error in bench.crashes] == [ZeroDivisionError]
    assert made == [True] and bench.turns == 1 and bench.root.pending


def test_even_if_telling_of_a_crash_crashes_the_window_goes_on(bench: Bench) -> None:
    def worse(error: BaseException) -> None:
        raise LookupError

    bench.on_crash = worse
    bench.pump.post(crash)
    bench.pump.start()
    with pytest.raises(LookupError):
        bench.root.turn()  # Tk takes it to the window's own report
    made: list[bool] = []
    bench.pump.post(lambda: made.append(True))
    bench.root.turn()
    assert made == [True]


def test_stopped_it_makes_no_call_and_waits_for_nothing(bench: Bench) -> None:
    made: list[bool] = []
    bench.pump.start()
    bench.pump.post(lambda: made.append(True))
    bench.pump.stop()
    bench.pump.stop()
    assert not bench.root.pending
    assert bench.pump.drain() == 0 and made == []


def test_a_call_may_stop_it_and_nothing_follows(bench: Bench) -> None:
    """Closing the window is such a call: its widgets are gone for what comes behind."""
    made: list[bool] = []
    bench.pump.post(bench.pump.stop)
    bench.pump.post(lambda: made.append(True))
    bench.pump.start()
    bench.root.turn()
    assert made == [] and bench.turns == 0 and not bench.root.pending
