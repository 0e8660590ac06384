"""Replacing a file: old or new content, never between, and private."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from securechat.atomic_file import atomic_write, remove_leftovers
from securechat.errors import StoreError


def test_writes_private_file_and_replaces_it(folder: Path) -> None:
    file = folder / "a.key"
    old_mask = os.umask(0)
    try:
        atomic_write(file, b"one")
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    atomic_write(file, b"two")
    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(folder) == ["a.key"]


def test_short_writes_are_continued(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:3]))
    atomic_write(folder / "a", b"0123456789")
    assert (folder / "a").read_bytes() == b"0123456789"


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_disk_error_keeps_the_old_file_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = folder / "a"
    atomic_write(file, b"old")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StoreError, match=r"No space left on device.*free space"):
        atomic_write(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert os.listdir(folder) == ["a"]


def test_file_is_synced_before_the_rename_and_the_folder_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, os.replace

    def record_sync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def record_rename(source: str, target: Path) -> None:
        steps.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "replace", record_rename)
    atomic_write(folder / "a", b"x")
    assert steps == ["file", "rename", "folder"]


def test_missing_folder_is_a_store_error(folder: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        atomic_write(folder / "none" / "a", b"x")


def test_link_stays_a_link(folder: Path) -> None:
    (folder / "real").mkdir()
    atomic_write(folder / "real" / "a", b"old")
    (folder / "a").symlink_to(folder / "real" / "a")
    atomic_write(folder / "a", b"new")
    assert (folder / "a").is_symlink()
    assert (folder / "real" / "a").read_bytes() == b"new"


def test_leftovers_of_a_crash_go_and_nothing_else(folder: Path) -> None:
    for name in ("a", ".a.x1y2.new", ".b.x1y2.new", "a.new", ".a.old"):
        (folder / name).write_bytes(b"x")
    remove_leftovers(folder / "a")
    assert sorted(os.listdir(folder)) == [".a.old", ".b.x1y2.new", "a", "a.new"]
    remove_leftovers(folder / "no such folder" / "a")
