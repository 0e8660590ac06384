"""Limits and options as they are typed: every mistake gets a sentence."""

from __future__ import annotations

from dataclasses import fields

import pytest

from securechat.errors import ChatError
from securechat.server.command_line import parse
from securechat.server.options import Limits, Registration, ServerOptions, with_limit


def test_defaults_are_the_documents() -> None:
    limits = Limits()
    assert (limits.login_seconds, limits.idle_seconds) == (30, 90)
    assert (limits.connections_before_login, limits.connections_before_login_per_address) == (256, 16)
    assert (limits.posts_per_second, limits.posts_burst) == (20, 40)
    assert (limits.streams_per_minute, limits.grants_per_minute) == (30, 3000)
    assert (limits.requests_per_second, limits.requests_burst) == (100, 500)
    assert (limits.failed_logins_free, limits.failed_login_wait_seconds) == (5, 300)
    assert (limits.queue_bytes, limits.sessions_per_user) == (1 << 20, 8)
    assert (limits.logins_per_minute, limits.logins_burst) == (10, 20)
    assert (limits.registrations_per_hour, limits.registrations_burst) == (20, 20)


@pytest.mark.parametrize("name", [item.name for item in fields(Limits)])
def test_each_limit_can_be_set_and_keeps_its_kind(name: str) -> None:
    changed = with_limit(Limits(), f"{name}=7")
    assert getattr(changed, name) == 7
    assert type(getattr(changed, name)) is type(getattr(Limits(), name))


@pytest.mark.parametrize("bad", ["", "=1", "nothing=1", "idle_seconds", "idle_seconds=", "idle_seconds=a"])
@pytest.mark.parametrize("number", ["", "-1", "nan", "inf", "1e12"])
def test_bad_limits_are_refused_with_a_sentence(bad: str, number: str) -> None:
    for text in {bad, f"idle_seconds={number or 'x'}"}:
        with pytest.raises(ChatError) as refused:
            with_limit(Limits(), text)
        assert str(refused.value).endswith(".")


def test_command_line_gives_the_options() -> None:
    assert parse([]) == ServerOptions()
    chosen = parse(
        "--host 127.0.0.1 --port 0 --name Team --registration invite "
        "--limit idle_seconds=5 --limit posts_burst=0".split()
    )
    assert (chosen.host, chosen.port, chosen.name) == ("127.0.0.1", 0, "Team")
    assert chosen.registration is Registration.INVITE
    assert (chosen.limits.idle_seconds, chosen.limits.posts_burst) == (5, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "x"],
        ["--name", ""],
        ["--name", "x" * 65],
        ["--registration", "maybe"],
        ["--limit", "nothing=1"],
        ["--welcome", "x" * 10_000],
        ["extra"],
    ],
)
def test_mistakes_end_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_greeting_names_the_newcomer_and_nothing_else() -> None:
    """Braces in it are no format string."""
    assert ServerOptions().welcome_text("alice") == "alice joined the chat. Welcome!"
    assert ServerOptions(welcome="{name} {0} {x!r} {").welcome_text("bob") == "bob {0} {x!r} {"
    assert ServerOptions(welcome="").welcome_text("bob") == ""
