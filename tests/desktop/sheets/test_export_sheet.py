"""Asking how and where to export: names of files, what stands against one, and that nothing is replaced unasked."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from typing import Any

import pytest

from securechat.client.export import FORMS
from securechat.desktop import texts
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.export_sheet import ExportSheet, default_path


class Opened:
    """A sheet for four messages of "# lobby", with what it asked for."""

    def __init__(self, root: tk.Tk, theme: Theme, *, begins: bool = True, **options: Any) -> None:
        self.root, self.asked, self.closed = root, list[tuple[str, Path]](), 0
        self.sheet = ExportSheet(
            root, theme, "# lobby", 4, begins, lambda form, path: self.asked.append((form, path)), self.close, **options
        )
        root.update()

    def close(self) -> None:
        self.closed += 1

    def go(self, written: str | Path) -> str:
        """Type a path and press the button; returns what it says."""
        self.sheet.path.delete(0, "end")
        self.sheet.path.insert(0, str(written))
        self.sheet.go.invoke()
        return self.said()

    def said(self) -> str:
        return str(self.sheet.problem["text"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def opened(bare: tuple[tk.Tk, Theme], home: Path) -> Opened:
    return Opened(*bare)


# ---------------------------------------------------------------------- names
@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("# lobby", "chat-lobby.txt"), ("bob", "chat-bob.txt"), ("../../etc/passwd", "chat-etc-passwd.txt"),
        ("con", "chat-con.txt"), ("", "chat-conversation.txt"), ("\u202e田中/\\:*?\0", "chat-conversation.txt"),
        ("a" * 300, f"chat-{'a' * 60}.txt"), ("C:\\x", "chat-C-x.txt"),
    ],
)
def test_no_title_makes_a_dangerous_name(title: str, name: str, tmp_path: Path) -> None:
    path = default_path(title, "text", tmp_path)
    assert path == tmp_path / name and path.parent == tmp_path


def test_it_begins_with_a_text_file_in_the_home_folder(opened: Opened, home: Path) -> None:
    assert opened.sheet.path.get() == str(home / "chat-lobby.txt")
    assert opened.sheet.forms["text"].instate(["selected"])
    assert "4 messages of # lobby" in str(opened.sheet.loaded["text"])


def test_another_form_is_another_ending(opened: Opened, home: Path) -> None:
    for form, ending in zip((*FORMS, FORMS[0]), (".txt", ".html", ".json", ".txt"), strict=True):
        opened.sheet.forms[form].invoke()
        assert opened.sheet.path.get() == str(home / f"chat-lobby{ending}")
    opened.go(home / "notes.log")
    opened.sheet.forms["json"].invoke()
    assert opened.sheet.path.get() == str(home / "notes.log")  # the person's own ending is left alone


# ---------------------------------------------------------------------- starting
def test_it_tells_the_form_and_the_path(opened: Opened, home: Path) -> None:
    opened.sheet.forms["html"].invoke()
    opened.sheet.path.focus_force()
    opened.root.update()
    opened.sheet.path.event_generate("<Return>")
    assert opened.asked == [("html", home / "chat-lobby.html")] and opened.said() == ""


def test_a_name_without_a_folder_and_one_with_a_tilde_are_in_the_home_folder(opened: Opened, home: Path) -> None:
    opened.go("notes.txt")
    opened.sheet.show_error("")
    opened.go("~/more.txt")
    assert [path for _, path in opened.asked] == [home / "notes.txt", home / "more.txt"]


def test_while_it_is_being_written_nothing_starts_twice(opened: Opened, home: Path) -> None:
    opened.go(home / "a.txt")
    opened.sheet.go.invoke()
    opened.sheet.path.focus_force()
    opened.root.update()
    opened.sheet.path.event_generate("<Return>")
    assert len(opened.asked) == 1
    opened.sheet.show_error("The disk is full.")
    assert opened.said() == "The disk is full."
    opened.sheet.go.invoke()
    assert len(opened.asked) == 2 and opened.said() == ""


def test_a_file_that_is_there_is_replaced_only_after_a_second_press(opened: Opened, home: Path) -> None:
    there, other = home / "there.txt", home / "other.txt"
    for path in (there, other):
        path.write_text("old")
    assert opened.go(there) == texts.export_exists("there.txt")
    assert opened.asked == []
    assert opened.go(other) == texts.export_exists("other.txt")  # each is asked about by itself
    assert opened.asked == []
    assert opened.go(other) == ""
    assert opened.asked == [("text", other)]
    assert there.read_text() == other.read_text() == "old"


def test_the_answer_for_one_sheet_is_none_for_the_next(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    (home / "there.txt").write_text("old")
    first = Opened(*bare)
    first.go("there.txt")
    first.sheet.close()
    assert Opened(*bare).go("there.txt") == texts.export_exists("there.txt")


@pytest.mark.parametrize("written", ["", "   ", ".", "~nobody-of-this-name/x.txt", "a" * 5000])
def test_what_is_no_name_of_a_file_is_said(opened: Opened, written: str) -> None:
    assert opened.go(written) == texts.EXPORT_NEED_NAME
    assert opened.asked == []


def test_a_folder_that_is_not_there_is_named(opened: Opened, home: Path) -> None:
    assert opened.go(home / "none" / "x.txt") == texts.export_no_folder(str(home / "none"))
    assert opened.asked == []


# ---------------------------------------------------------------------- browsing
def test_browsing_fills_the_path_and_starts_nothing(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    suggested: list[str] = []

    def browse(path: str) -> str:
        suggested.append(path)
        return str(home / "chosen.txt") if len(suggested) == 1 else ""

    opened = Opened(*bare, browse=browse)
    opened.sheet.browse.invoke()
    assert opened.sheet.path.get() == str(home / "chosen.txt") and opened.asked == []
    opened.sheet.browse.invoke()  # left without a choice
    assert opened.sheet.path.get() == str(home / "chosen.txt")
    assert suggested == [str(home / "chat-lobby.txt"), str(home / "chosen.txt")]


def test_a_sheet_that_closes_under_the_dialogue_does_no_harm(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    crashed: list[object] = []
    bare[0].report_callback_exception = lambda *crash: crashed.append(crash)  # type: ignore[method-assign]
    opened = Opened(*bare, browse=lambda path: (opened.sheet.close(), "x.txt")[1])
    opened.sheet.browse.invoke()
    assert opened.closed == 1 and crashed == []


# ---------------------------------------------------------------------- what is loaded
def test_that_only_what_is_loaded_is_exported_is_said_where_it_matters(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    def words(sheet: ExportSheet) -> str:
        labels = [child for child in sheet._rest.winfo_children() if child.winfo_ismapped()]
        return " ".join(str(label["text"]) for label in labels)

    for begins in (True, False):
        opened = Opened(*bare, begins=begins)
        assert (texts.EXPORT_NOT_ALL in words(opened.sheet)) is not begins
        assert (texts.EXPORT_SCROLL in words(opened.sheet)) is not begins
        assert texts.EXPORT_LOAD_ALL not in words(opened.sheet)
        opened.sheet.close()


def test_the_rest_can_be_loaded_from_here(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    loads: list[str] = []
    opened = Opened(*bare, begins=False, on_load_all=lambda: loads.append("all"))
    sheet = opened.sheet
    assert sheet.load_all.winfo_ismapped()
    sheet.load_all.invoke()
    sheet.load_all.invoke()
    assert loads == ["all"] and str(sheet.load_all["text"]) == texts.EXPORT_LOADING
    sheet.show_loaded(104, False)
    assert "104 messages" in str(sheet.loaded["text"])
    sheet.show_loaded(1, True)
    opened.root.update()
    assert not sheet.load_all.winfo_ismapped() and "1 message of" in str(sheet.loaded["text"])


def test_in_a_narrow_window_at_twice_the_size_all_is_inside(bare: tuple[tk.Tk, Theme], home: Path) -> None:
    root, _ = bare
    root.geometry("560x600")
    root.update()
    theme = Theme(root, palette_for("light"), 2.0)
    sheet = ExportSheet(root, theme, "# lobby", 4, True, lambda form, path: None, lambda: None)
    assert sheet.browse.grid_info()["row"] == 1  # right at once, not after a flash
    sheet.close()
    opened = Opened(root, theme, begins=False, on_load_all=lambda: None)
    root.update()
    sheet = opened.sheet
    for widget in (sheet.path, sheet.browse, sheet.go, sheet.load_all, *sheet.forms.values(), sheet.close_button):
        left = widget.winfo_rootx() - root.winfo_rootx()
        assert left >= 0 and left + widget.winfo_width() <= root.winfo_width()
    assert sheet.path.winfo_width() > 300
    opened.go(".")
    root.update()  # what is wrong is scrolled into sight
    assert 0 <= sheet.problem.winfo_rooty() - root.winfo_rooty() < 600 - sheet.problem.winfo_height()
    sheet.close()
    theme.close()
