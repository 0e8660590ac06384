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
from securechat.desktop.form.fields import CapsHint, Field, Reveal, StrengthLine
from securechat.desktop.form.first_contact import FirstContactPanel
from securechat.desktop.form.form_model import FormModel
from securechat.desktop.look.scroll_area import ScrollArea
from securechat.desktop.look.theme import Theme

__all__ = ["ConnectForm", "FormActions"]

WIDTH = 380  # design pixels of the column, if the window is wide enough
_PAD = (32, 28)  # design pixels between the card's edge and the column
_MARGIN = 16  # design pixels between the window's edge and the card
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
        self.busy, self._to_mend = False, ""
        self._rows: dict[str, Field] = {}
        self._area = ScrollArea(self, theme, theme.palette.side)
        self._area.pack(fill="both", expand=True)
        self._card = theme.card(self._area.inner, "Card.TFrame", _PAD)
        self._card.pack(padx=theme.px(_MARGIN), pady=theme.px(_MARGIN))
        self.fields = theme.frame(self._card)
        self.fields.pack()
        self._build()
        self.show_mode()
        self._area.attach(self)
        self.bind("<Configure>", self._fit)

    # ------------------------------------------------------------------ building
    def _build(self) -> None:
        t, p = self.theme, self.theme.palette
        self._spacer = tk.Frame(self.fields, bg=p.bg, width=t.px(WIDTH), height=1)
        self._spacer.pack()
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
        self._build_password_help()
        self.warning = t.label(self.fields, texts.NO_RECOVERY, 12, p.dim)
        self.error = t.label(self.fields, "", 13, p.err)
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
        field = self._rows[name] = Field(
            master, self.theme, words, getattr(self.model, name), secret=secret, hint=hint
        )
        entry = self.entries[name] = field.entry
        if not secret:  # what this display cannot draw does not get in; hidden texts are drawn as dots
            accept = self.register(lambda text: self._shield(text) == text)
            entry.configure(validate="key", validatecommand=(accept, "%P"))
        entry.bind("<Return>", lambda event: self._submit())

    def _build_password_help(self) -> None:
        t, row = self.theme, self._rows["password"]
        hidden = [self.entries["password"], self.entries["again"]]
        # Beside the first of them, but by Tab behind all: who goes on to the next field must not land on it.
        self.reveal = Reveal(self.fields, t, hidden)
        self.reveal.pack(in_=row.line, side="left", padx=(t.px(6), 0))
        self.strength, self.caps = StrengthLine(row, t), CapsHint(row, t)
        self.caps.pack(fill="x", pady=(t.px(4), 0))
        for entry in hidden:
            self.caps.watch(entry)
        hidden[0].bind("<KeyRelease>", lambda event: self._judge(), add="+")

    def _build_progress(self) -> None:
        t = self.theme
        self._waiting = t.frame(self.fields)
        self.progress = t.label(self._waiting, "", 13, t.palette.dim)
        self.progress.pack(fill="x")
        self._bar = ttk.Progressbar(
            self._waiting, mode="indeterminate", style=t.name("Slim.Horizontal.TProgressbar"), length=t.px(100)
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
        self.strength.pack_forget()
        if self.model.register:
            self.strength.pack(fill="x", before=self.caps)
            self._judge()
            self.warning.pack(fill="x", pady=(t.px(12), 0))
        if self.error["text"] and self._to_mend in shown:
            below = self._rows[self._to_mend]
            self.error.pack(in_=below.master, fill="x", pady=(t.px(6), 0), after=below)
        elif self.error["text"]:
            self.error.pack(in_=self.fields, fill="x", pady=(t.px(12), 0))
        self.submit.configure(text=texts.REGISTER if self.model.register else texts.LOG_IN)
        if self.busy:
            self._waiting.pack(fill="x", pady=(t.px(16), 0))
        else:
            self.submit.pack(fill="x", pady=(t.px(16), 0))
        self.update_idletasks()  # Tab passes over a field that is not on the screen yet

    def show_error(self, sentence: str, field: str = "", *, calm: bool = False) -> None:
        """A sentence, below ``field`` if it is about one, and the focus where it is to be mended.

        ``calm``: nothing went wrong.
        """
        p, self._to_mend = self.theme.palette, field
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
            self._card, self.theme, fingerprint, self._shield(server_name), self._width() / self.theme.scale,
            accept=lambda: self._leave_first_contact(fingerprint), cancel=lambda: self._leave_first_contact(""),
        )
        self.panel.pack()
        self._area.attach(self.panel)
        self.panel.cancel.focus_set()  # accepting is never the default

    def _width(self) -> int:
        """Pixels of the column: as designed, or what the window has room for."""
        px, window = self.theme.px, self.winfo_width()
        room = window - 2 * px(_MARGIN + _PAD[0]) - px(12) if window > 1 else px(WIDTH)
        return max(px(180), min(px(WIDTH), room))

    def _fit(self, event: tk.Event[tk.Misc]) -> None:
        width = self._width()
        self._spacer.configure(width=width)
        for label in (self.warning, self.error, self.progress, self.strength.label, self.caps.label):
            label.configure(wraplength=width)

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

    def _judge(self) -> None:
        known = (self.entries["username"].get(), self.entries["server"].get())
        self.strength.show(self.entries["password"].get(), known)

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
