"""The server's main thread hears every word to stop, wherever and whenever it comes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from securechat.server.stopping import StopSign


@pytest.fixture
def sign() -> Iterator[StopSign]:
    made = StopSign()
    yield made
    made.close()


def test_a_signal_that_another_thread_gets_wakes_the_main_thread(sign: StopSign) -> None:
    """The handler has to wait for the main thread, which waits: only what is written at once can wake it."""
    release = threading.Event()
    other = threading.Thread(target=release.wait, name="other")
    other.start()
    assert other.ident is not None
    sender = threading.Timer(0.05, signal.pthread_kill, (other.ident, signal.SIGTERM))
    sender.start()
    sign.wait()
    release.set()
    other.join()
    sender.join()


def test_a_signal_before_the_wait_is_not_forgotten(sign: StopSign) -> None:
    signal.raise_signal(signal.SIGHUP)
    sign.wait()


def test_any_thread_may_say_it_and_far_too_often(sign: StopSign) -> None:
    """A full pipe blocks nobody."""
    teller = threading.Thread(target=lambda: [sign.say() for _ in range(100_000)], name="teller")
    teller.start()
    sign.wait()
    teller.join()


def test_afterwards_the_signals_are_whose_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    sign = StopSign()
    assert signal.getsignal(signal.SIGTERM) is not before
    sign.close()
    assert signal.getsignal(signal.SIGTERM) is before
