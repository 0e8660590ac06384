"""A popup inside the window to pick an emoji: words to search by, and a grid. Its owner places it.

The entry keeps the focus; arrows move in the grid. Only the rows in sight are drawn: a coloured glyph is slow to draw.
Where emoji must not be drawn, it is a list of their names.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.look.emoji import emoji_kills
from securechat.desktop.look.scroll_area import bind_wheel
from securechat.desktop.look.theme import Theme
from securechat.desktop.writing import emoji_names

__all__ = ["EmojiPicker"]

COLUMNS, ROWS, CELL = 9, 6, 38  # cells, cells, design pixels
BESIDE = 230  # design pixels of the window's height that are not for the grid
# Families with colours where Tk can use them; another one is taken if it is missing.
_FAMILIES = {"x11": "Noto Color Emoji", "win32": "Segoe UI Emoji", "aqua": "Apple Color Emoji"}
NAME_COLUMNS, MOST_NAME = 2, 20  # where names are shown instead: columns, characters (all of it stands below)


class EmojiPicker(tk.Frame):
    """``on_pick`` gets an emoji; ``on_close`` is called when the person wants it gone, or gave the focus to
    something else; neither destroys it here.

    Reachable for tests: ``entry``, ``grid_canvas``, ``found`` (name, emoji), ``current``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, on_pick: Callable[[str], None], on_close: Callable[[], None]
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.line, bd=0, highlightthickness=0)
        self._theme, self._on_pick, self._on_close = theme, on_pick, on_close
        windowing = str(self.tk.call("tk", "windowingsystem"))
        self._names_only = emoji_kills(windowing)
        self._font = (_FAMILIES.get(windowing, theme.family), -px(20), "")
        room = (master.winfo_height() - px(BESIDE)) // px(CELL)
        self._rows = max(2, min(ROWS, room))
        self._columns = NAME_COLUMNS if self._names_only else COLUMNS
        self.found = emoji_names.find("")
        self.current = 0
        self._top = 0  # first row in sight
        self._asked = ""
        self._idle = ""  # a look, put off, at where the focus went
        inside = theme.frame(self, p.card)
        inside.pack(padx=1, pady=1)
        self._build_entry(inside)
        self._build_grid(inside)
        self._line = theme.label(inside, "", 12, p.dim)
        self._line.configure(width=1)
        self._line.pack(fill="x", padx=px(12), pady=(px(4), px(8)))
        self._draw()

    def _build_entry(self, inside: tk.Frame) -> None:
        t, p, px = self._theme, self._theme.palette, self._theme.px
        top = t.frame(inside, p.card)
        top.pack(fill="x", padx=px(8), pady=px(8))
        t.label(top, texts.EMOJI_SEARCH, 12, p.dim).pack(side="left", padx=(px(4), px(8)))
        self.entry = ttk.Entry(top, style=t.name("Round.TEntry"), font=t.font(14), width=1)
        self.entry.pack(side="left", fill="x", expand=True)
        self.entry.bind("<KeyRelease>", lambda event: self.search(self.entry.get()))
        self.entry.bind("<FocusOut>", lambda event: self._focus_left())
        page = self._columns * self._rows
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("<Left>", partial(self.move, -1)), ("<Right>", partial(self.move, 1)),
            ("<Up>", partial(self.move, -self._columns)), ("<Down>", partial(self.move, self._columns)),
            ("<Prior>", partial(self.move, -page)), ("<Next>", partial(self.move, page)),
            ("<Return>", self.pick), ("<KP_Enter>", self.pick), ("<Escape>", self._on_close),
            ("<Tab>", self.entry.focus_set), ("<<PrevWindow>>", self.entry.focus_set),
        )
        for key, call in steps:
            self.entry.bind(key, partial(_answer, call))

    def _build_grid(self, inside: tk.Frame) -> None:
        p, px = self._theme.palette, self._theme.px
        body = self._theme.frame(inside, p.card)
        body.pack(fill="x", padx=px(8))
        canvas = self.grid_canvas = tk.Canvas(
            body, width=COLUMNS * px(CELL), height=self._rows * px(CELL), bg=p.card, bd=0, highlightthickness=0,
            takefocus=False,
        )
        canvas.pack(side="left")
        self._bar = ttk.Scrollbar(
            body, style=self._theme.name("Slim.Vertical.TScrollbar"), takefocus=False, command=self._yview
        )
        self._bar.pack(side="right", fill="y", padx=(px(4), 0))
        bind_wheel(canvas, self._scroll, 1)
        canvas.bind("<Motion>", lambda event: self._point(event.x, event.y))
        canvas.bind("<ButtonRelease-1>", lambda event: self._click(event.x, event.y))

    def destroy(self) -> None:
        """Cancel what was put off."""
        if self._idle:
            self.after_cancel(self._idle)
        super().destroy()

    def focus_first(self) -> None:
        """Give the focus to the entry."""
        self.entry.focus_set()

    def search(self, words: str) -> None:
        """Show what fits ``words``."""
        if words.strip() == self._asked:
            return
        self._asked = words.strip()
        self.found = emoji_names.find(self._asked.strip(":"))
        self.current = self._top = 0
        self._draw()

    def move(self, step: int) -> None:
        """Make another emoji the current one, and bring it into sight."""
        if not self.found:
            return
        self.current = max(0, min(len(self.found) - 1, self.current + step))
        row = self.current // self._columns
        self._top = max(min(self._top, row), row - self._rows + 1)
        self._draw()

    def pick(self) -> None:
        """Hand over the current emoji."""
        if self.found:
            self._on_pick(self.found[self.current][1])

    def _focus_left(self) -> None:
        if not self._idle:  # put off: Tk says only then who has the focus now
            self._idle = self.after_idle(self._look_for_focus)

    def _look_for_focus(self) -> None:
        self._idle = ""
        focused = str(self.tk.call("focus"))
        if focused and focused != str(self.entry):  # "" is another program's: people come back from there
            self._on_close()

    # ------------------------------------------------------------------ pointer
    def _cell_at(self, x: int, y: int) -> int | None:
        width, cell = self._cell_width(), self._theme.px(CELL)
        column, row = x // width, y // cell + self._top
        index = row * self._columns + column
        return index if 0 <= column < self._columns and y >= 0 and index < len(self.found) else None

    def _point(self, x: int, y: int) -> None:
        index = self._cell_at(x, y)
        if index is not None and index != self.current:
            self.current = index
            self._draw_current()

    def _click(self, x: int, y: int) -> None:
        index = self._cell_at(x, y)
        if index is not None:
            self.current = index
            self.pick()

    def _scroll(self, rows: int) -> None:
        self._to_row(self._top + rows)

    def _yview(self, action: str, amount: str, *unit: str) -> None:
        if action == "moveto":
            self._to_row(round(float(amount) * self._row_count()))
        else:
            self._scroll(int(amount) * (self._rows if unit == ("pages",) else 1))

    def _to_row(self, row: int) -> None:
        self._top = max(0, min(row, self._row_count() - self._rows))
        self._draw()

    # ------------------------------------------------------------------ drawing
    def _row_count(self) -> int:
        return -(-len(self.found) // self._columns)

    def _cell_width(self) -> int:
        return COLUMNS * self._theme.px(CELL) // self._columns

    def _draw(self) -> None:
        c, t, p = self.grid_canvas, self._theme, self._theme.palette
        width, cell = self._cell_width(), t.px(CELL)
        c.delete("all")
        first = self._top * self._columns
        for index, (name, emoji) in enumerate(self.found[first : first + self._rows * self._columns], first):
            x, y = index % self._columns * width, (index // self._columns - self._top) * cell
            if self._names_only:
                short = name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…"
                c.create_text(x + t.px(8), y + cell // 2, text=short, anchor="w", fill=p.fg, font=t.font(13))
            else:
                c.create_text(x + width // 2, y + cell // 2, text=emoji, fill=p.fg, font=self._font)
        rows = max(1, self._row_count())
        self._bar.set(self._top / rows, min(1.0, (self._top + self._rows) / rows))
        self._draw_current()

    def _draw_current(self) -> None:
        c, t, p = self.grid_canvas, self._theme, self._theme.palette
        c.delete("current_cell")
        if not self.found:
            self._line.configure(text=texts.EMOJI_NONE)
            return
        self._line.configure(text=texts.emoji_name(self.found[self.current][0]))
        width, cell = self._cell_width(), t.px(CELL)
        x, y = self.current % self._columns * width, (self.current // self._columns - self._top) * cell
        box = t.images.box(width, cell, t.px(8), p.selected, p.accent, t.px(2))
        c.create_image(x, y, image=box, anchor="nw", tags="current_cell")
        c.tag_lower("current_cell")


def _answer(call: Callable[[], object], event: tk.Event[tk.Misc]) -> str:
    call()
    return "break"
