"""A quiet strip with a sentence and one button: the connection that is away, or something to know."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from securechat.desktop.look.theme import Theme

__all__ = ["Strip"]


class Strip(tk.Frame):
    """Takes no room while there is nothing to say. ``below`` is the widget under which it appears."""

    def __init__(
        self, master: tk.Misc, theme: Theme, button: str, command: Callable[[], None], below: tk.Widget
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.card)
        self._theme, self._below = theme, below
        tk.Frame(self, bg=p.line, height=1).pack(side="bottom", fill="x")
        self._edge = tk.Frame(self, bg=p.warn, width=px(4))
        self._edge.pack(side="left", fill="y")
        self.button = theme.button(self, button, command, "Strip.TButton")
        self.label = theme.label(self, "", 13)
        self.label.pack(side="left", fill="x", expand=True, padx=(px(16), px(8)), pady=px(9))
        self.label.bind("<Configure>", lambda event: self.label.configure(wraplength=max(1, event.width)))
        self._shown: tuple[str, bool, bool] | None = None

    @property
    def text(self) -> str:
        """What it says; "" while it is away."""
        return self._shown[0] if self._shown else ""

    def set_button(self, words: str) -> None:
        """What the button says from now on."""
        if str(self.button["text"]) != words:
            self.button.configure(text=words)

    def show(self, text: str, *, button: bool = True, alarm: bool = False) -> None:
        """Say ``text``, or go away if it is "". Cheap if nothing changed, so it may be called often."""
        wanted = (text, button, alarm) if text else None
        if wanted == self._shown:
            return
        was_shown, self._shown = self._shown is not None, wanted
        if not text:
            self.pack_forget()
            return
        p = self._theme.palette
        self._edge.configure(bg=p.err if alarm else p.warn)
        self.label.configure(text=text, fg=p.err if alarm else p.fg)
        if button:
            # Before the label: a long sentence would leave the button no room.
            self.button.pack(side="right", before=self.label, padx=self._theme.px(10), pady=self._theme.px(4))
        else:
            self.button.pack_forget()
        if not was_shown:
            self.pack(fill="x", after=self._below)
