"""The one way from other threads into the window: they put calls on a queue, the Tk main thread makes them.

Workers never touch Tk. `Pump` looks at the queue from ``after``, because a Tk event sent from another thread is not
safe with every build of Tk. It makes at most `PER_TURN` calls per turn, so that a flood of messages leaves the window
responsive, and for at most `TURN_S`; it looks less often while nothing comes. Its pending ``after`` id is kept and
cancelled by `stop`.
"""

from __future__ import annotations

import queue
import time
import tkinter as tk
from collections.abc import Callable

__all__ = ["PER_TURN", "Pump"]

PER_TURN = 50
TURN_S = 0.010  # calls are made for so long, then the window gets its turn: a key is drawn in between
MORE_MS = 1  # there is more to do, but what the person does comes first
BUSY_MS = 10  # between turns while calls come
IDLE_MS = 50  # between turns while none do: below what a person notices, and idle costs no measurable CPU


class Pump:
    """``on_turn`` is called once per turn after the calls, and says True if it has more to do at once; ``on_crash`` is
    called for each call that raised."""

    def __init__(
        self, root: tk.Misc, on_turn: Callable[[], object], on_crash: Callable[[BaseException], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._monotonic = root, monotonic
        self._on_turn, self._on_crash = on_turn, on_crash
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._after_id: str | None = None
        self._stopped = False

    def post(self, call: Callable[[], None]) -> None:
        """Let the main thread make ``call`` soon. Any thread, any time; after `stop` it is never made."""
        self._queue.put(call)

    def start(self) -> None:
        """Begin turning. Main thread."""
        self._after_id = self._root.after(BUSY_MS, self._turn)

    def stop(self) -> None:
        """Make no further call. Idempotent. Main thread."""
        self._stopped = True
        if self._after_id is not None:
            self._root.after_cancel(self._after_id)
            self._after_id = None

    def drain(self) -> int:
        """Make the calls that wait, at most `PER_TURN`; returns how many."""
        made, end = 0, self._monotonic() + TURN_S
        while made < PER_TURN and not self._stopped and (made == 0 or self._monotonic() < end):
            try:
                call = self._queue.get_nowait()
            except queue.Empty:
                break
            made += 1
            self._guarded(call)
        return made

    def _turn(self) -> None:
        self._after_id = None
        made, more = 0, False
        try:
            made = self.drain()
            if not self._stopped:
                more = self._guarded(self._on_turn) is True
        finally:  # even if on_crash itself crashed, the window goes on
            if not self._stopped:  # a call may have closed the window
                pause_ms = MORE_MS if more else BUSY_MS if made else IDLE_MS
                self._after_id = self._root.after(pause_ms, self._turn)

    def _guarded(self, call: Callable[[], object]) -> object:
        try:
            return call()
        except Exception as error:  # one bad call must not end the pump; it is shown and logged by on_crash
            self._on_crash(error)
        return None
