"""The contract of a credential store, and what a users.json must survive."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from securechat.errors import DamagedStore, StoreError
from securechat.server.storage.credentials import Account, Credentials
from securechat.server.storage.users_json import UsersJson

EMPTY = b'{"version": 1, "users": {}}\n'


def account(name: str, number: int = 1, *, former: int = 0, size: int = 8) -> Account:
    """An account whose keys are told apart by ``number``."""
    return Account(
        username=name,
        login_pub=bytes([number]) * 32,
        identity=b"identity" * (size // 8) + bytes([number]),
        former=tuple(b"old" + bytes([number, k]) for k in range(former)),
        prekey=b"prekey" + bytes([number]),
        fp=bytes([number, 255]) * 16,
        former_fps=tuple(bytes([number, k]) * 16 for k in range(former)),
        prekey_id=number,
    )


def content(store: UsersJson) -> dict[str, Account | None]:
    return {name: store.get(name) for name in store.names()}


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "users.json"


# --- the contract ---------------------------------------------------------------------------------


def test_fulfils_the_interface(path: Path) -> None:
    store: Credentials = UsersJson(path)
    assert (len(store), store.names(), store.get("alice"), store.by_fp(b"\1\377" * 16)) == (0, [], None, None)


def test_accounts_are_found_after_a_restart(path: Path) -> None:
    store = UsersJson(path)
    bob, alice = account("bob", 2, former=2), replace(account("alice"), disabled='gone "for" good \u00e9')
    store.add(bob)
    store.add(alice)
    for opened in (store, UsersJson(path)):
        assert opened.names() == ["alice", "bob"]
        assert len(opened) == 2
        assert opened.get("bob") == bob
        assert opened.get("alice") == alice
        assert opened.by_fp(bob.fp) == opened.by_fp(bob.former_fps[1]) == bob
        assert opened.by_fp(bytes(32)) is None


def test_taken_name_is_refused(path: Path) -> None:
    store = UsersJson(path)
    store.add(account("alice"))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="taken"):
        store.add(account("alice", 2))
    assert store.get("alice") == account("alice")
    assert path.read_bytes() == before


def test_key_of_another_user_is_refused(path: Path) -> None:
    store = UsersJson(path)
    store.add(account("alice", former=1))
    for fp in (account("alice").fp, account("alice", former=1).former_fps[0]):
        with pytest.raises(StoreError, match="another user"):
            store.add(replace(account("bob", 2), fp=fp))
    assert store.names() == ["alice"]


def test_replace_changes_the_record_and_its_fingerprints(path: Path) -> None:
    store = UsersJson(path)
    old = account("alice")
    store.add(old)
    new = replace(account("alice", 2), former=(old.identity,), former_fps=(old.fp,))
    store.replace(new)
    for opened in (store, UsersJson(path)):
        assert opened.get("alice") == opened.by_fp(old.fp) == opened.by_fp(new.fp) == new
    store.replace(replace(new, former=(), former_fps=()))
    assert store.by_fp(old.fp) is None


def test_replacing_an_unknown_account_is_refused(path: Path) -> None:
    store = UsersJson(path)
    with pytest.raises(StoreError, match="no account"):
        store.replace(account("alice"))
    assert not path.exists()


def test_closed_store_refuses_writes(path: Path) -> None:
    store = UsersJson(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.add(account("alice"))


def test_account_with_wrong_lengths_cannot_be_made() -> None:
    good = account("alice", former=1)
    wrong = [
        {"login_pub": bytes(31)},
        {"fp": bytes(33)},
        {"former_fps": (b"",)},
        {"former_fps": ()},
        {"identity": b""},
        {"former": (b"",)},
        {"prekey": b""},
        {"prekey_id": 0},
        {"prekey_id": 2**32},
        {"username": ""},
    ]
    for change in wrong:
        with pytest.raises(ValueError, match=r"."):
            replace(good, **change)


def test_writers_of_many_threads_lose_nothing(path: Path) -> None:
    """Every add of eight threads is in memory and in the file."""
    store = UsersJson(path)
    threads = [threading.Thread(target=store.add, args=(account(f"user{k}", k),)) for k in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(store) == 8
    assert content(UsersJson(path)) == content(store)


# --- the file -------------------------------------------------------------------------------------


def test_missing_file_is_made_private_at_the_first_add(path: Path) -> None:
    store = UsersJson(path)
    assert not path.exists()
    old_mask = os.umask(0)
    try:
        store.add(account("alice"))
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["users.json"]


def test_readable_backup_becomes_private_when_opened(path: Path) -> None:
    UsersJson(path).add(account("alice"))
    path.chmod(0o644)
    UsersJson(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_committed_empty_file_opens_and_is_not_rewritten(path: Path) -> None:
    path.write_bytes(EMPTY)
    assert len(UsersJson(path)) == 0
    assert path.read_bytes() == EMPTY


def test_file_is_json_with_one_line_per_user(path: Path) -> None:
    store = UsersJson(path)
    store.add(account("bob", 2))
    store.add(account("alice"))
    whole = json.loads(path.read_bytes())
    assert (whole["version"], list(whole["users"])) == (1, ["alice", "bob"])
    assert whole["users"]["alice"]["login_pub"] == "01" * 32
    assert len(path.read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"[]",
        b"not json",
        b"\xff\xfe",
        b'{"users": {}}',
        b'{"version": 1}',
        b'{"version": 0, "users": {}}',
        b'{"version": true, "users": {}}',
        b'{"version": "1", "users": {}}',
        b'{"version": 1, "users": []}',
        b'{"version": 1, "users": {}, "more": 1}',
        b'{"version": 1, "users": {}, "sha256": "00"}',
        b'{"version": 1, "version": 1, "users": {}}',
        b"[" * 100_000,
    ],
)
def test_foreign_content_is_refused_and_left(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(DamagedStore, match=r"users\.json is damaged.*backup.*move it away"):
        UsersJson(path)
    assert path.read_bytes() == data


def _resealed(path: Path, change: dict[str, object], *, remove: str = "") -> None:
    """Change alice's record and compute the digest anew, as a careful editor would."""
    users = json.loads(path.read_bytes())["users"]
    users["alice"].update(change)
    users["alice"].pop(remove, None)
    text = json.dumps(users, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps({"version": 1, "users": users, "sha256": digest}))


@pytest.mark.parametrize(
    "change",
    [
        {"login_pub": "01" * 31},
        {"login_pub": "zz" * 32},
        {"login_pub": "AB" * 32},
        {"fp": 5},
        {"identity": "a"},
        {"identity": "YQ==\n"},
        {"identity": ""},
        {"prekey_id": 0},
        {"prekey_id": True},
        {"prekey_id": 1.0},
        {"former": ["YQ=="]},
        {"former": [1], "former_fps": ["00" * 32]},
        {"former": ["YQ=="], "former_fps": ["01ff" * 16]},
        {"disabled": None},
        {"unknown": 1},
    ],
)
def test_wrong_fields_are_refused_even_with_a_right_digest(path: Path, change: dict[str, object]) -> None:
    UsersJson(path).add(account("alice"))
    _resealed(path, {})
    assert len(UsersJson(path)) == 1
    _resealed(path, change)
    with pytest.raises(DamagedStore):
        UsersJson(path)


def test_missing_field_or_digest_is_refused(path: Path) -> None:
    UsersJson(path).add(account("alice"))
    whole = json.loads(path.read_bytes())
    _resealed(path, {}, remove="disabled")
    with pytest.raises(DamagedStore):
        UsersJson(path)
    del whole["sha256"]
    path.write_text(json.dumps(whole))
    with pytest.raises(DamagedStore):
        UsersJson(path)


def test_newer_version_says_so(path: Path) -> None:
    path.write_bytes(b'{"version": 2, "people": {}}')
    with pytest.raises(StoreError, match="newer program") as caught:
        UsersJson(path)
    assert not isinstance(caught.value, DamagedStore)


def test_unreadable_file_is_a_store_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="could not be read"):
        UsersJson(path)


def test_file_cut_at_every_byte_is_refused_and_left(path: Path) -> None:
    UsersJson(path).add(account("alice"))
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # without its last newline it is still whole
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedStore):
            UsersJson(path)
        assert path.read_bytes() == whole[:length]


def test_flipped_bytes_are_refused_or_change_nothing(path: Path) -> None:
    store = UsersJson(path)
    store.add(account("alice", former=1))
    store.add(account("bob", 2))
    whole = path.read_bytes()
    chance = random.Random(1)  # noqa: S311 - which bytes are flipped is no secret
    refused = 0
    for _ in range(300):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(flipped))] ^= chance.randrange(1, 256)
        path.write_bytes(flipped)
        try:
            assert content(UsersJson(path)) == content(store)
        except StoreError:  # the version's digit may become a newer one
            refused += 1
        assert path.read_bytes() == flipped
    assert refused > 250


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_full_disk_changes_neither_memory_nor_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = UsersJson(path)
    store.add(account("alice"))
    before = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StoreError, match="No space left"):
        store.add(account("bob", 2))
    with pytest.raises(StoreError, match="No space left"):
        store.replace(account("alice", 3))
    monkeypatch.undo()
    assert content(store) == {"alice": account("alice")}
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["users.json"]
    store.add(account("bob", 2))
    assert UsersJson(path).names() == ["alice", "bob"]


def test_reader_is_not_kept_waiting_by_a_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a write hangs in fsync, readers get the old content at once."""
    store = UsersJson(path)
    store.add(account("alice"))
    inside, go_on, real = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        inside.set()
        assert go_on.wait(10)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    writer = threading.Thread(target=store.add, args=(account("bob", 2),))
    writer.start()
    try:
        assert inside.wait(10)
        assert store.names() == ["alice"]
        assert store.get("bob") is None
    finally:
        go_on.set()
        writer.join(10)
    assert store.names() == ["alice", "bob"]
