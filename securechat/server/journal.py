"""Group commit: one thread writes everything, and what arrives during a commit shares the next one.

Owns the order of writes and the rule that nothing is acknowledged before it is durable. Must not know what is
written: that is the work's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from securechat.errors import ChatError, StoreError
from securechat.server.storage.messages_sql import MessagesSql, Tx

__all__ = ["Committed", "Journal", "JournalStats", "Work"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Work(Protocol[T]):
    """Something to write. Both methods are called on the journal thread."""

    def apply(self, tx: Tx) -> T:
        """Check, then write. Raise a :class:`ChatError` to refuse, *before* anything was written.

        May be called a second time, in a new transaction, if the first one was rolled back for whatever
        reason.
        """

    def done(self, result: T | None, error: ChatError | None) -> None:
        """Called once: with the result when it is durable, or with the error. Must not block or raise."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A work that is durable, and what its ``apply`` returned."""

    work: Work[Any]
    result: Any


@dataclass(frozen=True, slots=True)
class JournalStats:
    """Counters since the start. ``items`` counts refused and failed ones too."""

    commits: int
    items: int
    failed: int
    largest_batch: int
    queue_length: int


@dataclass(slots=True)
class _Outcome:
    work: Work[Any]
    result: Any = None
    error: ChatError | None = None


class Journal:
    """The writing thread of a store. It starts at once and ends with :meth:`close`.

    ``max_batch``: works per transaction at most, so that a burst cannot delay the first of them without end.
    ``on_committed``: called on the journal thread after each batch, after every ``done``, with what became
    durable, in order; it must not block.

    The thread waits only on its queue and is woken by the final item that ``close`` puts there. It is a
    daemon thread: whatever was acknowledged is on disk, so that a process in trouble may leave without it.
    """

    def __init__(
        self,
        store: MessagesSql,
        *,
        max_batch: int = 512,
        on_committed: Callable[[list[Committed]], None] | None = None,
    ) -> None:
        self._store = store
        self._max_batch = max_batch
        self._on_committed = on_committed
        self._queue: SimpleQueue[Work[Any] | None] = SimpleQueue()
        # Makes "not closed" and "queued" one step, so that nothing is queued behind the final item.
        self._closing = threading.Lock()
        self._closed = False
        self._commits = self._items = self._failed = self._largest_batch = 0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, work: Work[Any]) -> None:
        """Queue a work; its ``done`` will be called. Any thread, never blocks. StoreError after ``close``."""
        with self._closing:
            if self._closed:
                raise StoreError("The server is stopping; nothing more is stored.")
            self._queue.put(work)

    def call(self, function: Callable[[Tx], T], timeout_s: float = 30.0) -> T:
        """Run ``function`` as a work and wait until it is durable. Any thread but the journal's.

        Raises what ``function`` raised, or StoreError if it could not be made durable or the time is over
        (then it may still happen). The rules of :meth:`Work.apply` hold for ``function``.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("the journal thread cannot wait for itself")
        waiting = _Call(function)
        self.submit(waiting)
        if not waiting.finished.wait(timeout_s):
            raise StoreError("The database did not answer in time.")
        if waiting.error is not None:
            raise waiting.error
        return waiting.result[0]

    def stats(self) -> JournalStats:
        """The counters. Any thread."""
        return JournalStats(
            self._commits, self._items, self._failed, self._largest_batch, self._queue.qsize()
        )

    def close(self, timeout_s: float = 30.0) -> bool:
        """Refuse new works, carry out the queued ones, end the thread. Idempotent, any thread.

        True if all is written; False if the time was over first (or the journal thread itself called).
        """
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        if threading.current_thread() is self._thread:
            return False
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.warning("the journal did not finish in %.0f s", timeout_s)
            return False
        return True

    # --- the journal thread -----------------------------------------------------------------------

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            if batch:
                self._carry_out(batch)

    def _take(self) -> tuple[list[Work[Any]], bool]:
        """Everything queued, at least one and at most ``max_batch``; and whether to go on after it."""
        batch: list[Work[Any]] = []
        work = self._queue.get()
        while work is not None:
            batch.append(work)
            if len(batch) >= self._max_batch:
                return batch, True
            try:
                work = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _carry_out(self, batch: list[Work[Any]]) -> None:
        self._items += len(batch)
        self._largest_batch = max(self._largest_batch, len(batch))
        try:
            outcomes = self._commit(batch)
        except Exception as problem:  # whatever a work raised: its neighbours must not suffer
            _log.warning(
                "a batch of %d was rolled back (%s); one by one now", len(batch), type(problem).__name__
            )
            outcomes = [self._commit_alone(work) for work in batch]
        for outcome in outcomes:
            self._tell(outcome)
        committed = [Committed(outcome.work, outcome.result) for outcome in outcomes if outcome.error is None]
        if committed and self._on_committed is not None:
            try:
                self._on_committed(committed)
            except Exception as problem:  # the thread must outlive it; the text may hold data
                _log.error("on_committed failed: %s", type(problem).__name__)
        try:
            self._store.tidy()
        except StoreError as problem:
            _log.warning("%s", problem)

    def _commit(self, batch: list[Work[Any]]) -> list[_Outcome]:
        """One transaction for all. Raises for all but a clean refusal; then nothing is written."""
        outcomes = [_Outcome(work) for work in batch]
        with self._store.writing() as tx:
            for outcome in outcomes:
                before = self._store.write_count
                try:
                    outcome.result = outcome.work.apply(tx)
                except ChatError as refusal:
                    # A refusal after a write would leave half a work in the transaction.
                    if self._store.write_count != before:
                        raise
                    outcome.error = refusal
        self._commits += 1
        return outcomes

    def _commit_alone(self, work: Work[Any]) -> _Outcome:
        """One transaction for one work; any error undoes it and becomes its outcome."""
        try:
            with self._store.writing() as tx:
                result = work.apply(tx)
        except StoreError as problem:
            self._failed += 1
            _log.error("a %s was not stored: %s", type(work).__name__, problem)
            return _Outcome(work, error=problem)
        except ChatError as refusal:
            return _Outcome(work, error=refusal)
        except Exception as problem:  # a defect in one work is that work's failure, not the journal's end
            self._failed += 1
            _log.error("a %s was not stored: %s", type(work).__name__, type(problem).__name__)
            return _Outcome(work, error=_WorkFailedError(problem))
        self._commits += 1
        return _Outcome(work, result)

    def _tell(self, outcome: _Outcome) -> None:
        try:
            outcome.work.done(outcome.result, outcome.error)
        except Exception as problem:  # one bad listener must not end the thread; its text may hold data
            _log.error("done of a %s failed: %s", type(outcome.work).__name__, type(problem).__name__)


class _WorkFailedError(StoreError):
    """A work raised something that is no :class:`ChatError`: ``cause``."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("This could not be stored.")
        self.cause = cause


class _Call(Generic[T]):
    """The work behind :meth:`Journal.call`."""

    def __init__(self, function: Callable[[Tx], T]) -> None:
        self._function = function
        self.finished = threading.Event()
        self.result: list[T] = []
        self.error: BaseException | None = None

    def apply(self, tx: Tx) -> T:
        return self._function(tx)

    def done(self, result: T | None, error: ChatError | None) -> None:
        if error is None:
            self.result.append(result)  # type: ignore[arg-type]  # T may itself be Optional
        else:
            # The caller gets its own exception back, not the wrapping that a session would see.
            self.error = error.cause if isinstance(error, _WorkFailedError) else error
        self.finished.set()
