"""Fields to fill in, and what helps with hidden ones: looking at them, Caps Lock, how strong a new password is.

Owns these small widgets only; what is typed into them is their owner's business. Nothing here keeps a password.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.form.strength import judge
from securechat.desktop.look.theme import DOT, Theme

__all__ = ["CapsHint", "Field", "Reveal", "StrengthLine", "caps_lock"]

_LOCK = 2  # the bit for Caps Lock in an event's state, on all systems
_PARTS = 4


class Field(tk.Frame):
    """Bold words, perhaps a quiet hint at the right, and below an ``entry``; ``line`` has room at its right."""

    def __init__(
        self, master: tk.Misc, theme: Theme, words: str, text: str = "", *, secret: bool = False, hint: str = ""
    ) -> None:
        super().__init__(master, bg=str(master["bg"]))
        title = theme.frame(self)
        title.pack(fill="x", pady=(theme.px(9), theme.px(4)))
        theme.label(title, words, 12, "", "bold").pack(side="left")
        if hint:
            theme.label(title, hint, 12, theme.palette.dim).pack(side="right")
        self.line = theme.frame(self)
        self.line.pack(fill="x")
        self.entry = theme.entry(self.line, text, secret=secret)
        self.entry.configure(width=1)  # as wide as there is room
        self.entry.pack(side="left", fill="x", expand=True)


class Reveal(ttk.Button):
    """Shows what was typed into ``entries``, or hides it again."""

    def __init__(self, master: tk.Misc, theme: Theme, entries: Sequence[ttk.Entry]) -> None:
        super().__init__(master, text=texts.SHOW, width=6, style=theme.name("Ghost.TButton"), command=self._toggle)
        self._entries = entries
        self.bind("<Return>", lambda event: self.invoke())

    def _toggle(self) -> None:
        hidden = str(self._entries[0]["show"]) != ""
        for entry in self._entries:
            entry.configure(show="" if hidden else DOT)
        self.configure(text=texts.HIDE if hidden else texts.SHOW)


def caps_lock(state: int, key: str, pressed: bool, before: bool, windowing: str) -> bool:
    """Whether Caps Lock is on after a key event with this ``state``; ``before``: what was known until then."""
    on = bool(state & _LOCK)
    if key != "Caps_Lock":
        return on
    # X11 tells the state before the key did its work, and still that when it is let go; the others tell the new one.
    if windowing != "x11":
        return on
    return not on if pressed else before


class _Now(tk.Frame):
    """Takes room only while its ``content`` is to be seen."""

    content: tk.Frame | tk.Label

    def _appear(self, wanted: bool) -> None:
        shown = self.content.winfo_manager() != ""
        if wanted and not shown:
            self.content.pack(fill="x")
        elif shown and not wanted:
            self.content.pack_forget()
            self.configure(height=1)  # Tk leaves an emptied frame as high as it was


class CapsHint(_Now):
    """Says that Caps Lock is on while somebody types into one of the fields it watches; ``label`` has the words."""

    def __init__(self, master: tk.Misc, theme: Theme) -> None:
        super().__init__(master, bg=str(master["bg"]), height=1)
        self.content = self.label = theme.label(self, texts.CAPS_LOCK, 12, theme.palette.warn)
        self._windowing = str(self.tk.call("tk", "windowingsystem"))
        self._on = False

    @property
    def shown(self) -> bool:
        """Whether it says so now."""
        return self.label.winfo_manager() != ""

    def watch(self, entry: ttk.Entry) -> None:
        """``entry`` is one of the fields."""
        entry.bind("<KeyPress>", lambda event: self._key(event, pressed=True), add="+")
        entry.bind("<KeyRelease>", lambda event: self._key(event, pressed=False), add="+")
        entry.bind("<FocusOut>", lambda event: self._appear(False), add="+")

    def _key(self, event: tk.Event[ttk.Entry], *, pressed: bool) -> None:
        self._on = caps_lock(int(event.state), event.keysym, pressed, self._on, self._windowing)
        self._appear(self._on)


class StrengthLine(_Now):
    """A bar of four parts and a sentence under a new password. ``words`` is what it says."""

    def __init__(self, master: tk.Misc, theme: Theme) -> None:
        super().__init__(master, bg=str(master["bg"]), height=1)
        self._theme = theme
        self.content = inside = theme.frame(self)
        bar = theme.frame(inside)
        bar.pack(fill="x", pady=(theme.px(7), theme.px(4)))
        self._parts = [tk.Frame(bar, height=theme.px(4)) for _ in range(_PARTS)]
        for column, part in enumerate(self._parts):
            bar.columnconfigure(column, weight=1, uniform="parts")
            part.grid(row=0, column=column, sticky="ew", padx=(theme.px(4) if column else 0, 0))
        self.label = theme.label(inside, "", 12, theme.palette.dim)
        self.label.pack(fill="x")

    @property
    def words(self) -> str:
        """What it says, "" while it says nothing."""
        return str(self.label["text"])

    def show(self, password: str, known: Sequence[str] = ()) -> None:
        """Judge ``password``; see `judge` for ``known``."""
        p, strength = self._theme.palette, judge(password, known)
        colour = (p.err, p.err, p.warn, p.ok, p.ok)[strength.level]
        for place, part in enumerate(self._parts):
            part.configure(bg=colour if place < max(1, strength.level) else p.hover)
        self.label.configure(text=strength.words)
        self._appear(bool(strength.words))
