"""One person at two computers: two windows of the same account, in talk with the real server."""

from __future__ import annotations

import gc
import json
import tkinter as tk
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client.profiles import profile_folder
from securechat.desktop.sheets.password_sheet import PasswordSheet
from securechat.desktop.sheets.sessions_sheet import SessionsSheet
from tests.e2e.conftest import MakePerson, OpenWindow, StartServer
from tests.e2e.person import PASSWORD, Person
from tests.e2e.server_process import ServerProcess
from tests.e2e.window import Window

NEW_PASSWORD = "another long password"


class Elsewhere:
    """Another program's window, at which the person looks now and then."""

    def __init__(self) -> None:
        self._root = tk.Tk()
        self._root.geometry("100x100+1000+700")

    def look(self) -> None:
        """Give it the keyboard, so that nobody sees what arrives."""
        self._root.focus_force()
        self._root.update()

    def close(self) -> None:
        """Let go of Tk in this thread: an interpreter must not be freed by another."""
        self._root.destroy()
        del self._root
        gc.collect()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Somewhere else to look."""
    window = Elsewhere()
    yield window
    window.close()


@pytest.fixture
def server(start_server: StartServer, make_person: MakePerson) -> ServerProcess:
    """A server on which alice has an account."""
    started = start_server("--name", "Office")
    make_person("alice").register(started.address).client.close()
    return started


@pytest.fixture
def bob(server: ServerProcess, make_person: MakePerson) -> Person:
    """Somebody to talk with."""
    return make_person("bob").register(server.address)


@pytest.fixture
def desk(server: ServerProcess, open_window: OpenWindow) -> Window:
    """alice's window at one computer."""
    return open_window("desk").log_in(server.address, "alice")


@pytest.fixture
def laptop(server: ServerProcess, open_window: OpenWindow) -> Window:
    """alice's window at another computer."""
    return open_window("laptop").log_in(server.address, "alice")


def unread(window: Window) -> int:
    """As the window's title counts."""
    return window.control.model.unread_total()


def look_at(window: Window) -> None:
    """Bring a window up and let the person see it."""
    window.app.raise_window()
    window.until(lambda: window.app.focused, "the focus")


def test_what_is_read_at_one_computer_is_read_at_the_other(
    bob: Person, desk: Window, laptop: Window, elsewhere: Elsewhere
) -> None:
    """Two windows of an account and a client; joined by the fixtures."""
    look_at(desk)
    desk.until(lambda: unread(desk) == unread(laptop) == 0, "nothing to be unread")
    elsewhere.look()
    desk.until(lambda: not desk.app.focused and not laptop.app.focused, "nobody to look")
    for text in ("one", "two", "three"):
        bob.say(text)
    desk.until(lambda: "three" in desk.shown and "three" in laptop.shown, "the messages in both windows")
    assert unread(desk) == unread(laptop) == 3
    assert desk.root.title() == laptop.root.title() and desk.root.title().startswith("(3)")
    look_at(laptop)
    desk.until(lambda: unread(desk) == unread(laptop) == 0, "both to count nothing")
    assert not desk.app.focused and not desk.root.title().startswith("(")


def test_a_window_opened_later_knows_what_was_read(
    bob: Person, desk: Window, server: ServerProcess, open_window: OpenWindow, elsewhere: Elsewhere
) -> None:
    """Two windows of an account, one after the other, and a client; joined by the fixtures."""
    bob.say("seen")
    look_at(desk)
    desk.until(lambda: "seen" in desk.shown and not unread(desk), "it to be seen")
    elsewhere.look()
    desk.until(lambda: not desk.app.focused, "nobody to look")
    bob.say("not seen")
    desk.until(lambda: unread(desk) == 1, "it to be unread")
    elsewhere.look()
    laptop = open_window("laptop")
    elsewhere.look()
    laptop.log_in(server.address, "alice")
    laptop.until(lambda: "not seen" in laptop.shown, "the history")
    assert unread(laptop) == 1
    assert laptop.control.model.current.timeline.first_new == bob.client.messages()[-1].post_id


def test_who_is_ignored_here_is_ignored_there(bob: Person, desk: Window, laptop: Window) -> None:
    """Two windows of an account and a client; joined by the fixtures."""
    bob.say("Look at me")
    laptop.until(lambda: "Look at me" in laptop.shown, "bob's message")
    desk.write("/ignore bob")
    laptop.until(lambda: laptop.control.model.ignored() == {"bob"}, "bob to be ignored")
    for window in (desk, laptop):
        window.until(lambda window=window: "Look at me" not in window.shown, "his message to be folded away")
    laptop.write("/unignore bob")
    desk.until(lambda: "Look at me" in desk.shown, "his message to be back")


def test_a_new_password_ends_the_other_window_with_a_sentence(
    server: ServerProcess, bob: Person, desk: Window, laptop: Window
) -> None:
    """Two windows of an account and a client; joined by the fixtures."""
    desk.control.sheets.open_password()
    sheet = desk.control.sheets.open
    assert isinstance(sheet, PasswordSheet)
    for name, text in (("old", "not the old one"), ("new", NEW_PASSWORD), ("again", NEW_PASSWORD)):
        sheet.entries[name].insert(0, text)
    sheet.submit.invoke()
    desk.until(lambda: sheet.error["text"], "the refusal")
    assert "old password is not right" in sheet.error["text"]
    sheet.entries["old"].delete(0, "end")
    sheet.entries["old"].insert(0, PASSWORD)
    sheet.submit.invoke()
    desk.until(lambda: desk.control.sheets.open is None, "the change")

    laptop.until(lambda: laptop.app.form, "the form")
    assert "password" in laptop.form.error["text"] and "changed" in laptop.form.error["text"]
    desk.write("still here")
    desk.until(lambda: "still here" in bob.texts(), "bob to read on")
    laptop.fill(password=PASSWORD)
    laptop.form.submit.invoke()
    laptop.until(lambda: laptop.form.error["text"].startswith("The name or the password"), "the refusal")
    laptop.log_in(server.address, "alice", NEW_PASSWORD)
    laptop.until(lambda: "still here" in laptop.shown, "the history")


def test_signing_out_everywhere_else_ends_the_other_window(desk: Window, laptop: Window) -> None:
    """Two windows of an account; joined by the fixtures."""
    desk.control.sheets.open_sessions()
    sheet = desk.control.sheets.open
    assert isinstance(sheet, SessionsSheet)
    desk.until(lambda: len(sheet.rows()) == 2, "both sessions")
    sheet.end.invoke()
    assert sheet.question is not None
    sheet.question.yes.invoke()
    laptop.until(lambda: laptop.app.form, "the form")
    assert laptop.form.error["text"], "a sentence says why"
    desk.until(lambda: len(sheet.rows()) == 1, "one session")
    assert "1" in sheet.told["text"] or "one" in sheet.told["text"].lower()
    assert desk.control.sheets.open is sheet and not desk.banner


def test_profiles_keep_apart_what_they_remember(
    server: ServerProcess, bob: Person, open_window: OpenWindow, tmp_path: Path
) -> None:
    """Two windows of two accounts at once; joined by the fixtures."""
    top = tmp_path / "profiles-of-one"
    windows = {}
    for profile, name in (("work", "alice"), ("club", "bob")):
        folder = profile_folder(top, profile)
        assert folder is not None and folder.is_relative_to(top)
        window = windows[profile] = open_window(str(folder.relative_to(tmp_path)), profile=profile)
        assert profile in window.root.title()
        window.log_in(server.address, name)
    windows["work"].app.zoom(1)
    windows["work"].write("only here")
    bob.wait_text("only here")
    windows["work"].app.chat.composer.text.insert("end", "a draft")
    for window in windows.values():
        window.app.sign_out()
        assert window.app.form is not None
    names = {profile: window.form.entries["username"].get() for profile, window in windows.items()}
    assert names == {"work": "alice", "club": "bob"}
    kept = {path.parent.name: json.loads(path.read_text("utf-8"))["zoom"] for path in top.rglob("preferences.json")}
    assert kept.get("work", 1.0) > 1.0 and kept.get("club", 1.0) == 1.0
    windows["club"].log_in(server.address, "bob")
    assert windows["club"].app.chat.composer.get() == ""
