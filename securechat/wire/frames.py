"""Frames: `u32 length | u8 type | u32 request | body` (docs/protocol.md §3). Pure; bytes in, frames out.

A `FrameDecoder` belongs to one connection's reading thread. `encode_frame` may be called from anywhere.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from securechat.errors import LocalProtocolError, RemoteProtocolError
from securechat.wire import limits

__all__ = ["Frame", "FrameDecoder", "FrameType", "encode_frame"]

_HEAD = struct.Struct(">IBI")
_AFTER_LENGTH = 5  # type and request


class FrameType(IntEnum):
    """Types of docs/protocol.md §11."""

    HELLO = 0x01
    SERVER_HELLO = 0x02
    REGISTER = 0x03
    LOGIN = 0x04
    PUT_VAULT = 0x05
    GET_VAULT = 0x06
    LIST_SESSIONS = 0x07
    END_SESSIONS = 0x08
    GET_USER = 0x10
    GET_KEYS = 0x11
    LIST_USERS = 0x12
    SET_PRESENCE = 0x13
    OPEN_DIRECT = 0x20
    STREAM = 0x21
    GRANT = 0x22
    POST = 0x23
    GET_STREAM = 0x24
    LIST_CONVERSATIONS = 0x25
    HISTORY = 0x26
    TYPING = 0x27
    READ = 0x28
    ROOM_ENTRY = 0x30
    GET_ROOM = 0x31
    FILE_BEGIN = 0x40
    FILE_PUT = 0x41
    FILE_GET = 0x42
    FILE_DELETE = 0x43
    PING = 0x50
    DELIVER = 0x60
    ROOM_CHANGED = 0x62
    PUSH_PRESENCE = 0x63
    VAULT_CHANGED = 0x64
    PUSH_TYPING = 0x65
    PUSH_READ = 0x66
    BYE = 0x6F
    OK = 0x80
    ERR = 0x81


class Frame(NamedTuple):
    """One frame. `type` is a plain int: a newer peer may use types that `FrameType` does not list."""

    type: int
    request: int
    body: bytes


def encode_frame(frame_type: int, request: int, body: bytes = b"") -> bytes:
    """The bytes of one frame; LocalProtocolError if it is over the larger limit."""
    length = _AFTER_LENGTH + len(body)
    if length > limits.FRAME_AFTER_LOGIN:
        raise LocalProtocolError("A frame is over its limit.")
    return _HEAD.pack(length, frame_type, request) + body


class FrameDecoder:
    """Cuts a byte stream into frames. A length outside its limits is refused before anything is kept for it.

    `limit` is the largest accepted length field; set it to `limits.FRAME_AFTER_LOGIN` once logged in. At most one
    unfinished frame is buffered.
    """

    def __init__(self, limit: int = limits.FRAME_BEFORE_LOGIN) -> None:
        self.limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """The next whole frame, or None until more bytes are fed. MALFORMED for a length out of range.

        One at a time, so that a frame which changes `limit` (the OK of a login) does so before the next is cut.
        """
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[:4], "big")
        if length < _AFTER_LENGTH or length > self.limit:
            raise RemoteProtocolError("A frame has a length that is not allowed.")
        if len(buffer) < 4 + length:
            return None
        _, frame_type, request = _HEAD.unpack_from(buffer)
        frame = Frame(frame_type, request, bytes(buffer[_HEAD.size : 4 + length]))
        del buffer[: 4 + length]
        return frame

    @property
    def buffered(self) -> int:
        """Bytes of an unfinished frame (or of frames not yet taken)."""
        return len(self._buffer)
