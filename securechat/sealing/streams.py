"""Streams, grants, posts and envelopes (docs/protocol.md §7, §8): making them, and opening them again.

A `SendingStream` lives in one process: its secret and counter are never written down, its header, grants and finished
envelopes may be. Checks that need no key and no clock live in `securechat.rules`.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

import crypto_utils as crypto
from securechat.errors import ProtocolError, SealError
from securechat.sealing.identity import OwnKeys, OwnPrekey, PublicIdentity
from securechat.wire import limits
from securechat.wire.objects import Envelope, Grant, Header, Post, Prekey, check_body

__all__ = [
    "SealedPost",
    "SendingStream",
    "StreamKey",
    "check_header",
    "make_grant",
    "make_header",
    "make_post",
    "open_box",
    "open_envelope",
    "open_grant",
    "post_id_of",
    "seal_post",
    "stream_id_of",
    "verify_post",
]

_PSK_ID = b"chat1 rsa-oaep"


def stream_id_of(header: Header) -> bytes:
    """H("stream", header without signature); 32 bytes."""
    return crypto.hash_label("stream", header.signed)


def post_id_of(post: Post) -> bytes:
    """H("post", post without signature); 32 bytes."""
    return crypto.hash_label("post", post.signed)


# --- headers ----------------------------------------------------------------------------------------------------


def make_header(
    author: OwnKeys, conv: bytes, roster: bytes, created: int, secret: bytes, random: bytes | None = None
) -> Header:
    """A signed header that commits to `secret` (32 bytes); `created` in ms; `random` 16 bytes, fresh by default."""
    random = crypto.random_bytes(16) if random is None else random
    commit = crypto.kdf(secret, "commit")
    draft = Header(conv, author.fp, roster, created, random, commit, bytes(64))
    signature = author.signing.sign("stream", draft.signed)
    return Header(conv, author.fp, roster, created, random, commit, signature)


def check_header(header: Header, author: PublicIdentity) -> None:
    """SealError unless `author` is the one named and signed the header."""
    if header.author != author.fp:
        raise SealError
    author.key.verify("stream", header.signed, header.signature)


# --- grants -----------------------------------------------------------------------------------------------------


def _grant_info(stream_id: bytes, reader_fp: bytes, prekey_id: int, ek: bytes, rsa_ct: bytes) -> bytes:
    return (
        crypto.label_prefix("grant")
        + stream_id
        + reader_fp
        + prekey_id.to_bytes(4, "big")
        + hashlib.sha256(ek).digest()
        + hashlib.sha256(rsa_ct).digest()
    )


def make_grant(stream_id: bytes, secret: bytes, reader: PublicIdentity, prekey: Prekey) -> Grant:
    """`secret` for one reader, safe while either RSA-OAEP or ML-KEM holds (§7).

    `reader` and `prekey` must have been accepted; always the *public* prekey object. About 0.6 ms.
    """
    if prekey.fp != reader.fp:
        raise SealError
    psk = crypto.random_bytes(32)
    rsa_ct = crypto.rsa_encrypt(reader.rsa, stream_id + reader.fp, psk)
    info = _grant_info(stream_id, reader.fp, prekey.id, prekey.ek, rsa_ct)
    enc, box = crypto.kem_seal(prekey.ek, _PSK_ID, psk, info, secret)
    return Grant(stream_id, reader.fp, prekey.id, rsa_ct, enc, box)


def open_grant(grant: Grant, header: Header, keys: OwnKeys, prekey: OwnPrekey | None) -> StreamKey:
    """The stream's keys from the own grant; about 4 ms. `prekey` is the own one with the grant's id, or None.

    SealError for every failure, an unknown prekey id included, and if the secret is not the one that the header
    commits to: so all readers of a stream have the same key.
    """
    stream_id = stream_id_of(header)
    if prekey is None or prekey.id != grant.prekey_id:
        raise SealError
    if grant.stream_id != stream_id or grant.reader != keys.fp:
        raise SealError
    psk = crypto.rsa_decrypt(keys.rsa, stream_id + keys.fp, grant.rsa_ct)
    info = _grant_info(stream_id, keys.fp, grant.prekey_id, prekey.kem.public, grant.rsa_ct)
    secret = crypto.kem_open(prekey.kem, _PSK_ID, psk, info, grant.enc, grant.box)
    if len(secret) != 32 or not crypto.equal(crypto.kdf(secret, "commit"), header.commit):
        raise SealError
    return StreamKey(header.conv, stream_id, crypto.kdf(secret, "message"))


# --- posts and envelopes ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamKey:
    """What opens (and, for its author, seals) the envelopes of one stream."""

    conv: bytes
    stream_id: bytes
    key: bytes

    @classmethod
    def from_secret(cls, conv: bytes, stream_id: bytes, secret: bytes) -> StreamKey:
        """The message key of a stream's secret (32 bytes)."""
        return cls(conv, stream_id, crypto.kdf(secret, "message"))

    def __repr__(self) -> str:
        return f"StreamKey({self.stream_id.hex()[:16]}...)"


@dataclass(frozen=True)
class SealedPost:
    """A post and the exact bytes of its envelope."""

    post: Post
    envelope: bytes


def make_post(
    author: OwnKeys, conv: bytes, stream_id: bytes, n: int, after: bytes, time_ms: int, kind: int, body: bytes
) -> Post:
    """A signed post; LocalProtocolError or RemoteProtocolError if `body` is not one of this kind."""
    check_body(kind, body)
    draft = Post(conv, author.fp, stream_id, n, after, time_ms, kind, body, bytes(64))
    signature = author.signing.sign("post", draft.signed)
    return Post(conv, author.fp, stream_id, n, after, time_ms, kind, body, signature)


def verify_post(post: Post, author: PublicIdentity) -> None:
    """SealError unless `author` is the post's author and signed it."""
    if post.author != author.fp:
        raise SealError
    author.key.verify("post", post.signed, post.signature)


def _nonce(n: int) -> bytes:
    return bytes(4) + n.to_bytes(8, "big")


def _envelope_aad(conv: bytes, stream_id: bytes, n: int) -> bytes:
    return crypto.label_prefix("envelope") + conv + stream_id + n.to_bytes(8, "big")


def seal_post(stream: StreamKey, n: int, post: bytes) -> bytes:
    """The envelope of an encoded post under counter `n`. The caller never gives one n to two different posts."""
    padded = post + b"\x80" + bytes(-(len(post) + 1) % limits.POST_PADDING)
    aad = _envelope_aad(stream.conv, stream.stream_id, n)
    box = crypto.aead_seal(stream.key, _nonce(n), aad, padded)
    return Envelope(stream.conv, stream.stream_id, n, box).encode()


def open_box(stream: StreamKey, envelope: Envelope) -> bytes:
    """The encoded post inside an envelope, not yet looked at; SealError unless box and padding are right."""
    if envelope.conv != stream.conv or envelope.stream_id != stream.stream_id:
        raise SealError
    aad = _envelope_aad(envelope.conv, envelope.stream_id, envelope.n)
    padded = crypto.aead_open(stream.key, _nonce(envelope.n), aad, envelope.ciphertext)
    plain = padded.rstrip(b"\0")
    if plain[-1:] != b"\x80":
        raise SealError
    return plain[:-1]


def open_envelope(stream: StreamKey, envelope: Envelope) -> Post:
    """The post inside; SealError unless box and padding are right and the post is of the envelope's conversation.

    The post's signature is not checked here: its author is only known afterwards.
    """
    try:
        post = Post.decode(open_box(stream, envelope))
    except ProtocolError as error:
        raise SealError from error
    if post.conv != envelope.conv:
        raise SealError
    return post


class SendingStream:
    """A stream that this process writes. Any thread may seal: the counter is under a lock, so no nonce repeats."""

    def __init__(self, author: OwnKeys, conv: bytes, roster: bytes, created: int, secret: bytes | None = None) -> None:
        self._author = author
        self.secret = crypto.random_bytes(32) if secret is None else secret
        self.header = make_header(author, conv, roster, created, self.secret)
        self.stream_id = stream_id_of(self.header)
        self.key = StreamKey.from_secret(conv, self.stream_id, self.secret)
        self._lock = threading.Lock()  # guards _next only; sealing happens outside
        self._next = 0

    def take_n(self) -> int:
        """The next counter value, never given twice."""
        with self._lock:
            n = self._next
            self._next += 1
            return n

    @property
    def count(self) -> int:
        """Posts sealed so far."""
        with self._lock:
            return self._next

    def usable(self, now_ms: int) -> bool:
        """False once a new stream is due by age or count, or the clock left created ... created + 24 h (§7)."""
        age = now_ms - self.header.created
        return 0 <= age <= limits.STREAM_ROTATE_MS and self.count < limits.STREAM_POSTS

    def seal(self, after: bytes, time_ms: int, kind: int, body: bytes) -> SealedPost:
        """Sign and seal the next post."""
        check_body(kind, body)  # before a number is taken, so that a refused body leaves no hole
        n = self.take_n()
        post = make_post(self._author, self.key.conv, self.stream_id, n, after, time_ms, kind, body)
        return SealedPost(post, seal_post(self.key, n, post.raw))

    def __repr__(self) -> str:
        return f"SendingStream({self.stream_id.hex()[:16]}...)"
