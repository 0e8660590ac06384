"""How one message is protected: who could read it, whose signature held, which key opened it, and the bytes.

Draws a `Protection` in plain words, with what the server keeps beside the text. Nothing is made up: what is not known
is said to be unknown.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Final

from securechat.client.events import ConversationKind
from securechat.client.protection import Protection, Signature
from securechat.desktop import texts
from securechat.desktop.form.form_model import fingerprint_groups
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.harmless import is_blank
from securechat.desktop.messages.rows import Look
from securechat.desktop.sheets.reading_box import BytesBox, ReadingBox
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["ProtectionSheet", "sentences"]

_BESIDE: Final = 620  # design pixels from which text and bytes stand side by side


def sentences(protection: Protection, look: Look) -> list[tuple[str, str]]:
    """(heading, words) for each of the three questions."""
    key_title = texts.WHICH_KEY_SEALS if protection.signature is Signature.NOT_SENT else texts.WHICH_KEY
    return [
        (texts.WHO_READS, _readers(protection, look)), (texts.WHOSE_SIGNATURE, _signature(protection, look)),
        (key_title, _key(protection, look)),
    ]


def _readers(protection: Protection, look: Look) -> str:
    if protection.kind is ConversationKind.LOBBY and protection.server_reads:
        return texts.READERS_LOBBY
    names = [look.name(name) for name in protection.readers]
    if protection.server_reads:
        return texts.readers_and_server(names) if names else texts.SERVER_READS
    return texts.readers(names) if names else texts.READERS_UNKNOWN


def _signature(protection: Protection, look: Look) -> str:
    author = look.name(protection.author)
    if protection.signature is Signature.NOT_SENT:
        return texts.SIGNATURE_OWN
    former = protection.signature is Signature.FORMER
    words = texts.signature_former(author) if former else texts.signature_valid(author)
    if protection.author == look.me:
        return words if former else f"{words} {texts.OWN_KEY}"
    return f"{words} {texts.verified(author) if protection.verified else texts.not_verified(author)}"


def _key(protection: Protection, look: Look) -> str:
    stream = protection.stream_id.hex()[:16]
    if protection.signature is Signature.NOT_SENT:
        return texts.sealed_with(stream)
    if not stream:
        return texts.KEY_OFFLINE
    return texts.opened_with(look.name(protection.stream_author), stream, protection.prekey_id)


class ProtectionSheet(Sheet):
    """Reachable for tests: ``text``, ``stored``, ``sealed`` (the three boxes)."""

    def __init__(
        self, master: tk.Misc, theme: Theme, look: Look, protection: Protection, on_close: Callable[[], None]
    ) -> None:
        super().__init__(master, theme, texts.PROTECTION_TITLE, on_close, width=860)
        p, waiting = theme.palette, protection.signature is Signature.NOT_SENT
        if protection.server_reads:
            self.words(f"●  {texts.SERVER_READS}", 14, p.warn, "bold", gap=(0, 0))
        else:
            self.words(f"●  {texts.ONLY_READERS}", 14, p.ok, "bold", gap=(0, 0))
        if protection.edited:
            self.words(texts.EDITED_SINCE, 14, gap=(6, 0))
        for heading, words in sentences(protection, look):
            self.heading(heading)
            self.words(words, 14, gap=(0, 2))
            if heading == texts.WHOSE_SIGNATURE and protection.author_fp:
                groups = "  ".join(fingerprint_groups(protection.author_fp.hex()))
                self.words(groups, 12, p.dim, gap=(2, 2)).configure(font=theme.fixed(12))
        self._beside = theme.frame(self.body)
        self._beside.pack(fill="x", pady=(theme.px(14), 0))
        self._arranged_for = 0
        stored = texts.stored_bytes(len(protection.stored), in_clear=protection.server_reads, waiting=waiting)
        self._titles = [theme.label(self._beside, words, 12, p.dim, "bold") for words in (texts.TEXT_AS_SIGNED, stored)]
        self.text = ReadingBox(self._beside, self)
        shown = look.body(protection.text)
        self.text.show(texts.EMPTY_TEXT if is_blank(shown) else shown)
        self.stored = BytesBox(self._beside, self, protection.stored, texts.NOTHING_STORED)
        self._arrange_boxes()
        self.heading(texts.sealed_bytes(len(protection.sealed), waiting=waiting))
        self.sealed = BytesBox(self.body, self, protection.sealed, texts.SEALED_OFFLINE)
        self.sealed.pack(fill="x")
        if protection.sealed:
            self.words(texts.SEALED_WAITS if waiting else texts.SEALED_WORDS, 12, p.dim, gap=(8, 0))
        self.bind("<Configure>", lambda event: self._arrange_boxes(), add="+")
        self.ready(self.close_button)

    def _arrange_boxes(self) -> None:
        """Text and bytes beside each other, or below where the window is narrow."""
        px, width = self.theme.px, self.content_width()
        if width == self._arranged_for:
            return
        self._arranged_for, beside = width, width >= px(_BESIDE)
        for title in self._titles:
            title.configure(wraplength=max(1, (width - px(16)) // 2 if beside else width))
        self._beside.columnconfigure(0, weight=1, uniform="half" if beside else "")
        self._beside.columnconfigure(1, weight=1 if beside else 0, uniform="half" if beside else "")
        for place, (title, box) in enumerate(zip(self._titles, (self.text, self.stored), strict=True)):
            row, column = (0, place) if beside else (2 * place, 0)
            gap = (px(16) if column else 0, 0)
            title.grid(row=row, column=column, sticky="sw", padx=gap, pady=(px(10) if row else 0, px(6)))
            box.grid(row=row + 1, column=column, sticky="nsew", padx=gap)
