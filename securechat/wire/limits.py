"""Every fixed limit of docs/protocol.md §11, with its unit. What can be computed from another is computed.

The limits that an operator may change live in `securechat.server.options`.
"""

from __future__ import annotations

import re

__all__ = [
    "CONTACTS",
    "DAY_MS",
    "DEFAULT_PORT",
    "ENVELOPE",
    "FILE",
    "FILE_CHUNK",
    "FRAME_AFTER_LOGIN",
    "FRAME_BEFORE_LOGIN",
    "GRANT",
    "GRANTS_PER_FRAME",
    "HEADER",
    "HISTORY_PAGE",
    "IN_FLIGHT",
    "KEYS_PER_FRAME",
    "LOGIN_TRIES",
    "PASSWORD_CHARACTERS",
    "POST_PADDING",
    "PREKEY_DAYS",
    "REACTION",
    "ROOMS_IN_VAULT",
    "ROOM_ENTRIES",
    "ROOM_MEMBERS",
    "SERVER_NAME",
    "SERVER_USERNAME",
    "STREAM_MAX_AGE_MS",
    "STREAM_MAX_EARLY_MS",
    "STREAM_POSTS",
    "STREAM_ROTATE_MS",
    "STRING",
    "TEXT",
    "TITLE",
    "TYPING_EVERY_S",
    "TYPING_SHOWN_S",
    "USERNAME",
    "VAULT",
    "VERSION",
    "is_username",
]

VERSION = 1
DEFAULT_PORT = 5050
SERVER_USERNAME = "@server"

# Bytes of a frame's length field: everything after the length itself.
FRAME_BEFORE_LOGIN = 32 * 1024
FRAME_AFTER_LOGIN = 256 * 1024

STRING = 255
TEXT = 16_384
TITLE = 255
REACTION = 32
SERVER_NAME = 64
PASSWORD_CHARACTERS = 10

HEADER = 32 + 32 + 32 + 8 + 16 + 32 + 64
GRANT = 32 + 32 + 4 + 384 + 1088 + 48
POST_PADDING = 256
# conv, author, stream_id, n, after, time, kind, body length: what a post has besides body and signature
_POST_FIXED = 32 + 32 + 32 + 8 + 32 + 8 + 1 + 4
# The largest body is a reply or an edit: a target and a text.
_POST_MAX = _POST_FIXED + 32 + TEXT + 64
_PADDED_MAX = -(-(_POST_MAX + 1) // POST_PADDING) * POST_PADDING
ENVELOPE = 32 + 32 + 8 + _PADDED_MAX + 16

VAULT = 240 * 1024
CONTACTS = 1500
ROOMS_IN_VAULT = 500
ROOM_MEMBERS = 256
ROOM_ENTRIES = 10_000
FILE = 1 << 30
FILE_CHUNK = 65_536

GRANTS_PER_FRAME = 100
KEYS_PER_FRAME = 100
HISTORY_PAGE = 100
IN_FLIGHT = 64
LOGIN_TRIES = 5

DAY_MS = 24 * 3600 * 1000
# A new STREAM is refused if created over 25 h before or 5 min after the server's clock; a post's time must lie in
# the same range around its stream's creation (§7, §8).
STREAM_MAX_AGE_MS = 25 * 3600 * 1000
STREAM_MAX_EARLY_MS = 5 * 60 * 1000
STREAM_ROTATE_MS = DAY_MS
STREAM_POSTS = 1000
PREKEY_DAYS = 7
TYPING_EVERY_S = 4.0
TYPING_SHOWN_S = 6.0

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


def is_username(name: str) -> bool:
    """True if `name` is one that a person may register (so never "@server")."""
    return USERNAME.fullmatch(name) is not None
