"""The threads behind a session, without a window: calls for the main thread are collected in a queue."""

from __future__ import annotations

import queue
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.client.events import Conversation, ConversationKind, Event
from securechat.desktop import session as session_module
from securechat.desktop.chat.view_model import Opened
from securechat.desktop.form.form_model import ConnectRequest
from securechat.desktop.session import Session
from securechat.errors import ConnectionClosed, StoreError
from tests.desktop.fake_client import LOBBY, FakeClient, message

REQUEST = ConnectRequest("host", "alice", "correct horse", False, "")
DEADLINE_S = 5.0


class Owner:
    """Starts sessions and makes their calls, as the window does."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.opened: list[Opened] = []
        self.failed: list[BaseException] = []
        self.sessions: list[Session] = []

    def start(
        self, client: FakeClient, after: Session | None = None, first: Callable[[], object] = lambda: None
    ) -> Session:
        """``first`` is called before the client is made."""

        def make(folder: Path | None, on_event: Callable[[Event], None]) -> FakeClient:
            first()
            return client

        session = Session(
            make, None, REQUEST, self.calls.put, after=after,
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
    session.soon(lambda client: client.set_draft("older"))
    assert started.wait(DEADLINE_S)
    session.close({LOBBY: "newest"})
    assert not written.wait(0.1)  # a closing that does not wait would have written by now
    free.set()
    assert session.join(DEADLINE_S)
    assert saved == ["older", "newest"]


def test_an_older_draft_never_follows_the_last_one(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick worker is held in a save for longer than closing waits for it, with another save queued behind."""
    monkeypatch.setattr(session_module, "DRAFT_S", 0.01)
    client, started, free = FakeClient(), threading.Event(), threading.Event()
    saved: list[str] = []

    def set_draft(text: str, conv: bytes | None = None) -> None:
        if text == "older":
            started.set()
            assert free.wait(DEADLINE_S)
        saved.append(text)

    client.set_draft = set_draft  # type: ignore[method-assign]
    session = owner.start(client)
    owner.turn()
    session.soon(lambda client: client.set_draft("older"))
    session.soon(lambda client: client.set_draft("old"))
    assert started.wait(DEADLINE_S)
    session.close({LOBBY: "newest"})
    assert client.closed.wait(DEADLINE_S) and saved == []
    free.set()
    assert session.join(DEADLINE_S)
    assert saved == ["older", "newest"]


def test_a_browser_that_does_not_return_holds_up_neither_drafts_nor_the_end(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, started, free, saved = FakeClient(), threading.Event(), threading.Event(), threading.Event()

    def hang(url: str) -> bool:
        started.set()
        free.wait(DEADLINE_S)
        return False

    monkeypatch.setattr(webbrowser, "open", hang)
    monkeypatch.setattr(session_module, "BROWSER_S", 0.01)
    session = owner.start(client)
    owner.turn()
    session.browse("https://a.example", lambda: owner.failed.append(AssertionError()))
    assert started.wait(DEADLINE_S)
    session.soon(lambda client: saved.set())
    assert saved.wait(DEADLINE_S)
    session.close()
    assert session.join(DEADLINE_S) and client.closed.is_set()
    free.set()
    owner.turn()  # that it failed concerns nobody any more
    assert owner.failed == []
    for thread in threading.enumerate():
        if thread.name == "desktop-browser":
            thread.join(DEADLINE_S)


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
    session.close({LOBBY: "draft"})
    session.close({LOBBY: "other"})
    assert session.join(DEADLINE_S)
    assert client.saved_draft == "draft"
    assert len(client.named("close")) == 1


def test_closing_keeps_the_other_drafts_and_the_client_is_closed_if_one_cannot_be_kept(owner: Owner) -> None:
    """A full disk is expected; a defect is told to the owner. Neither keeps the account open."""
    client, room = FakeClient(), b"R" * 32
    kept: list[str] = []
    problems: dict[str, Exception] = {"one": StoreError("The disk is full."), "two": ZeroDivisionError()}

    def set_draft(text: str, conv: bytes | None = None) -> None:
        if text in problems:
            raise problems[text]
        kept.append(text)

    client.set_draft = set_draft  # type: ignore[method-assign]
    session = owner.start(client)
    owner.turn()
    session.close({LOBBY: "one", room: "two", bytes(32): "three"})
    assert session.join(DEADLINE_S)
    assert kept == ["three"] and client.closed.is_set()
    owner.turn()
    assert [type(error) for error in owner.failed] == [ZeroDivisionError]


def test_all_conversations_open_with_their_messages_drafts_and_marks(owner: Owner) -> None:
    client, room = FakeClient(), Conversation(b"R" * 32, ConversationKind.ROOM, "design")
    client.rooms = (room,)
    client.shown, client.saved_draft, client.mark = [message(4, "bob", "hi")], "in the lobby", 3
    client.room_messages, client.drafts = {room.conv: [message(9, "carol", "yo")]}, {room.conv: "in the room"}
    owner.start(client)
    owner.turn()
    lobby, other = owner.opened[0].conversations
    assert (lobby.messages, lobby.draft, lobby.read_mark) == ((client.shown[0],), "in the lobby", 3)
    assert (other.conversation, other.draft) == (room, "in the room")
    assert [m.text for m in other.messages] == ["yo"]


def test_now_is_made_at_once_in_this_thread_and_its_error_is_raised(owner: Owner) -> None:
    client = FakeClient()
    session = owner.start(client)
    owner.turn()
    assert session.now(lambda client: (client.send("hi"), threading.current_thread())[1]) is threading.main_thread()
    client.send_error = StoreError("The disk is full.")
    with pytest.raises(StoreError):
        session.now(lambda client: client.send("again"))


def test_soon_swallows_what_a_server_refuses_and_tells_of_a_defect(owner: Owner) -> None:
    client = FakeClient()
    session = owner.start(client)
    owner.turn()

    def refuse(client: object) -> None:
        raise ConnectionClosed("The server is away.")

    def crash(client: object) -> None:
        raise ZeroDivisionError

    session.soon(refuse)
    session.soon(crash)
    owner.turn()
    assert [type(error) for error in owner.failed] == [ZeroDivisionError]


def test_a_slow_answer_does_not_hold_up_small_calls(owner: Owner) -> None:
    """The slow worker is held; the quick one goes on. The answer and a refusal come to the main thread in order."""
    client, free, quick = FakeClient(), threading.Event(), threading.Event()
    session = owner.start(client)
    owner.turn()
    answers: list[object] = []

    def slow(client: object) -> str:
        assert free.wait(DEADLINE_S)
        return threading.current_thread().name

    def refuse(client: object) -> str:
        raise TimeoutError

    session.ask(slow, answers.append, answers.append)
    session.ask(refuse, answers.append, lambda error: answers.append(type(error)))
    session.soon(lambda client: quick.set())
    assert quick.wait(DEADLINE_S) and answers == []
    free.set()
    owner.turn()
    owner.turn()
    assert answers == ["desktop-slow", TimeoutError]


def test_a_defect_in_a_call_that_was_asked_is_told_and_the_worker_goes_on(owner: Owner) -> None:
    client = FakeClient()
    session = owner.start(client)
    owner.turn()
    answers: list[object] = []
    session.ask(lambda client: 1 // 0, answers.append, answers.append)
    session.ask(lambda client: 7, answers.append, answers.append)
    owner.turn()
    owner.turn()
    assert [type(error) for error in owner.failed] == [ZeroDivisionError]
    assert answers == [7]


def test_before_there_is_a_client_a_session_takes_no_calls(owner: Owner) -> None:
    free = threading.Event()
    session = owner.start(FakeClient(), first=lambda: free.wait(DEADLINE_S))
    with pytest.raises(RuntimeError):
        session.now(lambda client: client.send("too early"))
    free.set()
    owner.turn()
    assert session.now(lambda client: client.send("hi")) == 1
