"""The keyboard in the message list: a cursor that goes from message to message, and keys that act on the one it is on.

Owns the cursor and its highlight. What the keys do is for `TimelineActions`.
"""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from functools import partial
from typing import Final

from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.row_layout import RowLines
from securechat.desktop.messages.rows import Link, Moment, Piece, Row
from securechat.desktop.messages.timeline_pointer import TimelineActions, links_of
from securechat.desktop.messages.timeline_tags import CURRENT, LEFT

__all__ = ["TimelineCursor"]

# Control and Alt (Command) in the state of an event; on Windows 0x8 is Num Lock.
_HELD: Final = 0x4 | 0x20000 | (0 if sys.platform == "win32" else 0x8)
_KEYS: Final = (
    ("<Key-r>", "reply"), ("<Key-R>", "reply"), ("<Key-e>", "edit"), ("<Key-E>", "edit"), ("<Delete>", "delete"),
    ("<plus>", "react"), ("<KP_Add>", "react"),
)


class TimelineCursor:
    """``current`` is the row that the cursor is on, None without one. ``scroll(amount, unit)`` moves the view."""

    def __init__(
        self, text: tk.Text, theme: Theme, lines: RowLines, actions: TimelineActions,
        scroll: Callable[[int, str], object],
    ) -> None:
        self._text, self._theme, self._lines = text, theme, lines
        self._actions, self._scroll = actions, scroll
        self.current: int | None = None
        for key, step in (("<Up>", -1), ("<Down>", 1), ("<KP_Up>", -1), ("<KP_Down>", 1)):
            text.bind(key, partial(self._step, step))
        for key, action in _KEYS:
            text.bind(key, partial(self._act, action))
        for key in ("<Control-E>", "<Control-Shift-e>"):
            text.bind(key, partial(self._act, "protection", held=True))
        text.bind("<Home>", lambda event: self._to_end(first=True))
        text.bind("<End>", lambda event: self._to_end(first=False))
        text.bind("<Return>", lambda event: self._follow())
        text.bind("<KP_Enter>", lambda event: self._follow())
        text.bind("<Escape>", lambda event: self._leave())
        for key in ("<App>", "<Shift-F10>") if sys.platform == "win32" else ("<Menu>", "<Shift-F10>"):
            text.bind(key, lambda event: self._menu())

    def put(self, index: int | None) -> None:
        """Move the cursor to a row (None: away) and show it there, without scrolling."""
        self._text.tag_remove(CURRENT, "1.0", "end")
        self.current = index if index is not None and 0 <= index < len(self._lines) else None
        if self.current is not None:
            first, after = self._span(self.current)
            self._text.tag_add(CURRENT, f"{first}.0", f"{after}.0")

    def see(self, index: int, *, end: bool = False) -> None:
        """Scroll just so far that the row is in sight; of a row higher than the list, its beginning (or ``end``)."""
        first, after = self._span(index)
        places = (f"{first}.0", f"{after - 1}.end")
        for place in places if end else reversed(places):
            self._text.see(place)

    def _span(self, index: int) -> tuple[int, int]:
        """First text line of a row and the one after it, as Tk counts."""
        return 1 + self._lines.start(index), 1 + self._lines.start(index + 1)

    # ------------------------------------------------------------------ keys
    def _step(self, step: int, event: tk.Event[tk.Misc]) -> str:
        if self.current is None:
            start = self._last_in_sight()
        elif self._rest_is_beyond(self.current, step):
            self._scroll(3 * step, "units")  # first the rest of a message higher than the list
            return "break"
        else:
            start = self.current + step
        following = self._message_from(start, step if self.current is not None else -1)
        if following is not None:
            self.put(following)
            self.see(following, end=step < 0)
        else:
            self._scroll(3 * step, "units")
        return "break"

    def _last_in_sight(self) -> int:
        line = int(self._text.index(f"@0,{self._text.winfo_height() - 1}").split(".")[0])
        row = self._lines.row_at(line - 1)
        return len(self._lines) - 1 if row is None else row

    def _rest_is_beyond(self, index: int, step: int) -> bool:
        """True if the row goes on out of sight in the direction of ``step``, while some of it is in sight."""
        first, after = self._span(index)
        top, bottom = f"{first}.0", f"{after - 1}.end"
        end, other = (bottom, top) if step > 0 else (top, bottom)
        if self._text.dlineinfo(end) is not None:
            return False
        shown = int(self._text.index("@0,0").split(".")[0]), int(self._text.index("@0,99999").split(".")[0])
        return self._text.dlineinfo(other) is not None or (first <= shown[0] and shown[1] < after)

    def _message_from(self, index: int, step: int) -> int | None:
        """The next row in a direction that has something to act on."""
        while 0 <= index < len(self._lines):
            if _stops(self._actions.row(index)):
                return index
            index += step
        return None

    def _to_end(self, *, first: bool) -> str:
        if self.current is not None:
            self.put(self._message_from(0 if first else len(self._lines) - 1, 1 if first else -1))
        self._text.see("1.0" if first else "end")
        return "break"

    def _act(self, action: str, event: tk.Event[tk.Misc], *, held: bool = False) -> str | None:
        if self.current is None or (int(event.state) & _HELD and not held):
            return None  # a shortcut of the window that has the same letter
        self._actions.act(self.current, action)
        return "break"

    def _follow(self) -> str | None:
        if self.current is None:
            return None
        links = links_of(self._actions.row(self.current))
        if links:
            self._actions.follow(links[0], self.current)
        else:
            self._menu()
        return "break"

    def _menu(self) -> str:
        if self.current is None:
            self.put(self._message_from(self._last_in_sight(), -1))
        if self.current is None:
            return "break"
        self.see(self.current)
        self._text.update_idletasks()
        info = self._text.dlineinfo(f"{self._span(self.current)[0]}.0") or (0, 0, 0, 0, 0)
        link = next((t.url for t in links_of(self._actions.row(self.current)) if isinstance(t, Link)), "")
        x = self._text.winfo_rootx() + self._theme.px(LEFT)
        self._actions.menu(self.current, x, self._text.winfo_rooty() + info[1] + info[3], link)
        return "break"

    def _leave(self) -> str | None:
        if self.current is None:
            return None
        self.put(None)
        return "break"


def _stops(row: Row) -> bool:
    return any(
        "row" in piece.tags or (piece.target is not None and not isinstance(piece.target, Moment))
        for piece in row.pieces if isinstance(piece, Piece)
    )
