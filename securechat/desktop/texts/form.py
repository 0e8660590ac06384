"""Words of the form that connects and registers."""

from __future__ import annotations

__all__: list[str] = []
