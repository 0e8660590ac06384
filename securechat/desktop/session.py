"""One try to connect and the account that came of it: owns the client and the threads that wait for it.

Two workers per session: ``desktop-slow`` connects and loads older messages, ``desktop-quick`` saves drafts and tells
that somebody types, so that a draft never waits for a server. It alone writes drafts: so they lie on disk in the order
in which they were written. Results go to the Tk main thread through ``post``. Knows no Tk.
"""

from __future__ import annotations

import importlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from securechat.client.events import Event
from securechat.desktop.chat.conversation_model import OpenedConversation
from securechat.desktop.chat.view_model import Opened
from securechat.desktop.client_port import CLOSE_S, Client, ClientFactory
from securechat.desktop.form.form_model import ConnectRequest
from securechat.desktop.notify.browser import Browser
from securechat.errors import ChatError, ConnectionClosed

__all__ = ["CLOSE_S", "Session", "Worker"]

log = logging.getLogger(__name__)
T = TypeVar("T")

DRAFT_S = 4.0  # what a slow disk may take of CLOSE_S; a client that is closed keeps no drafts any more
BROWSER_S = 0.5  # what browsers that do not return may take of it


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
            del call  # its closure may hold a password, or a session that is over


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

        self._tell = tell
        self._slow = Worker("desktop-slow", tell)
        self._quick = Worker("desktop-quick", tell)
        self._browser = Browser(tell)
        self._slow.submit(lambda: self._connect(request, after))

    # ------------------------------------------------------------------ connecting (desktop-slow)
    def _connect(self, request: ConnectRequest, after: Session | None) -> None:
        # The window of the chat is built from many modules; here they are loaded beside the waiting for the server.
        importlib.import_module("securechat.desktop.chat.chat_control")
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
            conversations = tuple(
                OpenedConversation(
                    known, client.messages(known.conv), client.draft(known.conv), client.read_mark(known.conv)
                )
                for known in client.conversations()
            )
            opened = Opened(
                client.username, client.server_name, client.join_link, client.own_fp, client.fingerprint,
                conversations, client.people(), client.state,
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
    def now(self, call: Callable[[Client], T]) -> T:
        """Make a call that does not wait for the network (a post goes to the outbox on disk). ChatError."""
        return call(self._of_client())

    def soon(self, call: Callable[[Client], object]) -> None:
        """Make a call that needs no answer and no server: drafts, typing, read marks. What it raises is logged. One
        that has not begun when the session is closed is not made."""

        def quiet() -> None:
            if self._cancelled.is_set():
                return
            try:
                call(self._of_client())
            except (ChatError, TimeoutError) as error:
                log.debug("a small call was refused: %s", type(error).__name__)

        self._quick.submit(quiet)

    def ask(
        self, call: Callable[[Client], T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Make a call that waits for the server; ``done`` or ``failed`` (ChatError, TimeoutError, OSError) follows,
        unless the session is closed by then: what it would draw on is gone."""

        def ask() -> None:
            try:
                result = call(self._of_client())
            except (ChatError, TimeoutError, OSError) as error:
                problem = error
                self._post(lambda: None if self._cancelled.is_set() else failed(problem))
            else:
                self._post(lambda: None if self._cancelled.is_set() else done(result))

        self._slow.submit(ask)

    def browse(self, url: str, failed: Callable[[], None]) -> None:
        """Show a web address in the person's browser; ``failed`` follows if there is none, unless the session is
        closed by then."""
        self._browser.open(url, lambda: self._post(lambda: None if self._cancelled.is_set() else failed()))

    def _of_client(self) -> Client:
        if self.client is None:
            raise RuntimeError("the session has no client yet")
        return self.client

    # ------------------------------------------------------------------ end
    def close(self, drafts: Mapping[bytes, str] | None = None) -> None:
        """Begin to end: keep ``drafts`` by conversation, close the client, end the workers; `join` waits.

        Idempotent, any thread.
        """
        with self._lock:
            if self._closer is not None:
                return
            self._closer = threading.Thread(target=self._close, args=(drafts or {},), name="desktop-close", daemon=True)
            closer = self._closer
        self._cancelled.set()
        closer.start()

    def _close(self, drafts: Mapping[bytes, str]) -> None:
        deadline = time.monotonic() + CLOSE_S
        self._quick.submit(lambda: self._save_drafts(drafts))
        self._quick.stop()
        if not self._quick.join(DRAFT_S):
            log.debug("the last drafts were not written in time")
        if self.client is not None:
            self.client.cancel()
        self._slow.stop()
        if self.client is not None:
            self.client.close(max(0.5, deadline - time.monotonic()))
        self._slow.join(max(0.5, deadline - time.monotonic()))
        if self.client is not None:
            self.client.close(0.5)  # made while the first call was not there to close it
        if not self._browser.close(BROWSER_S):
            log.debug("a browser did not return in time")

    def _save_drafts(self, drafts: Mapping[bytes, str]) -> None:
        """On desktop-quick, behind the last call that had begun."""
        client = self.client
        if client is None:
            return
        for conv, draft in drafts.items():
            try:
                client.set_draft(draft, conv)
            except (ChatError, OSError) as error:
                log.debug("a draft was not saved: %s", type(error).__name__)
            except Exception as error:  # whatever it was, the others must still be saved; the owner is told
                self._tell(error)

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
