"""A real server and devices of its accounts: for what two programs of one person see of each other."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from securechat.client.events import ConnectionState, StateChanged
from securechat.errors import ErrorCode, RequestRefused
from securechat.server.app import ChatServer
from securechat.server.options import ServerOptions
from tests.client.conftest import PASSWORD, Person
from tests.client.scripted_server import NOW_MS
from tests.keys import rsa_key

SERVER_KEY = 15
KEYS = {"alice": 1, "bob": 2, "carol": 3}


class Devices:
    """Makes logged-in programs, each with a folder of its own; all end with the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Person] = []
        options = ServerOptions(host="127.0.0.1", port=0, data=folder / "server", welcome="")
        self.server = ChatServer(
            options, say=lambda line: None, generate_rsa=lambda: rsa_key(SERVER_KEY), clock=lambda: NOW_MS / 1000
        )

    def __enter__(self) -> Devices:
        self.server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for person in self._made:
            person.client.close()
        self.server.stop()

    def register(self, name: str) -> Person:
        return self._enter(Person(self._folder / f"{name}-first", KEYS[name]), name, PASSWORD, register=True)

    def login(self, name: str, place: str, password: str = PASSWORD) -> Person:
        """One more device of an account; the same place again is the same device, started anew."""
        return self._enter(Person(self._folder / f"{name}-{place}", KEYS[name]), name, password, register=False)

    def _enter(self, person: Person, name: str, password: str, *, register: bool) -> Person:
        self._made.append(person)
        person.client.connect(self.server.join_link(), name, password, register=register)
        person.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)
        return person

    def takes(self, name: str, password: str, place: str) -> bool:
        """Whether this password logs in and opens the vault."""
        try:
            self.login(name, place, password).client.close()
        except RequestRefused as error:
            assert error.code == ErrorCode.BAD_LOGIN
            return False
        return True

    def drop(self, name: str) -> None:
        """Cut all connections of this account, as a bad network does."""
        for member in self.server.presence.sessions_of(name):
            member.connection.close()  # type: ignore[attr-defined]


def ended(person: Person) -> StateChanged:
    event = person.until(StateChanged, lambda event: event.state is ConnectionState.ENDED)
    assert isinstance(event, StateChanged)
    return event


def waiting(person: Person) -> None:
    person.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)


def back(person: Person) -> None:
    person.client.retry_now()
    person.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)
