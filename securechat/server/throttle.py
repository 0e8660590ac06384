"""How often anybody may do anything: token buckets, connection caps, and the slowing of password guesses.

Time is an argument of every method (seconds of one monotonic clock), so that tests need not wait. Each object has its
own lock, held for arithmetic only. Memory is bounded: what has recovered fully is forgotten.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from securechat.server.options import Limits

__all__ = ["Bucket", "ConnectionCaps", "LoginGuard", "RateTable", "seconds_text"]

_MOST_KEYS = 50_000


def seconds_text(wait_s: float) -> str:
    """The text of RATE_LIMITED: seconds to wait as a decimal number, rounded up, so that waiting them is enough."""
    return f"{math.ceil(wait_s * 100) / 100:.2f}"


class Bucket:
    """A token bucket: `rate` per second, `burst` at once. A rate of 0 is no limit. Not thread-safe."""

    __slots__ = ("_at_s", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self.rate = rate
        self.burst = max(burst, 1.0)
        self._tokens = self.burst
        self._at_s = now_s

    def take(self, now_s: float, count: float = 1.0) -> float:
        """0.0 if `count` tokens were there and are taken, else the seconds until they will be (nothing taken)."""
        if self.rate <= 0:
            return 0.0
        self._tokens = min(self.burst, self._tokens + max(0.0, now_s - self._at_s) * self.rate)
        self._at_s = now_s
        if self._tokens >= count:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self.rate

    def full(self, now_s: float) -> bool:
        """True if the bucket has recovered completely."""
        return self._tokens + max(0.0, now_s - self._at_s) * self.rate >= self.burst


class RateTable:
    """One bucket per key (a username, an address); those that recovered are forgotten. Thread-safe."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, Bucket] = {}

    def take(self, key: Hashable, now_s: float) -> float:
        """As `Bucket.take` for this key."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                if len(self._buckets) >= _MOST_KEYS:
                    self._forget(now_s)
                bucket = self._buckets[key] = Bucket(self._rate, self._burst, now_s)
            return bucket.take(now_s)

    def _forget(self, now_s: float) -> None:
        self._buckets = {key: b for key, b in self._buckets.items() if not b.full(now_s)}
        if len(self._buckets) >= _MOST_KEYS:
            self._buckets.clear()  # an attack from this many keys at once must not cost us memory


class ConnectionCaps:
    """Connections that have not logged in yet, in total and per address, counted from accept. Thread-safe."""

    def __init__(self, total: int, per_address: int) -> None:
        self._total, self._per_address = total, per_address
        self._lock = threading.Lock()
        self._count = 0
        self._addresses: dict[str, int] = {}

    def admit(self, address: str) -> bool:
        """Count one more connection from `address`; False if that would break a cap."""
        with self._lock:
            here = self._addresses.get(address, 0)
            if (self._total and self._count >= self._total) or (self._per_address and here >= self._per_address):
                return False
            self._count += 1
            self._addresses[address] = here + 1
            return True

    def release(self, address: str) -> None:
        """One admitted connection has logged in or ended."""
        with self._lock:
            self._count -= 1
            left = self._addresses[address] - 1
            if left:
                self._addresses[address] = left
            else:
                del self._addresses[address]

    @property
    def count(self) -> int:
        """Connections now counted."""
        with self._lock:
            return self._count


@dataclass
class _Failures:
    count: int = 0
    until_s: float = 0.0
    last_s: float = 0.0


class LoginGuard:
    """Slows guessing without locking anybody out (docs/protocol.md §11). Thread-safe.

    Per (user, address) the first failures are free, then the wait doubles up to a limit. Per user, *new* addresses may
    fail once a second after the first fifty: so a botnet is slow, while the user's own address stays free. Known and
    unknown names are treated alike.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._pairs: dict[tuple[str, str], _Failures] = {}
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()  # that logged in once, the latest last
        self._users = RateTable(1.0, limits.failed_logins_per_user_free)
        self._logins = RateTable(limits.logins_per_minute / 60, limits.logins_burst)
        self._registrations = RateTable(limits.registrations_per_hour / 3600, limits.registrations_burst)

    def before_login(self, username: str, address: str, now_s: float) -> float:
        """Seconds to wait before this login may be tried; 0.0: try now."""
        wait = self._wait(username, address, now_s) or self._logins.take((username, address), now_s)
        return wait or self._wait_of_newcomer(username, address, now_s)

    def before_registration(self, address: str, now_s: float) -> float:
        """Seconds to wait before this address may register; wrong invites count as its failed logins."""
        return self._wait("", address, now_s) or self._registrations.take(address, now_s)

    def _wait(self, username: str, address: str, now_s: float) -> float:
        with self._lock:
            failures = self._pairs.get((username, address))
            return max(0.0, failures.until_s - now_s) if failures else 0.0

    def _wait_of_newcomer(self, username: str, address: str, now_s: float) -> float:
        # Before the proof is looked at: a botnet guesses once from each address, and would never meet a wait after it.
        if not self._limits.failed_logins_per_user_free:
            return 0.0
        with self._lock:
            new = (username, address) not in self._pairs and (username, address) not in self._known
        return self._users.take(username, now_s) if new else 0.0

    def failed(self, username: str, address: str, now_s: float) -> None:
        """A proof or an invite (`username` empty) was wrong."""
        free = self._limits.failed_logins_free
        with self._lock:
            if (username, address) not in self._pairs and len(self._pairs) >= _MOST_KEYS:
                self._forget(now_s)
            failures = self._pairs.setdefault((username, address), _Failures())
            failures.count += 1
            failures.last_s = now_s
            if free and failures.count > free:
                wait = min(2.0 ** min(failures.count - free - 1, 20), self._limits.failed_login_wait_seconds)
                failures.until_s = now_s + wait

    def succeeded(self, username: str, address: str) -> None:
        """The right proof clears this address's failures for this user."""
        with self._lock:
            self._pairs.pop((username, address), None)
            self._known[username, address] = None
            self._known.move_to_end((username, address))
            if len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)

    def _forget(self, now_s: float) -> None:
        keep = self._limits.failed_login_wait_seconds
        self._pairs = {key: f for key, f in self._pairs.items() if now_s - f.last_s < keep}
        if len(self._pairs) >= _MOST_KEYS:
            self._pairs.clear()
