"""Waiting: one budget of time over many steps, and for sockets without touching them.

Owns the choice between ``poll`` and ``select``. Knows nothing of connections.
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Callable, Iterable

__all__ = ["Deadline", "wait_ready"]


class Deadline:
    """A budget of seconds that starts now and is spent over many steps; None never ends."""

    def __init__(self, timeout_s: float | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = None if timeout_s is None else monotonic() + timeout_s

    def remaining(self) -> float | None:
        """Seconds left, 0 when it has passed, None if it never will."""
        return None if self._end is None else max(0.0, self._end - self._monotonic())


def _by_poll(readable: Iterable[int], writable: Iterable[int], timeout_s: float | None) -> list[int]:
    poller = select.poll()
    for fd in readable:
        poller.register(fd, select.POLLIN)
    for fd in writable:
        poller.register(fd, select.POLLOUT)
    # Rounded up, else the last fraction of a millisecond would be spent in a busy loop.
    return [fd for fd, _ in poller.poll(None if timeout_s is None else math.ceil(timeout_s * 1000))]


def _by_select(readable: Iterable[int], writable: Iterable[int], timeout_s: float | None) -> list[int]:
    readers, writers = list(readable), list(writable)
    # Windows reports a failed connect among the exceptional ones only.
    ready = select.select(readers, writers, writers, timeout_s)
    return list({fd for group in ready for fd in group})


_wait = _by_poll if hasattr(select, "poll") else _by_select


def wait_ready(readable: Iterable[int] = (), writable: Iterable[int] = (), timeout_s: float | None = None) -> list[int]:
    """Block until one of the descriptors can be read or written (or failed); [] when ``timeout_s`` passed.

    A descriptor is named in one of the two only. Any thread; the caller sees to it that none is closed meanwhile.
    """
    return _wait(readable, writable, timeout_s)
