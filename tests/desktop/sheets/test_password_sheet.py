"""Changing the password: what is checked here, what is handed on, and how it goes while it is under way."""

from __future__ import annotations

import tkinter as tk

import pytest

from securechat.desktop import texts
from securechat.desktop.form.fields import caps_lock
from securechat.desktop.look.theme import DOT, Theme
from securechat.desktop.sheets.password_sheet import PasswordSheet, problem_of
from securechat.wire import limits

OLD, NEW = "correct horse", "piano river cloud"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ((OLD, NEW, NEW), ("", "")),
        (("", NEW, NEW), ("old", texts.NEED_OLD)),
        ((OLD, "", ""), ("new", texts.NEED_NEW)),
        ((OLD, "short", "short"), ("new", texts.password_short(limits.PASSWORD_CHARACTERS))),
        ((OLD, OLD, OLD), ("new", texts.SAME_PASSWORD)),
        ((OLD, NEW, ""), ("again", texts.NEED_NEW_AGAIN)),
        ((OLD, NEW, NEW + "s"), ("again", texts.AGAIN_DIFFERS)),
    ],
)
def test_the_first_problem_is_named_with_its_field(typed: tuple[str, str, str], found: tuple[str, str]) -> None:
    assert problem_of(*typed) == found


class Opened:
    """A sheet, and what it asked for."""

    def __init__(self, root: tk.Tk, theme: Theme) -> None:
        self.root, self.asked, self.closed = root, list[tuple[str, str]](), 0
        self.sheet = PasswordSheet(root, theme, self.submit, self.close, known=("alice",))
        self.sheet.focus_force()
        self.sheet.entries["old"].focus_set()
        root.update()

    def submit(self, old: str, new: str) -> None:
        self.asked.append((old, new))

    def close(self) -> None:
        self.closed += 1

    def type(self, **fields: str) -> None:
        for name, text in fields.items():
            entry = self.sheet.entries[name]
            entry.delete(0, "end")
            entry.insert(0, text)
            entry.focus_set()
            self.root.update()
            entry.event_generate("<KeyRelease>", keysym="a")
        self.root.update()

    def focus(self) -> object:
        self.root.update()
        return self.root.focus_get()


@pytest.fixture
def opened(bare: tuple[tk.Tk, Theme]) -> Opened:
    return Opened(*bare)


def test_old_and_new_are_handed_on_by_return(opened: Opened) -> None:
    assert opened.focus() is opened.sheet.entries["old"]
    opened.type(old=OLD, new=NEW, again=NEW)
    opened.sheet.entries["again"].event_generate("<Return>")
    assert opened.asked == [(OLD, NEW)]


def test_a_problem_is_said_below_its_field_which_gets_the_cursor(opened: Opened) -> None:
    opened.type(old=OLD, new=NEW, again="other")
    opened.sheet.submit.invoke()
    assert opened.asked == []
    assert str(opened.sheet.error["text"]) == texts.AGAIN_DIFFERS
    assert opened.focus() is opened.sheet.entries["again"]
    below = opened.sheet.error.winfo_rooty() - opened.sheet.entries["again"].winfo_rooty()
    assert 0 < below < 80


def test_under_way_the_fields_rest_and_an_error_gives_them_back(opened: Opened) -> None:
    opened.type(old=OLD, new=NEW, again=NEW)
    sheet = opened.sheet
    sheet.show_progress("Changing…")
    sheet.show_progress("Almost…")
    opened.root.update()
    assert str(sheet.progress["text"]) == "Almost…" and sheet.progress.winfo_ismapped()
    assert all(entry.instate(["disabled"]) for entry in sheet.entries.values())
    assert opened.focus() is sheet.cancel
    sheet._submit()
    assert opened.asked == []
    sheet.show_error("The old password is not right; type it again.")
    assert opened.focus() is sheet.entries["old"]
    assert sheet.error.winfo_ismapped() and not sheet.progress.winfo_ismapped()
    assert [sheet.entries[name].get() for name in ("old", "new", "again")] == [OLD, NEW, NEW]
    sheet.submit.invoke()
    assert opened.asked == [(OLD, NEW)]


def test_it_can_be_closed_while_under_way(opened: Opened) -> None:
    opened.sheet.show_progress("Changing…")
    opened.root.update()
    opened.sheet.cancel.invoke()
    opened.root.update()
    assert opened.closed == 1


def test_the_new_password_is_judged_while_it_is_typed(opened: Opened) -> None:
    sheet = opened.sheet
    assert not sheet.strength.content.winfo_ismapped()
    opened.type(new="alice12345")
    assert sheet.strength.words == texts.strength(0, texts.STRENGTH_NAMED)
    assert sheet.strength.content.winfo_ismapped()
    opened.type(new="piano river cloud lemon")
    assert sheet.strength.words == texts.strength(3, "")
    opened.type(new="")
    assert not sheet.strength.content.winfo_ismapped()
    assert sheet.strength.winfo_height() <= 1  # it takes no room either


def test_all_three_can_be_looked_at(opened: Opened) -> None:
    for shown in ("", DOT):
        opened.sheet.reveal.invoke()
        assert {str(entry["show"]) for entry in opened.sheet.entries.values()} == {shown}


def test_the_sentence_about_forgetting_is_there(opened: Opened) -> None:
    labels = [child for child in opened.sheet.body.winfo_children() if isinstance(child, tk.Label)]
    assert texts.NO_RECOVERY in [str(label["text"]) for label in labels]


def test_caps_lock_is_said_while_it_is_on_and_a_field_has_the_focus(opened: Opened) -> None:
    entry, caps = opened.sheet.entries["new"], opened.sheet.caps
    entry.focus_set()
    opened.root.update()
    entry.event_generate("<KeyPress>", keysym="A", state=2)
    opened.root.update()
    assert caps.shown and caps.label.winfo_ismapped()
    entry.event_generate("<KeyPress>", keysym="a", state=0)
    assert not caps.shown
    entry.event_generate("<KeyPress>", keysym="A", state=2)
    opened.sheet.submit.focus_set()
    opened.root.update()
    assert not caps.shown


@pytest.mark.parametrize(
    ("state", "key", "pressed", "before", "windowing", "on"),
    [
        (0, "a", True, True, "x11", False),
        (2, "A", True, False, "x11", True),
        (2, "a", False, False, "win32", True),
        (3, "a", True, False, "x11", True),  # with Shift
        (0x10, "a", True, False, "x11", False),  # Num Lock
        # X11 tells the state as it was before the key
        (0, "Caps_Lock", True, False, "x11", True),
        (2, "Caps_Lock", True, True, "x11", False),
        (2, "Caps_Lock", False, False, "x11", False),
        (2, "Caps_Lock", False, True, "x11", True),
        (2, "Caps_Lock", True, False, "win32", True),
        (0, "Caps_Lock", True, True, "aqua", False),
    ],
)
def test_caps_lock_is_known_from_each_key_event(
    state: int, key: str, pressed: bool, before: bool, windowing: str, on: bool
) -> None:
    assert caps_lock(state, key, pressed, before, windowing) is on
