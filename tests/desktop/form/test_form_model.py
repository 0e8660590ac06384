"""What is wrong with a form, found without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securechat.desktop import texts
from securechat.desktop.form.form_model import FormModel, fingerprint_groups
from securechat.wire import limits

GOOD = FormModel(server=" host:5050 ", username=" alice ", password="correct horse", again="correct horse")


@pytest.mark.parametrize(
    ("change", "register", "found"),
    [
        ({}, False, ("", "")),
        ({}, True, ("", "")),
        ({"server": "  "}, False, ("server", texts.NEED_SERVER)),
        ({"username": ""}, False, ("username", texts.NEED_NAME)),
        ({"username": "Alice"}, False, ("username", texts.BAD_NAME)),
        ({"username": "@server"}, False, ("username", texts.BAD_NAME)),
        ({"username": "a" * 33}, False, ("username", texts.BAD_NAME)),
        ({"password": ""}, False, ("password", texts.NEED_PASSWORD)),
        ({"password": "short"}, False, ("", "")),  # logging in: the server decides
        ({"password": "short"}, True, ("password", texts.password_short(limits.PASSWORD_CHARACTERS))),
        ({"again": ""}, True, ("again", texts.NEED_AGAIN)),
        ({"again": "correct house"}, True, ("again", texts.AGAIN_DIFFERS)),
    ],
)
def test_the_first_problem_is_named_with_its_field(
    change: dict[str, str], register: bool, found: tuple[str, str]
) -> None:
    assert replace(GOOD, register=register, **change).problem() == found  # type: ignore[arg-type]


def test_the_request_is_trimmed_and_has_an_invite_only_for_registering() -> None:
    login = replace(GOOD, invite=" abc ").request("ff")
    assert (login.server, login.username, login.invite, login.register) == ("host:5050", "alice", "", False)
    assert login.accept_fingerprint == "ff"
    assert replace(GOOD, invite=" abc ", register=True).request().invite == "abc"


def test_nothing_prints_the_password() -> None:
    assert "correct horse" not in repr(GOOD) + str(GOOD.request())
    used = replace(GOOD, register=True, invite="abc")
    used.logged_in()
    assert (used.password, used.again, used.invite, used.register) == ("", "", "", False)
    assert used.username == GOOD.username


def test_a_fingerprint_is_shown_in_lines_of_groups() -> None:
    lines = fingerprint_groups("0123456789abcdef" * 4)
    assert lines == ["01234567  89abcdef"] * 4
