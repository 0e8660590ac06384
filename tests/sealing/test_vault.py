"""The vault: comes back as it went in, for the right key, server, name and version only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crypto_utils as crypto
from securechat.errors import LocalProtocolError, SealError
from securechat.sealing.identity import OwnPrekey
from securechat.sealing.vault import (
    Contact,
    KeptRoom,
    NewerVault,
    VaultContents,
    open_vault,
    seal_vault,
)
from securechat.wire import limits
from tests.sealing.people import CREATED, flip, keys_of, prekey_of

KEY, SERVER = b"k" * 32, b"s" * 16
ALICE = keys_of("alice")
CONTENTS = VaultContents(ALICE, 90, (prekey_of("alice"),))
VAULT = seal_vault(CONTENTS, KEY, SERVER, 1)

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=32)
hashes = st.binary(min_size=32, max_size=32)
contacts = st.builds(Contact, names, hashes, st.integers(0, 3), st.integers(0, 2**32 - 1))
rooms = st.builds(KeptRoom, hashes, st.integers(0, 10_000), hashes, st.just("title"))


def same(one: VaultContents, two: VaultContents) -> bool:
    return (
        one.keys.public.record == two.keys.public.record
        and one.keys.signing.seed == two.keys.signing.seed
        and one.keys.rsa.primes == two.keys.rsa.primes
        and (one.window_days, one.contacts, one.rooms) == (two.window_days, two.contacts, two.rooms)
        and [(p.id, p.created, p.kem.seed) for p in one.prekeys] == [(p.id, p.created, p.kem.seed) for p in two.prekeys]
    )


@settings(max_examples=20)
@given(
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**64 - 1),
    st.lists(contacts, max_size=30),
    st.lists(rooms, max_size=10),
    st.integers(1, 3),
)
def test_contents_come_back_as_they_went_in(
    window: int, version: int, known: list[Contact], kept: list[KeptRoom], prekeys: int
) -> None:
    contents = VaultContents(
        ALICE, window, tuple(prekey_of("alice", number + 1) for number in range(prekeys)), tuple(known), tuple(kept)
    )
    vault = seal_vault(contents, KEY, SERVER, version)
    assert (len(vault) - 24 - 16) % 4096 == 0
    assert same(open_vault(vault, KEY, SERVER, "alice", version), contents)


@settings(max_examples=60)
@given(st.integers(0, len(VAULT) * 8 - 1))
def test_no_bit_of_a_vault_may_change(bit: int) -> None:
    with pytest.raises(SealError):
        open_vault(flip(VAULT, bit), KEY, SERVER, "alice", 1)


@pytest.mark.parametrize(
    ("key", "server", "name", "version"),
    [
        (b"K" * 32, SERVER, "alice", 1),
        (KEY, b"S" * 16, "alice", 1),
        (KEY, SERVER, "bob", 1),
        (KEY, SERVER, "alice", 2),
        (KEY, SERVER, "alice", 0),
    ],
)
def test_vault_is_bound_to_key_server_name_and_version(key: bytes, server: bytes, name: str, version: int) -> None:
    assert same(open_vault(VAULT, KEY, SERVER, "alice", 1), CONTENTS)
    with pytest.raises(SealError):
        open_vault(VAULT, key, server, name, version)


@pytest.mark.parametrize("size", [0, 1, 23, 24, 39, 40])
def test_cut_vaults_are_refused(size: int) -> None:
    with pytest.raises(SealError):
        open_vault(VAULT[:size], KEY, SERVER, "alice", 1)


def test_each_vault_has_a_nonce_of_its_own() -> None:
    assert seal_vault(CONTENTS, KEY, SERVER, 1)[:24] != VAULT[:24]


@pytest.mark.parametrize("first", [0, 2, 255])
def test_newer_vault_is_told_apart_and_never_read(first: int) -> None:
    plain = bytes([first]) + CONTENTS.encode()[1:]
    with pytest.raises(NewerVault):
        VaultContents.decode("alice", plain)


@pytest.mark.parametrize("wrong", ["no mark", "bytes after the mark", "not a step", "cut", "no prekeys", "bad primes"])
def test_plaintexts_that_are_not_ours_are_refused(wrong: str) -> None:
    good = CONTENTS.encode()
    mark = good.rindex(b"\x80")
    plain = {
        "no mark": good[:mark] + bytes(len(good) - mark),
        "bytes after the mark": good[:-1] + b"\1",
        "not a step": good + b"\0",
        "cut": good[:300],
        "no prekeys": replace(CONTENTS, prekeys=()).encode(),
        "bad primes": good[:40] + bytes(150) + good[190:],
    }[wrong]
    with pytest.raises(SealError):
        VaultContents.decode("alice", plain)
    with pytest.raises(SealError):
        VaultContents.decode("alice", b"")


def test_fullest_vault_fits_the_frame() -> None:
    """1,500 contacts and 500 rooms with the longest names and a prekey for every week of two years."""
    contents = VaultContents(
        ALICE,
        0,
        tuple(OwnPrekey(number, CREATED, prekey_of("alice").kem) for number in range(1, 105)),
        tuple(Contact("a" * 32, bytes(32), 1, 1) for _ in range(limits.CONTACTS)),
        tuple(KeptRoom(bytes(32), 1, bytes(32), "x" * 64) for _ in range(limits.ROOMS_IN_VAULT)),
    )
    assert len(seal_vault(contents, KEY, SERVER, 1)) <= limits.VAULT
    with pytest.raises(LocalProtocolError):
        replace(contents, contacts=(*contents.contacts, contents.contacts[0])).encode()


def prekey(number: int, day: int) -> OwnPrekey:
    return OwnPrekey(number, day * limits.DAY_MS, prekey_of("alice").kem)


@pytest.mark.parametrize(
    ("window", "now_day", "kept"),
    [
        (90, 100, [1, 2, 3]),
        (90, 107, [1, 2, 3]),  # the second is exactly 90 days old
        (90, 108, [2, 3]),
        (90, 10_000, [3]),  # the newest is never dropped
        (0, 10_000, [1, 2, 3]),
        (1, 31, [3]),
    ],
)
def test_prekeys_are_dropped_when_the_next_is_older_than_the_window(window: int, now_day: int, kept: list[int]) -> None:
    contents = VaultContents(ALICE, window, (prekey(1, 10), prekey(2, 17), prekey(3, 24)))
    left = contents.without_expired_prekeys(now_day * limits.DAY_MS)
    assert [item.id for item in left.prekeys] == kept
    assert left.newest_prekey.id == 3
    assert (left.prekey(1) is None) == (1 not in kept)


def test_sealed_vault_shows_nothing_of_its_contents() -> None:
    assert ALICE.signing.seed not in VAULT and crypto.SigningKey(b"\1" * 32).seed not in repr(CONTENTS).encode()
