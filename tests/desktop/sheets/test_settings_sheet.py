"""The settings: every choice holds at once, and none is lost when the window is drawn anew."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import fields
from tkinter import ttk

import pytest

from securechat import __version__
from securechat.client.preferences import Preferences
from securechat.desktop import texts
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import ZOOMS, Theme
from securechat.desktop.sheets.settings_sheet import SettingsSheet, next_zoom


class Owner:
    """Takes down what the settings ask for."""

    def __init__(self) -> None:
        self.changed: list[Preferences] = []
        self.opened: list[str] = []
        self.on_change: Callable[[], None] = lambda: None

    def change(self, preferences: Preferences) -> None:
        self.changed.append(preferences)
        self.on_change()

    def open_password(self) -> None:
        self.opened.append("password")

    def open_sessions(self) -> None:
        self.opened.append("sessions")


def make(
    bare: tuple[tk.Tk, Theme], preferences: Preferences | None = None, **options: object
) -> tuple[SettingsSheet, Owner]:
    root, theme = bare
    owner = Owner()
    sheet = SettingsSheet(root, theme, preferences or Preferences(), owner, lambda: None, **options)  # type: ignore[arg-type]
    root.update()
    return sheet, owner


def words_of(sheet: tk.Misc) -> str:
    found = [str(sheet["text"])] if isinstance(sheet, tk.Label) else []
    return "\n".join(found + [words_of(child) for child in sheet.winfo_children()])


def pressed(sheet: SettingsSheet, name: str) -> ttk.Button:
    control = sheet.controls[name]
    assert isinstance(control, (ttk.Button, ttk.Checkbutton, ttk.Radiobutton))
    return control  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("control", "field", "value"),
    [
        ("theme.light", "theme", "light"),
        ("theme.dark", "theme", "dark"),
        ("theme.contrast", "theme", "contrast"),
        ("zoom.in", "zoom", 1.1),
        ("zoom.out", "zoom", 0.9),
        ("notices.name", "notices", "name"),
        ("notices.nothing", "notices", "nothing"),
        ("sound", "sound", False),
        ("do_not_disturb", "do_not_disturb", True),
        ("send_typing", "send_typing", False),
    ],
)
def test_a_choice_is_told_at_once_and_changes_nothing_else(
    bare: tuple[tk.Tk, Theme], control: str, field: str, value: object
) -> None:
    sheet, owner = make(bare, Preferences(geometry="900x600+1+1"))
    pressed(sheet, control).invoke()
    (changed,) = owner.changed
    before = Preferences(geometry="900x600+1+1")
    different = {f.name for f in fields(Preferences) if getattr(changed, f.name) != getattr(before, f.name)}
    assert different == {field} and getattr(changed, field) == value
    assert sheet.at == control


def test_what_holds_now_is_what_is_shown(bare: tuple[tk.Tk, Theme]) -> None:
    chosen = Preferences("contrast", 1.5, "nothing", sound=False, do_not_disturb=True, send_typing=False)
    sheet, _ = make(bare, chosen, profile="work")
    on = {name for name in sheet.controls if "zoom" not in name and pressed(sheet, name).instate(["selected"])}
    assert on == {"theme.contrast", "notices.nothing", "do_not_disturb"}
    shown = words_of(sheet)
    assert "150 %" in shown
    assert "Profile work" in shown and __version__ in shown


def test_several_choices_add_up(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, owner = make(bare)
    for name in ("zoom.in", "zoom.in", "theme.dark", "sound", "sound", "notices.name"):
        pressed(sheet, name).invoke()
    assert owner.changed[-1] == Preferences(theme="dark", zoom=1.25, notices="name")
    assert str(sheet.zoom_label["text"]) == "125 %"


def test_sizes_end_at_their_limits() -> None:
    assert (next_zoom(2.0, 1), next_zoom(0.8, -1)) == (2.0, 0.8)
    assert (next_zoom(1.0, 1), next_zoom(1.18, 1), next_zoom(1.0, -1)) == (1.1, 1.5, 0.9)


def test_the_window_may_be_drawn_anew_while_a_choice_is_told(bare: tuple[tk.Tk, Theme]) -> None:
    """Theme and size need that; the focus goes on where it was."""
    root, theme = bare
    sheet, owner = make(bare)
    owner.on_change = sheet.destroy
    control = pressed(sheet, "zoom.in")
    control.focus_force()
    root.update()
    control.event_generate("<Return>")
    assert len(owner.changed) == 1 and not sheet.winfo_exists()
    anew = SettingsSheet(root, theme, owner.changed[-1], owner, lambda: None, at=sheet.at)
    root.update()
    assert str(root.tk.call("focus", "-lastfor", root)) == str(anew.controls["zoom.in"])


def test_account_is_for_who_is_signed_in(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, owner = make(bare)
    pressed(sheet, "password").invoke()
    pressed(sheet, "sessions").invoke()
    assert owner.opened == ["password", "sessions"]
    assert sheet.controls["password"].winfo_x() == 0 < sheet.controls["sessions"].winfo_x()  # side by side, at the left
    out, _ = make(bare, signed_in=False)
    assert not {"password", "sessions"} & set(out.controls)
    assert texts.ACCOUNT not in words_of(out)


def test_all_of_it_can_be_reached_and_chosen_by_keyboard(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    sheet, owner = make(bare)
    sheet.focus_force()
    sheet.controls["theme.system"].focus_set()
    root.update()
    seen = set()
    for _ in range(20):
        widget = root.focus_get()
        assert widget is not None
        seen.add(str(widget))
        widget.event_generate("<Tab>")
        root.update()
    assert seen == {str(control) for control in sheet.controls.values()} | {str(sheet.close_button)}
    sheet.controls["theme.contrast"].focus_set()
    root.update()
    sheet.controls["theme.contrast"].event_generate("<space>")
    assert owner.changed[-1].theme == "contrast"


@pytest.mark.parametrize("name", ["light", "contrast"])
def test_at_twice_the_size_no_choice_is_cut_off(bare: tuple[tk.Tk, Theme], name: str) -> None:
    root, _ = bare
    theme = Theme(root, palette_for(name), ZOOMS[-1])
    sheet, _ = make((root, theme), Preferences(zoom=2.0))
    for control in sheet.controls.values():
        right = control.winfo_rootx() + control.winfo_width() - root.winfo_rootx()
        assert right <= root.winfo_width() and control.winfo_width() >= control.winfo_reqwidth()
    sheet.close()
    theme.close()
