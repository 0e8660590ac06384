"""A notice inside the window, for computers that show none of their own: a small card at the bottom right.

Goes by itself after a while and takes no focus: whatever it says can be read in its conversation too.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.harmless import cut

__all__ = ["SHOWN_S", "Toast"]

SHOWN_S = 6.0
WIDTH, LONGEST = 320, 200  # design pixels; characters


class Toast(tk.Frame):
    """``on_click``: it was clicked, and has gone.

    Main thread. Reachable for tests: ``title``, ``body``.
    """

    def __init__(self, master: tk.Misc, theme: Theme, on_click: Callable[[], None]) -> None:
        p, px = theme.palette, theme.px
        super().__init__(
            master, bg=p.card, highlightthickness=px(1), highlightbackground=p.line, highlightcolor=p.line,
            cursor="hand2",
        )
        self._theme, self._on_click = theme, on_click
        self._since: float | None = None
        tk.Frame(self, bg=p.accent, width=px(4)).pack(side="left", fill="y")
        self.title = theme.label(self, "", 13, "", "bold")
        self.title.pack(fill="x", padx=px(14), pady=(px(10), 0))
        self.body = theme.label(self, "", 13, p.fg)
        self.body.pack(fill="x", padx=px(14), pady=(px(2), px(12)))
        for widget in (self, *self.winfo_children()):
            widget.bind("<Button-1>", lambda event: self._clicked())

    @property
    def visible(self) -> bool:
        """It is on the window now."""
        return bool(self.winfo_manager())

    def show(self, title: str, body: str) -> None:
        """Show this instead of what it said before, for `SHOWN_S` from the next `tick` on. Texts can be drawn as they
        are (those of a `Notice` can)."""
        px = self._theme.px
        for label, words in ((self.title, title), (self.body, body)):
            label.configure(text=cut(words, LONGEST), wraplength=px(WIDTH - 36))
        self._since = None
        self.place(relx=1.0, rely=1.0, x=-px(24), y=-px(84), anchor="se", width=px(WIDTH))
        self.tkraise()

    def hide(self) -> None:
        """Take it away."""
        self.place_forget()

    def tick(self, now: float) -> None:
        """Let it go when it was long enough there. ``now``: seconds of a clock that never jumps."""
        if not self.visible:
            return
        if self._since is None:
            self._since = now
        elif now - self._since >= SHOWN_S:
            self.hide()

    def _clicked(self) -> None:
        self.hide()
        self._on_click()
