"""The examples as a person runs them: as processes, with pipes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.scripted_server import Member, ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough password"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    started = ScriptedServer()
    yield started
    started.close()


class Program:
    """A running example: what it says, line by line."""

    def __init__(self, module: str, *arguments: str) -> None:
        environment = {**os.environ, "CHAT_PASSWORD": PASSWORD, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"examples.{module}", *arguments], cwd=ROOT, env=environment, text=True,
            encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def says(self, text: str) -> None:
        with self._changed:
            found = self._changed.wait_for(lambda: any(text in line for line in self.lines), 20)
        assert found, f"{text!r} is not in {self.lines}"

    def end(self) -> int:
        """Close its input and wait; the exit code."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture
def run() -> Iterator[type[Program]]:
    running: list[Program] = []

    class Recorded(Program):
        def __init__(self, module: str, *arguments: str) -> None:
            super().__init__(module, *arguments)
            running.append(self)

    yield Recorded
    for program in running:
        if program.process.poll() is None:
            program.process.kill()
            program.end()


def test_the_terminal_client_talks(server: ScriptedServer, run: type[Program], folder: Path) -> None:
    """Register for real (RSA and scrypt), post, read, commands, and leave at the end of the input."""
    bob = server.add(Member("bob", 2))
    program = run("terminal_client", server.join_link, "--name", "alice", "--register", "--folder", str(folder))
    program.says("You are alice in Test chat.")
    program.type("hello from a pipe")
    server.wait_for(lambda: bool(server.posts))
    assert server.posts[0].body == b"hello from a pipe"
    server.publish(bob.post(server.lobby, "hi \x1b[31malice"))
    program.says("] bob: hi \N{REPLACEMENT CHARACTER}[31malice")
    program.type("/who")
    program.says("  bob: offline")
    program.type("/help")
    program.says("/quit")
    program.type("/etc/passwd")
    program.says("/etc/passwd is no command, and nothing was sent")
    program.type("the last words")
    assert program.end() == 0
    assert [post.body for post in server.posts[2:]] == [b"the last words"]
    assert not any("Traceback" in line for line in program.lines)


def test_the_terminal_client_does_not_trust_by_itself(server: ScriptedServer, run: type[Program], folder: Path) -> None:
    program = run("terminal_client", f"127.0.0.1:{server.port}", "--name", "alice", "--folder", str(folder))
    program.says("First contact with Test chat")
    program.says(" ".join(server.fingerprint[i : i + 4] for i in range(0, 16, 4)))
    assert program.end() == 1


def test_the_terminal_client_explains_what_is_wrong(server: ScriptedServer, run: type[Program], folder: Path) -> None:
    program = run("terminal_client", server.join_link, "--name", "nobody", "--folder", str(folder))
    program.says("The name or the password is wrong.")
    assert program.end() == 1


def test_the_echo_bot_answers(server: ScriptedServer, run: type[Program], folder: Path) -> None:
    bob = server.add(Member("bob", 2))
    program = run("echo_bot", server.join_link, "--name", "echo", "--register")
    program.says("echo is in Test chat.")
    server.publish(bob.post(server.lobby, "not for the bot"))
    server.publish(bob.post(server.lobby, "!echo hello"))
    server.wait_for(lambda: len(server.posts) == 3)
    assert server.posts[2].body == b"echo: hello"
    server.talks[0].bye(14, "no bots here")
    program.says("no bots here")
    program.end()


def test_the_echo_bot_is_short() -> None:
    assert len((ROOT / "examples" / "echo_bot.py").read_text().splitlines()) < 40


@pytest.mark.parametrize("module", ["echo_bot", "terminal_client"])
def test_a_missing_package_is_named_in_one_sentence(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['Crypto'] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{module}", "localhost"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, stdin=subprocess.DEVNULL, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "pycryptodome" in done.stderr


def test_the_bot_without_a_password_ends_quietly(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CHAT_PASSWORD"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.echo_bot", "localhost"], cwd=ROOT, capture_output=True, text=True,
        env=environment, stdin=subprocess.DEVNULL, timeout=30, start_new_session=True,
    )  # fmt: skip
    assert done.returncode != 0 and "Traceback" not in done.stderr
