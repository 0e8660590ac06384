"""From a text to a signed, sealed post in the outbox: the sender's half of docs/protocol.md §7 and §8.

Owns the sending streams of this process, one per conversation. Knows no connection: a post is made and kept while
offline just the same. Any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from securechat.client.outbox import Outbox
from securechat.client.outbox_file import Entry, EntryRecord
from securechat.client.timeline import Timeline
from securechat.errors import StoreError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing.identity import OwnKeys
from securechat.sealing.streams import SendingStream

__all__ = ["Writer"]


class Writer:
    """Makes the posts of one account. `clock_ms`: ms since 1970."""

    def __init__(self, keys: OwnKeys, outbox: Outbox, timelines: dict[bytes, Timeline], clock_ms: Callable[[], int]):
        self._keys = keys
        self._outbox = outbox
        self._timelines = timelines
        self._clock_ms = clock_ms
        # Held from taking a number to standing in the outbox: a stream's numbers must lie there in their order, or the
        # server would refuse the rest. Only senders wait for it, for a signature each (0.1 ms); nothing is written.
        self._order = threading.Lock()
        self._streams: dict[bytes, SendingStream] = {}

    def post(self, conv: bytes, kind: int, body: bytes) -> int:
        """Make a post and keep it; durable on return. Returns its local id. StoreError, LocalProtocolError."""
        timeline = self._timelines[conv]
        after = timeline.newest_other
        with self._order:
            local_id = self._outbox.reserve_id()
            entry = self._outbox.append(self._seal(local_id, conv, after, kind, body))
        try:
            self._outbox.commit()
        except StoreError:
            self.abandon([entry.stream_id])
            raise
        timeline.wait_for(local_id, entry.post, entry.post_id, self._keys.username)
        self._outbox.release(local_id)
        return local_id

    def abandon(self, stream_ids: Iterable[bytes]) -> None:
        """Nothing more is sealed in these streams: a number of theirs was lost or refused (§7)."""
        dead = set(stream_ids)
        with self._order:
            self._streams = {conv: stream for conv, stream in self._streams.items() if stream.stream_id not in dead}

    def seal_again(self, entries: Sequence[Entry]) -> None:
        """Post the texts of `entries` anew, in their places; their stream was abandoned. Durable. StoreError."""
        fresh = []
        with self._order:
            for old in entries:
                post = old.post
                fresh.append(self._seal(old.local_id, post.conv, post.after, post.kind, post.body))
            self._outbox.replace(fresh)
        self._outbox.commit()
        for entry in fresh:
            self._timelines[entry.post.conv].wait_for(
                entry.local_id, entry.post, entry.post_id, self._keys.username
            )

    def _seal(self, local_id: int, conv: bytes, after: bytes, kind: int, body: bytes) -> Entry:
        assert self._order.locked()  # noqa: S101
        now = self._clock_ms()
        stream = self._streams.get(conv)
        if stream is None or not stream.usable(now):
            stream = self._streams[conv] = SendingStream(self._keys, conv, LOBBY_ROSTER, now)
        sealed = stream.seal(after, now, kind, body)
        return Entry(
            EntryRecord(local_id, stream.header.raw, stream.secret, (), sealed.post.raw, sealed.envelope)
        )
