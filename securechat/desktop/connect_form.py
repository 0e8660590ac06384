"""The form that leads into a chat: server, name, password; or registering; and what came of it.

Draws a `FormModel` and tells its owner what the person wants. Errors appear beside the form, and what was typed stays.
Knows no client and no network.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

from securechat.desktop import texts
from securechat.desktop.first_contact import FirstContactPanel
from securechat.desktop.form_model import FormModel
from securechat.desktop.scroll_area import ScrollArea
from securechat.desktop.theme import Theme

__all__ = ["ConnectForm", "FormActions"]

WIDTH = 380  # design pixels of the column
MODE = "securechat_mode"  # the Tcl variable behind the two tabs


class FormActions(Protocol):
    """What the form asks of its owner. All in the main thread."""

    def connect(self, accept_fingerprint: str = "") -> None:
        """Connect with what the model holds."""

    def cancel_connect(self) -> None:
        """Stop the connect under way."""


class ConnectForm(tk.Frame):
    """Reachable for tests: ``entries`` by field name, ``submit``, ``cancel``, ``error``, ``progress``, ``panel``."""

    def __init__(
        self, master: tk.Misc, theme: Theme, model: FormModel, actions: FormActions,
        shield: Callable[[str], str] = lambda text: text,
    ) -> None:
        super().__init__(master, bg=theme.palette.side)
        self.theme, self.model, self._actions, self._shield = theme, model, actions, shield
        self.entries: dict[str, ttk.Entry] = {}
        self.panel: FirstContactPanel | None = None
        self.busy = False
        self._rows: dict[str, tk.Frame] = {}
        self._area = ScrollArea(self, theme, theme.palette.side)
        self._area.pack(fill="both", expand=True)
        self._card = theme.card(self._area.inner, "Card.TFrame", (32, 28))
        self._card.pack(padx=theme.px(16), pady=theme.px(16))
        self.fields = theme.frame(self._card)
        self.fields.pack()
        self._build()
        self.show_mode()
        self._area.attach(self)

    # ------------------------------------------------------------------ building
    def _build(self) -> None:
        t, p = self.theme, self.theme.palette
        tk.Frame(self.fields, bg=p.bg, width=t.px(WIDTH), height=1).pack()
        t.label(self.fields, texts.PRODUCT, 24, "", "bold").pack(fill="x")
        t.label(self.fields, texts.WELCOME, 13, p.dim).pack(fill="x", pady=(t.px(2), t.px(14)))
        self._build_tabs()
        body = t.frame(self.fields)
        body.pack(fill="x")
        self._field(body, "server", texts.SERVER)
        self._field(body, "username", texts.NAME)
        self._field(body, "password", texts.PASSWORD, secret=True)
        self._field(body, "again", texts.PASSWORD_AGAIN, secret=True)
        self._field(body, "invite", texts.INVITE, hint=texts.INVITE_HINT)
        self.warning = t.label(self.fields, texts.NO_RECOVERY, 12, p.dim)
        self.warning.configure(wraplength=t.px(WIDTH))
        self.error = t.label(self.fields, "", 13, p.err)
        self.error.configure(wraplength=t.px(WIDTH))
        self.submit = t.button(self.fields, "", self._submit, "Accent.TButton")
        self._build_progress()

    def _build_tabs(self) -> None:
        t = self.theme
        tabs = t.frame(self.fields)
        tabs.pack(fill="x", pady=(0, t.px(6)))
        self.tabs: dict[str, ttk.Radiobutton] = {}
        for column, (value, words) in enumerate((("login", texts.LOG_IN), ("register", texts.REGISTER))):
            tab = ttk.Radiobutton(
                tabs, text=words, value=value, variable=MODE, command=self._chosen,  # type: ignore[arg-type]
                style=t.name("Tab.TRadiobutton"),
            )
            tab.grid(row=0, column=column, sticky="ew", padx=(0 if column == 0 else t.px(6), 0))
            tabs.columnconfigure(column, weight=1, uniform="tabs")
            self.tabs[value] = tab
            for key in ("<Left>", "<Right>"):
                tab.bind(key, self._other_tab)
        self._show_chosen()

    def _field(self, master: tk.Frame, name: str, words: str, *, secret: bool = False, hint: str = "") -> None:
        t = self.theme
        row = self._rows[name] = t.frame(master)
        title = t.frame(row)
        title.pack(fill="x", pady=(t.px(9), t.px(4)))
        t.label(title, words, 12, "", "bold").pack(side="left")
        if hint:
            t.label(title, hint, 12, t.palette.dim).pack(side="right")
        line = t.frame(row)
        line.pack(fill="x")
        entry = self.entries[name] = ttk.Entry(
            line, style=t.name("Round.TEntry"), font=t.font(14), show="•" if secret else ""
        )
        entry.pack(side="left", fill="x", expand=True)
        entry.insert(0, getattr(self.model, name))
        if not secret:  # what this display cannot draw does not get in; hidden texts are drawn as dots
            accept = self.register(lambda text: self._shield(text) == text)
            entry.configure(validate="key", validatecommand=(accept, "%P"))
        entry.bind("<Return>", lambda event: self._submit())
        if name == "password":
            self.reveal = t.button(line, texts.SHOW, self._toggle_secret)
            self.reveal.configure(width=6)
            self.reveal.pack(side="left", padx=(t.px(6), 0))

    def _build_progress(self) -> None:
        t = self.theme
        self._waiting = t.frame(self.fields)
        self.progress = t.label(self._waiting, "", 13, t.palette.dim)
        self.progress.pack(fill="x")
        self._bar = ttk.Progressbar(
            self._waiting, mode="indeterminate", style=t.name("Slim.Horizontal.TProgressbar"), length=t.px(WIDTH)
        )
        self._bar.pack(fill="x", pady=t.px(8))
        self.cancel = t.button(self._waiting, texts.CANCEL, self._actions.cancel_connect, "Plain.TButton")
        self.cancel.pack(fill="x")
        self.cancel.bind("<Escape>", lambda event: self._actions.cancel_connect())

    # ------------------------------------------------------------------ what shows
    def show_mode(self) -> None:
        """Show the fields of logging in, or of registering."""
        t = self.theme
        shown = ["server", "username", "password"] + (["again", "invite"] if self.model.register else [])
        for name, row in self._rows.items():
            row.pack_forget()
            if name in shown:
                row.pack(fill="x")
        for widget in (self.warning, self.error, self.submit, self._waiting):
            widget.pack_forget()
        if self.model.register:
            self.warning.pack(fill="x", pady=(t.px(12), 0))
        if self.error["text"]:
            self.error.pack(fill="x", pady=(t.px(12), 0))
        self.submit.configure(text=texts.REGISTER if self.model.register else texts.LOG_IN)
        if self.busy:
            self._waiting.pack(fill="x", pady=(t.px(16), 0))
        else:
            self.submit.pack(fill="x", pady=(t.px(16), 0))
        self.update_idletasks()  # Tab passes over a field that is not on the screen yet

    def show_error(self, sentence: str, field: str = "", *, calm: bool = False) -> None:
        """A sentence beside the form, and the focus where it is to be mended. ``calm``: nothing went wrong."""
        p = self.theme.palette
        self._set_busy(False)
        self.error.configure(text=sentence, fg=p.dim if calm else p.err)
        self.show_mode()
        if sentence:
            self.focus_first(field)

    def show_progress(self, sentence: str) -> None:
        """Connecting: the fields rest, a bar moves, and it can be cancelled."""
        self.progress.configure(text=sentence)
        if not self.busy:
            self.error.configure(text="")
            self._set_busy(True)
            self.show_mode()
            self.cancel.focus_set()

    def show_first_contact(self, fingerprint: str, server_name: str) -> None:
        """The fingerprint of a server that is not known here, to be compared."""
        self._set_busy(False)
        self.fields.pack_forget()
        self.panel = FirstContactPanel(
            self._card, self.theme, fingerprint, self._shield(server_name), WIDTH,
            accept=lambda: self._leave_first_contact(fingerprint), cancel=lambda: self._leave_first_contact(""),
        )
        self.panel.pack()
        self._area.attach(self.panel)
        self.panel.cancel.focus_set()  # accepting is never the default

    def destroy(self) -> None:
        """Keep what was typed, and stop the bar: its timer would outlive it."""
        self.read()
        self._bar.stop()
        super().destroy()

    def focus_first(self, field: str = "") -> None:
        """Put the cursor where something is to be typed."""
        wanted = field or next((n for n in ("server", "username", "password") if not self.entries[n].get()), "password")
        self.entries[wanted].focus_set()
        self.entries[wanted].select_range(0, "end")

    # ------------------------------------------------------------------ what the person does
    def read(self) -> None:
        """Put what the fields hold into the model."""
        for name, entry in self.entries.items():
            setattr(self.model, name, entry.get())

    def _submit(self) -> None:
        if self.busy:
            return
        self.read()
        field, sentence = self.model.problem()
        if sentence:
            self.show_error(sentence, field)
        else:
            self._actions.connect()

    def _other_tab(self, event: tk.Event[tk.Misc]) -> None:
        self.model.register = not self.model.register
        self._show_chosen()
        self.show_mode()
        self.tabs[self.getvar(MODE)].focus_set()

    def _chosen(self) -> None:
        self.model.register = self.getvar(MODE) == "register"
        self.show_mode()

    def _show_chosen(self) -> None:
        self.setvar(MODE, "register" if self.model.register else "login")

    def _toggle_secret(self) -> None:
        hidden = str(self.entries["password"]["show"]) != ""
        for name in ("password", "again"):
            self.entries[name].configure(show="" if hidden else "•")
        self.reveal.configure(text=texts.HIDE if hidden else texts.SHOW)

    def _leave_first_contact(self, accepted: str) -> None:
        if self.panel is not None:
            self.panel.destroy()
            self.panel = None
        self.fields.pack()
        self.show_mode()
        if accepted:
            self._actions.connect(accepted)
        else:
            self.show_error(texts.CANCELLED, calm=True)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        for widget in (*self.entries.values(), *self.tabs.values(), self.reveal):
            widget.state(["disabled" if busy else "!disabled"])
        if busy:
            self._bar.start(30)
        else:
            self._bar.stop()
