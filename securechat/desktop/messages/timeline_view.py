"""The message list: one text widget with tags, fed by splices of rows.

A frame per message would be slow and go blank past 32,767 pixels; one text widget is neither. The view keeps only how
many text lines each row takes, which is enough to find any row again. Changes above what is being read do not move it.
Draws rows; knows no messages and no client.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from tkinter import ttk
from typing import Final, NamedTuple

from securechat.desktop import texts
from securechat.desktop.look.scroll_area import bind_wheel
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.row_layout import (
    CHIPS,
    RowLines,
    line_in,
    logical,
    longer,
    moved,
    parts,
    reordered,
    width,
)
from securechat.desktop.messages.rows import AvatarPiece, Row, Target
from securechat.desktop.messages.timeline_columns import TimelineColumns
from securechat.desktop.messages.timeline_cursor import TimelineCursor
from securechat.desktop.messages.timeline_marks import TimelineMarks
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_pointer import TimelineActions, TimelinePointer
from securechat.desktop.messages.timeline_tags import CHIP_END, OVER_CHIPS, TimelineTags

__all__ = ["TimelineActions", "TimelineView"]

REFIT_S: Final = 0.02  # per turn


class _Held(NamedTuple):
    """The row on top of the list, to be there again after a change above it. ``lines``: those of it in sight, as
    (line of the row, its text, character, y in pixels)."""

    row: int
    text: str
    lines: tuple[tuple[int, str, int, int], ...]


class TimelineView(tk.Frame):
    """Reachable for tests: ``text``, ``bar``, ``newest`` (the button that leads down), ``pointer``, ``loading``."""

    def __init__(
        self, master: tk.Misc, theme: Theme, actions: TimelineActions | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self._theme, self._monotonic = theme, monotonic
        self._lines = RowLines()
        self.text = tk.Text(
            self, bg=p.bg, fg=p.fg, bd=0, wrap="word", padx=px(18), pady=px(6), font=theme.font(14), cursor="arrow",
            spacing2=px(3), state="disabled", takefocus=True, undo=False, highlightthickness=px(2),
            highlightbackground=p.bg, highlightcolor=p.accent, selectbackground=p.accent,
            selectforeground=p.accent_fg, inactiveselectbackground=p.accent, width=1, height=1,
        )
        self.bar = bar = ttk.Scrollbar(
            self, style=theme.name("Slim.Vertical.TScrollbar"), command=self.text.yview, takefocus=False
        )
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self._tags = TimelineTags(self.text, theme)
        self.newest = theme.button(self, f"↓  {texts.TO_NEWEST}", self.to_bottom, "Plain.TButton")
        self.loading = theme.label(self, texts.LOADING_OLDER, 12, p.dim)
        self._astral = int(self.text.tk.call("string", "length", "\U0001f44d"))
        self._keys()
        self._actions = actions if actions is not None else _NoActions()
        self._marks = TimelineMarks(self.text, self._lines, self._actions.row, monotonic)
        self._columns = TimelineColumns(self.text, theme)
        self._unfit = False  # rows may be broken for another width
        self._cursor = TimelineCursor(self.text, theme, self._lines, self._actions, self._scroll)
        self.pointer = TimelinePointer(self.text, theme, self._lines, self._actions, self._cursor.put, monotonic)
        self._was_at_bottom = True
        # Strips and a growing composer make the list lower; the newest stays in sight if it was.
        self.text.bind("<Configure>", lambda event: self.to_bottom() if self._was_at_bottom else None)

    def _keys(self) -> None:
        text = self.text
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):
            text.bind(key, partial(self._scroll, pages, "pages"))
        text.bind("<Control-a>", lambda event: self._select_all())
        text.bind("<<Copy>>", lambda event: self._copy())
        bind_wheel(text, lambda units: self._scroll(units, "units"), 3)

    def destroy(self) -> None:
        """Also takes away what stands outside of the list."""
        self.pointer.tooltip.destroy()
        super().destroy()
        self._tags.close()

    # ------------------------------------------------------------------ content
    def reset(self, rows: Sequence[Row]) -> None:
        """Show these rows from the newest on, without a cursor."""
        self._cursor.put(None)
        self._edit(Splice(0, len(self._lines), tuple(rows)))
        self.to_bottom()

    def apply(self, splice: Splice) -> None:
        """Redraw what changed. What is being read stays where it is; at the bottom, the newest stays visible."""
        at_bottom = self.at_bottom()
        held = None if at_bottom else self._hold(splice)
        current = self.current
        followed = self._moved(current, self._row_text(current), splice) if current is not None else None
        grew = splice.start + splice.removed >= len(self._lines) and len(splice.rows) > splice.removed
        self._edit(splice)
        if current is not None:
            self._cursor.put(followed)
        if at_bottom:
            self.to_bottom()
        elif held is not None:
            self._restore(held, splice)
        if grew and not at_bottom:
            self.newest.place(relx=0.5, rely=1.0, y=-self._theme.px(12), anchor="s")

    def _edit(self, splice: Splice) -> None:
        self.pointer.forget()
        self.text.configure(state="normal")
        try:
            self._replace(splice.start, splice.removed, splice.rows)
        finally:
            self.text.configure(state="disabled")
        self._marks.spliced(splice)

    def _replace(self, start: int, removed: int, rows: Sequence[Row]) -> None:
        first, after = 1 + self._lines.start(start), 1 + self._lines.start(start + removed)
        if after > first:
            self.text.delete(f"{first}.0", f"{after}.0")
        if not self._lines.columns and self._columns.wanted(rows):
            self._lines.columns = self._columns.count()
        made = [list(parts(row, self._lines.columns)) for row in rows]
        self._lines.splice(start, removed, [sum(part.text.count("\n") for part in row) for row in made])
        run: list[object] = []  # text and tags in turns: one call for all rows
        pictures: list[tuple[int, int, str | tk.PhotoImage, tuple[str, ...]]] = []
        over_chips: dict[int, None] = {}
        line, char = first, 0
        for row in made:
            for part in row:
                if part.picture:
                    pictures.append((line, char, self._picture(part.picture, part.piece), part.tags))
                    char += 1
                    continue
                if not CHIPS.isdisjoint(part.tags):
                    over_chips[line - 1] = None
                person = None if isinstance(part.piece, AvatarPiece) else part.piece.person
                run += (part.text, self._tags.of_piece(part.tags, person))
                breaks = part.text.count("\n")
                rest = part.text.rsplit("\n", 1)[1] if breaks else part.text
                line, char = line + breaks, (0 if breaks else char) + width(rest, self._astral)
        if run:
            self.text.insert(f"{first}.0", *run)  # type: ignore[arg-type]
        self._insert_pictures(pictures)
        for number in over_chips:
            self.text.tag_add(OVER_CHIPS, f"{number}.0", f"{number}.end")

    def _picture(self, kind: str, piece: object) -> str | tk.PhotoImage:
        return self._tags.avatar(piece.fp) if isinstance(piece, AvatarPiece) else self._tags.chip_end(kind)

    def _insert_pictures(self, pictures: Iterable[tuple[int, int, str | tk.PhotoImage, tuple[str, ...]]]) -> None:
        """Put pictures where room was counted for them: in order, for each moves what is behind it."""
        tagged: dict[str, list[str]] = {}
        for line, char, image, tags in pictures:
            index = f"{line}.{char}"
            self.text.tk.call(self.text, "image", "create", index, "-image", image, "-align", "center")
            for tag in (tags if isinstance(image, tk.PhotoImage) else (*tags, CHIP_END)):
                tagged.setdefault(tag, []).extend((index, f"{line}.{char + 1}"))
        for tag, ranges in tagged.items():
            self.text.tag_add(tag, *ranges)

    # ------------------------------------------------------------------ rows
    @property
    def current(self) -> int | None:
        """The row that the keyboard's cursor is on."""
        return self._cursor.current

    def set_current(self, index: int | None) -> None:
        """Move the cursor to a row and scroll it into sight; None takes it away."""
        self._cursor.put(index)
        if self.current is not None:
            self._cursor.see(self.current)

    def reveal(self, index: int, *, flash: bool = True) -> None:
        """Scroll to a row, if it is not in sight; ``flash`` lights it up for a moment."""
        if not 0 <= index < len(self._lines):
            return
        first, after = 1 + self._lines.start(index), 1 + self._lines.start(index + 1)
        if self.text.dlineinfo(f"{first}.0") is None or self.text.dlineinfo(f"{after - 1}.end") is None:
            self.text.yview(f"{first}.0")
            self.text.yview_scroll(-self.text.winfo_height() // 3, "pixels")
        self._was_at_bottom = self.at_bottom()
        if flash:
            self._marks.flash(index)

    def show_matches(self, query: str, rows: Iterable[int]) -> None:
        """Mark where ``query`` is in these rows, and in those drawn from now on; "" takes the marks away."""
        self._marks.search(query, rows)

    def selected_rows(self) -> tuple[int, int] | None:
        """The first and last row of what is selected."""
        if not self.text.tag_ranges("sel"):
            return None
        first = self._lines.row_at(self._line("sel.first") - 1)
        last = self._lines.row_at(self._line("sel.last - 1c") - 1)
        if first is None:
            return None
        return first, len(self._lines) - 1 if last is None else last

    def _line(self, index: str) -> int:
        return int(self.text.index(index).split(".")[0])

    def _moved(self, index: int, text: str, splice: Splice) -> int:
        return moved(index, text, splice, self._lines.columns)

    def _row_text(self, index: int) -> str:
        return self.text.get(f"{1 + self._lines.start(index)}.0", f"{1 + self._lines.start(index + 1)}.0")

    # ------------------------------------------------------------------ position
    def at_bottom(self) -> bool:
        """True if the newest line is in sight."""
        return self.text.yview()[1] >= 1.0 or self.text.dlineinfo("end-2c") is not None

    def at_top(self) -> bool:
        """True if the oldest line is in sight, in a window that shows."""
        return bool(len(self._lines)) and self.text.winfo_ismapped() and self.text.yview()[0] <= 0.0

    def in_sight(self, index: int) -> bool:
        """True if the first line of a row shows."""
        return self.text.dlineinfo(f"{1 + self._lines.start(index)}.0") is not None

    def to_bottom(self) -> None:
        """Show the newest."""
        self.text.see("end-1c")
        self._was_at_bottom = True
        self.newest.place_forget()

    def tick(self) -> None:
        """To be called often: notes whether the newest is in sight, takes the button away once it is, and more."""
        self._was_at_bottom = self.at_bottom()
        if self._was_at_bottom and self.newest.winfo_ismapped():
            self.newest.place_forget()
        self._refit()
        self._marks.tick()
        self.pointer.tooltip.tick()

    def _refit(self) -> None:
        """Break lines of scripts that run to the left anew, once the list has another width: some at each call, those
        in sight first."""
        lines = self._lines
        if lines.columns and self._columns.changed(lines.columns):
            lines.columns = self._columns.count()
            self._unfit = True
        if not self._unfit:
            return
        end, top = self._monotonic() + REFIT_S, lines.row_at(self._line("@0,0") - 1) or 0
        for index in sorted(lines.unfit(), key=lambda row: abs(row - top)):
            row = self._actions.row(index)
            if reordered(row) and longer(row, min(lines.columns_of(index), lines.columns)):
                self.apply(Splice(index, 1, (row,)))
            else:
                lines.fit(index)
            if self._monotonic() > end:
                return
        self._unfit = False

    def show_loading(self, loading: bool) -> None:
        """Say on top that older messages are being fetched."""
        if loading:
            self.loading.place(relx=0.5, y=self._theme.px(6), anchor="n")
        else:
            self.loading.place_forget()

    def _hold(self, splice: Splice) -> _Held | None:
        """What is on top, if the splice is above it or draws it anew."""
        top, char = (int(part) for part in self.text.index("@0,0").split("."))
        row = self._lines.row_at(top - 1)
        if row is None or row < splice.start:
            return None  # the change is below: Tk keeps the top by itself
        start, after = 1 + self._lines.start(row), 1 + self._lines.start(row + 1)
        lines = []
        for line in range(top, after):
            info = self.text.dlineinfo(f"{line}.{char if line == top else 0}")
            if info is None:
                break
            text = self.text.get(f"{line}.0", f"{line}.end")
            lines.append((line - start, text, char if line == top else 0, info[1]))
        return _Held(row, self._row_text(row), tuple(lines))

    def _restore(self, held: _Held, splice: Splice) -> None:
        row = min(self._moved(held.row, held.text, splice), len(self._lines) - 1)
        if row < 0 or not held.lines:
            return
        text = self._row_text(row)
        # Drawn anew, a row may lose its head: then the next line of it stays where it is.
        known = set(text.split("\n")[:-1])
        line, words, char, y = next((line for line in held.lines if line[1] in known), held.lines[0])
        if text != held.text:
            line = line_in(text, words, line)
        index = f"{1 + self._lines.start(row) + line}.{char}"
        self.text.yview(index)
        info = self.text.dlineinfo(index)
        if info is not None and info[1] != y:
            self.text.yview_scroll(info[1] - y, "pixels")

    def _scroll(self, amount: int, unit: str, event: tk.Event[tk.Misc] | None = None) -> str:
        self.text.yview_scroll(amount, unit)  # type: ignore[call-overload]
        self.pointer.tooltip.hide()
        return "break"

    # ------------------------------------------------------------------ selection
    def _select_all(self) -> str:
        self.text.tag_add("sel", "1.0", "end-1c")
        return "break"

    def _copy(self) -> str:
        """Characters inside one row; whole rows, as the owner words them, if there are several."""
        chosen = self.selected_rows()
        if chosen is None:
            if self.current is not None:
                self._actions.act(self.current, "copy")
            return "break"
        first, last = chosen
        words = self._actions.copied(first, last) if last > first else self._chosen_in(first)
        if words:
            self.clipboard_clear()
            self.clipboard_append(words)
        return "break"

    def _chosen_in(self, index: int) -> str:
        """What is selected in one row, as it was written."""
        columns = self._lines.columns_of(index)
        row = self._actions.row(index) if columns else None
        if row is None or not reordered(row):
            return self.text.get("sel.first", "sel.last")
        places = [self.text.index(place).split(".") for place in ("sel.first", "sel.last")]
        first, after = ((int(line) - 1 - self._lines.start(index), int(char)) for line, char in places)
        return logical(row, first, after, self._astral, columns)


class _NoActions:
    """For a list that nobody asks anything of."""

    def row(self, index: int) -> Row:
        return Row(())

    def follow(self, target: Target, index: int) -> None: ...
    def act(self, index: int, action: str) -> None: ...
    def menu(self, index: int, x_root: int, y_root: int, link: str = "") -> None: ...
    def copied(self, first: int, last: int) -> str:
        return ""
