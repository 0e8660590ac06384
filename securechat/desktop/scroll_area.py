"""A frame that scrolls up and down when the window is lower than its content, so that nothing is out of reach.

Owns scrolling only. What gets the focus is scrolled into view, which makes it work by keyboard.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from securechat.desktop.theme import Theme

__all__ = ["ScrollArea", "bind_wheel"]


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

    def attach(self, widget: tk.Misc) -> None:
        """Let ``widget`` and all in it scroll the area: by wheel, and by getting the focus."""
        bind_wheel(widget, self._scroll, 5)
        # Only these: Tk lets Tab stop at whatever has a binding for the focus.
        if isinstance(widget, (ttk.Entry, ttk.Button, ttk.Radiobutton, tk.Text)):
            widget.bind("<FocusIn>", self._show, add="+")
        for child in widget.winfo_children():
            self.attach(child)

    def _scroll(self, units: int) -> None:
        if self._overflows():
            self._canvas.yview_scroll(units, "units")

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
        if not self._overflows():
            return
        total = self.inner.winfo_reqheight()
        top = event.widget.winfo_rooty() - self.inner.winfo_rooty()
        bottom = top + event.widget.winfo_height()
        first, last = (fraction * total for fraction in self._canvas.yview())
        if top < first:
            self._canvas.yview_moveto(max(0.0, top - 40) / total)
        elif bottom > last:
            self._canvas.yview_moveto((bottom + 40 - self._canvas.winfo_height()) / total)
