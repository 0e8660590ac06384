"""Words of the menus."""

from __future__ import annotations

__all__: list[str] = []
