"""The message list as a widget: how rows are drawn, and that what is read stays where it is."""

from __future__ import annotations

import time
import tkinter as tk

import pytest

from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Piece, Row
from securechat.desktop.messages.timeline_marks import FLASH_S
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.messages.timeline_tags import FLASH, FOUND, TimelineTags
from securechat.desktop.messages.timeline_view import TimelineView
from tests.desktop.messages.timeline_list import RICH, List, made, row

__all__ = ["made"]


# --- drawing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
@pytest.mark.parametrize("zoom", [0.8, 2.0])
def test_every_tag_of_rows_has_a_look_in_every_theme(bare: tuple[tk.Tk, Theme], name: str, zoom: float) -> None:
    root, _ = bare
    theme = Theme(root, palette_for(name), zoom)
    text = tk.Text(root)
    TimelineTags(text, theme)
    wanted = (
        "row name time mark late soft day rule quiet begin gap problem bold italic code block link mention mention_me "
        "quote quote_bar chip chip_mine fold new new_rule action"
    ).split()
    assert set(wanted) <= set(text.tag_names())
    assert text.tag_names()[-1] == "sel"
    text.destroy()
    theme.close()


def test_bold_and_italic_add_up(made: List) -> None:
    made.show([Row((Piece("both", ("row", "bold", "italic")), Piece("\n", ("row",))))])
    assert "bold_italic" in made.text.tag_names("1.0")


def test_chips_have_round_ends_which_go_with_the_list(made: List) -> None:
    """They are pictures of the list's own, so that nothing is left behind."""
    before = set(made.text.tk.splitlist(made.text.tk.call("image", "names")))
    made.show([RICH, RICH])
    ends = set(made.text.tk.splitlist(made.text.tk.call("image", "names"))) - before
    assert len([name for name in ends if "chip" in str(name)]) == 4
    assert len(made.text.dump("3.0", "3.end", image=True)) == 4
    assert made.text.tag_names("1.0") == ("name",) and "row" in made.text.tag_names("3.0")  # for their margins
    other = List(made.root, made.theme)
    other.show([RICH])
    made.root.update()
    other.view.destroy()
    after = set(made.text.tk.splitlist(made.text.tk.call("image", "names")))
    assert {name for name in after - before if "chip" in str(name)} <= ends
    made.root.update()


def test_a_list_without_an_owner_shows_rows(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    view = TimelineView(root, theme)
    view.pack(fill="both", expand=True)
    view.reset([row(f"message {n}") for n in range(100)])
    view.text.focus_force()
    root.update()
    view.text.event_generate("<Up>")
    view.text.event_generate("<Motion>", x=60, y=60)
    root.update()
    assert view.current is None and view.text.yview()[1] < 1.0
    view.destroy()


# --- what is read stays where it is ------------------------------------------------------------------


@pytest.mark.parametrize("begin", [0, 1])
def test_rows_put_above_do_not_move_what_is_read(made: List, begin: int) -> None:
    """Whether the row on top is drawn anew by the same change, without its head, or not."""
    made.show([row("top of all", top=True), *(row(f"message {n}\nsecond") for n in range(60))])
    made.text.yview_moveto(0)
    made.text.yview_scroll(3, "pixels")
    if begin:
        made.text.yview("4.0")
    before = made.top() if begin else ("top of all", made.text.bbox("2.0")[1])  # type: ignore[index]
    made.splice(0, 1, *(row(f"older {n}", top=n % 7 == 0) for n in range(100)), row("top of all"))
    box = made.text.bbox(made.text.search(before[0], "1.0", "end"))
    assert box is not None and abs(box[1] - before[1]) <= 2
    assert "older 99" in made.text.get("1.0", "end")


def test_missed_messages_below_do_not_move_what_is_read(made: List) -> None:
    """Even if everything is drawn anew for them."""
    rows = [row(f"message {n}", top=n % 5 == 0) for n in range(80)]
    made.show(rows)
    made.text.yview("40.0")
    made.root.update()
    before = made.top()
    made.splice(0, 80, *rows, *(row(f"missed {n}") for n in range(30)))
    assert made.top() == before


def test_a_reaction_above_does_not_move_what_is_read(made: List) -> None:
    """The row is redrawn with a line more, and only what is above gives way."""
    made.show([row(f"message {n}") for n in range(80)])
    made.text.yview("40.0")
    made.root.update()
    before = made.top()
    made.splice(10, 2, row("message 10", Piece("\n", ("row",)), Piece(" 👍 1 ", ("row", "chip"))), row("message 11"))
    assert made.top() == before
    made.splice(39, 1, row("message 39", Piece("\n", ("row",)), Piece(" 👍 1 ", ("row", "chip"))))
    assert made.top() == before


def test_everything_may_go_while_something_is_read(made: List) -> None:
    made.show([row(f"message {n}") for n in range(80)])
    made.text.yview("40.0")
    made.splice(0, 80)
    assert made.text.get("1.0", "end") == "\n" and not made.view.at_top()


# --- showing a row, searching, copying ---------------------------------------------------------------


def test_a_row_is_revealed_and_lit_for_a_moment(made: List) -> None:
    made.show([row(f"message {n}") for n in range(200)])
    made.view.reveal(20)
    made.root.update()
    info = made.text.dlineinfo("21.0")
    assert info is not None and 100 < info[1] < 400
    assert made.tagged(FLASH) == ["message 20\n"]
    made.view.tick()
    made.splice(0, 1, row("older"), row("message 0"))
    assert made.tagged(FLASH) == ["message 20\n"]
    made.now += FLASH_S
    made.view.tick()
    assert made.tagged(FLASH) == []
    top = made.top()
    made.view.reveal(22, flash=False)  # in sight already
    assert made.top() == top and made.tagged(FLASH) == []
    made.view.reveal(999)


def test_matches_are_marked_where_texts_say_them(made: List) -> None:
    """In texts only, in what is in sight, and in what is drawn later."""
    says = row("👍 Bob says BOB", Piece(" bob", ("row", "mark")))
    made.show([row("say", top=True), says, *([row("x")] * 200), row("bob")])
    made.text.yview_moveto(0)
    made.root.update()
    made.view.show_matches("bob", [0, 1, 202])
    assert made.tagged(FOUND) == ["Bob", "BOB"]
    made.splice(2, 1, row("new bob"))
    assert made.tagged(FOUND) == ["Bob", "BOB", "bob"]
    made.splice(0, 1, row("above"), row("say"))  # the last row has another number now
    made.view.to_bottom()
    made.view.tick()
    assert len(made.tagged(FOUND)) == 4
    made.view.show_matches("", ())
    assert made.tagged(FOUND) == []


def test_copying_takes_letters_within_a_row_and_words_of_the_owner_beyond(made: List) -> None:
    made.show([RICH, row("two"), row("three")])
    assert made.view.selected_rows() is None
    made.text.tag_add("sel", "2.5", "2.8")
    made.press("<<Copy>>")
    assert made.root.clipboard_get() == made.text.get("2.5", "2.8")
    assert made.view.selected_rows() == (0, 0)
    made.text.tag_add("sel", "2.0", "5.0")
    made.press("<<Copy>>")
    assert made.view.selected_rows() == (0, 1)
    assert made.root.clipboard_get() == "rows 0 to 1"
    made.press("<Control-a>", "<<Copy>>")
    assert made.root.clipboard_get() == "rows 0 to 2"
    assert made.asked == []


# --- quickness ---------------------------------------------------------------------------------------


def test_a_change_costs_as_much_as_it_draws_and_not_as_much_as_there_is(made: List) -> None:
    """Generous bounds: a list that counted or drew everything anew would be far beyond them."""
    made.show([row(f"message {n}", top=n % 3 == 0) for n in range(5000)])

    def best(start: int, removed: int, *rows: Row) -> float:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            made.view.apply(Splice(start, removed, rows))
            times.append(time.perf_counter() - began)
        return min(times)

    assert best(0, 1, *(row(f"older {n}", top=n % 3 == 0) for n in range(100))) < 0.1
    assert best(5297, 0, row("newest")) < 0.025
    began = time.perf_counter()
    made.view.show_matches("message", range(5000))
    assert time.perf_counter() - began < 0.1
