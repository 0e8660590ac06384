"""Servers, people and other programs for the end-to-end tests; whatever still runs is ended with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import Clipboard
from tests.e2e.person import Person
from tests.e2e.program import Program
from tests.e2e.server_process import ServerProcess, give_identity
from tests.e2e.window import Window

SERVER_KEY = 15

StartServer = Callable[..., ServerProcess]
MakePerson = Callable[..., Person]
StartProgram = Callable[..., Program]
OpenWindow = Callable[..., Window]


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    """What was started last ends first: people before their servers."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start_server(tmp_path: Path, ending: ExitStack) -> StartServer:
    """Start `server.py` in a folder of that name, with an identity that was made before. `key`: of its identity."""

    def start(*options: str, folder: str = "server", key: int = SERVER_KEY, **more: Any) -> ServerProcess:
        place = tmp_path / folder
        if not place.exists():
            give_identity(place, key)
        server = ServerProcess(place, *options, **more)
        ending.callback(server.kill)
        return server

    return start


@pytest.fixture
def make_person(tmp_path: Path, ending: ExitStack) -> MakePerson:
    """A person, not connected yet. `folder`: of the client, by default one per person."""
    count = 0

    def make(name: str, *, folder: str = "", **options: Any) -> Person:
        nonlocal count
        person = Person(name, tmp_path / (folder or f"client-{name}"), count, **options)
        count += 1
        ending.callback(person.client.close)
        return person

    return make


@pytest.fixture
def run_program(ending: ExitStack) -> StartProgram:
    """Start another program of ours."""

    def run(*arguments: str, **options: Any) -> Program:
        program = Program(*arguments, **options)
        ending.callback(program.kill)
        return program

    return run


@pytest.fixture
def open_window(tmp_path: Path, ending: ExitStack) -> OpenWindow:
    """Open a window that keeps its things in a folder of this name."""

    def make(folder: str, **options: Any) -> Window:
        window = Window(tmp_path / folder, **options)
        ending.callback(window.close)
        return window

    return make


@pytest.fixture
def clipboard() -> Iterator[Clipboard]:
    """A clipboard of the test's own."""
    board = Clipboard()
    yield board
    board.close()
