"""The server stops and starts again: everybody comes back by themselves, and nothing is lost."""

from __future__ import annotations

from securechat.client.events import ConnectionState
from securechat.errors import ErrorCode
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.person import WAIT_S

POSTS = 230  # more than two pages


def test_a_restart_loses_nothing(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads and two processes of the server, one after the other; joined by the fixtures."""
    server = start_server("--welcome", "")
    alice = make_person("alice").register(server.address)
    bob = make_person("bob").register(server.address)
    expected = [f"line {number}" for number in range(POSTS)]
    for text in expected:
        last = alice.client.send(text)
    assert alice.client.wait_stored(last, WAIT_S) == POSTS
    bob.wait_text(expected[-1])
    assert server.stop() == 0
    for person in (alice, bob):
        assert person.wait_state(ConnectionState.WAITING).code == ErrorCode.SHUTDOWN
    away = [alice.client.send("typed while away"), alice.client.send("and this")]
    assert alice.texts()[-2:] == ["typed while away", "and this"]

    server = start_server("--welcome", "", port=server.port)
    alice.wait_back()
    bob.wait_back()
    assert [alice.client.wait_stored(one, WAIT_S) for one in away] == [POSTS + 1, POSTS + 2]
    bob.wait_text("and this")
    expected += ["typed while away", "and this"]

    carol = make_person("carol").register(server.address)
    first_page = len(carol.lines())
    assert 0 < first_page < POSTS, "history comes by pages"
    assert carol.texts() == expected[-first_page:]
    lines = carol.whole_history()
    assert lines == [(number, "alice", text) for number, text in enumerate(expected, 1)]
    assert alice.lines() == lines
    assert bob.whole_history() == lines


def test_what_was_missed_is_fetched_in_order(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server("--welcome", "")
    alice = make_person("alice").register(server.address)
    bob = make_person("bob").register(server.address)
    alice.say("before")
    bob.wait_text("before")
    bob.client.close()
    missed = [f"missed {number}" for number in range(120)]
    for text in missed:
        last = alice.client.send(text)
    alice.client.wait_stored(last, WAIT_S)
    again = make_person("bob", folder="client-bob").log_in(server.address)
    again.say("after")
    assert [text for _, _, text in again.whole_history()] == ["before", *missed, "after"]
    alice.wait_text("after")
    assert alice.lines() == again.lines()
