"""Everything that exists while one account is logged in: it makes the parts, starts them, and ends them in order.

Owns no rule of its own. `ChatClient` is the door in front of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from securechat.client.account import Account
from securechat.client.catch_up import CatchUp
from securechat.client.contacts import Contacts
from securechat.client.entrance import Entrance
from securechat.client.events import Event, Notice
from securechat.client.file_lock import FileLock
from securechat.client.incoming import Worker
from securechat.client.inspection import Inspector
from securechat.client.keeper import Keeper
from securechat.client.lifecycle import Lifecycle
from securechat.client.login import Greeting, Link, check_pin, greet
from securechat.client.outbox import Outbox
from securechat.client.outbox_file import OutboxFile
from securechat.client.pacing import Backoff
from securechat.client.people import People
from securechat.client.posting import Posting
from securechat.client.pump import Outcomes, Pump
from securechat.client.read_marks import ReadMarks
from securechat.client.reading import PostReader
from securechat.client.settings import Settings
from securechat.client.telling import Telling
from securechat.client.timeline import Timeline
from securechat.client.writing import Writer
from securechat.errors import ChatError, ConnectionClosed, RequestRefused
from securechat.rules.conversations import lobby_id
from securechat.wire.frames import Frame

__all__ = ["Session"]

logger = logging.getLogger(__name__)

_REENTER_S = 30.0
_PUSHES_WAITING = 5000  # a worker that far behind catches up faster from history


class Session:
    """One logged-in account, from `start` to `stop`. The account's lock is its own from now on."""

    def __init__(
        self, *, folder: Path, account: Account, greeting: Greeting, entrance: Entrance, settings: Settings,
        lock: FileLock, lifecycle: Lifecycle, emit: Callable[[Event], None], clock: Callable[[], float],
        monotonic: Callable[[], float], random_fraction: Callable[[], float],
    ) -> None:
        keys = account.keys
        self.account = account
        self.lobby = lobby_id(greeting.session.server_id)
        self._entrance = entrance
        self._settings = settings
        self._lock = lock
        self._lifecycle = lifecycle
        self._emit = emit
        self._pushes = 0  # waiting for the worker; += and -= may miss one now and then, which does no harm
        contacts = Contacts(keys.public, greeting.server, account.contents.contacts)

        def clock_ms() -> int:
            return int(clock() * 1000)

        lobby = Timeline(self.lobby, keys.fp, greeting.server.fp, emit)
        self.timelines: dict[bytes, Timeline] = {self.lobby: lobby}
        self.people = People(keys.username, contacts, emit)
        self.marks = ReadMarks()
        self.outcomes = Outcomes()
        reader = PostReader(account, contacts, greeting.server, self.lobby, self._alarm)
        self.catch_up = CatchUp(
            account, contacts, reader, self.timelines, self.people, self.marks, emit, clock_ms
        )
        self.outbox, damaged = Outbox.open(OutboxFile(folder, greeting.session.server_id, keys))
        if damaged:
            self._alarm(damaged)
        self.writer = Writer(keys, self.outbox, self.timelines, clock_ms)
        self.posting = Posting(self.writer, self.wake)
        self.inspector = Inspector(account, contacts, reader, self.outbox)
        pump = Pump(self.outbox, self.writer, self.timelines, self.outcomes, self.wake, monotonic)
        self.worker = Worker()
        self.keeper = Keeper(
            pump=pump, outbox=self.outbox, lifecycle=lifecycle, backoff=Backoff(random_fraction),
            enter=self._enter, caught_up=self._catch_up_later, save=self._save, monotonic=monotonic, clock=clock,
        )
        self.telling = Telling(lambda: self.keeper.link, self.marks, monotonic)

    def start(self, link: Link, timeout_s: float) -> None:
        """Show what waits in the outbox, load the newest history, then keep connected. ChatError, TimeoutError."""
        for entry in self.outbox.entries():
            timeline = self.timelines.get(entry.post.conv)
            if timeline is not None:
                timeline.wait_for(entry.local_id, entry.post, entry.post_id, self.account.keys.username)
        self.worker.start()
        future = self.worker.call(lambda: self.catch_up.run(link))
        self._take_pushes(link)
        future.result(timeout_s)

    def wake(self) -> None:
        """There may be something to send. Any thread."""
        self.keeper.wake()

    def stop(self, timeout: Callable[[], float]) -> None:
        """End everything in order; idempotent. `timeout` gives the seconds left."""
        self.keeper.stop()
        self.account.give_up()
        if self.keeper.link is None:
            self._entrance.give_up()  # it may be dialling, which takes long where nobody answers
        self.keeper.join(timeout())
        self._entrance.give_up()  # ends a wait on the server that is still under way
        self.worker.stop()
        self.worker.join(timeout())
        self.keeper.join(timeout())
        self._entrance.join(timeout())
        self.outcomes.close()
        self._lock.close()

    # --- for the keeper, on the sender thread

    def _enter(self) -> Link:
        """Dial, check the pin, and log in again with the key in memory."""
        connection = self._entrance.dial(_REENTER_S)
        try:
            greeting = greet(connection, _REENTER_S)
            check_pin(greeting, self._entrance.address, self._settings)
            self.account.log_in(connection, greeting, _REENTER_S)
        except BaseException:
            connection.close()
            connection.join()
            raise
        return Link(connection, greeting)

    def _catch_up_later(self, link: Link) -> None:
        def job() -> None:
            try:
                self.catch_up.run(link)
            except (ChatError, TimeoutError) as error:
                logger.warning("catching up failed: %s", type(error).__name__)
                link.connection.close()

        self.worker.post(job)
        self._take_pushes(link)

    def _save(self, link: Link, timeout_s: float) -> None:
        future = self.worker.call(lambda: self.catch_up.save_vault(link))
        if timeout_s:
            future.result(timeout_s)

    # --- pushes

    def _take_pushes(self, link: Link) -> None:
        link.connection.deliver_to(lambda frame: self._pushed(link, frame))

    def _pushed(self, link: Link, frame: Frame) -> None:
        self._pushes += 1
        if self._pushes > _PUSHES_WAITING:
            link.connection.close()
        self.worker.post(lambda: self._work_on(link, frame))

    def _work_on(self, link: Link, frame: Frame) -> None:
        self._pushes -= 1
        try:
            self.catch_up.push(link, frame)
        except ConnectionClosed:
            logger.debug("a push came with the end of its connection; it is fetched again")
        except RequestRefused as error:
            logger.warning("a push was not followed up: %s", type(error).__name__)
        except (ChatError, TimeoutError) as error:
            # Whatever this push said is found again in what the next login fetches.
            logger.warning("a push was not understood: %s", type(error).__name__)
            link.connection.close()

    def _alarm(self, sentence: str) -> None:
        self._emit(Notice(sentence, alarm=True))
