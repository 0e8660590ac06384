"""A wire between clients and a server that a test may block or tear.

Owns its sockets and one thread that carries bytes as they come. Knows nothing of what they mean.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from types import TracebackType

__all__ = ["Wire"]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST
_SEND_S = 20.0


class Wire:
    """Clients connect to `port` and reach the server at `target`. A context manager; its methods from any thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wake_in, self._wake_out = socket.socketpair()
        self._asked = threading.Condition()  # guards the two below
        self._orders: list[str] = []
        self._done = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._other: dict[socket.socket, socket.socket] = {}
        self._servers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="wire")
        self._thread.start()

    def block(self) -> None:
        """From the return of this call on nothing is read from the server."""
        self._order("block")

    def unblock(self) -> None:
        """Let everything flow again."""
        self._order("unblock")

    def reset(self) -> None:
        """Tear all connections: the server sees them reset."""
        self._order("reset")

    def close(self) -> None:
        """Tear everything and end the thread. Idempotent."""
        if self._thread.is_alive():
            self._order("close")
        self._thread.join(_SEND_S)

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _order(self, order: str) -> None:
        with self._asked:
            self._orders.append(order)
            number = self._done + len(self._orders)
            self._wake_in.send(b"!")
            assert self._asked.wait_for(lambda: self._done >= number, _SEND_S), "the wire is stuck"

    # --- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._wake_out:
                    self._wake_out.recv(64)
                elif key.fileobj in self._other:  # else its other end was lost just now
                    self._carry(key.fileobj)  # type: ignore[arg-type]
            if self._obey():
                return

    def _obey(self) -> bool:
        with self._asked:
            orders, self._orders = self._orders, []
        for order in orders:
            if order in ("block", "unblock"):
                for server in self._servers:
                    self._selector.unregister(server) if order == "block" else self._watch(server)
            else:
                for server in list(self._servers):
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self._lose(server)
        if "close" in orders:
            for sock in (self._listener, self._wake_in, self._wake_out, self._selector):
                sock.close()
        with self._asked:
            self._done += len(orders)
            self._asked.notify_all()
        return "close" in orders

    def _watch(self, sock: socket.socket) -> None:
        self._selector.register(sock, selectors.EVENT_READ)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.socket()
        # Small, so that a blocked wire is soon full; a size that was set by hand does not grow.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        try:
            server.connect(("127.0.0.1", self._target))
        except OSError:
            server.close()
            client.close()
            return
        self._servers.append(server)
        self._other[client], self._other[server] = server, client
        for sock in (client, server):
            sock.settimeout(_SEND_S)
            self._watch(sock)

    def _carry(self, source: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data:
                self._other[source].sendall(data)
                return
        except OSError:
            pass  # torn: both ends are given up
        self._lose(source)

    def _lose(self, one: socket.socket) -> None:
        for sock in (one, self._other[one]):
            if sock in self._selector.get_map():
                self._selector.unregister(sock)
            if sock in self._servers:
                self._servers.remove(sock)
            del self._other[sock]
            sock.close()
