"""The worker: what must be fetched, opened and verified, one thing after the other. Owns the thread "chat-worker".

Knows no protocol: jobs are functions. Pushes and jobs share one queue, so a push that comes while history is fetched is
looked at afterwards, and nothing else in the client opens envelopes. A job may block on the server; `stop` lets the one
under way end (the caller closes the connection first, which ends every wait) and drops the rest.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from securechat.errors import ChatError, ConnectionClosed

__all__ = ["Worker"]

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Worker:
    """Runs jobs in order on its thread."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()  # guards _stopped: no job is queued behind the end
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="chat-worker", daemon=True)

    def start(self) -> None:
        """Once."""
        self._thread.start()

    def call(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job; the future gets its result or exception. ConnectionClosed in the future after `stop`."""
        future: Future[T] = Future()

        def run() -> None:
            if self._stopped:
                future.set_exception(ConnectionClosed("The client was closed."))
                return
            try:
                result = job()
            except Exception as error:  # handed to whoever asked, who must look at it
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            stopped = self._stopped
            if not stopped:
                self._queue.put(run)
        if stopped:
            run()
        return future

    def post(self, job: Callable[[], None]) -> None:
        """Queue a job that nobody waits for; its errors are logged."""
        self.call(job).add_done_callback(_log_failure)

    def stop(self) -> None:
        """No job starts after this one; idempotent, any thread, does not wait."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._queue.put(None)

    def join(self, timeout_s: float | None) -> None:
        """Wait for the thread's end, unless called on it or before `start`."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            job()


def _log_failure(future: Future[None]) -> None:
    error = future.exception()
    if error is not None and not isinstance(error, (ChatError, TimeoutError)):
        logger.error("a job failed", exc_info=error)
