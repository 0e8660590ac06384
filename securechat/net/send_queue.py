"""What waits to be sent on one connection: a queue of pieces that is taken in turns of bounded size.

Pure: no lock, no socket; its owner guards it.
"""

from __future__ import annotations

from collections import deque

__all__ = ["SendQueue"]


class SendQueue:
    """First in, first out; ``size`` is the number of bytes in it."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | memoryview] = deque()
        self.size = 0

    def append(self, piece: bytes) -> None:
        """Put ``piece`` at the end; it is not copied."""
        self._pieces.append(piece)
        self.size += len(piece)

    def take(self, limit: int) -> bytes | memoryview:
        """Remove and return the first bytes, up to ``limit``; b"" if there are none.

        Joined, because a TLS record of many small frames costs what a record of one costs.
        """
        turn: list[bytes | memoryview] = []
        room = limit
        while self._pieces and room:
            piece = self._pieces.popleft()
            if len(piece) > room:
                whole = memoryview(piece)
                self._pieces.appendleft(whole[room:])
                piece = whole[:room]
            turn.append(piece)
            room -= len(piece)
        self.size -= limit - room
        return turn[0] if len(turn) == 1 else b"".join(turn)

    def clear(self) -> None:
        """Forget everything."""
        self._pieces.clear()
        self.size = 0
