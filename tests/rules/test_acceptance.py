"""When a reader takes a post: bound to its envelope, new, and in order."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.errors import RemoteProtocolError
from securechat.rules.acceptance import LATE_MS, SeenPosts, check_bound_post, is_late
from securechat.rules.conversations import direct_id, direct_roster
from securechat.rules.safety_number import safety_number
from securechat.wire import limits
from securechat.wire.objects import Envelope, Header, Post

CREATED = 1_700_000_000_000
HEADER = Header(bytes(32), b"a" * 32, bytes(32), CREATED, bytes(16), bytes(32), bytes(64))


def post(n: int = 0, *, time: int = CREATED, stream: bytes = b"s" * 32, body: bytes = b"x") -> Post:
    return Post(bytes(32), b"a" * 32, stream, n, bytes(32), time, 1, body, bytes(64))


def envelope(n: int = 0) -> Envelope:
    return Envelope(bytes(32), b"s" * 32, n, bytes(272))


def test_post_is_its_envelopes() -> None:
    check_bound_post(post(3), envelope(3), HEADER)
    for bad in (post(2), replace(post(3), author=b"b" * 32), post(3, stream=b"t" * 32)):
        with pytest.raises(RemoteProtocolError):
            check_bound_post(bad, envelope(3), HEADER)


@pytest.mark.parametrize(
    ("time", "good"),
    [
        (CREATED - limits.STREAM_MAX_EARLY_MS, True),
        (CREATED - limits.STREAM_MAX_EARLY_MS - 1, False),
        (CREATED + limits.STREAM_MAX_AGE_MS, True),
        (CREATED + limits.STREAM_MAX_AGE_MS + 1, False),
        (0, False),
        (2**64 - 1, False),
    ],
)
def test_time_lies_within_the_streams_day(time: int, good: bool) -> None:
    if good:
        check_bound_post(post(time=time), envelope(), HEADER)
    else:
        with pytest.raises(RemoteProtocolError):
            check_bound_post(post(time=time), envelope(), HEADER)


def test_lateness_begins_after_ten_minutes() -> None:
    assert not is_late(CREATED - LATE_MS, CREATED)
    assert is_late(CREATED - LATE_MS - 1, CREATED)


def place(seen: SeenPosts, item: Post, seq: int) -> tuple[bool, bool]:
    order = seen.place(item, hashlib.sha256(item.encode()).digest(), seq)
    return order.valid, order.duplicate


def test_known_post_is_dropped_and_another_under_its_number_refused() -> None:
    seen = SeenPosts()
    assert place(seen, post(0), 5) == (True, False)
    assert place(seen, post(0), 5) == (True, True)
    assert place(seen, post(0), 9) == (True, True)
    assert place(seen, post(0, body=b"other"), 6) == (False, False)
    # The same number in another stream is another post.
    assert place(seen, post(0, stream=b"t" * 32), 6) == (True, False)


def test_numbers_of_a_stream_rise_with_seq_also_when_history_comes_later() -> None:
    seen = SeenPosts()
    assert place(seen, post(5), 50) == (True, False)
    assert place(seen, post(6), 40) == (False, False)
    assert place(seen, post(4), 60) == (False, False)
    assert place(seen, post(3), 30) == (True, False)
    assert place(seen, post(4), 45) == (True, False)
    assert place(seen, post(9), 70) == (True, False)
    # One that was refused leaves nothing behind.
    assert place(seen, post(6), 60) == (True, False)


def test_missing_posts_are_counted_within_a_stream() -> None:
    seen = SeenPosts()
    place(seen, post(2), 10)
    assert seen.missing_before(post(2)) == 0
    assert seen.missing_before(post(3)) == 0
    assert seen.missing_before(post(6)) == 3
    assert seen.previous_seq(post(6)) == 10
    assert seen.missing_before(post(6, stream=b"t" * 32)) == 0
    assert seen.previous_seq(post(0)) == 0
    assert seen.knows(hashlib.sha256(post(2).encode()).digest())


@settings(max_examples=100)
@given(st.permutations(range(8)))
def test_order_of_arrival_does_not_matter(order: list[int]) -> None:
    """Eight posts of one stream, fetched in any order, all find their place; each once."""
    seen = SeenPosts()
    for n in order:
        assert place(seen, post(n), 100 + n) == (True, False)
    for n in order:
        assert place(seen, post(n), 100 + n) == (True, True)
        assert seen.missing_before(post(n)) == 0


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_what_two_people_share_is_the_same_for_both(one: bytes, two: bytes) -> None:
    assert safety_number(one, two) == safety_number(two, one)
    assert direct_roster(one, two) == direct_roster(two, one)
    assert [len(group) for group in safety_number(one, two).split()] == [5] * 12


def test_direct_conversations_differ_by_both_names() -> None:
    names = ("alice", "bob", "alic", "ealice", "aliceb", "ob")
    ids = {direct_id(one, two) for one in names for two in names if one <= two}
    assert len(ids) == len(names) * (len(names) + 1) // 2
