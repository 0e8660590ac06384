"""What a window that is open all day keeps: nothing of views that were drawn over, of sessions that are over."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from securechat.desktop.chat.chat_view import ChatView
from securechat.desktop.chat.view_model import ChatModel
from securechat.desktop.sheets.help_sheet import HelpSheet
from tests.desktop.driver import Driver

THEMES = ("light", "contrast", "dark")


# What earlier tests left, which pytest may hold on to for a while. Kept here, so that no new object gets their ids.
_earlier: list[object] = []


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Windows of earlier tests are not counted."""
    gc.collect()
    _earlier[:] = [thing for thing in gc.get_objects() if isinstance(thing, (ChatView, ChatModel))]
    yield
    _earlier.clear()


def alive(driver: Driver, kind: type) -> int:
    """How many objects of this window are there."""
    driver.turns()
    gc.collect()
    known = set(map(id, _earlier))
    return sum(isinstance(thing, kind) and id(thing) not in known for thing in gc.get_objects())


def tcl(driver: Driver, *question: str) -> int:
    """How many things Tcl names in its answer."""
    driver.root.update()
    return len(driver.root.tk.splitlist(driver.root.tk.call(*question)))


def counted(driver: Driver) -> dict[str, int]:
    """What Tcl keeps until the program ends, unless it is told to let go."""
    return {
        "commands": tcl(driver, "info", "commands"), "elements": tcl(driver, "ttk::style", "element", "names"),
        "pictures": tcl(driver, "image", "names"), "bindings": tcl(driver, "bind", str(driver.root)),
    }


def choose(driver: Driver, theme: str) -> None:
    driver.app.change_preferences(replace(driver.app.preferences, theme=theme))
    driver.turns()


def leave(driver: Driver) -> None:
    """Sign out, and wait until the client is let go of."""
    client = driver.client
    driver.app.sign_out()
    driver.until(lambda: driver.app.form is not None and client.closed.is_set(), "the form comes back")


def test_a_window_drawn_anew_many_times_keeps_one_view(chat: Driver) -> None:
    chat.client.say("bob", "here", reactions=(("👍", ("bob",)),))
    for turn in range(10):
        choose(chat, THEMES[turn % 3])
        if turn == 2:
            early = counted(chat)
    assert alive(chat, ChatView) == 1
    choose(chat, THEMES[2])
    assert counted(chat) == early
    assert "here" in chat.shown


def test_sessions_that_are_over_leave_nothing_behind(chat: Driver) -> None:
    chat.client.say("bob", "secret words")
    for turn in range(5):
        leave(chat)
        assert alive(chat, ChatModel) == alive(chat, ChatView) == 0, "at the form, nothing of the chat is kept"
        chat.log_in()
        if turn == 2:
            early = counted(chat)
    assert alive(chat, ChatModel) == alive(chat, ChatView) == 1
    assert counted(chat) == early


def pictures(driver: Driver) -> set[str]:
    """The names of those that boxes and buttons are made of."""
    names = driver.root.tk.splitlist(driver.root.tk.call("image", "names"))
    return {name for name in names if ".box." in name or ".ticked." in name}


def test_a_theme_that_was_there_before_is_shown_with_its_pictures(chat: Driver) -> None:
    """They were deleted meanwhile; what ttk built from them finds them again by their names."""
    choose(chat, "contrast")
    first, made = chat.app.theme, pictures(chat)
    choose(chat, "light")
    assert made and not made & pictures(chat)
    choose(chat, "contrast")
    assert chat.app.theme is first
    assert pictures(chat) == made


def test_another_name_for_the_same_look_keeps_the_pictures(chat: Driver) -> None:
    choose(chat, "system")
    theme = chat.app.theme
    made = pictures(chat)
    choose(chat, theme.palette.name)
    assert chat.app.theme is theme
    assert made and pictures(chat) == made
    choose(chat, "contrast")
    assert chat.app.theme is not theme and not made & pictures(chat)


def test_keys_of_the_window_reach_the_chat_that_shows(seen: Driver) -> None:
    """They are bound once for all views and sessions."""
    choose(seen, "light")
    leave(seen)
    seen.root.event_generate("<F1>")  # no chat: nothing to open
    seen.log_in()
    choose(seen, "dark")
    seen.root.event_generate("<F1>")
    seen.root.update()
    assert isinstance(seen.control.sheets.open, HelpSheet)
    seen.root.event_generate("<Control-f>")  # a sheet is open: not over it
    assert not seen.control.search.is_open


def test_what_is_typed_is_searched_after_a_redraw(seen: Driver) -> None:
    """The bindings of the search field are shared by all views; each finds its own."""
    seen.client.say("bob", "needle")
    choose(seen, "light")
    seen.control.search.open()
    seen.root.update()
    entry = seen.chat.search_bar.entry
    entry.focus_force()
    for letter in "need":
        entry.event_generate(f"<Key-{letter}>")
    seen.turns()
    assert seen.chat.search_bar.query == "need"
    assert seen.control.search.query == "need"
