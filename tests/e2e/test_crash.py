"""`kill -9` of the server and of a client: what was acknowledged is there, and what was typed arrives once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securechat.client.events import ConnectionState, MessageShown, MessageState
from tests.e2e.conftest import MakePerson, StartProgram, StartServer
from tests.e2e.person import WAIT_S, Person
from tests.e2e.wire import Wire

ROUNDS = 3
ACKNOWLEDGED = 15  # of each person, before a round's kill
UNSENT = ["first", "second", "third", "fourth", "fifth"]
DRAFT = "not finished yet"


@contextmanager
def posting(people: list[Person], sent: dict[str, list[str]]) -> Iterator[None]:
    """Everybody posts without a pause; every text that `send` took is in `sent`."""
    enough = threading.Event()

    def post(person: Person) -> None:
        mine = sent[person.name]
        while not enough.is_set():
            text = f"{person.name} {len(mine)}"
            person.client.send(text)
            mine.append(text)

    threads = [threading.Thread(target=post, args=(person,), name=f"posting-{person.name}") for person in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def test_kill_9_of_the_server_under_load(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads, one posting thread per person and a process of the server per round; all joined here or by
    the fixtures."""
    server = start_server("--welcome", "")
    people = [make_person(name).register(server.address) for name in ("alice", "bob", "carol")]
    sent: dict[str, list[str]] = {person.name: [] for person in people}
    for _ in range(ROUNDS):
        with posting(people, sent):
            for person in people:
                goal = len(person.acknowledged) + ACKNOWLEDGED
                person.wait(lambda p=person, goal=goal: len(p.acknowledged) >= goal, "acknowledgements")
            server.kill()
            for person in people:
                person.wait(lambda p=person: p.client.state is not ConnectionState.ONLINE, "the loss")
        told = {text: seq for person in people for text, seq in person.acknowledged.items()}
        server = start_server("--welcome", "", port=server.port)
        for person in people:
            person.wait_back()
        for person in people:
            person.wait(lambda p=person: len(p.acknowledged) == len(sent[p.name]), "all posts to be stored")
        people[0].wait_text(*(text for texts in sent.values() for text in texts))
        lines = people[0].whole_history()
        assert [seq for seq, _, _ in lines] == list(range(1, len(lines) + 1)), "no holes"
        numbers = {text: seq for seq, _, text in lines}
        assert {text: numbers.get(text) for text in told} == told, "what was acknowledged stays where it was"
        for name, texts in sent.items():
            assert [text for _, author, text in lines if author == name] == texts, "each once, in order"
    for person in (people[1], people[2], make_person("dave").register(server.address)):
        person.wait_text(lines[-1][2])
        assert person.whole_history() == lines


@pytest.mark.parametrize("dies", ["server", "connection"])
def test_posts_that_were_stored_but_not_acknowledged(
    start_server: StartServer, make_person: MakePerson, dies: str
) -> None:
    """Client threads, the wire's thread, one or two processes of the server; joined here or by the fixtures."""
    server = start_server("--welcome", "")
    bob = make_person("bob").register(server.address)
    with Wire(server.port) as wire:
        alice = make_person("alice").register(server.link_to(wire.port))
        alice.say("before")
        wire.block()
        texts = [f"number {number}" for number in range(10)]
        for text in texts:
            alice.client.send(text)
        server.wait_line("]: number 9")
        bob.wait_text(*texts)
        stored = bob.lines()
        alice.wait(lambda: list(alice.acknowledged) == ["before"], "one acknowledgement")
        if dies == "server":
            server.kill()
        wire.reset()
        wire.unblock()
        if dies == "server":
            server = start_server("--welcome", "", port=server.port)
            bob.wait_back()
        alice.wait_state(ConnectionState.WAITING)
        alice.wait_back()
        alice.say("after")
        bob.wait_text("after")
        assert bob.lines()[:-1] == stored, "each once, where it was"
        assert bob.lines()[-1][1:] == ("alice", "after")
        assert alice.lines() == bob.lines()
        everything = {text: number for number, _, text in bob.lines()}
        alice.wait(lambda: alice.acknowledged == everything, "the acknowledgements of all posts")


def test_kill_9_of_a_client_with_unsent_posts(
    start_server: StartServer, make_person: MakePerson, run_program: StartProgram, tmp_path: Path
) -> None:
    """Client threads, a process of the client and two of the server; joined by the fixtures."""
    server = start_server("--welcome", "")
    bob = make_person("bob").register(server.address)
    folder = tmp_path / "client-alice"
    client = run_program("-m", "tests.e2e.unsent_client", str(folder), server.address, "alice", DRAFT, *UNSENT)
    client.wait_line("online")
    server.kill()
    client.wait_line("kept")
    client.kill()

    server = start_server("--welcome", "", port=server.port)
    bob.wait_back()
    alice = make_person("alice", folder="client-alice").log_in(server.address)
    waiting = [event.message for event in alice.seen(MessageShown) if event.message.state is MessageState.WAITING]
    assert [message.text for message in waiting] == UNSENT
    assert alice.client.draft() == DRAFT
    alice.client.wait_stored(waiting[-1].local_id, WAIT_S)
    assert alice.lines() == [(number, "alice", text) for number, text in enumerate(UNSENT, 1)]
    bob.wait_text(*UNSENT)
    assert bob.lines() == alice.lines()
    alice.client.close()

    # Not once more at the next start.
    again = make_person("alice", folder="client-alice").log_in(server.address)
    again.say("sixth")
    bob.wait_text("sixth")
    assert [text for _, _, text in bob.lines()] == [*UNSENT, "sixth"]
    assert again.client.draft() == DRAFT


def test_kill_9_of_a_client_while_its_posts_are_on_the_way(
    start_server: StartServer, make_person: MakePerson, run_program: StartProgram, tmp_path: Path
) -> None:
    """The acknowledgements may be lost with the process; the posts still arrive once. Threads as above."""
    server = start_server("--welcome", "")
    bob = make_person("bob").register(server.address)
    folder = tmp_path / "client-alice"
    texts = [f"number {number}" for number in range(40)]
    client = run_program("-m", "tests.e2e.unsent_client", str(folder), server.address, "alice", "", *texts)
    client.wait_line("online")
    client.type("go on")
    bob.wait_text(texts[5])
    client.kill()
    alice = make_person("alice", folder="client-alice").log_in(server.address)
    alice.say("the end")
    bob.wait_text("the end")
    arrived = [text for _, _, text in bob.lines()]
    assert len(arrived) > 6
    assert arrived == [*texts[: len(arrived) - 1], "the end"], "each once, in order, and none left out"
