"""The bar for searching in what is loaded: an entry, where one is among what was found, and a way to older messages.

Knows no messages: it hands on what is typed and shows what it is told.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Final, Protocol

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme

__all__ = ["SearchActions", "SearchBar"]


class SearchActions(Protocol):
    """What the bar asks of its owner. Main thread; none may block."""

    def search(self, query: str) -> None:
        """Another text stands in the entry; "" ends the search, not the bar."""

    def step(self, by: int) -> None:
        """Go to the next (1, below) or previous (-1, above) of what was found."""

    def search_older(self) -> None:
        """Load older messages and look through them too."""

    def close_search(self) -> None:
        """Put the bar away."""


class _QueryEntry(ttk.Entry):
    """An entry that says when it may have been edited, after its own bindings have put in what was typed or pasted.

    The bindings for that are shared by all of a root: those of a class outlive every widget.
    """

    _AFTER: Final = "AfterQueryEntry"

    def __init__(self, master: tk.Misc, theme: Theme, edited: Callable[[], None]) -> None:
        super().__init__(master, style=theme.name("Round.TEntry"), font=theme.font(13), width=1)
        self.edited = edited
        tags = list(self.bindtags())
        tags.insert(tags.index("TEntry") + 1, self._AFTER)
        self.bindtags(tuple(tags))
        if self.bind_class(self._AFTER):
            return
        for happening in ("<Key>", "<<Paste>>", "<<Cut>>", "<<Clear>>", "<<Undo>>", "<<PasteSelection>>"):
            self.bind_class(self._AFTER, happening, lambda event: _edited(event.widget))


def _edited(entry: tk.Misc) -> None:
    if isinstance(entry, _QueryEntry):
        entry.edited()


class SearchBar(tk.Frame):
    """Reachable for tests: ``entry``, ``words``, ``previous``, ``next``, ``older``, ``close``."""

    def __init__(self, master: tk.Misc, theme: Theme, actions: SearchActions) -> None:
        super().__init__(master, bg=theme.palette.bg)
        self._actions = actions
        self._query = ""
        px = theme.px
        top, below = theme.frame(self), theme.frame(self)
        top.pack(fill="x", padx=px(20), pady=(px(8), 0))
        below.pack(fill="x", padx=px(20), pady=(0, px(4)))
        self.entry = _QueryEntry(top, theme, self._edited)
        self.previous = theme.button(top, "↑", lambda: actions.step(-1))
        self.next = theme.button(top, "↓", lambda: actions.step(1))
        self.close = theme.button(top, "✕", actions.close_search)
        self.entry.pack(side="left", fill="x", expand=True)  # packed first, so that Tab comes by it first
        for button in (self.previous, self.next, self.close):
            button.configure(width=2)
            button.pack(side="left", padx=(px(4), 0))
        self.older = theme.button(below, texts.SEARCH_OLDER, actions.search_older)
        self.older.pack(side="right")
        self.words = theme.label(below, texts.SEARCH, 12, theme.palette.dim)
        self.words.pack(side="left", padx=(px(12), 0))
        tk.Frame(self, bg=theme.palette.line, height=1).pack(fill="x")
        self._keys()
        self.show(0, 0, False)

    def _keys(self) -> None:
        for widget in (self.entry, self.previous, self.next, self.older, self.close):
            widget.bind("<Escape>", self._escape)
        # People look for the newest first and go up from there.
        self.entry.bind("<Return>", lambda event: self._step(-1))
        self.entry.bind("<Shift-Return>", lambda event: self._step(1))
        self.entry.bind("<Down>", lambda event: self._step(1))
        self.entry.bind("<Up>", lambda event: self._step(-1))

    # ------------------------------------------------------------------ for the owner
    def show(self, position: int, total: int, more: bool) -> None:
        """Message number ``position`` (1 is the oldest) of ``total`` found ones is shown; ``more``: older messages
        exist that are not loaded."""
        if not self._query.strip():
            words = texts.SEARCH
        elif total:
            words = texts.search_position(position, total)
        else:
            words = texts.SEARCH_NOTHING
        self.words.configure(text=words)
        for button, useful in ((self.previous, total > 0), (self.next, total > 0), (self.older, more)):
            self._enable(button, useful)

    def focus(self) -> None:
        """Type here, in place of what was searched before."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")

    def set_query(self, query: str) -> None:
        """Search for this, as if it had been typed."""
        self.entry.delete(0, "end")
        self.entry.insert(0, query)
        self._edited()

    @property
    def query(self) -> str:
        """What is searched."""
        return self._query

    # ------------------------------------------------------------------ inside
    def _enable(self, button: ttk.Button, useful: bool) -> None:
        if not useful and self.focus_get() is button:
            self.entry.focus_set()  # a disabled button takes no keys, not even Escape
        button.state(["!disabled" if useful else "disabled"])

    def _edited(self) -> None:
        query = self.entry.get()
        if query != self._query:
            self._query = query
            self._actions.search(query)

    def _step(self, by: int) -> str:
        self._edited()
        if not self.next.instate(["disabled"]):
            self._actions.step(by)
        return "break"

    def _escape(self, event: tk.Event[tk.Misc]) -> str:
        self._actions.close_search()
        return "break"
