"""Changing one's password: the old one, and twice the new one.

Checks what needs no server and hands both to its owner, who says what came of it. Knows no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from securechat.desktop import texts
from securechat.desktop.form.fields import CapsHint, Field, Reveal, StrengthLine
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Sheet
from securechat.wire import limits

__all__ = ["PasswordSheet", "problem_of"]


def problem_of(old: str, new: str, again: str) -> tuple[str, str]:
    """(field, sentence) of the first thing to mend: "old", "new" or "again"; ("", "") if there is none."""
    if not old:
        return "old", texts.NEED_OLD
    if not new:
        return "new", texts.NEED_NEW
    if len(new) < limits.PASSWORD_CHARACTERS:
        return "new", texts.password_short(limits.PASSWORD_CHARACTERS)
    if new == old:
        return "new", texts.SAME_PASSWORD
    if not again:
        return "again", texts.NEED_NEW_AGAIN
    if again != new:
        return "again", texts.AGAIN_DIFFERS
    return "", ""


class PasswordSheet(Sheet):
    """``on_submit(old, new)``: the owner begins, and calls `show_progress`, then `show_error` or `close`.

    ``known``: words that make a password weak, as the person's name. Reachable for tests: ``entries`` by name,
    ``submit``, ``error``, ``progress``, ``reveal``, ``strength``, ``caps``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, on_submit: Callable[[str, str], None], on_close: Callable[[], None], *,
        known: Sequence[str] = (),
    ) -> None:
        super().__init__(master, theme, texts.CHANGE_PASSWORD, on_close, width=400)
        self._on_submit, self._known = on_submit, tuple(known)
        self.busy = False
        self.words(texts.PASSWORD_KEEPS, 13, theme.palette.dim, gap=(0, 4))
        self.entries: dict[str, ttk.Entry] = {}
        fields = self._fields = dict[str, Field]()
        for name, words in (
            ("old", texts.OLD_PASSWORD), ("new", texts.NEW_PASSWORD), ("again", texts.NEW_PASSWORD_AGAIN),
        ):
            field = fields[name] = Field(self.body, theme, words, secret=True)
            field.pack(fill="x")
            self.entries[name] = field.entry
        # Beside the first of them, but by Tab behind all: who goes on to the next field must not land on it.
        self.reveal = Reveal(self.body, theme, list(self.entries.values()))
        self.reveal.pack(in_=fields["old"].line, side="left", padx=(theme.px(6), 0))
        self.strength = StrengthLine(fields["new"], theme)
        self.strength.pack(fill="x")
        self.wrap(self.strength.label)
        self.caps = CapsHint(self.body, theme)
        self.caps.pack(fill="x", pady=(theme.px(8), 0))
        self.wrap(self.caps.label)
        for entry in self.entries.values():
            self.caps.watch(entry)
            entry.bind("<Return>", lambda event: self._submit())
        self.entries["new"].bind("<KeyRelease>", lambda event: self._judge(), add="+")
        self.words(texts.NO_RECOVERY, 12, theme.palette.dim, gap=(8, 0))
        self._build_end()
        self.ready(self.entries["old"])

    def _build_end(self) -> None:
        t = self.theme
        self._result = t.frame(self.body)
        self._result.pack(fill="x")
        self.error = t.label(self.body, "", 13, t.palette.err)
        self.progress = t.label(self._result, "", 13, t.palette.dim)
        for label in (self.error, self.progress):
            self.wrap(label)
        self._bar = ttk.Progressbar(
            self._result, mode="indeterminate", style=t.name("Slim.Horizontal.TProgressbar"), length=t.px(100)
        )
        self.cancel, self.submit = self.buttons(
            (texts.CANCEL, self.close, "Plain.TButton"), (texts.CHANGE_PASSWORD, self._submit, "Accent.TButton")
        )

    def show_error(self, sentence: str, field: str = "old") -> None:
        """What went wrong, below ``field`` and with the cursor in that; what was typed stays."""
        self._set_busy(False)
        self._clear()
        self.error.configure(text=sentence)
        self.error.pack(fill="x", pady=(self.theme.px(6), 0), after=self._fields[field])
        self.entries[field].focus_set()
        self.entries[field].select_range(0, "end")

    def show_progress(self, words: str) -> None:
        """It is under way: the fields rest. Closing the sheet does not stop it."""
        self._clear()
        self.progress.configure(text=words)
        self.progress.pack(fill="x", pady=(self.theme.px(12), 0))
        self._bar.pack(fill="x", pady=(self.theme.px(8), 0))
        if not self.busy:
            self._set_busy(True)
            self.cancel.focus_set()

    def destroy(self) -> None:
        """Stop the bar as well: its timer would outlive it."""
        self._bar.stop()
        super().destroy()

    def _clear(self) -> None:
        self.error.configure(text="")
        for part in (self.error, self.progress, self._bar):
            part.pack_forget()
        self._result.configure(height=1)  # Tk leaves an emptied frame as high as it was

    def _submit(self) -> None:
        if self.busy:
            return
        old, new, again = (self.entries[name].get() for name in ("old", "new", "again"))
        field, sentence = problem_of(old, new, again)
        if sentence:
            self.show_error(sentence, field)
        else:
            self._on_submit(old, new)

    def _judge(self) -> None:
        self.strength.show(self.entries["new"].get(), self._known)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        for widget in (*self.entries.values(), self.reveal, self.submit):
            widget.state(["disabled" if busy else "!disabled"])
        if busy:
            self._bar.start(30)
        else:
            self._bar.stop()
