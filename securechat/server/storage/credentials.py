"""What a credential store is: the record of one account, and the interface that every store fulfils.

Owns the shape of a record. Must not know how a store keeps it, nor what the encoded objects in it mean:
whoever writes a record has checked its signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["KEY_BYTES", "Account", "Credentials"]

KEY_BYTES = 32
"""Length of an Ed25519 public key and of a fingerprint."""


@dataclass(frozen=True, slots=True)
class Account:
    """One user, public data only (docs/protocol.md §3.2). ValueError if a part has the wrong length."""

    username: str
    login_pub: bytes
    """Ed25519 public key made from the password; bytes, 32."""
    identity: bytes
    """Encoded identity."""
    former: tuple[bytes, ...]
    """Encoded identities from before resets, oldest first; old posts still verify with them."""
    prekey: bytes
    """Encoded newest prekey."""
    fp: bytes
    """Fingerprint of ``identity``; bytes, 32."""
    former_fps: tuple[bytes, ...]
    """Fingerprints of ``former``, in the same order."""
    prekey_id: int
    """Id of ``prekey``, from 1."""
    disabled: str = ""
    """The operator's reason; empty if the account may be used."""

    def __post_init__(self) -> None:
        if not self.username:
            raise ValueError("an account needs a name")
        if any(len(key) != KEY_BYTES for key in (self.login_pub, self.fp, *self.former_fps)):
            raise ValueError("a key or fingerprint has the wrong length")
        if not self.identity or not self.prekey or not all(self.former):
            raise ValueError("an encoded object is empty")
        if len(self.former) != len(self.former_fps):
            raise ValueError("former identities and their fingerprints do not match")
        if not 1 <= self.prekey_id < 2**32:
            raise ValueError("the prekey id is out of range")


class Credentials(Protocol):
    """A durable set of accounts. Every method may be called from any thread.

    A write returns once it is durable; readers see it from then on, never earlier. Each raises
    :class:`~securechat.errors.StoreError` if it cannot be done, and has then changed nothing.
    """

    def get(self, username: str) -> Account | None:
        """The account of that name."""

    def by_fp(self, fp: bytes) -> Account | None:
        """The account whose present or former identity has this fingerprint."""

    def names(self) -> list[str]:
        """All usernames, sorted."""

    def add(self, account: Account) -> None:
        """Store a new account. Raises StoreError if the name or one of the fingerprints is taken."""

    def replace(self, account: Account) -> None:
        """Store a newer record of an existing account. Raises StoreError if there is none of that name."""

    def __len__(self) -> int: ...

    def close(self) -> None:
        """Let go of the store; idempotent. Writes are refused from now on."""
