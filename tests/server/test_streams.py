"""Which streams and grants the server takes, and when."""

from __future__ import annotations

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing import streams
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, Grant, PostKind
from tests.server.conftest import Running
from tests.server.forging import now_ms


def test_missing_grant_is_bad_key_and_ends(running: Running) -> None:
    alice = running.register("alice")
    stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, now_ms())
    alice.ok(FrameType.STREAM, stream.header.raw)
    assert alice.error(FrameType.POST, stream.seal(ZERO32, 1, 1, b"x").envelope) == ErrorCode.BAD_KEY
    assert alice.wait_end() == ErrorCode.BAD_KEY


@pytest.mark.parametrize("wrong", ["box", "rsa_ct", "enc", "prekey", "secret"])
def test_bad_grant_is_bad_key_and_ends(running: Running, wrong: str) -> None:
    alice = running.register("alice")
    stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, now_ms())
    secret = bytes(32) if wrong == "secret" else stream.secret
    good = streams.make_grant(stream.stream_id, secret, alice.server, alice.server_prekey)
    offset = {"rsa_ct": 100, "enc": 500, "box": 1560, "prekey": 67}.get(wrong)
    data = bytearray(good.raw)
    if offset is not None:
        data[offset] ^= 1
    alice.ok(FrameType.STREAM, stream.header.raw)
    alice.ok(FrameType.GRANT, messages.Grants((Grant.decode(bytes(data)),)).encode())
    assert alice.error(FrameType.POST, stream.seal(ZERO32, 1, 1, b"x").envelope) == ErrorCode.BAD_KEY
    assert alice.wait_end() == ErrorCode.BAD_KEY


def test_altered_envelope_is_bad_key(running: Running) -> None:
    alice = running.register("alice")
    sealed = bytearray(alice.open_stream().seal(ZERO32, 1, 1, b"x").envelope)
    sealed[100] ^= 1
    assert alice.error(FrameType.POST, bytes(sealed)) == ErrorCode.BAD_KEY
    assert alice.wait_end() == ErrorCode.BAD_KEY


def test_same_grant_again_is_ok_another_is_not(running: Running) -> None:
    alice = running.register("alice")
    stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, now_ms())
    alice.ok(FrameType.STREAM, stream.header.raw)
    alice.ok(FrameType.STREAM, stream.header.raw)

    def grant() -> Grant:
        return streams.make_grant(stream.stream_id, stream.secret, alice.server, alice.server_prekey)

    first = grant()
    for _ in range(2):
        alice.ok(FrameType.GRANT, messages.Grants((first,)).encode())
    assert alice.error(FrameType.GRANT, messages.Grants((grant(),)).encode()) == ErrorCode.CONFLICT
    alice.ok(FrameType.POST, stream.seal(ZERO32, 1, 1, b"x").envelope)
    assert alice.error(FrameType.GRANT, messages.Grants((grant(),)).encode()) == ErrorCode.FORBIDDEN
    alice.ok(FrameType.GRANT, messages.Grants((first,)).encode())


def test_grants_for_others_streams_and_other_readers(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    stream = alice.open_stream()
    to_server = streams.make_grant(stream.stream_id, stream.secret, alice.server, alice.server_prekey)
    assert bob.error(FrameType.GRANT, messages.Grants((to_server,)).encode()) == ErrorCode.NOT_FOUND
    keys = bob.contents.keys
    to_bob = streams.make_grant(stream.stream_id, stream.secret, keys.public, bob.contents.newest_prekey.record(keys))
    assert alice.error(FrameType.GRANT, messages.Grants((to_bob,)).encode()) == ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("age_ms", "taken"),
    [
        (limits.STREAM_MAX_AGE_MS - 60_000, True),
        (limits.STREAM_MAX_AGE_MS + 60_000, False),
        (-limits.STREAM_MAX_EARLY_MS + 60_000, True),
        (-limits.STREAM_MAX_EARLY_MS - 60_000, False),
    ],
)
def test_new_stream_must_be_of_the_servers_day(running: Running, age_ms: int, taken: bool) -> None:
    alice = running.register("alice")
    stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, now_ms() - age_ms)
    if taken:
        alice.ok(FrameType.STREAM, stream.header.raw)
    else:
        assert alice.error(FrameType.STREAM, stream.header.raw) == ErrorCode.FORBIDDEN
        assert alice.ok(FrameType.PING) == b""


def test_exact_edges_of_a_streams_age(running: Running) -> None:
    """To the millisecond, with a clock that stands still."""
    alice = running.register("alice")
    fixed = now_ms()
    running.server._services.clock_ms = lambda: fixed
    for age_ms, taken in (
        (limits.STREAM_MAX_AGE_MS, True),
        (limits.STREAM_MAX_AGE_MS + 1, False),
        (-limits.STREAM_MAX_EARLY_MS, True),
        (-limits.STREAM_MAX_EARLY_MS - 1, False),
    ):
        stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, fixed - age_ms)
        assert (alice.request(FrameType.STREAM, stream.header.raw).type == FrameType.OK) is taken


def test_known_stream_may_be_announced_again_when_it_is_old(running: Running) -> None:
    alice = running.register("alice")
    stream = alice.open_stream()
    running.clock.shift_s += 26 * 3600
    again = running.login("alice")
    again.announce(stream)
    again.ok(FrameType.POST, stream.seal(ZERO32, now_ms(), PostKind.TEXT, b"late").envelope)


@pytest.mark.parametrize("wrong", ["conv", "roster", "author", "signature", "created"])
def test_bad_headers_are_refused(running: Running, wrong: str) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    keys = bob.contents.keys if wrong == "author" else alice.contents.keys
    conv = bytes(32) if wrong == "conv" else alice.lobby
    roster = b"\1" * 32 if wrong == "roster" else LOBBY_ROSTER
    created = 2**64 - 1 if wrong == "created" else now_ms()
    header = bytearray(streams.make_header(keys, conv, roster, created, crypto.random_bytes(32)).raw)
    if wrong == "signature":
        header[-1] ^= 1
    code = alice.error(FrameType.STREAM, bytes(header))
    expected = {"conv": ErrorCode.NOT_FOUND, "roster": ErrorCode.CONFLICT, "created": ErrorCode.FORBIDDEN}
    assert code == expected.get(wrong, ErrorCode.MALFORMED)


def test_same_header_from_two_connections_at_once(running: Running) -> None:
    """After a reconnect the old connection's STREAM may still be under way: both get OK."""
    alice, again = running.register("alice"), running.login("alice")
    stream = streams.SendingStream(alice.contents.keys, alice.lobby, LOBBY_ROSTER, now_ms())
    store = running.server.store
    real, blind = store.get_stream, [2]

    def looked_too_early(stream_id: bytes, **options: object) -> object:
        # Both sessions look before either has written.
        if not options and blind[0]:
            blind[0] -= 1
            return None
        return real(stream_id, **options)  # type: ignore[arg-type]

    store.get_stream = looked_too_early  # type: ignore[assignment, method-assign]
    alice.ok(FrameType.STREAM, stream.header.raw)
    again.ok(FrameType.STREAM, stream.header.raw)
