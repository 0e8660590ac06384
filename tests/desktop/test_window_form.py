"""The connect form in a hidden window: logging in, registering, first contact, errors, cancelling."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import pytest

from securechat.client.events import ConnectionState, MessageShown, Progress
from securechat.client.sentences import explain
from securechat.client.settings import Settings
from securechat.desktop import texts
from securechat.desktop.form.connect_form import ConnectForm
from securechat.desktop.form.form_model import FormModel
from securechat.desktop.look.emoji import name_emoji
from securechat.errors import ConnectionClosed, ErrorCode, FirstContact, RequestRefused, ServerChanged
from tests.desktop.driver import PASSWORD, Driver
from tests.desktop.fake_client import FakeClient, message

FINGERPRINT = "9f3a51c07be2d488" * 4
GOOD = {"server": "127.0.0.1:5050", "username": "alice", "password": PASSWORD}


def error_of(window: Driver) -> str:
    return str(window.form.error["text"])


def focused(window: Driver) -> str:
    """The widget with the keyboard; asked of Tk directly because the test's window may not be the active one."""
    window.turns()
    return str(window.root.tk.call("focus", "-lastfor", window.root))


def test_logging_in_opens_the_chat_and_is_remembered(window: Driver) -> None:
    window.log_in()
    assert window.client.named("connect") == [("connect", "127.0.0.1:5050", "alice", PASSWORD, False, "", "")]
    assert window.app.form is None
    assert window.root.title() == "# lobby · Blue Team · Secure Chat"
    assert focused(window) == str(window.chat.composer.text)
    kept = Settings.load(window.app._folder)
    assert (kept.last_server, kept.last_username) == ("127.0.0.1:5050", "alice")
    assert window.app.model.password == ""


def test_what_was_remembered_is_filled_in_and_the_cursor_waits_for_the_password(
    open_window: Callable[..., Driver],
) -> None:
    first = open_window()
    first.log_in()
    first.app.close()
    second = open_window(visible=True)
    assert second.form.entries["server"].get() == "127.0.0.1:5050"
    assert second.form.entries["username"].get() == "alice"
    assert second.form.entries["password"].get() == ""
    assert focused(second) == str(second.form.entries["password"])


def test_the_first_start_offers_to_register_at_this_computers_server(open_window: Callable[..., Driver]) -> None:
    """Beside `make run` nobody should have to type an address, and nobody has an account yet."""
    form = open_window(visible=True).form
    assert form.entries["server"].get() == "localhost"
    assert form.model.register and form.entries["again"].winfo_ismapped()
    assert form.submit["text"] == "Register"


def test_control_a_selects_all_of_a_field(window: Driver) -> None:
    entry = window.form.entries["username"]
    window.type_form(username="alice")
    entry.focus_force()
    entry.event_generate("<Control-a>")
    assert entry.selection_get() == "alice"


def test_a_join_link_on_the_command_line_fills_the_server_field(open_window: Callable[..., Driver]) -> None:
    window = open_window(server="chat://10.0.0.4/#abc")
    assert window.form.entries["server"].get() == "chat://10.0.0.4/#abc"


def test_registering_shows_its_fields_progress_and_the_warning(window: Driver) -> None:
    window.client.hold()
    window.form.tabs["register"].invoke()
    assert window.form.warning.winfo_manager() and window.form.warning["text"] == texts.NO_RECOVERY
    window.type_form(**GOOD, again=PASSWORD, invite="xyz")
    window.form.submit.invoke()
    window.until(window.client.connecting.is_set)
    window.turns()
    assert window.form.progress["text"] == "Stretching your password…"
    assert not window.form.submit.winfo_manager()  # nobody can press it twice
    assert window.form.entries["password"].instate(["disabled"])
    window.client.release()
    window.until(lambda: window.app.chat is not None)
    assert window.client.named("connect") == [("connect", GOOD["server"], "alice", PASSWORD, True, "xyz", "")]


def test_the_form_says_what_is_missing_before_anything_is_sent(window: Driver) -> None:
    window.type_form(server="host", username="Alice!", password=PASSWORD)
    window.form.entries["password"].event_generate("<Return>")
    window.form.submit.invoke()
    assert error_of(window) == texts.BAD_NAME
    assert focused(window) == str(window.form.entries["username"])
    assert window.used == []


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused(ErrorCode.BAD_LOGIN),
        RequestRefused(ErrorCode.NAME_TAKEN),
        RequestRefused(ErrorCode.REGISTRATION_REFUSED),
        RequestRefused(ErrorCode.RATE_LIMITED, "5"),
        ConnectionClosed("The server is away."),
        ServerChanged("a" * 64, "b" * 64),
    ],
    ids=lambda error: getattr(getattr(error, "code", None), "name", type(error).__name__),
)
def test_an_error_is_one_sentence_and_what_was_typed_stays(window: Driver, error: Exception) -> None:
    window.client.connect_error = error
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(lambda: error_of(window))
    assert error_of(window) == explain(error)
    assert {name: window.form.entries[name].get() for name in GOOD} == GOOD
    assert window.form.submit.winfo_manager() and not window.form.busy
    window.until(window.client.closed.is_set, "the client of a failed try is closed")


def test_after_an_error_the_next_try_has_a_client_of_its_own(window: Driver) -> None:
    first, second = FakeClient(), FakeClient()
    window.clients = [first, second]
    first.connect_error = RequestRefused(ErrorCode.BAD_LOGIN)
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(lambda: error_of(window))
    window.log_in()
    assert window.used == [first, second]
    assert first.closed.is_set() and not second.closed.is_set()


def test_a_first_contact_is_compared_and_accepted(window: Driver) -> None:
    first, second = FakeClient(), FakeClient()
    window.clients = [first, second]
    first.connect_error = FirstContact(FINGERPRINT, "Evil\x1b\u202eTeam")
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(lambda: window.app.form is not None and window.form.panel)
    panel = window.form.panel
    assert panel is not None
    shown = " ".join(str(child["text"]) for child in panel.winfo_children() if isinstance(child, tk.Label))
    assert "Team" in shown and not set(shown) & set("\x1b\u202e")
    assert "".join(panel.numbers.get("1.0", "end").split()) == FINGERPRINT
    assert focused(window) == str(panel.cancel)  # accepting is not the default
    panel.accept.invoke()
    window.until(lambda: window.app.chat is not None)
    assert second.named("connect")[0][-1] == FINGERPRINT


@pytest.mark.parametrize(
    ("mode", "error", "field"),
    [
        ("register", RequestRefused(ErrorCode.NAME_TAKEN), "username"),
        ("register", RequestRefused(ErrorCode.REGISTRATION_REFUSED), "invite"),
        ("login", RequestRefused(ErrorCode.REGISTRATION_REFUSED), "server"),  # no invite there: the first empty field
        ("login", RequestRefused(ErrorCode.BAD_LOGIN), "password"),
        ("login", ConnectionClosed("Too often.", ErrorCode.BAD_LOGIN), "password"),
    ],
)
def test_after_a_refusal_the_cursor_is_where_it_can_be_mended(
    window: Driver, mode: str, error: Exception, field: str
) -> None:
    window.client.hold()
    window.client.connect_error = error
    window.form.tabs[mode].invoke()
    window.type_form(**GOOD, again=PASSWORD, invite="xyz")
    window.form.submit.invoke()
    window.until(window.client.connecting.is_set)
    # An empty field is where the cursor goes if nobody says better.
    window.form.entries["server"].state(["!disabled"])
    window.type_form(server="")
    window.client.release()
    window.until(lambda: error_of(window))
    assert focused(window) == str(window.form.entries[field])


def test_a_first_contact_can_be_declined(window: Driver) -> None:
    window.client.connect_error = FirstContact(FINGERPRINT, "Team")
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(lambda: window.form.panel)
    panel = window.form.panel
    assert panel is not None
    panel.cancel.invoke()
    assert window.form.panel is None
    assert error_of(window) == texts.CANCELLED
    assert window.form.entries["password"].get() == PASSWORD
    assert len(window.used) == 1


def test_connecting_can_be_cancelled_and_a_late_success_is_dropped(window: Driver) -> None:
    """The worker hangs in connect until cancel frees it; the form is back at once."""
    window.client.hold()
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(window.client.connecting.is_set)
    window.form.cancel.invoke()
    assert error_of(window) == texts.CANCELLED
    assert not window.form.busy
    window.until(window.client.closed.is_set)
    window.turns()
    assert window.app.chat is None
    assert error_of(window) == texts.CANCELLED


def test_a_connect_that_succeeds_after_it_was_cancelled_opens_nothing(window: Driver) -> None:
    """The client does not hear the cancelling: its success comes late, and must not replace the form."""
    client = window.client
    client.hold()
    client.cancel = lambda: None  # type: ignore[method-assign]
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(client.connecting.is_set)
    window.form.cancel.invoke()
    window.until(client.closed.is_set)  # closing lets the held connect go on, successfully
    window.turns()
    assert window.app.chat is None and window.app.form is not None


def test_an_unexpected_error_while_connecting_costs_a_sentence(window: Driver) -> None:
    window.client.connect_error = ZeroDivisionError("private words")
    window.type_form(**GOOD)
    window.form.submit.invoke()
    window.until(lambda: error_of(window))
    assert error_of(window) == texts.CALLBACK_CRASH


def test_another_size_keeps_what_was_typed(window: Driver) -> None:
    window.type_form(**GOOD)
    window.app.zoom(1)
    assert {name: window.form.entries[name].get() for name in GOOD} == GOOD
    window.client.hold()
    window.form.submit.invoke()
    size = window.app.theme.px(100)
    window.app.zoom(1)  # not while it connects: the progress would be gone
    assert window.form.busy and window.app.theme.px(100) == size
    window.form.cancel.invoke()


def test_where_emoji_are_dangerous_they_do_not_get_into_a_field(window: Driver) -> None:
    shielded = ConnectForm(window.root, window.app.theme, FormModel(), window.app, name_emoji)
    entry = shielded.entries["server"]
    entry.insert("end", "host 👍")
    assert entry.get() == ""
    entry.insert("end", "host")
    assert entry.get() == "host"
    shielded.destroy()


def test_tab_visits_every_field_and_button_and_nothing_else(window: Driver) -> None:
    form = window.form
    form.tabs["register"].invoke()
    window.turns()
    entries = [form.entries[name] for name in ("server", "username", "password")]
    # "Show" stands beside the first password, and is behind all fields: who types on must not press it.
    rest = [form.entries["again"], form.entries["invite"], form.reveal, form.submit]
    assert window.tab_order(form.tabs["login"]) == [*form.tabs.values(), *entries, *rest]


def test_the_password_can_be_looked_at(window: Driver) -> None:
    entry = window.form.entries["password"]
    assert str(entry["show"]) == "•"
    window.form.reveal.invoke()
    assert str(entry["show"]) == "" and str(window.form.reveal["text"]) == texts.HIDE
    window.form.reveal.invoke()
    assert str(entry["show"]) == "•"


def test_what_happens_while_connecting_is_not_lost(window: Driver) -> None:
    """A message that arrives between the client's snapshot and the chat's opening is shown."""
    client = window.client

    def connect(*args: object, **kwargs: object) -> None:
        client.username, client.state = "alice", ConnectionState.ONLINE
        client.on_event(Progress("Opening…"))
        client.on_event(MessageShown(message(7, "bob", "early bird")))

    client.connect = connect  # type: ignore[method-assign]
    window.log_in()
    window.turns()
    assert "early bird" in window.shown


def test_all_of_the_form_can_be_reached_in_a_low_window(open_window: Callable[..., Driver]) -> None:
    """What gets the focus is scrolled into view."""
    window = open_window(visible=True)
    window.root.geometry("600x320+0+0")
    window.form.tabs["register"].invoke()
    window.root.update()
    invite = window.form.entries["invite"]

    def in_sight() -> bool:
        top = invite.winfo_rooty() - window.root.winfo_rooty()
        return 0 <= top and top + invite.winfo_height() <= window.root.winfo_height()

    assert not in_sight()
    invite.event_generate("<FocusIn>")
    window.turns()
    assert in_sight()
