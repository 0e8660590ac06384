"""What a client fetches after each login, and what it makes of pushes (docs/protocol.md §11).

Owns the order of these requests and the joining of history, so that nothing is missing between what was seen before an
absence and what comes live. Every method that takes a `Link` runs on the worker thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import pairwise

from securechat.client.account import Account
from securechat.client.contacts import Contacts
from securechat.client.events import Event, Notice, ReadChanged, TypingSeen
from securechat.client.login import Link
from securechat.client.people import People
from securechat.client.read_marks import ReadMarks
from securechat.client.reading import PostReader
from securechat.client.timeline import Timeline
from securechat.errors import AuthError, RemoteProtocolError
from securechat.wire import limits
from securechat.wire.frames import Frame, FrameType
from securechat.wire.messages import (
    Conversation,
    Conversations,
    Deliver,
    GetConversations,
    GetHistory,
    GetUsers,
    History,
    PresencePush,
    ReadPush,
    SetRead,
    TypingPush,
    UserPresence,
    Users,
    VaultChanged,
)
from securechat.wire.objects import ZERO32, Envelope

__all__ = ["CatchUp"]

logger = logging.getLogger(__name__)


class CatchUp:
    """Keeps the loaded state of one account level with the server. `emit` only queues; `clock_ms`: ms since 1970."""

    def __init__(
        self, account: Account, contacts: Contacts, reader: PostReader, timelines: dict[bytes, Timeline],
        people: People, marks: ReadMarks, emit: Callable[[Event], None], clock_ms: Callable[[], int],
    ) -> None:
        self._account = account
        self._contacts = contacts
        self._reader = reader
        self._timelines = timelines
        self._people = people
        self._marks = marks
        self._emit = emit
        self._clock_ms = clock_ms

    # --- after a login

    def run(self, link: Link) -> None:
        """Everything that a fresh login must fetch. ChatError, TimeoutError if the connection is no good."""
        self._reader.begin(link)
        conversations = {found.conv: found for found in self._conversations(link)}
        self._people.listed(self._users(link))
        for conv, timeline in self._timelines.items():
            found = conversations.get(conv)
            if found is not None and self._marks.server_has(conv, found.read_seq):
                self._emit(ReadChanged(conv, found.read_seq))
            self._join(link, timeline)
        for conv, seq in self._marks.untold().items():
            link.connection.submit(FrameType.READ, SetRead(conv, seq, 0).raw)
        self.save_vault(link)

    def _conversations(self, link: Link) -> list[Conversation]:
        found: list[Conversation] = []
        while True:
            after = found[-1].conv if found else ZERO32
            body = link.connection.ask(FrameType.LIST_CONVERSATIONS, GetConversations(after).raw)
            page = Conversations.decode(body).items
            if not page:
                return found
            if page[0].conv <= after:
                raise RemoteProtocolError("A list does not go on where it was asked to.")
            found += page

    def _users(self, link: Link) -> list[UserPresence]:
        found: list[UserPresence] = []
        while True:
            after = found[-1].username if found else ""
            page = Users.decode(link.connection.ask(FrameType.LIST_USERS, GetUsers(after).raw)).users
            if not page:
                return found
            if page[0].username.encode() <= after.encode():
                raise RemoteProtocolError("A list does not go on where it was asked to.")
            found += page

    # --- history

    def _join(self, link: Link, timeline: Timeline) -> None:
        """Fetch the newest page; after an absence also all before it, down to what is already here."""
        known = timeline.joined
        lowest, newest = self._page(link, timeline, 0, older=False)
        while known >= 0 and lowest > known + 1:
            lowest, _ = self._page(link, timeline, lowest, older=False)
        timeline.joined_to(newest)

    def older(self, link: Link, timeline: Timeline) -> bool:
        """Fetch the page above the oldest loaded post; True if something older may exist."""
        if not timeline.begins:
            self._page(link, timeline, timeline.oldest, older=True)
        return not timeline.begins

    def _page(self, link: Link, timeline: Timeline, before: int, *, older: bool) -> tuple[int, int]:
        """One page before seq `before` (0: the newest) into the timeline; (lowest, highest) seq, (0, 0) if empty."""
        asked = GetHistory(timeline.conv, before, limits.HISTORY_PAGE)
        items = History.decode(link.connection.ask(FrameType.HISTORY, asked.raw)).items
        seqs = [item.seq for item in items]
        falling = all(above > below for above, below in pairwise(seqs))
        if not falling or (seqs and (seqs[-1] < 1 or (before and seqs[0] >= before))):
            raise RemoteProtocolError("A page of history is not in its order.")
        arrivals = self._reader.read(link, timeline.conv, items)
        # Seqs start at 1, but retention may begin later: there an empty page is the only sign.
        timeline.loaded(arrivals, older=older, begins=not seqs or seqs[-1] == 1)
        return (seqs[-1], seqs[0]) if seqs else (0, 0)

    # --- pushes

    def push(self, link: Link, frame: Frame) -> None:
        """One push, in the order of arrival. RemoteProtocolError if it cannot be read; unknown ones are ignored."""
        if frame.type == FrameType.DELIVER:
            self._deliver(link, Deliver.decode(frame.body))
        elif frame.type == FrameType.PUSH_PRESENCE:
            self._people.pushed(PresencePush.decode(frame.body).users)
        elif frame.type == FrameType.PUSH_TYPING:
            typing = TypingPush.decode(frame.body)
            if typing.conv in self._timelines:
                self._emit(TypingSeen(typing.conv, typing.username))
        elif frame.type == FrameType.PUSH_READ:
            read = ReadPush.decode(frame.body)
            own = read.username == self._account.keys.username
            if own and read.conv in self._timelines and self._marks.server_has(read.conv, read.seq):
                self._emit(ReadChanged(read.conv, read.seq))
        elif frame.type == FrameType.VAULT_CHANGED:
            if VaultChanged.decode(frame.body).version > self._account.version:
                self.fetch_vault(link)

    def _deliver(self, link: Link, item: Deliver) -> None:
        # The conversation is the first field even of an envelope that is wrong otherwise.
        conv = item.envelope[:32]
        timeline = self._timelines.get(conv)
        if timeline is None:
            try:
                conv = Envelope.decode(item.envelope).conv
            except RemoteProtocolError:
                conv = next(iter(self._timelines))  # nobody's: shown where it is sure to be seen, never nothing
            timeline = self._timelines.get(conv)
        if timeline is None:
            logger.debug("a post for a conversation that this version does not show")
            return
        for arrival in self._reader.read(link, timeline.conv, [item]):
            if timeline.pushed(arrival, self._clock_ms()):
                self._page(link, timeline, 0, older=False)
                timeline.judge(arrival.seq)

    # --- the vault

    def fetch_vault(self, link: Link) -> None:
        """The vault was written by another device: take its contacts and prekeys."""
        try:
            self._account.fetch(link)
        except AuthError as error:
            self._emit(Notice(str(error), alarm=True))
            return
        for name in self._contacts.adopt(self._account.contents):
            sentence = f"Another of your devices knows another key of {name}. Compare it with them."
            self._emit(Notice(sentence, alarm=True))

    def save_vault(self, link: Link) -> None:
        """Write what is worth writing: this week's prekey, expired ones gone, newly pinned contacts."""
        renew = self._account.renew_prekey(self._clock_ms())
        self._account.save(link, lambda contents: self._contacts.merged(renew(contents)))
        self._contacts.written(self._account.contents)
