"""Memory of the server per idle, logged-in client: `python -m benchmarks.idle_memory [CLIENTS]`."""

from __future__ import annotations

import sys

from benchmarks.real_server import RealServer
from tests.server.raw_client import RawClient


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with RealServer() as server:
        # One user more first, so that what the server loads once is not counted as a client's.
        first = RawClient(server.port)
        first.register("warmup", key=15)
        first.open_lobby()
        before = server.memory_kib()
        clients = []
        for number in range(count):
            client = RawClient(server.port)
            client.register(f"user{number}", key=number % 16)
            client.open_lobby()
            clients.append(client)
        after = server.memory_kib()
        print(f"server: {before / 1024:.1f} MiB with one client, {after / 1024:.1f} MiB with {count + 1}")
        print(f"{(after - before) / count:.1f} KiB per idle client")
        for client in [first, *clients]:
            client.close()


if __name__ == "__main__":
    main()
