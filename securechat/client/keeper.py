"""Keeps one account connected and its outbox flowing. Owns the thread "chat-sender".

Owns when to send, ping, pause and come back (docs/protocol.md §11). What sending and entering mean is handed in. The
thread waits on one condition: a new post, an answer, a lost connection, `retry_now` and `stop` all wake it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from securechat.client.events import ConnectionState
from securechat.client.lifecycle import Lifecycle
from securechat.client.login import Link
from securechat.client.outbox import Outbox
from securechat.client.pacing import Backoff, KeepAlive
from securechat.client.pump import Pump
from securechat.client.sentences import explain, seconds_of
from securechat.errors import (
    AuthError,
    ChatError,
    ConnectionClosed,
    ErrorCode,
    LocalProtocolError,
    RequestRefused,
)
from securechat.wire.frames import FrameType

__all__ = ["Keeper"]

logger = logging.getLogger(__name__)

_FINAL: Final = frozenset({ErrorCode.KICKED, ErrorCode.VERSION, ErrorCode.BAD_LOGIN, ErrorCode.FORBIDDEN})
_TIDY_AFTER_S: Final = 0.25  # acknowledged posts leave the file when a burst is over, not one by one
_SAVE_EVERY_S: Final = 600.0  # pins go into the vault at most this often (§4)


class Keeper:
    """`enter` makes a new logged-in link (blocking); `caught_up` has history fetched after one; `save` writes the vault
    and returns soon or raises; `drop` ends a connection that is being made."""

    def __init__(
        self, *, pump: Pump, outbox: Outbox, lifecycle: Lifecycle, backoff: Backoff, enter: Callable[[], Link],
        caught_up: Callable[[Link], None], save: Callable[[Link, float], None], monotonic: Callable[[], float],
    ) -> None:
        self._pump = pump
        self._outbox = outbox
        self._lifecycle = lifecycle
        self._backoff = backoff
        self._enter = enter
        self._caught_up = caught_up
        self._save = save
        self._monotonic = monotonic
        self._changed = threading.Condition(threading.Lock())  # guards the four below
        self._woken = False
        self._retry = False
        self._stopping = False
        self._link: Link | None = None
        self._stale_since_s: float | None = None  # sender thread only, as is the next
        self._saved_s = monotonic()
        self._thread = threading.Thread(target=self._run, name="chat-sender", daemon=True)

    @property
    def link(self) -> Link | None:
        """The connection that is logged in now, if any."""
        with self._changed:
            return self._link

    def start(self, link: Link) -> None:
        """Take over a link that is logged in and caught up; once."""
        self._link = link
        self._thread.start()

    def wake(self) -> None:
        """Something may have to be done. Any thread, never blocks."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def retry_now(self) -> None:
        """End a pause; while online, look at once whether the server is still there. Any thread."""
        with self._changed:
            self._retry = self._woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Say goodbye and end; idempotent, any thread, does not wait."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self, timeout_s: float | None) -> None:
        """Wait for the thread's end, unless called on it or before `start`."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    # --- the thread

    def _run(self) -> None:
        link = self._link
        while link is not None:
            began_s = self._monotonic()
            problem = self._online(link)
            if problem is None:
                self._farewell(link)
                link = None
            else:
                with self._changed:
                    self._link = None
                link.connection.close()
                link.connection.join()
                self._backoff.was_online(self._monotonic() - began_s)
                link = self._come_back(problem)

    def _online(self, link: Link) -> ChatError | None:
        """Work until the connection is lost (returns why) or `stop` (None)."""
        self._pump.begin(link)
        while True:
            with self._changed:
                self._woken = False
                if self._stopping:
                    return None
            if link.connection.lost is not None:
                return link.connection.lost
            try:
                waits = [self._pump.step(), self._stay_alive(link), self._tidy(link)]
            except TimeoutError:
                return ConnectionClosed("The server did not answer in time.")
            except ChatError as error:
                logger.warning("the connection is given up: %s", type(error).__name__)
                return link.connection.lost or error
            self._wait(min(wait for wait in waits if wait is not None))

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._woken or self._stopping, seconds)

    def _stay_alive(self, link: Link) -> float:
        connection, now = link.connection, self._monotonic()
        if KeepAlive.dead(now, connection.last_received_s):
            raise ConnectionClosed("The server has been silent for too long.")
        if KeepAlive.ping_due(now, connection.last_sent_s):
            connection.submit(FrameType.PING)
        return KeepAlive.next_look_s(now, connection.last_sent_s, connection.last_received_s)

    def _tidy(self, link: Link) -> float | None:
        """Forget acknowledged posts on disk, and now and then write the vault. Seconds until the next look."""
        now = self._monotonic()
        if now - self._saved_s >= _SAVE_EVERY_S:
            self._saved_s = now
            self._save(link, 0.0)
        if not (self._outbox.stale and self._pump.idle):
            self._stale_since_s = None
            return self._saved_s + _SAVE_EVERY_S - now
        if self._stale_since_s is None:
            self._stale_since_s = now
        if now - self._stale_since_s < _TIDY_AFTER_S:
            return self._stale_since_s + _TIDY_AFTER_S - now
        self._stale_since_s = None
        self._forget_sent()
        return None

    def _forget_sent(self) -> None:
        try:
            self._outbox.commit()
        except ChatError as error:
            logger.warning("the outbox still names messages that were sent: %s", error)

    def _farewell(self, link: Link) -> None:
        try:
            if link.connection.lost is None:
                self._save(link, 1.5)
        except (ChatError, TimeoutError) as error:
            logger.info("the vault was not written at the end: %s", type(error).__name__)
        if self._outbox.stale:
            self._forget_sent()
        with self._changed:
            self._link = None
        link.connection.close()

    # --- coming back

    def _come_back(self, problem: ChatError) -> Link | None:
        """A new link, after as many pauses as it takes; None if there is no way back or `stop` was called."""
        while not self._ended_by(problem):
            told_s = 0.0
            if isinstance(problem, RequestRefused) and problem.code == ErrorCode.RATE_LIMITED:
                told_s = seconds_of(problem)
            pause_s = self._backoff.next_pause_s(told_s)
            if not self._move(ConnectionState.WAITING, explain(problem), _code(problem), pause_s):
                return None
            self._pause(pause_s)
            if not self._move(ConnectionState.CONNECTING):
                return None
            try:
                link = self._enter()
            except TimeoutError:
                problem = ConnectionClosed("The server did not answer in time.")
                continue
            except ChatError as error:
                problem = error
                continue
            with self._changed:
                self._link = link
            if not self._move(ConnectionState.ONLINE):
                link.connection.close()
                return None
            self._caught_up(link)
            return link
        return None

    def _ended_by(self, problem: ChatError) -> bool:
        """True, and the state is ENDED, after what only a person can mend (§11)."""
        if not isinstance(problem, AuthError) and _code(problem) not in _FINAL:
            return False
        self._lifecycle.end(explain(problem), _code(problem))
        return True

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._retry = False
            self._changed.wait_for(lambda: self._retry or self._stopping, seconds)

    def _move(self, state: ConnectionState, reason: str = "", code: int | None = None, retry_in_s: float = 0.0) -> bool:
        """False if the client was closed meanwhile."""
        with self._changed:
            if self._stopping:
                return False
        try:
            self._lifecycle.move(state, reason, code, retry_in_s)
        except LocalProtocolError:
            return False
        return True


def _code(problem: ChatError) -> int | None:
    return problem.code if isinstance(problem, (RequestRefused, ConnectionClosed)) else None
