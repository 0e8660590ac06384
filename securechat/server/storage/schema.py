"""The tables of the message database, and how an older database becomes one of today.

Owns table definitions and the schema's version. Must not know who reads or writes the rows.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

__all__ = [
    "MIGRATIONS",
    "SCHEMA_VERSION",
    "conversations",
    "create_schema",
    "grants",
    "meta",
    "migrate",
    "posts",
    "read_marks",
    "schema_version",
    "streams",
    "vaults",
]

SCHEMA_VERSION = 1

MIGRATIONS: dict[int, Callable[[Connection], None]] = {}
"""Version → what makes a database of that version one of the next. Empty while there is one version only."""

_tables = MetaData()
_KEY = LargeBinary(32)

meta = Table(
    "meta",
    _tables,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
    sqlite_with_rowid=False,
)

conversations = Table(
    "conversations",
    _tables,
    Column("conv", _KEY, primary_key=True),
    Column("kind", Integer, nullable=False),
    # The two usernames of a direct conversation, empty otherwise.
    Column("a", String, nullable=False),
    Column("b", String, nullable=False),
    # Kept apart from the posts: numbering goes on even where the newest posts have been removed.
    Column("last_seq", Integer, nullable=False),
    Index("conversations_a", "a"),
    Index("conversations_b", "b"),
    sqlite_with_rowid=False,
)

# The ledger of what was accepted, and the history, in one: a post is there once, under two unique numbers.
posts = Table(
    "posts",
    _tables,
    Column("conv", _KEY, ForeignKey(conversations.c.conv), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("stream_id", _KEY, nullable=False),
    Column("n", Integer, nullable=False),
    Column("server_time", Integer, nullable=False),
    Column("author", String, nullable=False),
    Column("digest", _KEY, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("conv", "seq"),
    UniqueConstraint("stream_id", "n"),
    sqlite_with_rowid=False,
)

streams = Table(
    "streams",
    _tables,
    Column("stream_id", _KEY, primary_key=True),
    Column("conv", _KEY, ForeignKey(conversations.c.conv), nullable=False),
    Column("author_fp", _KEY, nullable=False),
    Column("roster", _KEY, nullable=False),
    Column("created", Integer, nullable=False),
    Column("header", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

grants = Table(
    "grants",
    _tables,
    Column("stream_id", _KEY, ForeignKey(streams.c.stream_id, ondelete="CASCADE"), nullable=False),
    Column("reader_fp", _KEY, nullable=False),
    Column("prekey_id", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream_id", "reader_fp"),
    # Grants to prekeys that a reader dropped are deleted by reader and id.
    Index("grants_reader", "reader_fp", "prekey_id"),
)

vaults = Table(
    "vaults",
    _tables,
    Column("username", String, nullable=False),
    Column("login_hash", _KEY, nullable=False),
    Column("version", Integer, nullable=False),
    Column("oldest_prekey", Integer, nullable=False),
    # The encoded prekey that came with this vault, empty if none: after a crash it tells what to publish.
    Column("prekey", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("username", "login_hash"),
)

read_marks = Table(
    "read_marks",
    _tables,
    Column("username", String, nullable=False),
    Column("conv", _KEY, ForeignKey(conversations.c.conv, ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("username", "conv"),
    sqlite_with_rowid=False,
)


def create_schema(tx: Connection) -> None:
    """Make all tables in an empty database."""
    _tables.create_all(tx)
    tx.execute(insert(meta), {"key": "schema", "value": str(SCHEMA_VERSION)})


def schema_version(connection: Connection) -> int:
    """The version of an existing database. Raises ValueError if no version is written in it."""
    value = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one_or_none()
    return int(value or "none")


def migrate(tx: Connection) -> None:
    """Bring a database to :data:`SCHEMA_VERSION`, in the caller's transaction."""
    version = schema_version(tx)
    while version < SCHEMA_VERSION:
        MIGRATIONS[version](tx)
        version += 1
    tx.execute(update(meta).where(meta.c.key == "schema").values(value=str(version)))
