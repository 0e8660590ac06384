"""Opening a SQLite database safely: created whole, private, checked before anything touches it.

Owns pragmas, file modes and the first look into a file. Must not know queries.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from securechat.errors import DamagedStore, StoreError
from securechat.server.storage import schema

__all__ = ["WRITER", "database_size_bytes", "open_database", "translated", "truncate_log"]

WRITER = "securechat_writer"
"""Execution option of the one connection that writes."""

_BUSY_TIMEOUT_S = 10.0
"""Only a backup tool can hold the database against us; it gets this long."""

_POOL = 5
_POOL_OVERFLOW = 11
"""16 connections in all: readers are as short as one query, so thousands of sessions share them."""


def open_database(path: Path) -> Engine:
    """The engine of the database at ``path``, made first if there is no file, migrated if it is older.

    Raises :class:`DamagedStore` if the file is not our database and :class:`StoreError` if a newer program
    made it or the disk refuses; the file is then untouched.
    """
    # Looked at by lexists, not by size: an empty file is a damaged one, because a new database gets its name
    # only when it is complete.
    if os.path.lexists(path):
        version = _inspect(path)
    else:
        _create(path)
        version = schema.SCHEMA_VERSION
    with suppress(OSError):
        os.chmod(path, 0o600)  # SQLite gives -wal and -shm the mode of the database
    engine = _engine(path)
    if version < schema.SCHEMA_VERSION:
        try:
            with translated("brought up to date"), engine.connect() as connection:
                writer = connection.execution_options(**{WRITER: True})
                with writer.begin():
                    schema.migrate(writer)
        except BaseException:
            engine.dispose()
            raise
    return engine


def database_size_bytes(path: Path) -> int:
    """Bytes on disk, the write-ahead log included."""
    total = 0
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            total += os.stat(f"{path}{suffix}").st_size
    return total


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the errors of SQLAlchemy into :class:`StoreError`; ``doing`` completes "the database could not
    be".
    """
    try:
        yield
    except SQLAlchemyError as problem:
        # The driver's own words ("database or disk is full"), never SQLAlchemy's, which quote the statement.
        reason = str(getattr(problem, "orig", None) or type(problem).__name__)
        raise StoreError(f"The message database could not be {doing}: {reason}.") from problem


def truncate_log(writer: Connection) -> bool:
    """Move the write-ahead log into the database and cut it to nothing. False if a reader is in the way.

    Outside a transaction only. Raises :class:`StoreError`.
    """
    # Below SQLAlchemy, which would begin a transaction first; a checkpoint inside one is refused.
    connection: sqlite3.Connection = writer.connection.driver_connection  # type: ignore[assignment]
    try:
        # Without a wait: the journal thread has better to do than to wait for a reader.
        connection.execute("PRAGMA busy_timeout=0")
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout={int(_BUSY_TIMEOUT_S * 1000)}")
    except sqlite3.Error as problem:
        raise StoreError(f"The log of the message database could not be cut: {problem}.") from problem
    return not busy


def _inspect(path: Path) -> int:
    """The schema version in a file, read without writing to it."""
    damaged = DamagedStore(
        f"{path} is not a message database of this program, or it is damaged. It was left as it is. "
        "Restore it from a backup, or move it away to begin with an empty history."
    )
    try:
        with open(path, "rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise damaged
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        version = int(row[0])
    except OSError as problem:
        raise StoreError(
            f"{path} could not be read: {problem.strerror}. Check its owner and permissions."
        ) from problem
    except sqlite3.OperationalError as problem:
        if "no such" in str(problem):
            raise damaged from problem  # another program's database: no table or column of that name
        raise StoreError(f"{path} could not be opened: {problem}.") from problem
    except (sqlite3.DatabaseError, TypeError, ValueError) as problem:
        raise damaged from problem
    if version > schema.SCHEMA_VERSION:
        raise StoreError(f"{path} was made by a newer program. Update this program, then start it again.")
    return version


def _create(path: Path) -> None:
    """Make an empty database under another name, then give it its own: a crash leaves no half-made one."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(f"{unfinished}{suffix}")
        # Made here and not by SQLite, which would use the umask: no moment in which others could open it.
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        engine = _engine(unfinished)
        try:
            with translated("made"), engine.begin() as tx:
                schema.create_schema(tx)
        finally:
            engine.dispose()  # the last connection to close folds the log into the file and removes it
        os.replace(unfinished, path)
    except OSError as problem:
        raise StoreError(
            f"{path} could not be made: {problem.strerror}. Check its folder: free space, permissions."
        ) from problem


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=_POOL,
        max_overflow=_POOL_OVERFLOW,
        hide_parameters=True,  # no exception text may quote a message or a vault
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins late and only before some statements; ours begins in
    # _begin.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # The writer takes its lock at once: a transaction that only finds out at its first write that it must
    # wait may have read what is no longer true.
    immediate = connection.get_execution_options().get(WRITER, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
