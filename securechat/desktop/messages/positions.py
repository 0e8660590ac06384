"""Where things are in a list that grows at both ends: each has a handle, and its place is found at once.

Pure bookkeeping beside a list that its owner keeps; putting things near one end costs only what is between.
"""

from __future__ import annotations

import itertools

__all__ = ["Positions"]


class Positions:
    """Handles (whole numbers, never used twice) in the order of the owner's list."""

    def __init__(self) -> None:
        self._handles: list[int] = []
        self._ordinals: dict[int, int] = {}  # a thing's place is its ordinal minus that of the first
        self._first = 0
        self._fresh = itertools.count(1)

    def __len__(self) -> int:
        return len(self._handles)

    def insert(self, index: int, count: int) -> list[int]:
        """Room for ``count`` things at ``index``; returns their new handles."""
        handles = list(itertools.islice(self._fresh, count))
        self._handles[index:index] = handles
        self._number(index, index + count, count)
        return handles

    def move(self, index: int, to: int) -> None:
        """The thing at ``index`` now stands at ``to``, counted without it."""
        self._handles.insert(to, self._handles.pop(index))
        for at in range(min(index, to), max(index, to) + 1):
            self._ordinals[self._handles[at]] = self._first + at

    def index(self, handle: int) -> int:
        """Where the thing with this handle is."""
        return self._ordinals[handle] - self._first

    def handles(self, start: int, stop: int) -> list[int]:
        """The handles of the things from ``start`` up to ``stop``."""
        return self._handles[start:stop]

    def _number(self, start: int, stop: int, added: int) -> None:
        """Number what is new at ``start`` to ``stop``, and the shorter side of it."""
        if start < len(self._handles) - stop:
            self._first -= added
            start = 0
        else:
            stop = len(self._handles)
        for at in range(start, stop):
            self._ordinals[self._handles[at]] = self._first + at
