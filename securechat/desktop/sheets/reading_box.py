"""Text in a sheet that can be read, selected and copied, but not changed: as high as it needs up to a limit, then it
scrolls. Also bytes, as a dump that fits the width.

Owns keys and wheel in such a box: at its end they move the sheet on. Knows nothing of what it shows.
"""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Final, Literal

from securechat.desktop import texts
from securechat.desktop.look.scroll_area import bind_wheel
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["BytesBox", "ReadingBox", "hex_dump"]

PER_LINE: Final = 12
MOST: Final = 1536  # bytes of a dump; a post is a few hundred
_SHIFT: Final = 1  # the bit in an event's state
_HEADS: Final = 9  # characters of a dump's line before and between its columns


def hex_dump(data: bytes, per_line: int = PER_LINE) -> str:
    """Offset, bytes and printable ASCII, ``per_line`` bytes to a line; beyond `MOST` the rest is counted."""
    lines = []
    for start in range(0, min(len(data), MOST), per_line):
        part = data[start : min(start + per_line, MOST)]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        lines.append(f"{start:04x}  {part.hex(' '):<{per_line * 3 - 1}}  {shown}")
    if len(data) > MOST:
        lines.append(texts.more_bytes(len(data) - MOST))
    return "\n".join(lines)


class ReadingBox(ttk.Frame):
    """In ``master``, a part of ``sheet``. ``most``: lines before it scrolls. The caller packs it. Main thread.

    Reachable for tests and tags: ``text``.
    """

    def __init__(
        self, master: tk.Misc, sheet: Sheet, *, most: int = 12, size: float = 14, fixed: bool = False
    ) -> None:
        t, p = sheet.theme, sheet.theme.palette
        super().__init__(master, style=t.name("Box.TFrame"), padding=(t.px(11), t.px(8)))
        self._sheet, self._most, self._width = sheet, most, 0
        self.text = text = tk.Text(
            self, height=1, width=10, wrap="char" if fixed else "word", font=t.fixed(size) if fixed else t.font(size),
            bg=p.entry, fg=p.fg, bd=0, highlightthickness=0, padx=0, pady=0, spacing2=t.px(2), spacing3=t.px(2),
            selectbackground=p.accent, selectforeground=p.accent_fg, inactiveselectbackground=p.accent, takefocus=True,
            state="disabled",
        )
        text.pack(fill="both", expand=True)
        text.bind("<FocusIn>", lambda event: self.state(["focus"]))
        text.bind("<FocusOut>", lambda event: self.state(["!focus"]))
        text.bind("<Up>", lambda event: self._key(event, -1, "units"))
        text.bind("<Down>", lambda event: self._key(event, 1, "units"))
        text.bind("<Prior>", lambda event: self._key(event, -1, "pages"))
        text.bind("<Next>", lambda event: self._key(event, 1, "pages"))
        text.bind("<Home>", lambda event: self._end(event, 0.0))
        text.bind("<End>", lambda event: self._end(event, 1.0))
        # Not every Tk 8.6 gives the focus to what cannot be written in, and without it nothing can be copied.
        text.bind("<Button-1>", lambda event: text.focus_set())
        text.bind("<Configure>", lambda event: self._resized(event.width))
        bind_wheel(text, self._wheel, 3)

    def show(self, *pieces: str | tuple[str, str]) -> None:
        """Show these texts on end; a pair is a text and the tag that styles it."""
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        for piece in pieces:
            words, tag = (piece, "") if isinstance(piece, str) else piece
            self.text.insert("end", words, tag)
        self.text.configure(state="disabled")
        self._grow()

    @property
    def shown(self) -> str:
        """All that stands in it."""
        return self.text.get("1.0", "end-1c")

    def _resized(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self.fill(width)

    def fill(self, width: int) -> None:
        """There are ``width`` pixels for text now."""
        self._grow()

    def _grow(self) -> None:
        if not self._width:  # not on the screen yet
            lines = int(self.text.index("end-1c").split(".")[0])
        else:
            height = int(str(self.tk.call(str(self.text), "count", "-update", "-ypixels", "1.0", "end")))
            spacing = int(str(self.text["spacing3"]))
            line = int(self.tk.call("font", "metrics", self.text["font"], "-linespace")) + spacing
            lines = -(-height // line)
        wanted = max(1, min(self._most, lines))
        if wanted != int(str(self.text["height"])):
            self.text.configure(height=wanted)

    # ------------------------------------------------------------------ moving
    def _room(self, direction: int) -> bool:
        first, last = self.text.yview()
        return first > 0.0 if direction < 0 else last < 1.0

    def _key(self, event: tk.Event[tk.Misc], amount: int, unit: Literal["units", "pages"]) -> str | None:
        if int(event.state) & _SHIFT:
            return None  # selects, as everywhere
        if self._room(amount):
            self.text.yview_scroll(amount, unit)
        elif unit == "pages":
            self._sheet.area.page(amount)
        else:
            self._sheet.area.scroll(5 * amount)
        return "break"

    def _end(self, event: tk.Event[tk.Misc], fraction: float) -> str | None:
        if int(event.state) & _SHIFT:
            return None
        self.text.yview_moveto(fraction)
        return "break"

    def _wheel(self, units: int) -> str | None:
        if not self._room(units):
            return None  # the sheet's turn
        self.text.yview_scroll(units, "units")
        return "break"


class BytesBox(ReadingBox):
    """A dump of ``data`` with as many bytes to a line as there is room for; ``instead`` if there are none."""

    def __init__(self, master: tk.Misc, sheet: Sheet, data: bytes, instead: str) -> None:
        super().__init__(master, sheet, most=10, size=12, fixed=True)
        self._data = data
        self._letter = sheet.theme.measure(sheet.theme.fixed(12), "0")
        self._per_line = PER_LINE
        if data:
            self.show(hex_dump(data))
        else:
            self.text.configure(wrap="word", font=sheet.theme.font(14))
            self.show(instead)

    def fill(self, width: int) -> None:
        """See `ReadingBox.fill`."""
        # Each byte takes two digits, a blank and its letter.
        per_line = max(4, min(16, (width // self._letter - _HEADS) // 4 // 4 * 4))
        if self._data and per_line != self._per_line:
            self._per_line = per_line
            self.show(hex_dump(self._data, per_line))
        super().fill(width)
