"""What the composer asks of its owner. An interface alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["ComposerActions"]


class ComposerActions(Protocol):
    """What the composer asks of its owner. Main thread; none may block."""

    def send(self, text: str) -> str:
        """Put ``text`` in the outbox; "" if it is safe there, else a sentence why not. If it is, the composer empties
        itself at once and says so by `save_draft`."""

    def send_parts(self, parts: Sequence[str]) -> str:
        """The same for a long text in parts, in this order. If not all are safe, what is left is the text now."""

    def typing(self) -> None:
        """Somebody writes here."""

    def save_draft(self, text: str) -> None:
        """This is what is written: after a pause or some seconds, and once a text was handed over."""

    def edit_last(self) -> None:
        """Up was pressed while nothing is written: change the newest own message."""

    def leave_mode(self) -> None:
        """The reply or change that `Composer.set_mode` shows is not wanted any more."""

    def command(self, name: str, argument: str) -> str:
        """Run a command of `slash.COMMANDS`; "" if it was done, else a sentence why not."""

    def names(self) -> Sequence[str]:
        """Who can be mentioned."""
