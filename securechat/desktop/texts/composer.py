"""Words of writing: composer, emoji, commands, what is too long."""

from __future__ import annotations

__all__: list[str] = []
