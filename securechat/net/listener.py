"""Where connections come in: the listening socket, and the addresses to reach it by.

Owns binding, accepting and the sentences for what can go wrong there. Must not know TLS or sessions.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket

from securechat.errors import ChatError
from securechat.net.held_socket import HeldSocket, WakeUp
from securechat.net.waiting import wait_ready

__all__ = ["Listener", "lan_addresses", "refuse"]

logger = logging.getLogger(__name__)

_FULL_PAUSE_S = 0.2  # no descriptor free: sessions must end first, which takes about that long
_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}

# Connecting a UDP socket sends nothing, it only asks the routing table which address of ours would be used. The first
# and the last are for documentation only (RFC 5737, RFC 3849); the private ones find a VPN or a second network.
_PROBES = ("192.0.2.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "2001:db8::1")


class Listener:
    """Listens from its making. ``host`` "::" means IPv6 and IPv4 alike, or IPv4 alone where there is no IPv6; port 0
    lets the system choose. Raises ChatError with a sentence if the address cannot be had.
    """

    def __init__(self, host: str, port: int, backlog: int = 512) -> None:
        try:
            sock = _bind(host, port, backlog)
        except (OSError, OverflowError, UnicodeError) as error:
            raise ChatError(_sentence(error, host, port)) from error
        sock.setblocking(False)
        self.port: int = sock.getsockname()[1]
        self._socket = HeldSocket(sock)
        self._wake_up = WakeUp()
        self._closed = False

    def accept(self) -> tuple[socket.socket, tuple[str, int]] | None:
        """The next connection and the peer's (address, port); None after `close`. Blocks; one thread only.

        An IPv4 peer has a plain IPv4 address also on a socket for both. A lack of descriptors is waited out.
        """
        if not self._socket.hold():
            return None
        try:
            if not self._wake_up.hold():
                return None
            try:
                return self._accept()
            finally:
                self._wake_up.release()
        finally:
            self._socket.release()

    def _accept(self) -> tuple[socket.socket, tuple[str, int]] | None:
        while True:
            wait_ready([self._socket.sock.fileno(), self._wake_up.fileno()])
            if self._closed:
                return None
            try:
                sock, address = self._socket.sock.accept()
                return sock, _plain(address)
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    logger.warning("no connection can be taken at the moment: %s", error.strerror)
                    wait_ready([self._wake_up.fileno()], timeout_s=_FULL_PAUSE_S)
                else:
                    logger.debug("a connection went away before it was taken: %s", error.strerror)

    def close(self) -> None:
        """Idempotent, any thread: `accept` returns None, and the port is free once it has."""
        self._closed = True
        self._wake_up.close()  # this wakes accept
        self._socket.close()


def _bind(host: str, port: int, backlog: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise OverflowError  # as bind would, but before there is a socket that nobody closes
    if host == "::" and socket.has_dualstack_ipv6():
        try:
            return socket.create_server((host, port), family=socket.AF_INET6, backlog=backlog, dualstack_ipv6=True)
        except OSError as error:
            if error.errno not in _NO_IPV6:
                raise
    if host == "::":
        host = "0.0.0.0"  # noqa: S104 - the operator asked for all addresses
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server((str(address[0]), port), family=family, backlog=backlog)


def _sentence(error: Exception, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} is in use: stop the other program or choose another with --port."
    if number in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by this account: choose one above 1023 with --port."
    if isinstance(error, OverflowError):
        return f"There is no port {port}: choose one from 1 to 65535 with --port."
    return f"This machine has no address {host} to listen on: choose another with --host."


def _plain(address: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    host, port = address[0], address[1]
    if host.startswith("::ffff:"):
        mapped = ipaddress.IPv6Address(host).ipv4_mapped
        host = str(mapped) if mapped else host
    return host, port


def lan_addresses() -> list[str]:
    """Addresses of this machine for others to use, the likeliest first; no loopback. Sends nothing. Any thread."""
    found: list[str] = []
    for target in _PROBES:
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                host = str(probe.getsockname()[0])
        except OSError:
            continue  # no way there, so no address for it
        address = ipaddress.ip_address(host)
        # A link-local address needs an interface name that only its own machine knows.
        if host not in found and not (address.is_loopback or address.is_link_local or address.is_unspecified):
            found.append(host)
    return found


def refuse(sock: socket.socket) -> None:
    """Close a connection that was just accepted, at once and without a byte: the server has no place for it."""
    try:
        sock.close()
    except OSError:
        pass  # the peer was faster
