"""Proofs of server and user: good on one connection, for one purpose, and for one name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crypto_utils as crypto
from securechat.errors import PasswordProblem, SealError
from securechat.sealing import handshake
from securechat.sealing.files import open_chunk, seal_chunk
from securechat.sealing.handshake import LoginKeys, Session
from securechat.sealing.identity import OwnKeys
from securechat.wire import limits
from securechat.wire.messages import Hello, PutVault, ServerHello
from tests.keys import rsa_key
from tests.sealing.people import CREATED, flip, prekey_of

SERVER = OwnKeys.make(limits.SERVER_USERNAME, crypto.SigningKey(b"\x09" * 32), rsa_key(15), CREATED)
PREKEY = prekey_of("carol").record(SERVER)
HELLO, CERT = Hello(1, b"n" * 32), b"c" * 32
ANSWER = ServerHello.decode(
    handshake.make_server_hello(SERVER, PREKEY, "Secure Chat", 2, b"h" * 32, HELLO, CERT).encode()
)
SESSION = Session(SERVER.fp[:16], b"h" * 32, b"n" * 32, CERT)
LOGIN = LoginKeys.from_master(b"m" * 32)


def test_servers_answer_is_checked_and_gives_its_keys() -> None:
    server, prekey = handshake.check_server_hello(ANSWER, HELLO, CERT)
    assert (server.fp, prekey.raw) == (SERVER.fp, PREKEY.raw)
    assert handshake.server_id_of(server.fp) == SESSION.server_id


@settings(max_examples=80)
@given(st.integers(0, len(ANSWER.raw) * 8 - 1))
def test_no_bit_of_the_servers_answer_may_change(bit: int) -> None:
    from securechat.errors import RemoteProtocolError

    try:
        changed = ServerHello.decode(flip(ANSWER.raw, bit))
    except RemoteProtocolError:
        return
    with pytest.raises(SealError):
        handshake.check_server_hello(changed, HELLO, CERT)


def test_servers_answer_is_for_this_hello_and_this_certificate() -> None:
    """A relay with a certificate of its own cannot pass the answer on."""
    for hello, cert in ((Hello(1, b"N" * 32), CERT), (HELLO, b"C" * 32)):
        with pytest.raises(SealError):
            handshake.check_server_hello(ANSWER, hello, cert)


def test_user_cannot_pose_as_the_server() -> None:
    alice = OwnKeys.make("alice", SERVER.signing, SERVER.rsa, CREATED)
    answer = handshake.make_server_hello(
        alice, prekey_of("carol").record(alice), "Secure Chat", 2, b"h" * 32, HELLO, CERT
    )
    with pytest.raises(SealError):
        handshake.check_server_hello(answer, HELLO, CERT)


@pytest.mark.parametrize("part", ["server_id", "challenge", "nonce", "cert_hash"])
def test_login_proof_is_bound_to_its_connection(part: str) -> None:
    proof = handshake.sign_login(LOGIN.signing, SESSION, "alice")
    handshake.check_login(LOGIN.signing.public, SESSION, "alice", proof)
    other = replace(SESSION, **{part: bytes(len(getattr(SESSION, part)))})
    for session, name in ((other, "alice"), (SESSION, "bob"), (SESSION, "alice2"), (SESSION, "")):
        with pytest.raises(SealError):
            handshake.check_login(LOGIN.signing.public, session, name, proof)


@settings(max_examples=40)
@given(st.integers(0, 64 * 8 - 1))
def test_no_bit_of_a_proof_may_change(bit: int) -> None:
    proof = handshake.sign_login(LOGIN.signing, SESSION, "alice")
    with pytest.raises(SealError):
        handshake.check_login(LOGIN.signing.public, SESSION, "alice", flip(proof, bit))


PUT = handshake.sign_put_vault(LOGIN.signing, SESSION, PutVault(2, b"vault", b"", b"", 1, bytes(64)))


@settings(max_examples=60)
@given(st.integers(0, len(PUT.encode()) * 8 - 1))
def test_no_bit_of_a_put_vault_may_change(bit: int) -> None:
    from securechat.errors import RemoteProtocolError

    try:
        changed = PutVault.decode(flip(PUT.encode(), bit))
    except RemoteProtocolError:
        return
    with pytest.raises(SealError):
        handshake.check_put_vault(LOGIN.signing.public, SESSION, changed)


def test_put_vault_is_bound_to_its_connection_and_is_no_login() -> None:
    handshake.check_put_vault(LOGIN.signing.public, SESSION, PUT)
    for part in ("server_id", "challenge", "nonce"):
        other = replace(SESSION, **{part: bytes(len(getattr(SESSION, part)))})
        with pytest.raises(SealError):
            handshake.check_put_vault(LOGIN.signing.public, other, PUT)
    with pytest.raises(SealError):
        handshake.check_login(LOGIN.signing.public, SESSION, "alice", PUT.proof)


def test_login_and_vault_keys_are_independent_and_hidden() -> None:
    assert LOGIN.signing.seed != LOGIN.vault_key
    assert LOGIN.vault_key.hex() not in repr(LOGIN) and LOGIN.signing.seed.hex() not in repr(LOGIN)


def test_salt_differs_by_server_and_name() -> None:
    salts = {handshake.login_salt(server, name) for server in (bytes(16), b"s" * 16) for name in ("alice", "bob")}
    assert len(salts) == 4


@pytest.mark.parametrize(("password", "good"), [("a" * 9, False), ("a" * 10, True), ("ä" * 9, False), ("", False)])
def test_passwords_have_ten_characters(password: str, good: bool) -> None:
    if good:
        handshake.check_password(password)
    else:
        with pytest.raises(PasswordProblem):
            handshake.check_password(password)


@settings(max_examples=30)
@given(st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_last_chunk_of_a_file_opens_in_its_place_only(data: bytes, index: int) -> None:
    key, file_id = b"k" * 32, b"f" * 16
    chunk = seal_chunk(key, file_id, index, True, data)
    assert open_chunk(key, file_id, index, True, chunk) == data
    for args in (
        (key, file_id, index ^ 1, True),
        (key, file_id, index, False),
        (key, b"g" * 16, index, True),
        (b"K" * 32, file_id, index, True),
    ):
        with pytest.raises(SealError):
            open_chunk(*args, chunk)


def test_only_the_last_chunk_may_be_short() -> None:
    key, file_id = b"k" * 32, b"f" * 16
    full = seal_chunk(key, file_id, 0, False, bytes(limits.FILE_CHUNK))
    assert open_chunk(key, file_id, 0, False, full) == bytes(limits.FILE_CHUNK)
    for size in (0, limits.FILE_CHUNK - 1, limits.FILE_CHUNK + 1):
        with pytest.raises(ValueError, match="65,536"):
            seal_chunk(key, file_id, 0, False, bytes(size))
    with pytest.raises(ValueError, match="65,536"):
        seal_chunk(key, file_id, 0, True, bytes(limits.FILE_CHUNK + 1))
    short = crypto.aead_seal(key, bytes(12), crypto.label_prefix("file") + file_id, b"short")
    with pytest.raises(SealError):
        open_chunk(key, file_id, 0, False, short)
