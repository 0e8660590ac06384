"""Where the account is logged in now, and ending all of that but this. Knows no client; its owner asks the server."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import date, datetime

from securechat.client.events import OwnSession
from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Question, Sheet

__all__ = ["SessionsSheet", "address_words", "since_words"]


def address_words(address: str) -> str:
    """An address is plain ASCII; what else a server may send is not shown."""
    plain = "".join(char for char in address if char.isascii() and char.isprintable())
    return plain[:64] or texts.UNKNOWN_ADDRESS


def since_words(since_ms: int, now_s: float) -> str:
    """A moment in local time: "09:12" today, else with its date. ``since_ms``: Unix time in ms."""
    try:
        when, today = datetime.fromtimestamp(since_ms / 1000), date.fromtimestamp(now_s)
    except (ValueError, OverflowError, OSError):
        return texts.UNKNOWN_TIME
    clock = f"{when:%H:%M}"
    return clock if when.date() == today else f"{texts.date_words(when.date(), today)}, {clock}"


class SessionsSheet(Sheet):
    """Opens with "asking"; then the owner calls `show` or `show_error`. ``on_end_others`` is called after a question.

    Reachable for tests: ``end``, ``told``, ``question``, `rows`.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, clock: Callable[[], float], on_end_others: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        super().__init__(master, theme, texts.SESSIONS, on_close)
        self._master, self._clock, self._on_end_others = master, clock, on_end_others
        self.question: Question | None = None
        self.words(texts.SESSIONS_WHAT, 13, theme.palette.dim)
        self._list = theme.frame(self.body)
        self._list.pack(fill="x")
        self.told = self.words(texts.ASKING_SESSIONS, 13, theme.palette.dim, gap=(10, 0))
        (self.end,) = self.buttons((texts.END_OTHERS, self._ask, "Plain.TButton"))
        self.end.state(["disabled"])
        self.ready(self.close_button)

    def show(self, sessions: Sequence[OwnSession], told: str = "") -> None:
        """The sessions that there are now; ``told``: a sentence below them, such as how many were ended."""
        for child in self._list.winfo_children():
            child.destroy()
        for session in sorted(sessions, key=lambda session: (not session.this, -session.since_ms)):
            self._row(session)
        others = any(not session.this for session in sessions)
        self._tell(told or ("" if others else texts.ONLY_SESSION))
        self.end.state(["!disabled" if others else "disabled"])
        self.ready()

    def show_error(self, sentence: str) -> None:
        """Something went wrong; what was shown before stays, and may be tried again."""
        self._tell(sentence, alarm=True)
        self.end.state(["!disabled" if len(self.rows()) > 1 else "disabled"])

    def show_progress(self, words: str = "") -> None:
        """The server is asked."""
        self._tell(words or texts.ASKING_SESSIONS)
        self.end.state(["disabled"])

    def rows(self) -> list[str]:
        """What is shown, a line for each session."""
        return [
            " · ".join(str(label["text"]) for label in row.winfo_children() if isinstance(label, tk.Label))
            for row in self._list.winfo_children() if row.winfo_children()
        ]

    def destroy(self) -> None:
        """Take the question away as well."""
        question, self.question = self.question, None
        if question is not None and question.winfo_exists():
            question.destroy()
        super().destroy()

    def _row(self, session: OwnSession) -> None:
        t, p = self.theme, self.theme.palette
        row = tk.Frame(self._list, bg=p.card)
        row.pack(fill="x", pady=(0, t.px(6)))
        tk.Frame(row, bg=p.ok if session.this else p.line, width=t.px(4)).pack(side="left", fill="y")
        name = t.label(row, texts.THIS_SESSION if session.this else texts.OTHER_SESSION, 13, "", "bold")
        name.pack(fill="x", padx=t.px(12), pady=(t.px(8), 0))
        where = texts.session_line(since_words(session.since_ms, self._clock()), address_words(session.address))
        line = t.label(row, where, 12, p.dim)
        line.pack(fill="x", padx=t.px(12), pady=(t.px(2), t.px(8)))
        for label in (name, line):
            self.wrap(label, 32)

    def _tell(self, words: str, *, alarm: bool = False) -> None:
        self.told.configure(text=words, fg=self.theme.palette.err if alarm else self.theme.palette.dim)
        if words:
            self.told.pack(fill="x", pady=(self.theme.px(10), 0), after=self._list)
        else:
            self.told.pack_forget()

    def _ask(self) -> None:
        self.question = Question(
            self._master, self.theme, texts.END_OTHERS_ASK, texts.END_OTHERS_WHAT, texts.END_OTHERS,
            self._on_end_others, self._answered, alarm=True,
        )

    def _answered(self) -> None:
        self.question = None


