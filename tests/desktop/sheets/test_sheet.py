"""The card over the window: closing, the round of Tab, focus given back, room at every size, and the question."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import pytest

from securechat.desktop import texts
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Question, Sheet

LONG = "Every word of this long sentence is to be read, whatever the size of the window may be. " * 3


class Under:
    """A window with two fields, the second one with the focus, and a sheet with two fields over it."""

    def __init__(self, root: tk.Tk, theme: Theme, **options: int) -> None:
        self.root, self.closed = root, 0
        self.before, self.typed = (ttk.Entry(root) for _ in range(2))
        for entry in (self.before, self.typed):
            entry.pack()
        root.update()
        self.typed.focus_force()
        root.update()
        self.sheet = Sheet(root, theme, "A matter", self.count, **options)
        self.first, self.second = (ttk.Entry(self.sheet.body) for _ in range(2))
        for entry in (self.first, self.second):
            entry.pack()

    def count(self) -> None:
        self.closed += 1

    def focus(self) -> str:
        self.root.update()
        return str(self.root.focus_get())

    def press(self, key: str) -> str:
        """Press ``key`` where the focus is; returns where it is then."""
        self.root.nametowidget(self.focus()).event_generate(key)
        return self.focus()


@pytest.fixture
def under(bare: tuple[tk.Tk, Theme]) -> Under:
    return Under(*bare)


def test_it_covers_the_window_and_the_first_field_has_the_focus(under: Under) -> None:
    under.sheet.ready()
    assert under.focus() == str(under.first)
    size = (under.sheet.winfo_width(), under.sheet.winfo_height())
    assert size == (under.root.winfo_width(), under.root.winfo_height())


def test_without_a_field_the_focus_is_on_closing(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    sheet = Sheet(root, theme, "Words only", lambda: None)
    sheet.words(LONG)
    sheet.ready()
    sheet.focus_force()  # the test's window may not be the active one
    sheet.close_button.focus_set()
    root.update()
    assert root.focus_get() is sheet.close_button


@pytest.mark.parametrize("way", ["escape", "button", "call"])
def test_closing_tells_once_and_gives_the_focus_back(under: Under, way: str) -> None:
    under.sheet.ready()
    if way == "escape":
        assert under.focus() == str(under.first)
        under.press("<Escape>")
    elif way == "button":
        under.sheet.close_button.invoke()
    else:
        under.sheet.close()
    assert under.closed == 1
    assert not under.sheet.winfo_exists()
    assert under.focus() == str(under.typed)
    under.sheet.close()
    assert under.closed == 1


def test_the_field_that_had_the_focus_may_be_gone(under: Under) -> None:
    under.sheet.ready()
    under.typed.destroy()
    under.sheet.close()
    under.root.update()
    assert under.closed == 1


def test_escape_and_keys_of_the_sheet_do_not_reach_what_is_under_it(under: Under) -> None:
    heard: list[str] = []
    under.root.bind("<Escape>", lambda event: heard.append("escape"))
    under.sheet.ready()
    under.press("<Escape>")
    assert heard == []
    under.root.unbind("<Escape>")


def test_tab_goes_round_inside_and_never_under_it(under: Under) -> None:
    under.sheet.ready()
    inside = [str(widget) for widget in (under.second, under.sheet.close_button, under.first)]
    assert under.focus() == str(under.first)
    # The ✕ stands before the fields, so it comes last in the round.
    assert [under.press("<Tab>") for _ in range(6)] == inside * 2
    assert [under.press("<Shift-Tab>") for _ in range(3)] == [inside[1], inside[0], inside[2]]


def test_what_is_added_later_takes_part_after_another_ready(under: Under) -> None:
    under.sheet.ready()
    late = ttk.Entry(under.sheet.body)
    late.pack()
    under.sheet.ready()
    assert under.focus() == str(under.first)  # the focus is not taken from who types
    late.focus_set()
    assert under.press("<Tab>") == str(under.sheet.close_button)
    late.focus_set()
    under.press("<Escape>")
    assert under.closed == 1


def test_only_fields_and_buttons_are_stops(under: Under) -> None:
    under.sheet.words(LONG)
    under.sheet.heading("PART")
    under.sheet.ready()
    stops = {under.press("<Tab>") for _ in range(8)}
    assert stops == {str(widget) for widget in (under.first, under.second, under.sheet.close_button)}


def test_arrows_and_page_keys_scroll_a_high_sheet(under: Under) -> None:
    for _ in range(40):
        under.sheet.words("A line")
    under.sheet.ready(under.sheet.close_button)
    under.focus()
    top = under.sheet.close_button.winfo_rooty()
    under.press("<Next>")
    assert under.sheet.close_button.winfo_rooty() < top - 200
    for _ in range(2):  # a page leaves a little of the one before in sight
        under.press("<Prior>")
    assert under.sheet.close_button.winfo_rooty() == top
    under.press("<Down>")
    assert under.sheet.close_button.winfo_rooty() < top
    under.press("<Up>")
    assert under.sheet.close_button.winfo_rooty() == top


def test_the_wheel_scrolls_wherever_the_pointer_is(under: Under) -> None:
    lines = [under.sheet.words("A line") for _ in range(40)]
    under.sheet.ready()
    under.focus()
    for target in (lines[0], under.sheet, under.first):
        top = lines[0].winfo_rooty()
        target.event_generate("<Button-5>")
        under.root.update()
        assert lines[0].winfo_rooty() < top


def test_what_gets_the_focus_by_tab_is_scrolled_into_sight(under: Under) -> None:
    for _ in range(40):
        under.sheet.words("A line")
    under.sheet.ready()
    (last,) = under.sheet.buttons(("Do it", lambda: None, "Plain.TButton"))
    under.sheet.ready()
    under.root.update()
    assert last.winfo_rooty() - under.root.winfo_rooty() > 600
    under.second.focus_set()
    assert under.press("<Tab>") == str(last)
    bottom = last.winfo_rooty() - under.root.winfo_rooty() + last.winfo_height()
    assert bottom <= under.root.winfo_height()


def test_at_twice_the_size_all_stays_inside_the_window(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    theme = Theme(root, palette_for("light"), 2.0)
    sheet = Sheet(root, theme, "A title that is long enough to need two lines at this size", lambda: None)
    label = sheet.words(LONG, 14)
    row = sheet.buttons(*((words, lambda: None, "Plain.TButton") for words in ("A long answer", "Another, longer one")))
    narrow = sheet.buttons(*((words * 3, lambda: None, "Plain.TButton") for words in ("A long answer ", "Another ")))
    sheet.ready()
    root.update()
    for widget in (sheet.title_label, label, *row, *narrow, sheet.close_button):
        left = widget.winfo_rootx() - root.winfo_rootx()
        assert left >= 0 and left + widget.winfo_width() <= root.winfo_width()
        assert widget.winfo_width() >= min(widget.winfo_reqwidth(), 200)
    assert row[0].winfo_rooty() == row[1].winfo_rooty()
    assert narrow[0].winfo_rooty() < narrow[1].winfo_rooty()  # below each other
    sheet.close()
    theme.close()


def test_it_follows_the_width_of_the_window(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    sheet = Sheet(root, theme, "A matter", lambda: None)
    label = sheet.words(LONG)
    sheet.ready()
    root.update()
    wide = label.winfo_width()
    root.geometry("420x600")
    root.update()
    root.update()
    assert label.winfo_width() < wide
    assert label.winfo_reqheight() > theme.px(60)
    assert sheet.content_width() < 420


@pytest.mark.parametrize("alarm", [True, False])
def test_the_safe_answer_is_what_return_and_escape_give(bare: tuple[tk.Tk, Theme], alarm: bool) -> None:
    root, theme = bare
    said: list[str] = []

    def ask() -> Question:
        question = Question(
            root, theme, "Sure?", LONG, "Do it", lambda: said.append("yes"), lambda: said.append("closed"), alarm=alarm
        )
        root.update()
        assert str(root.tk.call("focus", "-lastfor", root)) == str(question.cancel)
        question.cancel.focus_force()
        root.update()
        return question

    def press(key: str) -> Callable[[Question], None]:
        return lambda question: question.cancel.event_generate(key)

    for answer in (press("<Return>"), press("<Escape>"), lambda question: question.close_button.invoke()):
        question = ask()
        assert root.focus_get() is question.cancel
        answer(question)
        assert said == ["closed"]
        assert not question.winfo_exists()
        said.clear()
    question = ask()
    assert str(question.yes["text"]) == "Do it" and str(question.cancel["text"]) == texts.CANCEL
    question.yes.invoke()
    assert said == ["closed", "yes"]
