"""The message list: one text widget with tags, fed by splices of rows.

A frame per message would be slow and go blank past 32,767 pixels; one text widget is neither. The view keeps only how
many text lines each row takes, which is enough to find any row again. Changes above what is being read do not move it.
Draws rows; knows no messages and no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.images import person_colour
from securechat.desktop.rows import AvatarPiece, Row
from securechat.desktop.scroll_area import bind_wheel
from securechat.desktop.theme import Theme
from securechat.desktop.timeline_model import Splice

__all__ = ["TimelineView"]

LEFT = 46  # design pixels from the edge of the avatars to the texts


class TimelineView(tk.Frame):
    """Reachable for tests: ``text``, ``bar``, ``newest`` (the button that leads down)."""

    def __init__(self, master: tk.Misc, theme: Theme) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self._theme = theme
        self._lines: list[int] = []  # text lines of each row
        self.text = tk.Text(
            self, bg=p.bg, fg=p.fg, bd=0, wrap="word", padx=px(18), pady=px(6), font=theme.font(14), cursor="arrow",
            spacing2=px(3), state="disabled", takefocus=True, undo=False, highlightthickness=px(2),
            highlightbackground=p.bg, highlightcolor=p.accent, selectbackground=p.accent,
            selectforeground=p.accent_fg, inactiveselectbackground=p.selected, width=1, height=1,
        )
        self.bar = bar = ttk.Scrollbar(
            self, style=theme.name("Slim.Vertical.TScrollbar"), command=self.text.yview, takefocus=False
        )
        self.text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self._tags()
        self.newest = theme.button(self, f"↓  {texts.TO_NEWEST}", self.to_bottom, "Plain.TButton")
        self.loading = theme.label(self, texts.LOADING_OLDER, 12, p.dim)
        self._keys()
        self._was_at_bottom = True
        # Strips and a growing composer make the list lower; the newest stays in sight if it was.
        self.text.bind("<Configure>", lambda event: self.to_bottom() if self._was_at_bottom else None)

    def _tags(self) -> None:
        t, p, px, tag = self._theme, self._theme.palette, self._theme.px, self.text.tag_configure
        for name in ("row", "quiet", "problem"):
            tag(name, lmargin1=px(LEFT), lmargin2=px(LEFT), rmargin=px(60))
        tag("row", spacing3=px(2))
        tag("name", font=t.font(14, "bold"), spacing1=px(10))
        tag("time", font=t.font(11), foreground=p.dim)
        tag("mark", font=t.font(11), foreground=p.dim)
        tag("late", font=t.font(11), foreground=p.warn)
        tag("soft", foreground=p.dim, font=t.font(13, "italic"))
        tag("day", justify="center", font=t.font(11, "bold"), foreground=p.dim, spacing1=px(14), spacing3=px(6))
        tag("rule", foreground=p.line)
        tag("quiet", font=t.font(12), foreground=p.dim, spacing1=px(6), spacing3=px(2))
        tag("begin", spacing1=px(20), spacing3=px(10))
        tag("gap", justify="center", font=t.font(12), foreground=p.warn, spacing1=px(8), spacing3=px(4))
        tag("problem", font=t.font(12), foreground=p.err, spacing1=px(4), spacing3=px(4))
        for index, colour in enumerate(p.people):
            tag(f"person{index}", foreground=colour)
        self.text.tag_raise("sel")

    def _keys(self) -> None:
        text = self.text
        for key, units in (("<Up>", -2), ("<Down>", 2)):
            text.bind(key, partial(self._scroll, units, "units"))
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):
            text.bind(key, partial(self._scroll, pages, "pages"))
        text.bind("<Home>", lambda event: self._to("1.0"))
        text.bind("<End>", lambda event: self._to("end"))
        text.bind("<Control-a>", lambda event: self._select_all())
        bind_wheel(text, lambda units: self._scroll(units, "units"), 3)
        text.bind("<Button-1>", lambda event: text.focus_set(), add="+")  # a disabled text does not take it by itself

    # ------------------------------------------------------------------ content
    def reset(self, rows: Sequence[Row]) -> None:
        """Show these rows from the newest on."""
        self._edit(lambda: self._replace(0, len(self._lines), rows))
        self.to_bottom()

    def apply(self, splice: Splice) -> None:
        """Redraw what changed. What is being read stays where it is; at the bottom, the newest stays visible."""
        at_bottom, anchor = self.at_bottom(), None
        if not at_bottom:
            anchor = self._anchor(splice)
        grew = splice.start + splice.removed >= len(self._lines) and len(splice.rows) > splice.removed
        self._edit(lambda: self._replace(splice.start, splice.removed, splice.rows))
        if at_bottom:
            self.to_bottom()
        elif anchor is not None:
            self._restore(*anchor)
        if grew and not at_bottom:
            self.newest.place(relx=0.5, rely=1.0, y=-self._theme.px(12), anchor="s")

    def _edit(self, change: Callable[[], None]) -> None:
        self.text.configure(state="normal")
        try:
            change()
        finally:
            self.text.configure(state="disabled")

    def _replace(self, start: int, removed: int, rows: Sequence[Row]) -> None:
        first = 1 + sum(self._lines[:start])
        gone = sum(self._lines[start : start + removed])
        if gone:
            self.text.delete(f"{first}.0", f"{first + gone}.0")
        self._lines[start : start + removed] = [row.lines for row in rows]
        self.text.mark_set("spot", f"{first}.0")
        self.text.mark_gravity("spot", "right")
        run: list[object] = []  # text and tags in turns, as many as possible in one call
        for row in rows:
            for piece in row.pieces:
                if isinstance(piece, AvatarPiece):
                    self._flush(run)
                    self._insert_avatar(piece.fp)
                else:
                    run += (piece.text, self._with_person(piece.tags, piece.person))
        self._flush(run)

    def _flush(self, run: list[object]) -> None:
        if run:
            self.text.insert("spot", *run)  # type: ignore[arg-type]
            run.clear()

    def _with_person(self, tags: tuple[str, ...], person: bytes | None) -> tuple[str, ...]:
        if person is None:
            return tags
        return (*tags, f"person{person_colour(person, self._theme.palette.people)}")

    def _insert_avatar(self, fp: bytes | None) -> None:
        t = self._theme
        colour = t.palette.people[person_colour(fp, t.palette.people)] if fp else t.palette.dim
        image = t.images.avatar(t.px(34), fp, colour, t.px(12))
        self.text.image_create("spot", image=image, align="center")
        for tag in self.text.tag_names("spot-1c"):  # a picture takes on what both its neighbours have
            self.text.tag_remove(tag, "spot-1c")
        self.text.tag_add("name", "spot-1c")

    # ------------------------------------------------------------------ position
    def at_bottom(self) -> bool:
        """True if the newest line is in sight."""
        return self.text.yview()[1] >= 1.0 or self.text.dlineinfo("end-2c") is not None

    def at_top(self) -> bool:
        """True if the oldest line is in sight, in a window that shows."""
        return bool(self._lines) and self.text.winfo_ismapped() and self.text.yview()[0] <= 0.0

    def to_bottom(self) -> None:
        """Show the newest."""
        self.text.see("end-1c")
        self._was_at_bottom = True
        self.newest.place_forget()

    def tick(self) -> None:
        """To be called often: notes whether the newest is in sight, and takes the button away once it is."""
        self._was_at_bottom = self.at_bottom()
        if self._was_at_bottom and self.newest.winfo_ismapped():
            self.newest.place_forget()

    def show_loading(self, loading: bool) -> None:
        """Say on top that older messages are being fetched."""
        if loading:
            self.loading.place(relx=0.5, y=self._theme.px(6), anchor="n")
        else:
            self.loading.place_forget()

    def _anchor(self, splice: Splice) -> tuple[int, int, int] | None:
        """(text lines from the end, character, y in pixels) of what stays where it is, if the splice is above it."""
        line, char = (int(part) for part in self.text.index("@0,0").split("."))
        changed_until = sum(self._lines[: splice.start + splice.removed])
        if sum(self._lines[: splice.start]) >= line:
            return None  # the change is below: Tk keeps the top by itself
        if line <= changed_until:
            # The line on top is being redrawn. The last line of its row is its text, which is drawn again as it is.
            line, char = changed_until, 0
        info = self.text.dlineinfo(f"{line}.{char}")
        return sum(self._lines) - line, char, info[1] if info else 0

    def _restore(self, from_end: int, char: int, y: int) -> None:
        index = f"{sum(self._lines) - from_end}.{char}"
        self.text.yview(index)
        info = self.text.dlineinfo(index)
        if info is not None and info[1] != y:
            self.text.yview_scroll(info[1] - y, "pixels")

    def _scroll(self, amount: int, unit: str, event: tk.Event[tk.Misc] | None = None) -> str:
        self.text.yview_scroll(amount, unit)  # type: ignore[call-overload]
        return "break"

    def _to(self, index: str) -> str:
        self.text.see(index)
        return "break"

    def _select_all(self) -> str:
        self.text.tag_add("sel", "1.0", "end-1c")
        return "break"
