"""The window itself, whatever it shows: its look and place, which are remembered, focus, clipboard, keys for all of it.

Owns the Tk root and the preferences of this profile. Knows no chat and no form. Main thread only.
"""

from __future__ import annotations

import logging
import re
import tkinter as tk
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from securechat.client.preferences import Preferences, PreferenceStore
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import ZOOMS, Theme
from securechat.errors import ChatError

__all__ = ["Window"]

log = logging.getLogger(__name__)

SIZE: Final = (1100, 720)  # design pixels of the first window
LEAST: Final = (440, 420)
SEEN: Final = 100  # pixels of a remembered window that must be on the screen, else the system places it


class Window:
    """``theme_name`` "" means the remembered one. ``redraw``: everything has to be drawn anew, in ``theme``; asked
    before, ``may_redraw`` can refuse, and the look stays. ``say`` is told "" or why something was not saved.

    ``problem`` is a sentence if the preferences on disk could not be used.
    """

    def __init__(
        self, root: tk.Tk | None, folder: Path | None, theme_name: str, may_redraw: Callable[[], bool],
        redraw: Callable[[], None], say: Callable[[str], None],
    ) -> None:
        self.owns_root = root is None
        self.root = root if root is not None else tk.Tk(className="SecureChat")
        self._store = PreferenceStore(folder)
        self.preferences, self.problem = self._store.load()
        self._chosen_theme = self.preferences.theme  # remembered; one given for this start is not
        if theme_name:
            self.preferences = replace(self.preferences, theme=theme_name)
        self._may_redraw, self._redraw, self._say = may_redraw, redraw, say
        self._title = ""
        self.windowing = str(self.root.tk.call("tk", "windowingsystem"))
        self._themes: dict[tuple[str, float], Theme] = {}
        self._bound: set[str] = set()
        self.theme = self._look()
        self._place()
        self._keys()

    # ------------------------------------------------------------------ look
    def change(self, preferences: Preferences) -> str:
        """Take other preferences: draw anew if the look changed, and remember them. A sentence if that failed."""
        before, self.preferences = self.preferences, preferences
        if (before.theme, before.zoom) != (preferences.theme, preferences.zoom):
            if not self._may_redraw():
                self.preferences = replace(preferences, theme=before.theme, zoom=before.zoom)
                return self._save()
            old, self.theme = self.theme, self._look()
            self._set_least()
            if preferences.theme != before.theme:
                self._chosen_theme = preferences.theme
            try:
                self._redraw()
            finally:
                if old is not self.theme:
                    old.close()
        return self._save()

    def _look(self) -> Theme:
        """The theme that is wanted now, one that was there before if possible: Tk never frees all of a theme."""
        palette, zoom = palette_for(self.preferences.theme), self.preferences.zoom
        known = self._themes.get((palette.name, zoom))
        if known is not None:
            known.open()
            return known
        return self._themes.setdefault((palette.name, zoom), Theme(self.root, palette, zoom))

    def zoom(self, step: int) -> str:
        """One step larger (1), smaller (-1), or back to normal (0)."""
        place = min(range(len(ZOOMS)), key=lambda index: abs(ZOOMS[index] - self.preferences.zoom))
        zoom = 1.0 if step == 0 else ZOOMS[max(0, min(len(ZOOMS) - 1, place + step))]
        return self.change(replace(self.preferences, zoom=zoom))

    def _save(self) -> str:
        try:
            self._store.save(replace(self.preferences, theme=self._chosen_theme))
        except ChatError as error:
            log.debug("the preferences were not saved: %s", type(error).__name__)
            return str(error)
        return ""

    # ------------------------------------------------------------------ place
    def _place(self) -> None:
        if not self.owns_root:
            return
        px, root = self.theme.px, self.root
        width = min(px(SIZE[0]), root.winfo_screenwidth())
        height = min(px(SIZE[1]), root.winfo_screenheight())
        self._set_least()
        root.geometry(self._remembered() or f"{width}x{height}")

    def _set_least(self) -> None:
        if self.owns_root:
            px, root = self.theme.px, self.root
            root.minsize(
                min(px(LEAST[0]), root.winfo_screenwidth()), min(px(LEAST[1]), root.winfo_screenheight())
            )

    def _remembered(self) -> str:
        found = re.fullmatch(r"(\d+)x(\d+)([+-]-?\d+)([+-]-?\d+)", self.preferences.geometry)
        if found is None:
            return ""
        width, height = int(found[1]), int(found[2])
        # Tk writes a window left of the screen as "+-5"; int() takes neither that nor "--5".
        x, y = (int(part.replace("+-", "-").replace("--", "")) for part in (found[3], found[4]))
        root = self.root
        right, bottom = root.winfo_vrootwidth(), root.winfo_vrootheight()
        seen_x = min(x + width, right) - max(x, 0)
        seen_y = min(y + height, bottom) - max(y, 0)
        if seen_x < SEEN or seen_y < SEEN or y < 0:
            return ""
        return f"{min(width, right)}x{min(height, bottom)}{found[3]}{found[4]}"  # the screen may be a smaller one now

    def remember_place(self) -> None:
        """Note where the window is, for the next start."""
        # Preferences that could not be read are not written over.
        if self.owns_root and not self.problem and self.root.state() == "normal":
            self.preferences = replace(self.preferences, geometry=self.root.geometry())
            self._save()

    def raise_up(self) -> None:
        """Bring the window before others, and give the keyboard to whatever had it here."""
        self.root.deiconify()
        self.root.lift()
        # Not to the window itself, where no key would do anything.
        self.root.tk.call("focus", "-force", self.root.tk.call("focus", "-lastfor", "."))

    @property
    def focused(self) -> bool:
        """True if the person's keys go to this window."""
        return bool(self.root.tk.call("focus", "-displayof", "."))

    # ------------------------------------------------------------------ small services
    def set_title(self, title: str) -> None:
        """Cheap if nothing changed, so it may be called often."""
        if title != self._title:
            self._title = title
            self.root.title(title)

    def copy(self, words: str) -> None:
        """Put words on the clipboard."""
        self.root.clipboard_clear()
        self.root.clipboard_append(words)

    def bind_keys(self, keys: Iterable[str], call: Callable[[str], object]) -> None:
        """Let ``call`` be told which of these keys is pressed anywhere in the window, for as long as that is there. One
        that is bound already stays as it is: bound anew for each thing that shows, it would keep them all."""
        for key in set(keys) - self._bound:
            self._bound.add(key)
            self.root.bind(key, partial(_tell, call, key))

    def _keys(self) -> None:
        root = self.root
        for key in ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>"):
            root.bind(key, lambda event: self._say(self.zoom(1)))
        for key in ("<Control-minus>", "<Control-KP_Subtract>"):
            root.bind(key, lambda event: self._say(self.zoom(-1)))
        root.bind("<Control-Key-0>", lambda event: self._say(self.zoom(0)))
        for kind in ("Text", "TEntry", "Entry"):
            # Editing meanings of another age (delete the line, one letter on), in the way of what these do here.
            for key in ("<Control-k>", "<Control-f>"):
                root.bind_class(kind, key, lambda event: None)
        if self.windowing == "x11":
            # There Tk's own meaning is "to the start of the line", which nobody expects of a text field any more.
            root.bind_class("TEntry", "<Control-a>", lambda event: _select_entry(event.widget))
            root.bind_class("Text", "<Control-a>", lambda event: _select_text(event.widget))


def _tell(call: Callable[[str], object], key: str, event: tk.Event[tk.Misc]) -> None:
    call(key)


def _select_entry(entry: tk.Misc) -> str:
    if isinstance(entry, tk.Entry):
        entry.selection_range(0, "end")
        entry.icursor("end")
    return "break"


def _select_text(text: tk.Misc) -> str:
    if isinstance(text, tk.Text):
        text.tag_add("sel", "1.0", "end-1c")
    return "break"
