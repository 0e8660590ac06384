"""Ready-made keys for tests and benchmarks, so that no test waits for RSA key generation or scrypt.

`rsa_keys.json` holds 16 RSA-3072 keys as primes; more are made once into an ignored cache. They protect nothing.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import crypto_utils as crypto

__all__ = ["quick_stretch", "rsa_key"]

_HERE = Path(__file__).parent
_CACHE = _HERE / "cache"


@cache
def rsa_key(number: int) -> crypto.RsaKey:
    """RSA key `number`; the same one in every run."""
    stored = json.loads((_HERE / "rsa_keys.json").read_text())
    if number < len(stored):
        p, q = stored[number]
        return crypto.rsa_key_from_primes(bytes.fromhex(p), bytes.fromhex(q))
    _CACHE.mkdir(exist_ok=True)
    path = _CACHE / f"{number}.json"
    if not path.exists():
        p_bytes, q_bytes = crypto.generate_rsa_key().private_primes
        path.write_text(json.dumps([p_bytes.hex(), q_bytes.hex()]))
    p, q = json.loads(path.read_text())
    return crypto.rsa_key_from_primes(bytes.fromhex(p), bytes.fromhex(q))


def quick_stretch(password: str, salt: bytes) -> bytes:
    """A stand-in for scrypt that costs nothing: for tests that are not about passwords."""
    return hashlib.sha256(b"test stretch" + salt + password.encode()).digest()
