"""Opening a database file: ours, an older one, a newer one, or something else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from securechat.errors import DamagedStore, StoreError
from securechat.server.storage import schema
from securechat.server.storage.messages_sql import MessagesSql


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "messages.sqlite3"


def make(path: Path) -> None:
    MessagesSql(path).close()


def set_version(path: Path, value: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (value,))


@pytest.mark.parametrize("data", [b"", b"SQLite", b"SQLite format 3\0", b"garbage" * 1000])
def test_file_that_is_no_database_is_refused_and_left(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(DamagedStore, match=r"messages\.sqlite3 is not a message database.*backup"):
        MessagesSql(path)
    assert path.read_bytes() == data
    assert len(list(path.parent.iterdir())) == 1


def test_database_of_another_program_is_refused_and_left(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE songs (title)")
    before = path.read_bytes()
    with pytest.raises(DamagedStore):
        MessagesSql(path)
    assert path.read_bytes() == before


def test_database_without_a_version_is_refused(path: Path) -> None:
    make(path)
    set_version(path, "new")
    with pytest.raises(DamagedStore):
        MessagesSql(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM meta")
    with pytest.raises(DamagedStore):
        MessagesSql(path)


def test_damaged_pages_are_refused(path: Path) -> None:
    make(path)
    whole = bytearray(path.read_bytes())
    whole[100:] = b"\xff" * (len(whole) - 100)
    path.write_bytes(whole)
    with pytest.raises(DamagedStore):
        MessagesSql(path)
    assert path.read_bytes() == whole


def test_newer_database_is_refused_and_left(path: Path) -> None:
    make(path)
    set_version(path, str(schema.SCHEMA_VERSION + 1))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer program") as caught:
        MessagesSql(path)
    assert not isinstance(caught.value, DamagedStore)
    assert path.read_bytes() == before


def test_older_database_is_migrated_step_by_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    steps: list[int] = []

    def step(number: int) -> None:
        def run(tx: Connection) -> None:
            tx.execute(text(f"CREATE TABLE step_{number} (x)"))
            steps.append(number)

        monkeypatch.setitem(schema.MIGRATIONS, number, run)

    now = schema.SCHEMA_VERSION
    step(now)
    step(now + 1)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", now + 2)
    make(path)
    make(path)
    assert steps == [now, now + 1]


def test_failed_migration_leaves_the_old_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    before = path.read_bytes()

    def run(tx: Connection) -> None:
        tx.execute(text("CREATE TABLE half (x)"))
        tx.execute(text("SELECT * FROM missing"))

    monkeypatch.setitem(schema.MIGRATIONS, schema.SCHEMA_VERSION, run)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="brought up to date: no such table"):
        MessagesSql(path)
    assert path.read_bytes() == before


def test_half_made_database_of_a_crash_is_made_anew(path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half")
    path.with_name(f"{path.name}.new-wal").write_bytes(b"half")
    make(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_impossible_place_is_a_store_error(folder: Path) -> None:
    with pytest.raises(StoreError, match="could not be made"):
        MessagesSql(folder / "none" / "messages.sqlite3")
    (folder / "is a folder").mkdir()
    with pytest.raises(StoreError, match="could not be read"):
        MessagesSql(folder / "is a folder")
