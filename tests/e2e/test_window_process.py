"""`client.py` as a person uses it: a process with a window, worked by keyboard and clipboard alone."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import time
import tkinter as tk
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import MakePerson, StartProgram, StartServer
from tests.e2e.person import PASSWORD
from tests.e2e.program import WAIT_S, Program


def xdotool(*words: str) -> str:
    """Move a ghost's hand."""
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0, f"xdotool {words}: {done.stderr}"
    return done.stdout.strip()


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib.h, as long as an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 24),
    )  # fmt: skip


def close_window(window: int) -> None:
    """What the button of a window manager does; there is no window manager here, and xdotool cannot."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    protocols = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
    delete = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    event = _ClientMessage(type=33, window=window, message_type=protocols, format=32)
    event.data[0] = delete
    x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
    x11.XFlush(display)
    x11.XCloseDisplay(display)


class Clipboard:
    """Another program on the screen, from which and to which one copies."""

    def __init__(self) -> None:
        self.root = tk.Tk()
        self.root.withdraw()
        self.given = 0
        self._text = ""

    def offer(self, text: str) -> None:
        """Have `text` copied."""
        self._text = text
        for kind in ("STRING", "UTF8_STRING"):
            self.root.selection_handle(self._give, selection="CLIPBOARD", type=kind)
        self.root.selection_own(selection="CLIPBOARD")
        self.root.update()

    def _give(self, offset: str, length: str) -> str:
        self.given += 1
        return self._text[int(offset) : int(offset) + int(length)]

    def pasted(self, timeout_s: float) -> bool:
        """Serve the clipboard until the text was asked for, or the time is over."""
        over: list[bool] = []
        timer = self.root.after(int(timeout_s * 1000), lambda: over.append(True))
        while not self.given and not over:
            self.root.tk.dooneevent(0)
        self.root.after_cancel(timer)
        self.root.update()
        return self.given > 0

    def close(self) -> None:
        """Let go of Tk in this thread: an interpreter must not be freed by another."""
        self.root.destroy()
        del self.root
        gc.collect()

    def get(self) -> str:
        """What another program has copied; "" if it has nothing."""
        self.root.update()  # it may have lost the clipboard to that program
        try:
            return str(self.root.selection_get(selection="CLIPBOARD", type="UTF8_STRING"))
        except tk.TclError:
            return ""


@pytest.fixture
def clipboard() -> Iterator[Clipboard]:
    """A clipboard of the test's own."""
    board = Clipboard()
    yield board
    board.close()


def window_of(program: Program, title: str) -> str:
    """Wait for the program's window with these words in its title, and give it the keyboard."""
    window = xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[0]
    xdotool("windowfocus", "--sync", window)
    assert program.process.poll() is None
    return window


def register_by_keyboard(clipboard: Clipboard, link: str, name: str) -> None:
    """In the form of a new user: the pasted link, the name, the password twice, Return."""
    clipboard.offer(link)
    # The form of a new user is about registering, and waits for the name: the server's field is before that. Should
    # it be otherwise some day, Tab leads there too.
    xdotool("key", "shift+Tab", "ctrl+a", "BackSpace", "ctrl+v")
    tries = 0
    while not clipboard.pasted(2.0):
        tries += 1
        assert tries < 10, "nobody pasted"
        xdotool("key", "Tab", "ctrl+a", "BackSpace", "ctrl+v")
    xdotool("key", "Tab")
    xdotool("type", "--delay", "2", name)
    xdotool("key", "Tab")
    xdotool("type", "--delay", "2", PASSWORD)
    xdotool("key", "Tab", "Tab")
    xdotool("type", "--delay", "2", PASSWORD)
    xdotool("key", "Return")


def wait_shown(clipboard: Clipboard, text: str) -> None:
    """Copy all of the timeline until `text` is in it; then go back to the composer."""
    xdotool("key", "shift+Tab")
    deadline = time.monotonic() + WAIT_S
    while text not in clipboard.get():
        assert time.monotonic() < deadline, f"the window does not show {text!r}, but {clipboard.get()!r}"
        xdotool("key", "ctrl+a", "ctrl+c")
    xdotool("key", "Tab")


def test_the_window_by_keyboard_alone(
    start_server: StartServer, make_person: MakePerson, run_program: StartProgram, clipboard: Clipboard, tmp_path: Path
) -> None:
    """Client threads and the processes of server and window; joined by the fixtures."""
    server = start_server("--name", "Office")
    bob = make_person("bob").register(server.address)
    folder = tmp_path / "window"
    client = run_program("client.py", "--folder", str(folder), "--theme", "dark", "--debug")
    client.wait_error("the window is up")
    window_of(client, "^Secure Chat$")
    register_by_keyboard(clipboard, server.link, "alice")
    bob.wait_text("alice joined the chat. Welcome!")
    window = window_of(client, "Office")

    xdotool("type", "--delay", "2", "Hi from the window")
    xdotool("key", "Return")
    bob.wait_text("Hi from the window")
    xdotool("type", "--delay", "2", "two")
    xdotool("key", "shift+Return")
    xdotool("type", "--delay", "2", "lines")
    xdotool("key", "Return")
    bob.wait_text("two\nlines")
    bob.say("Hello window")
    wait_shown(clipboard, "Hello window")
    assert "Hi from the window" in clipboard.get()

    xdotool("type", "--delay", "2", "not finished")
    close_window(int(window))
    assert client.end() == 0
    assert not any("Traceback" in line or "Hello window" in line or PASSWORD in line for line in client.err)
    server.wait_line("alice disconnected")
    again = make_person("alice", folder="window", real=True).log_in(server.address)
    assert again.client.draft() == "not finished"
