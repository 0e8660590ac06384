"""What lies on disk after a day's talk: no password, no private key of a person, no text where none belongs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from securechat.client.events import ConnectionState
from securechat.errors import RequestRefused
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.person import Person
from tests.keys import rsa_key

PASSWORD = "canary-pass-Grünspecht-7731"
LOBBY_TEXT = "canary-lobby-Kolibri-4402"
WAITING_TEXT = "canary-waiting-Pirol-9125"
DRAFT = "canary-draft-Zaunkönig-5518"


def files_with(folder: Path, secret: bytes) -> list[str]:
    """Names of the files below `folder` that contain the bytes."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert paths, f"nothing to search in {folder}"
    return sorted(path.name for path in paths if secret in path.read_bytes())


def spellings(text: str) -> list[bytes]:
    """A text as a file may hold it."""
    return [text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode()]


def connect(person: Person, address: str, *, register: bool) -> None:
    person.client.connect(address, person.name, PASSWORD, register=register)


def test_no_secret_lies_on_disk(start_server: StartServer, make_person: MakePerson, tmp_path: Path) -> None:
    """Client threads and two processes of the server; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice", real=True)
    connect(alice, server.address, register=True)
    bob = make_person("bob").register(server.address)
    alice.say(LOBBY_TEXT)
    bob.wait_text(LOBBY_TEXT)
    server.type(f"{LOBBY_TEXT} from the console")
    alice.wait_text(f"{LOBBY_TEXT} from the console")
    wrong = make_person("alice", folder="wrong")
    with pytest.raises(RequestRefused) as refused:
        wrong.client.connect(server.address, "alice", f"{PASSWORD}-wrong")
    assert "canary" not in repr(refused.value)
    server.ask("/kick bob", "was disconnected")
    assert server.stop() == 0
    alice.wait_state(ConnectionState.WAITING)
    alice.client.send(WAITING_TEXT)
    alice.client.set_draft(DRAFT)

    clients = [tmp_path / "client-alice", tmp_path / "client-bob", tmp_path / "wrong"]
    for secret in spellings(PASSWORD):
        for folder in (server.folder, *clients):
            assert files_with(folder, secret) == []
    for secret in spellings(LOBBY_TEXT):
        assert all(name.startswith("messages.sqlite3") for name in files_with(server.folder, secret))
        assert files_with(tmp_path / "client-alice", secret) == []
    for text in (WAITING_TEXT, DRAFT):
        for secret in spellings(text):
            assert files_with(tmp_path / "client-alice", secret) == []
    assert any(name.endswith(".outbox") for name in (path.name for path in clients[0].iterdir()))

    # Bob's private key, known to this test, never came to the server, and lies nowhere in clear.
    for prime in rsa_key(1).private_primes:
        for folder in (server.folder, *clients):
            assert files_with(folder, prime) == []
            assert files_with(folder, prime.hex().encode()) == []
    said = "\n".join(server.out)
    assert LOBBY_TEXT in said, "the operator reads the lobby"
    assert "canary-pass" not in said


def test_users_json_is_public(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    make_person("alice").register(server.address)
    server.wait_line("alice registered")
    users = json.loads((server.folder / "users.json").read_text())
    assert users["version"] == 1
    assert list(users["users"]) == ["alice"]
    words = json.dumps(users).lower()
    assert not any(word in words for word in ("password", "hash", "salt", "private", "secret"))


def test_what_lies_on_disk_is_for_its_owner_alone(
    start_server: StartServer, make_person: MakePerson, tmp_path: Path
) -> None:
    """Client threads; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    alice.client.set_draft(DRAFT)
    alice.say("Hi")
    for folder in (server.folder, tmp_path / "client-alice"):
        assert folder.stat().st_mode & 0o077 == 0
        for path in folder.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path.name
