"""What is offered while a name or an emoji is typed."""

from __future__ import annotations

import time

import pytest

from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.writing import emoji_names
from securechat.desktop.writing.completion import MOST, Asked, asked, full_name, in_code, spoken, suggestions

PEOPLE = ["bob", "carol", "alice", "boris", "rob.bo"]


@pytest.mark.parametrize(
    ("before", "what"),
    [
        (":smi", Asked(":", "smi")),
        ("well :smi", Asked(":", "smi")),
        ("(:+1", Asked(":", "+1")),
        ("😀:sm", Asked(":", "sm")),
        ("@", Asked("@", "")),
        ("hello @bo", Asked("@", "bo")),
        ("one\n@rob.b", Asked("@", "rob.b")),
        ("`code` @bo", Asked("@", "bo")),
        ("```\ncode\n```\n:sm", Asked(":", "sm")),
        ("", None),
        (":s", None),  # rather a face such as :s
        (":-)", None),
        ("10:30", None),
        ("http://example", None),
        ("bob@example", None),
        ("@bob ", None),
        ("@@bo", None),
        ("`x :sm", None),
        ("```\nx @bo", None),
    ],
)
def test_what_is_being_typed(before: str, what: Asked | None) -> None:
    """Only the beginning of a word counts, and never in code."""
    assert asked(before) == what


def test_people_are_offered_by_their_first_letters_first() -> None:
    """Then those who have the letters elsewhere; capitals do not matter."""
    assert [s.inserted for s in suggestions(Asked("@", "BO"), PEOPLE)] == ["@bob ", "@boris ", "@rob.bo "]
    assert [s.shown for s in suggestions(Asked("@", ""), PEOPLE)] == ["@alice", "@bob", "@boris", "@carol", "@rob.bo"]
    assert suggestions(Asked("@", "nobody"), PEOPLE) == []
    assert len(suggestions(Asked("@", ""), [f"p{i}" for i in range(50)])) == MOST


def test_a_name_that_is_complete_is_not_offered() -> None:
    """So that Enter sends, and needs no second time."""
    assert suggestions(Asked("@", "carol"), PEOPLE) == []


def test_emoji_are_offered_by_name() -> None:
    """As pictures, or as names where they cannot be drawn."""
    first = suggestions(Asked(":", "smi"), ())[0]
    assert (first.shown, first.inserted, first.emoji) == (":smile:", "😄", "😄")
    plain = suggestions(Asked(":", "smi"), (), draws_emoji=False)[0]
    assert plain.inserted == ":smile:"
    assert len(suggestions(Asked(":", "face"), ())) == MOST


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (":smile:", (7, "😄")), ("x :+1:", (4, "👍")), (":Smile:", (7, "😄")), ("10:30:", None), (":nosuch:", None),
        ("`:smile:", None), ("a:smile:", None), ("::", None),
    ],
)
def test_a_name_typed_in_full_is_known(before: str, found: tuple[int, str] | None) -> None:
    """With its length, so that it can be replaced."""
    assert full_name(before) == found


def test_what_is_code() -> None:
    """An open backtick in the line, or an open fence."""
    assert in_code("a `b") and in_code("```\n`x` b") and in_code("``` x")
    assert not in_code("a `b` c") and not in_code("`a\nb") and not in_code("```\nx\n``` b")


def test_names_become_emoji_outside_of_code() -> None:
    """This is how an emoji is sent from where it cannot be drawn."""
    assert spoken("Good :tada::tada: at 10:30:45") == "Good 🎉🎉 at 10:30:45"
    assert spoken("`:tada:` :tada: ```\n:tada:\n``` :tada:") == "`:tada:` 🎉 ```\n:tada:\n``` 🎉"
    assert spoken("a:tada:b :nosuch: :x") == "a:tada:b :nosuch: :x"
    assert spoken("``` :tada:") == "``` :tada:"
    assert spoken(name_emoji("👍 and ❤️")) == "👍 and ❤️"


def test_hostile_texts_take_no_time() -> None:
    """64 KiB of marks are looked at as quickly as one."""
    begin = time.perf_counter()
    for mark in (":", "@", "`", "```", ":a", ":a:", "` "):
        text = mark * 20_000
        asked(text)
        full_name(text)
        spoken(text)
    assert time.perf_counter() - begin < 1.0


def test_the_table_of_emoji_is_whole() -> None:
    """Enough of them, each once, each with a name that leads back to it and fits into a reaction."""
    assert 300 <= len(emoji_names.EMOJI) == len(set(emoji_names.EMOJI))
    for emoji in emoji_names.EMOJI:
        name = emoji_names.name_of(emoji)
        assert emoji_names.by_name(name) == emoji
        assert emoji_names.by_name(name_emoji(emoji).strip(":")) == emoji
        assert full_name(f":{name}:") == (len(name) + 2, emoji)
        assert len(emoji.encode()) <= 32
        assert name_emoji(emoji) != emoji, "it would be drawn where that is dangerous"


def test_emoji_are_found_by_any_word_of_their_name() -> None:
    """The best fit first, each emoji once."""
    assert emoji_names.find("thumbs")[0] == ("thumbsup", "👍")
    assert emoji_names.find("heart")[0] == ("heart", "❤️")
    assert ("blue_heart", "💙") in emoji_names.find("heart")
    assert emoji_names.find("blue heart")[0] == ("blue_heart", "💙")
    assert emoji_names.find("-1") == [("-1", "👎")]
    assert emoji_names.find("nosuchthing") == []
    everything = emoji_names.find("")
    assert [emoji for _, emoji in everything] == list(emoji_names.EMOJI)
    assert emoji_names.name_of("🛷") == "sled"
