"""The server's own identity: made at the first start, kept in the data folder, never shown.

The file is the encoded record below, mode 0600. The weekly prekey of `@server` is not in it: each process makes its
own and keeps it in memory (docs/protocol.md §4).
"""

from __future__ import annotations

from collections.abc import Callable

import crypto_utils as crypto
from securechat.errors import DamagedStore, ProtocolError, SealError
from securechat.sealing.identity import OwnKeys, OwnPrekey
from securechat.server.data_folder import DataFolder
from securechat.wire import limits
from securechat.wire.codec import U8, U64, Record, fixed, wire

__all__ = ["load_or_make_keys", "make_prekey"]


class _KeyFile(Record):
    format: int = wire(U8)
    seed: bytes = wire(fixed(32))
    rsa_p: bytes = wire(fixed(192))
    rsa_q: bytes = wire(fixed(192))
    created: int = wire(U64)


def load_or_make_keys(
    folder: DataFolder, now_ms: int, say: Callable[[str], None], generate_rsa: Callable[[], crypto.RsaKey]
) -> OwnKeys:
    """The identity of `@server`; made, with a line that says so, if the folder has none. DamagedStore if it is bad."""
    data = folder.read_identity()
    if data is None:
        say("First start: making the server's keys, this takes a few seconds...")
        return _make(folder, now_ms, generate_rsa)
    try:
        kept = _KeyFile.decode(data)
        if kept.format != 1:
            raise SealError
        rsa = crypto.rsa_key_from_primes(kept.rsa_p, kept.rsa_q)
    except (ProtocolError, SealError) as error:
        raise DamagedStore(
            f"The server's key file {folder.identity_file} is damaged. Restore it from a backup; nothing was changed. "
            "(A server with new keys would be refused by everyone who knows the old ones.)"
        ) from error
    return OwnKeys.make(limits.SERVER_USERNAME, crypto.SigningKey(kept.seed), rsa, kept.created)


def _make(folder: DataFolder, now_ms: int, generate_rsa: Callable[[], crypto.RsaKey]) -> OwnKeys:
    seed, rsa = crypto.random_bytes(32), generate_rsa()
    folder.write_identity(_KeyFile(1, seed, *rsa.private_primes, now_ms).encode())
    return OwnKeys.make(limits.SERVER_USERNAME, crypto.SigningKey(seed), rsa, now_ms)


def make_prekey(now_ms: int) -> OwnPrekey:
    """This process's prekey of `@server`; the id rules do not apply to it."""
    return OwnPrekey(1, now_ms, crypto.generate_kem_key())
