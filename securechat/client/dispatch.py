"""Events on their way to the program: a callback on a thread of its own, and any number of iterators.

`emit` only queues, so it may be called under a lock and from any thread; order is kept. The callback runs on the
thread "chat-events", which holds no lock and which nobody waits for: so a callback may call every blocking method of
the client, `close` included.
"""

from __future__ import annotations

import logging
import queue
import threading
import weakref
from collections.abc import Callable, Iterator

from securechat.client.events import Event

__all__ = ["Dispatcher", "EventIterator"]

logger = logging.getLogger(__name__)


class EventIterator(Iterator[Event]):
    """Gives the events from its making on. Ends after the client's close, or when none came for `timeout_s`."""

    def __init__(self, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._ended = False

    def put(self, event: Event | None) -> None:
        """For the dispatcher; None is the end."""
        self._queue.put(event)

    def __next__(self) -> Event:
        if not self._ended:
            try:
                event = self._queue.get(timeout=self._timeout_s)
            except queue.Empty:
                raise StopIteration from None
            if event is not None:
                return event
            self._ended = True
        raise StopIteration


class Dispatcher:
    """Owns the thread "chat-events", which runs from `start` to `stop` if there is a callback."""

    def __init__(self, callback: Callable[[Event], None] | None) -> None:
        self._callback = callback
        self._lock = threading.Lock()  # guards all below, and the order of events
        # Weak, so that an iterator which nobody holds any more collects no events.
        self._iterators: weakref.WeakSet[EventIterator] = weakref.WeakSet()
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._finished = False

    def emit(self, event: Event) -> None:
        """Queue an event for everybody. Any thread; never blocks."""
        with self._lock:
            if self._finished:
                return
            if self._callback is not None:
                self._queue.put(event)
            for iterator in self._iterators:
                iterator.put(event)

    def subscribe(self, timeout_s: float | None) -> EventIterator:
        """A new iterator; at its end at once if the client is closed."""
        iterator = EventIterator(timeout_s)
        with self._lock:
            if self._finished:
                iterator.put(None)
            else:
                self._iterators.add(iterator)
        return iterator

    def start(self) -> None:
        """Begin to call back; idempotent."""
        with self._lock:
            if self._thread is not None or self._callback is None or self._finished:
                return
            self._thread = threading.Thread(target=self._run, name="chat-events", daemon=True)
            thread = self._thread
        thread.start()

    def pause(self, timeout_s: float | None = None) -> None:
        """Deliver what is queued and end the thread; `start` begins again. Waits unless the callback itself asks."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def finish(self, timeout_s: float | None) -> None:
        """As `pause`, for good; iterators end after what they still have. Idempotent."""
        with self._lock:
            self._finished = True
            for iterator in self._iterators:
                iterator.put(None)
            self._iterators.clear()
        self.pause(timeout_s)

    def _run(self) -> None:
        while self._callback is not None and (event := self._queue.get()) is not None:
            try:
                self._callback(event)
            except Exception:  # the program's own fault: it is told in the log, and later events still come
                logger.exception("the callback for events failed at a %s", type(event).__name__)
