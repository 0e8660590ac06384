"""From sealed envelopes to verified posts: the reader's rules of docs/protocol.md §8 that need keys.

Owns the stream keys that this program has opened, and asks the server for streams (GET_STREAM) and authors (GET_KEYS),
each once. What fails a rule becomes a `Problem`, one sentence, never nothing, never an exception. Worker thread only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from securechat.client.account import Account
from securechat.client.contacts import Contacts, Standing
from securechat.client.login import Link
from securechat.errors import ChatError, ErrorCode, ProtocolError, RemoteProtocolError, RequestRefused, SealError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing.identity import PublicIdentity
from securechat.sealing.streams import (
    StreamKey,
    check_header,
    open_envelope,
    open_grant,
    post_id_of,
    stream_id_of,
    verify_post,
)
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import GetKeys, GetStream, HistoryItem, KeyPair, Keys, StreamFound
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, Post, PostKind, check_body

__all__ = ["UNVERIFIED", "Arrival", "PostReader", "Problem", "Verified"]

logger = logging.getLogger(__name__)

UNVERIFIED: Final = "A message could not be verified, so it is not shown."
_NOT_READABLE: Final = "A message cannot be read with your keys."
_STREAM_ALARM: Final = "The key that the server gave for reading the lobby could not be verified. Ask the operator."


@dataclass(frozen=True)
class Verified:
    """A post whose signature, place and form are right."""

    post: Post
    post_id: bytes
    author: PublicIdentity


@dataclass(frozen=True)
class Problem:
    """What stands in the place of a post that failed a rule."""

    sentence: str


@dataclass(frozen=True)
class Arrival:
    """One numbered post as it came: live or from history."""

    seq: int
    server_time_ms: int
    content: Verified | Problem


class PostReader:
    """Opens the envelopes of one account's conversations; today the lobby's. `alarm` is told sentences."""

    def __init__(
        self, account: Account, contacts: Contacts, server: PublicIdentity, lobby: bytes, alarm: Callable[[str], None]
    ) -> None:
        self._account = account
        self._contacts = contacts
        self._server = server
        self._lobby = lobby
        self._alarm = alarm
        self._streams: dict[bytes, StreamKey | Problem] = {}
        self._prekeys: dict[bytes, int] = {}  # stream -> the own prekey that opened its grant
        self._unknown: set[bytes] = set()  # authors that the server does not know
        self._alarmed: set[bytes] = set()

    def begin(self, link: Link) -> None:
        """A new connection: what failed on the last one may be asked again. Fetches the server's lobby stream."""
        self._unknown.clear()
        self._streams = {key: found for key, found in self._streams.items() if isinstance(found, StreamKey)}
        self._fetch_stream(link, ZERO32)

    def read(self, link: Link, conv: bytes, items: Sequence[HistoryItem]) -> list[Arrival]:
        """The items opened and verified, in their order. ConnectionClosed, TimeoutError if the server is gone."""
        opened = [(item, self._open(link, conv, item)) for item in items]
        self._fetch_authors(link, [content.author for _, content in opened if isinstance(content, Post)])
        return [
            Arrival(item.seq, item.server_time, self._verify(content) if isinstance(content, Post) else content)
            for item, content in opened
        ]

    def prekey_id(self, stream_id: bytes) -> int | None:
        """The own prekey that opened the grant of a stream, None if it was not opened here."""
        return self._prekeys.get(stream_id)

    # --- streams

    def _fetch_stream(self, link: Link, stream_id: bytes) -> StreamKey | Problem:
        """GET_STREAM for a stream id, or zeros; the outcome is kept until the next connection."""
        try:
            found = StreamFound.decode(link.connection.ask(FrameType.GET_STREAM, GetStream(stream_id).raw))
            key = self._open_stream(link, stream_id, found)
        except (RequestRefused, ProtocolError, SealError) as error:
            logger.warning("a stream was not accepted: %s", type(error).__name__)
            if stream_id == ZERO32:
                self._alarm(_STREAM_ALARM)
            key = Problem(UNVERIFIED)
        self._streams[key.stream_id if isinstance(key, StreamKey) else stream_id] = key
        return key

    def _open_stream(self, link: Link, stream_id: bytes, found: StreamFound) -> StreamKey | Problem:
        header = Header.decode(found.header)
        check_header(header, self._server)
        if header.conv != self._lobby or header.roster != LOBBY_ROSTER:
            raise SealError
        if stream_id not in (ZERO32, stream_id_of(header)):
            raise SealError
        if not found.grant:
            return Problem(_NOT_READABLE)
        grant = Grant.decode(found.grant)
        prekey = self._account.prekey(link, grant.prekey_id)
        if prekey is None and grant.prekey_id < min(kept.id for kept in self._account.contents.prekeys):
            return Problem(_NOT_READABLE)  # that week's key was dropped on purpose
        key = open_grant(grant, header, self._account.keys, prekey)
        self._prekeys[key.stream_id] = grant.prekey_id
        return key

    # --- envelopes

    def _open(self, link: Link, conv: bytes, item: HistoryItem) -> Post | Problem:
        try:
            envelope = Envelope.decode(item.envelope)
            if envelope.conv != conv or envelope.n != item.seq:
                raise SealError
            stream = self._streams.get(envelope.stream_id) or self._fetch_stream(link, envelope.stream_id)
            return stream if isinstance(stream, Problem) else open_envelope(stream, envelope)
        except (ProtocolError, SealError):
            return Problem(UNVERIFIED)

    def _verify(self, post: Post) -> Verified | Problem:
        author = self._contacts.identity(post.author)
        try:
            if author is None or post.kind == PostKind.TITLE:
                raise SealError
            verify_post(post, author)
            check_body(post.kind, post.body)
        except (SealError, RemoteProtocolError):
            return Problem(UNVERIFIED)
        standing = self._contacts.standing(author)
        if standing is Standing.CHANGED:
            self._tell_changed(author)
            return Problem(
                f"A message under another key of {author.username} than the one known here, so it is not shown."
            )
        if standing is Standing.EARLIER:
            return Problem(f"A message under an earlier key of {author.username} that is not known here.")
        self._contacts.pin(author)
        return Verified(post, post_id_of(post), author)

    def _tell_changed(self, author: PublicIdentity) -> None:
        if author.fp not in self._alarmed:
            self._alarmed.add(author.fp)
            self._alarm(
                f"The key of {author.username} is not the one known here. They may have reset their account, or "
                f"somebody pretends to be them: ask {author.username} in another way before you trust it."
            )

    # --- authors

    def _fetch_authors(self, link: Link, fps: list[bytes]) -> None:
        """GET_KEYS for authors that are not known yet, at most 100 at a time; the server answers the first k."""
        missing = [fp for fp in dict.fromkeys(fps) if self._contacts.identity(fp) is None and fp not in self._unknown]
        while missing:
            asked = tuple(missing[: limits.KEYS_PER_FRAME])
            try:
                keys = Keys.decode(link.connection.ask(FrameType.GET_KEYS, GetKeys(asked).raw)).keys
            except RequestRefused as error:
                if error.code == ErrorCode.RATE_LIMITED:
                    raise
                logger.warning("the server gave no keys of authors (code %s)", error.code)
                keys = ()
            if len(keys) > len(asked):
                raise RemoteProtocolError("More keys than were asked for.")
            for fp, pair in zip(asked, keys, strict=False):
                self._learn(fp, pair)
            # An answer for none would make this loop for ever: then nobody of the rest is known.
            self._unknown.update(missing if not keys else asked[: len(keys)])
            missing = missing[len(keys) :] if keys else []

    def _learn(self, fp: bytes, pair: KeyPair) -> None:
        try:
            sentence = self._contacts.learn(fp, pair)
        except ChatError:
            logger.warning("an identity was not accepted")
            return
        if sentence:
            self._alarm(sentence)
