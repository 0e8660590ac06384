"""The order of a connection's life: phases, frame limits, request numbers, and how a mistake ends it."""

from __future__ import annotations

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType, encode_frame
from tests.server.conftest import Running, Serve

HELLO = messages.Hello(1, bytes(32)).encode()


@pytest.mark.parametrize("frame_type", [FrameType.LOGIN, FrameType.REGISTER, FrameType.PING, FrameType.POST, 0x7F])
def test_anything_before_hello_is_malformed(running: Running, frame_type: int) -> None:
    client = running.connect(hello=False)
    assert client.error(frame_type, b"") == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("frame_type", [FrameType.HELLO, FrameType.PING, FrameType.HISTORY, 0x7F])
def test_only_login_or_register_comes_second(running: Running, frame_type: int) -> None:
    client = running.connect()
    assert client.error(frame_type, HELLO) == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("frame_type", [FrameType.HELLO, FrameType.LOGIN, FrameType.REGISTER])
def test_no_second_handshake(running: Running, frame_type: int) -> None:
    client = running.register("alice")
    assert client.error(frame_type, HELLO) == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("body", [b"\0\2" + bytes(32), b"\0\0", b"\xff\xff", b"\0\2" + bytes(500)])
def test_unknown_version_is_said_so_and_ends(running: Running, body: bytes) -> None:
    client = running.connect(hello=False)
    assert client.error(FrameType.HELLO, body) == ErrorCode.VERSION
    assert client.wait_end() == ErrorCode.VERSION


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1", HELLO[:-1], HELLO + b"\0"])
def test_hello_of_another_length_is_malformed(running: Running, body: bytes) -> None:
    client = running.connect(hello=False)
    assert client.error(FrameType.HELLO, body) == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize(
    "frame_type", [FrameType.OPEN_DIRECT, FrameType.ROOM_ENTRY, FrameType.FILE_GET, 0x00, 0x7F, 0xFF]
)
def test_unknown_request_is_unsupported_and_the_connection_stays(running: Running, frame_type: int) -> None:
    alice = running.register("alice")
    assert alice.error(frame_type, b"whatever") == ErrorCode.UNSUPPORTED
    assert alice.ok(FrameType.PING) == b""


def test_frame_limit_before_login(running: Running) -> None:
    """One byte over 32 KiB is refused by its length alone; exactly 32 KiB is read."""
    client = running.connect()
    assert client.error(FrameType.LOGIN, bytes(limits.FRAME_BEFORE_LOGIN - 5)) == ErrorCode.MALFORMED  # a bad body
    client.wait_end()
    client = running.connect()
    client.connection.send((limits.FRAME_BEFORE_LOGIN + 1).to_bytes(4, "big"))
    assert client.wait_end() == ErrorCode.MALFORMED


def test_frame_limit_after_login(running: Running) -> None:
    """The larger limit holds from the OK on; one byte more ends the connection."""
    client = running.register("alice")
    assert client.error(0x7F, bytes(limits.FRAME_AFTER_LOGIN - 5)) == ErrorCode.UNSUPPORTED
    client.connection.send((limits.FRAME_AFTER_LOGIN + 1).to_bytes(4, "big"))
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("length", [0, 1, 4])
@pytest.mark.parametrize("logged_in", [False, True])
def test_frame_shorter_than_its_head_is_malformed(running: Running, length: int, logged_in: bool) -> None:
    client = running.register("alice") if logged_in else running.connect()
    client.connection.send(length.to_bytes(4, "big") + bytes(length))
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("logged_in", [False, True])
def test_request_number_zero_is_malformed(running: Running, logged_in: bool) -> None:
    client = running.register("alice") if logged_in else running.connect()
    client.connection.send(encode_frame(FrameType.PING, 0))
    assert client.wait_end() == ErrorCode.MALFORMED


def test_request_number_may_be_used_again_after_its_answer(running: Running) -> None:
    client = running.register("alice")
    for _ in range(3):
        client.connection.send(encode_frame(FrameType.PING, 77))
        assert client.reply(77).type == FrameType.OK


def test_request_with_a_body_that_has_none_is_malformed(running: Running) -> None:
    client = running.register("alice")
    assert client.error(FrameType.PING, b"x") == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("frame_type", "size"),
    [
        (FrameType.PUT_VAULT, 96),
        (FrameType.GET_KEYS, 1),
        (FrameType.STREAM, limits.HEADER),
        (FrameType.GRANT, 2),
        (FrameType.GET_STREAM, 32),
        (FrameType.LIST_CONVERSATIONS, 32),
        (FrameType.HISTORY, 42),
        (FrameType.TYPING, 32),
        (FrameType.READ, 41),
        (FrameType.SET_PRESENCE, 1),
    ],
)
def test_short_and_long_bodies_are_malformed(running: Running, frame_type: int, size: int) -> None:
    running.register("alice").close()
    for body in (bytes(size - 1), bytes(size) + b"\0" * 7):
        client = running.login("alice")
        assert client.error(frame_type, body) == ErrorCode.MALFORMED
        assert client.wait_end() == ErrorCode.MALFORMED


def test_string_over_its_limit_is_too_large_and_the_connection_stays(running: Running) -> None:
    client = running.register("alice")
    assert client.error(FrameType.GET_USER, (256).to_bytes(4, "big") + b"a" * 256) == ErrorCode.TOO_LARGE
    assert client.error(FrameType.GET_USER, (255).to_bytes(4, "big") + b"a" * 255) == ErrorCode.NOT_FOUND
    assert client.error(FrameType.GET_USER, (1).to_bytes(4, "big") + b"\xff") == ErrorCode.MALFORMED


def test_whole_handshake_may_arrive_in_single_bytes(running: Running) -> None:
    running.register("alice")
    client = running.connect()
    frame = encode_frame(FrameType.LOGIN, 500, client.make_login("alice").encode())
    for position in range(len(frame)):
        client.connection.send(frame[position : position + 1])
    assert client.reply(500).type == FrameType.OK


def test_replies_come_in_the_order_of_pipelined_requests(running: Running) -> None:
    """Posts are answered by another thread than everything else; the order holds all the same."""
    alice = running.register("alice")
    alice.open_stream()
    sent, frames = [], b""
    for index in range(30):
        number = next(alice.numbers)
        if index % 3 == 0:
            sealed = alice.stream.seal(bytes(32), 1, 1, b"%d" % index)
            frames += encode_frame(FrameType.POST, number, sealed.envelope)
        elif index % 3 == 1:
            frames += encode_frame(FrameType.PING, number)
        else:
            frames += encode_frame(0x7F, number)
        sent.append(number)
    alice.connection.send(frames)
    assert [frame.request for frame in (alice.frame() for _ in sent) if frame is not None] == sent


def test_pipelined_history_sees_the_posts_sent_before_it(running: Running) -> None:
    alice = running.register("alice")
    alice.open_stream()
    frames = b""
    for index in range(5):
        frames += encode_frame(FrameType.POST, 1000 + index, alice.stream.seal(bytes(32), 1, 1, b"x").envelope)
    frames += encode_frame(FrameType.HISTORY, 2000, messages.GetHistory(alice.lobby, 0, 100).encode())
    alice.connection.send(frames)
    for index in range(5):
        assert alice.reply(1000 + index).type == FrameType.OK
    assert len(messages.History.decode(alice.reply(2000).body).items) == 5


def test_answers_before_a_closing_error_are_given(running: Running) -> None:
    """What was asked before the mistake is answered, then the ERR, then BYE."""
    alice = running.register("alice")
    alice.open_stream()
    post = alice.stream.seal(bytes(32), 1, 1, b"x").envelope
    alice.connection.send(
        encode_frame(FrameType.POST, 100, post)
        + encode_frame(FrameType.PING, 101, b"x")
        + encode_frame(FrameType.PING, 102)
    )
    assert alice.reply(100).type == FrameType.OK
    assert messages.Error.decode(alice.reply(101).body).code == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


def test_server_hello_is_bound_to_nonce_and_certificate(running: Running) -> None:
    """Two connections get two challenges, and RawClient.hello has checked the signature of each."""
    first, second = running.connect(), running.connect()
    assert first.session.challenge != second.session.challenge
    assert first.server.fp == second.server.fp == running.server.lobby.keys.fp
    assert first.server_prekey.raw == second.server_prekey.raw


def test_error_text_never_contains_what_was_sent(running: Running) -> None:
    client = running.connect()
    secret = "s3cret-text"
    body = messages.Login(secret, crypto.random_bytes(64)).encode()
    assert secret.encode() not in client.request(FrameType.LOGIN, body).body
    assert secret.encode() not in client.request(FrameType.LOGIN, secret.encode()).body


def test_requests_after_bye_are_not_carried_out(serve: Serve) -> None:
    running = serve()
    alice = running.register("alice")
    running.server.kick("alice")
    assert alice.wait_end() == ErrorCode.KICKED
    assert running.login("alice").ok(FrameType.PING) == b""
