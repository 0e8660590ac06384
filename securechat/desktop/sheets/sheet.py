"""A card over the whole window for one matter: settings, a question, how a message is protected.

Owns the frame around the matter: ground, card, title, scrolling, Escape, the round of Tab, and giving the focus back.
Knows nothing of what is inside, and no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.look.scroll_area import ScrollArea
from securechat.desktop.look.theme import Theme

__all__ = ["Question", "Sheet"]

WIDTH = 520  # design pixels of the content, if the window is wide enough
LEAST = 200
_PAD = (26, 20)  # design pixels between the card's edge and its content
_MARGIN = 16  # design pixels between the window's edge and the card


class Sheet(tk.Frame):
    """Fill ``body`` (as wide as the card), then call `ready`. ``title``: a word for people, cleaned by its owner.

    It covers all of ``master``. What is added after `ready` takes part in scrolling, Escape and Tab once `ready`
    is called again. Everything in the main thread.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, title: str, on_close: Callable[[], None], *, width: int = WIDTH
    ) -> None:
        super().__init__(master, bg=theme.palette.side, takefocus=False)
        self.theme, self._on_close, self._wanted = theme, on_close, width
        self._open, self._opened_focus = True, False
        self._before = str(self.tk.call("focus", "-lastfor", str(self)))
        self._wrapped: list[tuple[tk.Label, float]] = []
        self._rows: list[tuple[list[ttk.Button], bool]] = []
        self.area = ScrollArea(self, theme, theme.palette.side)
        self.area.pack(fill="both", expand=True)
        card = theme.card(self.area.inner, "Card.TFrame", _PAD)
        card.pack(padx=theme.px(_MARGIN), pady=theme.px(_MARGIN))
        inside = theme.frame(card)
        inside.pack(fill="both")
        self._spacer = tk.Frame(inside, bg=theme.palette.bg, width=theme.px(width), height=1)
        self._spacer.pack()
        head = theme.frame(inside)
        head.pack(fill="x", pady=(0, theme.px(12)))
        self.close_button = theme.button(head, "✕", self.close)
        self.close_button.configure(width=2)
        self.close_button.pack(side="right", anchor="n")
        self.title_label = theme.label(head, title, 20, "", "bold")
        self.title_label.pack(side="left", fill="x", expand=True)
        self.wrap(self.title_label, 60)
        self.body = theme.frame(inside)
        self.body.pack(fill="both", expand=True)
        self._bind_keys()
        self.place(x=0, y=0, relwidth=1, relheight=1)
        self.lift()

    def _bind_keys(self) -> None:
        # These are bound to the sheet alone; `ready` lets all in it share them. A binding for keys or focus on the
        # widgets themselves would make Tk stop at each label.
        self.bind("<Configure>", self._fit)
        self.bind("<Escape>", lambda event: self._escape())
        for keys, step in (("<Tab>", 1), ("<Shift-Tab>", -1), ("<<PrevWindow>>", -1)):
            self.bind(keys, lambda event, step=step: self._walk(event.widget, step))  # type: ignore[misc]
        self.bind("<Prior>", lambda event: self.area.page(-1))
        self.bind("<Next>", lambda event: self.area.page(1))
        for key, units in (("<Up>", -5), ("<Down>", 5)):
            self.bind(key, lambda event, units=units: self._arrow(event.widget, units))  # type: ignore[misc]

    # ------------------------------------------------------------------ filling it
    def ready(self, first: tk.Misc | None = None) -> None:
        """The body is filled (or filled anew). The first call puts the focus on ``first``, or the first field."""
        self._share_keys(self)
        self.area.attach(self)
        self.update_idletasks()
        self._arrange(self.winfo_width())
        if not self._opened_focus:
            self._opened_focus = True
            wanted = first if first is not None else (self._inside(self.body.tk_focusNext()) or self.close_button)
            wanted.focus_set()

    def words(
        self, text: str, size: float = 13, colour: str = "", *style: str, gap: tuple[int, int] = (0, 8)
    ) -> tk.Label:
        """A paragraph in the body, as wide as that; ``gap``: design pixels above and below."""
        label = self.theme.label(self.body, text, size, colour, *style)
        above, below = (self.theme.px(n) if n else 0 for n in gap)
        label.pack(fill="x", pady=(above, below))
        self.wrap(label)
        return label

    def heading(self, text: str) -> tk.Label:
        """The small bold title of a part of the body."""
        return self.words(text, 12, self.theme.palette.dim, "bold", gap=(14, 6))

    def wrap(self, label: tk.Label, margin: float = 0) -> None:
        """Let ``label`` break its lines at the body's width less ``margin`` design pixels, whatever that is."""
        self._wrapped.append((label, margin))
        label.configure(wraplength=self.content_width() - (self.theme.px(margin) if margin else 0))

    def buttons(
        self, *wanted: tuple[str, Callable[[], None], str], at_left: bool = False, gap: int = 14
    ) -> list[ttk.Button]:
        """A row of (words, command, style) at the right; below each other if they do not fit side by side.

        ``gap``: design pixels above them.
        """
        frame = self.theme.frame(self.body)
        frame.pack(fill="x", pady=(self.theme.px(gap), 0))
        row = [self.theme.button(frame, words, command, style) for words, command, style in wanted]
        self._rows.append((row, at_left))
        return row

    def content_width(self) -> int:
        """Width of the body in pixels."""
        return int(self._spacer["width"])

    def close(self) -> None:
        """Take it away, give the focus back, and tell the owner, once."""
        if not self._open:
            return
        self._open = False
        # The names outlive the widgets.
        before, tk_app = self._before, self.tk
        self.destroy()
        if before and tk_app.getboolean(tk_app.call("winfo", "exists", before)):
            tk_app.call("focus", before)
        self._on_close()

    # ------------------------------------------------------------------ keys
    def _share_keys(self, widget: tk.Misc) -> None:
        for child in widget.winfo_children():
            tags = child.bindtags()
            if str(self) not in tags:
                child.bindtags((tags[0], str(self), *tags[1:]))
            self._share_keys(child)

    def _escape(self) -> str:
        self.close()
        return "break"  # what is under the sheet is not meant

    def _walk(self, start: tk.Misc, step: int) -> str:
        """Tab: to the next field of the sheet, round and round."""
        at: tk.Misc | None = start
        for _ in range(1000):  # a bound, should the start vanish on the way
            at = (at.tk_focusNext() if step > 0 else at.tk_focusPrev()) if at is not None else None
            if at is None or at is start:
                break
            if self._inside(at) is not None:
                self.tk.call("tk::TabToWindow", str(at))
                break
        return "break"

    def _arrow(self, widget: tk.Misc, units: int) -> None:
        # Everything else moves a cursor or a choice with these.
        if widget.winfo_class() == "TButton":
            self.area.scroll(units)

    def _inside(self, widget: tk.Misc | None) -> tk.Misc | None:
        return widget if widget is not None and str(widget).startswith(f"{self}.") else None

    # ------------------------------------------------------------------ sizes
    def _fit(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:  # it comes for everything that shares the keys
            self._arrange(event.width)

    def _arrange(self, window: int) -> None:
        px = self.theme.px
        if window <= 1:  # not on the screen yet
            return
        room = window - 2 * px(_MARGIN + _PAD[0]) - px(12)
        width = max(px(LEAST), min(px(self._wanted), room))
        if width != self.content_width():
            self._spacer.configure(width=width)
            for label, margin in self._wrapped:
                if label.winfo_exists():
                    label.configure(wraplength=max(1, width - (px(margin) if margin else 0)))
        for row, at_left in self._rows:
            self._lay(row, at_left, width)

    def _lay(self, row: list[ttk.Button], at_left: bool, width: int) -> None:
        px = self.theme.px
        if not all(button.winfo_exists() for button in row):
            return
        beside = sum(button.winfo_reqwidth() + px(8) for button in row) <= width
        for place, button in enumerate(reversed(row) if beside and not at_left else row):
            gap = px(8) if place else 0
            if beside and at_left:
                button.pack_configure(side="left", fill="none", padx=(gap, 0), pady=0)
            elif beside:
                button.pack_configure(side="right", fill="none", padx=(0, gap), pady=0)
            else:
                button.pack_configure(side="top", fill="x", padx=0, pady=(gap, 0))


class Question(Sheet):
    """A question before something that cannot be undone. The safe answer, ``cancel``, has the focus; Escape gives it.

    ``on_yes`` is called after the sheet is gone; ``on_close`` after any answer, before ``on_yes``. ``alarm``: red.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, title: str, words: str, yes: str, on_yes: Callable[[], None],
        on_close: Callable[[], None] | None = None, *, alarm: bool = False,
    ) -> None:
        super().__init__(master, theme, title, on_close or (lambda: None), width=420)
        self._on_yes = on_yes
        self.words(words, 14)
        self.cancel, self.yes = self.buttons(
            (texts.CANCEL, self.close, "Plain.TButton"),
            (yes, self._agree, "Danger.TButton" if alarm else "Accent.TButton"),
        )
        self.ready(self.cancel)

    def _agree(self) -> None:
        self.close()
        self._on_yes()
