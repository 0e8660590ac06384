"""Servers for tests: real ones on a free port, with small limits and a clock that can be put forward."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from securechat.server.app import ChatServer
from securechat.server.options import Limits, ServerOptions
from tests.keys import rsa_key
from tests.server.raw_client import RawClient

SERVER_KEY = 15


class Clock:
    """A running clock that a test may put forward or back."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self.shift_s = 0.0

    def __call__(self) -> float:
        return self._base() + self.shift_s


@dataclass
class Running:
    """A server and what it said to its operator."""

    server: ChatServer
    lines: list[str]
    clock: Clock
    monotonic: Clock
    clients: list[RawClient] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.port

    def connect(self, **options: Any) -> RawClient:
        """A connection that said HELLO; closed with the server."""
        client = RawClient(self.port, **options)
        self.clients.append(client)
        return client

    def register(self, name: str, key: int = 0, **options: Any) -> RawClient:
        """A new user who is logged in."""
        client = self.connect()
        client.register(name, key=key, **options)
        return client

    def login(self, name: str, **options: Any) -> RawClient:
        """One more session of a user."""
        client = self.connect()
        client.login(name, **options)
        return client

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self.server.stop()


Serve = Callable[..., Running]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server: limits by name, other options as in ServerOptions. No greeting unless asked for."""
    started: list[Running] = []

    def start(folder: str = "data", *, limits: dict[str, Any] | None = None, **options: Any) -> Running:
        chosen = ServerOptions(
            host="127.0.0.1",
            port=0,
            data=tmp_path / folder,
            limits=Limits(**(limits or {})),
            **{"welcome": "", **options},
        )
        lines: list[str] = []
        clock, monotonic = Clock(time.time), Clock(time.monotonic)
        server = ChatServer(
            chosen, say=lines.append, generate_rsa=lambda: rsa_key(SERVER_KEY), clock=clock, monotonic=monotonic
        )
        server.start()
        running = Running(server, lines, clock, monotonic)
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def running(serve: Serve) -> Running:
    """A server with the usual limits."""
    return serve()
