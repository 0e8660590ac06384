"""Streams, grants, posts and envelopes: who can open them, and that nothing may change on the way."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crypto_utils as crypto
from securechat.errors import ErrorCode, ProtocolError, RemoteProtocolError, SealError
from securechat.sealing import streams
from securechat.sealing.identity import OwnPrekey
from securechat.sealing.streams import SendingStream, StreamKey
from securechat.wire import limits
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, Post, PostKind
from tests.sealing.people import CREATED, flip, keys_of, prekey_of

CONV = b"\x11" * 32
ALICE, BOB = keys_of("alice"), keys_of("bob")
STREAM = SendingStream(ALICE, CONV, ZERO32, CREATED, secret=b"\x55" * 32)
GRANT = streams.make_grant(STREAM.stream_id, STREAM.secret, BOB.public, prekey_of("bob").record(BOB))
POST = streams.make_post(ALICE, CONV, STREAM.stream_id, 0, ZERO32, CREATED, PostKind.TEXT, b"hello")
ENVELOPE = streams.seal_post(STREAM.key, 0, POST.raw)


def open_for_bob(grant: Grant, header: Header = STREAM.header) -> StreamKey:
    return streams.open_grant(grant, header, BOB, prekey_of("bob"))


def test_reader_opens_grant_and_post() -> None:
    key = open_for_bob(GRANT)
    assert key == STREAM.key
    post = streams.open_envelope(key, Envelope.decode(ENVELOPE))
    streams.verify_post(post, ALICE.public)
    assert post.body == b"hello"


@settings(max_examples=40)
@given(st.integers(0, limits.GRANT * 8 - 1))
def test_no_bit_of_a_grant_may_change(bit: int) -> None:
    with pytest.raises(SealError):
        open_for_bob(Grant.decode(flip(GRANT.raw, bit)))


@settings(max_examples=80)
@given(st.integers(0, limits.HEADER * 8 - 1))
def test_no_bit_of_a_header_may_change(bit: int) -> None:
    """Neither for who checks the signature nor for who opens a grant, its signature aside."""
    changed = Header.decode(flip(STREAM.header.raw, bit))
    with pytest.raises(SealError):
        streams.check_header(changed, ALICE.public)
    if bit < (limits.HEADER - 64) * 8 and bit % 8 == 0:
        with pytest.raises(SealError):
            open_for_bob(GRANT, changed)


@settings(max_examples=80)
@given(st.integers(0, len(ENVELOPE) * 8 - 1))
def test_no_bit_of_an_envelope_may_change(bit: int) -> None:
    with pytest.raises(SealError):
        streams.open_envelope(STREAM.key, Envelope.decode(flip(ENVELOPE, bit)))


@settings(max_examples=80)
@given(st.integers(0, len(POST.raw) * 8 - 1))
def test_no_bit_of_a_post_may_change(bit: int) -> None:
    """Whoever has the stream's key can seal anything, but not in alice's name."""
    box = streams.seal_post(STREAM.key, 0, flip(POST.raw, bit))
    with pytest.raises(SealError):
        streams.verify_post(streams.open_envelope(STREAM.key, Envelope.decode(box)), ALICE.public)


def test_grant_opens_with_both_keys_of_its_reader_only() -> None:
    with pytest.raises(SealError):
        streams.open_grant(GRANT, STREAM.header, ALICE, prekey_of("alice"))
    other = prekey_of("bob", 2)
    for prekey in (None, other, OwnPrekey(1, CREATED, other.kem), OwnPrekey(2, CREATED, prekey_of("bob").kem)):
        with pytest.raises(SealError):
            streams.open_grant(GRANT, STREAM.header, BOB, prekey)
    other_rsa = type(BOB)(BOB.username, BOB.signing, keys_of("carol").rsa, BOB.created, BOB.public)
    with pytest.raises(SealError):
        streams.open_grant(GRANT, STREAM.header, other_rsa, prekey_of("bob"))


def test_grant_of_another_secret_than_the_committed_one_is_refused() -> None:
    """So two readers cannot be given different keys, and so different texts, for one stream."""
    cheat = streams.make_grant(STREAM.stream_id, b"\x66" * 32, BOB.public, prekey_of("bob").record(BOB))
    with pytest.raises(SealError):
        open_for_bob(cheat)


def test_grant_of_another_stream_is_refused() -> None:
    other = SendingStream(ALICE, CONV, ZERO32, CREATED, secret=STREAM.secret)
    assert other.stream_id != STREAM.stream_id
    with pytest.raises(SealError):
        open_for_bob(GRANT, other.header)


def test_no_grant_is_made_for_another_persons_prekey() -> None:
    with pytest.raises(SealError):
        streams.make_grant(STREAM.stream_id, STREAM.secret, BOB.public, prekey_of("alice").record(ALICE))


def test_two_grants_of_one_secret_share_no_bytes_of_their_boxes() -> None:
    again = streams.make_grant(STREAM.stream_id, STREAM.secret, BOB.public, prekey_of("bob").record(BOB))
    assert again.rsa_ct != GRANT.rsa_ct and again.enc != GRANT.enc and again.box != GRANT.box
    assert open_for_bob(again) == open_for_bob(GRANT)


@pytest.mark.parametrize("wrong", [b"", b"\0" * 256, b"\x80" + b"\0" * 255, b"x" * 256, b"\0" * 255 + b"\x81"])
def test_bad_padding_is_refused(wrong: bytes) -> None:
    aad = crypto.label_prefix("envelope") + CONV + STREAM.stream_id + bytes(8)
    box = crypto.aead_seal(STREAM.key.key, bytes(12), aad, wrong)
    with pytest.raises(SealError):
        streams.open_envelope(STREAM.key, Envelope(CONV, STREAM.stream_id, 0, box))


@settings(max_examples=40)
@given(st.binary(min_size=0, max_size=700), st.integers(0, 2**64 - 1))
def test_boxes_come_back_whole_and_hide_their_length(body: bytes, n: int) -> None:
    """Also a body that ends in the bytes of the padding."""
    for data in (body, body + b"\x80", body + b"\x80\0\0"):
        envelope = Envelope.decode(streams.seal_post(STREAM.key, n, data))
        assert (len(envelope.ciphertext) - 16) % 256 == 0
        assert 0 < len(envelope.ciphertext) - 16 - len(data) <= 256
        assert streams.open_box(STREAM.key, envelope) == data


def test_envelope_moved_to_another_number_stream_or_conversation_is_refused() -> None:
    good = Envelope.decode(ENVELOPE)
    other = StreamKey.from_secret(CONV, b"\x77" * 32, STREAM.secret)
    for moved, key in (
        (Envelope(good.conv, good.stream_id, 1, good.ciphertext), STREAM.key),
        (Envelope(good.conv, other.stream_id, 0, good.ciphertext), other),
        (good, other),
        (Envelope(bytes(32), good.stream_id, 0, good.ciphertext), STREAM.key),
    ):
        with pytest.raises(SealError):
            streams.open_envelope(key, moved)


def test_posts_of_another_conversation_are_refused_inside_a_good_envelope() -> None:
    foreign = streams.make_post(ALICE, bytes(32), STREAM.stream_id, 0, ZERO32, CREATED, 1, b"x")
    with pytest.raises(SealError):
        streams.open_envelope(STREAM.key, Envelope.decode(streams.seal_post(STREAM.key, 0, foreign.raw)))


def test_post_is_its_authors_alone() -> None:
    with pytest.raises(SealError):
        streams.verify_post(POST, BOB.public)
    renamed = Post(POST.conv, BOB.fp, POST.stream_id, 0, ZERO32, CREATED, 1, POST.body, POST.signature)
    with pytest.raises(SealError):
        streams.verify_post(renamed, BOB.public)


# --- the sending side -------------------------------------------------------------------------------------------


def test_no_number_is_given_twice_to_eight_threads() -> None:
    """A repeated number would encrypt two posts with one nonce."""
    stream, taken, start = SendingStream(ALICE, CONV, ZERO32, CREATED), [[] for _ in range(8)], threading.Barrier(8)

    def take(own: list[int]) -> None:
        start.wait(10)
        own.extend(stream.take_n() for _ in range(2000))

    threads = [threading.Thread(target=take, args=(own,)) for own in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(n for own in taken for n in own) == list(range(16_000))
    assert all(own == sorted(own) for own in taken)


def test_posts_sealed_by_threads_all_open_under_their_own_number() -> None:
    stream, sealed, lock = SendingStream(ALICE, CONV, ZERO32, CREATED), [], threading.Lock()

    def seal(thread: int) -> None:
        for number in range(10):
            item = stream.seal(ZERO32, CREATED, PostKind.TEXT, b"%d %d" % (thread, number))
            with lock:
                sealed.append(item)

    threads = [threading.Thread(target=seal, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(item.post.n for item in sealed) == list(range(40))
    for item in sealed:
        envelope = Envelope.decode(item.envelope)
        assert envelope.n == item.post.n
        assert streams.open_envelope(stream.key, envelope).body == item.post.body


def test_refused_body_takes_no_number() -> None:
    stream = SendingStream(ALICE, CONV, ZERO32, CREATED)
    for body in (b"", b"\xff", b"x" * (limits.TEXT + 1)):
        with pytest.raises(ProtocolError):
            stream.seal(ZERO32, CREATED, PostKind.TEXT, body)
    assert stream.seal(ZERO32, CREATED, PostKind.TEXT, b"ok").post.n == 0


def test_stream_is_used_for_a_day_and_a_thousand_posts() -> None:
    stream = SendingStream(ALICE, CONV, ZERO32, CREATED)
    for now, usable in ((CREATED, True), (CREATED - 1, False), (CREATED + limits.DAY_MS, True)):
        assert stream.usable(now) is usable
    assert not stream.usable(CREATED + limits.DAY_MS + 1)
    for _ in range(limits.STREAM_POSTS):
        assert stream.usable(CREATED)
        stream.take_n()
    assert not stream.usable(CREATED)


def test_streams_show_no_secret() -> None:
    shown = f"{STREAM!r} {STREAM.key!r}"
    assert STREAM.secret.hex()[:16] not in shown and STREAM.key.key.hex()[:16] not in shown


@pytest.mark.parametrize(("size", "fits"), [(limits.TEXT, True), (limits.TEXT + 1, False)])
def test_texts_at_their_edge(size: int, fits: bool) -> None:
    if fits:
        assert len(new_stream().seal(ZERO32, CREATED, 7, bytes(32) + b"x" * size).envelope) == limits.ENVELOPE
    else:
        with pytest.raises(RemoteProtocolError) as refused:
            new_stream().seal(ZERO32, CREATED, 1, b"x" * size)
        assert refused.value.code == ErrorCode.TOO_LARGE


def new_stream() -> SendingStream:
    return SendingStream(ALICE, CONV, ZERO32, CREATED)
