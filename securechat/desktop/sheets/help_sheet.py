"""Keys and commands, on one sheet."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Final

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Sheet
from securechat.desktop.writing.slash import COMMANDS

__all__ = ["HelpSheet"]

_KEYS_WIDTH: Final = 200  # design pixels of the first column
_BESIDE: Final = 420  # from this width on both columns stand beside each other


class HelpSheet(Sheet):
    """Made once; `close` takes it away."""

    def __init__(self, master: tk.Misc, theme: Theme, on_close: Callable[[], None]) -> None:
        super().__init__(master, theme, texts.HELP_TITLE, on_close, width=620)
        commands = [(f"/{line.name} {line.usage}".strip(), line.help) for line in COMMANDS]
        self._tables = []
        for title, pairs in (
            (texts.HELP_KEYS_TITLE, texts.HELP_KEYS), (texts.HELP_COMMANDS_TITLE, commands),
            (texts.HELP_MARKS_TITLE, texts.HELP_MARKS),
        ):
            self.heading(title)
            table = _Table(self.body, theme, pairs)
            table.pack(fill="x")
            self._tables.append(table)
        self._arrange_tables()
        self.bind("<Configure>", lambda event: self._arrange_tables(), add="+")
        self.ready(self.close_button)

    def _arrange_tables(self) -> None:
        for table in self._tables:
            table.arrange(self.content_width())


class _Table(tk.Frame):
    """Two columns; in a narrow window the second one stands below the first, each line of it."""

    def __init__(self, master: tk.Misc, theme: Theme, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(master, bg=str(master["bg"]))
        self._theme = theme
        self._lines = [
            (theme.label(self, keys, 13, "", "bold"), theme.label(self, meaning, 13)) for keys, meaning in pairs
        ]
        self._width = 0

    def arrange(self, width: int) -> None:
        """There are ``width`` pixels."""
        if width == self._width:
            return
        self._width, px = width, self._theme.px
        beside = width >= px(_BESIDE)
        first = px(_KEYS_WIDTH)
        self.columnconfigure(0, minsize=first if beside else 0)
        for row, (keys, meaning) in enumerate(self._lines):
            keys.configure(wraplength=first - px(16) if beside else width)
            meaning.configure(wraplength=max(1, width - first if beside else width - px(16)))
            keys.grid(row=2 * row, column=0, sticky="nw", pady=px(3))
            if beside:
                meaning.grid(row=2 * row, column=1, sticky="nw", padx=0, pady=px(3))
            else:
                meaning.grid(row=2 * row + 1, column=0, sticky="nw", padx=(px(16), 0), pady=(0, px(4)))
