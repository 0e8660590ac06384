"""Start and stop: farewell to all, everything durable, and nothing left of a start that failed."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from securechat.errors import ChatError, ErrorCode
from securechat.server.app import ChatServer
from securechat.server.options import ServerOptions
from securechat.wire.frames import FrameType, encode_frame
from securechat.wire.objects import ZERO32
from tests.keys import rsa_key
from tests.server.conftest import Running, Serve
from tests.server.gates import held_commits

NO_RATES = {"posts_per_second": 0, "requests_per_second": 0}


def make(folder: Path, **options: object) -> ChatServer:
    chosen = ServerOptions(host="127.0.0.1", data=folder, **{"port": 0, **options})  # type: ignore[arg-type]
    return ChatServer(chosen, generate_rsa=lambda: rsa_key(15))


def fails_with_one_sentence(server: ChatServer, *words: str) -> None:
    """The start is refused, and neither a thread nor a lock is left."""
    before = set(threading.enumerate())
    with pytest.raises(ChatError) as refused:
        server.start()
    text = str(refused.value)
    assert "\n" not in text and text.endswith((".", ")"))
    assert all(word in text for word in words), text
    assert set(threading.enumerate()) <= before


def test_everyone_gets_a_farewell(running: Running) -> None:
    """Those who are logged in and those who are not yet."""
    alice, bob, waiting = running.register("alice"), running.register("bob", key=1), running.connect()
    running.server.stop()
    assert [client.wait_end() for client in (alice, bob, waiting)] == [ErrorCode.SHUTDOWN] * 3


def test_stop_is_idempotent_and_ends_the_port(running: Running) -> None:
    port = running.port
    running.server.stop()
    running.server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_half_open_connections_do_not_hold_up_the_stop(running: Running) -> None:
    """A port scan that never speaks TLS: the stop takes no farewell time for it."""
    silent = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(3)]
    silent[0].sendall(b"\x16\x03\x01")
    # Accepted in order: once the fourth has its answer, the three are there.
    running.connect()
    begun = running.monotonic()
    running.server.stop()
    assert running.monotonic() - begun < 2.0
    for sock in silent:
        sock.close()


def test_acknowledged_posts_are_there_after_a_restart(serve: Serve) -> None:
    """Clients post while the server stops: what was answered is in history, once, in order."""
    first = serve(limits=NO_RATES)
    posters = [first.register(f"user{index}", key=index) for index in range(3)]
    acknowledged: list[tuple[int, str]] = []
    lock, enough = threading.Lock(), threading.Event()

    def post_until_the_end(index: int) -> None:
        client, number = posters[index], 0
        try:
            while True:
                text = f"{index} {number}"
                seq = client.post(text).seq
                number += 1
                with lock:
                    acknowledged.append((seq, text))
                if number == 10:
                    enough.set()
        except Exception:
            return  # the server said farewell

    threads = [threading.Thread(target=post_until_the_end, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    assert enough.wait(20)
    first.server.stop()
    for thread in threads:
        thread.join(10)
    second = serve(limits=NO_RATES)
    reader = second.login("user0")
    reader.open_lobby()
    kept: list[tuple[int, str]] = []
    while page := reader.history(before=kept[-1][0] if kept else 0):
        kept += page
    assert [seq for seq, _ in kept] == list(range(len(kept), 0, -1))
    assert set(acknowledged) <= set(kept)
    assert len({text for _, text in kept}) == len(kept)


def test_pipelined_requests_do_not_hold_up_the_stop(running: Running) -> None:
    """A ping behind a post that will not be answered any more: its session ends all the same."""
    alice = running.register("alice")
    alice.open_stream()
    server = running.server
    (member,) = server.presence.sessions_of("alice")
    blocked = threading.Event()
    replies = member._replies  # type: ignore[attr-defined]
    real = replies.wait_answered_before

    def noticed(request: int) -> None:
        if request == 703:
            blocked.set()
        real(request)

    replies.wait_answered_before = noticed
    server.journal.close()  # as in the middle of a stop
    server._stopping = True
    frames = b""
    for number in range(700, 703):
        frames += encode_frame(FrameType.POST, number, alice.stream.seal(ZERO32, 1, 1, b"x").envelope)
    alice.connection.send(frames + encode_frame(FrameType.PING, 703))
    is_blocked = blocked.wait(10)
    server._stopping = False
    assert is_blocked
    begun = running.monotonic()
    server.stop()
    assert running.monotonic() - begun < 4.0


def test_stop_during_a_slow_commit_answers_it_first(running: Running) -> None:
    alice = running.register("alice")
    alice.open_stream()
    with held_commits(running.server.store) as waiting:
        number = alice.send(FrameType.POST, alice.stream.seal(ZERO32, 1, 1, b"x").envelope)
        assert waiting.wait(10)
        stopping = threading.Thread(target=running.server.stop)
        stopping.start()
    assert alice.reply(number).type == FrameType.OK
    assert alice.wait_end() == ErrorCode.SHUTDOWN
    stopping.join(10)


# --- starts that fail -------------------------------------------------------------------------------------------


def test_port_in_use(running: Running, tmp_path: Path) -> None:
    fails_with_one_sentence(make(tmp_path / "other", port=running.port), str(running.port), "in use")
    # The folder is free again, and no keys were made for a server that never ran.
    assert not (tmp_path / "other" / "identity.key").exists()
    again = make(tmp_path / "other")
    again.start()
    again.stop()


def test_folder_in_use(running: Running, tmp_path: Path) -> None:
    fails_with_one_sentence(make(tmp_path / "data"), "Another server")
    assert running.register("alice").ok(FrameType.PING) == b""


@pytest.mark.parametrize("name", ["users.json", "identity.key", "messages.sqlite3", "invites.json"])
@pytest.mark.parametrize("damage", ["empty", "noise", "cut", "flipped"])
def test_damaged_file_stops_the_start_and_is_left_alone(serve: Serve, tmp_path: Path, name: str, damage: str) -> None:
    first = serve()
    first.server.invites.make()
    first.register("alice")
    first.stop()
    path = tmp_path / "data" / name
    good = path.read_bytes()
    bad = {"empty": b"", "noise": b"\x00\xff" * 50, "cut": good[: len(good) // 2], "flipped": good}[damage]
    if damage == "flipped":
        if name == "messages.sqlite3":
            bad = b"X" + good[1:]
        elif name == "invites.json":
            bad = good.replace(b"invites", b"invitez")
        else:
            middle = len(good) // 2
            bad = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    path.write_bytes(bad)
    before = {file.name for file in (tmp_path / "data").iterdir()}
    if name == "messages.sqlite3" and damage == "cut":
        # A half database may open; whatever happens, it is one sentence or a server that runs.
        server = make(tmp_path / "data")
        try:
            server.start()
            server.stop()
        except ChatError as error:
            assert "\n" not in str(error)
        return
    fails_with_one_sentence(make(tmp_path / "data"), str(path))
    assert path.read_bytes() == bad
    assert {file.name for file in (tmp_path / "data").iterdir()} == before
    path.write_bytes(good)
    assert serve().login("alice").version == 1


@pytest.mark.parametrize("name", ["identity.key", "users.json", "messages.sqlite3"])
def test_lost_file_is_noticed_or_begun_anew_without_touching_the_others(
    serve: Serve, tmp_path: Path, name: str
) -> None:
    """A folder is where a file should be: nothing can be read, nothing is overwritten."""
    first = serve()
    first.register("alice")
    first.stop()
    path = tmp_path / "data" / name
    path.unlink()
    path.mkdir()
    fails_with_one_sentence(make(tmp_path / "data"), str(path))
    assert path.is_dir()


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file is in the way of the folder: works for root too, who may write anywhere."""
    (tmp_path / "file").write_text("here")
    fails_with_one_sentence(make(tmp_path / "file" / "data"), "data")
    assert (tmp_path / "file").read_text() == "here"


def test_host_that_is_not_ours(tmp_path: Path) -> None:
    chosen = ServerOptions(host="192.0.2.1", port=0, data=tmp_path / "data")
    fails_with_one_sentence(ChatServer(chosen, generate_rsa=lambda: rsa_key(15)), "192.0.2.1")


def test_keys_are_made_once_and_said_so(serve: Serve, tmp_path: Path) -> None:
    first = serve()
    assert [line for line in first.lines if "keys" in line]
    fingerprint = first.server.fingerprint
    first.stop()
    second = serve()
    assert second.server.fingerprint == fingerprint
    assert not [line for line in second.lines if "keys" in line]
    assert (tmp_path / "data" / "identity.key").stat().st_mode & 0o777 == 0o600
    assert second.server.join_link("example.org") == f"chat://example.org:{second.port}/#{fingerprint}"
    assert second.server.join_link("::1").startswith("chat://[::1]:")


def test_no_descriptor_is_left_after_stop(serve: Serve) -> None:
    first = serve("warm up")
    first.register("alice")
    first.stop()
    before = len(os.listdir("/proc/self/fd"))
    second = serve("data")
    second.register("alice").post("hello")
    second.connect()
    second.stop()
    assert len(os.listdir("/proc/self/fd")) <= before


# --- what the operator sees -------------------------------------------------------------------------------------


def test_events_are_one_line_each(running: Running) -> None:
    alice = running.register("alice")
    port = alice.connection.held.sock.getsockname()[1]
    alice.post("Hi")
    alice.close()
    stranger = running.connect()
    stranger_port = stranger.connection.held.sock.getsockname()[1]
    stranger.close()
    running.server.stop()
    of_alice = [line for line in running.lines if str(port) in line or "alice" in line]
    assert of_alice[:3] == [
        f"Connected by ('127.0.0.1', {port})",
        "alice registered",
        f"alice logged in from ('127.0.0.1', {port})",
    ]
    # The post's line is the journal's, which answers first: a client that then leaves at once may come before it.
    assert sorted(of_alice[3:]) == [f"[alice ('127.0.0.1', {port})]: Hi", "alice disconnected"]
    assert f"('127.0.0.1', {stranger_port}) disconnected during login/registration." in running.lines


def test_reset_connection_is_said_so(running: Running) -> None:
    import struct

    alice = running.register("alice")
    sock = alice.connection.held.sock
    port = sock.getsockname()[1]
    # Closing with a linger of 0 sends a reset.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    running.server.stop()
    assert f"[alice ('127.0.0.1', {port})]: forcibly disconnected." in running.lines
