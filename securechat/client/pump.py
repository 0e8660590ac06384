"""Posts from the outbox to the server and what its answers mean for them (docs/protocol.md §7, §8, §11).

Owns what is in flight on the present connection. `step` is called by the sender thread alone; answers come in on the
receive thread and only queue. Posts leave in their order, at most 32 without an answer. Whatever is not an OK stops the
row: once everything in flight is answered it is mended (sealed anew, given up, waited for), then the row goes on.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from securechat.client.login import Link
from securechat.client.outbox import Outbox
from securechat.client.outbox_file import Entry
from securechat.client.sentences import explain, explain_stream, seconds_of
from securechat.client.timeline import Timeline
from securechat.client.writing import Writer, target_of
from securechat.errors import ConnectionClosed, ErrorCode, RemoteProtocolError, RequestRefused
from securechat.sealing.streams import make_grant
from securechat.wire.frames import FrameType
from securechat.wire.messages import Grants, Posted

__all__ = ["Outcomes", "Pump"]

logger = logging.getLogger(__name__)

IN_FLIGHT = 32  # half of what the server takes before it stops reading
_SLOW_IN_FLIGHT = 8  # after RATE_LIMITED, until the outbox is empty: few are refused again
_SLOW_PAUSE_S = 0.5
_AGAIN = frozenset({ErrorCode.INTERNAL, ErrorCode.SHUTDOWN, ErrorCode.SLOW})
_ANEW = frozenset({ErrorCode.CONFLICT, ErrorCode.NOT_FOUND})
_TRIES = 3
_PAUSE_S = 5.0


class Outcomes:
    """What became of own posts, for those who wait. Any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())  # guards the two below
        self._outcomes: dict[int, int | RequestRefused] = {}
        self._closed = False

    def put(self, local_id: int, outcome: int | RequestRefused) -> None:
        """The seq of a stored post, or why it was refused."""
        with self._changed:
            self._outcomes[local_id] = outcome
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing will come any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, local_id: int, timeout_s: float) -> int:
        """The seq. TimeoutError, RequestRefused, ConnectionClosed if the client was closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: local_id in self._outcomes or self._closed, timeout_s)
            outcome = self._outcomes.get(local_id)
            closed = self._closed
        if isinstance(outcome, int):
            return outcome
        if outcome is not None:
            raise RequestRefused(outcome.code, outcome.text)
        if closed:
            raise ConnectionClosed("The client was closed; the message waits in the outbox.")
        raise TimeoutError("The message is not stored yet; it waits in the outbox.")


class Pump:
    """Sends one account's outbox. `wake` wakes the sender thread; `monotonic`: seconds."""

    def __init__(
        self, outbox: Outbox, writer: Writer, timelines: dict[bytes, Timeline], outcomes: Outcomes,
        wake: Callable[[], None], monotonic: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._writer = writer
        self._timelines = timelines
        self._outcomes = outcomes
        self._wake = wake
        self._monotonic = monotonic
        self._answers: deque[tuple[Link, Entry, Future[bytes]]] = deque()  # append and popleft are atomic
        self._tries: dict[int, int] = {}  # by local_id
        self._link: Link | None = None
        self._reset()

    def _reset(self) -> None:
        self._announced: set[bytes] = set()
        self._in_flight: dict[int, Entry] = {}  # by local_id
        self._blocked = False  # the row stopped: nothing more goes out until it is mended
        self._dead: set[bytes] = set()  # streams of which no more post can be taken
        self._resume_s = 0.0
        self._window = IN_FLIGHT

    def begin(self, link: Link) -> None:
        """Start on a new connection, with nothing in flight."""
        self._link = link
        self._reset()

    def step(self) -> float | None:
        """Take answers, send what may go. Seconds until it wants to be called again, None: when woken. ChatError."""
        link = self._link
        if link is None:
            return None
        while self._answers:
            origin, entry, future = self._answers.popleft()
            if origin is link:
                self._in_flight.pop(entry.local_id, None)
                self._answer(entry, future)
        if self._blocked and not self._in_flight:
            self._mend()
        pause_s = self._resume_s - self._monotonic()
        if pause_s > 0:
            return pause_s
        if not self._blocked:
            self._send(link)
        # A stream that was refused before anything of it was in flight: no answer will wake us for mending it.
        return 0.0 if self._blocked and not self._in_flight else None

    @property
    def idle(self) -> bool:
        """True if nothing is in flight."""
        return not self._in_flight

    # --- sending

    def _send(self, link: Link) -> None:
        ready = self._outbox.ready()
        if not ready:
            self._window = IN_FLIGHT
        for entry in ready:
            if len(self._in_flight) >= self._window or self._blocked:
                return
            if entry.local_id in self._in_flight:
                continue
            if self._writer.outdated(entry):
                self._blocked = True
                self._dead.add(entry.stream_id)
                return
            if self._target_undecided(entry):
                return
            if entry.stream_id not in self._announced and not self._announce(link, entry):
                return
            self._in_flight[entry.local_id] = entry
            future = link.connection.submit(FrameType.POST, entry.record.envelope)
            future.add_done_callback(partial(self._queue, link, entry))

    def _target_undecided(self, entry: Entry) -> bool:
        """True if it is about an own post in flight which, once refused, would get another id without it. In the same
        stream it would be refused too, and sealed again with it."""
        target = target_of(entry.post)
        return bool(target) and any(
            sent.post_id == target and sent.stream_id != entry.stream_id for sent in self._in_flight.values()
        )

    def _queue(self, link: Link, entry: Entry, done: Future[bytes]) -> None:
        self._answers.append((link, entry, done))
        self._wake()

    def _announce(self, link: Link, entry: Entry) -> bool:
        """STREAM and a fresh GRANT to this connection's @server; False if the stream was refused."""
        greeting = link.greeting
        grant = make_grant(entry.stream_id, entry.record.secret, greeting.server, greeting.prekey)
        stream = link.connection.submit(FrameType.STREAM, entry.record.header)
        granted = link.connection.submit(FrameType.GRANT, Grants((grant,)).raw)
        try:
            stream.result(30.0)
            granted.result(30.0)
        except RequestRefused as error:
            if error.code == ErrorCode.RATE_LIMITED:
                self._pause(seconds_of(error))
            elif error.code in _AGAIN:
                self._pause(_PAUSE_S)
            else:
                # Too old, or known with other bytes: what it holds was never stored and is posted anew.
                logger.info("a stream was refused (code %s)", error.code)
                self._give_up_stream(entry, error)
            return False
        self._announced.add(entry.stream_id)
        return True

    # --- answers

    def _answer(self, entry: Entry, future: Future[bytes]) -> None:
        try:
            posted = Posted.decode(future.result())
        except RequestRefused as error:
            self._refused(entry, error)
        except RemoteProtocolError:
            logger.warning("the answer to a post cannot be read")
            if self._link is not None:
                self._link.connection.close()
        except ConnectionClosed:
            pass  # the sender thread sees that too; the same bytes go out on the next connection
        else:
            self._tries.pop(entry.local_id, None)
            self._outbox.remove(entry.local_id)
            self._timelines[entry.post.conv].stored(entry.local_id, posted.seq, posted.server_time)
            self._outcomes.put(entry.local_id, posted.seq)

    def _refused(self, entry: Entry, error: RequestRefused) -> None:
        logger.info("a post was refused (code %s)", error.code)
        if self._blocked:
            return  # a consequence of the first refusal: this one's number does not follow any more
        self._blocked = True
        if error.code == ErrorCode.RATE_LIMITED:
            self._window = _SLOW_IN_FLIGHT
            self._pause(max(seconds_of(error), _SLOW_PAUSE_S))
        elif error.code in _AGAIN and self._try_again(entry):
            self._pause(_PAUSE_S)
        elif error.code == ErrorCode.BAD_KEY and self._try_again(entry):
            pass  # the connection is closing; a new one brings a new grant
        else:
            self._give_up_stream(entry, error)

    def _try_again(self, entry: Entry) -> bool:
        self._tries[entry.local_id] = self._tries.get(entry.local_id, 0) + 1
        return self._tries[entry.local_id] < _TRIES

    def _give_up_stream(self, entry: Entry, error: RequestRefused) -> None:
        """The stream ends here: its posts are sealed anew, but for this one if it is refused for what it says."""
        self._blocked = True
        self._dead.add(entry.stream_id)
        not_taken = entry.stream_id not in self._announced
        if (error.code in _ANEW or not_taken) and self._try_again(entry):
            return
        self._tries.pop(entry.local_id, None)
        self._outbox.remove(entry.local_id)
        said = explain_stream(error) if not_taken else explain(error)
        self._timelines[entry.post.conv].refused(entry.local_id, said)
        self._outcomes.put(entry.local_id, error)

    def _pause(self, seconds: float) -> None:
        self._resume_s = self._monotonic() + seconds

    def _mend(self) -> None:
        """Everything in flight is answered: seal anew what lost its stream, then let the row go on."""
        if self._dead:
            self._writer.abandon(self._dead)
            again = [entry for entry in self._outbox.ready() if entry.stream_id in self._dead]
            if again:
                self._writer.seal_again(again)
            self._dead.clear()
        self._blocked = False
