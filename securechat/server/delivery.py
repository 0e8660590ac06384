"""The delivery thread: encrypt once, write once per client and round (docs/architecture.md).

It takes everything queued, seals each lobby post once in the server's stream, and hands each client one joined write.
It also continues the writes of clients whose sockets were full, and tells changes of presence together. It blocks
only in `Poller.wait`; `close` ends it after the queue is empty.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from securechat.net.poller import Poller
from securechat.net.tls_connection import TlsConnection
from securechat.server.lobby import Lobby
from securechat.server.presence import Member, Presence
from securechat.wire.frames import FrameType, encode_frame
from securechat.wire.messages import Deliver, PresencePush

__all__ = ["Delivery", "LobbyDelivery", "Push"]

_log = logging.getLogger(__name__)

_PRESENCE_PAUSE_S = 0.2
_FAREWELL_LOOK_S = 0.1  # how often a connection that is being left is looked at, while there is one
_PRESENCE_PER_PUSH = 4000  # 38 bytes each at most: well below the frame limit


@dataclass(frozen=True)
class LobbyDelivery:
    """A durable lobby post for everybody but the session that posted it."""

    seq: int
    server_time: int
    post: bytes
    sender: Member | None


@dataclass(frozen=True)
class Push:
    """Ready frames for some sessions."""

    members: tuple[Member, ...]
    frames: bytes


class Delivery:
    """`put`, `presence_changed` and `poller.watch` may be called from any thread; none of them blocks."""

    def __init__(self, lobby: Lobby, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.poller = Poller()
        self.presence = Presence(self.presence_changed)
        self.rounds = 0
        self.delivered = 0
        self._lobby = lobby
        self._monotonic = monotonic
        self._queue: deque[LobbyDelivery | Push] = deque()  # append and popleft are atomic
        self._farewells: deque[tuple[TlsConnection, float]] = deque()
        self._presence_due_s: float | None = None
        self._presence_dirty = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="delivery")
        self._thread.start()

    def put(self, items: Iterable[LobbyDelivery | Push]) -> None:
        """Queue items; they reach each client in this order."""
        self._queue.extend(items)
        self.poller.wake()

    def presence_changed(self) -> None:
        """Somebody came, left or changed; told a moment later, together with others."""
        self._presence_dirty = True
        self.poller.wake()

    def close_soon(self, connection: TlsConnection, within_s: float) -> None:
        """Close `connection` once what is queued went out, or after `within_s` seconds. Any thread, does not wait."""
        self._farewells.append((connection, self._monotonic() + within_s))
        self.poller.wake()

    @property
    def queue_length(self) -> int:
        """Items waiting for the next round."""
        return len(self._queue)

    def close(self, timeout_s: float = 10.0) -> None:
        """Deliver what is queued, then end the thread. Idempotent, any other thread."""
        self._closing = True
        self.poller.wake()
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self.poller.close()

    # --- the delivery thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            closing = self._closing  # read before the queue: what was put before close() is still delivered
            writable = self.poller.wait(self._timeout())
            try:
                for connection in writable:
                    connection.continue_writing()
                self._round()
                self._tell_presence()
                self._close_those_who_left()
            except Exception as problem:  # one bad round must not end delivery; its text may hold data
                _log.error("a round of delivery failed: %s", type(problem).__name__, exc_info=False)
            if closing and not self._queue:
                return

    def _timeout(self) -> float | None:
        if self._closing or self._queue:
            return 0.0
        if self._presence_dirty and self._presence_due_s is None:
            self._presence_due_s = self._monotonic() + _PRESENCE_PAUSE_S
        due = [self._presence_due_s] if self._presence_due_s is not None else []
        if self._farewells:
            due.append(self._monotonic() + _FAREWELL_LOOK_S)
        return max(0.0, min(due) - self._monotonic()) if due else None

    def _round(self) -> None:
        items = [self._queue.popleft() for _ in range(len(self._queue))]
        if not items:
            return
        self.rounds += 1
        posts = [item for item in items if isinstance(item, LobbyDelivery)]
        if posts:
            self._deliver(posts)
        for item in items:
            if isinstance(item, Push):
                for member in item.members:
                    member.push(item.frames)

    def _deliver(self, posts: list[LobbyDelivery]) -> None:
        frames = [
            encode_frame(
                FrameType.DELIVER,
                0,
                Deliver(post.seq, post.server_time, self._lobby.seal(post.seq, post.post)).encode(),
            )
            for post in posts
        ]
        # Most clients sent none of these posts: they share one joined write. A sender's own posts are left out.
        joined = b"".join(frames)
        senders = {id(post.sender) for post in posts if post.sender is not None}
        for member in self.presence.audience:
            if id(member) in senders:
                mine = b"".join(f for f, p in zip(frames, posts, strict=True) if p.sender is not member)
                if mine:
                    member.push(mine)
            else:
                member.push(joined)
            self.delivered += len(posts)

    def _close_those_who_left(self) -> None:
        for _ in range(len(self._farewells)):
            connection, until_s = self._farewells.popleft()
            if connection.closed or not connection.queued_bytes or self._monotonic() >= until_s:
                connection.close()
            else:
                self._farewells.append((connection, until_s))

    def _tell_presence(self) -> None:
        due = self._presence_due_s
        if due is None or self._monotonic() < due:
            return
        self._presence_due_s = None
        self._presence_dirty = False
        changes = self.presence.take_changes()
        for start in range(0, len(changes), _PRESENCE_PER_PUSH):
            body = PresencePush(changes[start : start + _PRESENCE_PER_PUSH]).encode()
            frame = encode_frame(FrameType.PUSH_PRESENCE, 0, body)
            for member in self.presence.audience:
                member.push(frame)
