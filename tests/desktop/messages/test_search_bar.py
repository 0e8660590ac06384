"""The search bar: what is typed is searched, and it can be left and walked through with keys alone."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator

import pytest

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.search_bar import SearchBar


class Recorder:
    """Notes what the bar asks."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def search(self, query: str) -> None:
        self.calls.append(("search", query))

    def step(self, by: int) -> None:
        self.calls.append(("step", by))

    def search_older(self) -> None:
        self.calls.append(("older",))

    def close_search(self) -> None:
        self.calls.append(("close",))


@pytest.fixture
def bar(bare: tuple[tk.Tk, Theme]) -> Iterator[SearchBar]:
    root, theme = bare
    made = SearchBar(root, theme, Recorder())
    made.pack(fill="x")
    root.update()
    root.focus_force()
    made.focus()
    root.update()
    yield made


def asked(bar: SearchBar) -> list[tuple[object, ...]]:
    """What was asked since the last time."""
    recorder = bar._actions
    assert isinstance(recorder, Recorder)
    calls, recorder.calls = recorder.calls, []
    return calls


def press(bar: SearchBar, *keys: str) -> None:
    for key in keys:
        widget = bar.focus_get()
        assert widget is not None
        widget.event_generate(key)
        bar.update()


def test_typing_searches_each_text_once(bar: SearchBar) -> None:
    """Also what is pasted or taken away; keys that change nothing ask nothing."""
    press(bar, "a", "b", "<Left>", "<Shift-End>")
    assert asked(bar) == [("search", "a"), ("search", "ab")]
    press(bar, "<BackSpace>")
    assert asked(bar) == [("search", "a")]
    bar.clipboard_clear()
    bar.clipboard_append("bc")
    press(bar, "<<Paste>>")
    assert asked(bar) == [("search", "abc")] and bar.query == "abc"


def test_it_says_where_one_is(bar: SearchBar) -> None:
    """Or that nothing was found; what cannot be done is grey."""
    assert bar.words["text"] == texts.SEARCH
    bar.set_query("x")
    bar.show(3, 12, True)
    assert bar.words["text"] == "3 of 12"
    assert not any(button.instate(["disabled"]) for button in (bar.previous, bar.next, bar.older))
    bar.show(0, 0, False)
    assert bar.words["text"] == texts.SEARCH_NOTHING
    assert all(button.instate(["disabled"]) for button in (bar.previous, bar.next, bar.older))
    bar.set_query("")
    bar.show(0, 0, True)
    assert bar.words["text"] == texts.SEARCH


def test_keys_step_through_what_was_found(bar: SearchBar) -> None:
    """Return goes up to what is older, Shift+Return down, as the arrows do; where nothing was found nothing happens."""
    bar.set_query("x")
    bar.show(1, 2, False)
    asked(bar)
    press(bar, "<Return>", "<Shift-Return>", "<Down>", "<Up>")
    assert asked(bar) == [("step", -1), ("step", 1), ("step", 1), ("step", -1)]
    bar.show(0, 0, False)
    press(bar, "<Return>")
    assert asked(bar) == []


def test_every_button_works_by_keyboard(bar: SearchBar) -> None:
    """In the order in which they stand; Escape closes from each of them."""
    bar.set_query("x")
    bar.show(1, 2, True)
    asked(bar)
    for wanted in (("step", -1), ("step", 1), ("close",), ("older",)):
        press(bar, "<Tab>", "<space>", "<Escape>")
        assert asked(bar) == [wanted, ("close",)]
    bar.focus()
    press(bar, "<Escape>")
    assert asked(bar) == [("close",)]


def test_the_focus_leaves_a_button_that_goes_grey(bar: SearchBar) -> None:
    """A grey button hears no Escape."""
    bar.set_query("x")
    bar.show(1, 2, True)
    bar.older.focus_set()
    bar.update()
    bar.show(1, 2, False)
    bar.update()
    assert bar.focus_get() is bar.entry


def test_taking_it_up_again_selects_what_was_searched(bar: SearchBar) -> None:
    """So that the next letter begins a new search."""
    bar.set_query("before")
    asked(bar)
    bar.focus()
    press(bar, "n")
    assert asked(bar) == [("search", "n")]
