"""A client without a server: it answers as `ChatClient` is described to, and the test plays server and network.

Every call is recorded in ``calls``. ``connect_error`` and ``send_error`` are raised once set. `hold` makes connect
block until `release` or `cancel`, so that progress can be looked at.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from securechat.client.events import (
    ConnectionState,
    Conversation,
    ConversationKind,
    Event,
    HistoryLoaded,
    Message,
    MessageChanged,
    MessageShown,
    MessageState,
    OwnSession,
    PeopleListed,
    Person,
    Presence,
    Progress,
    StateChanged,
)
from securechat.client.protection import Protection, Signature
from securechat.errors import ChatError, ConnectionClosed

LOBBY = b"L" * 32
START_MS = 1_753_083_720_000  # a Monday morning in July 2025, UTC
HOLD_S = 10.0  # no test holds a connect longer; then it fails by itself


def key_of(name: str) -> bytes:
    """A made-up fingerprint, the same for a name each time."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def message(seq: int, author: str, text: str, **other: object) -> Message:
    """A stored message; ``time_ms`` rises by a second per seq unless given."""
    time_ms = START_MS + seq * 1000
    made = Message(
        conv=LOBBY, seq=seq, local_id=0, post_id=key_of(f"{author}{seq}"), author=author,
        author_fp=key_of(author), mine=False, time_ms=time_ms, server_time_ms=time_ms, kind=1, text=text,
        state=MessageState.STORED,
    )
    return replace(made, **other)  # type: ignore[arg-type]


def person(name: str, presence: Presence = Presence.ONLINE) -> Person:
    """A user whose key is known."""
    return Person(name, presence, key_of(name))


class FakeClient:
    """See the module. ``older`` is what `load_older` finds, newest page last."""

    def __init__(self, folder: Path | None = None, on_event: Callable[[Event], None] = lambda event: None) -> None:
        self.folder, self.on_event = folder, on_event
        self.calls: list[tuple[object, ...]] = []
        self.username, self.server_name = "", "Blue Team"
        self.fingerprint, self.own_fp, self.lobby = "ab" * 32, key_of("alice"), LOBBY
        self.join_link = f"chat://192.168.1.20:5050/#{self.fingerprint}"
        self.state = ConnectionState.OFFLINE
        self.connect_error: BaseException | None = None
        self.send_error: BaseException | None = None
        self.shown: list[Message] = []
        self.older: list[tuple[Message, ...]] = []
        self.everyone: tuple[Person, ...] = (person("alice"), person("bob"), person("carol", Presence.OFFLINE))
        self.saved_draft = ""
        self.mark = 0
        self.marks: dict[bytes, int] = {}  # of the rooms
        self.rooms: tuple[Conversation, ...] = ()  # besides the lobby
        self.room_messages: dict[bytes, list[Message]] = {}
        self.drafts: dict[bytes, str] = {}
        self.account = FakeAccount(self)
        self.closed = threading.Event()
        self.connecting = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._cancelled = threading.Event()
        self._ids = itertools.count(1)

    # --- the test's side
    def hold(self) -> None:
        """The next connect waits."""
        self._free.clear()

    def release(self) -> None:
        """Let it go on."""
        self._free.set()

    def emit(self, *events: Event) -> None:
        """Tell the window, as a thread of the client does."""
        thread = threading.Thread(target=lambda: [self.on_event(event) for event in events], name="fake-receive")
        thread.start()
        thread.join()

    def say(self, author: str, text: str, **other: object) -> Message:
        """Somebody wrote."""
        new = message(1 + max((m.seq for m in self.shown), default=100), author, text, **other)
        self.shown.append(new)
        self.emit(MessageShown(new))
        return new

    def store(self, local_id: int) -> None:
        """The server acknowledged a message of ours."""
        index = next(i for i, m in enumerate(self.shown) if m.local_id == local_id)
        seq = 1 + max((m.seq for m in self.shown), default=100)
        self.shown[index] = replace(self.shown[index], seq=seq, state=MessageState.STORED)
        self.emit(MessageChanged(self.shown[index]))

    def turn(self, state: ConnectionState, **more: object) -> None:
        """The connection changed."""
        self.state = state
        self.emit(StateChanged(state, **more))  # type: ignore[arg-type]

    def named(self, name: str) -> list[tuple[object, ...]]:
        """The recorded calls of one method."""
        return [call for call in self.calls if call[0] == name]

    # --- the window's side
    def connect(
        self, server: str, username: str, password: str, *, register: bool = False, invite: str = "",
        accept_fingerprint: str = "", timeout_s: float = 30.0,
    ) -> None:
        self.calls.append(("connect", server, username, password, register, invite, accept_fingerprint))
        self.username, self.own_fp = username, key_of(username)
        if register:
            self.on_event(Progress("Making your keys…"))
        self.on_event(Progress("Stretching your password…"))
        self.connecting.set()
        if not self._free.wait(HOLD_S):
            raise ConnectionClosed("The test held the connection for too long.")
        if self._cancelled.is_set():
            raise ConnectionClosed("The connection was cancelled.")
        if self.connect_error is not None:
            raise self.connect_error
        self.state = ConnectionState.ONLINE

    def cancel(self) -> None:
        self.calls.append(("cancel",))
        self._cancelled.set()
        self._free.set()

    def close(self, timeout_s: float = 5.0) -> None:
        self._free.set()
        if not self.closed.is_set():
            self.calls.append(("close",))
        self.closed.set()

    def send(self, text: str, conv: bytes | None = None) -> int:
        self.calls.append(("send", text))
        return self._written(text, conv)

    def _written(self, text: str, conv: bytes | None, **other: object) -> int:
        if self.send_error is not None:
            raise self.send_error
        local_id = next(self._ids)
        mine = message(
            0, self.username, text, local_id=local_id, mine=True, state=MessageState.WAITING, server_time_ms=0,
            time_ms=max((m.time_ms for m in self.shown), default=START_MS) + 1000, post_id=key_of(f"post {local_id}"),
            conv=conv or LOBBY, **other,
        )
        self.shown.append(mine)
        self.on_event(MessageShown(mine))
        return local_id

    def reply(self, text: str, to: bytes, conv: bytes | None = None) -> int:
        self.calls.append(("reply", text, to))
        return self._written(text, conv, reply_to=to, kind=7)

    def edit(self, post_id: bytes, text: str, conv: bytes | None = None) -> int:
        self.calls.append(("edit", post_id, text))
        old = self._find(post_id)
        self._put(replace(old, text=text, edited=True, earlier=(*old.earlier, (old.time_ms, old.text))))
        return next(self._ids)

    def delete(self, post_id: bytes, conv: bytes | None = None) -> int:
        self.calls.append(("delete", post_id))
        self._put(replace(self._find(post_id), text="", deleted=True, reactions=()))
        return next(self._ids)

    def react(self, post_id: bytes, emoji: str, conv: bytes | None = None) -> int:
        self.calls.append(("react", post_id, emoji))
        old = self._find(post_id)
        others = ((one, tuple(n for n in names if n != self.username)) for one, names in old.reactions)
        kept = {one: names for one, names in others if names}
        if emoji:
            kept[emoji] = (*kept.get(emoji, ()), self.username)
        self._put(replace(old, reactions=tuple(kept.items())))
        return next(self._ids)

    def protection(self, post_id: bytes, conv: bytes | None = None, timeout_s: float = 10.0) -> Protection:
        self.calls.append(("protection", post_id))
        post = self._find(post_id)
        return Protection(
            post_id, ConversationKind.LOBBY, post.author, post.author_fp, Signature.VALID, False, True, (),
            key_of("stream"), "@server", 3, post.text, b"post:" + post.text.encode(), b"sealed" * 50,
        )

    def conversations(self) -> tuple[Conversation, ...]:
        return (Conversation(LOBBY, ConversationKind.LOBBY), *self.rooms)

    def mark_read(self, seq: int, conv: bytes | None = None) -> None:
        self.calls.append(("mark_read", seq))
        if conv in (None, LOBBY):
            self.mark = max(self.mark, seq)
        else:
            self.marks[conv] = max(self.marks.get(conv, 0), seq)

    def read_mark(self, conv: bytes | None = None) -> int:
        return self.mark if conv in (None, LOBBY) else self.marks.get(conv, 0)

    def _find(self, post_id: bytes) -> Message:
        return next(m for m in self.shown if m.post_id == post_id)

    def _put(self, new: Message) -> None:
        self.shown = [new if m.post_id == new.post_id else m for m in self.shown]
        self.on_event(MessageChanged(new))

    def messages(self, conv: bytes | None = None) -> tuple[Message, ...]:
        return tuple(self.shown if conv in (None, LOBBY) else self.room_messages.get(conv, []))

    def load_older(self, conv: bytes | None = None, timeout_s: float = 10.0) -> bool:
        self.calls.append(("load_older",))
        if self.state is not ConnectionState.ONLINE:
            raise ChatError("offline")
        page = self.older.pop() if self.older else ()
        self.on_event(HistoryLoaded(conv or LOBBY, page, begins=not self.older, older=True))
        return bool(self.older)

    def people(self) -> tuple[Person, ...]:
        return self.everyone

    def typing(self, conv: bytes | None = None) -> None:
        self.calls.append(("typing",))

    def draft(self, conv: bytes | None = None) -> str:
        return self.saved_draft if conv in (None, LOBBY) else self.drafts.get(conv, "")

    def set_draft(self, text: str, conv: bytes | None = None) -> None:
        self.calls.append(("set_draft", text))
        if conv in (None, LOBBY):
            self.saved_draft = text
        else:
            self.drafts[conv] = text

    def retry_now(self) -> None:
        self.calls.append(("retry_now",))


class FakeAccount:
    """The account side: records, and raises ``error`` once set."""

    def __init__(self, client: FakeClient) -> None:
        self._client = client
        self.error: BaseException | None = None
        self.others = 2

    def _called(self, *call: object) -> None:
        self._client.calls.append(call)
        if self.error is not None:
            raise self.error

    def change_password(self, old: str, new: str, timeout_s: float = 30.0) -> None:
        self._called("change_password", old, new)

    def sessions(self, timeout_s: float = 10.0) -> tuple[OwnSession, ...]:
        self._called("sessions")
        return tuple(OwnSession(n, START_MS + n, f"192.168.1.{n}", n == 1) for n in range(1, self.others + 2))

    def end_other_sessions(self, timeout_s: float = 10.0) -> int:
        self._called("end_other_sessions")
        ended, self.others = self.others, 0
        return ended

    def ignore(self, username: str, ignored: bool = True, timeout_s: float = 10.0) -> None:
        self._called("ignore", username, ignored)
        self._client.everyone = tuple(
            replace(known, ignored=ignored) if known.username == username else known
            for known in self._client.everyone
        )
        self._client.on_event(PeopleListed(self._client.everyone))
