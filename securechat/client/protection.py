"""What protected one post: who could read it, whose signature held, which key opened it, and the bytes behind it.

Values for a person who wants to see for themselves. Owns no text for people and no policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from securechat.client.events import ConversationKind

__all__ = ["Protection", "Signature"]


class Signature(Enum):
    """What is known of a post's signature."""

    VALID = "it holds under the key that this program knows for the author"
    FORMER = "it holds under a former key of the author"
    NOT_SENT = "our own, signed here, not stored by the server yet"


@dataclass(frozen=True)
class Protection:
    """About one verified post. Bytes are as on the wire (docs/protocol.md §7, §8).

    ``readers``: usernames that the keys were made for; empty in the lobby, where everybody with an account may read.
    ``server_reads``: the server could read it (the lobby). ``verified``: the author's safety number was compared, or
    it is our own. ``stream_id``, ``stream_author``, ``prekey_id``: the stream in which it was sealed for us (b"" while
    offline) and the own prekey that opened its grant (None where it is not known, as for a post of ours that waits).
    ``text``: as signed in this very post, whatever later edits say. ``stored``: what the server keeps of it, or will
    keep of one that waits; ``sealed``: the envelope as it comes over the connection, b"" while offline; of one that
    waits, as it will go out.
    ``edited``: later posts of the author gave it another text; all of this is about the first one.
    """

    post_id: bytes
    kind: ConversationKind
    author: str
    author_fp: bytes
    signature: Signature
    verified: bool
    server_reads: bool
    readers: tuple[str, ...]
    stream_id: bytes
    stream_author: str
    prekey_id: int | None
    text: str
    stored: bytes
    sealed: bytes
    edited: bool = False
