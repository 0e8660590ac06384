"""Windows for the tests of this folder; each is closed at the end of its test."""

from __future__ import annotations

import gc
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.desktop.look import emoji
from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from tests.desktop.composer_desk import Desk
from tests.desktop.driver import Driver
from tests.desktop.hands import wake


@pytest.fixture
def open_window(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Makes driven windows; see `Driver` for the options."""
    made: list[Driver] = []

    def make(**options: object) -> Driver:
        made.append(Driver(tmp_path, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for driver in made:
        driver.close()


@pytest.fixture
def bare() -> Iterator[tuple[tk.Tk, Theme]]:
    """A visible empty window and a theme, for one widget."""
    root = tk.Tk()
    root.geometry("900x600+0+0")
    theme = Theme(root, palette_for("dark"))
    root.update()
    yield root, theme
    theme.close()
    root.destroy()
    del root, theme
    gc.collect()  # an interpreter must not be freed by another thread


@pytest.fixture
def window(open_window: Callable[..., Driver]) -> Driver:
    """A window that shows the form, set to logging in."""
    made = open_window(visible=True)
    made.form.tabs["login"].invoke()
    made.form.focus_first()
    return made


@pytest.fixture
def chat(window: Driver) -> Driver:
    """A window that is logged in."""
    window.log_in()
    return window


@pytest.fixture
def seen(chat: Driver) -> Driver:
    """A logged-in window that has the keyboard."""
    return wake(chat)


@pytest.fixture
def desk(bare: tuple[tk.Tk, Theme]) -> Desk:
    """A composer that has the focus."""
    return Desk(*bare)


@pytest.fixture
def plain_desk(bare: tuple[tk.Tk, Theme], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One on a display that must not draw emoji."""
    monkeypatch.setattr(emoji, "xft_version", lambda: 20304)
    return Desk(*bare, shield=name_emoji)
