"""The arrows hold over the whole source, and each rule notices the file that breaks it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.import_rules import form_faults, import_faults, source_files

ROOT = Path(__file__).resolve().parent.parent
# requirements_check asks whether Crypto is there and of which version; it uses nothing of it.
ASKS_ONLY = {"securechat/requirements_check.py"}


def sample(root: Path, place: str, source: str) -> Path:
    """A file with this source at this place of a project below ``root``."""
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    return file


def test_every_import_follows_the_arrows() -> None:
    faults = [
        fault
        for file in source_files(ROOT)
        if file.relative_to(ROOT).as_posix() not in ASKS_ONLY
        for fault in import_faults(ROOT, file)
    ]
    assert not faults, "\n" + "\n".join(faults)


def test_every_module_says_what_it_is_and_what_it_offers() -> None:
    faults = [fault for file in source_files(ROOT) for fault in form_faults(ROOT, file)]
    assert not faults, "\n" + "\n".join(faults)


def test_nothing_imports_what_a_person_runs() -> None:
    """The tests run server.py and client.py as processes; they do not import them either."""
    faults = []
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [str(node.module)]
            faults += [f"{file}:{node.lineno}" for name in names if name in ("server", "client")]  # type: ignore[attr-defined]
    assert not faults


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("securechat/errors.py", "from securechat.wire import limits"),
        ("crypto_utils.py", "from securechat.wire import codec"),
        ("securechat/wire/codec.py", "import securechat.sealing.vault"),
        ("securechat/wire/codec.py", "from securechat.rules import roster"),
        ("securechat/wire/codec.py", "import crypto_utils"),
        ("securechat/rules/roster.py", "from securechat.sealing import vault"),
        ("securechat/rules/roster.py", "from securechat import net"),
        ("securechat/sealing/vault.py", "from securechat.rules.roster import Roster"),
        ("securechat/sealing/vault.py", "from securechat.client import outbox"),
        ("securechat/net/listener.py", "from securechat.server.session import Session"),
        ("securechat/net/listener.py", "from securechat.sealing import identity"),
        ("securechat/server/relay.py", "from securechat.client.contacts import Contacts"),
        ("securechat/server/relay.py", "from securechat.desktop import theme"),
        ("securechat/server/storage/schema.py", "from ...client import outbox"),
        ("securechat/client/outbox.py", "from securechat.server.journal import Journal"),
        ("securechat/client/outbox.py", "from securechat.desktop.app import App"),
        ("securechat/client/outbox.py", "from .. import server"),
        ("securechat/desktop/app.py", "from securechat.net import tls_connection"),
        ("securechat/desktop/app.py", "from securechat.server import app"),
        ("securechat/desktop/app.py", "import crypto_utils"),
        ("securechat/atomic_file.py", "from securechat.server import app"),
        ("securechat/__init__.py", "from securechat.client import chat_client"),
        ("server.py", "from securechat.client import chat_client"),
        ("client.py", "from securechat.server import app"),
        ("securechat/server/app.py", "import server"),
        ("securechat/desktop/app.py", "from client import main"),
        ("examples/echo_bot.py", "from securechat.server import app"),
        ("securechat/novelty/thing.py", "import json"),
    ],
)
def test_import_against_the_arrows_is_noticed(folder: Path, place: str, source: str) -> None:
    assert len(import_faults(folder, sample(folder, place, source))) == 1


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("securechat/sealing/vault.py", "from Crypto.Hash import SHA256"),
        ("securechat/net/listener.py", "import Crypto"),
        ("securechat/server/app.py", "import socket"),
        ("securechat/client/connection.py", "import ssl"),
        ("securechat/server/delivery.py", "import selectors"),
        ("server.py", "from select import poll"),
        ("securechat/server/app.py", "import asyncio"),
        ("securechat/client/timeline.py", "from tkinter import ttk"),
        ("server.py", "import tkinter.font"),
        ("examples/terminal_client.py", "import socket"),
        ("securechat/wire/frames.py", "import threading"),
        ("securechat/rules/roster.py", "from queue import Queue"),
        ("securechat/rules/roster.py", "from concurrent.futures import Future"),
    ],
)
def test_module_of_another_owner_is_noticed(folder: Path, place: str, source: str) -> None:
    assert len(import_faults(folder, sample(folder, place, source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def late():\n    import socket\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import socket\n",
        "try:\n    import socket\nexcept ImportError:\n    raise\n",
        "import json, socket as plain\n",
        "import importlib\nimportlib.import_module('socket')\n",
        "__import__('socket')\n",
    ],
)
def test_import_is_noticed_wherever_it_hides(folder: Path, source: str) -> None:
    assert len(import_faults(folder, sample(folder, "securechat/wire/codec.py", source))) == 1


def test_fault_names_file_line_and_both_sides(folder: Path) -> None:
    file = sample(folder, "securechat/client/outbox.py", "import json\nfrom securechat.server import app\n")
    words = "securechat/client/outbox.py:2: client must not import securechat.server.app (server)"
    assert import_faults(folder, file) == [words]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("securechat/wire/codec.py", "from . import limits\nfrom securechat.errors import ChatError"),
        ("securechat/wire/codec.py", "from securechat import errors, wire"),
        ("securechat/sealing/vault.py", "import crypto_utils\nfrom securechat.wire.codec import Record"),
        ("securechat/net/certificate.py", "import ssl\nfrom Crypto.PublicKey import ECC"),
        ("securechat/server/storage/schema.py", "from ..app import Server\nfrom ...net import poller"),
        ("securechat/server/app.py", "from securechat import __version__, atomic_file"),
        ("securechat/desktop/app.py", "import tkinter\nfrom securechat.client import chat_client"),
        ("server.py", "from securechat.server.app import main\nfrom securechat import requirements_check"),
        ("client.py", "import tkinter\nfrom securechat.desktop.app import main"),
        ("examples/echo_bot.py", "from securechat.client import ChatClient"),
    ],
)
def test_import_along_the_arrows_is_accepted(folder: Path, place: str, source: str) -> None:
    assert import_faults(folder, sample(folder, place, source)) == []


@pytest.mark.parametrize(
    ("place", "source", "count"),
    [
        ("securechat/wire/codec.py", "import json\n", 2),
        ("securechat/wire/codec.py", '"""Words."""\nimport json\n', 1),
        ("securechat/wire/codec.py", "__all__ = []\n", 1),
        ("securechat/wire/codec.py", '"""Words."""\n__all__: list[str] = []\n', 0),
        ("securechat/wire/__init__.py", '"""Words."""\n', 0),
        ("securechat/wire/__init__.py", "", 1),
        ("server.py", '"""Words."""\nimport json\n', 0),
    ],
)
def test_module_without_docstring_or_all_is_noticed(
    folder: Path, place: str, source: str, count: int
) -> None:
    assert len(form_faults(folder, sample(folder, place, source))) == count
