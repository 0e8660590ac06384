"""Searching in the window: what is found, stepping through it, loading more, going back to writing."""

from __future__ import annotations

import pytest

from securechat.client.events import ConnectionState, MessageChanged
from securechat.desktop import texts
from securechat.desktop.chat.search_control import PIECE_S, SearchControl
from tests.desktop.driver import Driver
from tests.desktop.fake_client import message
from tests.desktop.hands import focused, in_sight, press, type_in, wake


@pytest.fixture
def seen(window: Driver) -> Driver:
    """A window with a hundred messages; "tulip" is in numbers 5, 50 and 95."""
    window.client.shown = [
        message(100 + n, "bob", f"number {n} " + ("Tulip" if n in (5, 50, 95) else "rose")) for n in range(1, 101)
    ]
    window.log_in()
    return wake(window)


def words(driver: Driver) -> str:
    return str(driver.chat.search_bar.words["text"])


def found(driver: Driver) -> str:
    """The text of the row that shows as the match."""
    current = driver.chat.timeline.current
    return driver.control.messages.row(current).text if current is not None else ""


def test_ctrl_f_finds_while_typing_and_shows_the_newest_first(seen: Driver) -> None:
    press(seen, "<Control-f>")
    assert focused(seen) == str(seen.chat.search_bar.entry) and words(seen) == texts.SEARCH
    type_in(seen, "tulip")
    assert words(seen) == "3 of 3" and "number 95 " in found(seen) and in_sight(seen, "number 95 ")
    type_in(seen, "s")
    assert words(seen) == texts.SEARCH_NOTHING
    press(seen, "<BackSpace>")
    assert words(seen) == "3 of 3"


def test_return_goes_up_from_match_to_match_and_round(seen: Driver) -> None:
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    for key, position, number in (
        ("<Return>", 2, 50), ("<Return>", 1, 5), ("<Return>", 3, 95), ("<Shift-Return>", 1, 5), ("<Down>", 2, 50),
    ):
        press(seen, key)
        assert words(seen) == f"{position} of 3" and f"number {number} " in found(seen)
        assert in_sight(seen, f"number {number} ")
    seen.chat.search_bar.previous.invoke()
    seen.turns()
    assert words(seen) == "1 of 3"


def test_escape_ends_the_search_and_writing_goes_on(seen: Driver) -> None:
    type_in(seen, "half")
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    press(seen, "<Escape>")
    assert not seen.chat.search_bar.winfo_manager() and seen.chat.timeline.current is None
    assert not seen.chat.timeline.text.tag_ranges("match")
    type_in(seen, "x")
    assert seen.chat.composer.get() == "halfx"
    press(seen, "<Control-f>")
    assert seen.chat.search_bar.winfo_manager() and focused(seen) == str(seen.chat.search_bar.entry)


def test_matches_are_marked_in_the_text(seen: Driver) -> None:
    text = seen.chat.timeline.text
    before = set(text.tag_names())
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    marked = {
        tag for tag in text.tag_names()
        for start, end in [text.tag_ranges(tag)[:2] or (None, None)]
        if start is not None and text.get(start, end).casefold() == "tulip"
    }
    assert marked and before
    press(seen, "<Escape>")
    assert not any(text.tag_ranges(tag) for tag in marked)


def test_the_command_searches_for_its_words(seen: Driver) -> None:
    type_in(seen, "/search tulip")
    press(seen, "<Return>")
    assert words(seen) == "3 of 3" and seen.chat.composer.get() == ""
    assert not seen.client.named("send")


def test_what_comes_and_goes_while_searching_is_counted(seen: Driver) -> None:
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    press(seen, "<Return>")
    assert words(seen) == "2 of 3"
    seen.client.say("carol", "tulips for all")
    seen.turns()
    assert words(seen) == "2 of 4" and "number 50 " in found(seen), "the match that shows stays"
    assert in_sight(seen, "number 50 ")
    press(seen, "<Shift-Return>", "<Shift-Return>")
    assert words(seen) == "4 of 4" and in_sight(seen, "tulips for all")


def test_a_match_that_is_edited_away_is_none_any_more(seen: Driver) -> None:
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    old = next(m for m in seen.client.shown if m.text == "number 50 Tulip")
    seen.client.emit(MessageChanged(message(old.seq, "bob", "number 50 daisy", edited=True)))
    seen.turns()
    press(seen, "<Return>")
    assert words(seen) == "1 of 2" and "number 5 " in found(seen)


def test_older_posts_are_loaded_and_searched_and_the_match_stays(seen: Driver) -> None:
    seen.client.older = [tuple(message(n, "bob", f"old {n} " + "tulip" * (n == 30)) for n in range(20, 60))]
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    seen.chat.search_bar.older.invoke()
    seen.until(lambda: words(seen) == "4 of 4", "the older one counts")
    assert "number 95 " in found(seen) and in_sight(seen, "number 95 ")
    assert seen.client.named("load_older") == [("load_older",)]
    assert seen.chat.search_bar.older.instate(["disabled"]), "that was all"
    press(seen, "<Return>", "<Return>", "<Return>")
    assert in_sight(seen, "old 30 ")


def test_without_a_connection_loading_older_posts_asks_nobody(seen: Driver) -> None:
    seen.client.turn(ConnectionState.WAITING, reason="The connection was lost.", retry_in_s=60.0)
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    seen.chat.search_bar.older.invoke()
    seen.turns()
    assert not seen.client.named("load_older") and words(seen) == "3 of 3"


def test_a_match_inside_a_folded_message_is_unfolded(seen: Driver) -> None:
    seen.client.say("bob", "\n".join(f"line {n}" for n in range(40)) + "\nneedle")
    seen.turns()
    assert "needle" not in seen.shown
    press(seen, "<Control-f>")
    type_in(seen, "needle")
    assert words(seen) == "1 of 1" and "needle" in seen.shown


def test_a_search_goes_on_in_another_look(seen: Driver) -> None:
    press(seen, "<Control-f>")
    type_in(seen, "tulip")
    press(seen, "<Return>", "<Control-plus>")
    assert seen.chat.search_bar.winfo_manager() and seen.chat.search_bar.query == "tulip"
    assert words(seen).endswith("of 3")
    assert focused(seen) == str(seen.chat.search_bar.entry)
    press(seen, "<Escape>")
    assert not seen.chat.search_bar.winfo_manager()


def test_a_long_conversation_is_looked_through_in_pieces(window: Driver) -> None:
    """The newest part at once; the count grows turn by turn, and the match that shows stays."""
    window.client.shown = [message(n, "bob", f"tulip {n}") for n in range(1, 61)]
    window.log_in()
    seen = wake(window)
    now = [0.0]

    def clock() -> float:
        now[0] += PIECE_S / 5
        return now[0]

    seen.chat.search_bar.set_query("tulip")
    control = SearchControl(seen.control, clock)
    control.is_open = True
    control.search("tulip")
    assert words(seen) == "5 of 5" and "tulip 60\n" in found(seen)
    control.tick()
    assert words(seen) == "10 of 10" and "tulip 60\n" in found(seen)
    control.step(-1)
    assert words(seen) == "14 of 15" and "tulip 59\n" in found(seen)
    seen.client.say("carol", "one more tulip")
    seen.turns()
    for _ in range(40):
        control.tick()
    assert words(seen) == "59 of 61" and "tulip 59\n" in found(seen)
    seen.client.say("dave", "tulips again")
    seen.turns()
    control.tick()
    assert words(seen) == "59 of 62", "what was found before counts until all is looked through anew"
    control.search("tulip 7")
    assert words(seen) == texts.SEARCH_NOTHING
    for _ in range(12):
        control.tick()
    assert words(seen) == "1 of 1" and "tulip 7\n" in found(seen), "the first match shows when it is found"


def test_reading_on_while_searching_is_not_disturbed(seen: Driver) -> None:
    """A message that comes and is the first to match is counted, and not scrolled to."""
    press(seen, "<Control-f>")
    type_in(seen, "needle")
    assert words(seen) == texts.SEARCH_NOTHING
    seen.client.say("carol", "a needle")
    seen.turns()
    assert words(seen) == "0 of 1" and "needle" not in found(seen)
