"""A lock that lives in a file, so that two programs of one person do not write the same thing.

Owns one descriptor. The lock ends with the process, so a killed program leaves none behind; the file itself stays,
because deleting it would let two programs hold locks on two files of the same name.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import TracebackType

from securechat.errors import FolderInUse, FolderProblem

__all__ = ["FileLock", "private_folder"]


def private_folder(folder: Path) -> Path:
    """`folder`, made with mode 0700 if it was not there. FolderProblem if that is refused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderProblem(
            f"The folder {folder} cannot be made or used: {problem.strerror}. Check its permissions."
        ) from problem
    return folder


class FileLock:
    """Held from construction until `close`. Also a context manager."""

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        """Take the lock; with `wait` as soon as its holder lets go, else FolderInUse at once.

        FolderProblem if the file cannot be opened. Any thread.
        """
        self._guard = threading.Lock()  # guards _descriptor, so that it is closed once
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise FolderProblem(f"{path} cannot be written: {problem.strerror}. Check its permissions.") from problem
        try:
            _lock(self._descriptor, wait)
        except OSError as problem:
            self.close()
            raise FolderInUse(
                "This account is already open in another window or program on this computer. Close it there first."
            ) from problem

    def close(self) -> None:
        """Let go; idempotent, any thread."""
        with self._guard:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lock(descriptor: int, wait: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
