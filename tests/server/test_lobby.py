"""What opens a lobby message and what does not, and the rules of streams, grants and posts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode, RemoteProtocolError, SealError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing import streams
from securechat.sealing.identity import OwnKeys
from securechat.server.lobby import ClientStream, Lobby
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, Post, PostKind
from tests.keys import rsa_key
from tests.server.conftest import Running, Serve
from tests.server.raw_client import RawClient


def now_ms() -> int:
    return int(time.time() * 1000)


def encode_post(
    client: RawClient, kind: int, body: bytes, *, n: int = 0, keys: OwnKeys | None = None, conv: bytes | None = None
) -> bytes:
    """A signed post of `client`'s stream, without the checks that an honest client makes."""
    keys = client.contents.keys if keys is None else keys
    conv = client.lobby if conv is None else conv
    parts = (conv, keys.fp, client.stream.stream_id, n, ZERO32, now_ms(), kind, body)
    return Post(*parts, keys.signing.sign("post", Post(*parts, bytes(64)).signed)).encode()


def seal(client: RawClient, post: bytes, n: int = 0) -> bytes:
    return streams.seal_post(client.stream.key, n, post)


# --- whose keys open what ---------------------------------------------------------------------------------------


def with_keys(lobby: Lobby, *, rsa: crypto.RsaKey | None = None, kem: crypto.KemKey | None = None) -> Lobby:
    """A lobby that has everything of `lobby` but one private key, as if somebody had stolen the rest."""
    other = object.__new__(Lobby)
    other.__dict__.update(lobby.__dict__)
    keys = lobby.keys
    if rsa is not None:
        other.keys = OwnKeys(keys.username, keys.signing, rsa, keys.created, keys.public)
    if kem is not None:
        other.prekey = type(lobby.prekey)(lobby.prekey.id, lobby.prekey.created, kem)
    return other


@pytest.mark.parametrize("missing", ["rsa", "kem"])
def test_no_envelope_opens_without_the_servers_rsa_key_nor_without_its_prekey(running: Running, missing: str) -> None:
    alice = running.register("alice")
    stream = alice.open_stream()
    envelope = Envelope.decode(stream.seal(ZERO32, now_ms(), PostKind.TEXT, b"hello").envelope)
    grant = streams.make_grant(stream.stream_id, stream.secret, alice.server, alice.server_prekey)
    lobby, author = running.server.lobby, alice.contents.keys.public

    def client_stream() -> ClientStream:
        made = ClientStream(stream.header, stream.stream_id)
        made.grant = grant
        return made

    assert lobby.open(client_stream(), envelope, author).body == b"hello"
    if missing == "rsa":
        thief = with_keys(lobby, rsa=rsa_key(14))
    else:
        thief = with_keys(lobby, kem=crypto.generate_kem_key())
    with pytest.raises(RemoteProtocolError) as refused:
        thief.open(client_stream(), envelope, author)
    assert refused.value.code == ErrorCode.BAD_KEY
    prekey = thief.prekey
    with pytest.raises(SealError):
        streams.open_grant(grant, stream.header, thief.keys, prekey)


def found_stream(client: RawClient) -> tuple[Header, Grant]:
    found = messages.StreamFound.decode(client.ok(FrameType.GET_STREAM, ZERO32))
    return Header.decode(found.header), Grant.decode(found.grant)


def test_no_delivery_opens_without_the_clients_rsa_key_nor_without_its_prekey(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    alice.post("hello")
    bob.open_lobby()
    assert bob.delivered() == (1, "hello")
    header, grant = found_stream(bob)
    keys, prekey = bob.contents.keys, bob.contents.newest_prekey
    streams.open_grant(grant, header, keys, prekey)
    other_rsa = OwnKeys(keys.username, keys.signing, rsa_key(13), keys.created, keys.public)
    with pytest.raises(SealError):
        streams.open_grant(grant, header, other_rsa, prekey)
    other_kem = type(prekey)(prekey.id, prekey.created, crypto.generate_kem_key())
    with pytest.raises(SealError):
        streams.open_grant(grant, header, keys, other_kem)


def test_two_clients_cannot_open_with_each_others_grant(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    header, for_alice = found_stream(alice)
    same_header, for_bob = found_stream(bob)
    assert header.raw == same_header.raw and for_alice.raw != for_bob.raw
    for grant, client in ((for_alice, bob), (for_bob, alice)):
        with pytest.raises(SealError):
            streams.open_grant(grant, header, client.contents.keys, client.contents.newest_prekey)
        # Nor when the reader's name on it is changed.
        renamed = Grant(
            grant.stream_id, client.contents.keys.fp, grant.prekey_id, grant.rsa_ct, grant.enc, grant.box
        )
        with pytest.raises(SealError):
            streams.open_grant(renamed, header, client.contents.keys, client.contents.newest_prekey)


def test_every_session_of_a_user_gets_the_same_grant(running: Running) -> None:
    alice = running.register("alice")
    again = running.login("alice")
    assert found_stream(alice)[1].raw == found_stream(again)[1].raw


def test_message_text_is_nowhere_in_the_database_files_log_or_wire_logs(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log nor the operator's other output has text; the lobby's console line does, on purpose."""
    caplog.set_level("DEBUG")
    alice = running.register("alice")
    alice.post("the secret word")
    alice.error(FrameType.POST, seal(alice, encode_post(alice, PostKind.TITLE, b"the secret word", n=1), 1))
    alice.error(FrameType.POST, bytes(72 + 16 + 256))
    assert "secret word" not in caplog.text
    assert [line for line in running.lines if "secret word" in line] == [
        f"[alice {('127.0.0.1', alice_port(running))}]: the secret word"
    ]


def alice_port(running: Running) -> int:
    member = running.server.presence.sessions_of("alice")[0]
    assert member.address
    return member.address[1]


def test_control_characters_do_not_reach_the_console(running: Running) -> None:
    alice = running.register("alice")
    alice.post("a\x1b[2Jb\nc\rd\u202ee\x07")
    alice.ok(FrameType.PING)
    line = next(line for line in running.lines if "]: a" in line)
    assert not any(ord(char) < 32 or char in "\x7f\u202e" for char in line)


# --- numbers ----------------------------------------------------------------------------------------------------


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
        (PostKind.FILE, b""),
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


# --- streams and grants -----------------------------------------------------------------------------------------


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


def test_private_keys_are_in_no_file_but_the_servers_own(running: Running, tmp_path: Path) -> None:
    """What a thief of database and user file gets: no private half of any key."""
    alice = running.register("alice")
    alice.post("a sentence to look for")
    running.stop()
    keys = alice.contents.keys
    lobby = running.server.lobby
    secrets = [keys.signing.seed, *keys.rsa.private_primes, alice.stream.secret, lobby.prekey.kem.seed]
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path
            assert lobby.keys.rsa.private_primes[0] not in data or path.name == "identity.key"
