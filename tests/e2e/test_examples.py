"""The terminal client and the bot as processes, in talk with a person at a real server."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.e2e.conftest import MakePerson, StartProgram, StartServer
from tests.e2e.person import PASSWORD

LOGIN = {"CHAT_PASSWORD": PASSWORD}


def test_the_terminal_client_talks_with_a_person(
    start_server: StartServer, make_person: MakePerson, run_program: StartProgram, tmp_path: Path
) -> None:
    """Client threads and the processes of server and terminal client; joined by the fixtures."""
    server = start_server("--name", "Office")
    alice = make_person("alice").register(server.address)
    alice.say("is anybody there?")
    command = ("-m", "examples.terminal_client", server.address, "--name", "bob", "--folder", str(tmp_path / "bob"))
    terminal = run_program(*command, "--register")
    terminal.type(PASSWORD)
    terminal.wait_line("You are bob in Office.")
    terminal.wait_line("alice: is anybody there?")
    terminal.type("yes, bob is")
    alice.wait_text("yes, bob is")
    alice.say("good to see you")
    terminal.wait_line("] alice: good to see you")
    server.type("lunch is ready")
    terminal.wait_line("] @server: lunch is ready")
    assert terminal.ask("/who", "bob: online")
    assert terminal.ask("/nonsense", "/nonsense is no command")
    alice.client.close()
    terminal.wait_line("* alice is offline")
    terminal.type("the last line")
    terminal.end_input()
    assert terminal.end() == 0
    assert not terminal.err
    server.wait_line("bob disconnected")

    # It comes back with the history, outlives a restart of the server, and leaves on /quit.
    terminal = run_program(*command, env=LOGIN)
    terminal.wait_line("bob: the last line")
    terminal.wait_line("You are bob in Office.")
    assert server.stop() == 0
    terminal.wait_line("Next try in")
    terminal.type("typed while away")
    server = start_server(port=server.port)
    since = terminal.mark()
    terminal.type("/retry")
    terminal.wait_line("* connected", since=since)
    server.wait_line("]: typed while away")
    terminal.type("/quit")
    assert terminal.end() == 0
    assert not terminal.err


def test_the_terminal_client_says_why_it_cannot_go_on(
    start_server: StartServer, run_program: StartProgram, tmp_path: Path
) -> None:
    """The processes of server and terminal client; joined by the fixtures."""
    server = start_server()
    place = f"127.0.0.1:{server.port}"
    command = ("-m", "examples.terminal_client", "--name", "bob", "--folder", str(tmp_path / "bob"))
    unknown = run_program(*command, server.address, env=LOGIN)
    assert unknown.end() == 1
    assert unknown.err == [line for line in unknown.err if line.startswith("The name or the password is wrong.")] != []
    first = run_program(*command, f"localhost:{server.port}", env=LOGIN)
    assert first.end() == 1
    shown = "".join(line.strip().replace(" ", "") for line in first.out)
    assert server.fingerprint in shown
    assert not first.err
    server.kill()
    away = run_program(*command, place, env=LOGIN)
    assert away.end() == 1
    assert len(away.err) == 1 and place in away.err[0]


def test_the_echo_bot_answers(start_server: StartServer, make_person: MakePerson, run_program: StartProgram) -> None:
    """Client threads and the processes of server and bot; joined by the fixtures."""
    server = start_server()
    alice = make_person("alice").register(server.address)
    bot = run_program("-m", "examples.echo_bot", server.address, "--register", env=LOGIN)
    bot.wait_line("echo is in Secure Chat.")
    alice.say("nothing for a bot")
    alice.say("!echo 1, 2, 3")
    alice.wait_text("echo: 1, 2, 3")
    assert [m.author for m in alice.client.messages() if m.text.startswith("echo: ")] == ["echo"]
    bot.signal(signal.SIGINT)
    bot.end()
    assert not any("Traceback" in line for line in bot.err), bot.err
    server.wait_line("echo disconnected")
