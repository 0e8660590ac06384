"""Who the server is, and who the user is: the proofs of docs/protocol.md §3 and the keys of a password.

A client calls `check_server_hello` before it sends anything but HELLO. A server calls `check_login` with a dummy key
for unknown names, so that both cases cost the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import crypto_utils as crypto
from securechat.errors import PasswordProblem
from securechat.sealing.identity import OwnKeys, PublicIdentity, accept_identity, accept_prekey
from securechat.wire import limits
from securechat.wire.messages import Hello, PutVault, ServerHello
from securechat.wire.objects import Prekey

__all__ = [
    "LoginKeys",
    "Session",
    "check_login",
    "check_password",
    "check_put_vault",
    "check_server_hello",
    "login_salt",
    "make_server_hello",
    "server_id_of",
    "sign_login",
    "sign_put_vault",
]


@dataclass(frozen=True)
class Session:
    """What ties a proof to one connection: server_id (16), challenge, nonce and cert_hash (32 bytes each)."""

    server_id: bytes
    challenge: bytes
    nonce: bytes
    cert_hash: bytes


@dataclass(frozen=True)
class LoginKeys:
    """What a password gives: the key that logs in and the key that opens the vault (§3.2)."""

    signing: crypto.SigningKey
    vault_key: bytes

    @classmethod
    def from_master(cls, master: bytes) -> LoginKeys:
        """`master`: the 32 bytes of `crypto_utils.stretch`."""
        return cls(crypto.SigningKey(crypto.kdf(master, "login")), crypto.kdf(master, "vault"))

    def __repr__(self) -> str:
        return f"LoginKeys({self.signing!r})"


def server_id_of(server_fp: bytes) -> bytes:
    """The first 16 bytes of the server's fingerprint."""
    return server_fp[:16]


def login_salt(server_id: bytes, username: str) -> bytes:
    """The scrypt salt of a user at a server; 32 bytes."""
    return crypto.hash_label("salt", server_id + username.encode("ascii"))


def check_password(password: str) -> None:
    """PasswordProblem unless the password has at least 10 characters."""
    if len(password) < limits.PASSWORD_CHARACTERS:
        raise PasswordProblem(
            f"The password needs at least {limits.PASSWORD_CHARACTERS} characters: "
            "take a few words that only you would put together."
        )


def make_server_hello(
    keys: OwnKeys, prekey: Prekey, name: str, registration: int, challenge: bytes, hello: Hello, cert_hash: bytes
) -> ServerHello:
    """The server's signed answer to a HELLO on this connection."""
    draft = ServerHello(
        limits.VERSION, name, challenge, keys.public.record.raw, prekey.raw, registration, bytes(64)
    )
    signature = keys.signing.sign("hello", cert_hash + hello.raw + draft.signed)
    return ServerHello(
        limits.VERSION, name, challenge, keys.public.record.raw, prekey.raw, registration, signature
    )


def check_server_hello(answer: ServerHello, hello: Hello, cert_hash: bytes) -> tuple[PublicIdentity, Prekey]:
    """The server's identity and prekey, if the answer was signed by them for this HELLO and this certificate.

    SealError otherwise. The caller still compares the fingerprint with the pin.
    """
    server = accept_identity(answer.identity, username=limits.SERVER_USERNAME)
    server.key.verify("hello", cert_hash + hello.raw + answer.signed, answer.signature)
    return server, accept_prekey(answer.prekey, server)


def _login_bytes(session: Session, username: str) -> bytes:
    return session.server_id + session.challenge + session.nonce + session.cert_hash + username.encode("utf-8")


def sign_login(key: crypto.SigningKey, session: Session, username: str) -> bytes:
    """The 64-byte proof of LOGIN and REGISTER, good on this connection only."""
    return key.sign("login", _login_bytes(session, username))


def check_login(login_pub: bytes, session: Session, username: str, proof: bytes) -> None:
    """SealError unless `proof` is by the login key `login_pub` (32 bytes) for this connection."""
    crypto.VerifyKey(login_pub).verify("login", _login_bytes(session, username), proof)


def _vault_bytes(session: Session, signed: bytes) -> bytes:
    return session.server_id + session.challenge + session.nonce + signed


def sign_put_vault(key: crypto.SigningKey, session: Session, draft: PutVault) -> PutVault:
    """`draft` with its proof by the current login key."""
    proof = key.sign("vault", _vault_bytes(session, draft.signed))
    return PutVault(
        draft.version, draft.vault, draft.prekey, draft.login_pub, draft.oldest_prekey, proof
    )


def check_put_vault(login_pub: bytes, session: Session, request: PutVault) -> None:
    """SealError unless the request is signed by the login key stored for this user."""
    crypto.VerifyKey(login_pub).verify("vault", _vault_bytes(session, request.signed), request.proof)
