"""The message list of a chat whose older rows are drawn piece by piece, so that a redraw is no long pause.

Each row has its place from the beginning: one that is not drawn yet takes no line. So rows are numbered as in the model
at all times, and splices that come meanwhile need no other numbers. Knows no messages.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from securechat.desktop.chat.conversation_model import PIECE
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Row
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_view import TimelineActions, TimelineView

__all__ = ["GrowingTimeline"]

_BLANK: Final = Row(())


class GrowingTimeline(TimelineView):
    """See `TimelineView`. Rows that are not drawn yet are asked of ``actions``."""

    def __init__(self, master: tk.Misc, theme: Theme, actions: TimelineActions) -> None:
        super().__init__(master, theme, actions)
        self._source = actions
        self._undrawn = 0  # so many rows on top

    @property
    def drawing(self) -> bool:
        """True while some rows are still to be drawn; `tick` goes on with them."""
        return self._undrawn > 0

    def fill(self, count: int) -> None:
        """Show the ``count`` rows that there are: the newest now, the others at the next ticks."""
        first = max(0, count - PIECE)
        self.reset([*[_BLANK] * first, *map(self._source.row, range(first, count))])
        self._undrawn = first

    def reset(self, rows: Sequence[Row]) -> None:
        """Show these rows, all at once."""
        self._undrawn = 0
        super().reset(rows)

    def apply(self, splice: Splice) -> None:
        """See `TimelineView.apply`. What is not drawn yet needs no redrawing."""
        if splice.start < self._undrawn:
            if splice.start + splice.removed <= self._undrawn:
                self._undrawn += len(splice.rows) - splice.removed
                splice = replace(splice, rows=(_BLANK,) * len(splice.rows))
            else:
                self._undrawn = splice.start
        super().apply(splice)

    def reveal(self, index: int, *, flash: bool = True) -> None:
        """See `TimelineView.reveal`."""
        self._draw_from(index)
        super().reveal(index, flash=flash)

    def set_current(self, index: int | None) -> None:
        """See `TimelineView.set_current`."""
        if index is not None:
            self._draw_from(index)
        super().set_current(index)

    def at_top(self) -> bool:
        """See `TimelineView.at_top`."""
        return not self._undrawn and super().at_top()

    def tick(self) -> None:
        """See `TimelineView.tick`; draws a piece of what is not drawn yet."""
        if self._undrawn:
            self._draw_from(self._undrawn - PIECE)
        super().tick()

    def _draw_from(self, index: int) -> None:
        """Let all rows from this one on be drawn."""
        start, stop = max(0, index), self._undrawn
        if start < stop:
            self._undrawn = start  # before it is drawn, or `apply` would leave it blank
            super().apply(Splice(start, stop - start, tuple(map(self._source.row, range(start, stop)))))

    def _select_all(self) -> str:
        self._draw_from(0)
        return super()._select_all()
