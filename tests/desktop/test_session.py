"""The threads behind a session, without a window: calls for the main thread are collected in a queue."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from securechat.desktop.form_model import ConnectRequest
from securechat.desktop.session import Session
from securechat.desktop.view_model import Opened
from tests.desktop.fake_client import FakeClient

REQUEST = ConnectRequest("host", "alice", "correct horse", False, "")
DEADLINE_S = 5.0


class Owner:
    """Starts sessions and makes their calls, as the window does."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.opened: list[Opened] = []
        self.failed: list[BaseException] = []
        self.sessions: list[Session] = []

    def start(self, client: FakeClient, after: Session | None = None) -> Session:
        session = Session(
            lambda folder, on_event: client, None, REQUEST, self.calls.put, after=after,
            on_open=lambda session, opened: self.opened.append(opened),
            on_fail=lambda session, error: self.failed.append(error),
            on_event=lambda session, event: None, on_error=self.failed.append,
        )
        self.sessions.append(session)
        return session

    def turn(self) -> None:
        """Make the next call."""
        self.calls.get(timeout=DEADLINE_S)()


@pytest.fixture
def owner() -> Iterator[Owner]:
    made = Owner()
    yield made
    for session in made.sessions:
        session.close()
        assert session.join(DEADLINE_S)


def test_the_last_draft_is_written_after_all_older_ones(owner: Owner) -> None:
    """The quick worker is held in an older save; closing waits for it."""
    client, started, free = FakeClient(), threading.Event(), threading.Event()
    saved: list[str] = []

    def set_draft(text: str, conv: bytes | None = None) -> None:
        if text == "older":
            started.set()
            assert free.wait(DEADLINE_S)
        saved.append(text)
        written.set()

    written = threading.Event()
    client.set_draft = set_draft  # type: ignore[method-assign]
    session = owner.start(client)
    owner.turn()
    session.save_draft("older")
    assert started.wait(DEADLINE_S)
    session.close("newest")
    assert not written.wait(0.1)  # a closing that does not wait would have written by now
    free.set()
    assert session.join(DEADLINE_S)
    assert saved == ["older", "newest"]


def test_the_next_session_connects_only_after_the_last_one_ended(owner: Owner) -> None:
    """The first client is held in close; the second must not be asked to connect."""
    first, second, free = FakeClient(), FakeClient(), threading.Event()
    closing = threading.Event()

    def close(timeout_s: float = 5.0) -> None:
        closing.set()
        assert free.wait(DEADLINE_S)

    first.close = close  # type: ignore[method-assign]
    before = owner.start(first)
    owner.turn()
    before.close()
    assert closing.wait(DEADLINE_S)
    owner.start(second, after=before)
    assert not second.connecting.wait(0.1)
    free.set()
    assert second.connecting.wait(DEADLINE_S)


def test_closing_twice_is_closing_once(owner: Owner) -> None:
    client = FakeClient()
    session = owner.start(client)
    owner.turn()
    session.close("draft")
    session.close("other")
    assert session.join(DEADLINE_S)
    assert client.saved_draft == "draft"
    assert len(client.named("close")) == 1
