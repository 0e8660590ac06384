"""The way from a host and port to a connection with TLS on it.

Owns names, addresses, the time for all of it, and a way to give up from another thread.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from securechat.errors import ConnectionClosed
from securechat.net.held_socket import WakeUp
from securechat.net.tls_connection import TlsConnection
from securechat.net.waiting import Deadline, wait_ready

__all__ = ["Cancel", "connect"]

_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}


class Cancel:
    """Lets one thread end a `connect` that another is in. Holds no resources, and serves once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._set = False
        self._action: Callable[[], None] | None = None

    def set(self) -> None:
        """End it, now or as soon as it starts; idempotent, any thread, does not wait."""
        with self._lock:
            self._set = True
            action = self._action
        if action:
            action()

    @property
    def is_set(self) -> bool:
        """True after `set`."""
        return self._set

    @contextmanager
    def waking(self, action: Callable[[], None]) -> Iterator[None]:
        """Within this, `set` calls ``action``, which may come late. Raises ConnectionClosed if it is set already."""
        with self._lock:
            if self._set:
                raise _cancelled()
            self._action = action
        try:
            yield
        finally:
            with self._lock:
                self._action = None


def _cancelled() -> ConnectionClosed:
    return ConnectionClosed("Connecting was cancelled.")


def connect(
    host: str, port: int, context: ssl.SSLContext, timeout_s: float, *, cancel: Cancel | None = None
) -> TlsConnection:
    """A connection with its handshake done. Tries every address of ``host``; blocks up to ``timeout_s`` in all.

    Looking up the name is the system's part and keeps neither to the time nor to ``cancel``. Raises ConnectionClosed
    with a sentence for the person. Any thread.
    """
    deadline = Deadline(timeout_s)
    cancel = cancel or Cancel()
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    sock = _dial(_addresses(host, port), place, deadline, cancel)
    connection = TlsConnection(
        sock,
        context,
        server_side=False,
        address=(host, port),
        server_hostname=host if context.check_hostname else None,
    )
    try:
        with cancel.waking(connection.close):
            connection.handshake(deadline.remaining() or 0.0)
        if cancel.is_set:
            raise _cancelled()
    except ConnectionClosed as error:
        connection.close()
        if cancel.is_set:
            raise _cancelled() from error
        raise ConnectionClosed(f"No secure connection to {place}: {error}", reset=error.reset) from error
    return connection


_Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


def _addresses(host: str, port: int) -> list[_Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError) as error:
        raise ConnectionClosed(f"The name {host} is not known. Check the server's address.") from error
    return [(family, address) for family, _, _, _, address in found]


def _dial(addresses: list[_Address], place: str, deadline: Deadline, cancel: Cancel) -> socket.socket:
    """The first address that answers. Each gets its share of the time left, so that a dead one leaves some."""
    problem: OSError | None = None
    wake_up = WakeUp()
    try:
        with cancel.waking(wake_up.wake):
            for tried, (family, address) in enumerate(addresses):
                share = (deadline.remaining() or 0.0) / (len(addresses) - tried)
                try:
                    return _dial_one(family, address, share, wake_up, cancel)
                except OSError as error:
                    problem = error
    finally:
        wake_up.close()
    if isinstance(problem, TimeoutError):
        text = f"{place} did not answer in time. Check the address, and whether a firewall is in the way."
    else:
        text = f"Nothing answers at {place}. Is the server running, and are the address and the port right?"
    raise ConnectionClosed(text) from problem


def _dial_one(
    family: socket.AddressFamily, address: object, timeout_s: float, wake_up: WakeUp, cancel: Cancel
) -> socket.socket:
    """One TCP connection. Raises OSError, or ConnectionClosed if cancelled."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        problem = sock.connect_ex(address)  # type: ignore[arg-type]
        if problem in _UNDER_WAY:
            if not wait_ready([wake_up.fileno()], [sock.fileno()], timeout_s):
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            if cancel.is_set:
                raise _cancelled()
            problem = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, os.strerror(problem))
    except BaseException:
        sock.close()
        raise
    return sock
