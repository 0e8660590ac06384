"""The real `server.py` as a process, on a port and in a folder that a test may start it on again."""

from __future__ import annotations

import re
import time
from pathlib import Path

from securechat.server.data_folder import DataFolder
from securechat.server.server_keys import load_or_make_keys
from tests.e2e.program import Program
from tests.keys import rsa_key

__all__ = ["OFF", "ServerProcess", "give_identity"]

# Limits that would make a test about something else wait.
OFF = {
    "registrations_per_hour": 0, "logins_per_minute": 0, "posts_per_second": 0, "requests_per_second": 0,
    "connections_before_login_per_address": 0, "streams_per_minute": 0,
}  # fmt: skip


def give_identity(folder: Path, key: int) -> None:
    """Put a server's identity with a ready-made RSA key into a fresh folder, as its first start would."""
    opened = DataFolder.open(folder)
    try:
        load_or_make_keys(opened, int(time.time() * 1000), lambda line: None, lambda: rsa_key(key))
    finally:
        opened.close()


class ServerProcess(Program):
    """Started and listening once this returns; `port`, `link` and `fingerprint` are as printed."""

    def __init__(
        self, folder: Path, *options: str, port: int = 0, limits: dict[str, float] | None = None
    ) -> None:
        self.folder = folder
        chosen = {**OFF, **(limits or {})}
        super().__init__(
            "server.py", "--host", "127.0.0.1", "--port", str(port), "--data", str(folder),
            *(f"--limit={name}={value}" for name, value in chosen.items()), *options,
        )  # fmt: skip
        try:
            self.wait_line("Type a text")
        except BaseException:
            self.kill()
            raise
        self.link = self.wait_line("Join link:").split(":", 1)[1].strip()
        found = re.fullmatch(r"chat://.*:(\d+)/#([0-9a-f]{64})", self.link)
        assert found, self.link
        self.port, self.fingerprint = int(found[1]), found[2]

    @property
    def address(self) -> str:
        """Where it listens, as a join link to localhost."""
        return self.link_to(self.port)

    def link_to(self, port: int) -> str:
        """A join link to this server by way of another port."""
        return f"chat://127.0.0.1:{port}/#{self.fingerprint}"
