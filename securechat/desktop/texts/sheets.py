"""Words of settings, account, sessions, passwords."""

from __future__ import annotations

__all__: list[str] = []
