"""The primitives: round trips, known answers of other implementations, and refusals that all look alike."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crypto_utils as crypto
from securechat.errors import SealError
from tests.keys import rsa_key

KEM = crypto.KemKey(bytes(range(64)))
PSK_ID, PSK = b"id", b"p" * 32


# --- RSA --------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.binary(max_size=318), st.binary(max_size=64))
def test_rsa_round_trip(plaintext: bytes, label: bytes) -> None:
    box = crypto.rsa_encrypt(rsa_key(0), label, plaintext)
    assert len(box) == crypto.RSA_PUBLIC
    assert crypto.rsa_decrypt(rsa_key(0), label, box) == plaintext


def test_rsa_opens_with_its_own_key_and_label_only() -> None:
    box = crypto.rsa_encrypt(rsa_key(0), b"label", b"secret")
    cases = [
        (rsa_key(1), b"label", box),
        (rsa_key(0), b"Label", box),
        (rsa_key(0), b"", box),
        (rsa_key(0), b"label", box[:-1]),
        (rsa_key(0), b"label", box + b"\0"),
        (rsa_key(0), b"label", b""),
        (rsa_key(0), b"label", bytes(384)),
        (rsa_key(0), b"label", b"\xff" * 384),
        (rsa_key(0), b"label", bytes([box[0] ^ 1]) + box[1:]),
    ]
    texts = set()
    for key, label, data in cases:
        with pytest.raises(SealError) as refused:
            crypto.rsa_decrypt(key, label, data)
        texts.add(str(refused.value))
    assert len(texts) == 1, "no two failures may be told apart"


def test_rsa_does_not_take_too_much_and_does_not_decrypt_with_a_public_key() -> None:
    public = crypto.rsa_public_key(rsa_key(0).public)
    assert public.primes is None
    assert crypto.rsa_decrypt(rsa_key(0), b"", crypto.rsa_encrypt(public, b"", b"x")) == b"x"
    with pytest.raises(ValueError):
        crypto.rsa_encrypt(public, b"", bytes(319))
    with pytest.raises(ValueError, match="private"):
        crypto.rsa_decrypt(public, b"", bytes(384))
    with pytest.raises(ValueError, match="public"):
        _ = public.private_primes


def test_new_rsa_key_is_one_of_ours() -> None:
    key = crypto.generate_rsa_key()
    p, q = key.private_primes
    assert int.from_bytes(p, "big") * int.from_bytes(q, "big") == int.from_bytes(key.public, "big")
    assert int.from_bytes(key.public, "big").bit_length() == 3072
    again = crypto.rsa_key_from_primes(p, q)
    assert crypto.rsa_decrypt(again, b"l", crypto.rsa_encrypt(key, b"l", b"x")) == b"x"


def test_primes_that_make_no_key_are_refused() -> None:
    p, q = rsa_key(0).private_primes
    for bad in ((p, p), (p, q[:-1]), (bytes(192), q), (p, bytes(191) + b"\1"), (p, b"\xff" * 192), (p[::-1], q)):
        with pytest.raises(SealError):
            crypto.rsa_key_from_primes(*bad)


def test_even_and_short_moduli_are_refused() -> None:
    good = rsa_key(0).public
    for bad in (b"", good[:-1], good + b"\0", b"\0" + good[1:], good[:-1] + b"\0", bytes(384)):
        with pytest.raises(SealError):
            crypto.rsa_public_key(bad)


# --- ML-KEM through HPKE ----------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.binary(max_size=100), st.binary(max_size=100))
def test_kem_round_trip(plaintext: bytes, info: bytes) -> None:
    enc, box = crypto.kem_seal(KEM.public, PSK_ID, PSK, info, plaintext)
    assert (len(enc), len(box)) == (crypto.KEM_ENC, len(plaintext) + 16)
    assert crypto.kem_open(KEM, PSK_ID, PSK, info, enc, box) == plaintext


def test_kem_needs_key_psk_info_and_every_byte() -> None:
    enc, box = crypto.kem_seal(KEM.public, PSK_ID, PSK, b"info", b"secret")
    other = crypto.generate_kem_key()
    for args in (
        (other, PSK_ID, PSK, b"info", enc, box),
        (KEM, b"other", PSK, b"info", enc, box),
        (KEM, PSK_ID, b"q" * 32, b"info", enc, box),
        (KEM, PSK_ID, PSK, b"Info", enc, box),
        (KEM, PSK_ID, PSK, b"info", bytes([enc[0] ^ 1]) + enc[1:], box),
        (KEM, PSK_ID, PSK, b"info", enc, box[:-1] + bytes([box[-1] ^ 1])),
        (KEM, PSK_ID, PSK, b"info", enc[:-1], box),
        (KEM, PSK_ID, PSK, b"info", enc, b""),
        (KEM, PSK_ID, PSK, b"info", b"", box),
    ):
        with pytest.raises(SealError):
            crypto.kem_open(*args)


@pytest.mark.parametrize(("psk_id", "psk"), [(b"", PSK), (PSK_ID, b""), (PSK_ID, PSK[:31]), (PSK_ID, PSK + b"x")])
def test_hpke_never_falls_back_to_its_mode_without_psk(psk_id: bytes, psk: bytes) -> None:
    """The library would, without a word, and the RSA half of the protection would be gone."""
    enc, box = crypto.kem_seal(KEM.public, PSK_ID, PSK, b"", b"x")
    with pytest.raises(SealError):
        crypto.kem_seal(KEM.public, psk_id, psk, b"", b"x")
    with pytest.raises(SealError):
        crypto.kem_open(KEM, psk_id, psk, b"", enc, box)


def test_kem_keys_come_from_their_seed_and_are_checked() -> None:
    assert crypto.KemKey(bytes(range(64))).public == KEM.public != crypto.generate_kem_key().public
    with pytest.raises(ValueError):
        crypto.KemKey(bytes(63))
    assert crypto.kem_public_is_valid(KEM.public)
    for bad in (b"", KEM.public[:-1], KEM.public + b"\0", b"\xff" * 1184, b"\x01\x0d" + KEM.public[2:]):
        assert not crypto.kem_public_is_valid(bad)


# --- signatures -------------------------------------------------------------------------------------------------


def test_signature_known_answer() -> None:
    """RFC 8032 §7.1, TEST 1: the public key of the seed."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert crypto.SigningKey(seed).public.hex() == public


@settings(max_examples=40)
@given(st.binary(max_size=100), st.integers(0, 511))
def test_signature_is_for_one_label_one_text_one_key(data: bytes, bit: int) -> None:
    key = crypto.SigningKey(b"\1" * 32)
    verify = crypto.VerifyKey(key.public)
    signature = key.sign("post", data)
    verify.verify("post", data, signature)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    other = crypto.VerifyKey(crypto.SigningKey(b"\2" * 32).public)
    for verifier, label, text, sig in (
        (verify, "stream", data, signature),
        (verify, "post", data + b"\0", signature),
        (verify, "post", data, flipped),
        (verify, "post", data, signature[:-1]),
        (verify, "post", data, b""),
        (other, "post", data, signature),
    ):
        with pytest.raises(SealError):
            verifier.verify(label, text, sig)


def test_signature_with_a_raised_scalar_is_refused() -> None:
    """s + L is the same scalar: taking it would give one text two signatures (RFC 8032 §5.1.7)."""
    order = 2**252 + 27742317777372353535851937790883648493
    key = crypto.SigningKey(b"\1" * 32)
    signature = key.sign("post", b"x")
    raised = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(SealError):
        crypto.VerifyKey(key.public).verify("post", b"x", signature[:32] + raised)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32, b"\2" + bytes(31), bytes(57)])
def test_bytes_that_are_no_key_are_refused(public: bytes) -> None:
    with pytest.raises(SealError):
        crypto.VerifyKey(public)


def test_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError):
        crypto.SigningKey(bytes(31))


# --- AEAD, hashes, password -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seal", "unseal", "nonce"),
    [(crypto.aead_seal, crypto.aead_open, 12), (crypto.xaead_seal, crypto.xaead_open, 24)],
)
def test_aead_round_trip_and_refusals(seal: object, unseal: object, nonce: int) -> None:
    key, number = b"k" * 32, bytes(nonce)
    for size in (0, 1, 255, 10_000):
        box = seal(key, number, b"aad", bytes(size))  # type: ignore[operator]
        assert len(box) == size + 16
        assert unseal(key, number, b"aad", box) == bytes(size)  # type: ignore[operator]
    for args in (
        (b"K" * 32, number, b"aad", box),
        (key, b"\1" * nonce, b"aad", box),
        (key, number, b"AAD", box),
        (key, number, b"aad", box[:-1]),
        (key, number, b"aad", bytes([box[0] ^ 1]) + box[1:]),
        (key, number, b"aad", box[:15]),
        (key, number, b"aad", b""),
    ):
        with pytest.raises(SealError):
            unseal(*args)  # type: ignore[operator]
    # The other length would silently select the other cipher.
    for wrong in (0, 8, 36 - nonce):
        with pytest.raises(ValueError, match="nonce"):
            seal(key, bytes(wrong), b"", b"")  # type: ignore[operator]
        with pytest.raises(ValueError, match="nonce"):
            unseal(key, bytes(wrong), b"", bytes(16))  # type: ignore[operator]


def test_aead_known_answer() -> None:
    """RFC 8439 §2.8.2."""
    key = bytes(range(0x80, 0xA0))
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip "
        b"for the future, sunscreen would be it."
    )
    box = crypto.aead_seal(
        key, bytes.fromhex("070000004041424344454647"), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), text
    )
    assert box[:16].hex() == "d31a8d34648e60db7b86afbc53ef7ec2"
    assert box[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"


def test_kdf_is_hkdf_and_labels_part_everything() -> None:
    """RFC 5869 by hand: extract with an empty salt, one block of expand."""
    extracted = hmac.digest(bytes(32), b"key", "sha256")
    assert crypto.kdf(b"key", "message") == hmac.digest(extracted, b"chat1 message\x01", "sha256")
    assert crypto.hash_label("post", b"x") == hashlib.sha256(b"chat1 post\0x").digest()
    labels = ("login", "vault", "commit", "message", "outbox")
    assert len({crypto.kdf(b"key", label) for label in labels}) == len(labels)
    assert crypto.equal(b"same", b"same") and not crypto.equal(b"same", b"Same")


def test_stretch_is_scrypt_over_the_composed_form() -> None:
    """What a keyboard sends as e and accent is the same password as é."""
    expected = hashlib.scrypt("caf\u00e9 caf\u00e9".encode(), salt=b"salt", n=2**17, r=8, p=1, maxmem=2**28, dklen=32)
    assert crypto.stretch("cafe\u0301 cafe\u0301", b"salt") == expected


def test_random_bytes_differ() -> None:
    assert len({crypto.random_bytes(16) for _ in range(100)}) == 100
    assert len(crypto.random_bytes(7)) == 7
