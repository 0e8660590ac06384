"""Which posts the server takes: numbers, bodies, authors, and the same bytes again."""

from __future__ import annotations

import pytest

from securechat.errors import ErrorCode
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, FileBody, Post, PostKind
from tests.server.conftest import Running, Serve
from tests.server.forging import encode_post, now_ms, seal


def test_same_bytes_again_get_the_first_answer_and_are_not_delivered_twice(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    bob.open_lobby()
    sealed = alice.open_stream().seal(ZERO32, now_ms(), PostKind.TEXT, b"once")
    first = alice.ok(FrameType.POST, sealed.envelope)
    assert alice.ok(FrameType.POST, sealed.envelope) == first
    alice.post("then")
    assert [bob.delivered(), bob.delivered()] == [(1, "once"), (2, "then")]


def test_same_bytes_after_a_restart_get_the_first_answer(serve: Serve) -> None:
    """The ledger is durable: the outbox may send again to another process, with a new grant."""
    first = serve()
    alice = first.register("alice")
    stream = alice.open_stream()
    sealed = stream.seal(ZERO32, now_ms(), PostKind.TEXT, b"once")
    answer = alice.ok(FrameType.POST, sealed.envelope)
    first.stop()
    second = serve()
    again, bob = second.login("alice"), second.register("bob", key=1)
    bob.open_lobby()
    again.announce(stream)
    assert again.ok(FrameType.POST, sealed.envelope) == answer
    # The stream goes on where it was.
    later = stream.seal(ZERO32, now_ms(), PostKind.TEXT, b"later")
    assert messages.Posted.decode(again.ok(FrameType.POST, later.envelope)).seq == 2
    assert bob.delivered() == (2, "later")
    assert bob.history() == [(2, "later"), (1, "once")]


def test_other_bytes_under_a_taken_number_conflict(running: Running) -> None:
    alice = running.register("alice")
    alice.post("first")
    other = seal(alice, encode_post(alice, PostKind.TEXT, b"other"))
    assert alice.error(FrameType.POST, other) == ErrorCode.CONFLICT
    assert alice.post("second").seq == 2


@pytest.mark.parametrize("n", [1, 2, 2**63, 2**64 - 1])
def test_number_that_leaves_a_hole_conflicts(running: Running, n: int) -> None:
    alice = running.register("alice")
    alice.open_stream()
    assert alice.error(FrameType.POST, seal(alice, encode_post(alice, 1, b"x", n=n), n)) == ErrorCode.CONFLICT
    assert alice.post("the first").seq == 1


# --- posts ------------------------------------------------------------------------------------------------------


def test_post_in_anothers_name_is_forbidden(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    alice.open_stream()
    forged = encode_post(alice, PostKind.TEXT, b"I am bob", keys=bob.contents.keys)
    assert alice.error(FrameType.POST, seal(alice, forged)) == ErrorCode.FORBIDDEN
    assert alice.post("as myself").seq == 1


def test_bad_signature_is_malformed(running: Running) -> None:
    alice = running.register("alice")
    alice.open_stream()
    post = encode_post(alice, PostKind.TEXT, b"hello")
    assert alice.error(FrameType.POST, seal(alice, post[:-1] + bytes([post[-1] ^ 1]))) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize("wrong", ["n", "stream", "conv", "trailing", "short"])
def test_post_that_is_not_its_envelopes_is_malformed(running: Running, wrong: str) -> None:
    alice = running.register("alice")
    alice.open_stream()
    post = encode_post(alice, 1, b"hello", n=1 if wrong == "n" else 0, conv=bytes(32) if wrong == "conv" else None)
    if wrong == "stream":
        good, keys = Post.decode(post), alice.contents.keys
        parts = (good.conv, good.author, bytes(32), 0, ZERO32, good.time, 1, b"hello")
        post = Post(*parts, keys.signing.sign("post", Post(*parts, bytes(64)).signed)).encode()
    post = post + b"x" if wrong == "trailing" else post[:-1] if wrong == "short" else post
    assert alice.error(FrameType.POST, seal(alice, post)) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


def file_body(size: int) -> bytes:
    return FileBody("notes.txt", "text/plain", size, bytes(16), bytes(32), bytes(32)).encode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (PostKind.TEXT, b"x"),
        (PostKind.TEXT, "é".encode() * 8192),
        (PostKind.REPLY, bytes(32) + b"x" * 16_384),
        (PostKind.EDIT, bytes(32) + b"x"),
        (PostKind.DELETE, bytes(32)),
        (PostKind.REACTION, bytes(32)),
        (PostKind.REACTION, bytes(32) + "👍".encode() * 8),
        (PostKind.FILE, file_body(1 << 30)),
        (0, b""),
        (8, b"\xff\xfe"),
        (255, b"x" * (16_384 + 32)),
    ],
)
def test_bodies_within_their_limits_are_taken(running: Running, kind: int, body: bytes) -> None:
    alice = running.register("alice")
    alice.open_stream()
    assert messages.Posted.decode(alice.ok(FrameType.POST, seal(alice, encode_post(alice, kind, body)))).seq == 1


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (PostKind.TEXT, b"x" * 16_385, ErrorCode.TOO_LARGE),
        (PostKind.TEXT, b"", ErrorCode.MALFORMED),
        (PostKind.FILE, b"", ErrorCode.MALFORMED),
        (PostKind.FILE, file_body((1 << 30) + 1), ErrorCode.TOO_LARGE),
        (PostKind.FILE, file_body(1) + b"x", ErrorCode.MALFORMED),
        (PostKind.TEXT, b"\xff", ErrorCode.MALFORMED),
        (PostKind.TEXT, b"\xed\xa0\x80", ErrorCode.MALFORMED),
        (PostKind.TITLE, b"title", ErrorCode.FORBIDDEN),
        (PostKind.EDIT, bytes(32), ErrorCode.MALFORMED),
        (PostKind.EDIT, bytes(31), ErrorCode.MALFORMED),
        (PostKind.REPLY, bytes(32) + b"\xc3", ErrorCode.MALFORMED),
        (PostKind.REPLY, bytes(32) + b"x" * 16_385, ErrorCode.TOO_LARGE),
        (PostKind.DELETE, bytes(33), ErrorCode.MALFORMED),
        (PostKind.REACTION, bytes(32) + b"x" * 33, ErrorCode.TOO_LARGE),
        (PostKind.REACTION, bytes(32) + b"\x1b", ErrorCode.MALFORMED),
    ],
)
def test_bodies_over_their_limits_are_refused(running: Running, kind: int, body: bytes, code: ErrorCode) -> None:
    alice = running.register("alice")
    alice.open_stream()
    # Built by hand: a post that is too long cannot be encoded by an honest program.
    head = Post(alice.lobby, alice.contents.keys.fp, alice.stream.stream_id, 0, ZERO32, 1, kind, b"", bytes(64))
    signed = head.encode()[:-68] + len(body).to_bytes(4, "big") + body
    post = signed + alice.contents.keys.signing.sign("post", signed)
    assert alice.error(FrameType.POST, seal(alice, post)) == code
    if not code.closes:
        assert alice.post("still here").seq == 1


def test_envelope_over_the_limit_and_of_a_wrong_size(running: Running) -> None:
    alice = running.register("alice")
    stream = alice.open_stream()
    head = alice.lobby + stream.stream_id + bytes(8)
    too_long = head + bytes(limits.ENVELOPE - 72 + 256)
    assert alice.error(FrameType.POST, too_long) == ErrorCode.TOO_LARGE
    assert alice.error(FrameType.POST, head + bytes(16 + 256 + 1)) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


def test_other_conversation_and_unknown_stream_are_not_found(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    sealed = alice.open_stream().seal(ZERO32, now_ms(), PostKind.TEXT, b"x").envelope
    assert alice.error(FrameType.POST, bytes(32) + sealed[32:]) == ErrorCode.NOT_FOUND
    assert alice.error(FrameType.POST, sealed[:32] + bytes(32) + sealed[64:]) == ErrorCode.NOT_FOUND
    # Another user's stream, even with its own bytes.
    assert bob.error(FrameType.POST, sealed) == ErrorCode.NOT_FOUND
    # A new connection announces the stream anew.
    assert running.login("alice").error(FrameType.POST, sealed) == ErrorCode.NOT_FOUND
