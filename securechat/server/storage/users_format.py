"""The text of ``users.json``: accounts to bytes, and bytes to accounts, strictly.

::

    {"version": 1, "users": {
    "alice": {"disabled": "", "former": [], "fp": <hex>, "identity": <base64>, ...},
    ...}, "sha256": <hex, over the users as JSON with sorted keys and without spaces>}

The digest is no protection against an attacker; it finds torn files, bad disks and slips of an editor. Pure:
no I/O.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from securechat.errors import DamagedStore, StoreError
from securechat.server.storage.credentials import Account

__all__ = ["FORMAT_VERSION", "decode_users", "encode_record", "encode_users"]

FORMAT_VERSION = 1


def encode_record(account: Account) -> str:
    """One account as canonical JSON: sorted keys, no spaces, ASCII."""
    return _canonical(
        {
            "login_pub": account.login_pub.hex(),
            "identity": _to_base64(account.identity),
            "former": [_to_base64(identity) for identity in account.former],
            "prekey": _to_base64(account.prekey),
            "prekey_id": account.prekey_id,
            "fp": account.fp.hex(),
            "former_fps": [fp.hex() for fp in account.former_fps],
            "disabled": account.disabled,
        }
    )


def encode_users(records: Mapping[str, str]) -> bytes:
    """The whole file, one user a line, from usernames and their :func:`encode_record`."""
    members = [f"{json.dumps(name)}:{records[name]}" for name in sorted(records)]
    if not members:
        return f'{{"version": {FORMAT_VERSION}, "users": {{}}}}\n'.encode()
    digest = hashlib.sha256(f"{{{','.join(members)}}}".encode()).hexdigest()
    lines = ",\n".join(members)
    return f'{{"version": {FORMAT_VERSION}, "users": {{\n{lines}\n}}, "sha256": "{digest}"}}\n'.encode()


def decode_users(data: bytes, path: Path) -> dict[str, Account]:
    """The accounts in ``data`` by username; ``path`` only names the file in errors.

    Raises :class:`DamagedStore` for anything that :func:`encode_users` would not have written (spaces and the
    order of keys apart), and plain :class:`StoreError` for a newer version.
    """
    try:
        return _decode(data)
    except _NewerVersionError as newer:
        raise StoreError(
            f"{path} was written by a newer program. Update this program, then start it again."
        ) from newer
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise DamagedStore(
            f"{path} is damaged and was left as it is. Restore it from a backup, "
            "or move it away to begin without users."
        ) from problem


class _NewerVersionError(Exception):
    pass


def _decode(data: bytes) -> dict[str, Account]:
    whole = json.loads(data.decode("utf-8"), object_pairs_hook=_without_duplicates)
    if type(whole) is not dict:
        raise ValueError("not an object")
    version = whole.get("version")
    if type(version) is not int or version < 1:
        raise ValueError("no version")
    if version > FORMAT_VERSION:
        raise _NewerVersionError
    users = whole["users"]
    if type(users) is not dict or not set(whole) <= {"version", "users", "sha256"}:
        raise ValueError("wrong members")
    # Only the empty file, which is committed with the program, may come without a digest.
    if users or "sha256" in whole:
        if whole["sha256"] != hashlib.sha256(_canonical(users).encode()).hexdigest():
            raise ValueError("digest")
    accounts = {name: _decode_record(name, record) for name, record in users.items()}
    fps = [fp for account in accounts.values() for fp in (account.fp, *account.former_fps)]
    if len(fps) != len(set(fps)):
        raise ValueError("one fingerprint twice")
    return accounts


_FIELDS = {
    "login_pub": str,
    "identity": str,
    "former": list,
    "prekey": str,
    "prekey_id": int,
    "fp": str,
    "former_fps": list,
    "disabled": str,
}


def _decode_record(name: str, record: Any) -> Account:
    if type(record) is not dict or {key: type(value) for key, value in record.items()} != _FIELDS:
        raise ValueError("wrong fields")
    account = Account(
        username=name,
        login_pub=bytes.fromhex(record["login_pub"]),
        identity=_from_base64(record["identity"]),
        former=tuple(_from_base64(identity) for identity in record["former"]),
        prekey=_from_base64(record["prekey"]),
        fp=bytes.fromhex(record["fp"]),
        former_fps=tuple(bytes.fromhex(fp) for fp in record["former_fps"]),
        prekey_id=record["prekey_id"],
        disabled=record["disabled"],
    )
    # Hex in capitals or loose base64 would be rewritten in other bytes at the next write: not ours, so
    # refused.
    if encode_record(account) != _canonical(record):
        raise ValueError("not written by this program")
    return account


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice")
    return members


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
