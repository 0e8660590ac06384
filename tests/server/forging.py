"""Posts that no honest program would write."""

from __future__ import annotations

import time

from securechat.sealing import streams
from securechat.sealing.identity import OwnKeys
from securechat.wire.objects import ZERO32, Post
from tests.server.raw_client import RawClient


def now_ms() -> int:
    return int(time.time() * 1000)


def encode_post(
    client: RawClient, kind: int, body: bytes, *, n: int = 0, keys: OwnKeys | None = None, conv: bytes | None = None
) -> bytes:
    """A signed post of `client`'s stream, without the checks that an honest client makes."""
    keys = client.contents.keys if keys is None else keys
    conv = client.lobby if conv is None else conv
    parts = (conv, keys.fp, client.stream.stream_id, n, ZERO32, now_ms(), kind, body)
    return Post(*parts, keys.signing.sign("post", Post(*parts, bytes(64)).signed)).encode()


def seal(client: RawClient, post: bytes, n: int = 0) -> bytes:
    return streams.seal_post(client.stream.key, n, post)
