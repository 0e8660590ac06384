"""Two hundred hostile texts and names are drawn harmlessly, wherever in a timeline they stand; no display needed."""

from __future__ import annotations

import time
import tkinter as tk
import unicodedata
from dataclasses import replace
from datetime import datetime

import pytest

from securechat.client.events import Message, MessageState
from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.harmless import MARKS, calm, calm_line, calm_name
from securechat.desktop.messages.message_rows import FOLDED_ASTRAL
from securechat.desktop.messages.rows import (
    Link,
    Look,
    MessageEntry,
    Piece,
    Place,
    PresenceEntry,
    Row,
    draw,
)
from securechat.desktop.messages.timeline_model import Timeline
from tests.desktop.fake_client import START_MS, key_of, message
from tests.desktop.messages.hostile import HOSTILE
from tests.desktop.messages.timeline_list import List

LOOK = Look(datetime.fromtimestamp(START_MS / 1000).date(), me="alice")
# What texts of others may look like; anything else is how the program itself speaks.
TEXT_TAGS = {
    "row", "bold", "italic", "code", "block", "link", "mention", "mention_me", "action", "quote", "chip", "chip_mine",
}
JOINERS = "\u200c\u200d"
# Each just short of being folded for its length.
CROWDED = ("`a` " * 740, "@alice " * 420, "***a*** " * 370, "http://a.b/c " * 230, "**a** `b`\n" * 29)


def cases() -> list[object]:
    return [pytest.param(text, id=str(index)) for index, text in enumerate(HOSTILE)]


def pieces(row: Row) -> list[Piece]:
    return [piece for piece in row.pieces if isinstance(piece, Piece)]


def everywhere(text: str, look: Look) -> list[Row]:
    """Rows with the text at each place where others' words can come to stand."""
    said = message(1, text[:400] or "x", text, reactions=((text[:32], (text[:400], "carol")),))
    reply = message(2, "carol", text, reply_to=said.post_id, edited=True, earlier=((1, text),), unseen_before=True)
    own = replace(message(3, "alice", text), mine=True, state=MessageState.REFUSED)
    place = Place({said.post_id: said}.get)
    rows = [draw(MessageEntry(shown, text), None, look, place) for shown in (said, reply, own)]
    rows.append(draw(MessageEntry(said), None, look, replace(place, unfolded={said.post_id})))
    rows.append(draw(MessageEntry(said), None, replace(look, ignored=frozenset({said.author})), place))
    rows.append(draw(MessageEntry(message(4, "", "", post_id=b"", problem=text)), None, look))
    return [*rows, draw(PresenceEntry(START_MS, (text[:400],), ("bob",)), None, look)]


def faults_of(text: str) -> set[str]:
    """Characters that move, hide or turn others around, and towers."""
    faults = {
        f"U+{ord(char):04X}" for char in text
        if char not in f"\n\t{JOINERS}" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else run if char in JOINERS else 0
        faults |= {"tower"} if run > MARKS else set()
    return faults | ({"joiners"} if any(a + b in text for a in JOINERS for b in JOINERS) else set())


def test_there_are_two_hundred_of_them() -> None:
    """All different."""
    assert len(HOSTILE) >= 200 and len(set(HOSTILE)) == len(HOSTILE)


@pytest.mark.parametrize("text", cases())
def test_no_control_override_or_tower_is_drawn(text: str) -> None:
    """Neither in texts, names, quotes, reactions and reasons, nor in what hovering shows or the clipboard gets."""
    for row in everywhere(text, LOOK):
        assert faults_of(row.text) == set()
        for piece in pieces(row):
            assert faults_of(str(getattr(piece.target, "words", ""))) == set()
    t = Timeline("# lobby", LOOK)
    t.merge([message(1, text[:400] or "x", text)])
    assert faults_of(t.copy_text(0, 0)) == set()


@pytest.mark.parametrize("text", cases())
def test_no_text_passes_for_a_line_of_the_program(text: str) -> None:
    """A message is a head of the program's and then words in the look of words; no name has blanks or line breaks."""
    row = draw(MessageEntry(message(2, "bob", text)), MessageEntry(message(1, "bob", "above")), LOOK)
    for piece in pieces(row):
        if not set(piece.tags) <= TEXT_TAGS:
            assert piece.tags in (("row", "soft"), ("row", "fold"))
            assert piece.text in ("This message has no visible text.", "show more")
        assert piece.tags[0] == "row"
    assert row.lines <= 15
    for line in "".join(p.text for p in pieces(row) if not {"code", "block"} & set(p.tags)).split("\n"):
        assert len(line) - len(line.lstrip(" \t\u3000\u2800\u3164")) <= 8
    named = draw(MessageEntry(message(1, text[:400], "x")), None, LOOK)
    name = next(p.text for p in pieces(named) if p.tags == ("name",))
    assert len(name) <= 64 and not any(char.isspace() for char in name)


@pytest.mark.parametrize("text", cases())
def test_links_are_of_the_web_and_show_where_they_lead(text: str) -> None:
    """No other scheme, nobody before the host, no letter in the host that looks like another."""
    shown = message(1, "bob", text)
    for look in (LOOK, replace(LOOK, shield=name_emoji)):
        for place in (Place(), Place(unfolded={shown.post_id})):
            for piece in pieces(draw(MessageEntry(shown), None, look, place)):
                assert ("link" in piece.tags) == isinstance(piece.target, Link)
                if isinstance(piece.target, Link):
                    scheme, _, rest = piece.target.url.partition("://")
                    host = rest.partition("/")[0]
                    assert piece.text == piece.target.url and scheme.lower() in ("http", "https")
                    assert host.isascii() and "@" not in host and "\\" not in host


def test_all_of_them_together_are_drawn_in_a_moment() -> None:
    """Also folded out, found and copied: nothing takes longer than its length."""
    t = Timeline("# lobby", LOOK)
    start = time.process_time()
    t.merge(message(n, f"user{n % 7}", text) for n, text in enumerate(HOSTILE, start=1))
    assert time.process_time() - start < 5.0
    for text in HOSTILE:
        start = time.process_time()
        calm(text), calm_line(text), calm_name(text)
        draw(MessageEntry(message(1, "bob", text)), None, LOOK)
        assert time.process_time() - start < 0.5
    t.find("alice")
    t.copy_text(0, len(HOSTILE))


@pytest.mark.parametrize("text", ["e\u0301", "नमस्ते", "สวัสดี", "👩‍👩‍👧‍👦", "בְּרֵאשִׁית", "1️⃣", "བཀྲ་ཤིས"])
def test_scripts_and_emoji_that_need_marks_keep_them(text: str) -> None:
    """What is legitimate is drawn letter by letter as it was sent."""
    assert calm(text) == calm_line(text) == text


def test_a_hostile_reaction_or_reason_is_short() -> None:
    """Neither fills the window."""
    shown: Message = message(1, "bob", "x", reactions=(("W" * 32, ("carol",)),), post_id=key_of("r"))
    assert len(draw(MessageEntry(shown), MessageEntry(shown), LOOK).text) < 40
    refused = replace(shown, mine=True, reactions=(), state=MessageState.REFUSED)
    assert len(draw(MessageEntry(refused, "W" * 9000), MessageEntry(refused), LOOK).text) < 400


def test_a_page_of_posts_full_of_marks_is_a_bounded_number_of_pieces(bare: tuple[tk.Tk, Theme]) -> None:
    """In the window: it takes the square of the pieces of a line to lay that out."""
    t = Timeline("# lobby", LOOK)
    t.merge(message(n, "bob", CROWDED[n % len(CROWDED)], post_id=key_of(f"p{n}")) for n in range(1, 101))
    shown = List(*bare)
    shown.show(t.rows())
    for row in shown.rows:
        assert len(row.pieces) < 80
    places = [index for _, _, index in shown.text.dump("1.0", "end", tag=True)]
    lines = [int(index.split(".")[0]) for index in places]
    assert max(lines.count(line) for line in set(lines)) < 200
    assert len(places) < 100 * 200
    shown.view.destroy()


@pytest.mark.parametrize("text", ["👍🏽" * 400, "👨‍👩‍👧‍👦" * 60, "**👩** 👦 `👧` " * 30, "👩" + "\u200d👩" * 500])
def test_a_crowd_of_emoji_is_folded(text: str) -> None:
    """Each takes long to be laid out; some dozens show, and the rest on request."""
    said = message(1, "bob", text)
    row = draw(MessageEntry(said), None, LOOK)
    assert row.text.endswith("show more\n") and 10 < sum(char > "\uffff" for char in row.text) <= FOLDED_ASTRAL
    whole = draw(MessageEntry(said), None, LOOK, Place(unfolded={said.post_id})).text
    assert sum(char > "\uffff" for char in whole) == sum(char > "\uffff" for char in text)
    assert "show more" not in draw(MessageEntry(message(1, "bob", "👍🏽" * 20)), None, LOOK).text
