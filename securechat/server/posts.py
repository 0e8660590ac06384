"""Posting: from an opened envelope to a durable, numbered, acknowledged and delivered post.

A `PostWork` is checked and written on the journal thread, so the ledger of (stream, n) and the numbers of a
conversation need no lock. The same bytes again get the first answer and are not delivered twice (docs/protocol.md §8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from securechat.errors import ChatError, ErrorCode, RemoteProtocolError
from securechat.server.delivery import LobbyDelivery
from securechat.server.journal import Committed
from securechat.server.lobby import Lobby
from securechat.server.presence import Member
from securechat.server.storage.messages_sql import MessagesSql, Tx
from securechat.wire.messages import Posted
from securechat.wire.objects import Post

__all__ = ["NoticeWork", "PostWork", "Stored", "deliveries"]


@dataclass(frozen=True)
class Stored:
    """A numbered post. `fresh` is False if it had been stored before."""

    seq: int
    server_time: int
    post: Post
    fresh: bool = True


@dataclass
class PostWork:
    """One user's post. `answer` is called on the journal thread with the OK body, or the refusal."""

    store: MessagesSql
    clock_ms: Callable[[], int]
    post: Post
    envelope: bytes
    username: str
    sender: Member
    answer: Callable[[Posted | None, ChatError | None], None]

    def apply(self, tx: Tx) -> Stored:
        """Check the ledger, then write; CONFLICT for a hole or for other bytes under a taken number."""
        post, digest = self.post, hashlib.sha256(self.envelope).digest()
        found = self.store.find_post(tx, post.stream_id, post.n)
        if found is not None:
            if found.conv != post.conv or found.digest != digest:
                raise RemoteProtocolError("This number of the stream is taken.", ErrorCode.CONFLICT)
            return Stored(found.seq, found.server_time, post, fresh=False)
        if post.n != self.store.last_n(tx, post.stream_id) + 1:
            raise RemoteProtocolError("A post of this stream is missing before this one.", ErrorCode.CONFLICT)
        seq, now = self.store.last_seq(tx, post.conv) + 1, self.clock_ms()
        self.store.append_post(
            tx, post.conv, seq, post.stream_id, post.n, now, self.username, digest, post.raw
        )
        return Stored(seq, now, post)

    def done(self, result: Stored | None, error: ChatError | None) -> None:
        """Answer the client; on the journal thread, after the commit."""
        self.answer(Posted(result.seq, result.server_time) if result else None, error)


@dataclass
class NoticeWork:
    """A post by `@server` in the lobby; its number among the notices is taken here, so that none is left out."""

    store: MessagesSql
    lobby: Lobby
    clock_ms: Callable[[], int]
    text: str
    sender: None = None

    def apply(self, tx: Tx) -> Stored:
        """Sign and write the notice."""
        lobby, now = self.lobby, self.clock_ms()
        n = self.store.last_n(tx, lobby.stream_id) + 1
        post = lobby.notice(n, now, self.text)
        seq = self.store.last_seq(tx, lobby.conv) + 1
        digest = hashlib.sha256(post.raw).digest()
        self.store.append_post(
            tx, lobby.conv, seq, lobby.stream_id, n, now, lobby.keys.username, digest, post.raw
        )
        return Stored(seq, now, post)

    def done(self, result: Stored | None, error: ChatError | None) -> None:
        """Nobody waits for a notice."""


def deliveries(committed: list[Committed]) -> list[LobbyDelivery]:
    """The posts of a batch that are new, in the order of their numbers."""
    return [
        LobbyDelivery(item.result.seq, item.result.server_time, item.result.post.raw, item.work.sender)
        for item in committed
        if isinstance(item.work, PostWork | NoticeWork) and item.result.fresh
    ]
