"""Making connections to one server, first and again, so that another thread can give up on the one under way.

Owns the TLS context and the connection that is being made. Who logs in on it is `login`'s business.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from securechat.client.address import ServerAddress
from securechat.client.connection import Connection
from securechat.errors import ConnectionClosed
from securechat.net import Cancel, client_context, connect

__all__ = ["Entrance"]


class Entrance:
    """Dials one address. `on_lost` is called on a connection's receive thread when it ended."""

    def __init__(self, address: ServerAddress, on_lost: Callable[[], None], monotonic: Callable[[], float]) -> None:
        self.address = address
        self._on_lost = on_lost
        self._monotonic = monotonic
        self._context = client_context()
        self._cancel = Cancel()
        self._lock = threading.Lock()  # guards _current
        self._current: Connection | None = None

    def dial(self, timeout_s: float) -> Connection:
        """A connection that receives. ConnectionClosed if nothing answers or `give_up` was called. Blocks."""
        tls = connect(self.address.host, self.address.port, self._context, timeout_s, cancel=self._cancel)
        connection = Connection(tls, on_lost=self._on_lost, monotonic=self._monotonic)
        with self._lock:
            self._current = connection
            given_up = self._cancel.is_set
        connection.start()
        if given_up:
            connection.close()
            raise ConnectionClosed("Connecting was cancelled.")
        return connection

    @property
    def given_up(self) -> bool:
        """True after `give_up`."""
        return self._cancel.is_set

    def give_up(self) -> None:
        """End the connection under way and every later one; idempotent, any thread, does not wait."""
        self._cancel.set()
        self.drop()

    def drop(self) -> None:
        """End the present connection only."""
        with self._lock:
            current = self._current
        if current is not None:
            current.close()

    def join(self, timeout_s: float | None) -> None:
        """Wait for the receive thread of the last connection."""
        with self._lock:
            current = self._current
        if current is not None:
            current.join(timeout_s)
