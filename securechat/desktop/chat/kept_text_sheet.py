"""Gives a text back that was written and is nowhere else now: to be read, and copied as a whole."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.reading_box import ReadingBox
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["KeptTextSheet"]


class KeptTextSheet(Sheet):
    """``text`` is cleaned; ``on_copy`` puts it on the clipboard. Reachable for tests: ``box``, ``copy``, ``said``."""

    def __init__(
        self, master: tk.Misc, theme: Theme, text: str, on_copy: Callable[[], None], on_close: Callable[[], None]
    ) -> None:
        super().__init__(master, theme, texts.KEPT_TEXT_TITLE, on_close, width=600)
        self._on_copy = on_copy
        self.words(texts.KEPT_TEXT_WORDS, 12, theme.palette.dim)
        self.box = ReadingBox(self.body, self)
        self.box.show(text)
        self.box.pack(fill="x", pady=(theme.px(6), 0))
        self.said = self.words("", 12, theme.palette.ok, gap=(8, 0))
        _, self.copy = self.buttons(
            (texts.CLOSE, self.close, "Plain.TButton"), (texts.COPY_TEXT, self._copy, "Accent.TButton"), gap=4
        )
        self.ready(self.copy)

    def _copy(self) -> None:
        self._on_copy()
        self.said.configure(text=texts.TEXT_COPIED)
