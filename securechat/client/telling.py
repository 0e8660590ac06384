"""What the server is told of a person who is there: that they write, and how far they have read.

Owns how often typing is told. Nothing here waits for an answer; while offline typing is not told at all, and a read
mark with the next login. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from securechat.client.login import Link
from securechat.client.read_marks import ReadMarks
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import SetRead, Typing

__all__ = ["Telling"]


class Telling:
    """Of one account. `link`: the connection that is logged in now, if any; `monotonic`: seconds."""

    def __init__(self, link: Callable[[], Link | None], marks: ReadMarks, monotonic: Callable[[], float]) -> None:
        self._link = link
        self._marks = marks
        self._monotonic = monotonic
        self._typed_s: dict[bytes, float] = {}

    def typing(self, conv: bytes) -> None:
        """One is writing; at most once in 4 s goes out."""
        now, link = self._monotonic(), self._link()
        if link is not None and now - self._typed_s.get(conv, -limits.TYPING_EVERY_S) >= limits.TYPING_EVERY_S:
            self._typed_s[conv] = now
            link.connection.submit(FrameType.TYPING, Typing(conv).raw)

    def read(self, conv: bytes, seq: int) -> None:
        """One has read up to `seq`; never lowers."""
        if not 0 < seq < 1 << 63 or not self._marks.raise_to(conv, seq):
            return
        link = self._link()
        if link is None:
            return

        def told(done: Future[bytes]) -> None:
            if done.exception() is None:
                self._marks.server_has(conv, seq)

        link.connection.submit(FrameType.READ, SetRead(conv, seq, 0).raw).add_done_callback(told)
