"""Posts on their way and drafts, in memory as on disk: what `add` returned for survives the end of the process.

Owns order and durability. Several callers that save at the same time share one write: the first becomes the writer,
the others wait for it. Knows nothing of connections. Any thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from securechat.client.outbox_file import DRAFT_MOST, DraftRecord, Entry, OutboxContent, OutboxFile
from securechat.errors import DamagedStore, LocalProtocolError, StoreError

__all__ = ["Outbox"]

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Slot:
    entry: Entry
    durable: bool
    released: bool = True  # False until it is shown as waiting: it must not arrive before that
    before: _Slot | None = None  # what it replaces, until it is durable


class _Ticket:
    """One caller's wish that all up to here be durable."""

    __slots__ = ("done", "problem")

    def __init__(self) -> None:
        self.done = False
        self.problem: StoreError | None = None


class Outbox:
    """The outbox of one account; its file must be locked by the caller for as long as this lives."""

    def __init__(self, file: OutboxFile, content: OutboxContent) -> None:
        self._file = file
        self._changed = threading.Condition(threading.Lock())  # guards all below; never held while writing
        self._slots = [_Slot(Entry(record), True) for record in content.entries]
        self._drafts = {draft.conv: draft.text.decode("utf-8", "replace") for draft in content.drafts}
        self._next_id = content.next_id
        self._tickets: list[_Ticket] = []
        self._writing = False
        self._stale = False  # the file still has entries that were acknowledged

    @classmethod
    def open(cls, file: OutboxFile) -> tuple[Outbox, str]:
        """The outbox as it was left, and a sentence for the person if the file was damaged, else "".

        A damaged file is moved aside, never overwritten. DamagedStore if even that fails; FolderProblem.
        """
        try:
            return cls(file, file.read()), ""
        except DamagedStore:
            aside = file.move_aside()
            logger.warning("a damaged outbox was moved to %s", aside)
            sentence = (
                "The file with your unsent messages and drafts could not be opened. It was kept as "
                f"{aside}; messages in it were not sent."
            )
            return cls(file, file.read()), sentence

    # --- posts

    def reserve_id(self) -> int:
        """A local id that was never given before in this outbox."""
        with self._changed:
            self._next_id += 1
            return self._next_id - 1

    def append(self, entry: Entry) -> Entry:
        """Put an entry at the end, in memory: it is not sent before a `commit` succeeded and `release` was called."""
        with self._changed:
            self._slots.append(_Slot(entry, durable=False, released=False))
        return entry

    def release(self, local_id: int) -> None:
        """It is shown as waiting; from now on it may be sent."""
        with self._changed:
            for slot in self._slots:
                if slot.entry.local_id == local_id:
                    slot.released = True

    def replace(self, entries: Iterable[Entry]) -> None:
        """Put entries in the places of those with the same local ids; not sent before a `commit`."""
        fresh = {entry.local_id: entry for entry in entries}
        with self._changed:
            self._slots = [
                _Slot(fresh[slot.entry.local_id], False, slot.released, slot) if slot.entry.local_id in fresh else slot
                for slot in self._slots
            ]

    def remove(self, local_id: int) -> None:
        """The post arrived, or never will. The file follows with the next write: sending it twice does no harm."""
        with self._changed:
            self._slots = [slot for slot in self._slots if slot.entry.local_id != local_id]
            self._stale = True

    def ready(self) -> list[Entry]:
        """The entries that may go out now, in their order: none behind one that may not yet."""
        with self._changed:
            return [slot.entry for slot in takewhile(lambda slot: slot.durable and slot.released, self._slots)]

    def entries(self) -> list[Entry]:
        """All entries, durable or not yet, in their order."""
        with self._changed:
            return [slot.entry for slot in self._slots]

    # --- drafts

    def draft(self, conv: bytes) -> str:
        """What was typed and not sent in a conversation."""
        with self._changed:
            return self._drafts.get(conv, "")

    def set_draft(self, conv: bytes, text: str) -> None:
        """Keep a draft, durable on return; "" forgets it. StoreError; LocalProtocolError, and nothing is changed, if it
        is too long to keep."""
        if len(text.encode("utf-8", "replace")) > DRAFT_MOST:
            raise LocalProtocolError("This is too long to keep as a draft. Copy it to a file before you close.")
        with self._changed:
            if self._drafts.get(conv, "") == text:
                return
            self._drafts[conv] = text
            if not text:
                del self._drafts[conv]
        self.commit()

    # --- durability

    @property
    def stale(self) -> bool:
        """True if the file still names posts that need not be sent any more."""
        return self._stale

    def commit(self) -> None:
        """Return once everything of before the call is durable. StoreError: entries not yet durable are dropped."""
        ticket = _Ticket()
        with self._changed:
            self._tickets.append(ticket)
            while self._writing and not ticket.done:
                self._changed.wait()
            if not ticket.done:
                self._writing = True
                served, self._tickets = self._tickets, []
                slots = list(self._slots)
                content = self._content()
        if not ticket.done:
            self._write(content, slots, served)
        if ticket.problem is not None:
            raise StoreError(str(ticket.problem)) from ticket.problem

    def _write(self, content: OutboxContent, slots: list[_Slot], served: list[_Ticket]) -> None:
        """The one writer: seal and write outside the lock, then wake everybody who was served."""
        problem: StoreError | None = None
        finished = False
        try:
            self._file.write(content)
            finished = True
        except StoreError as error:
            problem = error
        finally:
            with self._changed:
                self._writing = False
                if finished:
                    self._stale = False
                    for slot in slots:
                        slot.durable, slot.before = True, None
                else:
                    # Numbers of a stream follow each other: who came after a post that is lost cannot stay either.
                    lost = StoreError("The outbox could not be written.")
                    problem = problem or lost
                    kept = [slot if slot.durable else slot.before for slot in self._slots]
                    self._slots = [slot for slot in kept if slot is not None]
                    served += self._tickets
                    self._tickets = []
                for ticket in served:
                    ticket.done, ticket.problem = True, problem
                self._changed.notify_all()

    def _content(self) -> OutboxContent:
        drafts = tuple(DraftRecord(conv, text.encode("utf-8", "replace")) for conv, text in self._drafts.items())
        return OutboxContent(1, self._next_id, tuple(slot.entry.record for slot in self._slots), drafts)
