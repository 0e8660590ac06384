"""Waiting for the word to stop: a signal, or the operator's `/stop`.

Owns a pipe and the handlers of the signals. A signal whose handler Python runs "soon" cannot wake a thread that has
just begun to wait for a lock or a queue: the byte that the interpreter writes into the pipe at once, in whichever
thread the signal came, can (`signal.set_wakeup_fd`).
"""

from __future__ import annotations

import contextlib
import os
import signal

__all__ = ["StopSign"]

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class StopSign:
    """Made and closed in the main thread; from then on signals that stop a program are words to `wait` for."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {
            number: signal.signal(number, lambda *_: None)  # the byte says all; but without a handler none is written
            for name in _SIGNALS if (number := getattr(signal, name, None)) is not None
        }

    def say(self) -> None:
        """Stop. Any thread, any number of times."""
        with contextlib.suppress(BlockingIOError):  # so many have said it before that the pipe is full
            os.write(self._write, b"\0")

    def wait(self) -> None:
        """Until a signal comes or `say` is called; at once if that was so before. Main thread."""
        os.read(self._read, 1)

    def close(self) -> None:
        """Give the signals back to who had them. Main thread."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._read)
        os.close(self._write)
