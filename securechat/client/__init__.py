"""The client as a library: everything between a person's program and a server, without any window.

`ChatClient` is the door; `events` holds what it tells, `settings` what it remembers in clear, and `sentences` turns its
errors into words. `one_line` makes a text safe to print. Nothing here imports tkinter or the server.
"""

from securechat.client.chat_client import ChatClient
from securechat.client.sentences import explain
from securechat.client.settings import Settings
from securechat.rules.clean_text import one_line

__all__ = ["ChatClient", "Settings", "explain", "one_line"]
