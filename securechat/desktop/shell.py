"""What an open chat and the form may ask of the program's window, handed on to window and pump.

The simple half of `chat_control.Shell`; `App` adds what needs a session. Knows neither chat nor form.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from securechat.client.preferences import Preferences
from securechat.desktop.look.theme import Theme
from securechat.desktop.pump import Pump
from securechat.desktop.window import Window

__all__ = ["WindowShell"]


class WindowShell:
    """Base of `App`, which makes ``window`` and ``pump``. Main thread only, but for `post`."""

    window: Window
    pump: Pump

    @property
    def root(self) -> tk.Tk:
        """The Tk window."""
        return self.window.root

    @property
    def theme(self) -> Theme:
        """The look of everything in the window."""
        return self.window.theme

    @property
    def preferences(self) -> Preferences:
        """What the person chose."""
        return self.window.preferences

    @property
    def focused(self) -> bool:
        """True if the person's keys go to this window."""
        return self.window.focused

    def set_title(self, title: str) -> None:
        """The window's title."""
        self.window.set_title(title)

    def post(self, call: Callable[[], None]) -> None:
        """Let the main thread make ``call`` soon. Any thread."""
        self.pump.post(call)

    def raise_window(self) -> None:
        """Come up before other windows."""
        self.window.raise_up()

    def copy(self, words: str) -> None:
        """Put words on the clipboard."""
        self.window.copy(words)
