"""What stands above the text while it is needed: what the text is for (a reply, a change), and a choice to be made.

Draws what its owner, the composer, says; decides nothing.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme

__all__ = ["Choice", "Choices", "ModeBar"]

Choice = tuple[str, Callable[[], object]]  # the button's words, and what it does


class ModeBar(tk.Frame):
    """One line with a way out. Reachable for tests: ``words``, ``button``."""

    def __init__(self, master: tk.Misc, theme: Theme, on_leave: Callable[[], None]) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self.words = theme.label(self, "", 12, p.dim)
        # It asks for no room of its own: a long first line of a message must not widen the window.
        self.words.configure(width=1)
        tk.Frame(self, bg=p.accent, width=px(3)).pack(side="left", fill="y", padx=(0, px(8)), pady=px(3))
        self.button = theme.button(self, texts.CLOSE_MODE, on_leave)
        self.button.configure(width=2)
        self.button.pack(side="right")
        self.button.bind("<Escape>", lambda event: on_leave())
        self.words.pack(side="left", fill="x", expand=True)


class Choices(tk.Frame):
    """A row of buttons under a question. ``back``: gets the focus from a button that goes.

    Reachable for tests: ``buttons``.
    """

    def __init__(self, master: tk.Misc, theme: Theme, back: tk.Misc, on_leave: Callable[[], None]) -> None:
        super().__init__(master, bg=theme.palette.bg)
        self._theme, self._back, self._on_leave = theme, back, on_leave
        self.buttons: list[ttk.Button] = []

    def offer(self, choices: Sequence[Choice]) -> None:
        """Have these buttons and no others."""
        if self._focused() is not None:
            self._back.focus_set()
        for button in self.buttons:
            button.destroy()
        self.buttons = []
        for words, call in choices:
            button = self._theme.button(self, words, call, "Plain.TButton")
            button.pack(side="left", padx=(0, self._theme.px(8)))
            button.bind("<Escape>", lambda event: self._on_leave())
            for key, step in (("<Left>", -1), ("<Right>", 1)):
                button.bind(key, lambda event, step=step: self._step(step))  # type: ignore[misc]
            self.buttons.append(button)

    def focus_first(self) -> None:
        """Give the focus to the first button."""
        self.buttons[0].focus_set()

    def _step(self, step: int) -> None:
        focused = self._focused()
        if focused is not None:
            self.buttons[(focused + step) % len(self.buttons)].focus_set()

    def _focused(self) -> int | None:
        path = str(self.tk.call("focus"))  # not focus_get, which knows no copies of menus
        return next((index for index, button in enumerate(self.buttons) if str(button) == path), None)
