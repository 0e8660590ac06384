"""Who somebody is here: picture and fingerprint of their key, whether they are here, and the choice to ignore them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

from securechat.client.events import Presence
from securechat.desktop import texts
from securechat.desktop.form.form_model import fingerprint_groups
from securechat.desktop.lists.lines import PersonLine
from securechat.desktop.look.images import person_colour
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["PersonActions", "PersonSheet"]


class PersonActions(Protocol):
    """What the sheet asks of its owner."""

    def ignore(self, username: str, ignored: bool = True) -> None:
        """Ignore somebody, or no longer."""


class PersonSheet(Sheet):
    """``ignore`` is the button, None for oneself."""

    def __init__(
        self, master: tk.Misc, theme: Theme, person: PersonLine, actions: PersonActions, on_close: Callable[[], None]
    ) -> None:
        super().__init__(master, theme, person.name, on_close, width=460)
        p, px = theme.palette, theme.px
        colour = p.people[person_colour(person.fp, p.people)] if person.fp else p.dim
        line = theme.frame(self.body)
        line.pack(fill="x", pady=(0, px(10)))
        picture = tk.Label(line, image=theme.images.avatar(px(64), person.fp, colour), bg=p.bg, bd=0)
        picture.pack(side="left", padx=(0, px(16)))
        presence = {
            Presence.ONLINE: texts.IS_ONLINE, Presence.AWAY: texts.IS_AWAY, Presence.OFFLINE: texts.IS_OFFLINE,
        }[person.presence]
        here = {Presence.ONLINE: p.ok, Presence.AWAY: p.warn, Presence.OFFLINE: p.dim}[person.presence]
        theme.label(line, "●", 12, here).pack(side="left", padx=(0, px(6)))
        theme.label(line, presence, 14, p.dim).pack(side="left")
        self.heading(texts.FINGERPRINT)
        if person.fp:
            self.words("\n".join(fingerprint_groups(person.fp.hex())), 14).configure(font=theme.fixed(14))
            self.words(texts.FINGERPRINT_WORDS, 12, p.dim)
        else:
            self.words(texts.NO_FINGERPRINT, 12, p.dim)
        self.ignore: ttk.Button | None = None
        if not person.you:
            self.words(texts.IGNORED_WORDS if person.ignored else texts.IGNORE_WORDS, 12, p.dim, gap=(8, 0))

            def change() -> None:
                self.close()
                actions.ignore(person.username, not person.ignored)

            words = texts.STOP_IGNORING if person.ignored else texts.IGNORE
            (self.ignore,) = self.buttons((words, change, "Plain.TButton"), at_left=True)
        self.ready(self.close_button)
