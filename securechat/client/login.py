"""From an address to a logged-in connection: greeting, pin, proof (docs/protocol.md §3).

Owns the order in which trust is established: nothing but HELLO is sent before the server has proved its identity and
that identity is the pinned one. Knows nothing of conversations. All functions block their caller.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import crypto_utils as crypto
from securechat.client.address import ServerAddress
from securechat.client.connection import Connection
from securechat.client.settings import Settings
from securechat.errors import (
    AuthError,
    FirstContact,
    ProtocolError,
    RegistrationUnavailable,
    RemoteProtocolError,
    SealError,
    ServerChanged,
)
from securechat.rules.clean_text import one_line
from securechat.sealing.handshake import LoginKeys, Session, check_server_hello, server_id_of, sign_login
from securechat.sealing.identity import OwnPrekey, PublicIdentity
from securechat.sealing.vault import VaultContents, seal_vault
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import Hello, LoggedIn, Login, Register, ServerHello
from securechat.wire.objects import Prekey

__all__ = ["Greeting", "Link", "check_pin", "check_registration", "greet", "log_in", "register"]

logger = logging.getLogger(__name__)

_CLOSED, _WITH_INVITE, _OPEN = 0, 1, 2


@dataclass(frozen=True)
class Greeting:
    """A server that has proved its identity on this connection; whether it is the right one is the pin's matter."""

    server: PublicIdentity
    prekey: Prekey
    name: str
    registration: int
    session: Session

    @property
    def fingerprint(self) -> str:
        """64 hex digits, as the console shows them."""
        return self.server.fp.hex()


@dataclass(frozen=True)
class Link:
    """A logged-in connection with who is at its other end."""

    connection: Connection
    greeting: Greeting


def greet(connection: Connection, timeout_s: float) -> Greeting:
    """Say HELLO and check the answer. AuthError if the server cannot prove its identity; sends nothing more."""
    hello = Hello(limits.VERSION, crypto.random_bytes(32))
    body = connection.request(FrameType.HELLO, hello.raw, timeout_s)
    try:
        answer = ServerHello.decode(body)
        if answer.version != limits.VERSION or not answer.server_name:
            raise RemoteProtocolError("A greeting of another version.")
        server, prekey = check_server_hello(answer, hello, connection.certificate_hash)
    except (ProtocolError, SealError) as error:
        raise AuthError(
            "The server could not prove that it is itself, so nothing was sent to it. "
            "Check the address; if it is right, ask the operator."
        ) from error
    session = Session(server_id_of(server.fp), answer.challenge, hello.nonce, connection.certificate_hash)
    return Greeting(server, prekey, one_line(answer.server_name), answer.registration, session)


def expected_fingerprint(address: ServerAddress, settings: Settings) -> str:
    """The fingerprint known beforehand, from the pin or else the link; "" at a first contact without link.

    ServerChanged if link and pin disagree: a link never replaces a pin.
    """
    pinned = settings.pins.get(address.place, "")
    if pinned and address.fingerprint and address.fingerprint != pinned:
        raise ServerChanged(pinned, address.fingerprint, by_link=True)
    return pinned or address.fingerprint


def check_pin(greeting: Greeting, address: ServerAddress, settings: Settings, accepted: str = "") -> None:
    """Return only if this is the server that the person means, and pin it. ServerChanged, FirstContact.

    `accepted`: the fingerprint that the person has just compared, or "".
    """
    expected = expected_fingerprint(address, settings)
    if not expected:
        expected = accepted.strip().lower().replace(" ", "")
        if not expected:
            raise FirstContact(greeting.fingerprint, greeting.name)
    if not crypto.equal(expected.encode(), greeting.fingerprint.encode()):
        pinned = address.place in settings.pins
        raise ServerChanged(expected, greeting.fingerprint, by_link=bool(address.fingerprint) and not pinned)
    settings.pin(address, greeting.fingerprint)


def check_registration(greeting: Greeting, invite: str) -> None:
    """RequestRefused REGISTRATION_REFUSED if the server's greeting already says that REGISTER cannot succeed."""
    if greeting.registration == _OPEN or (greeting.registration == _WITH_INVITE and invite):
        return
    if greeting.registration == _WITH_INVITE:
        raise RegistrationUnavailable("This server asks for an invite code. Its operator can give you one.")
    raise RegistrationUnavailable(
        "This server takes no new accounts now. Ask its operator to open registration, or log in if you have one."
    )


def log_in(connection: Connection, greeting: Greeting, username: str, keys: LoginKeys, timeout_s: float) -> LoggedIn:
    """LOGIN; version and vault as the server has them. RequestRefused BAD_LOGIN, RATE_LIMITED, FORBIDDEN."""
    proof = sign_login(keys.signing, greeting.session, username)
    return _logged_in(connection, connection.request(FrameType.LOGIN, Login(username, proof).raw, timeout_s))


def register(
    connection: Connection, greeting: Greeting, invite: str, keys: LoginKeys, contents: VaultContents, timeout_s: float
) -> LoggedIn:
    """REGISTER with prekey id 1 and vault version 1, both from `contents`."""
    own = contents.keys
    first: OwnPrekey = contents.newest_prekey
    vault = seal_vault(contents, keys.vault_key, greeting.session.server_id, 1)
    proof = sign_login(keys.signing, greeting.session, own.username)
    body = Register(
        own.username, invite, keys.signing.public, own.public.record.raw, first.record(own).raw, vault, proof
    )
    return _logged_in(connection, connection.request(FrameType.REGISTER, body.raw, timeout_s))


def _logged_in(connection: Connection, body: bytes) -> LoggedIn:
    answer = LoggedIn.decode(body)
    connection.note_time(answer.server_time)
    return answer
