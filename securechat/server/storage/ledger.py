"""The hot path of the message store: which number comes next, what was accepted before, and posts waiting to
be written with the rest of their transaction.

Owns the numbers in memory. They are true for one writer only, the journal thread, and only while its
transactions succeed: after a rollback everything is forgotten and read again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from securechat.server.storage.schema import conversations, posts

__all__ = ["Found", "Ledger"]

_KEPT_STREAMS = 10_000
"""A few MB at most; a forgotten stream costs one query at its next post."""

_INSERT_POST = insert(posts)
_FIND_POST = select(posts.c.conv, posts.c.seq, posts.c.server_time, posts.c.digest).where(
    posts.c.stream_id == bindparam("stream_id"), posts.c.n == bindparam("n")
)
_LAST_N = select(func.max(posts.c.n)).where(posts.c.stream_id == bindparam("stream_id"))
_LAST_SEQ = select(conversations.c.last_seq).where(conversations.c.conv == bindparam("conv"))
_RAISE_SEQ = (
    update(conversations).where(conversations.c.conv == bindparam("of")).values(last_seq=bindparam("to"))
)


class Found(NamedTuple):
    """Where an accepted post is, and the SHA-256 of the envelope in which it came."""

    conv: bytes
    seq: int
    server_time: int
    digest: bytes


class Ledger:
    """Numbers and unwritten posts of the open transaction. Journal thread only."""

    def __init__(self) -> None:
        self._last_seq: dict[bytes, int] = {}
        self._last_n: dict[bytes, int] = {}
        self._unwritten: dict[tuple[bytes, int], dict[str, Any]] = {}

    def last_seq(self, tx: Connection, conv: bytes) -> int:
        """The newest number in a conversation, 0 if none."""
        seq = self._last_seq.get(conv)
        if seq is None:
            seq = tx.execute(_LAST_SEQ, {"conv": conv}).scalar_one_or_none()
            if seq is None:
                return 0  # not remembered: there is no end of conversations that do not exist
            self._last_seq[conv] = seq
        return seq

    def last_n(self, tx: Connection, stream_id: bytes) -> int:
        """The newest counter of a stream, -1 if none."""
        n = self._last_n.get(stream_id)
        if n is None:
            newest: int | None = tx.execute(_LAST_N, {"stream_id": stream_id}).scalar_one()
            n = -1 if newest is None else newest
            if len(self._last_n) >= _KEPT_STREAMS:
                # Streams with unwritten posts must be remembered: the table does not know of them yet.
                busy = {stream for stream, _ in self._unwritten}
                self._last_n = {stream: last for stream, last in self._last_n.items() if stream in busy}
            self._last_n[stream_id] = n
        return n

    def find(self, tx: Connection, stream_id: bytes, n: int) -> Found | None:
        """The post accepted as (stream_id, n), be it only in this transaction."""
        if n > self.last_n(tx, stream_id):
            return None  # the usual case, without a query
        waiting = self._unwritten.get((stream_id, n))
        if waiting is not None:
            return Found(waiting["conv"], waiting["seq"], waiting["server_time"], waiting["digest"])
        row = tx.execute(_FIND_POST, {"stream_id": stream_id, "n": n}).one_or_none()
        return None if row is None else Found(*row)

    def append(self, tx: Connection, post: dict[str, Any]) -> None:
        """Take a post (the columns of its row). Raises ValueError if it would leave a hole or repeat a
        number.
        """
        conv, stream_id, n = post["conv"], post["stream_id"], post["n"]
        if post["seq"] != self.last_seq(tx, conv) + 1:
            raise ValueError("a sequence number must follow the last one")
        if n <= self.last_n(tx, stream_id):
            raise ValueError("a stream's counter must rise")
        self._unwritten[stream_id, n] = post
        self._last_seq[conv] = post["seq"]
        self._last_n[stream_id] = n

    def write(self, tx: Connection) -> None:
        """Write what was taken, in one go, because a statement per post costs ten times as much."""
        if not self._unwritten:
            return
        rows = list(self._unwritten.values())
        tx.execute(_INSERT_POST, rows)
        tx.execute(
            _RAISE_SEQ, [{"of": conv, "to": self._last_seq[conv]} for conv in {row["conv"] for row in rows}]
        )
        self._unwritten.clear()

    def forget(self) -> None:
        """Drop everything: the transaction was rolled back."""
        self._last_seq.clear()
        self._last_n.clear()
        self._unwritten.clear()
