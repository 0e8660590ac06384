"""Which conversation is which: conv ids and rosters of docs/protocol.md §5."""

from __future__ import annotations

import hashlib

from securechat.wire.objects import ZERO32

__all__ = ["DIRECT", "LOBBY", "LOBBY_ROSTER", "ROOM", "direct_id", "direct_roster", "lobby_id"]

LOBBY, DIRECT, ROOM = 0, 1, 2
LOBBY_ROSTER = ZERO32


def _hash(label: str, data: bytes) -> bytes:
    # Conv ids are public names, not secrets: the labelled SHA-256 of §2 without any key.
    return hashlib.sha256(b"chat1 " + label.encode("ascii") + b"\0" + data).digest()


def _string(value: str) -> bytes:
    data = value.encode("utf-8")
    return len(data).to_bytes(4, "big") + data


def lobby_id(server_id: bytes) -> bytes:
    """The lobby of the server with this id (16 bytes)."""
    return _hash("lobby", server_id)


def direct_id(first: str, second: str) -> bytes:
    """The direct conversation of two users; the same whoever is named first."""
    low, high = sorted((first.encode("utf-8"), second.encode("utf-8")))
    return _hash("dm", _string(low.decode()) + _string(high.decode()))


def direct_roster(first_fp: bytes, second_fp: bytes) -> bytes:
    """The roster of a direct conversation of two fingerprints."""
    return _hash("dm-roster", min(first_fp, second_fp) + max(first_fp, second_fp))
