"""Identities and prekeys: none is accepted with a bit changed, under another name, or with a key that is no key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crypto_utils as crypto
from securechat.errors import SealError
from securechat.sealing.identity import OwnKeys, OwnPrekey, accept_identity, accept_prekey
from securechat.wire.objects import Identity, Prekey
from tests.sealing.people import CREATED, flip, keys_of, prekey_of

ALICE = keys_of("alice")
IDENTITY = ALICE.public.record.raw
PREKEY = prekey_of("alice").record(ALICE).raw


def test_own_identity_is_accepted_by_name_and_by_fp() -> None:
    for asked in ({}, {"username": "alice"}, {"fp": ALICE.fp}):
        accepted = accept_identity(IDENTITY, **asked)  # type: ignore[arg-type]
        assert (accepted.username, accepted.fp) == ("alice", ALICE.fp)
    for asked in ({"username": "bob"}, {"fp": bytes(32)}, {"username": "alice", "fp": keys_of("bob").fp}):
        with pytest.raises(SealError):
            accept_identity(IDENTITY, **asked)  # type: ignore[arg-type]


@settings(max_examples=120)
@given(st.integers(0, len(IDENTITY) * 8 - 1))
def test_no_bit_of_an_identity_may_change(bit: int) -> None:
    with pytest.raises(SealError):
        accept_identity(flip(IDENTITY, bit))


@settings(max_examples=60)
@given(st.integers(0, len(PREKEY) * 8 - 1))
def test_no_bit_of_a_prekey_may_change(bit: int) -> None:
    with pytest.raises(SealError):
        accept_prekey(flip(PREKEY, bit), ALICE.public)


@settings(max_examples=40)
@given(st.integers(0, len(PREKEY) - 1))
def test_cut_objects_are_refused_with_the_same_error(cut: int) -> None:
    with pytest.raises(SealError):
        accept_prekey(PREKEY[:cut], ALICE.public)
    with pytest.raises(SealError):
        accept_identity(IDENTITY[: cut % len(IDENTITY)])


def signed_identity(username: str, ed25519: bytes, rsa_n: bytes) -> bytes:
    draft = Identity(username, ed25519, rsa_n, CREATED, bytes(64))
    signature = ALICE.signing.sign("identity", draft.signed)
    return Identity(username, ed25519, rsa_n, CREATED, signature).encode()


@pytest.mark.parametrize(
    "rsa_n",
    [bytes(384), b"\xff" * 383 + b"\xfe", b"\x7f" + b"\xff" * 383, b"\0" + ALICE.public.record.rsa_n[1:]],
    ids=["zero", "even", "top bit clear", "short"],
)
def test_rsa_keys_of_a_wrong_form_are_refused(rsa_n: bytes) -> None:
    with pytest.raises(SealError):
        accept_identity(signed_identity("alice", ALICE.signing.public, rsa_n))


# The eight points of small order and one encoding that is no point (RFC 8032 §5.1.3).
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_small_order_keys_name_nobody(point: str) -> None:
    """Under the identity point the signature (R = identity, s = 0) would fit every message."""
    public = bytes.fromhex(point)
    with pytest.raises(SealError):
        crypto.VerifyKey(public)
    draft = Identity("mallory", public, ALICE.public.record.rsa_n, CREATED, bytes(64))
    forged = Identity("mallory", public, draft.rsa_n, CREATED, bytes.fromhex(SMALL_ORDER[0]) + bytes(32))
    with pytest.raises(SealError):
        accept_identity(forged.encode())


def test_prekey_of_another_owner_with_id_zero_or_a_bad_key_is_refused() -> None:
    bob = keys_of("bob")
    with pytest.raises(SealError):
        accept_prekey(PREKEY, bob.public)
    with pytest.raises(SealError):
        accept_prekey(OwnPrekey(0, CREATED, prekey_of("alice").kem).record(ALICE).raw, ALICE.public)
    for ek in (b"\xff" * 1184, b"\x01\x0d" + b"\x00" * 1182 + b""):
        draft = Prekey(ALICE.fp, 1, CREATED, ek, bytes(64))
        signed = Prekey(ALICE.fp, 1, CREATED, ek, ALICE.signing.sign("prekey", draft.signed)).encode()
        with pytest.raises(SealError):
            accept_prekey(signed, ALICE.public)


def test_signature_of_one_use_is_none_of_another() -> None:
    draft = Prekey(ALICE.fp, 1, CREATED, prekey_of("alice").kem.public, bytes(64))
    wrong = Prekey(ALICE.fp, 1, CREATED, draft.ek, ALICE.signing.sign("identity", draft.signed)).encode()
    with pytest.raises(SealError):
        accept_prekey(wrong, ALICE.public)


def test_same_keys_always_have_the_same_fp_and_show_no_secret() -> None:
    again = OwnKeys.make("alice", ALICE.signing, ALICE.rsa, CREATED)
    assert again.fp == ALICE.fp != OwnKeys.make("alicia", ALICE.signing, ALICE.rsa, CREATED).fp
    shown = (
        f"{ALICE!r} {prekey_of('alice')!r} {ALICE.signing!r} {ALICE.rsa!r} {ALICE.public!r} {prekey_of('alice').kem!r}"
    )
    assert ALICE.signing.seed.hex() not in shown and repr(ALICE.signing.seed) not in shown
    assert str(ALICE.rsa.private_primes[0]) not in shown
