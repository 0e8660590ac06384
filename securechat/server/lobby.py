"""The lobby's cryptography: the server opens what clients seal for it, and seals it again for everyone.

Each client's stream has one reader, `@server`; each server process has one stream of its own, whose secret is
RSA-wrapped once for each user who asks. An envelope of the server's stream is numbered by the post's seq, and only a
durable post is ever sealed: so one counter value never covers two posts (docs/protocol.md §8).
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import crypto_utils as crypto
from securechat.errors import ErrorCode, RemoteProtocolError, SealError
from securechat.rules.conversations import LOBBY_ROSTER, lobby_id
from securechat.sealing import streams
from securechat.sealing.handshake import server_id_of
from securechat.sealing.identity import OwnKeys, OwnPrekey, PublicIdentity
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, Post, PostKind, Prekey, check_body

__all__ = ["ClientStream", "Lobby"]

_CACHED_ENVELOPES = 256  # a client that logs in asks for the newest hundred; many do so at once
_CACHED_GRANTS = 10_000


class ClientStream:
    """One client's lobby stream on one connection: header, grant, and its key once the first post needed it."""

    def __init__(self, header: Header, stream_id: bytes) -> None:
        self.header = header
        self.stream_id = stream_id
        self.grant: Grant | None = None
        self.key: streams.StreamKey | None = None


class Lobby:
    """All methods may be called from any thread; private keys never leave this object."""

    def __init__(self, keys: OwnKeys, prekey: OwnPrekey, now_ms: int) -> None:
        self.keys = keys
        self.prekey = prekey
        self.prekey_record = prekey.record(keys)
        self.server_id = server_id_of(keys.fp)
        self.conv = lobby_id(self.server_id)
        secret = crypto.random_bytes(32)
        self._secret = secret
        self.header = streams.make_header(keys, self.conv, LOBBY_ROSTER, now_ms, secret)
        self.stream_id = streams.stream_id_of(self.header)
        self._key = streams.StreamKey.from_secret(self.conv, self.stream_id, secret)
        self._lock = threading.Lock()  # guards the two caches; no cryptography under it
        self._envelopes: OrderedDict[int, bytes] = OrderedDict()
        self._grants: OrderedDict[tuple[bytes, int], bytes] = OrderedDict()

    # --- to the clients ---------------------------------------------------------------------------------------

    def seal(self, seq: int, post: bytes) -> bytes:
        """The envelope of a *durable* post in the server's stream; the same bytes live and in history."""
        with self._lock:
            envelope = self._envelopes.get(seq)
        if envelope is None:
            envelope = streams.seal_post(self._key, seq, post)
            with self._lock:
                self._envelopes[seq] = envelope
                if len(self._envelopes) > _CACHED_ENVELOPES:
                    self._envelopes.popitem(last=False)
        return envelope

    def grant_for(self, reader: PublicIdentity, prekey: Prekey) -> bytes:
        """The encoded grant of the server's stream for one user and prekey; made once, 0.6 ms."""
        with self._lock:
            grant = self._grants.get((reader.fp, prekey.id))
        if grant is None:
            grant = streams.make_grant(self.stream_id, self._secret, reader, prekey).encode()
            with self._lock:
                # Two sessions of a user may have made one at the same time: the first stays the only one.
                grant = self._grants.setdefault((reader.fp, prekey.id), grant)
                if len(self._grants) > _CACHED_GRANTS:
                    self._grants.popitem(last=False)
        return grant

    def notice(self, n: int, time_ms: int, text: str) -> Post:
        """A signed post by `@server`; `n` counts the notices of this process."""
        body = text.encode("utf-8")
        return streams.make_post(self.keys, self.conv, self.stream_id, n, ZERO32, time_ms, PostKind.TEXT, body)

    # --- from the clients -------------------------------------------------------------------------------------

    def open(self, stream: ClientStream, envelope: Envelope, author: PublicIdentity) -> Post:
        """The post of a client's envelope, after every check of §8 "Lobby".

        RemoteProtocolError with BAD_KEY if the grant is missing or it or the envelope does not open with the server's
        private keys, FORBIDDEN for a post in another's name or a title, MALFORMED or TOO_LARGE for the rest.
        """
        try:
            if stream.key is None:
                if stream.grant is None:
                    raise SealError
                prekey = self.prekey if stream.grant.prekey_id == self.prekey.id else None
                stream.key = streams.open_grant(stream.grant, stream.header, self.keys, prekey)
            data = streams.open_box(stream.key, envelope)
        except SealError as error:
            raise RemoteProtocolError("The server cannot open this.", ErrorCode.BAD_KEY) from error
        post = Post.decode(data)
        if post.author != author.fp:
            raise RemoteProtocolError("A post must be by the user who sends it.", ErrorCode.FORBIDDEN)
        if post.conv != self.conv or post.stream_id != envelope.stream_id or post.n != envelope.n:
            raise RemoteProtocolError("A post is not the one that its envelope announces.")
        if post.kind == PostKind.TITLE:
            raise RemoteProtocolError("The lobby has no title.", ErrorCode.FORBIDDEN)
        check_body(post.kind, post.body)
        try:
            streams.verify_post(post, author)
        except SealError as error:
            raise RemoteProtocolError("A signature is not right.") from error
        return post
