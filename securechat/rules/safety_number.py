"""The safety number that two people compare (docs/protocol.md §10)."""

from __future__ import annotations

import hashlib

__all__ = ["safety_number"]


def safety_number(first_fp: bytes, second_fp: bytes) -> str:
    """Twelve groups of five digits, the same for both sides."""
    low, high = sorted((first_fp, second_fp))
    digest = hashlib.sha512(b"chat1 safety\0" + low + high).digest()
    groups = (int.from_bytes(digest[5 * i : 5 * i + 5], "big") % 100_000 for i in range(12))
    return " ".join(f"{group:05d}" for group in groups)
