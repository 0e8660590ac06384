"""What lights up in the message list for a while: the words that are searched for, and the row that one was led to.

Marks only what is in sight, so that a word found in thousands of messages costs no more than in ten. Its own search,
for that of the text widget ends the program (Tk 8.6) on emoji. Has no timer: `tick` is called often.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from securechat.desktop.messages.row_layout import RowLines, places_of, reordered, width
from securechat.desktop.messages.rows import Row
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_tags import FLASH, FOUND

__all__ = ["TimelineMarks", "places"]

FLASH_S: Final = 1.2
# What is written around texts is not searched.
_AROUND: Final = frozenset({"mark", "late", "quote", "quote_bar", "chip", "chip_mine", "fold", "soft", "problem"})


def places(query: str, text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each place of ``text`` that says ``query``, whatever the case; none overlap."""
    wanted, folded = query.casefold(), text.casefold()
    origin: list[int] | range = range(len(text) + 1)
    if len(folded) != len(text):  # some letters become two, such as the German sharp s
        parts = [char.casefold() for char in text]
        folded = "".join(parts)
        origin = [number for number, part in enumerate(parts) for _ in part] + [len(text)]
    start = folded.find(wanted) if wanted else -1
    while start >= 0:
        end = start + len(wanted)
        yield origin[start], origin[end - 1] + 1
        start = folded.find(wanted, end)


class TimelineMarks:
    """Marks in ``text``, whose rows ``lines`` counts and ``row(index)`` gives. Main thread."""

    def __init__(
        self, text: tk.Text, lines: RowLines, row: Callable[[int], Row],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._text, self._lines, self._row, self._monotonic = text, lines, row, monotonic
        self._astral = int(text.tk.call("string", "length", "\U0001f44d"))
        self._query = ""
        self._wanted: set[int] = set()  # rows that may say it and are not marked yet
        self._flash_until = 0.0

    def search(self, query: str, rows: Iterable[int]) -> None:
        """Mark ``query`` in these rows, and in those drawn from now on; "" takes the marks away."""
        self._text.tag_remove(FOUND, "1.0", "end")
        self._query, self._wanted = query, set(rows) if query else set()
        self._mark_in_sight()

    def flash(self, index: int) -> None:
        """Light up a row until some ticks later."""
        self._text.tag_remove(FLASH, "1.0", "end")
        self._text.tag_add(FLASH, f"{1 + self._lines.start(index)}.0", f"{1 + self._lines.start(index + 1)}.0")
        self._flash_until = self._monotonic() + FLASH_S

    def spliced(self, splice: Splice) -> None:
        """Rows were drawn anew, and those below have other numbers now."""
        if not self._query:
            return
        grown, end = len(splice.rows) - splice.removed, splice.start + splice.removed
        kept = {row if row < splice.start else row + grown for row in self._wanted if not splice.start <= row < end}
        self._wanted = kept | set(range(splice.start, splice.start + len(splice.rows)))
        self._mark_in_sight()

    def tick(self) -> None:
        """Mark what came into sight, and end the flash."""
        if self._wanted:
            self._mark_in_sight()
        if self._flash_until and self._monotonic() >= self._flash_until:
            self._flash_until = 0.0
            self._text.tag_remove(FLASH, "1.0", "end")

    def _mark_in_sight(self) -> None:
        if not self._wanted:
            return
        top, bottom = self._line("@0,0"), self._line(f"@0,{self._text.winfo_height()}")
        first, last = self._lines.row_at(top - 1), self._lines.row_at(bottom - 1)
        if first is None:
            return
        for row in range(first, (len(self._lines) - 1 if last is None else last) + 1):
            if row in self._wanted:
                self._wanted.discard(row)
                self._mark(row)

    def _mark(self, row: int) -> None:
        if self._lines.columns_of(row) and reordered(drawn := self._row(row)):
            self._mark_reordered(row, drawn)
            return
        for line in range(1 + self._lines.start(row), 1 + self._lines.start(row + 1)):
            text = self._text.get(f"{line}.0", f"{line}.end")
            found = list(places(self._query, text))
            if not found or self._text.dump(f"{line}.0", f"{line}.end", image=True):
                continue  # lines with pictures are names and reactions
            for start, end in found:
                first, after = (f"{line}.{width(text[:place], self._astral)}" for place in (start, end))
                tags = self._text.tag_names(first)
                if "row" in tags and _AROUND.isdisjoint(tags):
                    self._text.tag_add(FOUND, first, after)

    def _mark_reordered(self, row: int, drawn: Row) -> None:
        """What is searched for is found in the text as it was written, and marked where that is drawn."""
        found = places(self._query, drawn.text)
        for line, first, after, tags in places_of(drawn, found, self._astral, self._lines.columns_of(row)):
            if "row" in tags and _AROUND.isdisjoint(tags):
                number = 1 + self._lines.start(row) + line
                self._text.tag_add(FOUND, f"{number}.{first}", f"{number}.{after}")

    def _line(self, index: str) -> int:
        return int(self._text.index(index).split(".")[0])
