"""The notice inside the window: it shows, takes no focus, and goes by itself or by a click."""

from __future__ import annotations

import tkinter as tk

from securechat.desktop.look.theme import Theme
from securechat.desktop.notify.toast import SHOWN_S, Toast


def test_it_shows_and_goes_by_itself(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    toast = Toast(root, theme, lambda: None)
    toast.tick(50.0)
    assert not toast.visible
    toast.show("bob in # lobby", "Morning!")
    toast.tick(100.0)
    root.update()
    assert toast.winfo_ismapped() and (toast.title["text"], toast.body["text"]) == ("bob in # lobby", "Morning!")
    assert toast.winfo_x() + toast.winfo_width() < root.winfo_width()
    assert toast.winfo_y() + toast.winfo_height() < root.winfo_height()
    toast.tick(100.0 + SHOWN_S - 0.1)
    assert toast.visible
    toast.show("carol in # lobby", "x" * 5000)
    toast.tick(105.9)
    toast.tick(105.9 + SHOWN_S - 0.1)
    assert toast.visible and len(str(toast.body["text"])) <= 200, "a second one has its own time"
    toast.tick(105.9 + SHOWN_S)
    assert not toast.visible


def test_a_click_anywhere_on_it_takes_it_away_and_says_so(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    clicks: list[int] = []
    toast = Toast(root, theme, lambda: clicks.append(1))
    for part in (toast, toast.title, toast.body):
        toast.show("bob", "hello")
        root.update()
        part.event_generate("<Button-1>", x=2, y=2)
        assert not toast.visible
    assert len(clicks) == 3


def test_it_is_no_stop_for_the_tab_key(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    entry = tk.Entry(root)
    entry.pack()
    toast = Toast(root, theme, lambda: None)
    toast.show("bob", "hello")
    entry.focus_force()
    root.update()
    assert entry.tk_focusNext() is entry
