"""The signed and sealed objects of docs/protocol.md §4, 6, 7 and 8, as records. Form only: who signed what, and
whether a box opens, is the business of `securechat.sealing`.

Records that end in a signature have `signed`: the received bytes before it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from securechat.errors import ErrorCode, RemoteProtocolError
from securechat.wire import limits
from securechat.wire.codec import REST, STR, U8, U32, U64, Record, fixed, sized, wire

__all__ = [
    "ZERO32",
    "Envelope",
    "FileBody",
    "Grant",
    "Header",
    "Identity",
    "Post",
    "PostKind",
    "Prekey",
    "RoomEntry",
    "check_body",
    "split_target",
]

ZERO32 = bytes(32)
_SIGNATURE = 64


class _Signed(Record):
    @property
    def signed(self) -> bytes:
        """What the signature covers (after its label)."""
        return self.raw[:-_SIGNATURE]


class Identity(_Signed):
    """A user's long-term public keys (§4)."""

    username: str = wire(STR)
    ed25519: bytes = wire(fixed(32))
    rsa_n: bytes = wire(fixed(384))
    created: int = wire(U64)
    signature: bytes = wire(fixed(_SIGNATURE))


class Prekey(_Signed):
    """A user's ML-KEM-768 public key of one week (§4)."""

    fp: bytes = wire(fixed(32))
    id: int = wire(U32)
    created: int = wire(U64)
    ek: bytes = wire(fixed(1184))
    signature: bytes = wire(fixed(_SIGNATURE))


class Header(_Signed):
    """The public half of a stream, 216 bytes (§7)."""

    conv: bytes = wire(fixed(32))
    author: bytes = wire(fixed(32))
    roster: bytes = wire(fixed(32))
    created: int = wire(U64)
    random: bytes = wire(fixed(16))
    commit: bytes = wire(fixed(32))
    signature: bytes = wire(fixed(_SIGNATURE))


class Grant(Record):
    """A stream's secret, locked for one reader; 1588 bytes (§7)."""

    stream_id: bytes = wire(fixed(32))
    reader: bytes = wire(fixed(32))
    prekey_id: int = wire(U32)
    rsa_ct: bytes = wire(fixed(384))
    enc: bytes = wire(fixed(1088))
    box: bytes = wire(fixed(48))


class PostKind(IntEnum):
    """Kinds of posts (§8). A post may carry a kind that is not listed here."""

    TEXT = 1
    FILE = 2
    TITLE = 3
    EDIT = 4
    DELETE = 5
    REACTION = 6
    REPLY = 7


class Post(_Signed):
    """One signed message (§8)."""

    conv: bytes = wire(fixed(32))
    author: bytes = wire(fixed(32))
    stream_id: bytes = wire(fixed(32))
    n: int = wire(U64)
    after: bytes = wire(fixed(32))
    time: int = wire(U64)
    kind: int = wire(U8)
    body: bytes = wire(sized(32 + limits.TEXT))
    signature: bytes = wire(fixed(_SIGNATURE))


class Envelope(Record):
    """A sealed post as it travels (§8): TOO_LARGE over the limit, MALFORMED unless the ciphertext is 16 + k * 256."""

    conv: bytes = wire(fixed(32))
    stream_id: bytes = wire(fixed(32))
    n: int = wire(U64)
    ciphertext: bytes = wire(REST)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """As `Record.decode`, the size first, so that nothing is cut from an envelope that is too large."""
        if len(data) > limits.ENVELOPE:
            raise RemoteProtocolError("An envelope is over its limit.", ErrorCode.TOO_LARGE)
        padded = len(data) - 72 - 16
        if padded <= 0 or padded % limits.POST_PADDING:
            raise RemoteProtocolError("An envelope has a size that is not allowed.")
        return super().decode(data)


class RoomEntry(_Signed):
    """One entry of a room's membership log (§6)."""

    room: bytes = wire(fixed(32))
    seq: int = wire(U32)
    prev: bytes = wire(fixed(32))
    actor: bytes = wire(fixed(32))
    action: int = wire(U8)
    subject: bytes = wire(fixed(32))
    time: int = wire(U64)
    random: bytes = wire(fixed(16))
    signature: bytes = wire(fixed(_SIGNATURE))


class FileBody(Record):
    """What a post of kind 2 says of a file (§9): `key` opens its chunks, `digest` is SHA-256 over their ciphertexts."""

    name: str = wire(STR)
    media_type: str = wire(STR)
    size: int = wire(U64)
    file_id: bytes = wire(fixed(16))
    key: bytes = wire(fixed(32))
    digest: bytes = wire(fixed(32))


def _utf8(data: bytes, low: int, high: int) -> None:
    if len(data) > high:
        raise RemoteProtocolError("A text is over its limit.", ErrorCode.TOO_LARGE)
    if len(data) < low:
        raise RemoteProtocolError("A text is empty.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("A text is not valid UTF-8.") from error


def split_target(body: bytes) -> tuple[bytes, bytes]:
    """(target post id, the rest) of the body of an edit, delete, reaction or reply; MALFORMED if it is shorter."""
    if len(body) < 32:
        raise RemoteProtocolError("A target is cut short.")
    return body[:32], body[32:]


def check_body(kind: int, body: bytes) -> None:
    """RemoteProtocolError unless `body` is one that a post of this kind may have (§8). Unknown kinds pass.

    """
    if kind == PostKind.FILE:
        if FileBody.decode(body).size > limits.FILE:
            raise RemoteProtocolError("A file is over its limit.", ErrorCode.TOO_LARGE)
    if kind == PostKind.TEXT:
        _utf8(body, 1, limits.TEXT)
    elif kind == PostKind.TITLE:
        _utf8(body, 1, limits.TITLE)
    elif kind in (PostKind.EDIT, PostKind.REPLY):
        _utf8(split_target(body)[1], 1, limits.TEXT)
    elif kind == PostKind.DELETE:
        if len(body) != 32:
            raise RemoteProtocolError("A delete names one post and nothing else.")
    elif kind == PostKind.REACTION:
        emoji = split_target(body)[1]
        _utf8(emoji, 0, limits.REACTION)
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in emoji.decode("utf-8")):
            raise RemoteProtocolError("A reaction has control characters.")
