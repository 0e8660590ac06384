"""From a text to a signed, sealed post in the outbox: the sender's half of docs/protocol.md §7 and §8.

Owns the sending streams of this process, one per conversation, and the new names of posts that were sealed again.
Knows no connection: a post is made and kept while offline just the same. Any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from securechat.client.outbox import Outbox
from securechat.client.outbox_file import Entry, EntryRecord
from securechat.client.timeline import Timeline
from securechat.errors import StoreError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing.identity import OwnKeys
from securechat.sealing.streams import SendingStream
from securechat.wire.objects import Post, PostKind, split_target

__all__ = ["Writer", "target_of"]

_TARGETING = frozenset({PostKind.EDIT, PostKind.DELETE, PostKind.REACTION, PostKind.REPLY})
_REPLACING = frozenset({PostKind.EDIT, PostKind.REACTION})


def target_of(post: Post) -> bytes:
    """The id of the post that an edit, deletion, reaction or reply is about; b"" for other kinds."""
    return split_target(post.body)[0] if post.kind in _TARGETING else b""


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
        self._renamed: dict[bytes, bytes] = {}  # ids of own posts before they were sealed again -> after
        self._said_ms: dict[tuple[int, bytes], int] = {}  # (kind, target) -> time of our newest that replaces others

    def post(self, conv: bytes, kind: int, body: bytes) -> int:
        """Make a post and keep it; durable on return. Returns its local id. StoreError, LocalProtocolError."""
        timeline = self._timelines[conv]
        after = timeline.newest_other
        with self._order:
            local_id = self._outbox.reserve_id()
            entry = self._outbox.append(self._seal(local_id, conv, after, kind, body, self._renamed))
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

    def present_id(self, post_id: bytes) -> bytes:
        """The id that a post has now, if it is ours and was sealed again."""
        with self._order:
            return _followed(self._renamed, post_id)

    def outdated(self, entry: Entry) -> bool:
        """True if it is about a post that was sealed again since: to be sealed again too, before it is sent."""
        with self._order:
            return target_of(entry.post) in self._renamed

    def seal_again(self, entries: Sequence[Entry]) -> None:
        """Post the texts of `entries` anew, in their places; their streams were abandoned. Durable. StoreError."""
        fresh: list[Entry] = []
        with self._order:
            renamed = dict(self._renamed)
            self._streams.clear()  # what stands behind them in the outbox may have numbers of the present ones already
            for old in entries:
                post = old.post
                fresh.append(self._seal(old.local_id, post.conv, post.after, post.kind, post.body, renamed))
                renamed[old.post_id] = fresh[-1].post_id
            self._outbox.replace(fresh)
        self._outbox.commit()
        with self._order:
            self._renamed = renamed
        for conv in dict.fromkeys(entry.post.conv for entry in fresh):
            posts = [(entry.local_id, entry.post, entry.post_id) for entry in fresh if entry.post.conv == conv]
            self._timelines[conv].sealed_again(posts, self._keys.username)

    def _seal(
        self, local_id: int, conv: bytes, after: bytes, kind: int, body: bytes, renamed: Mapping[bytes, bytes]
    ) -> Entry:
        assert self._order.locked()  # noqa: S101
        if kind in _TARGETING:
            target, rest = split_target(body)
            body = _followed(renamed, target) + rest
        now = self._clock_ms()
        stream = self._streams.get(conv)
        if stream is None or not stream.usable(now):
            stream = self._streams[conv] = SendingStream(self._keys, conv, LOBBY_ROSTER, now)
        sealed = stream.seal(after, self._time_ms(conv, kind, body, now), kind, body)
        return Entry(
            EntryRecord(local_id, stream.header.raw, stream.secret, (), sealed.post.raw, sealed.envelope)
        )

    def _time_ms(self, conv: bytes, kind: int, body: bytes, now: int) -> int:
        """The signed time: by the clock, but later than that of our own post which this one replaces (§8)."""
        if kind not in _REPLACING:
            return now
        what = (kind, split_target(body)[0])
        said_ms = max(self._said_ms.get(what, 0), self._timelines[conv].newest_own_ms(*what))
        self._said_ms[what] = max(now, said_ms + 1)
        return self._said_ms[what]


def _followed(renamed: Mapping[bytes, bytes], post_id: bytes) -> bytes:
    while post_id in renamed:
        post_id = renamed[post_id]
    return post_id
