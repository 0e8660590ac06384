"""Identities, prekeys and fingerprints (docs/protocol.md §4): made for oneself, accepted from others.

`OwnKeys` and `OwnPrekey` hold private keys; `PublicIdentity` is another user after every check has passed, so code
that holds one need not check again. All values are immutable and may be shared by threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import crypto_utils as crypto
from securechat.errors import ProtocolError, SealError
from securechat.wire.objects import Identity, Prekey

__all__ = [
    "OwnKeys",
    "OwnPrekey",
    "PublicIdentity",
    "accept_identity",
    "accept_prekey",
    "fingerprint_of",
]


def fingerprint_of(identity: Identity) -> bytes:
    """fp = H("identity", all before the signature): 32 bytes that name a user."""
    return crypto.hash_label("identity", identity.signed)


@dataclass(frozen=True)
class PublicIdentity:
    """A user whose identity was accepted. `record` is the identity as received."""

    username: str
    fp: bytes
    key: crypto.VerifyKey
    rsa: crypto.RsaKey
    record: Identity

    def __repr__(self) -> str:
        return f"PublicIdentity({self.username!r}, {self.fp.hex()[:16]}...)"


def accept_identity(data: bytes, *, username: str | None = None, fp: bytes | None = None) -> PublicIdentity:
    """The identity in `data` (encoded), if it is the one asked for by `username` or by `fp` (32 bytes).

    SealError unless the signature verifies, rsa_n is odd with the top bit set and the Ed25519 key is not of small
    order (§4).
    """
    try:
        record = Identity.decode(data)
    except ProtocolError as error:
        raise SealError from error
    key = crypto.VerifyKey(record.ed25519)
    rsa = crypto.rsa_public_key(record.rsa_n)
    key.verify("identity", record.signed, record.signature)
    own_fp = fingerprint_of(record)
    if (username is not None and record.username != username) or (fp is not None and own_fp != fp):
        raise SealError
    return PublicIdentity(record.username, own_fp, key, rsa, record)


def accept_prekey(data: bytes, owner: PublicIdentity) -> Prekey:
    """The prekey in `data` (encoded) of `owner`; SealError unless fp, signature and ek (FIPS 203 §7.2) are right."""
    try:
        prekey = Prekey.decode(data)
    except ProtocolError as error:
        raise SealError from error
    if prekey.fp != owner.fp or prekey.id < 1 or not crypto.kem_public_is_valid(prekey.ek):
        raise SealError
    owner.key.verify("prekey", prekey.signed, prekey.signature)
    return prekey


@dataclass(frozen=True)
class OwnKeys:
    """One's own identity with its private keys."""

    username: str
    signing: crypto.SigningKey
    rsa: crypto.RsaKey
    created: int
    public: PublicIdentity

    @classmethod
    def make(cls, username: str, signing: crypto.SigningKey, rsa: crypto.RsaKey, created: int) -> OwnKeys:
        """Keys with a signed identity; `created` in ms. The same arguments always give the same fp."""
        unsigned = Identity(username, signing.public, rsa.public, created, bytes(64))
        record = Identity(
            username, signing.public, rsa.public, created, signing.sign("identity", unsigned.signed)
        )
        public = PublicIdentity(
            username, fingerprint_of(record), crypto.VerifyKey(signing.public), rsa, record
        )
        return cls(username, signing, rsa, created, public)

    @property
    def fp(self) -> bytes:
        """The own fingerprint, 32 bytes."""
        return self.public.fp

    def __repr__(self) -> str:
        return f"OwnKeys({self.username!r}, {self.fp.hex()[:16]}...)"


@dataclass(frozen=True)
class OwnPrekey:
    """One's own prekey with its private half; `created` in ms."""

    id: int
    created: int
    kem: crypto.KemKey

    def record(self, owner: OwnKeys) -> Prekey:
        """The signed public half."""
        unsigned = Prekey(owner.fp, self.id, self.created, self.kem.public, bytes(64))
        signature = owner.signing.sign("prekey", unsigned.signed)
        return Prekey(owner.fp, self.id, self.created, self.kem.public, signature)

    def __repr__(self) -> str:
        return f"OwnPrekey({self.id})"
