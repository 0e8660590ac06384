"""What the message store hands out: rows as frozen objects. Plain bytes, text and numbers; no queries, no
meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "KIND_DIRECT",
    "KIND_LOBBY",
    "KIND_ROOM",
    "Conversation",
    "StoredPost",
    "StoredStream",
    "StoredVault",
]

KIND_LOBBY, KIND_DIRECT, KIND_ROOM = 0, 1, 2
"""Kinds of conversation, as in LIST_CONVERSATIONS (docs/protocol.md §11)."""


@dataclass(frozen=True, slots=True)
class StoredPost:
    """One numbered post. ``data``: the lobby's signed post, elsewhere the envelope. ``server_time`` in ms."""

    conv: bytes
    seq: int
    stream_id: bytes
    n: int
    server_time: int
    author: str
    digest: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A stream as its author announced it. ``created`` in ms."""

    stream_id: bytes
    conv: bytes
    author_fp: bytes
    roster: bytes
    created: int
    header: bytes


@dataclass(frozen=True, slots=True)
class StoredVault:
    """One sealed vault. ``prekey``: the encoded prekey that came with it, or empty."""

    version: int
    oldest_prekey: int
    data: bytes
    prekey: bytes = b""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of a user's list. ``other`` is empty except in direct conversations."""

    conv: bytes
    kind: int
    other: str
    last_seq: int
    read_seq: int
