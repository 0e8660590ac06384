"""The frames about one's own sessions, byte by byte as docs/protocol.md §11 has them."""

from __future__ import annotations

import pytest

from securechat.errors import ErrorCode, RemoteProtocolError
from securechat.wire.frames import FrameType
from securechat.wire.messages import GetSessions, SessionInfo, Sessions, SessionsEnded


def test_numbers_are_the_documents() -> None:
    assert (FrameType.LIST_SESSIONS, FrameType.END_SESSIONS) == (0x07, 0x08)


def test_layout_is_the_documents() -> None:
    assert GetSessions(0x0102).encode() == bytes.fromhex("0000000000000102")
    assert SessionsEnded(3).encode() == bytes.fromhex("00000003")
    sessions = Sessions((SessionInfo(1, 2, "::1", 1), SessionInfo(4, 5, "", 0)))
    data = bytes.fromhex(
        "00000002"
        "0000000000000001" "0000000000000002" "00000003" "3a3a31" "01"
        "0000000000000004" "0000000000000005" "00000000" "00"
    )
    assert sessions.encode() == data
    assert Sessions.decode(data) == sessions


@pytest.mark.parametrize(
    ("address", "code"), [(b"\xff", ErrorCode.MALFORMED), (b"x" * 256, ErrorCode.TOO_LARGE)], ids=["utf8", "long"]
)
def test_an_address_is_a_short_string(address: bytes, code: ErrorCode) -> None:
    data = bytes.fromhex("00000001") + bytes(16) + len(address).to_bytes(4, "big") + address + b"\0"
    with pytest.raises(RemoteProtocolError) as caught:
        Sessions.decode(data)
    assert caught.value.code == code
