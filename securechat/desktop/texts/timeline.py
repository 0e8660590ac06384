"""Words of the message list: rows, menus on a message, search."""

from __future__ import annotations

__all__: list[str] = []
