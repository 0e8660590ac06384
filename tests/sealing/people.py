"""Alice, bob and carol with their keys, for the tests of what keys open and sign."""

from __future__ import annotations

from functools import cache

import crypto_utils as crypto
from securechat.sealing.identity import OwnKeys, OwnPrekey
from tests.keys import rsa_key

CREATED = 1_700_000_000_000
NAMES = ("alice", "bob", "carol")


@cache
def keys_of(name: str) -> OwnKeys:
    number = NAMES.index(name)
    return OwnKeys.make(name, crypto.SigningKey(bytes([number + 1]) * 32), rsa_key(number), CREATED)


@cache
def prekey_of(name: str, number: int = 1) -> OwnPrekey:
    return OwnPrekey(number, CREATED, crypto.KemKey(bytes([NAMES.index(name) + 10 * number]) * 64))


def flip(data: bytes, bit: int) -> bytes:
    """`data` with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
