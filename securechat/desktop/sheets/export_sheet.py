"""Asks how and where to write a conversation. Writes nothing itself."""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog
from typing import Final

from securechat.client.export import FORMS
from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["ExportSheet", "default_path"]

_FORM: Final = "securechat_export_form"
_ENDINGS: Final = {"text": ".txt", "html": ".html", "json": ".json"}
_BESIDE: Final = 340  # design pixels from which the button stands beside the path
_LONGEST_NAME: Final = 60  # characters of a title that are taken over


def default_path(title: str, form: str, folder: Path) -> Path:
    """A name in ``folder`` made of what is harmless in ``title``."""
    words = re.sub("[^A-Za-z0-9]+", "-", title)[:_LONGEST_NAME].strip("-")
    # Windows takes "con.txt" and its like for devices; with something before it no title is one.
    return folder / f"chat-{words or 'conversation'}{_ENDINGS[form]}"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home folder
        return Path.cwd()


class ExportSheet(Sheet):
    """``count`` messages are loaded; ``begins``: that is all there are. ``on_export(form, path)`` starts writing to an
    absolute path; the owner then calls `show_error` or `close`. ``on_load_all`` starts loading the rest; the owner
    calls `show_loaded` as it comes. Without it only the sentence about what is loaded is shown.

    ``browse``: asks for a path (the system's dialogue). Reachable for tests: ``path``, ``forms``, ``browse``, ``go``,
    ``problem``, ``loaded``, ``load_all``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, title: str, count: int, begins: bool,
        on_export: Callable[[str, Path], None], on_close: Callable[[], None], *,
        on_load_all: Callable[[], None] | None = None, browse: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(master, theme, texts.EXPORT_TITLE, on_close)
        self._title, self._on_export, self._on_load_all = title, on_export, on_load_all
        self._browse_for = browse or self._dialogue
        self._form = FORMS[0]
        self._asked_about: Path | None = None
        self.loaded = self.words("")
        self._rest = theme.frame(self.body)
        self._rest.pack(fill="x")
        self._fill_rest()
        self.show_loaded(count, begins)
        self._add_forms()
        self._add_file()
        self.bind("<Configure>", lambda event: self._place_browse(), add="+")
        self.ready(self.forms[self._form])

    def _fill_rest(self) -> None:
        """What is said and offered while there is more than is loaded."""
        t = self.theme
        words = texts.EXPORT_NOT_ALL if self._on_load_all else f"{texts.EXPORT_NOT_ALL} {texts.EXPORT_SCROLL}"
        label = t.label(self._rest, words, 12, t.palette.dim)
        label.pack(fill="x")
        self.wrap(label)
        self.load_all = t.button(self._rest, texts.EXPORT_LOAD_ALL, self._load, "Plain.TButton")
        if self._on_load_all:
            self.load_all.pack(anchor="w", pady=(t.px(8), 0))

    def _add_forms(self) -> None:
        self.heading(texts.EXPORT_FORM)
        self.setvar(_FORM, self._form)
        self.forms = {
            form: self.theme.radio(self.body, words, form, _FORM, self._choose)
            for form, words in zip(FORMS, (texts.EXPORT_TEXT, texts.EXPORT_HTML, texts.EXPORT_JSON), strict=True)
        }
        for radio in self.forms.values():
            radio.pack(fill="x")

    def _add_file(self) -> None:
        t = self.theme
        self.heading(texts.EXPORT_FILE)
        line = t.frame(self.body)
        line.pack(fill="x")
        line.columnconfigure(0, weight=1)
        self.path = t.entry(line, str(default_path(self._title, self._form, _home())))
        self.path.configure(width=1)  # as wide as there is room
        self.path.grid(row=0, column=0, sticky="ew")
        self.browse = t.button(line, texts.BROWSE, self._browse, "Plain.TButton")
        self._place_browse()
        self.path.bind("<Return>", lambda event: self._go())
        self.problem = self.words("", 13, t.palette.err, gap=(8, 0))
        self.words(texts.EXPORT_NOT_ENCRYPTED, 12, t.palette.warn, gap=(4, 0))
        self.cancel, self.go = self.buttons(
            (texts.CANCEL, self.close, "Plain.TButton"), (texts.EXPORT_GO, self._go, "Accent.TButton")
        )

    def _place_browse(self) -> None:
        px, beside = self.theme.px, self.content_width() >= self.theme.px(_BESIDE)
        if beside:
            self.browse.grid(row=0, column=1, sticky="", padx=(px(8), 0), pady=0)
        else:
            self.browse.grid(row=1, column=0, sticky="w", padx=0, pady=(px(8), 0))

    # ------------------------------------------------------------------ what is loaded
    def show_loaded(self, count: int, begins: bool) -> None:
        """So many messages are loaded now; ``begins``: that is all there are."""
        self.loaded.configure(text=texts.export_words(self._title, count))
        if begins:
            self._rest.pack_forget()

    def _load(self) -> None:
        if self._on_load_all is not None:
            self.load_all.configure(text=texts.EXPORT_LOADING)
            self.load_all.state(["disabled"])
            self._on_load_all()

    # ------------------------------------------------------------------ the file
    def _choose(self, form: str) -> None:
        written = self.path.get()
        self._form = form
        if Path(written).suffix in _ENDINGS.values():
            self._put(str(Path(written).with_suffix(_ENDINGS[form])))

    def _put(self, path: str) -> None:
        self.path.delete(0, "end")
        self.path.insert(0, path)
        self.path.xview_moveto(1.0)  # the name matters more than where it begins

    def _dialogue(self, suggested: str) -> str:
        before = Path(suggested)
        # Whether to replace a file is asked here, for typed names too.
        return filedialog.asksaveasfilename(
            parent=self, initialdir=str(before.parent), initialfile=before.name, title=texts.EXPORT_TITLE,
            confirmoverwrite=False,
        )

    def _browse(self) -> None:
        chosen = self._browse_for(self.path.get())
        if chosen and self.winfo_exists():  # it may be gone: the dialogue lets the program go on
            self._put(chosen)
            self.go.focus_set()

    def _go(self) -> None:
        if self.go.instate(["disabled"]):
            return
        path, problem = self._checked(self.path.get().strip())
        self.show_error(problem)
        if path is not None and not problem:
            self.go.state(["disabled"])  # until the owner says how it went
            self._on_export(self._form, path)

    def _checked(self, written: str) -> tuple[Path | None, str]:
        """(where to write, what stands against it or "")."""
        if not written:
            return None, texts.EXPORT_NEED_NAME
        try:
            path = _home() / Path(written).expanduser()
            if path.is_dir():
                return None, texts.EXPORT_NEED_NAME
            if not path.parent.is_dir():
                return None, texts.export_no_folder(str(path.parent))
            exists = path.exists()
        except (OSError, RuntimeError, ValueError):  # forbidden, too long, a home of nobody, a zero byte
            return None, texts.EXPORT_NEED_NAME
        if exists and self._asked_about != path:
            # Asked in the sheet itself: the second press is the answer.
            self._asked_about = path
            return None, texts.export_exists(path.name)
        return path, ""

    def show_error(self, sentence: str) -> None:
        """Why it did not work, or ""; another try can be made."""
        self.problem.configure(text=sentence)
        self.go.state(["!disabled"])
        if sentence:
            self.update_idletasks()
            self.area.see(self.problem)
