"""Lobby posts per second from 10 clients, each acknowledged only when durable, and the server's CPU for them.

`python -m benchmarks.lobby [POSTS_PER_CLIENT]`. The envelopes are sealed beforehand, so that the figure is the
server's; the clients share this process and keep 32 posts in flight each.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque

from benchmarks.real_server import RealServer
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, PostKind
from tests.server.raw_client import RawClient

_CLIENTS = 10
_IN_FLIGHT = 32


def _prepare(port: int, number: int, posts: int) -> tuple[RawClient, list[bytes]]:
    client = RawClient(port)
    client.register(f"user{number}", key=number)
    stream = client.open_stream()
    now = int(time.time() * 1000)
    envelopes = [stream.seal(ZERO32, now, PostKind.TEXT, b"x" * 200).envelope for _ in range(posts)]
    return client, envelopes


def _post_all(client: RawClient, envelopes: list[bytes], times: list[float], start: threading.Barrier) -> None:
    start.wait()
    waiting: deque[tuple[int, float]] = deque()
    for envelope in envelopes:
        waiting.append((client.send(FrameType.POST, envelope), time.perf_counter()))
        if len(waiting) >= _IN_FLIGHT:
            _take(client, waiting, times)
    while waiting:
        _take(client, waiting, times)


def _take(client: RawClient, waiting: deque[tuple[int, float]], times: list[float]) -> None:
    number, sent = waiting.popleft()
    frame = client.reply(number)
    assert frame.type == FrameType.OK, frame
    times.append(time.perf_counter() - sent)
    client.pushes.clear()


def main() -> None:
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with RealServer() as server:
        prepared = [_prepare(server.port, n, posts) for n in range(_CLIENTS)]
        times: list[float] = []
        start = threading.Barrier(_CLIENTS + 1)
        threads = [threading.Thread(target=_post_all, args=(*pair, times, start)) for pair in prepared]
        for thread in threads:
            thread.start()
        start.wait()
        begun, cpu = time.perf_counter(), server.cpu_s()
        for thread in threads:
            thread.join()
        took, cpu = time.perf_counter() - begun, server.cpu_s() - cpu
        total = posts * _CLIENTS
        times.sort()
        print(f"{total} posts from {_CLIENTS} clients in {took:.2f} s: {total / took:.0f} durable posts/s")
        median, p99 = times[len(times) // 2] * 1e3, times[-len(times) // 100] * 1e3
        print(f"acknowledged after {median:.1f} ms (median), {p99:.1f} ms (p99)")
        each = cpu / total * 1e6
        print(f"server CPU {each:.0f} us per post, {each / (_CLIENTS - 1):.1f} us per delivery")
        for client, _ in prepared:
            client.close()


if __name__ == "__main__":
    main()
