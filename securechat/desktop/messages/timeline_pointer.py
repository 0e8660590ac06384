"""The mouse in the message list: what is under it, links that are followed, words that explain, the menu.

Owns the pointer alone. What a target means is for `TimelineActions`; where rows stand, for `RowLines`.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from securechat.desktop.look.theme import Theme
from securechat.desktop.look.tooltip import Tooltip
from securechat.desktop.messages.row_layout import RowLines, piece_at
from securechat.desktop.messages.rows import (
    Author,
    AvatarPiece,
    Earlier,
    Fold,
    Jump,
    Link,
    Moment,
    Piece,
    React,
    Row,
    Target,
)
from securechat.desktop.messages.shaping import shown

__all__ = ["Pointed", "TimelineActions", "TimelinePointer", "links_of"]

SLIP: Final = 4  # design pixels that a click may move and still be one


class TimelineActions(Protocol):
    """What the message list asks of its owner. Main thread; none may block."""

    def row(self, index: int) -> Row:
        """The row at ``index``, as it was last given to the view."""

    def follow(self, target: Target, index: int) -> None:
        """A target in the row was clicked, or chosen by keyboard."""

    def act(self, index: int, action: str) -> None:
        """Do "reply", "edit", "delete", "react", "copy", "protection" or "earlier" with the message of a row."""

    def menu(self, index: int, x_root: int, y_root: int, link: str = "") -> None:
        """Show the menu of the row there on the screen; ``link`` is the address it was asked for on."""

    def copied(self, first: int, last: int) -> str:
        """What goes to the clipboard for these rows, both included."""


class Pointed(NamedTuple):
    """A place in the list: the number of the row and what is there."""

    row: int
    target: Target | None


class TimelinePointer:
    """Binds the mouse on ``text``. ``choose(index)`` moves the list's cursor (None: away).

    Reachable for tests: ``tooltip``.
    """

    def __init__(
        self, text: tk.Text, theme: Theme, lines: RowLines, actions: TimelineActions,
        choose: Callable[[int | None], None], monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._text, self._theme, self._lines = text, theme, lines
        self._actions, self._choose = actions, choose
        self.tooltip = Tooltip(text, theme, monotonic)
        self._astral = int(text.tk.call("string", "length", "\U0001f44d"))
        self._pressed: tuple[int, int, Pointed | None] | None = None
        self._drawn: tuple[int, Row] | None = None  # the row that was asked for last
        self._cursor = str(text["cursor"])
        text.bind("<Motion>", self._moved, add="+")
        text.bind("<Leave>", lambda event: self._rest(), add="+")
        text.bind("<Button-1>", self._press, add="+")
        text.bind("<ButtonRelease-1>", self._release, add="+")
        for event in ("<Button-2>", "<Control-Button-1>") if self._aqua() else ("<Button-3>",):
            text.bind(event, self._menu)

    def _aqua(self) -> bool:
        return str(self._text.tk.call("tk", "windowingsystem")) == "aqua"

    def at(self, x: int, y: int) -> Pointed | None:
        """What is at this place of the widget, None beside all rows."""
        index = self._text.index(f"@{x},{y}")
        box = self._text.bbox(index)
        if box is None or y >= box[1] + box[3]:
            return None
        if not box[0] <= x < box[0] + box[2]:
            index = f"{index.split('.')[0]}.end"  # beside the line: Tk names its nearest character
        line, char = (int(part) for part in index.split("."))
        row = self._lines.row_at(line - 1)
        if row is None:
            return None
        if self._drawn is None or self._drawn[0] != row:
            self._drawn = (row, self._actions.row(row))
        drawn = self._drawn[1]
        piece = piece_at(
            drawn, line - 1 - self._lines.start(row), char, self._astral, self._lines.columns_of(row)
        )
        return Pointed(row, self._target(drawn, piece))

    def _target(self, row: Row, piece: AvatarPiece | Piece | None) -> Target | None:
        if isinstance(piece, AvatarPiece):  # the picture leads where the name beside it does
            return next((p.target for p in row.pieces if isinstance(p, Piece) and isinstance(p.target, Author)), None)
        return piece.target if piece is not None else None

    def forget(self) -> None:
        """The rows changed: what was under the pointer may be elsewhere."""
        self._drawn = None
        self.tooltip.hide()

    # ------------------------------------------------------------------ events
    def _moved(self, event: tk.Event[tk.Misc]) -> None:
        pointed = self.at(event.x, event.y)
        target = pointed.target if pointed is not None else None
        self._point("hand2" if target is not None and not isinstance(target, Moment) else "arrow")
        self.tooltip.aim(shown(self._text, _words(target)), event.x_root, event.y_root)

    def _rest(self) -> None:
        self._point("arrow")
        self.tooltip.hide()

    def _point(self, cursor: str) -> None:
        if cursor != self._cursor:
            self._cursor = cursor
            self._text.configure(cursor=cursor)

    def _press(self, event: tk.Event[tk.Misc]) -> None:
        self.tooltip.hide()
        self._choose(None)
        self._text.focus_set()  # a disabled text does not take it by itself
        self._pressed = (event.x, event.y, self.at(event.x, event.y))

    def _release(self, event: tk.Event[tk.Misc]) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or self._text.tag_ranges("sel"):
            return  # what was dragged over is selected, not followed
        x, y, pointed = pressed
        slip = self._theme.px(SLIP)
        if pointed is None or pointed.target is None or abs(event.x - x) > slip or abs(event.y - y) > slip:
            return
        if self.at(event.x, event.y) == pointed and not isinstance(pointed.target, Moment):
            self._actions.follow(pointed.target, pointed.row)

    def _menu(self, event: tk.Event[tk.Misc]) -> str:
        self.tooltip.hide()
        self._text.focus_set()
        pointed = self.at(event.x, event.y)
        if pointed is not None:
            self._choose(pointed.row)
            link = pointed.target.url if isinstance(pointed.target, Link) else ""
            self._actions.menu(pointed.row, event.x_root, event.y_root, link)
        return "break"


def links_of(row: Row) -> list[Target]:
    """What a row leads to, in the order in which Return takes it: addresses, folded text, quotes, earlier texts."""
    targets = [piece.target for piece in row.pieces if isinstance(piece, Piece)]
    return [target for kind in (Link, Fold, Jump, Earlier) for target in targets if isinstance(target, kind)]


def _words(target: Target | None) -> str:
    if isinstance(target, (Moment, React)):
        return target.words
    return target.url if isinstance(target, Link) else ""
