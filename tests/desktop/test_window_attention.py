"""What is unread, who is told of it, and how: title, "new" line, read marks, desktop notices, toasts, quiet choices."""

from __future__ import annotations

import gc
import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from securechat.client.events import (
    ConnectionState,
    HistoryLoaded,
    MessageChanged,
    MessageShown,
    PeopleListed,
    ReadChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.notify.notifier import Notifier
from securechat.desktop.notify.toast import SHOWN_S
from tests.desktop.driver import PASSWORD, Driver
from tests.desktop.fake_client import LOBBY, message, person
from tests.desktop.hands import click, focused, in_sight, press, type_in, wake


@pytest.fixture
def seen(window: Driver) -> Driver:
    """A window that has the keyboard, with more messages than are in sight, all of them read."""
    window.client.shown = [message(n, "bob", f"read {n}") for n in range(1, 61)]
    window.client.mark = 60
    window.log_in()
    return wake(window)


@pytest.fixture
def look_away() -> Iterator[Callable[[Driver], None]]:
    """Gives the keyboard to another program."""
    others: list[tk.Tk] = []

    def look_away(driver: Driver) -> None:
        other = tk.Tk()
        others.append(other)
        other.geometry("200x100+1000+700")
        other.update()
        other.focus_force()
        other.update()
        driver.until(lambda: not driver.app.focused, "the other window has the keyboard")
        driver.turns()

    yield look_away
    while others:
        others.pop().destroy()
    gc.collect()


def new_lines(driver: Driver) -> int:
    """How many "new" lines show."""
    return sum(line.strip("─ ") == texts.NEW_LINE for line in driver.shown.splitlines())


def read(driver: Driver) -> list[object]:
    return [call[1] for call in driver.client.named("mark_read")]


def choose(driver: Driver, **values: object) -> None:
    """As the settings do."""
    driver.app.change_preferences(replace(driver.app.preferences, **values))  # type: ignore[arg-type]


# --- unread and read ------------------------------------------------------------------------------------


def test_who_looks_at_the_newest_reads_at_once(seen: Driver) -> None:
    post = seen.client.say("bob", "hello")
    seen.turns()
    seen.until(lambda: read(seen) == [post.seq], "the read mark moves")
    assert not seen.root.title().startswith("(") and seen.notifier.shown == []
    assert new_lines(seen) == 0, "nothing that is watched is new"


def test_who_looks_elsewhere_reads_when_they_come_back(seen: Driver, look_away: Callable[[Driver], None]) -> None:
    look_away(seen)
    first = seen.client.say("bob", "hello")
    second = seen.client.say("bob", "anybody")
    seen.turns()
    assert read(seen) == [] and seen.root.title().startswith("(2) # lobby")
    assert new_lines(seen) == 1
    assert seen.control.model.current.timeline.first_new == first.post_id
    wake(seen)
    seen.until(lambda: read(seen) == [second.seq], "the read mark moves")
    seen.turns()
    assert seen.root.title().startswith("# lobby")
    assert new_lines(seen) == 1, "it still shows where one had stopped"


def test_who_reads_above_has_not_seen_what_comes_below(seen: Driver) -> None:
    seen.chat.timeline.text.see("1.0")
    seen.chat.timeline.text.yview_scroll(2, "units")
    seen.turns()
    post = seen.client.say("bob", "down here")
    seen.turns()
    assert read(seen) == [] and seen.root.title().startswith("(1)") and not in_sight(seen, "down here")
    seen.chat.timeline.newest.invoke()
    seen.until(lambda: read(seen) == [post.seq], "the read mark moves")
    seen.turns()
    assert not seen.root.title().startswith("(")


def test_behind_a_sheet_nothing_is_read(seen: Driver) -> None:
    press(seen, "<F1>")
    post = seen.client.say("bob", "hello")
    seen.turns()
    assert read(seen) == [] and seen.root.title().startswith("(1)") and seen.notifier.shown
    press(seen, "<Escape>")
    seen.until(lambda: read(seen) == [post.seq], "the read mark moves")


def test_what_another_device_has_read_is_read_here(seen: Driver, look_away: Callable[[Driver], None]) -> None:
    look_away(seen)
    first, second, third = (seen.client.say("bob", f"{n}") for n in range(3))
    seen.client.emit(ReadChanged(LOBBY, second.seq))
    seen.turns()
    assert seen.root.title().startswith("(1)")
    seen.client.emit(ReadChanged(LOBBY, third.seq), ReadChanged(LOBBY, first.seq))
    seen.turns()
    assert seen.root.title().startswith("# lobby"), "an older mark changes nothing"


def test_what_came_while_one_was_away_stands_below_the_new_line(window: Driver) -> None:
    window.client.shown = [message(n, "bob", f"number {n}") for n in range(1, 41)]
    window.client.mark = 10
    window.log_in()
    assert window.control.model.current.timeline.first_new == window.client.shown[10].post_id
    assert in_sight(window, "number 11") and new_lines(window) == 1


def test_a_newcomer_is_told_of_no_new_line_and_of_no_old_message(window: Driver) -> None:
    """The client tells of the first page twice: it is in what it has, and an event."""
    window.client.shown = [message(n, "bob", f"number {n}") for n in range(1, 41)]
    page = tuple(window.client.shown)
    window.root.withdraw()  # so that nobody looks
    hold_and_log_in(window, lambda: window.client.emit(HistoryLoaded(LOBBY, page, True, False)))
    assert window.notifier.shown == [] and window.shown.count("number 7\n") == 1
    assert new_lines(window) == 0


def test_a_message_that_comes_while_the_chat_opens_counts_once(window: Driver) -> None:
    window.client.shown, window.client.mark = [message(5, "bob", "old")], 5
    window.root.withdraw()  # so that nobody looks
    hold_and_log_in(window, lambda: window.client.say("bob", "fresh"))
    assert window.control.model.unread_total() == 1 and window.root.title().startswith("(1)")


def hold_and_log_in(driver: Driver, meanwhile: Callable[[], object]) -> None:
    """Let something happen after the client began to connect, before the chat is open."""
    driver.client.hold()
    client = driver.client
    driver.type_form(server="127.0.0.1:5050", username="alice", password=PASSWORD)
    driver.form.submit.invoke()
    driver.until(client.connecting.is_set)
    meanwhile()
    client.release()
    driver.until(lambda: driver.app.chat is not None, "the chat opens")
    driver.turns()


def test_own_messages_deleted_ones_and_edits_are_not_unread(
    seen: Driver, look_away: Callable[[Driver], None]
) -> None:
    look_away(seen)
    gone = seen.client.say("bob", "oops")
    seen.client.emit(MessageShown(message(200, "alice", "from my other computer", mine=True)))
    seen.client.emit(MessageChanged(message(60, "bob", "read 60!", edited=True)))
    seen.turns()
    assert seen.root.title().startswith("(1)")
    seen.client.emit(MessageChanged(replace(gone, text="", deleted=True)))
    seen.turns()
    assert seen.root.title().startswith("# lobby")


# --- notices --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notices", "body"), [("text", "lunch at noon"), ("name", texts.WROTE), ("nothing", None)]
)
def test_a_notice_says_as_much_as_was_chosen(
    seen: Driver, look_away: Callable[[Driver], None], notices: str, body: str | None
) -> None:
    choose(seen, notices=notices)
    look_away(seen)
    seen.client.say("bob", "lunch at **noon**")
    seen.turns()
    assert seen.notifier.shown == ([(texts.notice_title("bob", "# lobby"), body)] if body else [])


def test_who_is_named_is_told_even_without_notices_but_not_while_undisturbed(
    seen: Driver, look_away: Callable[[Driver], None]
) -> None:
    choose(seen, notices="nothing")
    look_away(seen)
    seen.client.say("bob", "where is @alice")
    seen.turns()
    assert [body for _, body in seen.notifier.shown] == [texts.MENTIONED_YOU]
    choose(seen, do_not_disturb=True)
    seen.client.say("bob", "@alice hello")
    seen.turns()
    assert len(seen.notifier.shown) == 1 and seen.root.title().startswith("(2)")


def test_what_was_missed_without_a_connection_is_told_and_older_pages_are_not(
    seen: Driver, look_away: Callable[[Driver], None]
) -> None:
    look_away(seen)
    seen.client.turn(ConnectionState.WAITING, reason="The connection was lost.", retry_in_s=1.0)
    missed = (message(60, "bob", "read 60"), message(61, "bob", "missed one"), message(62, "alice", "me", mine=True))
    seen.client.emit(HistoryLoaded(LOBBY, missed, False, False))
    seen.client.emit(HistoryLoaded(LOBBY, tuple(message(n, "bob", "x") for n in range(-9, 0)), True, True))
    seen.turns()
    assert [body for _, body in seen.notifier.shown] == ["missed one"]


def test_a_sound_goes_with_a_notice_if_it_is_wanted(
    seen: Driver, look_away: Callable[[Driver], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(seen.root, "bell", lambda: rung.append(True))
    look_away(seen)
    for sound in (True, False):
        choose(seen, sound=sound)
        seen.client.say("bob", "ding")
        seen.turns()
    assert rung == [True] and len(seen.notifier.shown) == 2


def test_where_the_desktop_shows_no_notices_the_window_does(seen: Driver, look_away: Callable[[Driver], None]) -> None:
    look_away(seen)
    failing = Notifier(on_failed=seen.app._toast, find=lambda program: None)
    seen.app.attention._notifier = failing
    seen.client.say("bob", "hello @alice")
    toast = seen.app.attention.toast
    assert toast is not None
    seen.until(lambda: toast.visible, "the window shows it")
    assert toast.title["text"] == texts.notice_title("bob", "# lobby") and toast.body["text"] == "hello @alice"
    seen.root.update()
    toast.body.event_generate("<Button-1>")
    seen.until(lambda: seen.app.focused, "a click brings the window up")
    assert focused(seen) == str(seen.chat.composer.text), "one can answer at once"
    assert not toast.visible
    seen.app.attention.show_toast("bob", "again")
    seen.turns()
    seen.mono += SHOWN_S
    seen.turns()
    assert not toast.visible, "it goes by itself"


# --- ignored people and typing --------------------------------------------------------------------------


def test_ignored_people_are_folded_and_tell_nothing(seen: Driver, look_away: Callable[[Driver], None]) -> None:
    look_away(seen)
    seen.client.everyone = (person("alice"), replace(person("bob"), ignored=True), person("carol"))
    seen.client.emit(PeopleListed(seen.client.everyone))
    seen.client.say("bob", "buy this @alice")
    seen.client.emit(TypingSeen(LOBBY, "bob"))
    seen.turns()
    assert seen.notifier.shown == [] and seen.root.title().startswith("# lobby")
    assert "buy this" not in seen.shown and texts.ignored_message("bob") in seen.shown
    assert seen.chat.composer.typing_line["text"] == ""
    click(seen, texts.IGNORED_SHOW, last=True)
    assert "buy this" in seen.shown


def test_ignoring_by_command_is_said_and_can_be_taken_back(seen: Driver) -> None:
    seen.client.say("carol", "la la la")
    seen.turns()
    type_in(seen, "/ignore @carol")
    press(seen, "<Return>", "<Return>")  # the first takes the completed name
    seen.until(lambda: "la la la" not in seen.shown, "it is folded")
    assert seen.client.named("ignore") == [("ignore", "carol", True)]
    assert seen.control.model.notices[0].text == texts.ignoring("carol", True)
    seen.chat.composer.text.focus_set()
    seen.write("/unignore carol")
    press(seen, "<Return>")
    seen.until(lambda: "la la la" in seen.shown, "it shows again")
    seen.write("/ignore nobody")
    press(seen, "<Return>")
    assert texts.no_such_person("nobody") in str(seen.chat.composer.problem["text"])
    assert seen.chat.composer.get() == "/ignore nobody"


def test_typing_is_told_unless_it_is_turned_off(seen: Driver) -> None:
    type_in(seen, "x")
    seen.until(lambda: seen.client.named("typing"), "it is told")
    choose(seen, send_typing=False)
    seen.mono += 60
    type_in(seen, "y")
    type_in(seen, "z")
    seen.mono += 60
    seen.until(lambda: seen.client.saved_draft == "xyz", "the client has done all that came before")
    assert len(seen.client.named("typing")) == 1
