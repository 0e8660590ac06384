"""What the window needs of a client, so that it can be driven by another one (tests have a stand-in).

`securechat.client.ChatClient` is the real one; it is imported when the first connection is made, in a worker, because
its cryptography takes longer to load than the window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from securechat.client.events import ConnectionState, Event, Message, Person

__all__ = ["Client", "ClientFactory", "real_client"]


class Client(Protocol):
    """The part of `ChatClient` that the window uses. See there for what each does and raises."""

    @property
    def lobby(self) -> bytes: ...
    @property
    def username(self) -> str: ...
    @property
    def server_name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def join_link(self) -> str: ...
    @property
    def own_fp(self) -> bytes: ...
    @property
    def state(self) -> ConnectionState: ...

    def connect(
        self, server: str, username: str, password: str, *, register: bool = False, invite: str = "",
        accept_fingerprint: str = "", timeout_s: float = 30.0,
    ) -> None: ...
    def cancel(self) -> None: ...
    def close(self, timeout_s: float = 5.0) -> None: ...
    def send(self, text: str, conv: bytes | None = None) -> int: ...
    def messages(self, conv: bytes | None = None) -> tuple[Message, ...]: ...
    def load_older(self, conv: bytes | None = None, timeout_s: float = 10.0) -> bool: ...
    def people(self) -> tuple[Person, ...]: ...
    def typing(self, conv: bytes | None = None) -> None: ...
    def draft(self, conv: bytes | None = None) -> str: ...
    def set_draft(self, text: str, conv: bytes | None = None) -> None: ...
    def retry_now(self) -> None: ...


ClientFactory = Callable[[Path | None, Callable[[Event], None]], Client]
"""Makes a client: (folder, on_event). Called on a worker thread."""


def real_client(folder: Path | None, on_event: Callable[[Event], None]) -> Client:
    """The client that talks to servers."""
    from securechat.client.chat_client import ChatClient

    return ChatClient(folder, on_event=on_event)
