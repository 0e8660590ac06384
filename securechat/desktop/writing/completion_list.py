"""The small list above the text that offers emoji and names, and the keys that work while it is there.

Belongs to one `tk.Text`; what fits is decided in `completion`. Never takes the focus.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial

from securechat.desktop.look.theme import Theme
from securechat.desktop.writing import completion
from securechat.desktop.writing.completion import Asked, Suggestion

__all__ = ["CompletionList"]

LEAST_WIDTH = 220  # design pixels


class CompletionList:
    """``names``: gives the people here. ``draws_emoji``: False where an emoji is written as its name.

    Reachable for tests: ``offered``, ``chosen``, ``rows``.
    """

    def __init__(
        self, text: tk.Text, above: tk.Misc, theme: Theme, names: Callable[[], Sequence[str]], *, draws_emoji: bool
    ) -> None:
        self._text, self._above, self._theme, self._names = text, above, theme, names
        self._draws = draws_emoji
        self._asked: Asked | None = None
        self._refused: Asked | None = None  # closed with Escape: stays closed until something else is asked
        self._colon = False
        self.offered: Sequence[Suggestion] = ()
        self.chosen = 0
        self.rows: list[tk.Label] = []
        self._frame: tk.Frame | None = None
        text.bind("<Key>", self._key)
        text.bind("<KeyRelease>", lambda event: self._moved(), add="+")
        text.bind("<ButtonRelease-1>", lambda event: self._moved(), add="+")

    @property
    def open(self) -> bool:
        """True while the list is there."""
        return bool(self.offered)

    def update(self) -> None:
        """The text changed, or the cursor moved: offer what fits now."""
        before = self._text.get("1.0", "insert")
        if self._colon:
            self._colon = False
            if self._draws and self._replace_full(before):
                return
        asked = completion.asked(before)
        if asked is None:
            self._refused = None
        if asked is None or (self._refused is not None and asked.mark == self._refused.mark):
            self.close()
        elif asked != self._asked:
            names = self._names() if asked.mark == "@" else ()
            self._offer(asked, completion.suggestions(asked, names, draws_emoji=self._draws))

    def close(self) -> None:
        """Take the list away."""
        self.offered, self._asked, self.rows = (), None, []
        if self._frame is not None:
            self._frame.destroy()
            self._frame = None

    def refuse(self) -> None:
        """Take it away, and do not come back for what is being typed."""
        self._refused = self._asked
        self.close()

    def move(self, step: int) -> None:
        """Choose another line, around the ends."""
        self._choose((self.chosen + step) % len(self.offered))

    def take(self) -> None:
        """Put in what is chosen."""
        if self._asked is not None and self.offered:
            self._put(self._asked.length, self.offered[self.chosen].inserted)

    # ------------------------------------------------------------------ inside
    def _key(self, event: tk.Event[tk.Misc]) -> None:
        # Only a typed colon ends a name: taking a replacement back with Ctrl+Z must not bring it again.
        self._colon = event.char == ":"

    def _moved(self) -> None:
        if self.open:
            self.update()

    def _replace_full(self, before: str) -> bool:
        found = completion.full_name(before)
        if found is not None:
            self._put(*found)
        return found is not None

    def _put(self, length: int, words: str) -> None:
        text = self._text
        self.close()
        text.edit_separator()
        text.replace(f"insert - {length} chars", "insert", words)  # one step for Ctrl+Z
        text.see("insert")

    def _offer(self, asked: Asked, offered: Sequence[Suggestion]) -> None:
        self.close()
        if not offered:
            return
        self._asked, self.offered = asked, offered
        p, px = self._theme.palette, self._theme.px
        frame = self._frame = tk.Frame(self._text.winfo_toplevel(), bg=p.line, bd=0, highlightthickness=0)
        for index, suggestion in enumerate(offered):
            picture = f"{suggestion.emoji}  " if self._draws and suggestion.emoji else ""
            row = tk.Label(
                frame, text=f"{picture}{suggestion.shown}", font=self._theme.font(14), fg=p.fg, bg=p.card, anchor="w",
                bd=0, padx=px(12), pady=px(4), takefocus=False,
            )
            row.pack(fill="x", padx=1, pady=(0 if index else 1, 0))
            row.bind("<Motion>", lambda event, index=index: self._choose(index))  # type: ignore[misc]
            row.bind("<ButtonRelease-1>", partial(self._clicked, index))
            self.rows.append(row)
        self._choose(0)
        self._place(frame)

    def _clicked(self, index: int, event: tk.Event[tk.Misc]) -> None:
        self._choose(index)
        self.take()

    def _choose(self, index: int) -> None:
        p = self._theme.palette
        for number, row in enumerate(self.rows):
            row.configure(bg=p.accent if number == index else p.card, fg=p.accent_fg if number == index else p.fg)
        self.chosen = index

    def _place(self, frame: tk.Frame) -> None:
        px, widest = self._theme.px, max((row["text"] for row in self.rows), key=len)
        width = max(px(LEAST_WIDTH), self._theme.measure(self._theme.font(14), widest) + px(40))
        tk.Frame(frame, bg=self._theme.palette.line, width=width, height=1).pack()
        typed = self._text.bbox(f"insert - {self._asked.length if self._asked else 0} chars")
        left = typed[0] if typed else 0
        most = self._above.winfo_width() - width - 2  # its edges
        # Tied to the frame of the text, so that it stays above it when that grows.
        frame.place(in_=self._above, bordermode="outside", x=max(0, min(left, most)), y=-px(4), anchor="sw")
        frame.lift()
