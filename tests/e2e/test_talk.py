"""A server, its console and three people who talk."""

from __future__ import annotations

import re
import socket
import struct

from securechat.client.events import ConnectionState, Presence, PresenceChanged
from securechat.errors import ErrorCode
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.wire import Wire


def test_three_people_and_the_console_talk(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads of three people and the reader threads of the server's process; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice", real=True).register(server.address)
    bob = make_person("bob").register(server.address)
    carol = make_person("carol").register(server.address)
    people = (alice, bob, carol)
    alice.say("Hi")
    bob.say("Hello alice")
    carol.say("Zwölf Boxkämpfer 🥊")
    server.type("Lunch at noon", "//not a command")
    said = ("Hi", "Hello alice", "Zwölf Boxkämpfer 🥊", "Lunch at noon", "/not a command")
    for person in people:
        person.wait_text(*(f"{one.name} joined the chat. Welcome!" for one in people), *said)
    assert alice.lines() == bob.lines() == carol.lines()
    assert [seq for seq, _, _ in alice.lines()] == list(range(1, 9))
    authors = {text: author for _, author, text in alice.lines()}
    assert authors["Hi"] == "alice" and authors["Hello alice"] == "bob"
    assert authors["Lunch at noon"] == authors["alice joined the chat. Welcome!"] == "@server"


def test_a_real_password_and_key_log_in_again(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by `close`."""
    server = start_server()
    first = make_person("alice", real=True).register(server.address)
    first.say("from the first computer")
    first.client.close()
    second = make_person("alice", folder="other", real=True).log_in(server.address)
    second.wait_text("from the first computer", "alice joined the chat. Welcome!")
    second.say("from the second computer")
    assert second.lines()[-1][1:] == ("alice", "from the second computer")


def test_the_console_names_every_event(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads and the server's process; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    alice.say("Hi")
    place = r"\('127\.0\.0\.1', \d+\)"
    assert re.fullmatch(rf"Connected by {place}", server.wait_line("Connected by"))
    assert re.fullmatch(rf"\[alice {place}\]: Hi", server.wait_line("]: Hi"))
    alice.client.close()
    assert server.wait_line("alice disconnected") == "alice disconnected"
    with socket.create_connection(("127.0.0.1", server.port), 10) as stranger:
        own = str(stranger.getsockname())
        server.wait_line(f"Connected by {own}")
    assert server.wait_line("during login") == f"{own} disconnected during login/registration."


def test_a_text_with_control_characters_does_not_reach_the_terminal(
    start_server: StartServer, make_person: MakePerson
) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    alice.say("red \x1b[31m alert\nsecond line")
    line = server.wait_line("alert")
    assert "\x1b" not in line
    assert "second line" in line, "one event is one line"


def test_a_reset_connection_is_told_as_such(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads, the wire's thread and the server's process; the wire is closed here, the rest by fixtures."""
    server = start_server()
    with Wire(server.port) as wire:
        alice = make_person("alice").register(server.link_to(wire.port))
        wire.reset()
        assert re.fullmatch(r"\[alice \('127\.0\.0\.1', \d+\)\]: forcibly disconnected\.", server.wait_line("forcibly"))
        alice.wait_state(ConnectionState.WAITING)
        alice.wait_back()
        alice.say("back again")
        with socket.create_connection(("127.0.0.1", server.port), 10) as stranger:
            own = str(stranger.getsockname())
            server.wait_line(f"Connected by {own}")
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.wait_line(f"{own} disconnected during login/registration.")


def test_the_operator_commands(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads and the server's process; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address)
    bob = make_person("bob").register(server.address)
    bob.client.close()
    server.wait_line("bob disconnected")
    server.wait_line("[@server]: bob joined")
    assert server.ask("/who", "alice") == ["1 online:", "  alice"]
    assert server.ask("/users", "bob - ") == ["2 registered:", "  alice - online", "  bob - offline"]
    assert server.ask("/stats", "Memory")[0].endswith(" 1 logged in.")
    assert server.ask("/link", "chat://") == [server.link]
    help_lines = server.ask("/help", "/stop")
    commands = ("/who", "/users", "/kick", "/invite", "/registration", "/stats", "/link", "/help", "/stop")
    assert all(any(command in line for line in help_lines) for command in commands)
    assert server.ask("/nonsense", "no command")[0].endswith("/help lists the commands.")
    assert server.ask("/kick nobody", "not here")
    assert server.ask("/registration invite", "Registration is") == ["Registration is invite."]
    code = server.ask("/invite", "7 days")[-1].rsplit(" ", 1)[1]
    make_person("carol").register(server.address, invite=code)
    server.wait_line("carol registered")


def test_who_is_kicked_is_told_why_and_does_not_come_back(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    bob = make_person("bob").register(server.address)
    alice.wait_presence("bob", Presence.ONLINE)
    server.type("/kick bob too loud")
    ended = bob.wait_state(ConnectionState.ENDED)
    assert ended.code == ErrorCode.KICKED
    assert "too loud" in ended.reason
    server.wait_line("bob was disconnected (1 session).")
    bob.client.retry_now()
    alice.wait_presence("bob", Presence.OFFLINE)
    assert bob.client.state is ConnectionState.ENDED
    bob.client.close()
    make_person("bob", folder="client-bob").log_in(server.address)


def test_an_arrival_is_told_once_whatever_the_number_of_sessions(
    start_server: StartServer, make_person: MakePerson
) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    bob = make_person("bob").register(server.address)
    again = make_person("bob", folder="second").log_in(server.address)

    def told() -> list[Presence]:
        return [p.presence for event in alice.seen(PresenceChanged) for p in event.changes if p.username == "bob"]

    alice.wait(lambda: told() == [Presence.ONLINE], "bob's arrival")
    bob.client.close()
    # carol's arrival comes after whatever bob's first leaving would have caused.
    make_person("carol").register(server.address)
    alice.wait(
        lambda: any(p.username == "carol" for event in alice.seen(PresenceChanged) for p in event.changes), "carol"
    )
    assert told() == [Presence.ONLINE]
    again.client.close()
    alice.wait(lambda: told() == [Presence.ONLINE, Presence.OFFLINE], "bob's leaving")
    before = [text for _, _, text in alice.lines()]
    assert not [text for text in before if "online" in text], "arrivals are not stored"
