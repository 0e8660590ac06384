"""A frame that scrolls up and down when the window is lower than its content, so that nothing is out of reach.

Owns scrolling only. What gets the focus is scrolled into view, which makes it work by keyboard.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from securechat.desktop.look.theme import Theme

__all__ = ["ScrollArea", "bind_wheel"]

_AROUND = 44  # design pixels that stay free beside what is scrolled into sight


def bind_wheel(widget: tk.Misc, scroll: Callable[[int], object], step: int) -> None:
    """Mouse wheel on ``widget`` calls ``scroll(units)``, on all systems; ``step`` units per notch."""
    widget.bind("<Button-4>", lambda event: scroll(-step))
    widget.bind("<Button-5>", lambda event: scroll(step))
    # Windows counts 120 to a notch, macOS 1.
    widget.bind("<MouseWheel>", lambda event: scroll(-step if event.delta > 0 else step))


class ScrollArea(tk.Frame):
    """``inner`` holds the content; it is centred and as wide as it asks for."""

    def __init__(self, master: tk.Misc, theme: Theme, colour: str) -> None:
        super().__init__(master, bg=colour)
        self._around = theme.px(_AROUND)
        self._canvas = tk.Canvas(self, bg=colour, highlightthickness=0, bd=0, yscrollincrement=theme.px(8))
        self._bar = ttk.Scrollbar(
            self, style=theme.name("Slim.Vertical.TScrollbar"), command=self._canvas.yview, takefocus=False
        )
        self._canvas.configure(yscrollcommand=self._bar.set)
        self._canvas.pack(side="left", fill="both", expand=True)
        self.inner = tk.Frame(self._canvas, bg=colour)
        self._window = self._canvas.create_window(0, 0, window=self.inner, anchor="n")
        self._canvas.bind("<Configure>", self._arrange)
        self.inner.bind("<Configure>", self._arrange)
        bind_wheel(self, self.scroll, 5)
        self.bind("<FocusIn>", self._show)

    def attach(self, widget: tk.Misc) -> None:
        """Let ``widget`` and all in it scroll the area: by wheel, and by getting the focus. Again does no harm."""
        tags = widget.bindtags()
        # The area's own bindings are shared, not repeated: Tk lets Tab stop at whatever has one for the focus.
        if widget is not self and str(self) not in tags:
            widget.bindtags((*tags[:2], str(self), *tags[2:]))
        for child in widget.winfo_children():
            self.attach(child)

    def scroll(self, units: int) -> None:
        """Down (positive) or up by ``units`` of 8 design pixels, if there is more than fits."""
        if self._overflows():
            self._canvas.yview_scroll(units, "units")

    def page(self, pages: int) -> None:
        """The same by so many screens."""
        if self._overflows():
            self._canvas.yview_scroll(pages, "pages")

    def _overflows(self) -> bool:
        return self.inner.winfo_reqheight() > self._canvas.winfo_height()

    def _arrange(self, event: tk.Event[tk.Misc]) -> None:
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        needed = self.inner.winfo_reqheight()
        # A little above the middle looks like the middle.
        top = max(0, (height - needed) * 2 // 5)
        self._canvas.coords(self._window, width // 2, top)
        self._canvas.configure(scrollregion=(0, 0, width, max(height, needed)))
        if self._overflows():
            self._bar.pack(side="right", fill="y")
        else:
            self._bar.pack_forget()
            self._canvas.yview_moveto(0)

    def _show(self, event: tk.Event[tk.Misc]) -> None:
        widget = event.widget
        # What merely contains the one that got the focus hears of it too.
        if not str(self.tk.call("focus", "-lastfor", str(self))).startswith(f"{widget}."):
            self.see(widget)

    def see(self, widget: tk.Misc) -> None:
        """Scroll so far that ``widget``, somewhere in ``inner``, is in sight; its top if it is too high for that."""
        if not self._overflows() or not str(widget).startswith(f"{self.inner}."):
            return
        total, shown = self.inner.winfo_reqheight(), self._canvas.winfo_height()
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        bottom = top + widget.winfo_height()
        first, last = (fraction * total for fraction in self._canvas.yview())
        if top < first or bottom - top > shown:
            self._canvas.yview_moveto(max(0.0, top - self._around) / total)
        elif bottom > last:
            self._canvas.yview_moveto((bottom + self._around - shown) / total)
