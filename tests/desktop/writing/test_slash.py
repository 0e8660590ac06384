"""Texts that begin with a slash: what is posted, what is run, and what is asked first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.desktop.writing.slash import COMMANDS, Command, Say, Unknown, interpret, missing, written


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Hello", Say("Hello")),
        ("  Hello / there", Say("  Hello / there")),
        ("http://example.org/help", Say("http://example.org/help")),
        ("/me waves", Say("/me waves")),
        ("/ME  waves \nand goes ", Say("/me waves \nand goes")),
        ("//x", Say("/x")),
        ("//", Say("/")),
        ("///x", Say("//x")),
        (" //help", Say(" /help")),
        ("/help", Command("help", "")),
        ("/Help ", Command("help", "")),
        ("  /help", Command("help", "")),
        ("/search  two words ", Command("search", "two words")),
        ("/search", Command("search", "")),
        ("/ignore bob", Command("ignore", "bob")),
        ("/ignore", Command("ignore", "")),
        ("/me", Command("me", "")),
        ("/", Unknown("", "/")),
        ("/ help", Unknown("", "/ help")),
        ("/usr/bin", Unknown("usr/bin", "/usr/bin")),
        ("/hlep", Unknown("hlep", "/hlep")),
        ("/signout I said to him", Unknown("signout", "/signout I said to him")),
        ("/search a\nb", Unknown("search", "/search a\nb")),
        ("/" + "x" * 99, Unknown("x" * 20, "/" + "x" * 99)),
    ],
)
def test_what_a_text_means(text: str, meant: object) -> None:
    """Each form is told from the others."""
    assert interpret(text) == meant


def test_only_a_doubled_slash_or_me_posts_a_slash() -> None:
    """No name of a command, with one letter less, is posted."""
    for line in COMMANDS:
        assert not isinstance(interpret(f"/{line.name[:-1]}"), Say)


def test_a_command_says_what_it_lacks() -> None:
    """Those that need words have a line that tells which."""
    assert missing(Command("ignore", "bob")) is None
    assert missing(Command("search", "")) is None
    line = missing(Command("ignore", ""))
    assert line is not None and (line.name, bool(line.usage)) == ("ignore", True)


def test_every_command_has_a_line_of_help_and_a_name_of_its_own() -> None:
    """The table is what the help shows."""
    assert all(line.help and line.name.isalpha() and line.name.islower() for line in COMMANDS)
    assert len({line.name for line in COMMANDS}) == len(COMMANDS)
    assert all(line.usage for line in COMMANDS if line.needs)


@given(st.text(alphabet="/ mehlp\nx", max_size=12))
def test_a_text_that_comes_back_is_said_again_as_it_was(text: str) -> None:
    """Whatever was posted can be written so that the same is posted."""
    assert interpret(written(text)) == Say(text)
