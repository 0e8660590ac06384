"""Where messages are written: grows from one to six lines, Enter sends, Shift+Enter breaks the line.

A text leaves it only after its owner said that it is safe. What stands here is handed out as a draft when the
person pauses. Knows no client.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from typing import Protocol

from securechat.desktop import texts
from securechat.desktop.theme import Theme
from securechat.wire import limits

__all__ = ["Composer", "ComposerActions"]

MOST_LINES = 6
COUNTED = 2000  # characters; lines of a longer text are not counted: Tk takes seconds for those of a long line
MOST_PASTED = 4 * limits.TEXT  # bytes; far more than can be sent, and Tk draws long lines slowly
DRAFT_AFTER_S = 0.6  # a pause this long, and what is written is saved
TYPING_EVERY_S = 2.0  # the client thins these out further


class ComposerActions(Protocol):
    """What the composer asks of its owner. Main thread; none may block."""

    def send(self, text: str) -> str:
        """Put ``text`` in the outbox; "" if it is safe there, else a sentence why not."""

    def typing(self) -> None:
        """Somebody writes here."""

    def save_draft(self, text: str) -> None:
        """The person paused; this is what is written."""


class Composer(tk.Frame):
    """Reachable for tests: ``text``, ``button``, ``typing_line``, ``problem``."""

    def __init__(
        self, master: tk.Misc, theme: Theme, hint: str, actions: ComposerActions, *, shield: Callable[[str], str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self._theme, self._actions, self._shield, self._monotonic = theme, actions, shield, monotonic
        self._unsaved_since: float | None = None
        self._typed_at = float("-inf")
        self.typing_line = theme.label(self, "", 12, p.dim)
        self.typing_line.pack(fill="x", padx=px(8), pady=(px(2), px(4)))
        self.problem = theme.label(self, "", 12, p.err)
        line = theme.frame(self)
        line.pack(fill="x", pady=(0, px(14)))
        self._line = line
        # Made in the order in which Tab goes: first the text, then the button.
        self._box = theme.card(line, "Box.TFrame", (10, 7))
        self.button = theme.button(line, texts.SEND, self.submit, "Accent.TButton")
        self.button.configure(width=7)
        self.button.pack(side="right", anchor="s", padx=(px(8), 0))
        self._box.pack(side="left", fill="x", expand=True)
        self.text = tk.Text(
            self._box, height=1, width=1, wrap="word", font=theme.font(14), bg=p.entry, fg=p.fg, bd=0, undo=True,
            maxundo=200, highlightthickness=0, insertbackground=p.fg, insertwidth=px(2), padx=px(2), pady=px(1),
            selectbackground=p.accent, selectforeground=p.accent_fg, spacing2=px(2), autoseparators=True,
        )
        self.text.pack(fill="both", expand=True)
        self._hint = tk.Label(self.text, text=hint, font=theme.font(14), fg=p.dim, bg=p.entry, bd=0, padx=0, pady=0)
        self._hint.place(x=px(3), y=px(1))
        self._hint.bind("<Button-1>", lambda event: self.text.focus_set())
        self._connect_keys()

    def _connect_keys(self) -> None:
        text = self.text
        text.bind("<<Modified>>", lambda event: self._modified())
        text.bind("<Configure>", lambda event: self._grow())
        text.bind("<FocusIn>", lambda event: self._box.state(["focus"]))
        text.bind("<FocusOut>", lambda event: self._box.state(["!focus"]))
        for key in ("<Return>", "<KP_Enter>"):
            text.bind(key, lambda event: self._break_after(self.submit))
        for key in ("<Shift-Return>", "<Shift-KP_Enter>"):
            text.bind(key, lambda event: self._break_after(lambda: text.insert("insert", "\n")))
        text.bind("<<Paste>>", lambda event: self._paste())
        text.bind("<Tab>", lambda event: self._break_after(lambda: _focus(text.tk_focusNext())))
        back = "<ISO_Left_Tab>" if text.tk.call("tk", "windowingsystem") == "x11" else "<Shift-Tab>"
        text.bind(back, lambda event: self._break_after(lambda: _focus(text.tk_focusPrev())))

    @staticmethod
    def _break_after(call: Callable[[], None]) -> str:
        call()
        return "break"

    # ------------------------------------------------------------------ content
    def get(self) -> str:
        """What is written. Halves of characters, which some input methods leave, become question marks."""
        return self.text.get("1.0", "end-1c").encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def set(self, text: str) -> None:
        """Replace what is written (a draft, or nothing); this is not typing and needs no saving."""
        self.text.delete("1.0", "end")
        self.text.insert("1.0", self._shield(text))
        self.text.edit_reset()
        self.text.edit_modified(False)
        self._unsaved_since = None
        self._grow()

    def put_back(self, text: str) -> None:
        """A text that was sent came back; nothing that is being written is touched for it."""
        if not self.get().strip():
            self.set(text)
            self._unsaved_since = self._monotonic()

    def submit(self) -> None:
        """Hand the text over. It leaves only if it is safe."""
        text = self.get().strip("\n")
        if not text.strip():
            return
        problem = self._actions.send(text)
        self.show_problem(problem)
        if not problem:
            self.set("")
            self._actions.save_draft("")

    def show_problem(self, sentence: str) -> None:
        """A sentence above the text; "" takes it away."""
        if sentence != self.problem["text"]:
            self.problem.configure(text=sentence, wraplength=max(200, self.winfo_width() - 20))
        if sentence:
            self.problem.pack(fill="x", padx=self._theme.px(8), pady=(0, self._theme.px(4)), before=self._line)
        else:
            self.problem.pack_forget()

    def show_typing(self, sentence: str) -> None:
        """Who else writes."""
        if sentence != self.typing_line["text"]:
            self.typing_line.configure(text=sentence)

    def tick(self) -> None:
        """To be called often: hands out the draft once the person pauses."""
        if self._unsaved_since is not None and self._monotonic() - self._unsaved_since >= DRAFT_AFTER_S:
            self._unsaved_since = None
            self._actions.save_draft(self.get())

    # ------------------------------------------------------------------ inside
    def _modified(self) -> None:
        if not self.text.edit_modified():
            return  # the event that resetting the flag causes
        self.text.edit_modified(False)
        written = self.get()
        if self._shield(written) != written:  # before it is drawn: drawing happens when idle, later than this
            self.set(self._shield(written))
        self._unsaved_since = now = self._monotonic()
        self.show_problem("")
        if written.strip() and now - self._typed_at >= TYPING_EVERY_S:
            self._typed_at = now
            self._actions.typing()
        self._grow()

    def _paste(self) -> str | None:
        """Stop a paste that is far too long; any other is left to Tk."""
        try:
            size = len(self.clipboard_get().encode("utf-8", "surrogatepass"))
        except tk.TclError:  # nothing there, or no text
            return None
        if size <= MOST_PASTED:
            return None
        self.show_problem(texts.paste_too_long(size, limits.TEXT))
        return "break"

    def _grow(self) -> None:
        if self.text.compare("end-1c", "==", "1.0"):
            self._hint.place(x=self._theme.px(3), y=self._theme.px(1))
        else:
            self._hint.place_forget()
        lines = MOST_LINES
        if self.text.compare(f"1.0 + {COUNTED} chars", ">=", "end-1c"):
            breaks = self.text.tk.call(self.text, "count", "-displaylines", "1.0", "end-1c")
            lines = max(1, min(MOST_LINES, int(breaks) + 1))
        if lines != int(self.text["height"]):
            self.text.configure(height=lines)
            self.text.see("insert")


def _focus(widget: tk.Misc | None) -> None:
    if widget is not None:
        widget.focus_set()
