"""What an edited message said before: each text with the time at which it was signed, the present one last.

Of very many texts only the newest show: nobody reads a thousand, and a window system takes long to lay them out.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

from securechat.client.events import Message
from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.harmless import is_blank
from securechat.desktop.messages.rows import Look, local_time
from securechat.desktop.sheets.reading_box import ReadingBox
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["MOST_CHARS", "MOST_TEXTS", "EarlierSheet"]

MOST_TEXTS, MOST_CHARS = 50, 40_000  # of earlier texts; the newest of them shows however long it is

_HEAD, _SOFT = "head", "soft"


class EarlierSheet(Sheet):
    """For one message that was edited. Reachable for tests: ``box``, which holds all the texts."""

    def __init__(
        self, master: tk.Misc, theme: Theme, look: Look, message: Message, on_close: Callable[[], None]
    ) -> None:
        super().__init__(master, theme, texts.EARLIER_TITLE, on_close)
        self._look = look
        self.words(texts.EARLIER_WORDS, 12, theme.palette.dim)
        # One box for all: a widget for each of a hundred long texts is more than a window system can hold.
        self.box = ReadingBox(self.body, self, most=18)
        self.box.text.tag_configure(
            _HEAD, font=theme.font(12, "bold"), foreground=theme.palette.dim, spacing1=theme.px(8), spacing3=theme.px(4)
        )
        self.box.text.tag_configure(_SOFT, foreground=theme.palette.dim)
        pieces: list[str | tuple[str, str]] = []
        if not message.deleted:
            shown = _newest(message.earlier)
            if len(shown) < len(message.earlier):
                pieces += [(f"{texts.older_texts(len(message.earlier) - len(shown))}\n", _SOFT)]
            for time_ms, text in shown:
                pieces += [(f"{self._when(time_ms)}\n", _HEAD), *self._words(text), "\n"]
        pieces.append((f"{texts.NOW}\n", _HEAD))
        pieces += [(texts.DELETED, _SOFT)] if message.deleted else self._words(message.text)
        self.box.show(*pieces)
        self.box.pack(fill="x", pady=(theme.px(6), 0))
        self.ready(self.box.text)

    def _words(self, text: str) -> list[str | tuple[str, str]]:
        words = self._look.body(text).strip("\n")
        return [(texts.EMPTY_TEXT, _SOFT)] if is_blank(words) else [words]

    def _when(self, time_ms: int) -> str:
        when = local_time(time_ms)
        return f"{texts.day(when.date(), self._look.today)}, {when:%H:%M}" if when else texts.UNKNOWN_TIME


def _newest(earlier: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]]:
    """Those that are shown."""
    count, chars = 0, 0
    for _, text in reversed(earlier[-MOST_TEXTS:]):
        chars += len(text)
        if count and chars > MOST_CHARS:
            break
        count += 1
    return earlier[len(earlier) - count :]
