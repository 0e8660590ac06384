"""Posts, streams, grants, vaults and read marks in a SQL database.

Owns the queries and the two kinds of connection: short reads from any thread, and one writer whose
transaction (``tx``) is the journal's. Stores encoded objects as they come and knows nothing of what is in
them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Executable, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from securechat.errors import StoreError
from securechat.server.storage.ledger import Found, Ledger
from securechat.server.storage.records import (
    KIND_DIRECT,
    KIND_LOBBY,
    Conversation,
    StoredPost,
    StoredStream,
    StoredVault,
)
from securechat.server.storage.schema import conversations, grants, posts, read_marks, streams, vaults
from securechat.server.storage.sqlite_file import (
    WRITER,
    database_size_bytes,
    open_database,
    translated,
    truncate_log,
)

__all__ = ["MessagesSql", "Tx"]

Tx: TypeAlias = Connection
"""The journal's open transaction."""

_TIDY_PAUSE_S = 1.0
"""A truncated log costs two syncs; many vaults share them."""

_log = logging.getLogger(__name__)


class MessagesSql:
    """The message store. ``url``: the path of a SQLite file, or a ``sqlite:///`` URL.

    Methods with ``tx`` as their first parameter are for the journal thread, inside :meth:`writing`. The
    others may be called from any thread and see what is committed; where they take ``tx`` as a keyword they
    look, with it, into the open transaction. Errors of the database are :class:`StoreError`; in ``tx``
    methods they appear as such when :meth:`writing` ends. Opening raises as
    :func:`~securechat.server.storage.sqlite_file.open_database` does.
    """

    def __init__(self, url: str | Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = url if isinstance(url, Path) else _path_of(url)
        self._engine = open_database(self._path)
        # One connection of its own for the writer: it never waits for readers to give one back.
        with translated("opened"):
            self._writer = self._engine.connect().execution_options(**{WRITER: True})
        self._ledger = Ledger()
        self._writing = False
        self._monotonic = monotonic
        self._next_tidy_s = 0.0
        self._old_vaults_in_log = False
        self._closed = False
        self.write_count = 0
        """Rises with each write of a ``tx`` method, so that a caller can see whether anything was written."""

    # --- transactions -----------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one committed state while it is open. Keep it short. Any thread."""
        with translated("read"), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """The write transaction: durable when the block ends well, undone if it raises. One at a time."""
        if self._writing:
            raise RuntimeError("the writer is busy: only the journal thread writes")
        self._writing = True
        try:
            with translated("written"), self._writer.begin():
                yield self._writer
                self._ledger.write(self._writer)
        except BaseException:
            self._ledger.forget()
            raise
        finally:
            self._writing = False

    def tidy(self) -> None:
        """Overwrite what replaced vaults left in the write-ahead log. Journal thread, between transactions.

        ``secure_delete`` cleans the database file, but the log keeps old pages until it is used again. If a
        reader is in the way, the next call tries again.
        """
        if self._old_vaults_in_log and self._monotonic() >= self._next_tidy_s:
            self._next_tidy_s = self._monotonic() + _TIDY_PAUSE_S
            self._old_vaults_in_log = not truncate_log(self._writer)

    def close(self) -> None:
        """Fold the log into the database and let go of it; idempotent, after the journal has ended."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._engine.dispose()

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return database_size_bytes(self._path)

    # --- conversations and posts ------------------------------------------------------------------

    def put_conversation(self, tx: Tx, conv: bytes, kind: int, a: str = "", b: str = "") -> None:
        """Make a conversation known; posts, streams and read marks need it. Again: no change."""
        if tx.execute(select(conversations.c.conv).where(conversations.c.conv == conv)).one_or_none() is None:
            row = {"conv": conv, "kind": kind, "a": a, "b": b, "last_seq": 0}
            self._write(tx, insert(conversations), row)

    def conversation_list(self, username: str, after: bytes, limit: int) -> list[Conversation]:
        """The lobby and the user's direct conversations with conv above ``after``, by conv. Any thread.

        Rooms are not among them: who is in a room is said by its log, not by this table.
        """
        c, mark = conversations.c, read_marks.c
        query = (
            select(c.conv, c.kind, c.a, c.b, c.last_seq, mark.seq)
            .outerjoin_from(conversations, read_marks, and_(mark.conv == c.conv, mark.username == username))
            .where(c.conv > after)
            .where(
                or_(c.kind == KIND_LOBBY, and_(c.kind == KIND_DIRECT, or_(c.a == username, c.b == username)))
            )
            .order_by(c.conv)
            .limit(limit)
        )
        return [
            Conversation(conv, kind, b if a == username else a, last_seq, read_seq or 0)
            for conv, kind, a, b, last_seq, read_seq in self._rows(query)
        ]

    def last_seq(self, tx: Tx, conv: bytes) -> int:
        """The newest number in a conversation, 0 if none."""
        return self._ledger.last_seq(tx, conv)

    def last_n(self, tx: Tx, stream_id: bytes) -> int:
        """The newest counter accepted in a stream, -1 if none."""
        return self._ledger.last_n(tx, stream_id)

    def find_post(self, tx: Tx, stream_id: bytes, n: int) -> Found | None:
        """(conv, seq, server_time, digest) of the post accepted as (stream_id, n)."""
        return self._ledger.find(tx, stream_id, n)

    def append_post(
        self,
        tx: Tx,
        conv: bytes,
        seq: int,
        stream_id: bytes,
        n: int,
        server_time: int,
        author: str,
        digest: bytes,
        data: bytes,
    ) -> None:
        """Add the next post of a conversation. ValueError, and nothing done, unless ``seq`` is the last one +
        1 and ``n`` is above the stream's last.
        """
        post = {"conv": conv, "seq": seq, "stream_id": stream_id, "n": n}
        self._ledger.append(
            tx, {**post, "server_time": server_time, "author": author, "digest": digest, "data": data}
        )
        self.write_count += 1

    def history(self, conv: bytes, before: int, limit: int) -> list[StoredPost]:
        """Up to ``limit`` posts numbered below ``before`` (0: the newest), newest first. Any thread."""
        query = select(posts).where(posts.c.conv == conv).order_by(posts.c.seq.desc()).limit(limit)
        if before:
            query = query.where(posts.c.seq < before)
        return [StoredPost(*row) for row in self._rows(query)]

    # --- streams and grants -----------------------------------------------------------------------

    def put_stream(
        self,
        tx: Tx,
        stream_id: bytes,
        conv: bytes,
        author_fp: bytes,
        roster: bytes,
        created: int,
        header: bytes,
    ) -> None:
        """Store a new stream; the caller has looked with :meth:`get_stream` whether it is there."""
        row = {"stream_id": stream_id, "conv": conv, "author_fp": author_fp, "roster": roster}
        self._write(tx, insert(streams), {**row, "created": created, "header": header})

    def get_stream(self, stream_id: bytes, *, tx: Tx | None = None) -> StoredStream | None:
        """The stream of this id."""
        row = self._row(select(streams).where(streams.c.stream_id == stream_id), tx)
        return None if row is None else StoredStream(*row)

    def put_grant(self, tx: Tx, stream_id: bytes, reader_fp: bytes, prekey_id: int, data: bytes) -> None:
        """Store a reader's grant of a stored stream; the caller has looked whether there is one."""
        row = {"stream_id": stream_id, "reader_fp": reader_fp, "prekey_id": prekey_id, "data": data}
        self._write(tx, insert(grants), row)

    def get_grant(self, stream_id: bytes, reader_fp: bytes, *, tx: Tx | None = None) -> bytes | None:
        """The encoded grant that this reader has for this stream."""
        query = select(grants.c.data).where(grants.c.stream_id == stream_id, grants.c.reader_fp == reader_fp)
        row = self._row(query, tx)
        return None if row is None else bytes(row[0])

    def delete_grants_below(self, tx: Tx, reader_fp: bytes, oldest_prekey: int) -> int:
        """Delete a reader's grants to prekeys that they no longer have. Returns how many."""
        return self._write(
            tx, delete(grants).where(grants.c.reader_fp == reader_fp, grants.c.prekey_id < oldest_prekey)
        )

    # --- vaults -----------------------------------------------------------------------------------

    def put_vault(
        self,
        tx: Tx,
        username: str,
        login_hash: bytes,
        version: int,
        oldest_prekey: int,
        data: bytes,
        prekey: bytes = b"",
    ) -> None:
        """Store the vault under this login key, in place of the one before, with the prekey that came with
        it.
        """
        self._delete_vaults(tx, [(username, login_hash)])
        row = {"username": username, "login_hash": login_hash, "version": version}
        self._write(
            tx, insert(vaults), {**row, "oldest_prekey": oldest_prekey, "data": data, "prekey": prekey}
        )

    def get_vault(self, username: str, login_hash: bytes, *, tx: Tx | None = None) -> StoredVault | None:
        """The vault stored under this login key (its SHA-256)."""
        query = select(vaults.c.version, vaults.c.oldest_prekey, vaults.c.data, vaults.c.prekey)
        row = self._row(query.where(vaults.c.username == username, vaults.c.login_hash == login_hash), tx)
        return None if row is None else StoredVault(*row)

    def delete_other_vaults(self, tx: Tx, username: str, keep_login_hash: bytes) -> int:
        """Delete the user's vaults under all other login keys. Returns how many."""
        query = select(vaults.c.login_hash).where(
            vaults.c.username == username, vaults.c.login_hash != keep_login_hash
        )
        return self._delete_vaults(tx, [(username, login_hash) for (login_hash,) in tx.execute(query)])

    def sweep_vaults(self, tx: Tx, known: Iterable[tuple[str, bytes]]) -> int:
        """Delete the vaults whose (username, login hash) no credential record names. Returns how many.

        With no record at all nothing is deleted: that is a user file moved away or a wrong option, much
        rather than a server that lost its only registration in a crash, and vaults cannot be made again.
        """
        kept = set(known)
        rows = tx.execute(select(vaults.c.username, vaults.c.login_hash))
        stored = {(username, login_hash) for username, login_hash in rows}
        if stored and not kept:
            _log.warning("there are no users, but %d vaults: the vaults were kept", len(stored))
            return 0
        return self._delete_vaults(tx, sorted(stored - kept))

    # --- read marks -------------------------------------------------------------------------------

    def read_mark(self, username: str, conv: bytes, *, tx: Tx | None = None) -> int:
        """Up to which seq the user has read, 0 if never."""
        query = select(read_marks.c.seq).where(read_marks.c.username == username, read_marks.c.conv == conv)
        row = self._row(query, tx)
        return 0 if row is None else int(row[0])

    def raise_read_mark(self, tx: Tx, username: str, conv: bytes, seq: int) -> bool:
        """Set the user's mark unless it is there already or beyond. True if it changed."""
        mark = self.read_mark(username, conv, tx=tx)
        if seq <= mark:
            return False
        if mark:
            of_user = and_(read_marks.c.username == username, read_marks.c.conv == conv)
            self._write(tx, update(read_marks).where(of_user).values(seq=seq))
        else:
            self._write(tx, insert(read_marks), {"username": username, "conv": conv, "seq": seq})
        return True

    # --- helpers ----------------------------------------------------------------------------------

    def _rows(self, query: Executable) -> list[Any]:
        with self.reading() as connection:
            return list(connection.execute(query).all())

    def _row(self, query: Executable, tx: Tx | None) -> Any:
        if tx is not None:
            return tx.execute(query).one_or_none()
        with self.reading() as connection:
            return connection.execute(query).one_or_none()

    def _write(self, tx: Tx, statement: Executable, row: dict[str, Any] | None = None) -> int:
        self.write_count += 1
        return tx.execute(statement, row).rowcount

    def _delete_vaults(self, tx: Tx, keys: list[tuple[str, bytes]]) -> int:
        count = sum(
            self._write(tx, _DELETE_VAULT, {"of": username, "under": under}) for username, under in keys
        )
        self._old_vaults_in_log = self._old_vaults_in_log or count > 0
        return count


_DELETE_VAULT = delete(vaults).where(
    vaults.c.username == bindparam("of"), vaults.c.login_hash == bindparam("under")
)


def _path_of(url: str) -> Path:
    if "://" not in url:
        return Path(url)
    try:
        parsed = make_url(url)
    except ArgumentError as problem:
        raise StoreError("The address of the database cannot be understood.") from problem
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StoreError("The messages can be kept in a SQLite file only. Give its path, or sqlite:///path.")
    return Path(parsed.database)
