"""Words of the left column, the jump list, and notices outside the window."""

from __future__ import annotations

__all__ = [
    "JUMP", "JUMP_HINT", "JUMP_KEYS", "MENTIONED_YOU", "NOTHING_FOUND", "WROTE", "ignored_name", "mention_badge",
    "messages_in", "notice_title",
]

JUMP = "Jump to…"
JUMP_KEYS = "Ctrl+K"
JUMP_HINT = "Type a name. ↑ ↓ choose, Enter opens, Esc closes."
NOTHING_FOUND = "No room and nobody here is called that; type fewer letters."
WROTE = "wrote a message"
MENTIONED_YOU = "mentioned you"


def ignored_name(name: str) -> str:
    """A person whom we ignore, in lists."""
    return f"{name} · ignored"


def mention_badge(count: str) -> str:
    """The badge of unread messages one of which names us."""
    return f"@ {count}"


def notice_title(author: str, place: str) -> str:
    """Who wrote, and in which room."""
    return f"{author} in {place}"


def messages_in(count: int, place: str) -> str:
    """Several notices in one; ``place`` is "" if they come from several."""
    return f"{count} messages in {place}" if place else f"{count} new messages"
