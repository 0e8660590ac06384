"""How many letters fit in a line of the message list, for lines that are broken before Tk sees them.

Only where Tk draws letters of all scripts from left to right: on X11, unless its Tk shapes texts. Owns no text.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable
from typing import Final

from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.row_layout import reordered
from securechat.desktop.messages.rows import Row
from securechat.desktop.messages.shaping import shapes_texts
from securechat.desktop.messages.timeline_tags import LEFT, RIGHT

__all__ = ["TimelineColumns"]

LEAST: Final = 20
BEFORE_SHOWN: Final = 60  # of a list that has no width yet
# Words of each script, as they are drawn; their letters are as wide as most.
_SAMPLES: Final = (
    "the quick brown fox", "\u05dd\u05dc\u05d5\u05e2 \u05dd\u05d5\u05dc\u05e9", "\ufee2\ufee0\ufecb \ufee1\ufefc\ufeb3"
)
_SPARE: Final = 1.1  # for lines of wider letters than those


class TimelineColumns:
    """Counts for ``text``. Main thread."""

    def __init__(self, text: tk.Text, theme: Theme) -> None:
        self._text, self._theme = text, theme
        self._letter = 0.0  # pixels; 0: not measured, less: not wanted
        self._width = 0

    def wanted(self, rows: Iterable[Row]) -> bool:
        """True if some of the rows must be broken and put in order here."""
        if self._letter < 0 or not any(reordered(row) for row in rows):
            return False
        if not self._letter:
            font = self._theme.font(14)
            self._letter = -1.0 if shapes_texts(self._text) else _SPARE * max(
                int(self._text.tk.call("font", "measure", font, sample)) / len(sample) for sample in _SAMPLES
            )
        return self._letter > 0

    def count(self) -> int:
        """Letters that fit in a line now; after `wanted`."""
        px, width = self._theme.px, self._text.winfo_width()
        if width <= 1:
            return BEFORE_SHOWN
        return max(LEAST, int((width - 2 * px(18 + 2) - px(LEFT) - px(RIGHT)) / self._letter))

    def changed(self, columns: int) -> bool:
        """True if ``columns`` are not those that fit now, in a list whose width was the same when asked before: not
        while somebody drags the window's edge."""
        before, self._width = self._width, self._text.winfo_width()
        return self._width > 1 and self._width == before and self.count() != columns
