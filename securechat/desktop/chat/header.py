"""The strip above the messages: which conversation is open, what holds for it, search, and the menu."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme

__all__ = ["Header", "MenuEntry"]

MenuEntry = tuple[str, str, Callable[[], object]] | None
"""(words, keys to show beside them, command); None is a line between groups."""


class Header(tk.Frame):
    """``entries`` fill the menu; ``on_lists``: see `narrow`.

    Reachable for tests: ``title``, ``subtitle``, ``search``, ``lists``, ``menu``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, on_search: Callable[[], None], on_lists: Callable[[], None],
        entries: Sequence[MenuEntry],
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self._theme, self._below = theme, False
        inner = self._inner = theme.frame(self)
        inner.pack(fill="x", padx=px(20), pady=px(8))
        self.lists = theme.button(inner, "☰", on_lists)
        self.lists.configure(width=2)
        self.title = theme.label(inner, "", 18, "", "bold")
        self.search = theme.button(inner, texts.SEARCH_BUTTON, on_search)
        self.menu_button = ttk.Menubutton(inner, text=f"{texts.MENU}  ▾", style=theme.name("Ghost.TMenubutton"))
        self.menu_button.pack(side="right")
        self.search.pack(side="right", padx=(0, px(4)))
        self.title.pack(side="left")
        self.subtitle = theme.label(inner, "", 12, p.dim)
        self._put_subtitle()
        inner.bind("<Configure>", lambda event: self._fit())
        for key in ("<Return>", "<KP_Enter>"):  # Tk's own are the space bar and the arrow down
            self.menu_button.bind(key, lambda event: self._pop_down())
        menu = self.menu = theme.menu(self.menu_button)
        self.menu_button.configure(menu=menu)
        for entry in entries:
            if entry is None:
                menu.add_separator()
            else:
                menu.add_command(label=entry[0], accelerator=entry[1], command=entry[2])

    def _pop_down(self) -> str:
        self.tk.call("ttk::menubutton::Popdown", str(self.menu_button))
        return "break"

    def _put_subtitle(self) -> None:
        px = self._theme.px
        if self._below:
            self.subtitle.pack(side="bottom", fill="x", padx=0, pady=(px(2), 0), before=self.menu_button)
        else:
            self.subtitle.pack(side="left", fill="x", padx=(px(14), px(8)), pady=(px(3), 0), after=self.title)

    def _fit(self) -> None:
        """Beside the title if there is room for all of it, else below: it says who can read the conversation."""
        room = self._inner.winfo_width()
        if room <= 1:  # not on the screen yet
            return
        beside = [self.title, self.subtitle, self.search, self.menu_button]
        beside += [self.lists] if self.lists.winfo_manager() else []
        below = sum(widget.winfo_reqwidth() for widget in beside) + self._theme.px(40) > room  # with their gaps
        if below != self._below:
            self._below = below
            self._put_subtitle()

    def narrow(self, narrow: bool) -> None:
        """In a narrow window the sidebar is away, and a button leads to conversations and people."""
        if narrow:
            self.lists.pack(side="left", before=self.title, padx=(0, self._theme.px(8)))
        else:
            self.lists.pack_forget()
        self._fit()

    def show(self, title: str, subtitle: str) -> None:
        """Cheap if nothing changed."""
        for label, words in ((self.title, title), (self.subtitle, subtitle)):
            if str(label["text"]) != words:
                label.configure(text=words)
                self._fit()
