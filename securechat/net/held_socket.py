"""A socket that several threads use and any thread may close.

Owns one idea: the descriptor is given back only when no thread is inside a system call on it. Otherwise the number
may belong to another connection by the time that the call looks at it. Knows nothing of TLS.
"""

from __future__ import annotations

import socket
import threading

__all__ = ["HeldSocket", "WakeUp"]

_DRAIN_SIZE = 65_536
_DRAIN_ROUNDS = 16  # 1 MiB: a peer that floods us does not keep us here


class HeldSocket:
    """Counts the threads that are using ``sock``; the last one out closes it.

    Every use goes between a `hold` that returned True and a `release`.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._lock = threading.Lock()  # guards the two below
        self._holders = 0
        self._closing = False

    def hold(self) -> bool:
        """Keep the descriptor open until `release`; False if it is closed or about to be."""
        with self._lock:
            if self._closing:
                return False
            self._holders += 1
            return True

    def release(self) -> None:
        """End one `hold`; closes the socket if it was the last and `close` was called meanwhile."""
        with self._lock:
            self._holders -= 1
            last = self._closing and self._holders == 0
        if last:
            self.sock.close()

    def close(self) -> None:
        """Idempotent, any thread. Does not wake anybody: that is the caller's part, before this."""
        with self._lock:
            first = not self._closing
            self._closing = True
            idle = self._holders == 0
        if first and idle:
            self.sock.close()

    def set_options(self) -> None:
        """For a connection: calls do not block, and small writes leave at once (TCP_NODELAY)."""
        self.sock.setblocking(False)
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass  # not TCP, or the peer has already left: reading will tell

    def shut_down(self) -> None:
        """End both directions, so that every thread waiting on the socket wakes. Between `hold` and `release`."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is down already, and so every waiting thread has been woken

    def drain(self) -> None:
        """Throw away what has arrived, without waiting. Between `hold` and `release`.

        Closing over unread bytes makes TCP send a reset, which can overtake our last words.
        """
        try:
            for _ in range(_DRAIN_ROUNDS):
                if not self.sock.recv(_DRAIN_SIZE):
                    return
        except OSError:
            pass  # nothing there, or a reset: both are the end of it


class WakeUp:
    """A socket pair: `wake` on one side makes the other readable for a thread that waits there."""

    def __init__(self) -> None:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._reader = HeldSocket(reader)
        self._writer = HeldSocket(writer)

    def wake(self) -> None:
        """Any thread, never blocks; after `close` it does nothing."""
        if not self._writer.hold():
            return
        try:
            self._writer.sock.send(b"\0")
        except OSError:
            pass  # full of wake-ups that nobody has read yet, or closed at this moment: one more says nothing new
        finally:
            self._writer.release()

    def hold(self) -> bool:
        """For the waiting thread: keep `fileno` valid until `release`; False after `close`."""
        return self._reader.hold()

    def release(self) -> None:
        """End one `hold`."""
        self._reader.release()

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._reader.sock.fileno()

    def drain(self) -> None:
        """Forget the wake-ups so far. Only the waiting thread, between `hold` and `release`."""
        try:
            while self._reader.sock.recv(4096):
                pass
        except BlockingIOError:
            pass  # empty now

    def close(self) -> None:
        """Idempotent, any thread. Wakes the waiting thread too, for good: the other side of the pair is gone."""
        self._writer.close()
        self._reader.close()
