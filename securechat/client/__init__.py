"""The client as a library: everything between a person's program and a server, without any window.

`ChatClient` is the door; `events` holds what it tells, `settings` what it remembers in clear, and `sentences` turns its
errors into words. `one_line` makes a text safe to print. Nothing here imports tkinter or the server.

The names are loaded when they are first used: a window that only needs the events paints before the cryptography,
which takes longer to load than it does, is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from securechat.client.chat_client import ChatClient
    from securechat.client.sentences import explain
    from securechat.client.settings import Settings
    from securechat.rules.clean_text import one_line

__all__ = ["ChatClient", "Settings", "explain", "one_line"]

_PLACES: Final = {
    "ChatClient": "securechat.client.chat_client",
    "Settings": "securechat.client.settings",
    "explain": "securechat.client.sentences",
    "one_line": "securechat.rules.clean_text",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value  # found without this function from now on
    return value
