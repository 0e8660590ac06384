"""Credentials in one JSON file, held in memory and replaced as a whole at each write.

Owns the durable file and the snapshot that readers use; the text of the file is ``users_format``'s.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from securechat.atomic_file import atomic_write
from securechat.errors import StoreError
from securechat.server.storage.credentials import Account
from securechat.server.storage.users_format import decode_users, encode_record, encode_users

__all__ = ["UsersJson"]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One version of the file. Nobody changes it; a writer swaps in the next one."""

    accounts: dict[str, Account]
    by_fp: dict[bytes, Account]
    records: dict[str, str]
    """Each account's JSON text, so that a write encodes only the account that changed."""

    def with_account(self, account: Account) -> _Snapshot:
        """The next version. Raises StoreError if a fingerprint is another user's."""
        by_fp = dict(self.by_fp)
        for fp in (account.fp, *account.former_fps):
            owner = by_fp.get(fp)
            if owner is not None and owner.username != account.username:
                raise StoreError("This key already belongs to another user.")
        old = self.accounts.get(account.username)
        if old is not None:
            for fp in (old.fp, *old.former_fps):
                del by_fp[fp]
        by_fp.update((fp, account) for fp in (account.fp, *account.former_fps))
        return _Snapshot(
            {**self.accounts, account.username: account},
            by_fp,
            {**self.records, account.username: encode_record(account)},
        )


class UsersJson:
    """The :class:`~securechat.server.storage.credentials.Credentials` of a ``users.json``.

    Opening reads the file, or begins empty without writing if there is none. Raises
    :class:`~securechat.errors.DamagedStore` if the file is not what this program writes, and
    :class:`~securechat.errors.StoreError` if it is newer or cannot be read; it is left as it is in both
    cases. One process per file: :class:`~securechat.server.data_folder.DataFolder` holds the lock for that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._snapshot = _read(path)
        self._closed = False
        # Held while the file is written, against the rule that no lock is held over I/O: what it serializes
        # are the versions of the file itself, each made from the one before. Readers never take it, so nobody
        # waits for the disk but another writer of this same file.
        self._writer = threading.Lock()

    def get(self, username: str) -> Account | None:
        """See :meth:`Credentials.get`."""
        return self._snapshot.accounts.get(username)

    def by_fp(self, fp: bytes) -> Account | None:
        """See :meth:`Credentials.by_fp`."""
        return self._snapshot.by_fp.get(fp)

    def names(self) -> list[str]:
        """See :meth:`Credentials.names`."""
        return sorted(self._snapshot.accounts)

    def __len__(self) -> int:
        return len(self._snapshot.accounts)

    def add(self, account: Account) -> None:
        """See :meth:`Credentials.add`."""
        with self._writer:
            if account.username in self._snapshot.accounts:
                raise StoreError("This name is taken.")
            self._write(self._snapshot.with_account(account))

    def replace(self, account: Account) -> None:
        """See :meth:`Credentials.replace`."""
        with self._writer:
            if account.username not in self._snapshot.accounts:
                raise StoreError("There is no account of this name.")
            self._write(self._snapshot.with_account(account))

    def close(self) -> None:
        """See :meth:`Credentials.close`. Waits for a write that is under way."""
        with self._writer:
            self._closed = True

    def _write(self, snapshot: _Snapshot) -> None:
        if not self._writer.locked():
            raise RuntimeError("only who holds the writer lock may write")
        if self._closed:
            raise StoreError("The user file is closed.")
        atomic_write(self._path, encode_users(snapshot.records))
        self._snapshot = snapshot


def _read(path: Path) -> _Snapshot:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = None
    except OSError as problem:
        raise StoreError(
            f"{path} could not be read: {problem.strerror}. Check the file's owner and permissions."
        ) from problem
    accounts = {} if data is None else decode_users(data, path)
    if accounts:
        # A restored backup may be readable by everybody; login_pub lets its reader guess passwords offline.
        with suppress(OSError):
            os.chmod(path, 0o600)
    by_fp = {fp: account for account in accounts.values() for fp in (account.fp, *account.former_fps)}
    return _Snapshot(accounts, by_fp, {name: encode_record(account) for name, account in accounts.items()})
