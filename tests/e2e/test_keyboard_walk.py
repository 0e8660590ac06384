"""A whole visit by keys alone: `server.py` and `client.py` as processes, no mouse and no look inside the window.

What came of each step is seen by bob, in the files on disk, in the window's title, or on the screen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import crypto_utils as crypto
from securechat.client import ChatClient
from securechat.client.events import Message, Presence
from tests.e2e.conftest import MakePerson, StartProgram, StartServer
from tests.e2e.desk import Clipboard, press, type_words, wait_shown, window_of, xdotool
from tests.e2e.person import PASSWORD, Person
from tests.e2e.program import WAIT_S
from tests.e2e.screen import Screen
from tests.e2e.server_process import ServerProcess
from tests.keys import rsa_key

ALICE_KEY = 9


def poll(condition: Callable[[], object], what: str) -> None:
    """Ask until it holds, for what tells nobody when it changes: files, titles."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"


def send(text: str) -> None:
    """Where the keys go: type a text, and Return."""
    type_words(text)
    press("Return")


class Walk:
    """alice's window, seen from outside; `bob` is somebody else's program."""

    def __init__(self, window: str, folder: Path, bob: Person, screen: Screen, clipboard: Clipboard) -> None:
        self.window, self.folder, self.bob, self.screen, self.clipboard = window, folder, bob, screen, clipboard

    @property
    def title(self) -> str:
        """As a taskbar shows it."""
        return xdotool("getwindowname", self.window)

    def message(self, text: str) -> Message:
        """What bob sees of the message with this text."""
        self.bob.wait_text(text)
        return next(message for message in self.bob.client.messages() if message.text == text)

    def heard(self, text: str) -> Message:
        """The keys go to the composer: a text typed now is sent, and shown."""
        send(text)
        wait_shown(self.clipboard, text)
        return self.message(text)

    def log_in(self, server: ServerProcess) -> None:
        """Form of a new profile, first contact with the server, chat."""
        told = server.mark()
        press("shift+Tab", "shift+Tab", "shift+Tab", "space")  # from the name, by way of the server, to "Log in"
        press("Tab", "Tab", "Tab")
        type_words("alice")
        press("Tab")
        send(PASSWORD)
        server.wait_line("disconnected during login", since=told)  # the first try ends with the question
        asked = self.screen.still()
        assert not any("alice" in line for line in server.out[told:]), "nothing is told before the person accepts"
        press("Tab", "space")  # the answer that has the focus is "Cancel"
        self.screen.changed(asked)
        self.bob.wait_presence("alice", Presence.ONLINE)
        poll(lambda: "Office" in self.title, "the title of the chat")

    def reply_and_react(self) -> None:
        """The last message of bob, by Tab and Up."""
        self.bob.say("Choose this one")
        wait_shown(self.clipboard, "Choose this one")
        target = self.message("Choose this one")
        press("shift+Tab", "Escape", "Up", "r")
        assert self.heard("This is an answer").reply_to == target.post_id
        press("shift+Tab", "Escape", "Up", "Up", "plus")
        send("heart")
        self.bob.wait(
            lambda: any(names == ("alice",) for _, names in self.message(target.text).reactions), "the reaction"
        )
        press("r")  # the keys go on where they were: in the list, on that message
        assert self.heard("and another").reply_to == target.post_id

    def edit_last(self) -> None:
        """Up in the empty composer; the cursor stands at the end."""
        press("Up")
        send(", mended")
        assert self.message("and another, mended").edited

    def search(self) -> None:
        """The bar opens, finds, closes, and everything is as before."""
        before = self.screen.still()
        press("ctrl+f")
        send("answer")
        self.screen.changed(before)
        press("Escape")
        self.screen.back(before)
        self.heard("after the search")

    def settings(self) -> None:
        """Another look, at once and on disk."""
        light = self.screen.still()
        press("ctrl+comma")
        opened = self.screen.changed(light)
        press("Up", "space")  # from "As the system" to "High contrast"
        dark = self.screen.darker(opened)
        poll(lambda: self.preference("theme") == "contrast", "the choice on disk")
        press("Escape")
        self.screen.changed(dark)
        self.heard("after the settings")

    def preference(self, name: str) -> object:
        """What is kept on disk; None if there is nothing yet."""
        path = self.folder / "preferences.json"
        return json.loads(path.read_text("utf-8")).get(name) if path.exists() else None

    def panels(self) -> None:
        """What protects a message, and the jump list."""
        before = self.screen.still()
        press("ctrl+shift+e")
        self.screen.changed(before)
        press("Escape")
        self.screen.back(before)
        press("ctrl+k")
        shown = self.screen.changed(before)
        send("bo")  # leads to bob's card
        self.screen.changed(shown)
        press("Escape")
        self.screen.back(before)
        self.heard("after the panels")

    def sign_out(self, press_keys: Callable[[], None]) -> None:
        """Back to the form; others see that alice is gone."""
        press_keys()
        self.bob.wait_presence("alice", Presence.OFFLINE)
        poll(lambda: self.title == "Secure Chat", "the title of the form")

    def by_menu(self) -> None:
        """Before the list comes the menu; its last entry."""
        press("shift+Tab", "Escape", "shift+Tab", "Return", "Up", "Up", "Return")

    def by_command(self) -> None:
        """The form remembers all but the password, and waits for that."""
        send(PASSWORD)
        self.bob.wait_presence("alice", Presence.ONLINE)
        poll(lambda: "Office" in self.title, "the title of the chat")
        send("/signout")


def test_a_visit_by_keys_alone(
    start_server: StartServer, make_person: MakePerson, run_program: StartProgram, clipboard: Clipboard, tmp_path: Path
) -> None:
    """Client threads and the processes of server and window; joined by the fixtures."""
    server = start_server("--name", "Office")
    with closing(
        ChatClient(tmp_path / "first", stretch=crypto.stretch, generate_rsa=lambda: rsa_key(ALICE_KEY))
    ) as first:
        first.connect(server.address, "alice", PASSWORD, register=True)
    server.wait_line("alice disconnected")
    bob = make_person("bob").register(server.address)
    folder = tmp_path / "window"
    client = run_program("client.py", f"127.0.0.1:{server.port}", "--folder", str(folder), "--debug")
    client.wait_error("the window is up")
    with Screen() as screen:
        walk = Walk(window_of(client, "^Secure Chat$"), folder, bob, screen, clipboard)
        walk.log_in(server)
        walk.heard("Hi from the keys")
        walk.reply_and_react()
        walk.edit_last()
        walk.search()
        walk.settings()
        walk.panels()
        walk.sign_out(walk.by_menu)
        walk.sign_out(walk.by_command)
    assert client.stop() == 0
    assert not any("Traceback" in line or "answer" in line or PASSWORD in line for line in client.err)
