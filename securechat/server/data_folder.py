"""The folder in which a server keeps everything, and the locks that let only one server use it.

Owns names, modes and locks of the files. Must not know what is in them.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from securechat.atomic_file import atomic_write, remove_leftovers
from securechat.errors import DamagedStore, FolderInUse, FolderProblem

__all__ = ["DataFolder"]

_TOP_FOLDER = Path(__file__).resolve().parents[2]
"""Where server.py and users.json are in a checkout."""


class DataFolder:
    """An open, locked data folder. Made by :meth:`open`; :meth:`close` lets the next server in.

    Attributes: ``folder``, ``database``, ``identity_file``, ``users_file``, ``log_file`` (paths; the files
    need not exist). The locks belong to open files, so a killed server leaves none behind; the lock files
    themselves stay, because deleting one would let two servers hold locks on two files of the same name.
    """

    def __init__(self, folder: Path, users_file: Path, locks: list[int]) -> None:
        self.folder = folder
        self.users_file = users_file
        self.database = folder / "messages.sqlite3"
        self.identity_file = folder / "identity.key"
        self.log_file = folder / "server.log"
        self._locks = locks

    @classmethod
    def open(
        cls, path: Path | None = None, users_file: Path | None = None, *, top_folder: Path = _TOP_FOLDER
    ) -> DataFolder:
        """Make the folder if needed (mode 0700), check it, lock it and the user file.

        ``path``: everything is inside; None: ``server_data`` in ``top_folder``, with users.json beside it.
        ``users_file`` overrides only the place of the user file. Raises :class:`FolderInUse` if another
        server holds the folder or the user file, :class:`FolderProblem` if they cannot be used safely.
        """
        folder = Path(os.path.abspath(path if path is not None else top_folder / "server_data"))
        if users_file is None:
            users_file = (folder if path is not None else top_folder) / "users.json"
        users_file = Path(os.path.abspath(users_file))
        _make_private(folder)
        # realpath: two names of one user file must meet at one lock.
        real_users = Path(os.path.realpath(users_file))
        locks = [_lock(folder / "lock", f"the folder {folder}", "--data")]
        try:
            locks.append(_lock(real_users.with_name(f"{real_users.name}.lock"), f"{users_file}", "--users"))
        except BaseException:
            os.close(locks[0])
            raise
        opened = cls(folder, users_file, locks)
        remove_leftovers(opened.users_file)
        remove_leftovers(opened.identity_file)
        return opened

    def read_identity(self) -> bytes | None:
        """The stored server identity, or None before the first start.

        Raises :class:`FolderProblem` if it cannot be read and :class:`DamagedStore` if it is empty: a new
        identity in its place would look to every client like an impostor's.
        """
        try:
            data = self.identity_file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise FolderProblem(
                f"{self.identity_file} could not be read: {problem.strerror}. Check owner and permissions."
            ) from problem
        if not data:
            raise DamagedStore(
                f"{self.identity_file} is empty. Restore it from a backup; moving it away gives this server "
                "a new identity, which every client will refuse until its user accepts it."
            )
        return data

    def write_identity(self, data: bytes) -> None:
        """Store the server identity durably, mode 0600. Raises :class:`~securechat.errors.StoreError`."""
        atomic_write(self.identity_file, data)

    def close(self) -> None:
        """Release the locks. Idempotent; any thread."""
        # pop() is atomic: of two threads that close, each descriptor is closed by one.
        with suppress(IndexError):
            while True:
                os.close(self._locks.pop())


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform == "win32":
            return  # a folder under the user's profile is private by its access list
        if stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0:
            return
        # Only a folder that is plainly ours is closed to others: nobody wants "--data /tmp" to shut /tmp.
        names = os.listdir(folder)
        if names and "lock" not in names:
            raise FolderProblem(
                f"The folder {folder} is open to other users of this machine and holds other files. "
                f"Choose a new folder with --data, or close it with: chmod 700 {folder}"
            )
        folder.chmod(0o700)
    except OSError as problem:
        raise FolderProblem(
            f"The folder {folder} cannot be made or used: {problem.strerror}. Choose another one with --data."
        ) from problem


def _lock(path: Path, what: str, option: str) -> int:
    """Open ``path`` and lock it for this process; the lock ends with the returned descriptor."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise FolderProblem(
            f"{path} cannot be written: {problem.strerror}. Check the permissions of its folder, "
            f"or choose another place with {option}."
        ) from problem
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        raise FolderInUse(
            f"Another server is using {what}. Stop that one first, or choose another place with {option}."
        ) from problem
    return descriptor
