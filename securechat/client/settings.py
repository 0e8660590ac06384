"""What a client remembers in clear: the servers' pins, who logged in last, the highest vault versions.

Owns `settings.json`. Nothing in it is secret, but a lost pin is a lost protection: a file that cannot be read is
reported and never overwritten. Several programs may share the folder, so each change reads, changes and writes the
file under a lock.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from securechat.atomic_file import atomic_write
from securechat.client.address import ServerAddress
from securechat.client.file_lock import FileLock, private_folder
from securechat.errors import DamagedStore, FolderProblem

__all__ = ["Settings", "default_folder"]

_FORMAT = 1
_FILE = "settings.json"


def default_folder() -> Path:
    """Where this system keeps a person's data for this program; not made yet."""
    return Path(platformdirs.user_data_dir("securechat", appauthor=False))


class Settings:
    """The settings of one folder (None: the system's place). Reading never writes. Any thread.

    `last_server`, `last_username`: as remembered, "" at first. `pins`: "host:port" -> 64 hex digits.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else Path(folder)
        self.last_server = ""
        self.last_username = ""
        self.pins: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    @classmethod
    def load(cls, folder: Path | None = None) -> Settings:
        """The settings as they are on disk, or empty ones. DamagedStore, FolderProblem."""
        settings = cls(folder)
        settings._take(settings._read())
        return settings

    def remember(self, server: str, username: str) -> None:
        """Note who logged in where, to offer it next time. StoreError if it cannot be written."""

        def change() -> None:
            self.last_server, self.last_username = server, username

        self._update(change)

    def pin(self, address: ServerAddress, fingerprint: str) -> None:
        """Trust `fingerprint` (64 hex digits) at this address from now on. An existing pin is never replaced."""

        def change() -> None:
            self.pins.setdefault(address.place, fingerprint)

        if self.pins.get(address.place) != fingerprint:
            self._update(change)

    def forget_pin(self, server: str) -> None:
        """The person's deliberate removal of a pin; the next connection is a first contact."""

        def change() -> None:
            self.pins.pop(ServerAddress.parse(server).place, None)

        self._update(change)

    def vault_version(self, server_id: bytes, username: str) -> int:
        """The highest vault version seen for an account; 0 if none."""
        return self._versions.get(f"{server_id.hex()}/{username}", 0)

    def saw_vault_version(self, server_id: bytes, username: str, version: int) -> bool:
        """Note the version of a vault the server gave or took. False, an alarm, if it is lower than one seen before."""
        key = f"{server_id.hex()}/{username}"

        def change() -> None:
            self._versions[key] = max(version, self._versions.get(key, 0))

        known = self._versions.get(key, 0)
        if version > known:
            self._update(change)
        return version >= known

    def _update(self, change: Callable[[], None]) -> None:
        private_folder(self.folder)
        with FileLock(self.folder / f"{_FILE}.lock", wait=True):
            self._take(self._read())
            change()
            content = {
                "version": _FORMAT,
                "last_server": self.last_server,
                "last_username": self.last_username,
                "pins": self.pins,
                "vault_versions": self._versions,
            }
            atomic_write(self.folder / _FILE, json.dumps(content, indent=2, sort_keys=True).encode() + b"\n")

    def _read(self) -> dict[str, Any]:
        path = self.folder / _FILE
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as problem:
            raise FolderProblem(f"{path} cannot be read: {problem.strerror}. Check its permissions.") from problem
        try:
            content = json.loads(data)
        except ValueError as error:
            raise _damaged(path) from error
        if not isinstance(content, dict) or content.get("version") != _FORMAT:
            raise _damaged(path)
        return content

    def _take(self, content: dict[str, Any]) -> None:
        try:
            self.last_server = str(content.get("last_server", self.last_server))
            self.last_username = str(content.get("last_username", self.last_username))
            self.pins = {str(place): str(pin) for place, pin in content.get("pins", {}).items()}
            self._versions = {str(key): int(value) for key, value in content.get("vault_versions", {}).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise _damaged(self.folder / _FILE) from error


def _damaged(path: Path) -> DamagedStore:
    return DamagedStore(
        f"The settings file {path} is damaged and was left as it is. Restore it from a backup, or move it away and "
        "compare your servers' fingerprints anew."
    )
