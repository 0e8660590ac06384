"""What the operator may choose: addresses, names, registration, and the limits of docs/protocol.md §11.

A limit of 0 is off. All values are immutable; they are read at the start and, but for registration, never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import Enum
from pathlib import Path

from securechat.errors import ChatError
from securechat.wire import limits

__all__ = ["DEFAULT_WELCOME", "Limits", "Registration", "ServerOptions", "with_limit"]

DEFAULT_WELCOME = "{name} joined the chat. Welcome!"


class Registration(Enum):
    """Who may register; the value is the byte of SERVER_HELLO."""

    CLOSED = 0
    INVITE = 1
    OPEN = 2


@dataclass(frozen=True)
class Limits:
    """The operator's limits (docs/protocol.md §11), each with its unit; 0 switches one off."""

    login_seconds: float = 30.0
    connections_before_login: int = 256
    connections_before_login_per_address: int = 16
    idle_seconds: float = 90.0
    failed_logins_free: int = 5
    failed_login_wait_seconds: float = 300.0
    failed_logins_per_user_free: int = 50
    logins_per_minute: float = 10.0
    logins_burst: int = 20
    registrations_per_hour: float = 20.0
    registrations_burst: int = 20
    posts_per_second: float = 20.0
    posts_burst: int = 40
    streams_per_minute: float = 30.0
    grants_per_minute: float = 3000.0
    requests_per_second: float = 100.0
    requests_burst: int = 500
    queue_bytes: int = 1 << 20
    sessions_per_user: int = 8


@dataclass(frozen=True)
class ServerOptions:
    """Everything that `server.py --help` lists. `data` None: `server_data/` and `users.json` beside server.py."""

    host: str = "::"
    port: int = limits.DEFAULT_PORT
    name: str = "Secure Chat"
    data: Path | None = None
    users: Path | None = None
    registration: Registration = Registration.OPEN
    welcome: str = DEFAULT_WELCOME
    limits: Limits = field(default_factory=Limits)

    def welcome_text(self, username: str) -> str:
        """The lobby's greeting of a new user; empty if the operator wants none."""
        return self.welcome.replace("{name}", username)


def with_limit(chosen: Limits, assignment: str) -> Limits:
    """`chosen` with one `NAME=NUMBER` applied; ChatError with a sentence if it is none."""
    name, _, value = assignment.partition("=")
    known = {item.name for item in fields(Limits)}
    if name not in known:
        raise ChatError(f"There is no limit of this name. The limits are: {', '.join(sorted(known))}.")
    try:
        number = float(value)
    except ValueError as error:
        raise ChatError(f"The limit {name} needs a number, for example --limit {name}=10.") from error
    if not 0 <= number < 1e12:
        raise ChatError(f"The limit {name} must be 0 (off) or more.")
    kind = type(getattr(chosen, name))
    return replace(chosen, **{name: kind(number)})
