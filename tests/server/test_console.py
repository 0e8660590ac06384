"""The operator's terminal: nobody waits for it, nothing moves its cursor, its end ends nothing."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from securechat.server import console
from securechat.server.console import ConsoleInput, ConsoleOutput


class Terminal(io.StringIO):
    """A terminal that may be held up (Ctrl+S)."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = threading.Event()
        self.reading.set()
        self.asked = threading.Event()

    def write(self, text: str) -> int:
        self.asked.set()
        assert self.reading.wait(10)
        return super().write(text)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def output(terminal: Terminal) -> Iterator[ConsoleOutput]:
    made = ConsoleOutput(terminal, interactive=False)
    yield made
    terminal.reading.set()
    made.close()


def test_lines_appear_in_order(terminal: Terminal, output: ConsoleOutput) -> None:
    for number in range(100):
        output.say(str(number))
    output.close()
    output.close()
    assert terminal.getvalue().splitlines() == [str(number) for number in range(100)]


def test_control_characters_and_line_breaks_do_not_get_through(terminal: Terminal, output: ConsoleOutput) -> None:
    output.say("a\x1b[2Jb\nfake line\r\u202ec\x07")
    output.close()
    text = terminal.getvalue()
    assert text.count("\n") == 1 and text.endswith("\n")
    assert not any(ord(char) < 32 or char == "\u202e" for char in text[:-1])


def test_terminal_that_stops_reading_holds_up_nobody(
    terminal: Terminal, output: ConsoleOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines over the bound are counted, and the count is said once it goes on."""
    monkeypatch.setattr(console, "_MOST_LINES", 5)
    terminal.reading.clear()
    output.say("first")
    assert terminal.asked.wait(10)
    for number in range(8):
        output.say(str(number))
    terminal.reading.set()
    output.close()
    lines = terminal.getvalue().splitlines()
    assert lines[:6] == ["first", "0", "1", "2", "3", "4"]
    assert lines[6].startswith("(3 lines were left out")


def test_output_that_nobody_reads_any_more_ends_quietly() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    output = ConsoleOutput(Gone(), interactive=False)
    for _ in range(3):
        output.say("x")
    output.close()


def test_characters_that_the_terminal_cannot_show_are_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    output = ConsoleOutput(stream, interactive=False)
    output.say("päivää 👍")
    output.close()
    assert raw.getvalue() == b"p?iv?? ?\n"


def test_line_being_typed_is_put_back_below(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Typed:
        @staticmethod
        def get_line_buffer() -> str:
            return "half a sent"

    monkeypatch.setattr(console, "readline", Typed)
    output = ConsoleOutput(terminal, interactive=True)
    output.prompting = True
    output.say("[alice]: Hi")
    output.drain()
    output.prompting = False
    output.close()
    assert terminal.getvalue() == "\r\x1b[K[alice]: Hi\n> half a sent"


# --- input ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Standard input as a pipe; call with bytes to type them, with b"" to end it."""
    read_end, write_end = os.pipe()
    reader = os.fdopen(read_end, "r")
    monkeypatch.setattr("sys.stdin", reader)
    open_ends = [write_end]

    def type_in(data: bytes) -> None:
        if data:
            os.write(write_end, data)
        elif open_ends:
            os.close(open_ends.pop())

    yield type_in
    type_in(b"")
    reader.close()


def test_lines_are_handed_on_and_the_end_of_input_ends_only_that(
    pipe: Callable[[bytes], None], output: ConsoleOutput
) -> None:
    handled: list[str] = []
    keyboard = ConsoleInput(output, handled.append)
    keyboard.start()
    for data in (b"one\ntw", b"o\r\n\n", "grüße\n".encode(), b"\xff\n", b"last without an end"):
        pipe(data)
    pipe(b"")
    keyboard._thread.join(10)
    keyboard.restore()
    assert handled == ["one", "two", "", "grüße", "\ufffd", "last without an end"]


def test_closed_input_is_no_failure(monkeypatch: pytest.MonkeyPatch, output: ConsoleOutput) -> None:
    monkeypatch.setattr("sys.stdin", None)
    keyboard = ConsoleInput(output, lambda line: None)
    keyboard.start()
    keyboard._thread.join(10)
