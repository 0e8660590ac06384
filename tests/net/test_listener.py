"""Listening: both families, waking, shortages, and sentences for what cannot be had."""

from __future__ import annotations

import errno
import ipaddress
import logging
import resource
import socket
import threading

import pytest

from securechat.errors import ChatError
from securechat.net import listener as listener_module
from securechat.net.listener import Listener, lan_addresses, refuse
from tests.net.pairs import DEADLINE_S, Background


def accepted(listener: Listener, client: socket.socket) -> tuple[str, int]:
    """Take one connection; the address that it is said to come from."""
    taken = listener.accept()
    assert taken
    sock, address = taken
    sock.close()
    assert address[1] == client.getsockname()[1]
    return address


def test_accept_gives_the_connection_and_a_plain_address() -> None:
    listener = Listener("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        assert accepted(listener, client)[0] == "127.0.0.1"
    listener.close()


def test_close_wakes_accept() -> None:
    """accept() waits on another thread; close() ends it, twice does no harm, and the port is free again."""
    listener = Listener("127.0.0.1", 0)
    waiting = Background(listener.accept)
    listener.close()
    assert waiting.result() is None
    listener.close()
    assert listener.accept() is None
    Listener("127.0.0.1", listener.port).close()


def families() -> list[str]:
    """The loopback addresses of this machine."""
    found = ["127.0.0.1"]
    if socket.has_dualstack_ipv6():
        with socket.socket(socket.AF_INET6) as probe:
            try:
                probe.bind(("::1", 0))
                found.append("::1")
            except OSError:
                pass
    return found


def test_the_default_host_takes_every_family_there_is() -> None:
    listener = Listener("::", 0)
    for host in families():
        with socket.create_connection((host, listener.port)) as client:
            assert accepted(listener, client)[0] == host
    listener.close()


@pytest.mark.parametrize("way", ["no dual stack", "no address family", "no address"])
def test_without_ipv6_the_default_host_is_ipv4(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.create_server

    def create_server(address: tuple[str, int], **options: object) -> socket.socket:
        if options["family"] == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT if way == "no address family" else errno.EADDRNOTAVAIL, way)
        return real(address, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_server", create_server)
    if way == "no dual stack":
        monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    listener = Listener("::", 0)
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        assert accepted(listener, client)[0] == "127.0.0.1"
    listener.close()


def test_a_port_in_use_gives_a_sentence() -> None:
    for host in ("127.0.0.1", "::"):
        first = Listener(host, 0)
        with pytest.raises(ChatError) as caught:
            Listener(host, first.port)
        first.close()
        assert str(caught.value) == (
            f"Port {first.port} is in use: stop the other program or choose another with --port."
        )


def test_other_troubles_give_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChatError, match=r"no address 192\.0\.2\.1 .* --host"):
        Listener("192.0.2.1", 0)
    with pytest.raises(ChatError, match="no address not a name"):
        Listener("not a name", 0)
    with pytest.raises(ChatError, match="no port 70000"):
        Listener("127.0.0.1", 70_000)

    def create_server(*_: object, **__: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(socket, "create_server", create_server)
    with pytest.raises(ChatError, match=r"Port 80 may not be used .* --port"):
        Listener("127.0.0.1", 80)


class Warned(logging.Handler):
    """Counts warnings and says when the first came."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0
        self.first = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1
        self.first.set()


@pytest.mark.parametrize("end", ["descriptors come free", "the listener is closed"])
def test_a_lack_of_descriptors_is_waited_out(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process may open no more: accept() neither fails nor spins, and close() still wakes it."""
    free_again = end == "descriptors come free"
    monkeypatch.setattr(listener_module, "_FULL_PAUSE_S", 0.02 if free_again else DEADLINE_S * 2)
    warned = Warned()
    logging.getLogger(listener_module.__name__).addHandler(warned)
    listener = Listener("127.0.0.1", 0)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with socket.create_connection(("127.0.0.1", listener.port)) as client:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
            waiting = Background(listener.accept)
            assert warned.first.wait(DEADLINE_S)
            if free_again:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            else:
                listener.close()
            taken = waiting.result()
            assert (taken is not None) == free_again
            if taken:
                assert taken[1] == client.getsockname()
                taken[0].close()
            else:
                assert warned.count == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        logging.getLogger(listener_module.__name__).removeHandler(warned)
        listener.close()


def test_a_connection_that_went_away_is_passed_over() -> None:
    class Flaky:
        """Says once that the connection was aborted, and once that there is none after all."""

        def __init__(self, real: socket.socket) -> None:
            self.real = real
            self.errors = [ConnectionAbortedError(errno.ECONNABORTED, "aborted"), BlockingIOError(errno.EAGAIN, "none")]

        def accept(self) -> tuple[socket.socket, tuple[str, int]]:
            if self.errors:
                raise self.errors.pop()
            return self.real.accept()

        def fileno(self) -> int:
            return self.real.fileno()

        def close(self) -> None:
            self.real.close()

    listener = Listener("127.0.0.1", 0)
    listener._socket.sock = Flaky(listener._socket.sock)  # type: ignore[assignment]
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        assert accepted(listener, client)[0] == "127.0.0.1"
    listener.close()


def test_refuse_closes_without_a_byte() -> None:
    listener = Listener("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        client.settimeout(DEADLINE_S)
        taken = listener.accept()
        assert taken
        refuse(taken[0])
        assert client.recv(100) == b""
        refuse(taken[0])
    listener.close()


def test_lan_addresses_are_usable_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in lan_addresses():
        address = ipaddress.ip_address(host)
        assert not (address.is_loopback or address.is_unspecified or address.is_link_local)

    class Probe:
        """Stands for a machine with two networks, whose IPv6 reaches only itself."""

        def __init__(self, *_: object) -> None:
            self.target = ""

        def __enter__(self) -> Probe:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def connect(self, address: tuple[str, int]) -> None:
            self.target = address[0]
            if self.target.startswith("172."):
                raise OSError(errno.ENETUNREACH, "no way there")

        def getsockname(self) -> tuple[str, int]:
            known = {"192.0.2.1": "198.51.100.7", "10.0.0.1": "10.1.2.3", "2001:db8::1": "::1"}
            return known.get(self.target, "198.51.100.7"), 1

    monkeypatch.setattr(socket, "socket", Probe)
    assert lan_addresses() == ["198.51.100.7", "10.1.2.3"]
