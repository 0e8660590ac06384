"""`client.py` as a person uses it: a process with a window, worked by keyboard and clipboard alone."""

from __future__ import annotations

import ctypes
from pathlib import Path

from tests.e2e.conftest import MakePerson, StartProgram, StartServer
from tests.e2e.desk import Clipboard, press, type_words, wait_shown, window_of
from tests.e2e.person import PASSWORD


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


def register_by_keyboard(clipboard: Clipboard, link: str, name: str) -> None:
    """In the form of a new user: the pasted link, the name, the password twice, Return."""
    clipboard.offer(link)
    # The form of a new user is about registering, and waits for the name: the server's field is before that. Should
    # it be otherwise some day, Tab leads there too.
    press("shift+Tab", "ctrl+a", "BackSpace", "ctrl+v")
    tries = 0
    while not clipboard.pasted(2.0):
        tries += 1
        assert tries < 10, "nobody pasted"
        press("Tab", "ctrl+a", "BackSpace", "ctrl+v")
    press("Tab")
    type_words(name)
    press("Tab")
    type_words(PASSWORD)
    press("Tab")  # straight to the second one: the button that shows them is behind all fields
    type_words(PASSWORD)
    press("Return")


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

    type_words("Hi from the window")
    press("Return")
    bob.wait_text("Hi from the window")
    type_words("two")
    press("shift+Return")
    type_words("lines")
    press("Return")
    bob.wait_text("two\nlines")
    bob.say("Hello window")
    wait_shown(clipboard, "Hello window")
    assert "Hi from the window" in clipboard.get()

    type_words("not finished")
    close_window(int(window))
    assert client.end() == 0
    assert not any("Traceback" in line or "Hello window" in line or PASSWORD in line for line in client.err)
    server.wait_line("alice disconnected")
    again = make_person("alice", folder="window", real=True).log_in(server.address)
    assert again.client.draft() == "not finished"
