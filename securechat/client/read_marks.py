"""How far one has read, per conversation: kept here while offline, told to the server, never lowered.

Owns the numbers. Any thread.
"""

from __future__ import annotations

import threading

__all__ = ["ReadMarks"]


class ReadMarks:
    """The own read marks of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._marks: dict[bytes, int] = {}
        self._server: dict[bytes, int] = {}

    def get(self, conv: bytes) -> int:
        """The highest seq read, 0 if none."""
        with self._lock:
            return self._marks.get(conv, 0)

    def raise_to(self, conv: bytes, seq: int) -> bool:
        """Read up to `seq` here. False if that is nothing new."""
        with self._lock:
            if seq <= self._marks.get(conv, 0):
                return False
            self._marks[conv] = seq
            return True

    def server_has(self, conv: bytes, seq: int) -> bool:
        """The server's mark. True if it is higher than the one here, which follows it."""
        with self._lock:
            self._server[conv] = max(seq, self._server.get(conv, 0))
        return self.raise_to(conv, seq)

    def untold(self) -> dict[bytes, int]:
        """Marks that the server does not have yet."""
        with self._lock:
            return {conv: seq for conv, seq in self._marks.items() if seq > self._server.get(conv, 0)}
