"""Words of protection, export, people, help, what crashed."""

from __future__ import annotations

__all__: list[str] = []
