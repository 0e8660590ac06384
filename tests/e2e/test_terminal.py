"""The server's console on a real terminal: typing while lines come in, Ctrl+D, Ctrl+C."""

from __future__ import annotations

import errno
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.server.data_folder import DataFolder
from tests.e2e.conftest import SERVER_KEY, MakePerson
from tests.e2e.program import TOP, WAIT_S
from tests.e2e.server_process import give_identity


class Terminal:
    """`server.py` started by a shell on a terminal of its own; `shown` is every character that it printed."""

    def __init__(self, folder: Path) -> None:
        self.shown = ""
        self._changed = threading.Condition()  # guards shown
        self._master, self._slave = pty.openpty()
        self.settings = termios.tcgetattr(self._slave)
        name = shlex.quote(os.ttyname(self._slave))
        command = [sys.executable, "server.py", "--host", "127.0.0.1", "--port", "0", "--data", str(folder)]
        # The first terminal that a new session opens is the one whose Ctrl+C it gets; so the shell opens it.
        self.process = subprocess.Popen(
            ["sh", "-c", f"exec {shlex.join(command)} < {name} > {name} 2>&1"], cwd=TOP, start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, name="terminal-reader")
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError as error:
                assert error.errno == errno.EIO  # every other end is closed
                return
            with self._changed:
                self.shown += data.decode("utf-8", "replace")
                self._changed.notify_all()

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def wait(self, pattern: str) -> re.Match[str]:
        """Wait until a pattern is found in what is shown."""
        with self._changed:
            found = self._changed.wait_for(lambda: re.search(pattern, self.shown), WAIT_S)
            assert found, f"waited in vain for {pattern!r} in {self.shown!r}"
            return found

    def end(self) -> int:
        """Wait for the server's end; the exit code."""
        return self.process.wait(WAIT_S)

    def settings_now(self) -> list[object]:
        """How the terminal is set now."""
        return list(termios.tcgetattr(self._slave))

    def close(self) -> None:
        """End the server if it still runs, and give the terminal back."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._slave)
        self._reader.join(WAIT_S)
        os.close(self._master)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A server that waits for the operator's typing."""
    give_identity(tmp_path / "server", SERVER_KEY)
    opened = Terminal(tmp_path / "server")
    try:
        opened.wait(r"> $")
        yield opened
    finally:
        opened.close()


def link(terminal: Terminal) -> str:
    return terminal.wait(r"chat://\S+")[0]


def test_incoming_lines_do_not_tear_the_line_being_typed(terminal: Terminal, make_person: MakePerson) -> None:
    """Client threads, the terminal's reader and the server's process; joined by the fixtures."""
    alice = make_person("alice").register(link(terminal))
    terminal.wait(r"(?s)(?=.*alice joined the chat\. Welcome!)(?=.*alice logged in).*\r\n> $")
    terminal.type("half a sen")
    terminal.wait(r"> half a sen$")
    alice.say("Hi")
    terminal.wait(r"\r\x1b\[K\[alice \('127\.0\.0\.1', \d+\)\]: Hi\r\n> half a sen$")
    terminal.type("tence\r")
    alice.wait_text("half a sentence")
    terminal.type("/who\r")
    terminal.wait(r"(?s)1 online:\r\n  alice\r\n.*> $")


def test_ctrl_d_ends_the_typing_and_not_the_server(terminal: Terminal, make_person: MakePerson) -> None:
    """Client threads, the terminal's reader and the server's process; joined by the fixtures."""
    terminal.type("\x04")
    alice = make_person("alice").register(link(terminal))
    alice.say("still there")
    terminal.wait("still there")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == 0
    terminal.wait(r"Server stopped\.\r\n")


@pytest.mark.parametrize("way", ["\x03", "/stop\r", "half a line\x03"], ids=["ctrl-c", "stop", "while-typing"])
def test_it_leaves_the_terminal_as_it_was(terminal: Terminal, way: str) -> None:
    """The terminal's reader and the server's process; joined by the fixture."""
    terminal.type(way)
    assert terminal.end() == 0
    terminal.wait(r"\r\nServer stopped\.\r\n$")
    assert "Traceback" not in terminal.shown
    assert terminal.settings_now() == list(terminal.settings)


def test_closing_the_terminals_window_stops_the_server_in_order(tmp_path: Path) -> None:
    """The system says hang-up, and the terminal is gone: nothing can be printed or given back, all is still closed."""
    give_identity(tmp_path / "server", SERVER_KEY)
    master, slave = pty.openpty()
    name = shlex.quote(os.ttyname(slave))
    command = [sys.executable, "server.py", "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path / "server")]
    shell = f"exec {shlex.join(command)} < {name} > {name} 2> {shlex.quote(str(tmp_path / 'err'))}"
    process = subprocess.Popen(["sh", "-c", shell], cwd=TOP, start_new_session=True)
    shown = b""
    while b"/help for commands" not in shown:
        shown += os.read(master, 65536)
    os.close(slave)
    os.close(master)
    try:
        assert process.wait(WAIT_S) == 0
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "err").read_text() == ""
    DataFolder.open(tmp_path / "server").close()  # its locks are free
