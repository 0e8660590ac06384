"""Where the account is logged in: what is shown of the server's answer, and ending the others."""

from __future__ import annotations

import time
import tkinter as tk
from datetime import datetime

import pytest

from securechat.client.events import OwnSession
from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.sessions_sheet import SessionsSheet, address_words, since_words

NOW = datetime(2026, 5, 17, 12, 30).timestamp()
HERE = OwnSession(7, round(NOW * 1000) - 3_600_000, "10.0.0.4:50110", True)
THERE = OwnSession(9, round(NOW * 1000) - 3 * 86_400_000, "192.168.1.22:41022", False)


class Opened:
    """A sheet and what it asked for."""

    def __init__(self, root: tk.Tk, theme: Theme) -> None:
        self.root, self.ended, self.closed = root, 0, 0
        self.sheet = SessionsSheet(root, theme, lambda: NOW, self.end, self.close)
        root.update()

    def end(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def opened(bare: tuple[tk.Tk, Theme]) -> Opened:
    return Opened(*bare)


def test_before_the_answer_it_says_that_the_server_is_asked(opened: Opened) -> None:
    assert str(opened.sheet.told["text"]) == texts.ASKING_SESSIONS
    assert opened.sheet.end.instate(["disabled"])


def test_this_session_comes_first_and_the_others_can_be_ended(opened: Opened) -> None:
    opened.sheet.show([THERE, HERE])
    assert opened.sheet.rows() == [
        f"{texts.THIS_SESSION} · since 11:30, from 10.0.0.4:50110",
        f"{texts.OTHER_SESSION} · since 14 May, 12:30, from 192.168.1.22:41022",
    ]
    assert not opened.sheet.told.winfo_manager()
    assert opened.sheet.end.instate(["!disabled"])


def test_alone_there_is_nothing_to_end(opened: Opened) -> None:
    opened.sheet.show([HERE])
    assert str(opened.sheet.told["text"]) == texts.ONLY_SESSION
    assert opened.sheet.end.instate(["disabled"])
    opened.sheet.end.invoke()
    assert opened.sheet.question is None


@pytest.mark.parametrize("agree", [True, False])
def test_ending_the_others_asks_first(opened: Opened, agree: bool) -> None:
    opened.sheet.show([HERE, THERE])
    opened.sheet.end.invoke()
    question = opened.sheet.question
    assert question is not None and opened.ended == 0
    (question.yes if agree else question.cancel).invoke()
    assert opened.ended == int(agree)
    assert opened.sheet.question is None and opened.sheet.winfo_exists() and opened.closed == 0


def test_what_came_of_it_is_said(opened: Opened) -> None:
    opened.sheet.show([HERE, THERE])
    opened.sheet.show_progress()
    assert opened.sheet.end.instate(["disabled"])
    opened.sheet.show_error("You are not connected; try again when you are.")
    assert "not connected" in str(opened.sheet.told["text"]) and opened.sheet.end.instate(["!disabled"])
    assert len(opened.sheet.rows()) == 2
    opened.sheet.show([HERE], texts.sessions_ended(1))
    assert str(opened.sheet.told["text"]) == "1 other session was ended."
    assert len(opened.sheet.rows()) == 1


def test_a_window_that_is_drawn_anew_takes_the_question_along(opened: Opened) -> None:
    opened.sheet.show([HERE, THERE])
    opened.sheet.end.invoke()
    question = opened.sheet.question
    opened.sheet.destroy()
    assert question is not None and not question.winfo_exists()
    assert (opened.ended, opened.closed) == (0, 0)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("10.0.0.4:5050", "10.0.0.4:5050"),
        ("[fe80::1%eth0]:5050", "[fe80::1%eth0]:5050"),
        ("evil\x1b[31m\u202e👍\n", "evil[31m"),
        ("\u202e", texts.UNKNOWN_ADDRESS),
        ("", texts.UNKNOWN_ADDRESS),
        ("a" * 9000, "a" * 64),
    ],
)
def test_of_an_address_only_plain_characters_are_shown(address: str, shown: str) -> None:
    assert address_words(address) == shown


@pytest.mark.parametrize("since_ms", [2**63, -(2**63), 10**17])
def test_a_moment_that_cannot_be_is_no_crash(since_ms: int) -> None:
    assert since_words(since_ms, NOW) == texts.UNKNOWN_TIME


def test_another_year_is_said() -> None:
    then = time.mktime((2025, 12, 31, 23, 59, 0, 0, 0, -1))
    assert since_words(round(then * 1000), NOW) == "31 December 2025, 23:59"


@pytest.mark.parametrize(("count", "words"), [(0, "no other session"), (1, "1 other session was"), (4, "4 other")])
def test_how_many_were_ended_is_counted(count: int, words: str) -> None:
    assert words in texts.sessions_ended(count)
