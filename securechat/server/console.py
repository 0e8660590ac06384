"""The operator's terminal: lines out through one thread, lines in through another.

Output has a thread of its own, because a terminal may stop reading (Ctrl+S, a slow pipe) and nobody else may wait for
that. On a terminal an incoming line does not tear the line that is being typed. End of input ends the input thread
only. Control characters in anything printed are replaced (docs/protocol.md §12).
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any

from securechat.rules.clean_text import one_line

try:
    import readline
except ImportError:  # Windows: lines are printed as they come
    readline = None  # type: ignore[assignment]
try:
    import termios
except ImportError:
    termios = None  # type: ignore[assignment]

__all__ = ["ConsoleInput", "ConsoleOutput"]

_PROMPT = "> "
_MOST_LINES = 10_000


class ConsoleOutput:
    """`say` may be called from any thread and never blocks; lines appear in the order of the calls."""

    def __init__(self, stream: IO[str] | None = None, *, interactive: bool | None = None) -> None:
        self._stream: IO[str] = stream or sys.stdout
        if interactive is None:
            interactive = self._stream.isatty() and sys.stdin is not None and sys.stdin.isatty()
        self.interactive = interactive
        self.prompting = False
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._changed = threading.Condition()  # guards the four around it; never held while printing
        self._closing = False
        self._printing = False
        self._thread = threading.Thread(target=self._run, name="console-output")
        self._thread.start()

    def say(self, line: str) -> None:
        """Print one line. If the terminal does not take them, the lines over the bound are counted and left out."""
        with self._changed:
            if len(self._lines) >= _MOST_LINES:
                self._dropped += 1
                return
            self._lines.append(one_line(line))
            self._changed.notify_all()

    def drain(self, timeout_s: float = 1.0) -> None:
        """Wait until what was said so far is printed, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines and not self._printing, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Print what is queued, then end the thread. Idempotent."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._closing)
                if not self._lines:
                    return
                batch = list(self._lines)
                self._lines.clear()
                dropped, self._dropped = self._dropped, 0
                self._printing = True
            if dropped:
                batch.append(f"({dropped} lines were left out, because the terminal was too slow)")
            try:
                self._print(batch)
            except (OSError, ValueError):
                return  # nobody reads the terminal any more; the server lives on
            finally:
                with self._changed:
                    self._printing = False
                    self._changed.notify_all()

    def _print(self, batch: list[str]) -> None:
        text = "\n".join(batch) + "\n"
        if self.interactive and self.prompting and readline is not None:
            # Wipe the line being typed, print, and put it back below.
            text = f"\r\x1b[K{text}{_PROMPT}{readline.get_line_buffer()}"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


class ConsoleInput:
    """Reads the operator's lines in a daemon thread (nothing can wake a read of the terminal) and hands each on."""

    def __init__(self, output: ConsoleOutput, handle: Callable[[str], None]) -> None:
        self._output = output
        self._handle = handle
        self._ended = False
        self._saved = self._terminal_settings()
        self._thread = threading.Thread(target=self._run, name="console-input", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def finish(self) -> None:
        """Ask for no further line. For whoever handles the last one, so that no prompt comes behind `restore`."""
        self._ended = True

    def restore(self) -> None:
        """Give the terminal back as it was: the library for typing changes its settings while it reads."""
        self._ended = True
        if self._output.prompting:
            self._output.prompting = False
            self._output.say("")  # what is printed from now on begins below the line that was being typed
        if self._saved is not None and termios is not None:
            try:
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._saved)
            except (termios.error, OSError, ValueError):
                pass  # the terminal itself is gone: its window was closed

    def _terminal_settings(self) -> Any:
        if not self._output.interactive or termios is None:
            return None
        return termios.tcgetattr(sys.stdin.fileno())

    def _run(self) -> None:
        try:
            if self._output.interactive:
                self._read_terminal()
            elif sys.stdin is not None:
                self._read_pipe(sys.stdin.fileno())
        except (EOFError, OSError, ValueError):
            pass  # no input (any more): the server goes on without it
        finally:
            self._output.prompting = False

    def _read_terminal(self) -> None:
        while not self._ended:
            self._output.drain()  # the prompt comes below what was said so far
            self._output.prompting = True
            line = input(_PROMPT)
            self._output.prompting = False
            self._handle(line)

    def _read_pipe(self, descriptor: int) -> None:
        # Not sys.stdin: a daemon thread that holds its lock at the end of the process makes Python abort.
        rest = b""
        while data := os.read(descriptor, 65_536):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._handle(line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            self._handle(rest.decode("utf-8", "replace"))
