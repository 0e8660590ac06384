"""Finds out what protected one post, by asking for it and verifying it once more.

Owns no rule: opening and verifying are the reader's. Worker thread only.
"""

from __future__ import annotations

from securechat.client.account import Account
from securechat.client.contacts import Contacts, Standing
from securechat.client.events import ConversationKind, Message, MessageState
from securechat.client.login import Link
from securechat.client.outbox import Outbox
from securechat.client.protection import Protection, Signature
from securechat.client.reading import PostReader, Verified
from securechat.client.timeline import Timeline, message_of
from securechat.errors import ConnectionClosed, LocalProtocolError, RemoteProtocolError, SealError
from securechat.sealing.identity import PublicIdentity
from securechat.sealing.streams import verify_post
from securechat.sealing.vault import ContactState
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import GetHistory, History
from securechat.wire.objects import Envelope, Post

__all__ = ["Inspector"]


class Inspector:
    """For the posts of one account's conversations; today the lobby's."""

    def __init__(self, account: Account, contacts: Contacts, reader: PostReader, outbox: Outbox) -> None:
        self._account = account
        self._contacts = contacts
        self._reader = reader
        self._outbox = outbox

    def look(self, link: Link | None, timeline: Timeline, post_id: bytes) -> Protection:
        """About one loaded message. `link`: None while offline.

        LocalProtocolError if it is not loaded or was deleted; RemoteProtocolError if the server does not give it again
        as it was; SealError if its signature does not hold; RequestRefused, TimeoutError.
        """
        found = timeline.find(post_id)
        if found is None:
            raise LocalProtocolError("This message is not loaded here.")
        message, post = found
        if message.deleted:
            raise LocalProtocolError("This message was deleted, so it is not shown any more.")
        if message.state is not MessageState.STORED:
            return self._waiting(message, post)
        author = self._contacts.identity(post.author)
        if author is None:
            raise SealError
        sealed = self._fetch(link, timeline, message)
        verify_post(post, author)
        stream_id = Envelope.decode(sealed).stream_id if sealed else b""
        former = self._contacts.standing(author) is Standing.FORMER
        return _about(
            message, post, Signature.FORMER if former else Signature.VALID, verified=self._compared(author),
            stream_id=stream_id, stream_author=limits.SERVER_USERNAME, prekey_id=self._reader.prekey_id(stream_id),
            sealed=sealed,
        )

    def _fetch(self, link: Link | None, timeline: Timeline, message: Message) -> bytes:
        """The envelope as the server gives it now, opened and found to be the same post; b"" while offline."""
        if link is None:
            return b""
        try:
            asked = GetHistory(timeline.conv, message.seq + 1, 1)
            items = History.decode(link.connection.ask(FrameType.HISTORY, asked.raw)).items
            arrivals = self._reader.read(link, timeline.conv, items)
        except ConnectionClosed:
            return b""
        for item, arrival in zip(items, arrivals, strict=True):
            content = arrival.content
            if arrival.seq == message.seq and isinstance(content, Verified) and content.post_id == message.post_id:
                return item.envelope
        raise RemoteProtocolError("The server did not give this message again as it was.")

    def _waiting(self, message: Message, post: Post) -> Protection:
        entry = next((entry for entry in self._outbox.entries() if entry.post_id == message.post_id), None)
        return _about(
            message, post, Signature.NOT_SENT, verified=True, stream_id=post.stream_id, stream_author=message.author,
            prekey_id=None, sealed=entry.record.envelope if entry is not None else b"",
        )

    def _compared(self, author: PublicIdentity) -> bool:
        if author.fp == self._account.keys.fp:
            return True
        return any(
            contact.fp == author.fp and contact.state == ContactState.VERIFIED
            for contact in self._account.contents.contacts
        )


def _about(
    message: Message, post: Post, signature: Signature, *, verified: bool, stream_id: bytes, stream_author: str,
    prekey_id: int | None, sealed: bytes,
) -> Protection:
    as_signed = message_of(post, message.post_id, message.author, mine=message.mine, state=message.state)
    return Protection(
        post_id=message.post_id, kind=ConversationKind.LOBBY, author=message.author, author_fp=message.author_fp,
        signature=signature, verified=verified, server_reads=True, readers=(), stream_id=stream_id,
        stream_author=stream_author, prekey_id=prekey_id, text=as_signed.text, stored=post.raw, sealed=sealed,
        edited=message.edited,
    )
