"""Replacing a small file as a whole: after a crash there is the old content or the new one, nothing between.

Owns the order temporary file, flush, fsync, rename, fsync of the folder. Knows nothing of what is in the
file, and imports neither client nor server, because both keep files this way.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from securechat.errors import StoreError

__all__ = ["atomic_write", "remove_leftovers"]

_LEFTOVER = ".new"


def atomic_write(path: Path, data: bytes) -> None:
    """Make ``data`` the durable content of ``path``, mode 0600. Any thread, but one writer per path at a
    time.

    If ``path`` is a symbolic link, the file it points to is replaced and the link stays. Raises
    :class:`StoreError` if the disk refuses; then the old file is untouched and the temporary file is gone.
    (One exception: if only the folder cannot be synced, the new content is in place but may not survive a
    power cut.)
    """
    target = Path(os.path.realpath(path))
    try:
        # mkstemp gives mode 0600 and O_EXCL: a link planted under a guessed name is never followed.
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=_LEFTOVER, dir=target.parent
        )
        try:
            try:
                _write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(target.parent)
    except OSError as problem:
        raise StoreError(
            f"{path} could not be written: {problem.strerror or 'the disk refused'}. "
            "Check the free space and the permissions of its folder, then try again."
        ) from problem


def remove_leftovers(path: Path) -> None:
    """Delete temporary files that a crash left beside ``path``. Only for who holds the folder's lock."""
    target = Path(os.path.realpath(path))
    with suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(f".{target.name}.") and name.endswith(_LEFTOVER):
                os.unlink(target.parent / name)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # Windows cannot open a folder for this; NTFS keeps the rename in its own journal.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
