"""The question at a first contact: is this really your server? Shows the fingerprint for comparison."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from securechat.desktop import texts
from securechat.desktop.form.form_model import fingerprint_groups
from securechat.desktop.look.theme import Theme
from securechat.rules.clean_text import clean

__all__ = ["FirstContactPanel"]


class FirstContactPanel(tk.Frame):
    """Two buttons, ``accept`` and ``cancel``; cancelling is what Escape and a hasty Return do."""

    def __init__(
        self, master: tk.Misc, theme: Theme, fingerprint: str, server_name: str, width: float, *,
        accept: Callable[[], None], cancel: Callable[[], None],
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        title = theme.label(self, texts.FIRST_CONTACT, 20, "", "bold")
        title.pack(fill="x")
        name = theme.label(self, clean(server_name, single_line=True), 14, p.dim)
        name.pack(fill="x", pady=(px(2), px(14)))
        numbers = tk.Text(
            self, height=4, width=24, font=theme.fixed(17), bg=p.card, fg=p.fg, bd=0, highlightthickness=px(2),
            highlightbackground=p.card, highlightcolor=p.accent, padx=px(16), pady=px(12), spacing3=px(3),
            selectbackground=p.accent, selectforeground=p.accent_fg, cursor="arrow",
        )
        numbers.tag_configure("middle", justify="center")
        numbers.insert("1.0", "\n".join(fingerprint_groups(fingerprint)), "middle")
        numbers.configure(state="disabled")
        numbers.pack(fill="x")
        self.numbers = numbers
        compare = theme.label(self, texts.COMPARE, 13)
        for label in (title, name, compare):
            label.configure(wraplength=px(width))
        compare.pack(fill="x", pady=px(14))
        self.accept = theme.button(self, texts.ACCEPT, accept, "Plain.TButton")
        self.cancel = theme.button(self, texts.CANCEL, cancel, "Accent.TButton")
        self.cancel.pack(fill="x")
        self.accept.pack(fill="x", pady=(px(8), 0))
        for widget in (numbers, self.accept, self.cancel):
            widget.bind("<Escape>", lambda event: cancel())
