"""How messages are drawn: quotes, marks, reactions, folds, ignored people, times; no display needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.messages.harmless import calm_name, cut
from securechat.desktop.messages.rows import (
    Author,
    Earlier,
    Fold,
    Jump,
    Link,
    Look,
    MessageEntry,
    Moment,
    Piece,
    Place,
    React,
    Row,
    draw,
)
from tests.desktop.fake_client import START_MS, message

TODAY = datetime.fromtimestamp(START_MS / 1000).date()
LOOK = Look(TODAY, me="alice")


def row_of(shown: Message, look: Look = LOOK, place: Place | None = None, reason: str = "") -> Row:
    """Drawn below a message of the same author, so without a head."""
    return draw(MessageEntry(shown, reason), MessageEntry(message(0, shown.author, "above")), look, place or Place())


def pieces(row: Row) -> list[Piece]:
    return [piece for piece in row.pieces if isinstance(piece, Piece)]


def with_tag(row: Row, tag: str) -> list[Piece]:
    return [piece for piece in pieces(row) if tag in piece.tags]


def targets(row: Row, kind: type) -> list[Piece]:
    return [piece for piece in pieces(row) if isinstance(piece.target, kind)]


def mine(text: str = "mine", **other: object) -> Message:
    return message(1, "alice", text, mine=True, **other)


def finding(*known: Message) -> Place:
    by_id = {one.post_id: one for one in known}
    return Place(by_id.get)


def test_rich_text_becomes_tags_and_links_targets() -> None:
    """Each style is a tag beside "row"."""
    row = row_of(message(1, "bob", "a **b** `c` https://a.b/x @alice @carol"))
    assert [(p.text, p.tags) for p in pieces(row)[:-1] if p.text.strip()] == [
        ("a ", ("row",)), ("b", ("row", "bold")), ("c", ("row", "code")), ("https://a.b/x", ("row", "link")),
        ("@alice", ("row", "mention", "mention_me")), ("@carol", ("row", "mention")),
    ]
    assert [p.target for p in targets(row, Link)] == [Link("https://a.b/x")]


def test_the_design_s_message() -> None:
    """A head with name and time, a text, reactions below."""
    shown = message(1, "bob", "Morning!", reactions=(("👍", ("alice", "carol", "dave")), ("👀", ("carol",))))
    row = draw(MessageEntry(shown), None, LOOK)
    clock = datetime.fromtimestamp(shown.time_ms / 1000).strftime("%H:%M")
    assert row.text.endswith(f"bob  {clock}\nMorning!\n 👍 3   👀 1   + \n")
    assert [p.target for p in targets(row, Author)] == [Author("bob")]
    assert row.lines == 4


def test_a_block_stands_on_lines_of_its_own() -> None:
    """What follows a block, marks too, begins a new line; the row ends with one line break."""
    row = row_of(mine("see\n```\nx = 1\n```"))
    assert row.text == f"see\nx = 1\n{texts.STORED}\n"
    assert [p.text for p in with_tag(row, "block")] == ["x = 1\n"]
    assert row_of(message(1, "bob", "```\nx\n```")).text == "x\n"
    assert row_of(message(1, "bob", "```\nx\n```\nafter")).text == "x\nafter\n"


# --- time ---------------------------------------------------------------------------------------------


def test_every_time_tells_the_full_moment() -> None:
    """Day, date with the year, seconds and zone; of late messages also when they were sent."""
    sent = START_MS - 3 * 24 * 3600 * 1000
    row = draw(MessageEntry(message(1, "bob", "x", late=True, time_ms=sent, server_time_ms=START_MS)), None, LOOK)
    arrived, signed = (p.target for p in targets(row, Moment))
    assert isinstance(arrived, Moment) and isinstance(signed, Moment)
    when = datetime.fromtimestamp(START_MS / 1000)
    assert f"{when:%H:%M:%S} " in arrived.words and str(when.year) in arrived.words and "UTC" in arrived.words
    assert datetime.fromtimestamp(sent / 1000).strftime("%A, ") in signed.words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (timezone(timedelta(hours=2), "CEST"), "Monday, 21 July 2025, 09:42:07 CEST (UTC+02:00)"),
        (UTC, "Monday, 21 July 2025, 09:42:07 UTC"),
        (timezone(timedelta(hours=-3, minutes=-30), "-0330"), "Monday, 21 July 2025, 09:42:07 UTC-03:30"),
    ],
)
def test_a_moment_in_words(zone: timezone, words: str) -> None:
    """The zone's name if it has one, and its distance."""
    assert texts.full_moment(datetime(2025, 7, 21, 9, 42, 7, tzinfo=zone)) == words


def test_a_time_that_no_calendar_holds_has_no_moment() -> None:
    """It is unknown, and nothing breaks."""
    row = draw(MessageEntry(message(1, "bob", "x", time_ms=2**63)), None, LOOK)
    assert texts.UNKNOWN_TIME in row.text and targets(row, Moment) == []


# --- quotes -------------------------------------------------------------------------------------------


def test_a_reply_quotes_the_first_words_and_leads_there() -> None:
    """On one line, without marks, cut short."""
    old = message(1, "bob", "**First** line\nsecond " + "word " * 40)
    row = row_of(message(2, "carol", "yes", reply_to=old.post_id), place=finding(old))
    bar, words, end = pieces(row)[:3]
    assert words.text.startswith("bob: First line second word") and words.text.endswith("…")
    assert len(words.text) < 100 and end.text == "\n"
    assert bar.target == words.target == Jump(old.post_id)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"deleted": True}, f"bob: {texts.DELETED}"),
        ({"deleted": True, "deleted_by_operator": True}, f"bob: {texts.DELETED_BY_OPERATOR}"),
        ({"newer": True}, f"bob: {texts.NEWER}"),
        ({"problem": "Bad."}, texts.QUOTE_UNKNOWN),
        ({"text": "\u3164"}, f"bob: {texts.EMPTY_TEXT}"),
        ({"text": "/me waves"}, "bob: waves"),
    ],
)
def test_quotes_of_special_messages_say_what_they_are(change: dict[str, object], wanted: str) -> None:
    """And show no text that is not to be seen."""
    old = replace(message(1, "bob", "secret"), **change)  # type: ignore[arg-type]
    row = row_of(message(2, "bob", "yes", reply_to=old.post_id), place=finding(old))
    assert [p.text for p in with_tag(row, "quote")] == [wanted, "\n"]


def test_a_quote_of_what_is_not_loaded_still_leads_there() -> None:
    """The owner may load it."""
    row = row_of(message(2, "bob", "yes", reply_to=b"x" * 32))
    assert with_tag(row, "quote")[0].text == texts.QUOTE_UNKNOWN
    assert [p.target for p in targets(row, Jump)] == [Jump(b"x" * 32)] * 2


# --- states and marks ---------------------------------------------------------------------------------


def test_own_messages_say_whether_they_are_stored() -> None:
    """Waiting, also while only a change of it waits; then stored."""
    assert row_of(mine()).text.endswith(f"mine  {texts.STORED}\n")
    assert row_of(mine(state=MessageState.WAITING)).text.endswith(f"mine  {texts.WAITING}\n")
    assert row_of(mine(pending=True)).text.endswith(f"mine  {texts.WAITING}\n")
    refused = row_of(mine(state=MessageState.REFUSED), reason="Not\nhere.").text
    assert refused.endswith("mine\nNot sent. Not here.\n") and texts.STORED not in refused


def test_edited_leads_to_the_earlier_texts_if_there_are_any() -> None:
    """Without them it is a word only; of a deleted message it is not said."""
    edited = mine(edited=True, earlier=((1, "before"),))
    assert [p.text for p in targets(row_of(edited), Earlier)] == [f"  {texts.EDITED}"]
    assert targets(row_of(mine(edited=True)), Earlier) == [] and texts.EDITED in row_of(mine(edited=True)).text
    assert texts.EDITED not in row_of(replace(edited, deleted=True)).text


def test_an_action_is_said_of_its_author() -> None:
    """"/me" needs words, and "/meet" is another word."""
    row = row_of(message(1, "bob", "/me waves at **carol**"))
    assert row.text == "* bob waves at carol\n"
    assert all("action" in p.tags for p in pieces(row)[:-1])
    for text in ("/me", "/me ", "/meet", "/ME waves"):
        assert row_of(message(1, "bob", text)).text == f"{text.rstrip()}\n"


@pytest.mark.parametrize("text", ["", " ", "\n" * 3000, "\u3164\u2800 \u200d", "\u200b\u2060"])
def test_a_text_with_nothing_to_see_says_so(text: str) -> None:
    """An empty line would look like a fault."""
    assert row_of(message(1, "bob", text)).text == f"{texts.EMPTY_TEXT}\n"


# --- reactions ----------------------------------------------------------------------------------------


def test_reactions_are_chips_that_tell_who() -> None:
    """The own ones look different; the last chip asks for another."""
    shown = message(1, "bob", "x", reactions=(("👍", ("alice", "bob")), ("🎉", ("carol",))))
    row = row_of(shown)
    (thumb,) = with_tag(row, "chip_mine")
    assert thumb.text == " 👍 2 "
    assert thumb.target == React(shown.post_id, "👍", texts.reacted("👍", ("alice", "bob")))
    assert [p.text for p in with_tag(row, "chip")] == [" 🎉 1 ", " + "]
    assert with_tag(row, "chip")[-1].target == React(shown.post_id, "")
    named = row_of(shown, replace(LOOK, shield=name_emoji))
    assert with_tag(named, "chip_mine")[0].text == " :thumbs_up_sign: 2 "
    assert with_tag(named, "chip_mine")[0].target.emoji == "👍"  # type: ignore[union-attr]


def test_many_or_empty_reactions_do_not_flood() -> None:
    """A few dozen show, and none that cannot be seen."""
    many = tuple((chr(0x1F400 + n), ("bob",)) for n in range(100))
    row = row_of(message(1, "bob", "x", reactions=(("\u200d", ("carol",)), *many)))
    assert len(with_tag(row, "chip")) == 26 and row.lines == 1 + 5  # six to a line
    assert row_of(message(1, "bob", "x", reactions=(("\u3164", ("carol",)), ("", ("bob",))))).lines == 1
    assert row_of(message(1, "bob", "x", deleted=True, reactions=many)).lines == 1


# --- folding and ignoring -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: "line\n" * 40, lambda: "word " * 700, lambda: "W" * 16_384])
def test_long_messages_are_folded_and_open(make: Callable[[], str]) -> None:
    """Twelve lines or some hundred words; whole on request."""
    shown = message(1, "bob", make())
    folded = row_of(shown)
    assert folded.lines <= 14 and len(folded.text) < 1400
    (more,) = targets(folded, Fold)
    assert (more.text, more.target) == (texts.SHOW_MORE, Fold(shown.post_id))
    whole = row_of(shown, place=Place(unfolded={shown.post_id}))
    assert whole.text == f"{make().rstrip()}\n{texts.SHOW_LESS}\n"


def test_a_message_of_thirty_lines_is_not_folded() -> None:
    """The limits are the last that still fit."""
    assert targets(row_of(message(1, "bob", "\n".join("x" * 30))), Fold) == []
    assert targets(row_of(message(1, "bob", "\n".join("x" * 31))), Fold) != []
    assert targets(row_of(message(1, "bob", "x" * 3000)), Fold) == []
    assert targets(row_of(message(1, "bob", "x" * 3001)), Fold) != []


def test_a_link_that_folding_cuts_leads_nowhere() -> None:
    """What shows must be what it leads to."""
    row = row_of(message(1, "bob", "https://a.b/" + "x" * 5000))
    assert targets(row, Link) == [] and with_tag(row, "link") == []
    named = row_of(message(1, "bob", "x" * 1190 + " @abcdefghijklmnopq " + "x" * 5000))
    assert with_tag(named, "mention") == []


def test_a_link_that_this_display_cannot_show_is_none() -> None:
    """What shows must be what it leads to."""
    row = row_of(message(1, "bob", "https://a.b/c"), replace(LOOK, shield=lambda text: text.replace("c", ":c:")))
    assert targets(row, Link) == [] and with_tag(row, "link") == [] and row.text == "https://a.b/:c:\n"


def test_a_folded_block_ends_with_its_line() -> None:
    """Its background ends there too."""
    row = row_of(message(1, "bob", "```\n" + "x" * 4000 + "\n```"))
    assert with_tag(row, "block")[-1].text.endswith("…\n")


def test_ignored_people_take_a_line_that_opens() -> None:
    """No head, no text, no reactions; opened it is as ever, with a way back."""
    look, shown = replace(LOOK, ignored=frozenset({"bob"})), message(1, "bob", "words")
    row = draw(MessageEntry(shown), MessageEntry(message(0, "carol", "x")), look)
    assert row.text == "A message of bob, whom you ignore · show\n"
    assert [p.target for p in targets(row, Fold)] == [Fold(shown.post_id)]
    opened = draw(MessageEntry(shown), MessageEntry(message(0, "bob", "x")), look, Place(unfolded={shown.post_id}))
    assert opened.text.endswith(f"words\n{texts.IGNORED_HIDE}\n") and targets(opened, Author)
    assert row_of(mine(), replace(LOOK, ignored=frozenset({"alice"}))).text.startswith("mine") or True


def test_what_ignored_people_said_shows_nowhere_else() -> None:
    """Neither in quotes nor as reactions."""
    look, old = replace(LOOK, ignored=frozenset({"bob"})), message(1, "bob", "words")
    reply = message(2, "carol", "yes", reply_to=old.post_id, reactions=(("👍", ("bob", "carol")), ("👎", ("bob",))))
    row = row_of(reply, look, finding(old))
    assert "words" not in row.text and " 👍 1 " in row.text and "👎" not in row.text


# --- the "new" line -----------------------------------------------------------------------------------


def test_the_new_line_stands_above_a_head() -> None:
    """Also where the head above would have served; below a day line."""
    shown = message(1, "bob", "x")
    row = row_of(shown, place=Place(first_new=shown.post_id))
    assert [p.tags for p in pieces(row)[:3]] == [("new", "new_rule"), ("new",), ("new", "new_rule")]
    assert texts.NEW_LINE in pieces(row)[1].text and targets(row, Author)
    on_top = draw(MessageEntry(shown), None, LOOK, Place(first_new=shown.post_id)).text
    assert on_top.index(texts.TODAY) < on_top.index(texts.NEW_LINE)
    assert with_tag(row_of(message(1, "", "", post_id=b"", problem="Bad.")), "new") == []


def test_names_are_short_and_have_no_blanks() -> None:
    """So that no name passes for words of the program."""
    assert calm_name("alice (you)") == "alice_(you)" and calm_name("bo\u200db") == "bob"
    assert len(calm_name("W" * 500)) == 64
    assert cut("e\u0301" * 40, 10) == "e\u0301" * 4 + "…"
