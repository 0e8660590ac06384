"""The frame decoder: the same frames whole or byte by byte, and only documented errors for noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from securechat.wire import limits
from securechat.wire.frames import Frame, FrameDecoder, FrameType, encode_frame

frames = st.builds(
    Frame,
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=300),
)


def decode_all(decoder: FrameDecoder) -> list[Frame]:
    found = []
    while (frame := decoder.next_frame()) is not None:
        found.append(frame)
    return found


@settings(max_examples=50)
@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_the_same_whole_in_pieces_and_byte_by_byte(sent: list[Frame], pieces: list[int]) -> None:
    data = b"".join(encode_frame(*frame) for frame in sent)
    whole = FrameDecoder()
    whole.feed(data)
    assert decode_all(whole) == sent
    for sizes in ([1], pieces):
        decoder, found, position, turn = FrameDecoder(), [], 0, 0
        while position < len(data):
            size = sizes[turn % len(sizes)]
            decoder.feed(data[position : position + size])
            found += decode_all(decoder)
            position += size
            turn += 1
        assert found == sent
        assert decoder.buffered == 0


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_noise_gives_frames_or_malformed(noise: bytes) -> None:
    """Fed whole and byte by byte the outcome is the same."""
    outcomes = []
    for size in (len(noise) or 1, 1):
        decoder, found = FrameDecoder(), []
        error = None
        for position in range(0, len(noise), size):
            decoder.feed(noise[position : position + size])
            try:
                found += decode_all(decoder)
            except RemoteProtocolError as problem:
                assert problem.code == ErrorCode.MALFORMED
                error = problem.code
                break
        outcomes.append((found, error))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("limit", [limits.FRAME_BEFORE_LOGIN, limits.FRAME_AFTER_LOGIN])
def test_length_is_judged_before_the_body_is_there(limit: int) -> None:
    decoder = FrameDecoder(limit)
    decoder.feed(limit.to_bytes(4, "big"))
    assert decoder.next_frame() is None
    decoder.feed(bytes(limit))
    frame = decoder.next_frame()
    assert frame is not None and len(frame.body) == limit - 5
    for length in (0, 4, limit + 1, 2**32 - 1):
        decoder = FrameDecoder(limit)
        decoder.feed(length.to_bytes(4, "big"))
        with pytest.raises(RemoteProtocolError):
            decoder.next_frame()


def test_limit_may_rise_between_two_frames() -> None:
    decoder = FrameDecoder()
    large = encode_frame(FrameType.POST, 2, bytes(limits.FRAME_BEFORE_LOGIN))
    decoder.feed(encode_frame(FrameType.LOGIN, 1) + large)
    assert decoder.next_frame() == Frame(FrameType.LOGIN, 1, b"")
    decoder.limit = limits.FRAME_AFTER_LOGIN
    frame = decoder.next_frame()
    assert frame is not None and frame.request == 2


def test_frame_over_the_limit_is_not_written() -> None:
    assert len(encode_frame(FrameType.POST, 1, bytes(limits.FRAME_AFTER_LOGIN - 5))) == limits.FRAME_AFTER_LOGIN + 4
    with pytest.raises(LocalProtocolError):
        encode_frame(FrameType.POST, 1, bytes(limits.FRAME_AFTER_LOGIN - 4))


def test_layout_is_the_documents() -> None:
    assert encode_frame(FrameType.PING, 0x01020304, b"ab") == bytes.fromhex("0000000750010203046162")
