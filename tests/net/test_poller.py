"""The poller: which connections can be written again, and how its owner is woken."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from securechat.net.poller import Poller
from securechat.net.tls_connection import TlsConnection
from tests.net.pairs import DEADLINE_S, SMALL_BUFFER, Background, Contexts, fill, pair, receive_exactly


@pytest.fixture
def poller() -> Iterator[Poller]:
    made = Poller()
    yield made
    made.close()


def test_a_wake_up_before_waiting_is_not_lost(poller: Poller) -> None:
    poller.wake()
    poller.wake()
    assert poller.wait(None) == []
    assert poller.wait(0.0) == []


def test_wake_ends_waiting(poller: Poller) -> None:
    """The owner waits without a timeout; each wake() of another thread ends one wait, at least."""
    for _ in range(20):
        waiting = Background(lambda: poller.wait(None))
        poller.wake()
        assert waiting.result() == []
    assert poller._selector.select(0.0) == []  # nothing is left that would keep the owner spinning


def test_many_wake_ups_cost_one_system_call(poller: Poller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sleeps: only the flag is set. Somebody sleeps: the first call wakes, the others find that done."""
    signals: list[None] = []
    asleep = threading.Event()
    real_wake, real_select = poller._wake_up.wake, poller._selector.select

    def select(timeout: float | None) -> object:
        if timeout is None:
            asleep.set()
        return real_select(timeout)

    def wake() -> None:
        signals.append(None)
        real_wake()

    monkeypatch.setattr(poller._wake_up, "wake", wake)
    monkeypatch.setattr(poller._selector, "select", select)
    for _ in range(1000):
        poller.wake()
    assert not signals
    poller.wait(None)
    asleep.clear()
    waiting = Background(lambda: poller.wait(None))
    assert asleep.wait(DEADLINE_S)
    for _ in range(1000):
        poller.wake()
    waiting.result()
    assert len(signals) == 1


def test_a_full_connection_comes_back_when_it_can_be_written(contexts: Contexts, poller: Poller) -> None:
    """It is watched while the owner already sleeps, and comes out once."""
    with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (server, client):

        def first() -> list[TlsConnection]:
            while not (ready := poller.wait(DEADLINE_S)):
                pass  # woken to look at what is new
            return ready

        waiting = Background(first)
        sent = fill(server)
        poller.watch(server)
        assert waiting.running
        reading = Background(lambda: receive_exactly(client, sent))
        assert waiting.result() == [server]
        assert poller.wait(0.0) == []
        assert server.flush(DEADLINE_S)
        assert len(reading.result()) == sent
        poller.watch(server)
        assert poller.wait(DEADLINE_S) == [server]


def test_a_watched_connection_that_is_closed_comes_back(contexts: Contexts, poller: Poller) -> None:
    """Its descriptor stays reserved until then, so that no other connection can get the number."""
    with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (server, _):
        fill(server)
        assert poller.wait(0.0) == []
        server.close()
        assert server.fileno() >= 0
        assert poller.wait(DEADLINE_S) == [server]
        assert server.fileno() == -1
        assert not server.continue_writing()
        poller.watch(server)  # too late, and harmless
        assert poller.wait(0.0) == []


def test_a_connection_closed_before_it_was_looked_at_is_passed_over(contexts: Contexts, poller: Poller) -> None:
    with pair(contexts) as (server, client):
        poller.watch(server)
        poller.watch(client)
        server.close()
        assert poller.wait(DEADLINE_S) == [client]


def test_a_forgotten_connection_does_not_come_back(contexts: Contexts, poller: Poller) -> None:
    with pair(contexts) as (server, _):
        poller.watch(server)
        poller.forget(server)
        assert poller.wait(0.0) == []
        with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (full, _):
            fill(full)
            assert poller.wait(0.0) == []
            poller.forget(full)
            full.close()
            assert full.fileno() == -1
            assert poller.wait(0.0) == []


def test_close_lets_go_of_everything(contexts: Contexts) -> None:
    poller = Poller()
    with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (server, _):
        fill(server)
        assert poller.wait(0.0) == []
        poller.close()
        poller.close()
        server.close()
        assert server.fileno() == -1
        poller.wake()
        poller.watch(server)
        assert poller.wait(None) == []
