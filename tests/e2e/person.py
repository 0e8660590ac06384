"""A person with a real `ChatClient`, and waiting for what happens to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import crypto_utils as crypto
from securechat.client import ChatClient
from securechat.client.events import ConnectionState, Event, MessageChanged, MessageState, Presence, StateChanged
from tests.e2e.program import WAIT_S
from tests.keys import quick_stretch, rsa_key

__all__ = ["PASSWORD", "Person"]

PASSWORD = "a long enough password"
Kind = TypeVar("Kind")


class Person:
    """`client` with all its `events`. `real`: with the real key generation and password stretching."""

    def __init__(self, name: str, folder: Path, key: int, *, real: bool = False) -> None:
        self.name = name
        self.events: list[Event] = []
        self.acknowledged: dict[str, int] = {}  # own texts that the server told to be durable, with their numbers
        self._changed = threading.Condition()  # guards the two above
        self.client = ChatClient(
            folder,
            stretch=crypto.stretch if real else quick_stretch,
            generate_rsa=crypto.generate_rsa_key if real else lambda: rsa_key(key),
            on_event=self._note,
        )

    def _note(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            if isinstance(event, MessageChanged) and event.message.state is MessageState.STORED and event.message.mine:
                self.acknowledged[event.message.text] = event.message.seq
            self._changed.notify_all()

    def register(self, server: str, **options: str) -> Person:
        """Make the account and stay connected."""
        self.client.connect(server, self.name, PASSWORD, register=True, **options)
        return self

    def log_in(self, server: str, password: str = PASSWORD) -> Person:
        """Connect with the account."""
        self.client.connect(server, self.name, password)
        return self

    # --- waiting -------------------------------------------------------------------------------------------------

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = WAIT_S) -> None:
        """Wait until `condition` holds; it is looked at after each event."""
        with self._changed:
            held = self._changed.wait_for(condition, timeout_s)
        assert held, f"{self.name} waited in vain for {what}; state {self.client.state}; sees {self.texts()[-20:]}"

    def seen(self, kind: type[Kind]) -> list[Kind]:
        """The events of one kind so far."""
        with self._changed:
            return [event for event in self.events if isinstance(event, kind)]

    def wait_text(self, *texts: str) -> None:
        """Wait until all of these texts are in the timeline."""
        self.wait(lambda: set(texts) <= set(self.texts()), f"{texts!r}")

    def wait_presence(self, name: str, presence: Presence) -> None:
        """Wait until the list of people shows somebody as here or not."""
        self.wait(
            lambda: any(p.username == name and p.presence is presence for p in self.client.people()),
            f"{name} to be {presence}",
        )

    def wait_state(self, state: ConnectionState) -> StateChanged:
        """Wait until the connection is in this state; the newest event that said so."""
        self.wait(lambda: any(change.state is state for change in self.seen(StateChanged)), f"{state}")
        return next(change for change in reversed(self.seen(StateChanged)) if change.state is state)

    def wait_back(self) -> None:
        """Wait until the client is online again, without its pauses."""
        deadline = time.monotonic() + WAIT_S
        while self.client.state is not ConnectionState.ONLINE:
            assert time.monotonic() < deadline, f"{self.name} did not come back: {self.client.state}"
            self.client.retry_now()
            with self._changed:
                self._changed.wait(0.05)

    # --- talking -------------------------------------------------------------------------------------------------

    def say(self, text: str) -> int:
        """Post a text and wait until it is stored; its number."""
        return self.client.wait_stored(self.client.send(text), WAIT_S)

    def texts(self) -> list[str]:
        """The timeline from top to bottom."""
        return [message.text for message in self.client.messages()]

    def lines(self) -> list[tuple[int, str, str]]:
        """(number, author, text) of everything stored."""
        return [(m.seq, m.author, m.text) for m in self.client.messages() if m.seq]

    def whole_history(self) -> list[tuple[int, str, str]]:
        """All lines, after loading page by page."""
        while self.client.load_older():
            pass
        return self.lines()
