"""Answers of one connection, in the order of its requests (docs/protocol.md §3).

A post is answered by the journal when it is durable, everything else by the session's own thread; a slot keeps each
answer's place. Any thread may fill a slot; only the session's thread opens slots and waits.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from securechat.errors import ConnectionClosed, RemoteProtocolError

__all__ = ["Replies"]


class Replies:
    """The requests in flight of one connection. `send` must not block (`TlsConnection.send`)."""

    def __init__(self, send: Callable[[bytes], object], most: int) -> None:
        self._send = send
        self._most = most
        # Guards _slots. `send` is called outside it; _sending makes one thread at a time the one that sends, so that
        # answers taken together leave in order.
        self._changed = threading.Condition()
        self._slots: OrderedDict[int, bytes | None] = OrderedDict()
        self._sending = False
        self._ended = False

    def open(self, request: int) -> None:
        """Take the next place for this request's answer; waits while too many are in flight.

        RemoteProtocolError for request 0 and for a number that is in flight, ConnectionClosed after `end`.
        """
        with self._changed:
            if request == 0 or request in self._slots:
                raise RemoteProtocolError("A request number is 0 or in flight.")
            self._changed.wait_for(lambda: len(self._slots) < self._most or self._ended)
            self._check()
            self._slots[request] = None

    def fill(self, request: int, answer: bytes) -> None:
        """Give the answer; it leaves when all before it have left."""
        with self._changed:
            if request not in self._slots:
                return  # the connection has ended meanwhile
            self._slots[request] = answer
        self._drain()

    def _drain(self) -> None:
        while True:
            with self._changed:
                if self._sending:
                    return
                ready = []
                while self._slots:
                    request, answer = next(iter(self._slots.items()))
                    if answer is None:
                        break
                    ready.append(answer)
                    del self._slots[request]
                if not ready:
                    return
                self._sending = True
                self._changed.notify_all()
            try:
                self._send(b"".join(ready))
            finally:
                with self._changed:
                    self._sending = False
                    self._changed.notify_all()

    def wait_answered(self) -> None:
        """Block until every request opened so far is answered, or the connection has ended."""
        with self._changed:
            self._changed.wait_for(lambda: (not self._slots and not self._sending) or self._ended)

    def wait_answered_before(self, request: int) -> None:
        """Block until every request before this open one is answered; ConnectionClosed after `end`."""
        with self._changed:
            self._changed.wait_for(lambda: next(iter(self._slots), request) == request or self._ended)
            self._check()

    def _check(self) -> None:
        if self._ended:
            raise ConnectionClosed

    def end(self) -> None:
        """The connection is gone: nobody waits any longer, later answers are dropped."""
        with self._changed:
            self._ended = True
            self._slots.clear()
            self._changed.notify_all()
