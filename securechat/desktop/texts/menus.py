"""Words of the menu of a message."""

from __future__ import annotations

__all__ = [
    "MENU_COPY_LINK", "MENU_COPY_TEXT", "MENU_DELETE", "MENU_EARLIER", "MENU_EDIT", "MENU_MORE_REACTIONS",
    "MENU_PROTECTION", "MENU_REACT", "MENU_REPLY", "menu_ignore",
]

MENU_REPLY = "Reply"
MENU_REACT = "React"
MENU_MORE_REACTIONS = "More…"
MENU_EDIT = "Edit"
MENU_DELETE = "Delete"
MENU_COPY_TEXT = "Copy text"
MENU_COPY_LINK = "Copy link"
MENU_EARLIER = "Earlier texts"
MENU_PROTECTION = "How is this protected?"


def menu_ignore(name: str, ignored: bool) -> str:
    """Ignore somebody, or no longer if they are ``ignored`` now."""
    return f"Stop ignoring {name}" if ignored else f"Ignore {name}"
