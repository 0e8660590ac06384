"""A client that does not read: it is dropped with SLOW, nobody waits for it, and it misses nothing."""

from __future__ import annotations

import time

from securechat.client.events import ConnectionState
from securechat.errors import ErrorCode
from tests.e2e.conftest import MakePerson, StartServer
from tests.e2e.wire import Wire

LARGE = "x" * 16_000
# The server queues 1 MiB and the system takes some more: at most so much until it has to be dropped.
MOST_POSTS = 600
PROMPT_S = 3.0


def test_a_slow_reader_is_dropped_and_misses_nothing(start_server: StartServer, make_person: MakePerson) -> None:
    """Client threads, the wire's thread and the server's process; the wire is closed here, the rest by fixtures."""
    server = start_server("--welcome", "")
    bob = make_person("bob").register(server.address)
    carol = make_person("carol").register(server.address)
    with Wire(server.port) as wire:
        alice = make_person("alice").register(server.link_to(wire.port))
        bob.say("before")
        alice.wait_text("before")
        wire.block()
        slowest_s, posts = 0.0, 0
        while "  alice" in server.ask("/who", "  carol"):
            assert posts < MOST_POSTS, "it has to be dropped"
            for _ in range(20):
                bob.client.send(f"{posts} {LARGE}")
                posts += 1
            begun = time.monotonic()
            bob.say(f"round of {posts}")
            carol.wait_text(f"round of {posts}")
            slowest_s = max(slowest_s, time.monotonic() - begun)
        assert posts * len(LARGE) > 1 << 20, "a queue that is not full is no reason"
        assert alice.texts() == ["before"], "nothing came through the wire"
        assert slowest_s < PROMPT_S, "the others do not wait"

        wire.unblock()
        waiting = alice.wait_state(ConnectionState.WAITING)
        assert waiting.code == ErrorCode.SLOW
        assert waiting.reason.startswith("The connection was too slow")
        server.wait_line("alice disconnected")
        alice.wait_back()
        bob.say("after")
        for person in (alice, carol):
            person.wait_text("after")
        assert alice.whole_history() == bob.lines() == carol.lines()
