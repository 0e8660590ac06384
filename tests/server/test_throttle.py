"""Token buckets, connection caps and the slowing of guesses, with a clock in the test's hand."""

from __future__ import annotations

import pytest

from securechat.server import throttle
from securechat.server.options import Limits
from securechat.server.throttle import Bucket, ConnectionCaps, LoginGuard, RateTable

LIMITS = Limits(logins_per_minute=0)


def test_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(2.0, 3, now_s=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert bucket.take(100.25) == pytest.approx(0.25)
    assert bucket.take(100.5) == 0.0
    assert not bucket.full(101.0)
    assert bucket.full(102.0)
    assert [bucket.take(1000.0) for _ in range(4)].count(0.0) == 3


def test_bucket_takes_all_or_nothing_and_bears_a_clock_that_stands_back() -> None:
    bucket = Bucket(1.0, 5, now_s=10.0)
    assert bucket.take(10.0, 6) == pytest.approx(1.0)
    assert bucket.take(10.0, 5) == 0.0
    assert bucket.take(5.0) == pytest.approx(1.0)
    assert bucket.take(6.0) == 0.0


def test_rate_of_zero_is_no_limit() -> None:
    bucket = Bucket(0.0, 0, now_s=0.0)
    assert all(bucket.take(0.0) == 0.0 for _ in range(1000))


def test_table_keeps_keys_apart_and_its_memory_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_KEYS", 10)
    table = RateTable(1.0, 1)
    assert [table.take("a", 0.0), table.take("b", 0.0)] == [0.0, 0.0]
    assert table.take("a", 0.0) > 0
    for number in range(1000):
        table.take(number, 0.0)
        assert len(table._buckets) <= 10
    # Those that recovered go first: somebody who is limited now stays limited.
    table = RateTable(1.0, 1)
    for number in range(9):
        table.take(number, 0.0)
    table.take("busy", 100.0)
    table.take("new", 100.0)
    assert table.take("busy", 100.0) > 0


def test_caps_count_per_address_and_in_all() -> None:
    caps = ConnectionCaps(3, 2)
    assert [caps.admit("a"), caps.admit("a"), caps.admit("a")] == [True, True, False]
    assert [caps.admit("b"), caps.admit("c")] == [True, False]
    caps.release("a")
    assert caps.count == 2
    assert caps.admit("c")
    for address in ("a", "b", "c"):
        caps.release(address)
    assert caps.count == 0 and caps._addresses == {}


def test_waits_double_up_to_five_minutes() -> None:
    guard, now, waits = LoginGuard(LIMITS), 0.0, []
    for _ in range(20):
        wait = guard.before_login("alice", "a", now)
        now += wait
        waits.append(wait)
        guard.failed("alice", "a", now)
    assert waits[:6] == [0.0] * 6
    assert waits[6:14] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert waits[14:] == [256, 300, 300, 300, 300, 300]


def test_waits_are_per_user_and_address() -> None:
    guard = LoginGuard(LIMITS)
    for _ in range(7):
        guard.failed("alice", "bad", 0.0)
    assert guard.before_login("alice", "bad", 0.0) > 0
    assert guard.before_login("alice", "home", 0.0) == 0.0
    assert guard.before_login("bob", "bad", 0.0) == 0.0


def test_right_password_clears_the_slate() -> None:
    guard = LoginGuard(LIMITS)
    for _ in range(6):
        guard.failed("alice", "a", 0.0)
    assert guard.before_login("alice", "a", 0.5) == pytest.approx(0.5)
    guard.succeeded("alice", "a")
    guard.failed("alice", "a", 1.0)
    assert guard.before_login("alice", "a", 1.0) == 0.0


def guesses_from_new_addresses(guard: LoginGuard, name: str, count: int, now_s: float, tag: str = "") -> int:
    """A botnet: one guess from each of `count` addresses; how many were looked at."""
    looked_at = 0
    for number in range(count):
        address = f"{tag}{number}"
        if guard.before_login(name, address, now_s) == 0.0:
            looked_at += 1
            guard.failed(name, address, now_s)
    return looked_at


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_botnet_gets_fifty_guesses_then_one_a_second(name: str) -> None:
    guard = LoginGuard(LIMITS)
    assert guesses_from_new_addresses(guard, name, 1000, 0.0) == 50
    assert guesses_from_new_addresses(guard, name, 1000, 10.0, "later") == 10


def test_botnet_does_not_lock_the_user_out() -> None:
    guard = LoginGuard(LIMITS)
    assert guard.before_login("alice", "home", 0.0) == 0.0
    guard.succeeded("alice", "home")
    guesses_from_new_addresses(guard, "alice", 1000, 1.0)
    assert guard.before_login("alice", "home", 1.0) == 0.0
    # Others are not touched, and a new address of hers waits a second at most.
    assert guard.before_login("bob", "office", 1.0) == 0.0
    assert 0 < guard.before_login("alice", "new", 1.0) <= 1.0


def test_guard_forgets_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_KEYS", 20)
    guard = LoginGuard(LIMITS)
    for number in range(500):
        guard.before_login(f"user{number}", "a", float(number))
        guard.failed(f"user{number}", "a", float(number))
        guard.succeeded(f"other{number}", "a")
        guard.before_registration(f"address{number}", float(number))
    for table in (guard._pairs, guard._known, guard._users._buckets, guard._logins._buckets):
        assert len(table) <= 20
    assert len(guard._registrations._buckets) <= 20


def test_logins_have_a_rate_even_with_the_right_password() -> None:
    guard = LoginGuard(Limits(logins_per_minute=6, logins_burst=2))
    waits = [guard.before_login("alice", "a", 0.0) for _ in range(3)]
    assert waits == [0.0, 0.0, pytest.approx(10.0)]
