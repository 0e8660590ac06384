"""Answers leave in the order of the requests, whoever gives them and when."""

from __future__ import annotations

import random
import threading

import pytest

from securechat.errors import ConnectionClosed, RemoteProtocolError
from securechat.server.replies import Replies


def test_answer_waits_for_those_before_it() -> None:
    sent: list[bytes] = []
    replies = Replies(sent.append, 8)
    for number in (5, 3, 9):
        replies.open(number)
    replies.fill(9, b"9")
    replies.fill(3, b"3")
    assert sent == []
    replies.fill(5, b"5")
    assert b"".join(sent) == b"539"


def test_number_zero_and_one_in_flight_are_refused() -> None:
    replies = Replies(lambda data: None, 8)
    replies.open(1)
    for number in (0, 1):
        with pytest.raises(RemoteProtocolError):
            replies.open(number)
    replies.fill(1, b"")
    replies.open(1)


def test_answers_of_many_threads_leave_in_order() -> None:
    """Eight threads answer 400 requests in random order while the ninth asks; the order of asking is kept."""
    sent: list[bytes] = []
    replies, count = Replies(sent.append, 16), 400
    asked, threads = threading.Semaphore(0), []
    waiting: list[int] = []
    lock = threading.Lock()

    def answer() -> None:
        for _ in range(count // 8):
            assert asked.acquire(timeout=10)
            with lock:
                number = waiting.pop(random.randrange(len(waiting)))  # noqa: S311 - only an order
            replies.fill(number, number.to_bytes(2, "big"))

    for _ in range(8):
        threads.append(threading.Thread(target=answer))
        threads[-1].start()
    for number in range(1, count + 1):
        replies.open(number)
        with lock:
            waiting.append(number)
        asked.release()
    replies.wait_answered()
    for thread in threads:
        thread.join(10)
    assert b"".join(sent) == b"".join(number.to_bytes(2, "big") for number in range(1, count + 1))


def test_no_more_than_allowed_are_open() -> None:
    """The asker waits with the next until one is answered."""
    replies = Replies(lambda data: None, 2)
    replies.open(1)
    replies.open(2)
    third = threading.Event()

    def ask() -> None:
        replies.open(3)
        third.set()

    thread = threading.Thread(target=ask)
    thread.start()
    assert not third.is_set()
    replies.fill(1, b"")
    assert third.wait(10)
    thread.join(10)


@pytest.mark.parametrize("wait", ["open", "wait_answered_before"])
def test_end_wakes_who_waits_and_drops_later_answers(wait: str) -> None:
    """A session's thread that waits for the journal does not outlive its connection."""
    sent: list[bytes] = []
    replies = Replies(sent.append, 2)
    replies.open(1)
    replies.open(2)
    outcome: list[type[Exception]] = []

    def ask() -> None:
        try:
            replies.open(3) if wait == "open" else replies.wait_answered_before(2)
        except ConnectionClosed as error:
            outcome.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    replies.end()
    thread.join(10)
    assert outcome == [ConnectionClosed]
    replies.fill(1, b"late")
    replies.wait_answered()
    assert sent == []


def test_failing_send_does_not_stop_the_next() -> None:
    calls: list[bytes] = []

    def send(data: bytes) -> None:
        calls.append(data)
        if len(calls) == 1:
            raise OSError

    replies = Replies(send, 8)
    replies.open(1)
    replies.open(2)
    with pytest.raises(OSError):
        replies.fill(1, b"1")
    replies.fill(2, b"2")
    replies.wait_answered()
    assert calls == [b"1", b"2"]
