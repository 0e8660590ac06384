"""The cryptographic primitives of Secure Chat: bytes in, bytes out.

This file owns every call into PyCryptodome except the TLS certificate's (`securechat/net/certificate.py`). It
knows no object format, no file and no network: what is sealed or signed, and why, is decided in
`securechat/sealing`. The choice of primitives is docs/protocol.md §2:

==============  ==============================================================================
`rsa_*`         RSAES-OAEP, 3072 bit, SHA-256, MGF1-SHA-256 (RFC 8017 §7.1)
`kem_*`         ML-KEM-768 (FIPS 203) through HPKE in PSK mode (RFC 9180 §5.1.2)
`aead_*`        ChaCha20-Poly1305 (RFC 8439), 12-byte nonce
`xaead_*`       XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), 24-byte nonce
`sign, verify`  Ed25519 (RFC 8032 §5.1)
`kdf`           HKDF-SHA-256 (RFC 5869)
`stretch`       scrypt (RFC 7914)
==============  ==============================================================================

Whatever cannot be opened or verified raises `securechat.errors.SealError`, one message for every cause, so that
no caller can tell an attacker which check failed. All functions may be called from any thread; key objects are
immutable after construction.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from Crypto.Cipher import ChaCha20_Poly1305, oaep
from Crypto.Hash import SHA256
from Crypto.Protocol import HPKE
from Crypto.Protocol.KDF import HKDF, scrypt
from Crypto.PublicKey import MLKEM, RSA
from Crypto.Signature import eddsa
from Crypto.Util.number import GCD

from securechat.errors import SealError

__all__ = [
    "AEAD_TAG",
    "KEM_ENC",
    "KEM_PUBLIC",
    "KEM_SEED",
    "LABEL_PREFIX",
    "RSA_PUBLIC",
    "XAEAD_NONCE",
    "KemKey",
    "RsaKey",
    "SigningKey",
    "VerifyKey",
    "aead_open",
    "aead_seal",
    "equal",
    "generate_kem_key",
    "generate_rsa_key",
    "hash_label",
    "kdf",
    "kem_open",
    "kem_public_is_valid",
    "kem_seal",
    "label_prefix",
    "random_bytes",
    "rsa_decrypt",
    "rsa_encrypt",
    "rsa_key_from_primes",
    "rsa_public_key",
    "stretch",
    "xaead_open",
    "xaead_seal",
]

LABEL_PREFIX = b"chat1 "
RSA_BITS = 3072
RSA_PUBLIC = RSA_BITS // 8
RSA_EXPONENT = 65537
KEM_PUBLIC = 1184
KEM_ENC = 1088
KEM_SEED = 64
AEAD_TAG = 16
XAEAD_NONCE = 24
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1


def label_prefix(label: str) -> bytes:
    """P || label || 0x00: what every hash, signature and aad of ours begins with (docs/protocol.md §2)."""
    return LABEL_PREFIX + label.encode("ascii") + b"\0"


def hash_label(label: str, data: bytes) -> bytes:
    """H(label, x): SHA-256 over the labelled bytes; 32 bytes."""
    return hashlib.sha256(label_prefix(label) + data).digest()


def kdf(key: bytes, label: str) -> bytes:
    """KDF(k, label): HKDF-SHA-256 with empty salt and info = P || label; 32 bytes (RFC 5869)."""
    return HKDF(key, 32, b"", SHA256, context=LABEL_PREFIX + label.encode("ascii"))


def equal(left: bytes, right: bytes) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left, right)


def random_bytes(count: int) -> bytes:
    """`count` bytes from the operating system's generator."""
    return secrets.token_bytes(count)


def stretch(password: str, salt: bytes) -> bytes:
    """scrypt with N = 2^17, r = 8, p = 1 over the NFC form of the password; 32 bytes, about 0.6 s and 128 MiB.

    The parameters are constants of protocol version 1, never negotiated (docs/protocol.md §3.2; RFC 7914).
    """
    text = unicodedata.normalize("NFC", password).encode("utf-8")
    return scrypt(text, salt, 32, SCRYPT_N, SCRYPT_R, SCRYPT_P)


# --- signatures -------------------------------------------------------------------------------------------------


class SigningKey:
    """An Ed25519 private key made from its 32-byte seed. Its `repr` shows the public half only."""

    __slots__ = ("_scheme", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise ValueError("An Ed25519 seed has 32 bytes.")
        key = eddsa.import_private_key(seed)
        self.seed = seed
        self.public: bytes = key.public_key().export_key(format="raw")
        self._scheme = eddsa.new(key, "rfc8032")

    def sign(self, label: str, data: bytes) -> bytes:
        """SIGN(k, label, x): 64 bytes over P || label || 0x00 || x."""
        return self._scheme.sign(label_prefix(label) + data)

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()[:16]}...)"


class VerifyKey:
    """An Ed25519 public key, 32 bytes. SealError if the bytes are no point, or a point of small order.

    Under a small-order key one signature fits every message, so such a key must never name anybody
    (docs/protocol.md §4).
    """

    __slots__ = ("_scheme", "public")

    def __init__(self, public: bytes) -> None:
        try:
            key = eddsa.import_public_key(public)
        except ValueError as error:
            raise SealError from error
        if len(public) != 32 or key.curve != "Ed25519" or (key.pointQ * 8).is_point_at_infinity():
            raise SealError
        self.public = public
        self._scheme = eddsa.new(key, "rfc8032")

    def verify(self, label: str, data: bytes, signature: bytes) -> None:
        """Raise SealError unless `signature` (64 bytes) is this key's over P || label || 0x00 || data."""
        try:
            self._scheme.verify(label_prefix(label) + data, signature)
        except ValueError as error:
            raise SealError from error

    def __repr__(self) -> str:
        return f"VerifyKey({self.public.hex()[:16]}...)"


# --- RSA-OAEP ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RsaKey:
    """An RSA-3072 key. `public` is n as 384 big-endian bytes; `primes` is (p, q), 192 bytes each, or None."""

    public: bytes
    primes: tuple[bytes, bytes] | None
    _key: RSA.RsaKey

    @property
    def private_primes(self) -> tuple[bytes, bytes]:
        """(p, q) of a private key; ValueError for a public one."""
        if self.primes is None:
            raise ValueError("This is a public key.")
        return self.primes

    def __repr__(self) -> str:
        return f"RsaKey({hashlib.sha256(self.public).hexdigest()[:16]}, private={self.primes is not None})"


def _private(key: RSA.RsaKey) -> RsaKey:
    primes = (int(key.p).to_bytes(RSA_PUBLIC // 2, "big"), int(key.q).to_bytes(RSA_PUBLIC // 2, "big"))
    return RsaKey(int(key.n).to_bytes(RSA_PUBLIC, "big"), primes, key)


def generate_rsa_key() -> RsaKey:
    """A fresh RSA-3072 private key with e = 65537 (FIPS 186-5 A.1); 0.4 s, at worst 2 s: call it in a worker."""
    return _private(RSA.generate(RSA_BITS, e=RSA_EXPONENT))


def rsa_key_from_primes(p: bytes, q: bytes) -> RsaKey:
    """The private key of two 192-byte primes, as kept in the vault. SealError if they make no RSA-3072 key."""
    p_int, q_int = int.from_bytes(p, "big"), int.from_bytes(q, "big")
    n, phi = p_int * q_int, (p_int - 1) * (q_int - 1)
    if len(p) != RSA_PUBLIC // 2 or len(q) != RSA_PUBLIC // 2 or n.bit_length() != RSA_BITS:
        raise SealError
    if p_int == q_int or int(GCD(RSA_EXPONENT, phi)) != 1:
        raise SealError
    try:
        return _private(RSA.construct((n, RSA_EXPONENT, pow(RSA_EXPONENT, -1, phi), p_int, q_int)))
    except ValueError as error:
        raise SealError from error


def rsa_public_key(modulus: bytes) -> RsaKey:
    """The public key with this modulus: 384 big-endian bytes, odd, top bit set; else SealError."""
    n = int.from_bytes(modulus, "big")
    if len(modulus) != RSA_PUBLIC or n.bit_length() != RSA_BITS or n % 2 == 0:
        raise SealError
    return RsaKey(modulus, None, RSA.construct((n, RSA_EXPONENT), consistency_check=False))


def rsa_encrypt(key: RsaKey, label: bytes, plaintext: bytes) -> bytes:
    """RSAES-OAEP with SHA-256 for hash and MGF1 (RFC 8017 §7.1.1): at most 318 bytes in, 384 bytes out.

    The label binds the ciphertext to its use: opened under another label it fails.
    """
    return oaep.new(key._key, hashmod=SHA256, label=label).encrypt(plaintext)


def rsa_decrypt(key: RsaKey, label: bytes, ciphertext: bytes) -> bytes:
    """Open `rsa_encrypt`'s 384 bytes with a private key; about 3 ms. SealError whatever is wrong, so that nobody
    learns which check failed (RFC 8017 §7.1.2 note; Manger, CRYPTO 2001)."""
    if key.primes is None:
        raise ValueError("A private key is needed to decrypt.")
    try:
        return oaep.new(key._key, hashmod=SHA256, label=label).decrypt(ciphertext)
    except ValueError as error:
        raise SealError from error


# --- ML-KEM through HPKE ----------------------------------------------------------------------------------------


class KemKey:
    """An ML-KEM-768 private key made from its 64-byte seed d || z (FIPS 203 §7.1)."""

    __slots__ = ("_key", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEM_SEED:
            raise ValueError("An ML-KEM seed has 64 bytes.")
        self._key = MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=seed)
        self.seed = seed
        self.public: bytes = self._key.ek

    def __repr__(self) -> str:
        return f"KemKey(public={hashlib.sha256(self.public).hexdigest()[:16]}...)"


def generate_kem_key() -> KemKey:
    """A fresh ML-KEM-768 key."""
    return KemKey(random_bytes(KEM_SEED))


def _kem_public(ek: bytes) -> MLKEM.MLKEMKey:
    """The public key object; SealError if `ek` fails the length or modulus check of FIPS 203 §7.2."""
    try:
        return MLKEM.construct(param_set=MLKEM.ML_KEM_768, ek=ek)
    except ValueError as error:
        raise SealError from error


def kem_public_is_valid(ek: bytes) -> bool:
    """True if `ek` passes the checks of FIPS 203 §7.2."""
    try:
        _kem_public(ek)
    except SealError:
        return False
    return True


def _psk_pair(psk_id: bytes, psk: bytes) -> tuple[bytes, bytes]:
    # With no PSK the library falls back to HPKE's base mode without a word, and the RSA half of the
    # protection would silently be gone: so the length is checked here, on both sides.
    if len(psk) != 32 or not psk_id:
        raise SealError
    return psk_id, psk


def kem_seal(ek: bytes, psk_id: bytes, psk: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """HPKE SealPSK to an ML-KEM-768 public key with empty aad (RFC 9180 §6.1).

    `ek` 1184 bytes, `psk` exactly 32 bytes. Returns (enc of 1088 bytes, box = plaintext + 16 bytes). SealError
    for a bad `ek` or psk. Always takes the public key: with a private one the library would set up a receiver.
    """
    context = HPKE.new(
        receiver_key=_kem_public(ek),
        aead_id=HPKE.AEAD.CHACHA20_POLY1305,
        psk=_psk_pair(psk_id, psk),
        info=info,
    )
    return context.enc, context.seal(plaintext)


def kem_open(key: KemKey, psk_id: bytes, psk: bytes, info: bytes, enc: bytes, box: bytes) -> bytes:
    """HPKE OpenPSK: the plaintext of `kem_seal`, or SealError."""
    try:
        context = HPKE.new(
            receiver_key=key._key,
            aead_id=HPKE.AEAD.CHACHA20_POLY1305,
            enc=enc,
            psk=_psk_pair(psk_id, psk),
            info=info,
        )
        return context.unseal(box)
    except ValueError as error:
        raise SealError from error


# --- AEAD -------------------------------------------------------------------------------------------------------


def aead_seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """ChaCha20-Poly1305: ciphertext with the 16-byte tag appended. `key` 32, `nonce` 12 bytes.

    The caller must never seal two plaintexts under one (key, nonce): every use in docs/protocol.md has a key
    that lives in one process with a counter, or a key that is used once.
    """
    if len(nonce) != 12:
        raise ValueError("A nonce has 12 bytes.")  # 24 would silently select XChaCha20
    return _seal(key, nonce, aad, plaintext)


def aead_open(key: bytes, nonce: bytes, aad: bytes, box: bytes) -> bytes:
    """The plaintext of `aead_seal`, or SealError."""
    if len(nonce) != 12:
        raise ValueError("A nonce has 12 bytes.")
    return _open(key, nonce, aad, box)


def xaead_seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """XChaCha20-Poly1305: `nonce` of 24 random bytes, so that one key may be used for many boxes."""
    if len(nonce) != XAEAD_NONCE:
        raise ValueError("A nonce has 24 bytes.")
    return _seal(key, nonce, aad, plaintext)


def xaead_open(key: bytes, nonce: bytes, aad: bytes, box: bytes) -> bytes:
    """The plaintext of `xaead_seal`, or SealError."""
    if len(nonce) != XAEAD_NONCE:
        raise ValueError("A nonce has 24 bytes.")
    return _open(key, nonce, aad, box)


def _seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    cipher = ChaCha20_Poly1305.new(key=key, nonce=nonce)
    cipher.update(aad)
    ciphertext, tag = cipher.encrypt_and_digest(plaintext)
    return ciphertext + tag


def _open(key: bytes, nonce: bytes, aad: bytes, box: bytes) -> bytes:
    if len(box) < AEAD_TAG:
        raise SealError
    cipher = ChaCha20_Poly1305.new(key=key, nonce=nonce)
    cipher.update(aad)
    try:
        return cipher.decrypt_and_verify(box[:-AEAD_TAG], box[-AEAD_TAG:])
    except ValueError as error:
        raise SealError from error
