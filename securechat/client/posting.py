"""What a person may post about which message: texts, replies, edits, deletions and reactions (docs/protocol.md §8).

Owns the sender's checks and their sentences; a post that no reader would accept is never made. Knows no connection and
no stream. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable

from securechat.client.effects import ANSWERABLE, EDITABLE
from securechat.client.events import Message, MessageState
from securechat.client.timeline import Timeline
from securechat.client.writing import Writer
from securechat.errors import LocalProtocolError, RemoteProtocolError
from securechat.wire import limits
from securechat.wire.objects import PostKind, check_body

__all__ = ["Posting"]


class Posting:
    """Posts of one account. Every method returns the local id once the post is safe in the outbox on disk.

    LocalProtocolError for what cannot be posted; StoreError if the disk refuses: then it was not posted and will not
    be. `wake`: there is something to send.
    """

    def __init__(self, writer: Writer, wake: Callable[[], None]) -> None:
        self._writer = writer
        self._wake = wake

    def text(self, timeline: Timeline, text: str) -> int:
        """A text of its own."""
        return self._post(timeline, PostKind.TEXT, _body(text))

    def reply(self, timeline: Timeline, text: str, to: bytes) -> int:
        """An answer to a message that is loaded. It may be deleted meanwhile: what was written is still worth it."""
        body, message = _body(text), self._find(timeline, to)
        if message.kind not in ANSWERABLE:
            raise LocalProtocolError("This message cannot be answered.")
        return self._post(timeline, PostKind.REPLY, message.post_id + body)

    def edit(self, timeline: Timeline, post_id: bytes, text: str) -> int:
        """Another text for an own message."""
        body, message = _body(text), self._standing(timeline, post_id)
        if not message.mine or message.kind not in EDITABLE:
            raise LocalProtocolError("Only texts of your own can be edited.")
        return self._post(timeline, PostKind.EDIT, message.post_id + body)

    def delete(self, timeline: Timeline, post_id: bytes) -> int:
        """Take back an own message."""
        message = self._standing(timeline, post_id)
        if not message.mine:
            raise LocalProtocolError("Only messages of your own can be deleted.")
        return self._post(timeline, PostKind.DELETE, message.post_id)

    def react(self, timeline: Timeline, post_id: bytes, emoji: str) -> int:
        """One emoji at a message, in the place of the one before; "" withdraws it."""
        message = self._standing(timeline, post_id)
        if message.kind not in ANSWERABLE:
            raise LocalProtocolError("There can be no reaction to this message.")
        body = message.post_id + _encoded(emoji)
        try:
            check_body(PostKind.REACTION, body)
        except RemoteProtocolError as error:
            raise LocalProtocolError("This cannot be a reaction: choose one emoji.") from error
        return self._post(timeline, PostKind.REACTION, body)

    def _find(self, timeline: Timeline, post_id: bytes) -> Message:
        # It may have been sealed again, and so got another id, after it was shown.
        found = timeline.find(post_id) or timeline.find(self._writer.present_id(post_id))
        if found is None:
            raise LocalProtocolError("This message is not loaded here.")
        message, _ = found
        if message.state is MessageState.REFUSED:
            raise LocalProtocolError("This message was not sent, so nothing can be said about it.")
        return message

    def _standing(self, timeline: Timeline, post_id: bytes) -> Message:
        message = self._find(timeline, post_id)
        if message.deleted:
            raise LocalProtocolError("This message was deleted.")
        return message

    def _post(self, timeline: Timeline, kind: int, body: bytes) -> int:
        local_id = self._writer.post(timeline.conv, kind, body)
        self._wake()
        return local_id


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LocalProtocolError("This text has characters that cannot be sent.") from error


def _body(text: str) -> bytes:
    body = _encoded(text)
    if not body:
        raise LocalProtocolError("There is nothing to send.")
    if len(body) > limits.TEXT:
        raise LocalProtocolError(f"This text is too long: at most {limits.TEXT} bytes fit into one message.")
    return body
