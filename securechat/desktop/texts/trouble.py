"""Words of what went wrong and what to do next."""

from __future__ import annotations

__all__: list[str] = []
