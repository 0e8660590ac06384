"""What an event of the client changed in an open chat, as `ChatModel` tells it. Values alone."""

from __future__ import annotations

from dataclasses import dataclass

from securechat.client.events import Message
from securechat.desktop.messages.timeline_model import Splice

__all__ = ["Arrived", "Change", "EditRefused", "Ended", "ListsMoved", "SentBack", "Told"]


@dataclass(frozen=True)
class ListsMoved:
    """The lists of conversations and people look different now."""


@dataclass(frozen=True)
class Arrived:
    """Posts by others came while the chat was open."""

    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Told:
    """A sentence for the person. ``alarm``: it looks like one; ``details``: what may be copied, for a report or,
    without an alarm, a text of theirs that is too long for a notice."""

    text: str
    alarm: bool = False
    details: str = ""


@dataclass(frozen=True)
class SentBack:
    """The server refused a post of ours; ``text`` is what was written."""

    text: str


@dataclass(frozen=True)
class EditRefused:
    """The server refused another text for the own post ``target``; ``reason`` is cleaned."""

    conv: bytes
    target: bytes
    text: str
    reason: str


@dataclass(frozen=True)
class Ended:
    """The session is over for good; ``reason`` says why and what to do."""

    reason: str


Change = Splice | ListsMoved | Arrived | Told | SentBack | EditRefused | Ended
