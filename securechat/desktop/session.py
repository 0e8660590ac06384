"""One try to connect and the account that came of it: owns the client and the threads that wait for it.

Two workers per session: ``desktop-slow`` connects and loads older messages, ``desktop-quick`` saves drafts and tells
that somebody types, so that a draft never waits for a server. Results go to the Tk main thread through ``post``.
Knows no Tk.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from securechat.client.events import Event
from securechat.desktop.client_port import Client, ClientFactory
from securechat.desktop.form_model import ConnectRequest
from securechat.desktop.view_model import Opened
from securechat.errors import ChatError, ConnectionClosed

__all__ = ["CLOSE_S", "Session", "Worker"]

log = logging.getLogger(__name__)

CLOSE_S = 6.0  # longer than the client's own deadline for closing
DRAFT_S = 2.0  # what a full disk or a slow one may take of it


class Worker:
    """One named thread that makes calls one by one. It blocks on its queue; `stop` ends it after what is queued."""

    def __init__(self, name: str, on_error: Callable[[BaseException], None]) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._on_error = on_error
        # Daemon only so that a call which never returns cannot keep the process after the deadline of `join`.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], None]) -> None:
        """Queue a call. Any thread."""
        self._queue.put(call)

    def stop(self) -> None:
        """Take no more calls; what is queued is still done. Any thread."""
        self._queue.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if it came."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._queue.get()) is not None:
            try:
                call()
            except Exception as error:  # a worker outlives a bad call; the owner is told
                self._on_error(error)


class Session:
    """``on_open``, ``on_fail``, ``on_event`` and ``on_error`` are called in the main thread through ``post``."""

    def __init__(
        self, factory: ClientFactory, folder: Path | None, request: ConnectRequest,
        post: Callable[[Callable[[], None]], None], *,
        on_open: Callable[[Session, Opened], None], on_fail: Callable[[Session, BaseException], None],
        on_event: Callable[[Session, Event], None], on_error: Callable[[BaseException], None],
        remember: Callable[[ConnectRequest], None] = lambda request: None, after: Session | None = None,
    ) -> None:
        self._factory, self._folder, self._post = factory, folder, post
        self._on_open, self._on_fail, self._on_event = on_open, on_fail, on_event
        self._remember = remember
        self.client: Client | None = None
        self._cancelled = threading.Event()
        self._closer: threading.Thread | None = None
        self._lock = threading.Lock()  # guards _closer; held for assignments only

        def tell(error: BaseException) -> None:
            post(lambda: on_error(error))

        self._slow = Worker("desktop-slow", tell)
        self._quick = Worker("desktop-quick", tell)
        self._slow.submit(lambda: self._connect(request, after))

    # ------------------------------------------------------------------ connecting (desktop-slow)
    def _connect(self, request: ConnectRequest, after: Session | None) -> None:
        if after is not None:
            after.join(CLOSE_S)  # the same account must be let go of before it can be opened again
        try:
            client = self._factory(self._folder, self._relay)
            self.client = client
            if self._cancelled.is_set():
                raise ConnectionClosed("The connection was cancelled.")
            client.connect(
                request.server, request.username, request.password, register=request.register, invite=request.invite,
                accept_fingerprint=request.accept_fingerprint,
            )
            opened = Opened(
                client.username, client.server_name, client.join_link, client.own_fp, client.fingerprint, client.lobby,
                client.messages(), client.people(), client.draft(), client.state,
            )
        except Exception as error:  # whatever it was, the person gets a sentence and the form back
            failure = error
            self._post(lambda: self._on_fail(self, failure))
            return
        self._remember(request)
        self._post(lambda: self._on_open(self, opened))

    def _relay(self, event: Event) -> None:
        """Called on a client thread."""
        self._post(lambda: self._on_event(self, event))

    def cancel(self) -> None:
        """Give up connecting. Main thread; returns at once. The session still has to be closed."""
        self._cancelled.set()
        if self.client is not None:
            self.client.cancel()

    # ------------------------------------------------------------------ while open (main thread)
    def send(self, text: str) -> int:
        """Safe in the outbox on disk when it returns: one small local write, so it is not handed to a worker."""
        return self._of_client().send(text)

    def load_older(self, done: Callable[[bool | None], None]) -> None:
        """Ask for older messages; ``done`` gets True if more may exist, False if not, None if it failed."""

        def call() -> None:
            more: bool | None = None
            try:
                more = self._of_client().load_older()
            except (ChatError, TimeoutError) as error:
                log.debug("older messages were not loaded: %s", type(error).__name__)
            result = more
            self._post(lambda: done(result))

        self._slow.submit(call)

    def typing(self) -> None:
        """Tell that somebody writes here."""
        self._quick.submit(lambda: self._of_client().typing())

    def save_draft(self, text: str) -> None:
        """Keep what stands in the composer."""
        self._quick.submit(lambda: self._of_client().set_draft(text))

    def retry_now(self) -> None:
        """End the pause before the next try."""
        self._quick.submit(lambda: self._of_client().retry_now())

    def _of_client(self) -> Client:
        if self.client is None:
            raise RuntimeError("the session has no client yet")
        return self.client

    # ------------------------------------------------------------------ end
    def close(self, draft: str | None = None) -> None:
        """Begin to end: keep ``draft``, close the client, end the workers. Idempotent, any thread; `join` waits."""
        with self._lock:
            if self._closer is not None:
                return
            self._closer = threading.Thread(target=self._close, args=(draft,), name="desktop-close", daemon=True)
            closer = self._closer
        self._cancelled.set()
        closer.start()

    def _close(self, draft: str | None) -> None:
        deadline = time.monotonic() + CLOSE_S
        self._quick.stop()
        self._quick.join(DRAFT_S)  # an older draft must not be written after the last one
        if self.client is not None:
            if draft is not None:
                try:
                    self.client.set_draft(draft)
                except (ChatError, OSError) as error:
                    log.debug("the draft was not saved: %s", type(error).__name__)
            self.client.cancel()
        self._slow.stop()
        if self.client is not None:
            self.client.close(max(0.5, deadline - time.monotonic()))
        self._slow.join(max(0.5, deadline - time.monotonic()))
        if self.client is not None:
            self.client.close(0.5)  # made while the first call was not there to close it

    def join(self, timeout_s: float = CLOSE_S) -> bool:
        """Wait for the end that `close` began; True if everything ended in time."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            closer = self._closer
        if closer is None:
            return False
        closer.join(timeout_s)
        ended = not closer.is_alive()
        for worker in (self._quick, self._slow):
            ended = worker.join(max(0.0, deadline - time.monotonic())) and ended
        return ended
