"""When a reader accepts a post: the rules of docs/protocol.md §8 that need neither key nor network.

`check_bound_post` is rule 4 for direct conversations and rooms; `SeenPosts` is rule 5 and the count of missing posts.
What fails here is shown as one line, never as nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass

from securechat.errors import RemoteProtocolError
from securechat.wire import limits
from securechat.wire.objects import ZERO32, Envelope, Header, Post

__all__ = ["LATE_MS", "AfterRule", "Order", "SeenPosts", "check_bound_post", "is_late"]

LATE_MS = 10 * 60 * 1000


def check_bound_post(post: Post, envelope: Envelope, header: Header) -> None:
    """RemoteProtocolError unless author, stream and number are the envelope's and the time lies within the stream's.

    For direct conversations and rooms (§8 rule 4); in the lobby the envelope is the server's.
    """
    if post.author != header.author or post.stream_id != envelope.stream_id or post.n != envelope.n:
        raise RemoteProtocolError("A post is not the one that its envelope announces.")
    earliest = header.created - limits.STREAM_MAX_EARLY_MS
    if not earliest <= post.time <= header.created + limits.STREAM_MAX_AGE_MS:
        raise RemoteProtocolError("A post's time does not lie within its stream's.")


def is_late(time_ms: int, newest_above_ms: int) -> bool:
    """True if a post's signed time is over 10 minutes before the newest above it (or the clock, if pushed)."""
    return time_ms < newest_above_ms - LATE_MS


@dataclass(frozen=True)
class Order:
    """Where a post stands: `duplicate` posts are dropped in silence, `valid` False is shown as a problem,
    `missing` counts posts of its stream that are not there."""

    valid: bool
    duplicate: bool = False
    missing: int = 0


class SeenPosts:
    """What this program has accepted in one conversation: (author, stream, n) once, rising n by seq (rule 5).

    Not thread-safe: it belongs to the conversation's timeline.
    """

    def __init__(self) -> None:
        # (n, seq) by (author, stream), sorted: both rise together, so only neighbours have to be looked at.
        self._streams: dict[tuple[bytes, bytes], list[tuple[int, int]]] = {}
        self._ids: set[bytes] = set()

    def place(self, post: Post, post_id: bytes, seq: int) -> Order:
        """Record a verified post at `seq` and say how it fits. An invalid one is not recorded."""
        if post_id in self._ids:
            return Order(valid=True, duplicate=True)
        places = self._streams.setdefault((post.author, post.stream_id), [])
        index = bisect_left(places, (post.n, 0))
        if index and places[index - 1][1] >= seq:
            return Order(valid=False)
        if index < len(places) and (places[index][0] == post.n or places[index][1] < seq):
            return Order(valid=False)
        places.insert(index, (post.n, seq))
        self._ids.add(post_id)
        return Order(valid=True)

    def knows(self, post_id: bytes) -> bool:
        """True if this post was accepted before."""
        return post_id in self._ids

    def missing_before(self, post: Post) -> int:
        """Posts of the same stream between this one and the one before it that is known here.

        Meaningful only if every seq between the two is held without a hole; the caller judges that. Streams whose
        beginning is not loaded count from the earliest known post.
        """
        earlier = self._earlier(post)
        return post.n - earlier[0] - 1 if earlier else 0

    def previous_seq(self, post: Post) -> int:
        """The seq of the post before this one in its stream, or 0 if none is known."""
        earlier = self._earlier(post)
        return earlier[1] if earlier else 0

    def _earlier(self, post: Post) -> tuple[int, int] | None:
        """(n, seq) of the post before this one in its stream, None if none is known."""
        places = self._streams.get((post.author, post.stream_id), [])
        index = bisect_left(places, (post.n, 0))
        return places[index - 1] if index else None


class AfterRule:
    """Whether an author had seen a message that is not here: the `after` of posts (§8). Not thread-safe.

    Judged within one stream only: there a later post never names an older `after`, while another device of the author
    may lag behind and name one that was just not loaded here.
    """

    def __init__(self) -> None:
        self._noted: dict[tuple[bytes, bytes], list[tuple[int, bytes]]] = {}  # sorted by seq

    def note(self, post: Post, seq: int) -> None:
        """An accepted post, of any kind."""
        insort(self._noted.setdefault((post.author, post.stream_id), []), (seq, post.after))

    def in_doubt(
        self, post: Post, seq: int, knows: Callable[[bytes], bool], open_at: Callable[[int], bool], begins: bool
    ) -> bool:
        """True if `post` names a message that is not here though it should be.

        `knows`: is a post id here; `open_at`: was everything at a seq opened; `begins`: nothing older exists. False
        wherever that cannot be judged.
        """
        if post.after == ZERO32 or knows(post.after):
            return False
        noted = self._noted.get((post.author, post.stream_id), [])
        index = bisect_left(noted, (seq, b""))
        if index == 0:
            return False
        previous_seq, previous = noted[index - 1]
        # If what the author had seen last time is here (or was nothing, and here nothing is older), what came after
        # it is newer, and so would be here too.
        judged = knows(previous) if previous != ZERO32 else begins
        return judged and previous != post.after and all(open_at(between) for between in range(previous_seq + 1, seq))
