"""Small words beside the pointer, shown after it has rested for a moment.

Owns when and where they show. Has no timer: its owner calls `tick` often. Knows not what the words mean.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from typing import Final

from securechat.desktop.look.theme import Theme

__all__ = ["Tooltip"]

REST_S: Final = 0.5
LONGEST: Final = 300  # characters; an address may have thousands


class Tooltip:
    """Words over the window of ``master``, in a label that takes no focus. Main thread.

    Reachable for tests: ``label``.
    """

    def __init__(self, master: tk.Misc, theme: Theme, monotonic: Callable[[], float] = time.monotonic) -> None:
        p = theme.palette
        self._theme, self._monotonic = theme, monotonic
        self._window = master.winfo_toplevel()
        self.label = tk.Label(
            self._window, bg=p.card, fg=p.fg, font=theme.font(12), bd=0, padx=theme.px(8), pady=theme.px(5),
            justify="left", anchor="w", wraplength=theme.px(420), takefocus=False, highlightthickness=1,
            highlightbackground=p.line,
        )
        self._words, self._since, self._place = "", 0.0, (0, 0)

    def aim(self, words: str, x_root: int, y_root: int) -> None:
        """The pointer is at this place of the screen, over something that ``words`` explain ("": over nothing)."""
        if words == self._words:
            if not self.label.winfo_manager():
                self._place = (x_root, y_root)
            return
        self.hide()
        self._words, self._since, self._place = words, self._monotonic(), (x_root, y_root)

    def hide(self) -> None:
        """Take the words away, until the pointer is aimed at something anew."""
        self._words = ""
        self.label.place_forget()

    def tick(self) -> None:
        """To be called often: shows the words once the pointer has rested."""
        if not self._words or self.label.winfo_manager() or self._monotonic() - self._since < REST_S:
            return
        shown = self._words if len(self._words) <= LONGEST else f"{self._words[:LONGEST]}…"
        self.label.configure(text=shown)
        window, gap = self._window, self._theme.px(18)
        wide, high = self.label.winfo_reqwidth(), self.label.winfo_reqheight()
        x, y = self._place[0] - window.winfo_rootx(), self._place[1] - window.winfo_rooty()
        below = y + gap
        if below + high > window.winfo_height():
            below = y - gap // 2 - high  # above the pointer: under it, the label would take the pointer away
        x = max(0, min(x, window.winfo_width() - wide))
        self.label.place(x=x, y=max(0, below))
        self.label.lift()

    def destroy(self) -> None:
        """Remove the label. Idempotent."""
        if self.label.winfo_exists():
            self.label.destroy()
