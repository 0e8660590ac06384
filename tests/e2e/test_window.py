"""The window with a real client inside, in talk with the real server."""

from __future__ import annotations

import gc
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from securechat.client import ChatClient
from securechat.client.events import ConnectionState, Event
from securechat.desktop.app import App
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.person import PASSWORD
from tests.e2e.program import WAIT_S
from tests.keys import quick_stretch, rsa_key

KEY = 8


class Window:
    """A window whose client has quick keys; events go into its widgets."""

    def __init__(self, folder: Path) -> None:
        self.root = tk.Tk()
        self.root.geometry("900x600+0+0")
        self.app = App(self.root, client_factory=self._make, folder=folder, theme="light")
        self.root.update()

    @staticmethod
    def _make(folder: Path | None, on_event: Callable[[Event], None]) -> ChatClient:
        return ChatClient(folder, stretch=quick_stretch, generate_rsa=lambda: rsa_key(KEY), on_event=on_event)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window work until `condition` holds; the window's own timer wakes this."""
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the window shows: {self.shown}"
            self.root.tk.dooneevent(0)

    @property
    def shown(self) -> str:
        """All text of the timeline."""
        return self.app.chat.timeline.text.get("1.0", "end-1c") if self.app.chat else ""

    @property
    def banner(self) -> str:
        """What the banner says, "" while there is none."""
        return self.app.chat.banner.text if self.app.chat else ""

    def fill(self, **fields: str) -> None:
        """Type into fields of the form."""
        assert self.app.form is not None
        for name, text in fields.items():
            entry = self.app.form.entries[name]
            entry.delete(0, "end")
            entry.insert(0, text)

    def write(self, text: str) -> None:
        """Type a message and press Enter."""
        assert self.app.chat is not None
        composer = self.app.chat.composer.text
        composer.focus_force()
        composer.insert("end", text)
        self.root.update()
        composer.event_generate("<Return>")
        self.root.update()

    def close(self) -> None:
        """End everything, and let go of Tk in this thread: an interpreter must not be freed by another."""
        self.app.close()
        self.root.destroy()
        del self.app, self.root
        gc.collect()


@pytest.fixture
def open_window(tmp_path: Path, ending: ExitStack) -> Iterator[Callable[[str], Window]]:
    """Open a window that keeps its things in a folder of this name."""

    def make(folder: str) -> Window:
        window = Window(tmp_path / folder)
        ending.callback(window.close)
        return window

    yield make


def test_a_day_in_the_window(
    start_server: StartServer, make_person: MakePerson, open_window: Callable[[str], Window]
) -> None:
    """Register, first contact, talk, the server's death and return. Client threads; joined by the fixtures."""
    server = start_server("--name", "Office")
    bob = make_person("bob").register(server.address)
    window = open_window("window")
    form = window.app.form
    assert form is not None
    form.tabs["register"].invoke()
    window.fill(server=f"127.0.0.1:{server.port}", username="alice", password=PASSWORD, again=PASSWORD)
    form.submit.invoke()
    window.until(lambda: form.panel, "the question of the first contact")
    assert form.panel is not None
    assert "".join(form.panel.numbers.get("1.0", "end").split()) == server.fingerprint
    assert not any("alice" in line for line in server.out), "nothing is told before the person accepts"
    form.panel.accept.invoke()
    window.until(lambda: window.app.chat, "the chat")
    assert "Office" in window.root.title()

    window.write("Hi bob")
    window.until(lambda: "Hi bob" in bob.texts(), "bob to read it")
    bob.say("Hello alice")
    window.until(lambda: "Hello alice" in window.shown and "alice joined the chat" in window.shown, "bob's answer")

    server.kill()
    window.until(lambda: window.banner, "the banner")
    window.write("typed while away")
    window.until(lambda: "typed while away" in window.shown, "what was typed")
    assert window.app.chat is not None and window.app.chat.composer.get() == ""
    server = start_server("--name", "Office", port=server.port)
    bob.wait_back()

    def back() -> bool:
        assert window.app.chat is not None
        if window.app.chat.model.state is ConnectionState.WAITING:
            window.app.chat.banner.button.invoke()
        return not window.banner

    window.until(back, "the connection")
    window.until(lambda: "typed while away" in bob.texts(), "bob to read what was typed meanwhile")
    window.write("still here")
    window.until(lambda: "still here" in bob.texts(), "bob to read on")
    said = [text for _, author, text in bob.lines() if author == "alice"]
    assert said == ["Hi bob", "typed while away", "still here"]
    assert window.shown.count("typed while away") == 1


def test_a_refusal_and_a_kick_lead_back_to_the_form(
    start_server: StartServer, make_person: MakePerson, open_window: Callable[[str], Window]
) -> None:
    """Wrong password, the right one, kicked. Client threads; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address).client.close()
    window = open_window("window")
    form = window.app.form
    assert form is not None
    form.tabs["login"].invoke()
    window.fill(server=server.address, username="alice", password="not the password")
    form.submit.invoke()
    window.until(lambda: form.error["text"], "the refusal")
    assert form.error["text"].startswith("The name or the password is wrong.")
    assert form.entries["username"].get() == "alice"
    window.fill(password=PASSWORD)
    form.submit.invoke()
    window.until(lambda: window.app.chat, "the chat")
    assert window.app.chat is not None
    window.app.chat.composer.text.insert("end", "half a sent")
    server.type("/kick alice have a break")
    window.until(lambda: window.app.form, "the form")
    assert window.app.form is not None and "have a break" in window.app.form.error["text"]
    window.fill(password=PASSWORD)
    window.app.form.submit.invoke()
    window.until(lambda: window.app.chat, "the chat again")
    assert window.app.chat.composer.get() == "half a sent", "nothing typed is lost"
