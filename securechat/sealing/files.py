"""Chunks of a shared file (docs/protocol.md §9)."""

from __future__ import annotations

import crypto_utils as crypto
from securechat.errors import SealError
from securechat.wire import limits

__all__ = ["open_chunk", "seal_chunk"]


def _nonce(index: int, last: bool) -> bytes:
    return bytes(3) + index.to_bytes(8, "big") + bytes([last])


def _aad(file_id: bytes) -> bytes:
    return crypto.label_prefix("file") + file_id


def seal_chunk(key: bytes, file_id: bytes, index: int, last: bool, plaintext: bytes) -> bytes:
    """Chunk `index` of a file: `key` 32 and `file_id` 16 random bytes of this one upload; tag appended.

    Every chunk but the last has 65,536 bytes. No index is sealed twice under one key: a sealed chunk is kept until
    it is acknowledged.
    """
    if len(plaintext) > limits.FILE_CHUNK or (not last and len(plaintext) != limits.FILE_CHUNK):
        raise ValueError("A chunk that is not the last has 65,536 bytes.")
    return crypto.aead_seal(key, _nonce(index, last), _aad(file_id), plaintext)


def open_chunk(key: bytes, file_id: bytes, index: int, last: bool, chunk: bytes) -> bytes:
    """The plaintext of a chunk; SealError if it is altered, of another place, or not the last when it should be."""
    plaintext = crypto.aead_open(key, _nonce(index, last), _aad(file_id), chunk)
    if not last and len(plaintext) != limits.FILE_CHUNK:
        raise SealError
    return plaintext
