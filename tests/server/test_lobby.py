"""What opens a lobby message and what does not, and where its text may be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode, RemoteProtocolError, SealError
from securechat.sealing import streams
from securechat.sealing.identity import OwnKeys
from securechat.server.lobby import ClientStream, Lobby
from securechat.wire import messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, PostKind
from tests.keys import rsa_key
from tests.server.conftest import Running
from tests.server.forging import encode_post, now_ms, seal
from tests.server.raw_client import RawClient


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
        renamed = Grant(grant.stream_id, client.contents.keys.fp, grant.prekey_id, grant.rsa_ct, grant.enc, grant.box)
        with pytest.raises(SealError):
            streams.open_grant(renamed, header, client.contents.keys, client.contents.newest_prekey)


def test_every_session_of_a_user_gets_the_same_grant(running: Running) -> None:
    alice = running.register("alice")
    again = running.login("alice")
    assert found_stream(alice)[1].raw == found_stream(again)[1].raw


def test_message_text_is_on_the_console_and_not_in_the_log(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the log nor the operator's other output has text; the lobby's console line does, on purpose."""
    caplog.set_level("DEBUG")
    alice = running.register("alice")
    alice.post("the secret word")
    alice.error(FrameType.POST, seal(alice, encode_post(alice, PostKind.TITLE, b"the secret word", n=1), 1))
    alice.error(FrameType.POST, bytes(72 + 16 + 256))
    console_is_up_to_date(running)
    assert "secret word" not in caplog.text
    assert [line for line in running.lines if "secret word" in line] == [
        f"[alice {('127.0.0.1', alice_port(running))}]: the secret word"
    ]


def console_is_up_to_date(running: Running) -> None:
    """The journal says a post's line after answering it, and before it takes the next work."""
    running.server.journal.call(lambda tx: None)


def alice_port(running: Running) -> int:
    member = running.server.presence.sessions_of("alice")[0]
    assert member.address
    return member.address[1]


def test_control_characters_do_not_reach_the_console(running: Running) -> None:
    alice = running.register("alice")
    alice.post("a\x1b[2Jb\nc\rd\u202ee\x07")
    console_is_up_to_date(running)
    line = next(line for line in running.lines if "]: a" in line)
    assert not any(ord(char) < 32 or char in "\x7f\u202e" for char in line)


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
