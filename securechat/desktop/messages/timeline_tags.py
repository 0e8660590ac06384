"""How the pieces of rows look in the message list: one tag for each name that rows use, and the ends of chips.

Owns fonts, colours and spaces of the list. Knows neither rows nor messages.
"""

from __future__ import annotations

import tkinter as tk
from typing import Final

from securechat.desktop.look.images import person_colour
from securechat.desktop.look.theme import Theme

__all__ = ["CHIP_END", "CURRENT", "FLASH", "FOUND", "LEFT", "OVER_CHIPS", "TimelineTags"]

LEFT: Final = 46  # design pixels from the edge of the avatars to the texts
RIGHT: Final = 60
AVATAR: Final = 34
CHIP: Final = 12  # size of the letters in a chip
CURRENT, FLASH, FOUND, OVER_CHIPS, CHIP_END = "current_row", "flash", "found", "over_chips", "chip_end"


class TimelineTags:
    """Configures the tags of ``text`` and hands out what a piece needs beside them."""

    def __init__(self, text: tk.Text, theme: Theme) -> None:
        self._text, self._theme = text, theme
        px = theme.px
        line = int(text.tk.call("font", "metrics", theme.font(CHIP), "-linespace"))
        self._chip_height = line + 2 * px(3)
        self._ends: set[str] = set()
        self._rows()
        self._words()
        self._apart()
        for index, colour in enumerate(theme.palette.people):
            text.tag_configure(f"person{index}", foreground=colour)
        self._marks()

    def of_piece(self, tags: tuple[str, ...], person: bytes | None) -> tuple[str, ...]:
        """The tags of a piece in this widget: Tk does not add up "bold" and "italic", and names have their colour."""
        if "bold" in tags and "italic" in tags:
            tags = (*tags, "bold_italic")
        if person is None:
            return tags
        return (*tags, f"person{person_colour(person, self._theme.palette.people)}")

    def avatar(self, fp: bytes | None) -> tk.PhotoImage:
        """The picture of a key, with the gap to the name."""
        t = self._theme
        colour = t.palette.people[person_colour(fp, t.palette.people)] if fp else t.palette.dim
        return t.images.avatar(t.px(AVATAR), fp, colour, t.px(LEFT - AVATAR))

    def chip_end(self, name: str) -> str:
        """The Tk name of a round end: "chip left", "chip right", "chip_mine left" or "chip_mine right"."""
        kind, _, side = name.partition(" ")
        picture = f"{self._text}.{kind}.{side}"
        if picture not in self._ends:
            t, height = self._theme, self._chip_height
            end = height // 2
            fill = t.palette.selected if kind == "chip_mine" else t.palette.card
            whole = t.images.box(2 * end, height, end, fill)
            start = end if side == "right" else 0
            # By its Tcl name: half of a picture that the theme keeps needs no object that Python would finalize.
            self._text.tk.call("image", "create", "photo", picture)
            self._text.tk.call(picture, "copy", whole, "-from", start, 0, start + end, height)
            self._ends.add(picture)
        return picture

    def close(self) -> None:
        """Drop what only this list has. After the widget is gone."""
        for picture in self._ends:
            self._text.tk.call("image", "delete", picture)
        self._ends.clear()

    # ------------------------------------------------------------------ the tags; a later one wins over earlier ones
    def _rows(self) -> None:
        t, p, px, tag = self._theme, self._theme.palette, self._theme.px, self._text.tag_configure
        for name in ("row", "quiet", "problem"):
            # Without colours of its own, a margin takes on the background of what is beside it.
            tag(
                name, lmargin1=px(LEFT), lmargin2=px(LEFT), rmargin=px(RIGHT), lmargincolor=p.bg, rmargincolor=p.bg
            )
        for mark, colour in ((CURRENT, p.hover), (FLASH, p.selected)):
            tag(mark, background=colour, lmargincolor=colour, rmargincolor=colour)
        tag("row", spacing1=px(2), spacing3=px(1))
        tag("name", font=t.font(14, "bold"), spacing1=px(10))
        tag("quiet", font=t.font(12), foreground=p.dim, spacing1=px(6), spacing3=px(2))
        tag("begin", spacing1=px(20), spacing3=px(10))
        tag("problem", font=t.font(12), foreground=p.err, spacing1=px(4), spacing3=px(4))
        tag("quote", font=t.font(12), foreground=p.dim, lmargin2=px(LEFT + 12), spacing1=px(2), spacing3=px(2))
        tag("quote_bar", font=t.font(12, "bold"), foreground=p.accent)
        tag("right", justify="right")
        tag(OVER_CHIPS, spacing3=px(5))
        tag(CHIP_END, spacing1=0, spacing2=0, spacing3=0)  # a line of chips is as high as their ends

    def _words(self) -> None:
        t, p, px, tag = self._theme, self._theme.palette, self._theme.px, self._text.tag_configure
        tag("action", font=t.font(14, "italic"))
        tag("soft", foreground=p.dim, font=t.font(13, "italic"))
        tag("italic", font=t.font(14, "italic"))
        tag("bold", font=t.font(14, "bold"))
        tag("bold_italic", font=t.font(14, "bold", "italic"))
        tag("link", foreground=p.accent, underline=True)
        tag("mention", foreground=p.accent, font=t.font(14, "bold"))
        tag("mention_me", foreground=p.accent, font=t.font(14, "bold"), background=p.selected)
        tag("code", font=t.fixed(13), background=p.card)
        tag(
            "block", font=t.fixed(13), background=p.card, lmargin1=px(LEFT + 10), lmargin2=px(LEFT + 10),
            rmargin=px(RIGHT), spacing1=px(3), spacing3=px(3), wrap="char",
        )
        for name, colour in (("time", p.dim), ("mark", p.dim), ("late", p.warn)):
            tag(name, font=t.font(11), foreground=colour)
        tag("fold", font=t.font(12), foreground=p.accent)
        tag("chip", font=t.font(CHIP), foreground=p.fg, background=p.card)
        tag("chip_mine", font=t.font(CHIP, "bold"), foreground=p.accent, background=p.selected)

    def _apart(self) -> None:
        """Lines of their own in the middle."""
        t, p, px, tag = self._theme, self._theme.palette, self._theme.px, self._text.tag_configure
        small = t.font(11, "bold")
        tag("day", justify="center", font=small, foreground=p.dim, spacing1=px(14), spacing3=px(6))
        tag("rule", foreground=p.line)
        tag("new", justify="center", font=small, foreground=p.err, spacing1=px(8), spacing3=px(2))
        tag("new_rule", foreground=p.err)
        tag("gap", justify="center", font=t.font(12), foreground=p.warn, spacing1=px(8), spacing3=px(4))

    def _marks(self) -> None:
        p = self._theme.palette
        self._text.tag_configure(FOUND, background=p.warn, foreground=p.bg)
        self._text.tag_raise("sel")
