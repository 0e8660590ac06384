"""One-time invite codes: made at the console, used once at a registration.

Only the SHA-256 of a code is kept, with its last day, in `invites.json` of the data folder; a code has 80 random
bits. Thread-safe; the lock covers the small file too, because the file *is* what a code's single use depends on.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path

import crypto_utils as crypto
from securechat.atomic_file import atomic_write
from securechat.errors import DamagedStore

__all__ = ["INVITE_DAYS", "Invites"]

INVITE_DAYS = 7
_MOST = 10_000


def _digest(code: str) -> str:
    plain = code.strip().upper().replace("-", "").encode("utf-8", "replace")
    return hashlib.sha256(b"invite\0" + plain).hexdigest()


class Invites:
    """The codes that are still good. DamagedStore if the file is not ours; it is then left alone."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._codes: dict[str, float] = self._load()

    def _load(self) -> dict[str, float]:
        if not self._path.exists():
            return {}
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            return {str(digest): float(until) for digest, until in stored["invites"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedStore(
                f"{self._path} is damaged. Move it away to begin without invites; nothing was changed."
            ) from error

    def make(self) -> str:
        """A new code such as `7QKD-XW2M-55PA-RC4T`, good for one registration within 7 days. Durable on return."""
        code = base64.b32encode(crypto.random_bytes(10)).decode("ascii")
        with self._lock:
            now = self._clock()
            kept = {digest: until for digest, until in self._codes.items() if until > now}
            kept = dict(list(kept.items())[-_MOST:])
            kept[_digest(code)] = now + INVITE_DAYS * 86_400
            self._save(kept)
        return "-".join(code[i : i + 4] for i in range(0, len(code), 4))

    def valid(self, code: str) -> bool:
        """True if the code could be used now; it is not used up."""
        with self._lock:
            return self._codes.get(_digest(code), 0.0) > self._clock()

    def use(self, code: str) -> bool:
        """Use the code up, durably; False if it is not, or no longer, good."""
        with self._lock:
            if self._codes.get(_digest(code), 0.0) <= self._clock():
                return False
            self._save({digest: until for digest, until in self._codes.items() if digest != _digest(code)})
            return True

    def _save(self, codes: dict[str, float]) -> None:
        atomic_write(self._path, json.dumps({"version": 1, "invites": codes}).encode("ascii"))
        self._codes = codes  # only what is on disk counts
