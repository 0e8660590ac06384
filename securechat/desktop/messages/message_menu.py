"""The menu of one message: what can be done with it, and nothing that cannot.

Owns which entries there are. What they do is for `MessageActions`; knows neither client nor message list.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Look
from securechat.wire.objects import PostKind

__all__ = ["COMMON_REACTIONS", "MessageActions", "MessageMenu"]

COMMON_REACTIONS: Final = ("👍", "❤️", "😂", "🎉", "😮", "😢")
_TEXTS: Final = frozenset({PostKind.TEXT, PostKind.REPLY})


class MessageActions(Protocol):
    """What the menu asks of its owner. Main thread; none may block."""

    def reply(self, message: Message) -> None:
        """Write an answer that quotes it."""

    def react(self, message: Message, emoji: str) -> None:
        """React with ``emoji``, or take that reaction back."""

    def react_more(self, message: Message) -> None:
        """Choose among all emoji."""

    def edit(self, message: Message) -> None:
        """Write the own message anew."""

    def delete(self, message: Message) -> None:
        """Take the own message back."""

    def copy_text(self, message: Message) -> None:
        """Its text to the clipboard."""

    def copy_words(self, words: str) -> None:
        """These words to the clipboard."""

    def earlier(self, message: Message) -> None:
        """Show the texts before its edits."""

    def protection(self, message: Message) -> None:
        """Show how it is protected."""

    def ignore(self, username: str, ignored: bool) -> None:
        """Ignore its author, or no longer."""


class MessageMenu:
    """Made once for a window; each `show` builds the entries anew. Main thread.

    Reachable for tests: ``menu``, ``reactions`` (the menu inside it).
    """

    def __init__(self, master: tk.Misc, theme: Theme, actions: MessageActions, look: Look) -> None:
        self._actions, self._look = actions, look
        self.menu = theme.menu(master)
        self.reactions = theme.menu(self.menu)

    def show(
        self, message: Message, x_root: int, y_root: int, *, link: str = "", can_older: bool = True,
        ignored: bool | None = None,
    ) -> None:
        """Pop up at a place of the screen. ``link``: the address that is pointed at. ``can_older``: its earlier texts
        can be shown. ``ignored``: its author is (None: as the look says)."""
        self.fill(message, link=link, can_older=can_older, ignored=ignored)
        if self.menu.index("end") is None:
            return  # nothing can be done with it
        try:
            self.menu.tk_popup(x_root, y_root)
        finally:
            self.menu.grab_release()

    def fill(
        self, message: Message, *, link: str = "", can_older: bool = True, ignored: bool | None = None
    ) -> None:
        """The entries for a message, without showing them. See `show`."""
        actions = self._actions
        self.menu.delete(0, "end")
        here = not (message.problem or message.deleted or message.deleted_by_operator)
        known = bool(message.post_id) and message.state is not MessageState.REFUSED
        readable = here and not message.newer
        if here and known:
            self._add(texts.MENU_REPLY, partial(actions.reply, message), "R")
            self._add_reactions(message)
            if message.mine and message.kind in _TEXTS:
                self._add(texts.MENU_EDIT, partial(actions.edit, message), "E")
            if message.mine:
                self._add(texts.MENU_DELETE, partial(actions.delete, message), "Del")
        self._rule()
        if readable:
            self._add(texts.MENU_COPY_TEXT, partial(actions.copy_text, message), "Ctrl+C")
        if link:
            self._add(texts.MENU_COPY_LINK, partial(actions.copy_words, link))
        if readable and message.edited and message.earlier and can_older:
            self._add(texts.MENU_EARLIER, partial(actions.earlier, message))
        if known:
            self._add(texts.MENU_PROTECTION, partial(actions.protection, message), "Ctrl+Shift+E")
        if message.author and not message.mine:
            self._rule()
            is_ignored = message.author in self._look.ignored if ignored is None else ignored
            words = texts.menu_ignore(self._look.name(message.author), is_ignored)
            self._add(words, partial(actions.ignore, message.author, not is_ignored))
        self._trim()

    def _add_reactions(self, message: Message) -> None:
        self.reactions.delete(0, "end")
        for emoji in COMMON_REACTIONS:
            self.reactions.add_command(
                label=self._look.shield(emoji), command=partial(self._actions.react, message, emoji)
            )
        self.reactions.add_command(
            label=texts.MENU_MORE_REACTIONS, command=partial(self._actions.react_more, message), accelerator="+"
        )
        self.menu.add_cascade(label=texts.MENU_REACT, menu=self.reactions)

    def _add(self, label: str, command: Callable[[], None], keys: str = "") -> None:
        self.menu.add_command(label=label, command=command, accelerator=keys)

    def _rule(self) -> None:
        if self.menu.index("end") is not None:
            self.menu.add_separator()

    def _trim(self) -> None:
        """No line at the end, where nothing follows."""
        end = self.menu.index("end")
        if end is not None and self.menu.type(end) == "separator":
            self.menu.delete(end)
