"""Which of the full sockets can be written again: what the delivery thread sleeps on.

Owns one selector and a wake-up. Must not know what is written, or why.
"""

from __future__ import annotations

import selectors
import threading

from securechat.net.held_socket import WakeUp
from securechat.net.tls_connection import TlsConnection

__all__ = ["Poller"]


class Poller:
    """`watch` and `wake` are for any thread; the rest is for the one thread that owns the poller.

    The owner's loop: ``for connection in poller.wait(...): connection.continue_writing()``, where
    `TlsConnection` was given `watch` as its ``on_blocked``.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_up = WakeUp()
        self._wake_up.hold()  # until close(): the selector knows its descriptor
        self._selector.register(self._wake_up, selectors.EVENT_READ)
        # Watched descriptors are held open: otherwise a closed one's number could come back as another connection
        # while the selector still knows the old. Only the owner's thread touches this.
        self._watched: set[TlsConnection] = set()
        self._lock = threading.Lock()  # guards the three below
        self._arrivals: list[TlsConnection] = []
        self._woken = False
        self._asleep = False
        self._closed = False

    def watch(self, connection: TlsConnection) -> None:
        """Return ``connection`` from `wait`, once, when it can be written or was closed. Idempotent until then."""
        with self._lock:
            self._arrivals.append(connection)
            signal, self._asleep = self._asleep, False
        if signal:
            self._wake_up.wake()

    def wake(self) -> None:
        """Let `wait` return, now or the next time. Any number of calls before that cost one system call at most."""
        with self._lock:
            self._woken = True
            signal, self._asleep = self._asleep, False
        if signal:
            self._wake_up.wake()

    def wait(self, timeout_s: float | None) -> list[TlsConnection]:
        """Block until a watched connection can be written, `wake` is called, or ``timeout_s`` passed (None: never).

        Returns the connections to continue; it may be empty for no visible reason. Each must be watched anew.
        """
        if self._closed:
            return []
        with self._lock:
            arrivals, self._arrivals = self._arrivals, []
            woken, self._woken = self._woken, False
            self._asleep = not woken
        for connection in arrivals:
            if connection not in self._watched and connection.held.hold():
                self._watched.add(connection)
                self._selector.register(connection, selectors.EVENT_WRITE)
        ready = self._selector.select(0 if woken else timeout_s)
        with self._lock:
            self._asleep = False
            self._woken = False
        connections: list[TlsConnection] = []
        for key, _ in ready:
            if isinstance(key.fileobj, TlsConnection):
                self.forget(key.fileobj)
                connections.append(key.fileobj)
            else:
                self._wake_up.drain()
        return connections

    def forget(self, connection: TlsConnection) -> None:
        """Watch it no longer. Not needed for a closed one: it comes out of `wait` by itself."""
        with self._lock:
            self._arrivals = [other for other in self._arrivals if other is not connection]
        if connection in self._watched:
            self._watched.remove(connection)
            self._selector.unregister(connection)
            connection.held.release()

    def close(self) -> None:
        """Idempotent; the owner's thread, or another once that has ended. `watch` and `wake` do nothing afterwards."""
        if self._closed:
            return
        self._closed = True
        for connection in list(self._watched):
            self.forget(connection)
        self._selector.close()
        self._wake_up.release()
        self._wake_up.close()
