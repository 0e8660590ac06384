"""A message list on rows made by hand, with an owner that notes what it is asked. For tests of the list's parts."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Author, AvatarPiece, Link, Moment, Piece, React, Row, Target
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_view import TimelineView

KEY = bytes(range(32))
LINK = Link("http://build.lan/142")
MOMENT = Moment("Monday, 2 March 2026, 09:02:11 UTC")
THUMB = React(b"p", "👍", "bob and carol: 👍")


def head(name: str = "bob") -> list[AvatarPiece | Piece]:
    """Picture, name and time, as rows begin."""
    return [
        AvatarPiece(KEY), Piece(name, ("name",), KEY, Author(name)), Piece("  09:02\n", ("name", "time"), None, MOMENT),
    ]


def row(text: str, *more: Piece, top: bool = False) -> Row:
    """A message of one line."""
    pieces = head() if top else []
    return Row((*pieces, Piece(text, ("row",)), *more, Piece("\n", ("row",))))


def quiet(text: str) -> Row:
    return Row((Piece(f"{text}\n", ("quiet",)),))


RICH = Row((
    *head(), Piece("👍👍 ", ("row",)), Piece("see", ("row", "bold")), Piece(" ", ("row",)),
    Piece(LINK.url, ("row", "link"), None, LINK), Piece("\n", ("row",)), Piece(" 👍 2 ", ("row", "chip"), None, THUMB),
    Piece(" ", ("row",)), Piece(" + ", ("row", "chip_mine"), None, React(b"p", "")), Piece("\n", ("row",)),
))


@dataclass
class List:
    """A view on rows, which notes what is asked of its owner. Implements `TimelineActions`."""

    root: tk.Tk
    theme: Theme
    rows: list[Row] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.view = TimelineView(self.root, self.theme, self, lambda: self.now)
        self.view.pack(fill="both", expand=True)
        self.text = self.view.text
        self.root.update()

    def row(self, index: int) -> Row:
        return self.rows[index]

    def follow(self, target: Target, index: int) -> None:
        self.asked.append(("follow", target, index))

    def act(self, index: int, action: str) -> None:
        self.asked.append(("act", index, action))

    def menu(self, index: int, x_root: int, y_root: int, link: str = "") -> None:
        self.asked.append(("menu", index, link))

    def copied(self, first: int, last: int) -> str:
        return f"rows {first} to {last}"

    def show(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.view.reset(self.rows)
        self.root.update()

    def splice(self, start: int, removed: int, *rows: Row) -> None:
        self.rows[start : start + removed] = rows
        self.view.apply(Splice(start, removed, tuple(rows)))
        self.root.update()

    def place(self, words: str) -> tuple[int, int]:
        """The middle of the first letter of ``words`` on the screen."""
        box = self.text.bbox(self.text.search(words, "1.0", "end"))
        assert box is not None
        return box[0] + box[2] // 2, box[1] + box[3] // 2

    def click(self, x: int, y: int, *, to: tuple[int, int] | None = None) -> None:
        """Press and release, dragging to another place if there is one."""
        self.text.event_generate("<Button-1>", x=x, y=y)
        if to is not None:
            self.text.event_generate("<B1-Motion>", x=to[0], y=to[1])
        end_x, end_y = to or (x, y)
        self.text.event_generate("<ButtonRelease-1>", x=end_x, y=end_y)
        self.root.update()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.text.event_generate(key)
        self.root.update()

    def tagged(self, tag: str) -> list[str]:
        """The texts that have ``tag``."""
        ranges = [str(place) for place in self.text.tag_ranges(tag)]
        return [self.text.get(*pair) for pair in zip(ranges[::2], ranges[1::2], strict=True)]

    def top(self) -> tuple[str, int]:
        """The text on top and where it is drawn."""
        info = self.text.dlineinfo("@0,0")
        assert info is not None
        return self.text.get("@0,0 linestart", "@0,0 lineend"), info[1]


@pytest.fixture
def made(bare: tuple[tk.Tk, Theme]) -> Iterator[List]:
    """An empty list in a window, with the focus in it."""
    made = List(*bare)
    made.text.focus_force()
    made.root.update()
    yield made
    made.view.destroy()
