"""The left column: whose server this is, what holds for the open conversation, rooms, and people with presence.

The list is one canvas on which only the visible lines exist, so that a server with thousands of people costs the same
as one with five. Draws what it is given; knows no client.
"""

from __future__ import annotations

import tkinter as tk
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from tkinter import ttk

from securechat.client.events import Presence
from securechat.desktop import texts
from securechat.desktop.images import person_colour
from securechat.desktop.scroll_area import bind_wheel
from securechat.desktop.theme import Theme
from securechat.desktop.view_model import PersonLine

__all__ = ["Sidebar", "fit"]

WIDTH, ROW, SECTION = 250, 38, 40  # design pixels


def fit(measure: Callable[[str], int], text: str, width: int) -> str:
    """``text`` cut to ``width`` pixels, with an ellipsis if something is gone. ``measure``: pixels of a text."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle] + "…") <= width else (low, middle - 1)
    return text[:low] + "…"


class Sidebar(tk.Frame):
    """``show_people`` replaces the people; the lobby is the one room there is."""

    def __init__(self, master: tk.Misc, theme: Theme, server_name: str, room: str, holds: str) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.side, width=px(WIDTH))
        self.pack_propagate(False)
        self._theme, self._room = theme, room
        self._people: Sequence[PersonLine] = ()
        self._plain = partial(theme.measure, theme.font(13))
        bold = partial(theme.measure, theme.font(17, "bold"))
        self.title = theme.label(self, fit(bold, server_name, px(WIDTH - 36)), 17, "", "bold")
        self.title.pack(fill="x", padx=px(18), pady=(px(15), 0))
        held = theme.frame(self, p.side)
        held.pack(fill="x", padx=px(18), pady=(px(2), px(4)))
        theme.label(held, "● ", 12, p.warn).pack(side="left")
        self.holds = theme.label(held, holds, 12, p.dim)
        self.holds.pack(side="left")
        self._build_list()

    def _build_list(self) -> None:
        p, px = self._theme.palette, self._theme.px
        self.list = tk.Canvas(
            self, bg=p.side, bd=0, highlightthickness=px(2), highlightbackground=p.side, highlightcolor=p.accent,
            takefocus=True, yscrollincrement=px(ROW),
        )
        self._bar = ttk.Scrollbar(self, style=self._theme.name("Slim.Vertical.TScrollbar"), takefocus=False,
                                  command=self._yview)
        self.list.configure(yscrollcommand=self._bar.set)
        self.list.pack(side="left", fill="both", expand=True)
        self.list.bind("<Configure>", lambda event: self._draw())
        bind_wheel(self.list, self._scroll, 2)
        for key, units in (("<Up>", -1), ("<Down>", 1), ("<Prior>", -8), ("<Next>", 8)):
            self.list.bind(key, partial(self._scroll, units))

    def show_people(self, people: Sequence[PersonLine]) -> None:
        """Show these people, in this order."""
        self._people = people
        self._draw()

    # ------------------------------------------------------------------ scrolling
    def _yview(self, *args: str) -> None:
        self.list.yview(*args)
        self._draw()

    def _scroll(self, units: int, event: tk.Event[tk.Misc] | None = None) -> None:
        self.list.yview_scroll(units, "units")
        self._draw()

    # ------------------------------------------------------------------ drawing
    def _draw(self) -> None:
        c, px = self.list, self._theme.px
        heights = [px(SECTION), px(ROW), px(SECTION), *[px(ROW)] * len(self._people)]
        tops = [0, *accumulate(heights)]
        width, height = c.winfo_width(), c.winfo_height()
        c.configure(scrollregion=(0, 0, width, max(tops[-1] + px(8), height)))
        if tops[-1] > height > 1:
            self._bar.pack(side="right", fill="y")
        else:
            self._bar.pack_forget()
        c.delete("all")
        start = max(0, bisect_right(tops, c.canvasy(0)) - 1)
        for index in range(start, len(heights)):
            if tops[index] > c.canvasy(height):
                break
            self._draw_line(index, tops[index], width)

    def _draw_line(self, index: int, top: int, width: int) -> None:
        c, p, px = self.list, self._theme.palette, self._theme.px
        if index in (0, 2):
            words = texts.ROOMS if index == 0 else texts.PEOPLE
            c.create_text(px(18), top + px(25), text=words, anchor="w", fill=p.dim, font=self._theme.font(11, "bold"))
        elif index == 1:
            box = self._theme.images.box(max(1, width - px(16)), px(ROW - 2), px(9), p.selected)
            c.create_image(px(8), top + px(1), image=box, anchor="nw")
            c.create_text(px(20), top + px(ROW / 2), text=self._room, anchor="w", fill=p.fg, font=self._theme.font(13))
        else:
            self._draw_person(self._people[index - 3], top, width)

    def _draw_person(self, person: PersonLine, top: int, width: int) -> None:
        c, p, px, images = self.list, self._theme.palette, self._theme.px, self._theme.images
        here = person.presence is not Presence.OFFLINE
        colour = p.people[person_colour(person.fp, p.people)] if person.fp else p.dim
        c.create_image(px(16), top + px(6), image=images.avatar(px(26), person.fp, colour), anchor="nw")
        dot = {Presence.ONLINE: p.ok, Presence.AWAY: p.warn, Presence.OFFLINE: p.dim}[person.presence]
        ring = images.box(px(13), px(13), px(13) // 2, dot, p.side, px(2))
        c.create_image(px(34), top + px(23), image=ring, anchor="nw")
        name = fit(self._plain, person.name, width - px(52 + 12))
        c.create_text(
            px(52), top + px(ROW / 2), text=name, anchor="w", fill=p.fg if here else p.dim, font=self._theme.font(13)
        )
