"""Keeps one account connected and its outbox flowing. Owns the thread "chat-sender".

Owns when to send, ping, pause and come back (docs/protocol.md §11). What sending and entering mean is handed in. The
thread waits on one condition: a new post, an answer, a lost connection, `retry_now` and `stop` all wake it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from securechat.client.clock_watch import ClockWatch, Jump, asleep_sentence, clock_sentence
from securechat.client.events import ConnectionState
from securechat.client.lifecycle import Lifecycle
from securechat.client.login import Link
from securechat.client.outbox import Outbox
from securechat.client.pacing import Backoff, Holdup, KeepAlive
from securechat.client.pump import Pump
from securechat.client.sentences import explain, hold_up, seconds_of
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
_LOOK_EVERY_S: Final = 5.0  # after this long at the latest it is seen that the computer was asleep
_ANSWER_S: Final = 5.0  # for a server that is asked then whether it is still there
# How a connection ends that was slept through: without a word, or with one about slowness.
_SLEPT: Final = frozenset({None, ErrorCode.SLOW})


class Keeper:
    """`enter` makes a new logged-in link (blocking); `caught_up` has history fetched after one; `save` writes the vault
    and returns soon or raises; `drop` ends a connection that is being made."""

    def __init__(
        self, *, pump: Pump, outbox: Outbox, lifecycle: Lifecycle, backoff: Backoff, enter: Callable[[], Link],
        caught_up: Callable[[Link], None], save: Callable[[Link, float], None], monotonic: Callable[[], float],
        clock: Callable[[], float] = time.time,
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
        self._stale_since_s: float | None = None  # sender thread only, as are all below
        self._saved_s = monotonic()
        self._holdup = Holdup()
        self._watch = ClockWatch(clock, monotonic)
        self._jump: Jump | None = None  # seen, and not yet known what it did to the connection
        self._test: tuple[float, Future[bytes]] | None = None  # the PING after a jump, and when it went
        self._clock_said = ""
        self._thread = threading.Thread(target=self._run, name="chat-sender", daemon=True)

    @property
    def link(self) -> Link | None:
        """The connection that is logged in now, if any."""
        with self._changed:
            return self._link

    def start(self, link: Link) -> None:
        """Take over a link that is logged in and caught up; once."""
        self._link = link
        self._clock_said = self._about_clock(link)  # the first login has told it
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
                waits = [self._send(), self._stay_alive(link), self._tidy(link)]
            except TimeoutError:
                return ConnectionClosed("The server did not answer in time.")
            except ChatError as error:
                logger.warning("the connection is given up: %s", type(error).__name__)
                return link.connection.lost or error
            self._wait(lambda: self._woken, min(wait for wait in waits if wait is not None))

    def _wait(self, woken: Callable[[], bool], seconds: float) -> bool:
        """Until `woken` or `stop` (True), for so long, or until it is time to look at the clock."""
        seconds = min(seconds, _LOOK_EVERY_S)
        due_s = self._monotonic() + seconds
        with self._changed:
            done = self._changed.wait_for(lambda: woken() or self._stopping, seconds)
        self._look(self._monotonic() - due_s)
        return done

    def _send(self) -> float | None:
        pause_s = self._pump.step()
        if pause_s is None:
            if self._pump.idle:
                self._holdup.over()
        elif pause_s > 0 and self._holdup.paused(self._monotonic(), pause_s):
            self._lifecycle.say(hold_up(pause_s))
        return pause_s

    def _stay_alive(self, link: Link) -> float:
        connection, now = link.connection, self._monotonic()
        if self._jump is not None:
            return self._test_link(link, now)
        if KeepAlive.dead(now, connection.last_received_s):
            raise ConnectionClosed("The server has been silent for too long.")
        if KeepAlive.ping_due(now, connection.last_sent_s):
            connection.submit(FrameType.PING)
        return KeepAlive.next_look_s(now, connection.last_sent_s, connection.last_received_s)

    def _look(self, late_s: float = 0.0) -> None:
        """See whether time went on without us. What was found before stands until it is known what it did."""
        jump = self._watch.look(late_s)
        if jump is not None:
            logger.info("the clock moved by %d s meanwhile", jump.seconds)
            self._jump, self._test = jump, None

    def _test_link(self, link: Link, now: float) -> float:
        """After a jump: ask at once whether the server is still there. ConnectionClosed if it does not answer soon."""
        if self._test is None:
            future = link.connection.submit(FrameType.PING)
            self._test = (now, future)
            future.add_done_callback(lambda done: self.wake())
        asked_s, future = self._test
        if future.done():
            if isinstance(future.exception(), ConnectionClosed):
                raise ConnectionClosed("The connection was lost.")
            self._jump = self._test = None
            self._check_clock(link)  # nobody slept, so somebody set it
            return 0.0
        if now - asked_s >= _ANSWER_S:
            raise ConnectionClosed("The server did not answer in time.")
        return asked_s + _ANSWER_S - now

    def _about_clock(self, link: Link) -> str:
        apart_s = link.connection.server_apart_s
        return "" if apart_s is None else clock_sentence(self._watch.apart_s - apart_s)

    def _check_clock(self, link: Link) -> None:
        """Say so if this computer's clock is wrong by now, once for each measure of it."""
        sentence = self._about_clock(link)
        if sentence and sentence != self._clock_said:
            self._lifecycle.say(sentence)
        self._clock_said = sentence

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
            if not self._move(ConnectionState.WAITING, self._reason(problem), _code(problem), pause_s):
                return None
            self._pause(pause_s)
            self._jump = None  # a new connection was not slept through
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
            self._check_clock(link)
            return link
        return None

    def _reason(self, problem: ChatError) -> str:
        """Why the connection is gone, for the person."""
        self._look()
        jump, self._jump, self._test = self._jump, None, None
        if jump is not None and jump.seconds > 0 and _code(problem) in _SLEPT:
            return asleep_sentence(jump)
        return explain(problem)

    def _ended_by(self, problem: ChatError) -> bool:
        """True, and the state is ENDED, after what only a person can mend (§11)."""
        if not isinstance(problem, AuthError) and _code(problem) not in _FINAL:
            return False
        self._lifecycle.end(explain(problem), _code(problem))
        return True

    def _pause(self, seconds: float) -> None:
        """Wait so long, or until `retry_now`, or until the computer has woken up."""
        with self._changed:
            self._retry = False
        while seconds > 0 and self._jump is None and not self._wait(lambda: self._retry, seconds):
            seconds -= _LOOK_EVERY_S

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
    # An AuthError may say in words what a refusal of the server meant.
    said = problem.__cause__ if isinstance(problem, AuthError) else problem
    return said.code if isinstance(said, (RequestRefused, ConnectionClosed)) else None
