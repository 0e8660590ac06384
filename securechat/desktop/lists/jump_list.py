"""The jump list (Ctrl+K): type some letters of a name, press Enter, and the conversation is open.

`rank` and `found` say what fits and in which order and need no display. `JumpList` shows it over the window and says
what was chosen; knows no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk

from securechat.client.events import ConversationKind
from securechat.desktop import texts
from securechat.desktop.lists.line_list import PAGE, Line, LineList
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.look.theme import Theme

__all__ = ["JumpList", "found", "rank"]

WIDTH, HEIGHT, TOP = 440, 380, 56  # design pixels
LONGEST = 200  # characters of a name that are looked at

Goal = ConversationLine | PersonLine


def rank(query: str, name: str) -> int | None:
    """How well ``name`` fits: 0 it begins so, 1 one of its words does, 2 the query is inside, 3 its letters stand in
    this order, None not at all. Capitals count for nothing; an empty query fits all."""
    wanted, name = query.casefold().strip().removeprefix("#").strip(), name[:LONGEST].casefold().removeprefix("# ")
    if name.startswith(wanted):
        return 0
    place = name.find(wanted)
    while place > 0:
        if not name[place - 1].isalnum():
            return 1
        place = name.find(wanted, place + 1)
    if wanted in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted if not letter.isspace()) else None


def found(query: str, conversations: Sequence[ConversationLine], people: Sequence[PersonLine]) -> list[Line]:
    """What fits, the best first; those that fit equally: what names us, then unread, then the order given. A direct
    conversation is its person's line."""
    goals: list[Goal] = [line for line in conversations if line.kind is not ConversationKind.DIRECT]
    goals += people
    ranked: list[tuple[tuple[int, bool, bool, int], Line]] = []
    for place, line in enumerate(goals):
        fits = rank(query, line.title if isinstance(line, ConversationLine) else line.username)
        if fits is not None:
            named = isinstance(line, ConversationLine) and line.mention
            ranked.append(((fits, not named, not line.unread, place), line))
    return [line for _, line in sorted(ranked, key=lambda pair: pair[0])]


class JumpList(tk.Frame):
    """Lies over ``master`` from birth until something is chosen, Esc, or a click elsewhere; then ``on_close`` is called
    once, and after it ``on_conversation`` or ``on_person`` if something was chosen. The focus goes back where it was.

    Reachable for tests: ``entry``, ``list``, ``nothing``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, conversations: Sequence[ConversationLine], people: Sequence[PersonLine], *,
        on_conversation: Callable[[bytes], None], on_person: Callable[[str], None], on_close: Callable[[], None],
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(
            master, bg=p.bg, width=px(WIDTH), highlightthickness=px(1), highlightbackground=p.dim,
            highlightcolor=p.dim,
        )
        self.pack_propagate(False)
        self._conversations, self._people = conversations, people
        self._on_conversation, self._on_person, self._on_close = on_conversation, on_person, on_close
        self._open = True
        self._focus_before = master.tk.call("focus")
        self.entry = ttk.Entry(self, style=theme.name("Round.TEntry"), font=theme.font(14))
        self.entry.pack(fill="x", padx=px(10), pady=(px(10), px(4)))
        theme.label(self, texts.JUMP_HINT, 11, p.dim).pack(fill="x", padx=px(20), pady=(0, px(4)))
        self.nothing = theme.label(self, texts.NOTHING_FOUND, 13, p.dim)
        self.nothing.configure(wraplength=px(WIDTH - 60))
        self._indent = px(20)
        holder = theme.frame(self)
        holder.pack(fill="both", expand=True, padx=px(2), pady=(0, px(2)))
        self.list = LineList(holder, theme, p.bg, on_open=self._choose, by_itself=False)
        self._put(master, px(WIDTH), px(HEIGHT), px(TOP), px(10))
        self._connect()
        self._filter("")
        self.tkraise()
        self.update_idletasks()  # only what is on the screen can take the next key
        self.entry.focus_set()

    def _put(self, master: tk.Misc, width: int, height: int, top: int, gap: int) -> None:
        """Within the window's edges, unless it is lower than anybody could use."""
        room = master.winfo_width() - 2 * gap, master.winfo_height() - top - gap
        self.place(
            relx=0.5, y=top, anchor="n", width=max(width // 3, min(width, room[0])),
            height=max(height // 3, min(height, room[1])),
        )

    def _connect(self) -> None:
        entry = self.entry
        # Asked before each change, by keys or by a paste, and never refused.
        entry.configure(validate="key", validatecommand=(self.register(self._filter), "%P"))
        entry.bind("<Escape>", lambda event: self._break_after(self.close))
        for key in ("<Return>", "<KP_Enter>"):
            entry.bind(key, lambda event: self._break_after(self.list.open_current))
        back = "<ISO_Left_Tab>" if entry.tk.call("tk", "windowingsystem") == "x11" else "<Shift-Tab>"
        for key, step in (("<Up>", -1), ("<Down>", 1), ("<Prior>", -PAGE), ("<Next>", PAGE), (back, -1), ("<Tab>", 1)):
            entry.bind(key, partial(self._move, step))
        entry.bind("<FocusOut>", lambda event: self._left())

    def _move(self, step: int, event: tk.Event[tk.Misc]) -> str:
        self.list.move_cursor(step)
        return "break"

    @staticmethod
    def _break_after(call: Callable[[], None]) -> str:
        call()
        return "break"

    def _filter(self, query: str) -> bool:
        lines = found(query, self._conversations, self._people)
        self.list.show(lines)
        self.list.set_cursor(0 if lines else None)
        if lines:
            self.nothing.pack_forget()
        else:
            self.nothing.pack(fill="x", padx=self._indent, pady=self._indent // 2, before=self.list.master)
        return True

    def _choose(self, line: Line) -> None:
        self.close()
        if isinstance(line, ConversationLine):
            self._on_conversation(line.conv)
        elif isinstance(line, PersonLine):
            self._on_person(line.username)

    def _left(self) -> None:
        """The focus went to another widget of this window (not: to another program)."""
        focus = str(self.tk.call("focus"))
        if focus and not focus.startswith(str(self)):
            self._focus_before = ""
            self.close()

    def close(self) -> None:
        """Go away; harmless if it is away already."""
        if not self._open:
            return
        self._open = False
        before = str(self._focus_before)
        if before and self.tk.call("winfo", "exists", before):
            self.tk.call("focus", before)
        self.destroy()
        self._on_close()
