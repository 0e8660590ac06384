"""What one line of a list shows: conversations and people of the sidebar, entries of the jump list. Values, no Tk.

Names and titles here are cleaned already: they can be drawn as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from securechat.client.events import ConversationKind, Presence

__all__ = ["ConversationLine", "PersonLine", "unread_words"]


@dataclass(frozen=True)
class ConversationLine:
    """``unread``: posts by others after the read mark; ``more``: there are more than are loaded; ``mention``: one of
    them names us. ``title`` is as in headers ("# lobby", "bob")."""

    conv: bytes
    kind: ConversationKind
    title: str
    unread: int = 0
    more: bool = False
    mention: bool = False
    open: bool = False


@dataclass(frozen=True)
class PersonLine:
    """``username`` is the real name, ``name`` what is shown (it may end in "(you)"). ``conv``: the direct conversation
    with them if it is open here, with its ``unread``; ``is_open``: it is the one being looked at."""

    username: str
    name: str
    fp: bytes | None
    presence: Presence
    you: bool
    ignored: bool = False
    conv: bytes | None = None
    unread: int = 0
    is_open: bool = False


def unread_words(unread: int, more: bool = False) -> str:
    """A badge's text: "" for none, at most two digits."""
    if unread <= 0:
        return ""
    if unread > 99:
        return "99+"
    return f"{unread}+" if more else str(unread)
