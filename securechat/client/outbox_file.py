"""The outbox on disk: one sealed file per account (docs/protocol.md §7), and what is in it.

Owns the format, the key and the name of the file. Knows nothing of connections, streams under way or threads.

    file    = 24 random bytes || XAEAD(KDF(ed25519 seed, "outbox"), nonce, aad, content)
    aad     = P || "outbox" 0 || server_id || str name
    content = u8 1 | u64 next local id | entries | drafts
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import crypto_utils as crypto
from securechat.atomic_file import atomic_write, remove_leftovers
from securechat.errors import DamagedStore, FolderProblem, ProtocolError, SealError
from securechat.sealing.identity import OwnKeys
from securechat.sealing.streams import post_id_of, stream_id_of
from securechat.wire import limits
from securechat.wire.codec import U8, U32, U64, Record, fixed, many, nested, sized, wire
from securechat.wire.objects import Header, Post

__all__ = ["DRAFT_MOST", "DraftRecord", "Entry", "EntryRecord", "OutboxContent", "OutboxFile"]

logger = logging.getLogger(__name__)

DRAFT_MOST = 1 << 20  # bytes
_FORMAT = 1
_ITEMS = 1 << 20
_SECRET = 32


class EntryRecord(Record):
    """One unsent post as kept. `secret`: the stream's, in the lobby; `grants`: as made, elsewhere."""

    local_id: int = wire(U64)
    header: bytes = wire(fixed(limits.HEADER))
    secret: bytes = wire(sized(_SECRET, 0, _SECRET))
    grants: tuple[bytes, ...] = wire(many(fixed(limits.GRANT), U32, _ITEMS))
    post: bytes = wire(sized(limits.ENVELOPE))
    envelope: bytes = wire(sized(limits.ENVELOPE))


class DraftRecord(Record):
    """What stands in a composer."""

    conv: bytes = wire(fixed(32))
    text: bytes = wire(sized(DRAFT_MOST))


class OutboxContent(Record):
    """The plaintext of the file."""

    format: int = wire(U8)
    next_id: int = wire(U64)
    entries: tuple[EntryRecord, ...] = wire(many(nested(EntryRecord), U32, _ITEMS))
    drafts: tuple[DraftRecord, ...] = wire(many(nested(DraftRecord), U32, _ITEMS))


EMPTY = OutboxContent(_FORMAT, 1, (), ())


@dataclass(frozen=True)
class Entry:
    """An unsent post with everything that sending needs, now or after a restart."""

    record: EntryRecord

    @property
    def local_id(self) -> int:
        """The id that `send` gave."""
        return self.record.local_id

    @cached_property
    def header(self) -> Header:
        """The header of its stream."""
        return Header.decode(self.record.header)

    @cached_property
    def post(self) -> Post:
        """The signed post."""
        return Post.decode(self.record.post)

    @cached_property
    def post_id(self) -> bytes:
        """Its id, 32 bytes."""
        return post_id_of(self.post)

    @cached_property
    def stream_id(self) -> bytes:
        """The stream it is sealed in, 32 bytes."""
        return stream_id_of(self.header)

    def __repr__(self) -> str:
        return f"Entry({self.local_id})"


class OutboxFile:
    """The file of one account in `folder`. One thread at a time may write."""

    def __init__(self, folder: Path, server_id: bytes, keys: OwnKeys) -> None:
        name = keys.username.encode("utf-8")
        self.path = folder / f"{server_id.hex()}-{keys.username}.outbox"
        self._key = crypto.kdf(keys.signing.seed, "outbox")
        self._aad = crypto.label_prefix("outbox") + server_id + len(name).to_bytes(4, "big") + name

    def read(self) -> OutboxContent:
        """What was written last; an empty content if there is no file. DamagedStore, FolderProblem.

        Whatever an interrupted write left beside the file is removed: call it only while holding the account's lock.
        """
        remove_leftovers(self.path)
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return EMPTY
        except OSError as problem:
            raise FolderProblem(f"{self.path} cannot be read: {problem.strerror}. Check its permissions.") from problem
        nonce, box = data[: crypto.XAEAD_NONCE], data[crypto.XAEAD_NONCE :]
        try:
            if len(nonce) != crypto.XAEAD_NONCE:
                raise SealError
            content = OutboxContent.decode(crypto.xaead_open(self._key, nonce, self._aad, box))
            if content.format != _FORMAT:
                raise SealError
            for entry in map(Entry, content.entries):
                _ = entry.stream_id, entry.post_id
        except (SealError, ProtocolError) as error:
            raise DamagedStore(f"The file {self.path} with your unsent messages is damaged.") from error
        return content

    def write(self, content: OutboxContent) -> None:
        """Make `content` durable before returning. StoreError if the disk refuses."""
        nonce = crypto.random_bytes(crypto.XAEAD_NONCE)
        atomic_write(self.path, nonce + crypto.xaead_seal(self._key, nonce, self._aad, content.encode()))

    def move_aside(self) -> Path:
        """Rename a damaged file, so that nothing overwrites it. DamagedStore if that is refused."""
        when = f"{time.strftime('%Y%m%d-%H%M%S')}-{crypto.random_bytes(2).hex()}"
        aside = self.path.with_name(f"{self.path.name}.damaged-{when}")
        try:
            self.path.rename(aside)
        except OSError as problem:
            raise DamagedStore(
                f"The file {self.path} with your unsent messages is damaged and cannot be moved. Move it away, then "
                "connect again."
            ) from problem
        return aside
