"""When a call inside the program crashed: what may be told about it, and a sheet to copy that from.

The details name places in the program and kinds of errors. They never hold an error's words, because these may quote a
message, a name or a path.
"""

from __future__ import annotations

import platform
import tkinter as tk
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.reading_box import ReadingBox
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["CrashSheet", "crash_details"]

MOST_PLACES: Final = 20
MOST_CAUSES: Final = 5


def crash_details(error: BaseException, version: str) -> str:
    """Kind and place of ``error`` and of what caused it, with the versions of what it ran on; several lines."""
    lines = [
        f"Secure Chat {version}, Python {platform.python_version()}, Tk {tk.TkVersion}, {platform.system()}"
    ]
    cause: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if cause is None:
            break
        lines.append(type(cause).__name__)
        # Without the lines of the source: they would be read from the disk, where an update may have changed them.
        frames = traceback.walk_tb(cause.__traceback__)
        places = traceback.StackSummary.extract(frames, limit=-MOST_PLACES, lookup_lines=False)
        lines += [f"  {PurePath(place.filename).name}:{place.lineno} {place.name}" for place in reversed(places)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines)


class CrashSheet(Sheet):
    """Shows ``details``; ``on_copy`` puts them on the clipboard.

    Reachable for tests: ``details``, ``copy``, ``said``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, details: str, on_copy: Callable[[], None], on_close: Callable[[], None]
    ) -> None:
        super().__init__(master, theme, texts.CRASH_TITLE, on_close, width=600)
        self._on_copy = on_copy
        self.words(texts.CRASH_WORDS)
        self.details = ReadingBox(self.body, self, size=12, fixed=True)
        self.details.show(details)
        self.details.pack(fill="x", pady=(theme.px(6), 0))
        self.said = self.words("", 12, theme.palette.ok, gap=(8, 0))
        self.close_again, self.copy = self.buttons(
            (texts.CLOSE, self.close, "Plain.TButton"), (texts.COPY_DETAILS, self._copy, "Accent.TButton"), gap=4
        )
        self.ready(self.copy)

    def _copy(self) -> None:
        self._on_copy()
        self.said.configure(text=texts.DETAILS_COPIED)
