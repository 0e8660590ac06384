"""Which messages a person is told of outside the window, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from securechat.client.events import Message, MessageState
from securechat.client.preferences import Preferences
from securechat.desktop import texts
from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.messages.rows import Look
from securechat.desktop.notify.notices import LONGEST, Notice, decide, mentions

ALL = Preferences()
LOOK = Look(date(2026, 1, 2))


def post(text: str = "Morning!", author: str = "bob", **changes: object) -> Message:
    made = Message(
        bytes(16), 5, 0, b"p" * 16, author, b"f" * 32, False, 1000, 1000, 1, text, MessageState.STORED
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def told(message: Message, preferences: Preferences = ALL, **changes: object) -> Notice | None:
    given: dict[str, object] = {
        "me": "alice", "focused": False, "looking": False, "ignored": False, "conversation": "# lobby", "look": LOOK,
    }
    return decide(message, preferences=preferences, **(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@alice look", True), ("look, @Alice!", True), ("(@alice)", True), ("**@alice**", True), ("alice", False),
        ("@alicent", False), ("mail@alice", False), ("`@alice`", False), ("```\n@alice\n```", False), ("", False),
        ("@al\u200bice", True), ("@bob", False),
    ],
)
def test_a_mention_is_what_the_timeline_marks(text: str, named: bool) -> None:
    assert mentions(text, "alice") is named


def test_nobody_is_named_by_a_bare_at_sign() -> None:
    assert not mentions("@ everybody @", "")


def test_a_notice_says_who_where_and_what() -> None:
    assert told(post()) == Notice("bob in # lobby", "Morning!", True, "# lobby")
    assert told(post(), conversation="bob") == Notice("bob", "Morning!", True, "bob")


def test_only_the_name_if_so_chosen() -> None:
    chosen = replace(ALL, notices="name", sound=False)
    assert told(post("secret"), chosen) == Notice("bob in # lobby", texts.WROTE, False, "# lobby")
    assert told(post("@alice secret"), chosen) == Notice("bob in # lobby", texts.MENTIONED_YOU, False, "# lobby")


def test_a_mention_is_told_even_if_notices_are_off_but_not_its_text() -> None:
    off = replace(ALL, notices="nothing")
    assert told(post(), off) is None
    assert told(post("@alice secret"), off) == Notice("bob in # lobby", texts.MENTIONED_YOU, True, "# lobby")


def test_nobody_is_disturbed_who_does_not_want_to_be() -> None:
    assert told(post("@alice look"), replace(ALL, do_not_disturb=True)) is None


@pytest.mark.parametrize(("focused", "looking", "tells"), [(1, 1, 0), (1, 0, 1), (0, 1, 1), (0, 0, 1)])
def test_who_looks_at_it_is_not_told(focused: int, looking: int, tells: int) -> None:
    assert bool(told(post(), focused=bool(focused), looking=bool(looking))) == bool(tells)


@pytest.mark.parametrize(
    "message",
    [
        post(mine=True), post(problem="It could not be verified."), post(deleted=True), post(deleted_by_operator=True),
        post(newer=True),
    ],
)
def test_no_notice_of_own_posts_or_of_what_has_no_text(message: Message) -> None:
    assert told(message) is None


def test_no_notice_of_ignored_people_even_if_they_name_us() -> None:
    assert told(post("@alice look"), ignored=True) is None


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("**bold** `code`\n\nnext", "bold code next"), ("/me waves", "waves"), ("\x1b[2J\u202eevil\x00", None),
        ("```\nprint(1)\n```", "print(1)"), ("x" * 16_384, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_the_text_is_one_harmless_line(text: str, body: str | None) -> None:
    notice = told(post(text, author="b\nob\u202e"))
    assert notice is not None
    assert body is None or notice.body == body
    for words in (notice.title, notice.body):
        assert len(words) <= LONGEST and not set(words) & set("\x00\x1b\n\u202e")


def test_emoji_that_this_display_cannot_draw_are_named() -> None:
    notice = told(post("nice 😀"), look=Look(date(2026, 1, 2), name_emoji))
    assert notice is not None and notice.body == "nice :grinning_face:"
