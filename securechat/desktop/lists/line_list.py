"""A list of conversations and people on one canvas: section heads, avatars, presence, badges, a cursor for the keys.

Only the visible lines exist, so that thousands of people cost the same as five. Draws what it is given and says what
was chosen; knows no client and no filter.
"""

from __future__ import annotations

import tkinter as tk
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from tkinter import ttk

from securechat.client.events import Presence
from securechat.desktop import texts
from securechat.desktop.lists.lines import ConversationLine, PersonLine, unread_words
from securechat.desktop.look.images import person_colour
from securechat.desktop.look.scroll_area import bind_wheel
from securechat.desktop.look.theme import Theme

__all__ = ["PAGE", "Line", "LineList", "Section", "fit"]

ROW, SECTION, BELOW = 38, 40, 8  # design pixels
PAGE = 8  # lines for Page Up and Page Down
FAR = 1_000_000  # steps that surely lead to an end
LONGEST = 300  # characters of a name that are looked at; no list is wider


@dataclass(frozen=True)
class Section:
    """A head above lines; nothing can be done with it."""

    words: str


Line = Section | ConversationLine | PersonLine


def fit(measure: Callable[[str], int], text: str, width: int) -> str:
    """``text`` cut to ``width`` pixels, with an ellipsis if something is gone. ``measure``: pixels of a text."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle] + "…") <= width else (low, middle - 1)
    return text[:low] + "…"


def _key(line: Line) -> bytes | str | None:
    """What makes a line the same one after a change of the list."""
    if isinstance(line, ConversationLine):
        return line.conv
    return line.username if isinstance(line, PersonLine) else None


class LineList(tk.Canvas):
    """``on_open`` is called with the line that was clicked or on which Return was pressed, ``on_menu`` with line and
    place on the screen for the menu key or the right button.

    ``by_itself``: it takes the focus and shows the cursor while it has it. Otherwise another widget has the keys, calls
    `move_cursor` and `open_current`, and the cursor always shows.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, ground: str, *, on_open: Callable[[Line], None],
        on_menu: Callable[[Line, int, int], None] = lambda line, x, y: None, by_itself: bool = True,
    ) -> None:
        super().__init__(
            master, bg=ground, bd=0, highlightthickness=0, takefocus=by_itself, yscrollincrement=1, width=1, height=1,
        )
        self._theme, self._ground, self._by_itself = theme, ground, by_itself
        self._on_open, self._on_menu = on_open, on_menu
        self._lines: tuple[Line, ...] = ()
        self._tops: list[int] = [0]
        self._offline = False
        self._focused = False
        self._windowing = str(self.tk.call("tk", "windowingsystem"))
        self._pointer: int | None = None  # its y, while it is over the list
        self.cursor: int | None = None  # index of the line that the keys act on
        self._bar = ttk.Scrollbar(
            master, style=theme.name("Slim.Vertical.TScrollbar"), takefocus=False, command=self._yview
        )
        self.configure(yscrollcommand=self._bar.set)
        self.pack(side="left", fill="both", expand=True)
        self._connect()

    def _connect(self) -> None:
        self.bind("<Configure>", lambda event: self._draw())
        bind_wheel(self, self._scroll, self._theme.px(2 * ROW))
        self.bind("<Motion>", lambda event: self._point(event.y))
        self.bind("<Leave>", lambda event: self._point(None))
        self.bind("<Button-1>", self._press)
        for button in ("<Button-2>", "<Button-3>") if self._windowing == "aqua" else ("<Button-3>",):
            self.bind(button, self._press_menu)
        if not self._by_itself:
            return
        self.bind("<FocusIn>", lambda event: self._focus(True))
        self.bind("<FocusOut>", lambda event: self._focus(False))
        for key, step in (("Up", -1), ("Down", 1), ("Prior", -PAGE), ("Next", PAGE), ("Home", -FAR), ("End", FAR)):
            self.bind(f"<{key}>", partial(self._move_key, step))
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda event: self.open_current())
        for key in ("<Shift-F10>", "<App>" if self._windowing == "win32" else "<Menu>"):
            self.bind(key, lambda event: self._menu_at_cursor())

    # ------------------------------------------------------------------ content
    def show(self, lines: Sequence[Line], *, offline: bool = False) -> None:
        """Replace the lines; the cursor stays with its line. ``offline``: nobody's presence is known."""
        wanted = tuple(lines)
        if wanted == self._lines and offline == self._offline:
            return
        if wanted != self._lines:
            held = self.current
            self._lines = wanted
            heights = [self._theme.px(SECTION if isinstance(line, Section) else ROW) for line in wanted]
            self._tops = [0, *accumulate(heights)]
            self.cursor = self._index_of(held)
        self._offline = offline
        if self._focused and self.cursor is None:
            self.move_cursor(0)
        self._draw()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it shows, in order."""
        return self._lines

    @property
    def current(self) -> Line | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self.cursor is not None else None

    def _index_of(self, line: Line | None) -> int | None:
        if line is None:
            return None
        key = _key(line)
        return next((index for index, other in enumerate(self._lines) if _key(other) == key), None)

    # ------------------------------------------------------------------ keys and pointer
    def move_cursor(self, step: int) -> None:
        """``step`` lines down (negative: up), over heads, not beyond the ends. Without a cursor: to the first line, or
        to the one that is open."""
        stops = [index for index, line in enumerate(self._lines) if not isinstance(line, Section)]
        if not stops:
            return
        if self.cursor is None:
            is_open = (index for index in stops if _is_open(self._lines[index]))
            target = next(is_open, stops[0]) if abs(step) < FAR else stops[0 if step < 0 else -1]
        else:
            place = bisect_right(stops, self.cursor) - 1 + step
            target = stops[max(0, min(len(stops) - 1, place))]
        self.set_cursor(target)

    def set_cursor(self, index: int | None) -> None:
        """Put the cursor on the line with this index, in sight; None takes it away."""
        self.cursor = index
        if index is not None:
            self._reveal(index)
        self._draw()

    def open_current(self) -> None:
        """As a click on the line under the cursor."""
        if self.current is not None:
            self._on_open(self.current)

    def line_at(self, y: int) -> int | None:
        """Index of the line (no head) at ``y`` pixels from the top of what is seen."""
        index = bisect_right(self._tops, self.canvasy(y)) - 1
        inside = 0 <= index < len(self._lines) and not isinstance(self._lines[index], Section)
        return index if inside else None

    def _move_key(self, step: int, event: tk.Event[tk.Misc]) -> str:
        self.move_cursor(step)
        return "break"

    def _press(self, event: tk.Event[tk.Misc]) -> None:
        index = self.line_at(event.y)
        if index is not None:
            self.set_cursor(index)
            self.open_current()

    def _press_menu(self, event: tk.Event[tk.Misc]) -> None:
        index = self.line_at(event.y)
        if index is not None:
            self.set_cursor(index)
            self._on_menu(self._lines[index], event.x_root, event.y_root)

    def _menu_at_cursor(self) -> None:
        if self.cursor is not None:
            self._reveal(self.cursor)
            top = self._tops[self.cursor + 1] - round(self.canvasy(0))
            x, y = self.winfo_rootx() + self._theme.px(52), self.winfo_rooty() + top
            self._on_menu(self._lines[self.cursor], x, y)

    def _focus(self, focused: bool) -> None:
        self._focused = focused
        if focused and self.cursor is None:
            self.move_cursor(0)
        elif focused:
            self.set_cursor(self.cursor)  # which brings it in sight
        self._draw()

    def _point(self, y: int | None) -> None:
        before = self._hovered()
        self._pointer = y
        if self._hovered() != before:
            self.configure(cursor="hand2" if self._hovered() is not None else "")
            self._draw()

    def _hovered(self) -> int | None:
        return self.line_at(self._pointer) if self._pointer is not None else None

    # ------------------------------------------------------------------ scrolling
    def _yview(self, *args: str) -> None:
        self.yview(*args)
        self._draw()

    def _scroll(self, pixels: int) -> None:
        if self._tops[-1] + self._theme.px(BELOW) > self.winfo_height():
            self.yview_scroll(pixels, "units")
            self._draw()

    def _reveal(self, index: int) -> None:
        seen, height = round(self.canvasy(0)), self.winfo_height()
        top, bottom = self._tops[index], self._tops[index + 1] + self._theme.px(BELOW)
        if index and isinstance(self._lines[index - 1], Section):
            top = self._tops[index - 1]  # with its head, so that the very top can be reached by keys
        if top < seen:
            self.yview_scroll(top - seen, "units")
        elif bottom > seen + height > 1:
            self.yview_scroll(bottom - seen - height, "units")

    # ------------------------------------------------------------------ drawing
    def _draw(self) -> None:
        px = self._theme.px
        width, height = self.winfo_width(), self.winfo_height()
        full = self._tops[-1] + px(BELOW)
        self.configure(scrollregion=(0, 0, width, max(full, height)))
        if full > height > 1:
            self._bar.pack(side="right", fill="y", before=self)
        else:
            self._bar.pack_forget()
        self.delete("all")
        hovered = self._hovered()
        first = max(0, bisect_right(self._tops, self.canvasy(0)) - 1)
        for index in range(first, len(self._lines)):
            if self._tops[index] > self.canvasy(height):
                break
            self._draw_line(index, self._tops[index], width, index == hovered)

    def _draw_line(self, index: int, top: int, width: int, hovered: bool) -> None:
        p, px, line = self._theme.palette, self._theme.px, self._lines[index]
        if isinstance(line, Section):
            font = self._theme.font(11, "bold")
            self.create_text(px(20), top + px(25), text=line.words, anchor="w", fill=p.dim, font=font)
            return
        at_cursor = index == self.cursor and (self._focused or not self._by_itself)
        fill = p.selected if _is_open(line) else p.hover if hovered else self._ground
        if at_cursor or fill != self._ground:
            box = self._theme.images.box(
                max(1, width - px(16)), px(ROW - 2), px(9), fill, p.accent if at_cursor else "", px(2)
            )
            self.create_image(px(8), top + px(1), image=box, anchor="nw")
        if isinstance(line, PersonLine):
            self._draw_avatar(line, top, fill)
        self._draw_name(line, top, width)

    def _draw_avatar(self, person: PersonLine, top: int, ground: str) -> None:
        p, px, images = self._theme.palette, self._theme.px, self._theme.images
        colour = p.people[person_colour(person.fp, p.people)] if person.fp else p.dim
        self.create_image(px(16), top + px(6), image=images.avatar(px(26), person.fp, colour), anchor="nw")
        presence = Presence.OFFLINE if self._offline else person.presence
        dot = {Presence.ONLINE: p.ok, Presence.AWAY: p.warn, Presence.OFFLINE: p.dim}[presence]
        ring = images.box(px(13), px(13), px(13) // 2, dot, ground, px(2))
        self.create_image(px(34), top + px(23), image=ring, anchor="nw")

    def _draw_name(self, line: ConversationLine | PersonLine, top: int, width: int) -> None:
        p, px = self._theme.palette, self._theme.px
        if isinstance(line, PersonLine):
            left, words, badge = 52, line.name, unread_words(line.unread)
            if line.ignored:
                words = texts.ignored_name(line.name)
        else:
            left, words, badge = 20, line.title, unread_words(line.unread, line.more)
            if badge and line.mention:
                badge = texts.mention_badge(badge)
        right = width - px(14)
        if badge:
            right = self._draw_badge(badge, top, right)
        font = self._theme.font(13, "bold") if badge else self._theme.font(13)
        name = fit(partial(self._theme.measure, font), words[:LONGEST], right - px(left))
        fill = p.fg if badge or _is_open(line) else p.dim
        self.create_text(px(left), top + px(ROW / 2), text=name, anchor="w", fill=fill, font=font)

    def _draw_badge(self, words: str, top: int, right: int) -> int:
        """Draws it to the left of ``right``; where its own left is, with a gap."""
        p, px = self._theme.palette, self._theme.px
        font = self._theme.font(11, "bold")
        width = max(px(22), self._theme.measure(font, words) + px(14))
        pill = self._theme.images.box(width, px(20), px(10), p.accent)
        self.create_image(right, top + px(ROW / 2), image=pill, anchor="e")
        self.create_text(right - width // 2, top + px(ROW / 2), text=words, fill=p.accent_fg, font=font)
        return right - width - px(6)


def _is_open(line: Line) -> bool:
    return (isinstance(line, ConversationLine) and line.open) or (isinstance(line, PersonLine) and line.is_open)
