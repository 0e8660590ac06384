"""Deadlines, waiting by poll and by select, held sockets, and the queue of what is to be sent."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.net import waiting
from securechat.net.held_socket import HeldSocket, WakeUp
from securechat.net.send_queue import SendQueue
from securechat.net.waiting import Deadline
from tests.net.pairs import DEADLINE_S, Background


def test_a_deadline_is_one_budget() -> None:
    now = [100.0]
    deadline = Deadline(5.0, lambda: now[0])
    assert deadline.remaining() == 5.0
    now[0] = 103.0
    assert deadline.remaining() == 2.0
    now[0] = 110.0
    assert deadline.remaining() == 0.0
    assert Deadline(None).remaining() is None


@pytest.mark.parametrize("wait", [waiting._by_poll, waiting._by_select])
def test_waiting_tells_what_is_ready(wait: Callable[..., list[int]]) -> None:
    near, far = socket.socketpair()
    with near, far:
        assert wait([near.fileno()], [], 0.0) == []
        assert wait([near.fileno()], [], 0.001) == []
        assert wait([near.fileno()], [far.fileno()], 0.0) == [far.fileno()]
        far.send(b"x")
        assert sorted(wait([near.fileno()], [far.fileno()], None)) == sorted([near.fileno(), far.fileno()])
        far.shutdown(socket.SHUT_RDWR)
        assert wait([near.fileno()], [], DEADLINE_S) == [near.fileno()]


def test_a_held_socket_is_closed_by_the_last_holder() -> None:
    near, far = socket.socketpair()
    with far:
        held = HeldSocket(near)
        assert held.hold() and held.hold()
        held.close()
        assert not held.hold()
        held.release()
        assert near.fileno() >= 0
        held.release()
        assert near.fileno() == -1
        held.close()


def test_draining_ends_even_if_the_peer_does_not_stop() -> None:
    class Endless:
        received = 0

        def recv(self, size: int) -> bytes:
            self.received += size
            return b"x"

    endless = Endless()
    HeldSocket(endless).drain()  # type: ignore[arg-type]
    assert endless.received == 1 << 20


def test_a_wake_up_wakes_and_survives_any_number() -> None:
    """A thread waits for it; after that it takes more wake-ups than its buffer holds."""
    wake_up = WakeUp()
    assert wake_up.hold()
    sleeping = Background(lambda: waiting.wait_ready([wake_up.fileno()]))
    wake_up.wake()
    assert sleeping.result() == [wake_up.fileno()]
    for _ in range(5000):
        wake_up.wake()
    wake_up.drain()
    assert waiting.wait_ready([wake_up.fileno()], timeout_s=0.0) == []
    wake_up.close()
    assert waiting.wait_ready([wake_up.fileno()]) == [wake_up.fileno()]
    wake_up.wake()
    assert wake_up.fileno() >= 0
    wake_up.release()
    assert wake_up.fileno() == -1 and not wake_up.hold()


@given(st.lists(st.binary(min_size=1, max_size=20)), st.lists(st.integers(1, 30)))
def test_the_queue_gives_what_it_took_in_turns_of_the_limit(pieces: list[bytes], limits: list[int]) -> None:
    queue = SendQueue()
    for piece in pieces:
        queue.append(piece)
    whole, taken = b"".join(pieces), b""
    for limit in [*limits, 10_000]:
        assert queue.size == len(whole) - len(taken)
        turn = bytes(queue.take(limit))
        assert len(turn) == min(limit, len(whole) - len(taken))
        taken += turn
    assert taken == whole and queue.size == 0 and not queue.take(1)
    queue.append(b"more")
    queue.clear()
    assert queue.size == 0 and not queue.take(1)
