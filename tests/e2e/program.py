"""A program of ours as a process of its own: what it prints, what it is told, and its certain end.

Owns the process and the threads that read its output. Waits on conditions with a deadline, never for a time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

__all__ = ["TOP", "WAIT_S", "Program"]

TOP = Path(__file__).resolve().parent.parent.parent
WAIT_S = 20.0


class Program:
    """`python ARGUMENTS` started in the top folder. `out` and `err` hold the lines printed so far."""

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self._changed = threading.Condition()  # guards the two above
        # Its own session: a signal meant for the tests' terminal must not reach it.
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=TOP,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), name=f"reader-{name}-{self.process.pid}")
            for name, stream, lines in (("out", self._stdout, self.out), ("err", self._stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def _stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def _stderr(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr

    def _read(self, stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            with self._changed:
                lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    # --- what it prints ------------------------------------------------------------------------------------------

    def wait(self, condition: Callable[[list[str]], object], what: str, timeout_s: float = WAIT_S) -> None:
        """Wait until `condition` holds of the lines printed so far."""
        with self._changed:
            held = self._changed.wait_for(lambda: condition(self.out), timeout_s)
            assert held, f"waited in vain for {what}; printed: {self.out}; errors: {self.err}"

    def wait_line(self, text: str, *, since: int = 0) -> str:
        """The first line with `text` in it, from line number `since` on."""
        self.wait(lambda lines: any(text in line for line in lines[since:]), f"a line with {text!r}")
        with self._changed:
            return next(line for line in self.out[since:] if text in line)

    def wait_error(self, text: str) -> None:
        """Wait for a line with `text` in it on its standard error."""
        self.wait(lambda _: any(text in line for line in self.err), f"an error line with {text!r}")

    def mark(self) -> int:
        """How many lines were printed so far, for `since`."""
        with self._changed:
            return len(self.out)

    # --- what it is told -----------------------------------------------------------------------------------------

    def type(self, *lines: str) -> None:
        """Lines on its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, line: str, answer: str) -> list[str]:
        """Type `line` and wait for a line with `answer` in it; what was printed from then up to that line."""
        since = self.mark()
        self.type(line)
        self.wait_line(answer, since=since)
        with self._changed:
            last = next(number for number in range(since, len(self.out)) if answer in self.out[number])
            return self.out[since : last + 1]

    def end_input(self) -> None:
        """End of its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    # --- its end -------------------------------------------------------------------------------------------------

    def end(self, timeout_s: float = WAIT_S) -> int:
        """Wait for its end; the exit code, after all of its output was read."""
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(timeout_s)
        return code

    def stop(self) -> int:
        """SIGTERM, and wait."""
        self.signal(signal.SIGTERM)
        return self.end()

    def kill(self) -> None:
        """End it without any warning, if it still runs. Idempotent."""
        if self.process.poll() is None:
            self.process.kill()
        self.end()
        for stream in (self.process.stdin, self._stdout, self._stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass  # it had not read all that it was told

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
