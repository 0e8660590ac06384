"""What goes wrong when a person connects to a real server, and the sentence that they get for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from securechat.client.events import ConnectionState
from securechat.client.sentences import explain
from securechat.errors import (
    ChatError,
    ConnectionClosed,
    ErrorCode,
    FirstContact,
    LocalProtocolError,
    PasswordProblem,
    RequestRefused,
    ServerChanged,
)
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.person import PASSWORD, Person

OTHER_KEY = 14


def refusal(connect: Callable[[], object]) -> ChatError:
    """The error that a try to connect ends with; it makes one or two sentences without anything technical."""
    with pytest.raises(ChatError) as caught:
        connect()
    sentence = explain(caught.value)
    assert sentence.rstrip(")").endswith((".", "?")) and PASSWORD not in sentence and "Error" not in sentence
    return caught.value


def code_of(connect: Callable[[], object]) -> int:
    """The code of a refusal by the server."""
    error = refusal(connect)
    assert isinstance(error, RequestRefused)
    return error.code


def test_a_wrong_password_and_an_unknown_name_look_the_same(
    start_server: StartServer, make_person: MakePerson
) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address)
    wrong = make_person("alice", folder="other")
    assert code_of(lambda: wrong.log_in(server.address, "a wrong password")) == ErrorCode.BAD_LOGIN
    unknown = make_person("mallory")
    error = refusal(lambda: unknown.log_in(server.address))
    assert isinstance(error, RequestRefused) and error.code == ErrorCode.BAD_LOGIN
    assert explain(error).startswith("The name or the password is wrong.")
    assert wrong.client.state is ConnectionState.OFFLINE
    # The same client may try again.
    wrong.log_in(server.address)
    wrong.say("the right password")


def test_a_name_that_is_taken(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    other = make_person("alice", folder="other")
    assert code_of(lambda: other.register(server.address)) == ErrorCode.NAME_TAKEN
    alice.say("still me")
    server.wait_line("]: still me")
    assert server.ask("/users", "alice") == ["1 registered:", "  alice - online"]


def test_registration_closed_and_by_invite(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server("--registration", "closed")
    alice = make_person("alice")
    error = refusal(lambda: alice.register(server.address))
    assert isinstance(error, RequestRefused) and error.code == ErrorCode.REGISTRATION_REFUSED
    assert "takes no new accounts" in explain(error) and "invite" not in explain(error)
    server.ask("/registration invite", "Registration is invite.")
    assert "invite" in explain(refusal(lambda: alice.register(server.address)))
    assert code_of(lambda: alice.register(server.address, invite="wrong")) == ErrorCode.REGISTRATION_REFUSED
    code = server.ask("/invite", "7 days")[-1].rsplit(" ", 1)[1]
    alice.register(server.address, invite=code)
    bob = make_person("bob")
    assert code_of(lambda: bob.register(server.address, invite=code)) == ErrorCode.REGISTRATION_REFUSED


def test_what_cannot_be_meant_is_told_before_anything_is_sent(
    start_server: StartServer, make_person: MakePerson
) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice")
    short = refusal(lambda: alice.client.connect(server.address, "alice", "short", register=True))
    assert isinstance(short, PasswordProblem)
    for address, name in ((server.address, "Alice Smith"), ("chat://example.org/#12", "alice"), ("a b", "alice")):
        error = refusal(lambda a=address, n=name: alice.client.connect(a, n, PASSWORD))
        assert isinstance(error, LocalProtocolError)
    assert not any("Connected by" in line for line in server.out)


def test_a_server_that_is_away(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    assert server.stop() == 0
    alice = make_person("alice")
    error = refusal(lambda: alice.log_in(server.address))
    assert isinstance(error, ConnectionClosed)
    assert f"127.0.0.1:{server.port}" in explain(error)


def test_a_first_contact_is_compared_and_then_remembered(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    place = f"127.0.0.1:{server.port}"
    alice = make_person("alice")
    error = refusal(lambda: alice.register(place))
    assert isinstance(error, FirstContact) and error.fingerprint == server.fingerprint
    assert not any("registered" in line for line in server.out)
    refused = refusal(lambda: alice.register(place, accept_fingerprint="0" * 64))
    assert isinstance(refused, ServerChanged)
    alice.register(place, accept_fingerprint=error.fingerprint)
    alice.client.close()
    make_person("alice", folder="client-alice").log_in(place).say("known by now")


def test_another_server_in_the_place_of_the_known_one(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads and two servers with different identities on one port; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    text = alice.client.wait_stored(alice.client.send("for the real one"))
    assert text
    assert server.stop() == 0
    alice.wait_state(ConnectionState.WAITING)
    alice.client.send("not for the other one")
    impostor = start_server(folder="impostor", key=OTHER_KEY, port=server.port)
    assert impostor.fingerprint != server.fingerprint

    alice.client.retry_now()
    ended = alice.wait_state(ConnectionState.ENDED)
    assert "fingerprint" in ended.reason
    alice.client.close()

    def connect(person: Person, address: str) -> ServerChanged:
        error = refusal(lambda: person.log_in(address))
        assert isinstance(error, ServerChanged)
        return error

    again = make_person("alice", folder="client-alice")
    changed = connect(again, f"127.0.0.1:{server.port}")
    assert (changed.expected, changed.shown) == (server.fingerprint, impostor.fingerprint)
    assert "--forget-pin" in explain(changed)
    connect(again, impostor.address)
    newcomer = make_person("bob")
    assert "join link" in explain(connect(newcomer, server.address))
    assert not any("logged in" in line or "registered" in line for line in impostor.out)

    # The right one again: what was typed meanwhile was for it alone.
    assert impostor.stop() == 0
    start_server(port=server.port)
    again.log_in(server.address)
    again.say("last")
    assert [t for t in again.texts() if "joined" not in t] == ["for the real one", "not for the other one", "last"]
