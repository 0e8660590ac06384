"""Texts of scripts that run to the left: their order, their forms, and that they stay what was written."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Iterator

import pytest
from bidi import get_display
from hypothesis import example, given
from hypothesis import strategies as st

import securechat.desktop.messages
from securechat.desktop.messages import right_to_left, shaping, timeline_columns
from securechat.desktop.messages.right_to_left import Bit, Unit, arrange, needs, visual
from securechat.desktop.messages.row_layout import RIGHT, logical, piece_at
from securechat.desktop.messages.rows import Link, Piece, Row
from securechat.desktop.messages.timeline_tags import FOUND
from tests.desktop.messages.timeline_list import List, head, made, row

__all__ = ["made"]

# Written letter by letter where an editor would turn them around.
SHALOM, OLAM = "\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd"
MOLAHS, MALO = SHALOM[::-1], OLAM[::-1]
MARKED = "\u05e9\u05b8\u05dc"  # a shin with a vowel sign under it, and a lamed
SALAM = "\u0633\u0644\u0627\u0645"
MALAS = "\ufee1\ufefc\ufeb3"  # joined, with the lam and alef in one
LINK = "https://build.lan/142/"
FLAT = str.maketrans(")]>}", "([<{")


SHAPES_TEXTS = shaping.shapes_texts


@pytest.fixture(autouse=True)
def tk_shapes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on X11, wherever these tests run."""
    for module in (shaping, timeline_columns):
        monkeypatch.setattr(module, "shapes_texts", lambda widget: False)


def line(*texts: str | Bit, columns: int = 0) -> list[str]:
    """What is seen of a line, from the left."""
    found = arrange(tuple(Bit(text) if isinstance(text, str) else text for text in texts), columns)
    return ["".join(unit.text for unit in units) for units in found.lines]


# --- the order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (f"{SHALOM} {OLAM}", f"{MALO} {MOLAHS}"),
        (f"{SHALOM} 12:30, 1,234.5", f"1,234.5 ,12:30 {MOLAHS}"),
        (f"{SHALOM} (abc) def", f"def (abc) {MOLAHS}"),
        (f"see ({SHALOM}) {OLAM} x", f"see ({MOLAHS}) {MALO} x"),
        (f"one {SHALOM}?", f"one {MOLAHS}?"),
        (f"{SHALOM}?\nlike this", f"?{MOLAHS}\nlike this"),
        (SALAM, MALAS),
        (MARKED, "\u05dc\u05b8\u05e9"),
        (f"{SHALOM} e\u0301 \U0001f44d\U0001f3fd", f"\U0001f44d\U0001f3fd e\u0301 {MOLAHS}"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\ufeee\ufea7\ufbfd\ufee3"),
        ("plain, 12 (x)", "plain, 12 (x)"),
    ],
)
def test_a_line_is_seen_in_the_order_in_which_it_is_read(written: str, seen: str) -> None:
    """Numbers and other scripts keep their order; brackets, marks and joined letters are right."""
    assert visual(written) == seen


@example("a\u05d0((1:)a)")  # what is outside decides first
@given(st.text(st.sampled_from("\u05d0\u05d1\u05d2\u0633\u0643abc12.,:-/+%()[]<>!{}"), min_size=1, max_size=20))
def test_the_order_is_the_one_of_unicode(written: str) -> None:
    """As the library's other implementation has it, which tells no places and mirrors nothing."""
    seen = "".join(unicodedata.normalize("NFKC", char) for char in visual(written))
    assert seen.translate(FLAT) == str(get_display(written)).translate(FLAT)


@given(
    st.lists(
        st.builds(
            Bit, st.text(st.sampled_from(f"{SALAM}{MARKED}ab 1(\u200d\u200c\U0001f44d\u202e\u2067\x1c\u0378")),
            st.sampled_from(["text", "solid", "apart"]),
        ), min_size=1, max_size=5,
    ),
    st.integers(0, 9),
)
def test_every_character_is_drawn_once_and_none_is_added(bits: list[Bit], columns: int) -> None:
    """Also signs that were cleaned away before, and what no table knows."""
    units = [unit for units in arrange(tuple(bits), columns).lines for unit in units]
    covered = sorted((unit.bit, place) for unit in units for place in range(unit.start, unit.end))
    assert covered == [(bit, place) for bit, made in enumerate(bits) for place in range(len(made.text))]
    for unit in units:
        letters = unicodedata.normalize("NFKC", unit.text)
        assert set(letters) <= set(bits[unit.bit].text[unit.start : unit.end]) | set("()")


def test_the_parts_of_a_line_are_ordered_together() -> None:
    """A bold word, an address in one piece, and what the program adds at the end of the line."""
    bits = (Bit(f"{SHALOM} "), Bit(OLAM), Bit(" "), Bit(LINK, "solid"), Bit("  edited", "apart"))
    assert line(*bits) == [f"edited  {LINK} {MALO} {MOLAHS}"]
    assert line(f"{SHALOM} x", Bit("  edited", "apart")) == [f"edited  x {MOLAHS}"]
    assert line("x ", Bit(SHALOM), Bit("  edited", "apart")) == [f"x {MOLAHS}  edited"]
    assert line(f"{SHALOM} ", Bit("http://x/(1)", "solid")) == [f"http://x/(1) {MOLAHS}"]
    assert line("x ", Bit(SHALOM, "apart")) == [f"x {MOLAHS}"]
    assert arrange(bits, 0).right and not arrange((Bit("x "), *bits), 0).right
    assert not arrange((Bit("\ufffc", "picture"), *bits), 0).right


def test_a_long_line_is_broken_before_it_is_ordered() -> None:
    """So that its first words are on its first line; at blanks, or within a word that is too long."""
    assert line(f"{SHALOM} {OLAM} abc {SHALOM}", columns=12) == [f" {MALO} {MOLAHS}", f"{MOLAHS} abc"]
    assert line("\u05d0" * 5 + "\u05d1" * 2, columns=5) == ["\u05d0" * 5, "\u05d1" * 2]


def test_a_very_long_line_is_ordered_in_no_time() -> None:
    """Also one made of nothing but brackets: time grows with the length alone."""
    for text in ("(" * 16_000, "()" * 8_000, "[\u05d0]" * 5_000, "\u05d01" * 8_000):
        assert len("".join(line(f"\u05d0{text}", columns=80))) == len(text) + 1


# --- without the libraries ---------------------------------------------------------------------------


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if they were not installed."""
    for name in ("bidi.algorithm", "arabic_reshaper"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "securechat.desktop.messages.text_order", raising=False)
    monkeypatch.delattr(securechat.desktop.messages, "text_order", raising=False)
    for cached in (right_to_left._order, arrange):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (right_to_left._order, arrange):
        cached.cache_clear()


@pytest.mark.usefixtures("no_libraries")
def test_without_the_libraries_texts_are_drawn_as_they_are(made: List) -> None:
    made.show([row(f"{SHALOM} {OLAM}")])
    assert made.text.get("1.0", "1.end") == visual(f"{SHALOM} {OLAM}") == f"{SHALOM} {OLAM}"
    assert arrange((Bit(SHALOM),), 5).lines == ((Unit(SHALOM, 0, 0, 4),),)


def test_the_libraries_are_imported_only_when_a_text_needs_them() -> None:
    program = (
        "import sys; from securechat.desktop.messages import timeline_view, right_to_left as r;"
        "r.visual('plain \\u00e9');"
        "early = {'bidi', 'arabic_reshaper'} & set(sys.modules); r.visual('\\u05d0');"
        "print(early, 'bidi' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "set() True"


# --- the message list --------------------------------------------------------------------------------

BOLD = Piece(OLAM, ("row", "bold"))
LINKED = Piece(LINK, ("row", "link"), None, Link(LINK))
MIXED = Row((
    *head(), Piece(f"{SHALOM} ", ("row",)), BOLD, Piece(" ", ("row",)), LINKED, Piece("  edited", ("row", "mark")),
    Piece(f"\nx {SALAM}\n", ("row",)),
))


def test_a_row_is_drawn_in_order_and_starts_at_the_right(made: List) -> None:
    """Its head, lines that begin with other letters, and other rows stay where they are."""
    made.show([row("first"), MIXED, row("last")])
    assert made.text.get("1.0", "end-2c").split("\n") == [
        "first", "bob  09:02", f"edited  {LINK} {MALO} {MOLAHS}", f"x {MALAS}", "last",
    ]
    assert {number for number in range(1, 6) if RIGHT in made.text.tag_names(f"{number}.1")} == {3}
    assert made.tagged("bold") == [MALO] and made.tagged("link") == [LINK]
    box = made.text.bbox("3.end - 1c")
    assert box is not None and box[0] > made.text.winfo_width() // 2


def test_every_character_of_an_ordered_row_is_found_in_its_piece(made: List) -> None:
    made.show([MIXED])
    columns = made.view._lines.columns
    for number in (2, 3):
        for place in range(int(made.text.index(f"{number}.end").split(".")[1]) + 1):
            piece = piece_at(MIXED, number - 1, place, 1, columns)
            assert isinstance(piece, Piece)
            assert ("bold" in made.text.tag_names(f"{number}.{place}")) == (piece is BOLD)
            assert ("link" in made.text.tag_names(f"{number}.{place}")) == (piece is LINKED)
    made.click(*made.place("https"))
    assert made.asked == [("follow", Link(LINK), 0)]


@pytest.mark.parametrize(
    ("first", "last", "copied"),
    [
        ("2.0", "2.end", f"{SHALOM} {OLAM} {LINK}  edited"),
        (f"2.end - {len(SHALOM)}c", "2.end", SHALOM),
        ("3.0", "3.end", f"x {SALAM}"),
        ("3.3", "3.4", SALAM[1:3]),
        ("2.end - 1c", "3.2", f"{SHALOM[0]}\nx "),
    ],
)
def test_what_is_copied_is_what_was_written(made: List, first: str, last: str, copied: str) -> None:
    """In its own order, whatever the order on the screen, and with the letters that were joined."""
    made.show([MIXED])
    made.text.tag_add("sel", first, last)
    made.text.event_generate("<<Copy>>")
    assert made.root.clipboard_get() == copied


def test_searched_words_are_marked_where_they_are_drawn(made: List) -> None:
    """Each letter that is part of the words as written, not what was put around the text."""
    made.show([row("first"), MIXED])
    made.view.show_matches(f"{SHALOM[2:]} {OLAM[:2]}", [1])
    assert "".join(made.tagged(FOUND)) == f"{MALO[2:]} {MOLAHS[:2]}"
    made.view.show_matches(SALAM[1], [1])
    assert made.tagged(FOUND) == [MALAS[1]]
    made.view.show_matches("edited", [1])
    assert made.tagged(FOUND) == []


def test_a_paragraph_is_broken_anew_for_another_width(made: List) -> None:
    """Each of its lines is one on the screen; rows below it are found at their new lines."""
    words = " ".join(f"{SHALOM}{number}" for number in range(60))
    made.show([row(words), row("last"), row(SHALOM)])
    made.root.geometry("500x600")
    made.root.update()
    lines = made.view._lines.start(1)
    for _ in range(3):
        made.view.tick()
        made.root.update()
    wider, narrower = lines, made.view._lines.start(1)
    assert narrower > wider > 1 and made.view._lines.unfit() == []
    assert made.text.get(f"{narrower + 1}.0", f"{narrower + 1}.end") == "last"
    assert made.text.count("1.0", f"{narrower + 1}.0", "displaylines") in (narrower, (narrower,))
    assert made.text.get("1.0", "1.end").endswith(f"0{MOLAHS}")
    made.text.tag_add("sel", "1.0", f"{narrower}.end")
    made.text.event_generate("<<Copy>>")
    assert made.root.clipboard_get() == words
    made.splice(0, 1, row(f"{words} more"))
    assert made.view.selected_rows() is None and made.view._lines.start(1) >= narrower


def test_many_paragraphs_are_broken_anew_in_several_turns(made: List, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in sight first; what others show is still found and copied."""
    words = " ".join([SHALOM] * 60)
    made.show([row(f"{number} {words}") for number in range(20)])
    made.root.geometry("500x600")
    made.root.update()
    times = iter(range(1000))
    monkeypatch.setattr(made.view, "_monotonic", lambda: float(next(times)))
    lines = made.view._lines
    made.view.tick()
    turns = [len(lines.unfit())]
    while not turns[1:] or turns[-1] > 0:
        seen = lines.row_at(made.view._line("@0,0") - 1)
        made.view.tick()
        turns.append(len(lines.unfit()))
        assert seen is not None and lines.columns_of(seen) == lines.columns
        made.text.tag_add("sel", "1.0", f"{lines.start(1)}.end")
        assert made.view._chosen_in(0) == f"0 {words}"
        made.text.tag_remove("sel", "1.0", "end")
    assert turns == [0, *range(19, -1, -1)]


def test_the_cursor_stays_on_a_paragraph_that_is_broken_anew(made: List) -> None:
    words = " ".join([SHALOM] * 60)
    made.show([row("first"), row(words), row(words), row("last")])
    made.view.set_current(2)
    made.root.geometry("500x600")
    made.root.update()
    for _ in range(3):
        made.view.tick()
    assert made.view.current == 2
    made.splice(0, 4, row("first"), row("new"), row("newer"), row(f"{words} more"), row(words), row("last"))
    assert made.view.current == 4


def test_a_tk_that_shapes_texts_gets_them_as_written(made: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_columns, "shapes_texts", lambda widget: True)
    made.show([MIXED])
    assert made.text.get("2.0", "2.end") == f"{SHALOM} {OLAM} {LINK}  edited"
    assert logical(MIXED, (1, 0), (1, 4), 1, 0) == SHALOM


class FakeTk:
    """Answers as the Tk of some system does. ``joined``: how wide three joined letters are; one is 7 pixels."""

    def __init__(self, system: str, version: str, joined: int) -> None:
        self.tk = self
        self.answers = {"tk": system, "info": version}
        self.joined = joined

    def call(self, command: str, *arguments: str) -> str | int:
        if command == "font":
            return 7 if len(arguments[-1]) == 1 else self.joined
        return self.answers[command]


@pytest.mark.parametrize(
    ("fake", "shapes"),
    [
        (FakeTk("x11", "8.6.13", 21), False), (FakeTk("x11", "9.0.1", 21), False), (FakeTk("x11", "9.1", 15), True),
        (FakeTk("win32", "8.6.13", 21), True), (FakeTk("aqua", "9.0", 21), True),
    ],
)
def test_which_tk_shapes_texts_is_found_out(fake: FakeTk, shapes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label's text is ordered for those that do not."""
    monkeypatch.setattr(shaping, "shapes_texts", SHAPES_TEXTS)
    assert SHAPES_TEXTS(fake) is shapes  # type: ignore[arg-type]
    assert shaping.shown(fake, SHALOM) == (SHALOM if shapes else MOLAHS)  # type: ignore[arg-type]


def test_letters_that_run_to_the_left_are_known() -> None:
    assert needs(SHALOM) and needs(f"x {SALAM}") and needs("\ufefb") and needs("\U0001e900")
    assert not needs("plain") and not needs("\u00e9\u4e00\U0001f44d\ufeff")
