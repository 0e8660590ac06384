"""Words of the left column, the jump list, and notices outside the window."""

from __future__ import annotations

__all__: list[str] = []
