"""The window with a real client inside, in talk with the real server."""

from __future__ import annotations

import logging

import pytest

from securechat.client.events import ConnectionState
from securechat.desktop.sheets.sessions_sheet import SessionsSheet
from tests.e2e.conftest import MakePerson, OpenWindow, StartServer
from tests.e2e.person import PASSWORD
from tests.e2e.window import Window


def test_a_day_in_the_window(
    start_server: StartServer, make_person: MakePerson, open_window: OpenWindow
) -> None:
    """Register, first contact, talk, the server's death and return. Client threads; joined by the fixtures."""
    server = start_server("--name", "Office")
    bob = make_person("bob").register(server.address)
    window = open_window("window")
    form = window.form
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
    start_server: StartServer, make_person: MakePerson, open_window: OpenWindow
) -> None:
    """Wrong password, the right one, kicked. Client threads; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address).client.close()
    window = open_window("window")
    form = window.form
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


def test_a_kick_finds_whatever_is_open_and_leads_back_to_the_form(
    start_server: StartServer, make_person: MakePerson, open_window: OpenWindow
) -> None:
    """Each panel is up in turn when the session ends. Client threads; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address).client.close()
    window = open_window("window")
    window.log_in(server.address, "alice").write("hello")
    window.until(lambda: "hello" in window.shown, "the message")
    for name in ("jump", "settings", "open_password", "open_sessions", "reaction", "search", "protection"):
        if window.app.chat is None:
            window.log_in(server.address, "alice")
        open_panel(window, name)
        server.type("/kick alice have a break")
        window.until(lambda: window.app.form, f"the form after {name}")
        window.turn()
        assert "have a break" in window.form.error["text"], name
        assert window.form.focus_get() is window.form.entries["password"], name


def open_panel(window: Window, name: str) -> None:
    """Open something over the chat, and wait for what it asks of the server."""
    chat = window.control
    message = chat.model.current.timeline.messages[-1]
    if name == "reaction":
        chat.sheets.pick_reaction(message)
    elif name == "search":
        chat.search.open()
    elif name == "protection":
        chat.messages.protection(message)
        window.until(lambda: chat.sheets.open, "the panel")
    else:
        getattr(chat.sheets, name)()
        sheet = chat.sheets.open
        if isinstance(sheet, SessionsSheet):
            window.until(sheet.rows, "the sessions")


def test_answers_that_come_after_signing_out_are_dropped(
    start_server: StartServer, make_person: MakePerson, open_window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    """What they would be drawn on is gone. Client threads; joined by the fixtures."""
    caplog.set_level(logging.DEBUG, "securechat.desktop.app")
    server = start_server()
    make_person("alice").register(server.address).client.close()
    window = open_window("window")
    window.log_in(server.address, "alice").write("hello")
    window.until(lambda: "hello" in window.shown, "the message")
    chat = window.control
    chat.sheets.open_sessions()
    chat.messages.protection(chat.model.current.timeline.messages[-1])
    chat.ignore("nobody")
    window.app.sign_out()
    window.log_in(server.address, "alice")  # not before the session that was left has ended
    window.turn()
    assert not [record for record in caplog.records if "crashed" in record.getMessage()]
    assert window.control.sheets.open is None and not window.control.model.notices
