"""A scripted server, and clients that are closed when their test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from securechat.client import ChatClient
from securechat.client.events import Event, Message
from tests.client.scripted_server import NOW_MS, WAIT_S, ScriptedServer
from tests.keys import quick_stretch, rsa_key

PASSWORD = "a long enough password"


class Person:
    """A client with what its owner would see: events in order, and waits for them."""

    def __init__(self, folder: Path, key: int, **options: Any) -> None:
        options.setdefault("clock", lambda: NOW_MS / 1000)
        self.folder = folder
        self.client = ChatClient(folder, stretch=quick_stretch, generate_rsa=lambda: rsa_key(key), **options)
        self.events = self.client.events(WAIT_S)
        self.seen: list[Event] = []

    def until(self, kind: type[Event], what: Callable[[Any], bool] = lambda event: True) -> Any:
        """The next event of this kind for which `what` is true."""
        for event in self.events:
            self.seen.append(event)
            if isinstance(event, kind) and what(event):
                return event
        raise AssertionError(f"no {kind.__name__} came; the last were {[type(e).__name__ for e in self.seen[-5:]]}")

    def texts(self) -> list[str]:
        return [message.text for message in self.client.messages()]

    def last(self) -> Message:
        return self.client.messages()[-1]


Meet = Callable[..., Person]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    started = ScriptedServer()
    yield started
    started.close()


@pytest.fixture
def meet(server: ScriptedServer, tmp_path: Path) -> Iterator[Meet]:
    """Make a person; connected and registered unless told otherwise."""
    people: list[Person] = []

    def make(
        name: str = "alice", key: int = 1, *, connect: bool = True, register: bool = True, **options: Any
    ) -> Person:
        person = Person(tmp_path / f"{name}-files", key, **options)
        people.append(person)
        if connect:
            person.client.connect(server.join_link, name, PASSWORD, register=register)
        return person

    yield make
    for person in people:
        person.client.close()
