"""The vault: a user's private keys and memory, sealed with the password's vault key (docs/protocol.md §4).

The plaintext's layout is that of §4; `VaultContents` is immutable, a change makes a new one. A vault whose first byte
is unknown raises `NewerVault` and must never be overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import crypto_utils as crypto
from securechat.errors import ChatError, ProtocolError, SealError
from securechat.sealing.identity import OwnKeys, OwnPrekey
from securechat.wire import limits
from securechat.wire.codec import U8, U16, U32, U64, Reader, Record, fixed, many, nested, text, wire

__all__ = [
    "Contact",
    "ContactState",
    "KeptRoom",
    "NewerVault",
    "StoredPrekey",
    "VaultContents",
    "open_vault",
    "seal_vault",
]

_FORMAT = 1
_STEP = 4096


class NewerVault(ChatError):
    """The vault was written by a newer program; it is left alone."""

    def __init__(self) -> None:
        super().__init__("Your account was last used with a newer version. Please update this program.")


class ContactState:
    """States of a contact in the vault."""

    FORMER = 0
    SEEN = 1
    VERIFIED = 2
    IGNORED = 3


class StoredPrekey(Record):
    """One own prekey as kept: its ML-KEM seed d || z."""

    id: int = wire(U32)
    created: int = wire(U64)
    seed: bytes = wire(fixed(64))


class Contact(Record):
    """What is known of another user's key: `state` as in `ContactState`, the highest prekey id seen."""

    username: str = wire(text(32))
    fp: bytes = wire(fixed(32))
    state: int = wire(U8)
    prekey_id: int = wire(U32)


class KeptRoom(Record):
    """The newest verified head of an opened room's log."""

    room: bytes = wire(fixed(32))
    seq: int = wire(U32)
    head: bytes = wire(fixed(32))
    title: str = wire(text(64))


class _Plain(Record):
    format: int = wire(U8)
    seed: bytes = wire(fixed(32))
    rsa_p: bytes = wire(fixed(192))
    rsa_q: bytes = wire(fixed(192))
    created: int = wire(U64)
    window_days: int = wire(U16)
    prekeys: tuple[StoredPrekey, ...] = wire(many(nested(StoredPrekey), U16, 1 << 16))
    contacts: tuple[Contact, ...] = wire(many(nested(Contact), U32, limits.CONTACTS))
    rooms: tuple[KeptRoom, ...] = wire(many(nested(KeptRoom), U16, limits.ROOMS_IN_VAULT))


@dataclass(frozen=True)
class VaultContents:
    """The opened vault. `prekeys` oldest first; `window_days` 0 means forever."""

    keys: OwnKeys
    window_days: int
    prekeys: tuple[OwnPrekey, ...]
    contacts: tuple[Contact, ...] = ()
    rooms: tuple[KeptRoom, ...] = ()

    @property
    def newest_prekey(self) -> OwnPrekey:
        """The prekey that others should use; the vault always has one."""
        return max(self.prekeys, key=lambda prekey: prekey.id)

    def prekey(self, prekey_id: int) -> OwnPrekey | None:
        """The prekey with this id, if it is still kept."""
        return next((prekey for prekey in self.prekeys if prekey.id == prekey_id), None)

    def with_prekey(self, prekey: OwnPrekey) -> VaultContents:
        """The same with one more prekey."""
        return replace(self, prekeys=(*self.prekeys, prekey))

    def without_expired_prekeys(self, now_ms: int) -> VaultContents:
        """Prekeys whose *successor* is older than the history window are dropped; the newest never is (§4)."""
        if self.window_days == 0:
            return self
        horizon = now_ms - self.window_days * limits.DAY_MS
        ordered = sorted(self.prekeys, key=lambda prekey: prekey.id)
        kept = [
            prekey
            for prekey, successor in zip(ordered, [*ordered[1:], None], strict=True)
            if successor is None or successor.created >= horizon
        ]
        return replace(self, prekeys=tuple(kept))

    def encode(self) -> bytes:
        """The padded plaintext: a multiple of 4096 bytes."""
        plain = _Plain(
            _FORMAT,
            self.keys.signing.seed,
            *self.keys.rsa.private_primes,
            self.keys.created,
            self.window_days,
            tuple(StoredPrekey(p.id, p.created, p.kem.seed) for p in self.prekeys),
            self.contacts,
            self.rooms,
        ).encode()
        return plain + b"\x80" + bytes(-(len(plain) + 1) % _STEP)

    @classmethod
    def decode(cls, username: str, data: bytes) -> VaultContents:
        """Read a plaintext; SealError if it is not one of ours, NewerVault if its first byte is unknown."""
        if not data or data[0] != _FORMAT:
            raise NewerVault if data else SealError
        try:
            reader = Reader(data)
            plain = _Plain.read(reader)
            padding = reader.rest()
        except ProtocolError as error:
            raise SealError from error
        if padding[:1] != b"\x80" or any(padding[1:]) or len(data) % _STEP or not plain.prekeys:
            raise SealError
        rsa = crypto.rsa_key_from_primes(plain.rsa_p, plain.rsa_q)
        keys = OwnKeys.make(username, crypto.SigningKey(plain.seed), rsa, plain.created)
        prekeys = tuple(OwnPrekey(p.id, p.created, crypto.KemKey(p.seed)) for p in plain.prekeys)
        return cls(keys, plain.window_days, prekeys, plain.contacts, plain.rooms)


def _aad(server_id: bytes, username: str, version: int) -> bytes:
    name = username.encode("utf-8")
    return (
        crypto.label_prefix("vault") + server_id + len(name).to_bytes(4, "big") + name + version.to_bytes(8, "big")
    )


def seal_vault(
    contents: VaultContents, vault_key: bytes, server_id: bytes, version: int, nonce: bytes | None = None
) -> bytes:
    """The vault's bytes for this version; a fresh random 24-byte nonce unless a test gives one."""
    nonce = crypto.random_bytes(crypto.XAEAD_NONCE) if nonce is None else nonce
    aad = _aad(server_id, contents.keys.username, version)
    return nonce + crypto.xaead_seal(vault_key, nonce, aad, contents.encode())


def open_vault(vault: bytes, vault_key: bytes, server_id: bytes, username: str, version: int) -> VaultContents:
    """The contents of `vault`; SealError if the key, the server, the name or the version is another."""
    nonce, box = vault[: crypto.XAEAD_NONCE], vault[crypto.XAEAD_NONCE :]
    if len(nonce) != crypto.XAEAD_NONCE:
        raise SealError
    plain = crypto.xaead_open(vault_key, nonce, _aad(server_id, username, version), box)
    return VaultContents.decode(username, plain)
