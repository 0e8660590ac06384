"""The open chat in a window, with a stand-in client: writing, reading, presence, connection, the end."""

from __future__ import annotations

import gc
import random
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from tkinter import font as tkfont

import pytest

from securechat.client.events import (
    ConnectionState,
    HistoryLoaded,
    Message,
    MessageShown,
    Notice,
    Presence,
    PresenceChanged,
    StateChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.messages.rows import Look, MessageEntry, Row, draw
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_view import TimelineView
from securechat.desktop.pump import PER_TURN
from securechat.desktop.window import Window
from securechat.wire import limits
from tests.desktop.driver import Driver
from tests.desktop.fake_client import LOBBY, START_MS, message, person

HOSTILE = [
    "\x00\x07\x1b[2J\x7f\x9b31m",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \u200eabc\u200f",
    "W" * 16_384,
    "\n" * 3000,
    "a\u0301\u0302\u0303\u0304" * 400,
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇩🇪 ❤️ ☕",
    "שלום עולם مرحبا بالعالم",
    "{[$x] \\} ; puts hacked",
    "%s %d {0} \\n",
    "\ud800 lone half",
    "\t\t\ttabs",
    "�\uffff\U0010ffff",
]


def content(view: TimelineView) -> list[tuple[str, str, frozenset[str]]]:
    """Each character and picture of the timeline with its tags."""
    found: list[tuple[str, str, frozenset[str]]] = []
    tags: set[str] = set()
    for kind, value, _ in view.text.dump("1.0", "end-1c", text=True, tag=True, image=True):
        if kind == "tagon":
            tags.add(value)
        elif kind == "tagoff":
            tags.discard(value)
        else:
            found += [(kind, part, frozenset(tags)) for part in (value if kind == "text" else ["picture"])]
    return found


# --- reading ------------------------------------------------------------------------------------------


def test_messages_presence_and_typing_show(chat: Driver) -> None:
    chat.client.say("bob", "Morning!")
    chat.client.emit(PresenceChanged((person("carol"),)), PresenceChanged((person("dave"), person("erin"))))
    chat.client.emit(TypingSeen(LOBBY, "bob"))
    chat.turns()
    assert "bob" in chat.shown and "Morning!" in chat.shown
    assert chat.shown.endswith("carol, dave and erin are online\n")
    assert chat.chat.composer.typing_line["text"] == "bob is typing…"
    assert "5 of 5 online" in str(chat.chat.header.subtitle["text"])
    chat.mono += limits.TYPING_SHOWN_S
    chat.turns()
    assert chat.chat.composer.typing_line["text"] == ""


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_and_names_are_harmless(open_window: Callable[..., Driver], text: str) -> None:
    """A visible window, so that everything is laid out and drawn."""
    window = open_window(visible=True)
    window.client.server_name = text[:64]
    window.client.everyone = (*window.client.everyone, person(text[:300], Presence.AWAY))
    window.log_in()
    window.client.say(text[:300], text)
    window.client.emit(TypingSeen(LOBBY, text[:300]), PresenceChanged((person(f"x{text[:300]}"),)))
    window.client.emit(Notice(text), StateChanged(ConnectionState.WAITING, text[:500], None, 5.0))
    window.turns(4)
    for shown in (window.shown, str(window.chat.banner.text), window.root.title()):
        assert not set(shown) & set("\x00\x07\x1b\x7f\x9b\u202e\u2066\u200f")
    assert window.app.chat is not None
    assert not any(notice.text == texts.CALLBACK_CRASH for notice in window.chat.model.notices)


def test_the_widget_shows_exactly_what_a_fresh_one_would(chat: Driver) -> None:
    """Splices into the text widget, in any order of events, leave no trace of their own."""
    dice = random.Random(7)  # noqa: S311 (the same walk each time, nothing secret)
    view, model = chat.chat.timeline, chat.chat.model
    for step in range(150):
        kind = dice.randrange(5)
        seq = dice.randrange(1, 400)
        if kind == 0:
            chat.chat.show(model.apply(MessageShown(message(seq, dice.choice(["bob", "carol"]), f"text\n{seq}"))))
        elif kind == 1:
            block = tuple(message(n, "dave", str(n)) for n in range(seq, seq + dice.randrange(1, 9)))
            chat.chat.show(model.apply(HistoryLoaded(LOBBY, block, dice.random() < 0.1, True)))
        elif kind == 2:
            chat.control.send(f"mine {step}")
            chat.turns(1)
        elif kind == 3 and chat.client.shown:
            chat.client.store(dice.choice(chat.client.shown).local_id)
            chat.turns(1)
        else:
            chat.chat.show(model.apply(PresenceChanged((person("zoe", Presence(dice.randrange(2))),))))
            chat.now += dice.randrange(600)
    walked = content(view)
    view.reset(model.current.timeline.rows())
    assert walked == content(view)


def test_a_head_that_is_put_between_texts_stays_at_the_edge(chat: Driver) -> None:
    """Tk gives a picture the tags that both its neighbours have, so also their margin."""
    eve, bob, carol = message(1, "eve", "e"), message(3, "bob", "w1"), message(2, "carol", "c")
    look, after_bob = Look(date.today()), message(4, "bob", "w2")
    view = chat.chat.timeline

    def row(now: Message, before: Message | None) -> Row:
        return draw(MessageEntry(now), MessageEntry(before) if before else None, look)

    view.reset([row(eve, None), row(bob, eve), row(after_bob, bob)])
    view.apply(Splice(1, 1, (row(carol, eve), row(bob, carol))))
    spliced = content(view)
    pictures = [tags for kind, _, tags in spliced if kind == "image"]
    assert pictures == [frozenset({"name"})] * 3
    view.reset([row(eve, None), row(carol, eve), row(bob, carol), row(after_bob, bob)])
    assert content(view) == spliced


def test_the_scrollbar_shows_the_position_and_can_be_dragged(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.client.shown = [message(n, "bob", f"message {n}") for n in range(1, 301)]
    window.log_in()
    bar, text = window.chat.timeline.bar, window.chat.timeline.text
    x, height = bar.winfo_width() // 2, bar.winfo_height()
    bar.set(0.8, 0.9)
    bar.update_idletasks()
    parts = [bar.identify(x, int(height * share)) for share in (0.2, 0.85, 0.97)]
    assert parts[1].endswith("thumb")
    assert parts[0].endswith("trough") and parts[2].endswith("trough")
    text.yview_moveto(1.0)
    window.turns()
    assert bar.identify(x, height - 4).endswith("thumb")
    bar.event_generate("<Button-1>", x=x, y=height - 4)
    bar.event_generate("<B1-Motion>", x=x, y=height // 2)
    bar.event_generate("<ButtonRelease-1>", x=x, y=height // 2)
    window.turns()
    assert 0.2 < text.yview()[0] < 0.8


def test_older_messages_load_on_top_without_moving_what_is_read(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.client.shown = [message(n, "bob", f"message {n}\nsecond line") for n in range(200, 260)]
    window.client.older = [tuple(message(n, "bob", f"message {n}") for n in range(150, 200))]
    window.log_in()
    text = window.chat.timeline.text
    assert window.client.named("load_older") == []
    text.yview_moveto(0)
    row = text.search("message 201", "1.0")
    before = text.bbox(row)
    window.until(lambda: window.chat.model.current.timeline.begins, "older messages are asked for at the top")
    window.turns()
    assert "message 150" in window.shown
    after = text.bbox(text.search("message 201", "1.0"))
    assert before is not None and after is not None
    assert before[1] == after[1]
    text.yview_moveto(0)
    window.turns()
    assert len(window.client.named("load_older")) == 1  # it begins here: nobody asks again


def test_a_new_message_does_not_pull_the_reader_down(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.client.shown = [message(n, "bob", f"message {n}") for n in range(100, 200)]
    window.log_in()
    timeline = window.chat.timeline
    assert timeline.at_bottom()
    window.client.say("carol", "follows")
    window.turns()
    assert timeline.at_bottom()
    timeline.text.see("30.0")
    window.turns()
    top = timeline.text.index("@0,0")
    window.client.say("carol", "does not pull")
    window.turns()
    assert timeline.text.index("@0,0") == top
    assert timeline.newest.winfo_ismapped()
    timeline.newest.invoke()
    window.turns()
    assert timeline.at_bottom() and not timeline.newest.winfo_ismapped()


def test_what_comes_before_ones_eyes_is_read_and_gets_no_new_line(
    chat: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lobby, focused = chat.chat.model.current, [False]
    monkeypatch.setattr(Window, "focused", property(lambda window: focused[0]))
    chat.turns()
    chat.client.say("bob", "nobody looks")
    chat.turns()
    assert lobby.timeline.first_new == chat.client.shown[-1].post_id and lobby.unread().count == 1
    focused[0] = True
    chat.until(lambda: lobby.unread().count == 0, "it is read as soon as the window has the focus")
    chat.until(lambda: chat.client.named("mark_read"))
    before = lobby.timeline.first_new
    seen = chat.client.say("bob", "somebody looks")
    chat.until(lambda: lobby.read_mark == seen.seq)
    assert lobby.timeline.first_new == before


def test_the_newest_stays_in_sight_when_a_strip_appears(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.client.shown = [message(n, "bob", f"message {n}") for n in range(100, 160)]
    window.log_in()
    window.client.turn(ConnectionState.WAITING, reason="The server is away.", retry_in_s=9.0)
    window.turns()
    assert window.chat.banner.winfo_ismapped()
    assert window.chat.timeline.text.yview()[1] == 1.0  # the whole last line, not only its upper edge


def test_five_thousand_messages_are_all_there(chat: Driver) -> None:
    block = tuple(message(n, ("bob", "carol", "dave")[n // 4 % 3], f"message {n}") for n in range(1, 5001))
    chat.client.emit(HistoryLoaded(LOBBY, block, True, True))
    chat.app.pump.drain()
    model = chat.chat.model
    assert model.working and "message 5000\n" in chat.shown  # the newest show at once
    chat.until(lambda: not model.working, "all of them are in")
    chat.turns()
    assert len(model.current.timeline.messages) == 5000
    assert "message 1\n" in chat.shown and "message 5000\n" in chat.shown
    chat.client.emit(MessageShown(message(5001, "bob", "the newest")))
    chat.turns()
    assert chat.shown.endswith("the newest\n")


def test_a_flood_is_taken_in_portions(chat: Driver) -> None:
    flood = [MessageShown(message(n, "bob", f"message {n}")) for n in range(1, 4 * PER_TURN)]
    chat.client.emit(*flood)
    assert 1 <= chat.app.pump.drain() <= PER_TURN  # fewer if the time of the turn is up
    assert f"message {len(flood)}\n" not in chat.shown
    chat.turns()
    assert f"message {len(flood)}\n" in chat.shown


def test_only_the_people_in_sight_are_drawn(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.client.everyone = tuple(person(f"user{n:04}") for n in range(3000))
    window.log_in()
    people = window.chat.sidebar.list
    words = [people.itemcget(item, "text") for item in people.find_all() if people.type(item) == "text"]
    assert "user0000" in words and len(words) < 40
    people.focus_force()
    people.update()
    people.event_generate("<End>")
    people.update()
    words = [people.itemcget(item, "text") for item in people.find_all() if people.type(item) == "text"]
    assert "user0000" not in words and "user2999" in words and len(words) < 40


# --- connection, end ----------------------------------------------------------------------------------


def test_the_banner_counts_down_and_tries_now(chat: Driver) -> None:
    chat.client.turn(ConnectionState.WAITING, reason="The server is away.", retry_in_s=7.0)
    chat.turns()
    banner = chat.chat.banner
    assert "Next try in 7 s" in banner.text and banner.winfo_manager()
    chat.mono += 4
    chat.turns()
    assert "Next try in 3 s" in banner.text
    banner.button.invoke()
    chat.until(lambda: chat.client.named("retry_now"))
    chat.client.turn(ConnectionState.CONNECTING)
    chat.turns()
    assert banner.text == texts.BANNER_CONNECTING and not banner.button.winfo_manager()
    chat.client.turn(ConnectionState.ONLINE)
    chat.turns()
    assert banner.text == "" and not banner.winfo_manager()


def test_being_sent_away_leads_back_to_the_form_and_keeps_what_was_written(chat: Driver) -> None:
    client = chat.client
    chat.write("half a thought")
    client.turn(ConnectionState.ENDED, reason="The operator sent you away; log in again to come back.")
    chat.until(lambda: chat.app.form is not None)
    assert "The operator sent you away" in str(chat.form.error["text"])
    chat.until(client.closed.is_set)
    assert client.saved_draft == "half a thought"
    assert chat.form.entries["username"].get() == "alice"
    assert chat.form.entries["password"].get() == ""
    client.saved_draft = ""  # even if the disk lost it, this window has not
    chat.log_in()
    assert chat.chat.composer.get() == "half a thought"


def test_signing_out_closes_the_client_and_says_so(chat: Driver) -> None:
    client = chat.client
    chat.chat.header.menu.invoke(texts.SIGN_OUT)
    chat.until(lambda: chat.app.form is not None)
    assert chat.form.error["text"] == texts.SIGNED_OUT
    chat.until(client.closed.is_set)
    client.emit(MessageShown(message(99, "bob", "too late")))  # of a session that is over
    chat.turns()
    assert chat.app.chat is None


def test_the_join_link_goes_to_the_clipboard(chat: Driver) -> None:
    chat.chat.header.menu.invoke(texts.COPY_LINK)
    assert chat.root.clipboard_get() == chat.client.join_link
    assert chat.chat.notice.text == texts.LINK_COPIED
    chat.chat.notice.button.invoke()
    assert chat.chat.notice.text == ""


def test_theme_and_size_change_under_way_and_nothing_is_lost(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.log_in()
    window.client.say("bob", "Morning!")
    window.write("unsent")
    window.turns()
    size = window.app.theme.px(100)
    window.root.focus_force()
    window.root.event_generate("<Control-plus>")
    window.turns()
    assert window.app.theme.px(100) > size
    window.app.change_preferences(replace(window.app.preferences, theme="light"))
    window.turns()
    assert window.app.theme.palette.name == "light"
    window.app.zoom(0)
    assert window.app.theme.px(100) == size
    window.turns()
    assert "Morning!" in window.shown and window.chat.composer.get() == "unsent"


def test_closing_the_window_closes_the_client_and_ends_every_thread(chat: Driver) -> None:
    """The thread-leak fixture joins in: no worker of a session may be left."""
    chat.write("later")
    chat.root.tk.call(chat.root.protocol("WM_DELETE_WINDOW"))
    assert chat.client.closed.is_set()
    assert chat.client.saved_draft == "later"
    chat.app.close()  # once more does nothing
    chat.app.request_close()


def test_no_object_is_left_to_a_finalizer_that_calls_tk(chat: Driver) -> None:
    """Python may run finalizers in any thread; variables and fonts have such, so the window makes none."""
    chat.chat.header.menu.invoke(texts.SIGN_OUT)
    chat.log_in()
    assert [thing for thing in gc.get_objects() if isinstance(thing, (tk.Variable, tkfont.Font))] == []


def test_messages_keep_their_time(chat: Driver) -> None:
    chat.client.say("bob", "hello", time_ms=START_MS)
    chat.turns()
    assert datetime.fromtimestamp(START_MS / 1000).strftime("%H:%M") in chat.shown
