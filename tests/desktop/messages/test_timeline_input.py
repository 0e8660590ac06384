"""Mouse and keyboard in the message list: what is followed, shown, chosen and acted on."""

from __future__ import annotations

import tkinter as tk

import pytest

from securechat.desktop.look.theme import Theme
from securechat.desktop.look.tooltip import REST_S, Tooltip
from securechat.desktop.messages.rows import Author, Earlier, Fold, Jump, Piece, React, Row, Target
from securechat.desktop.messages.timeline_tags import CURRENT
from tests.desktop.messages.timeline_list import LINK, MOMENT, RICH, THUMB, List, made, quiet, row

__all__ = ["made"]


# --- the mouse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "target"),
    [("build.lan", LINK), ("bob", Author("bob")), (" 2 ", THUMB), ("+", React(b"p", "")), ("see", None), ("09", None)],
)
def test_a_click_follows_what_is_under_it(made: List, words: str, target: Target | None) -> None:
    made.show([quiet("bob? no"), RICH] if words != "bob" else [RICH])
    made.click(*made.place(words))
    index = 0 if words == "bob" else 1
    assert made.asked == ([("follow", target, index)] if target else [])


def test_the_picture_of_a_person_leads_where_the_name_does(made: List) -> None:
    made.show([RICH])
    box = made.text.bbox("1.0")
    assert box is not None
    made.click(box[0] + 5, box[1] + 5)
    assert made.asked == [("follow", Author("bob"), 0)]


def test_dragging_over_a_link_selects_it_and_follows_nothing(made: List) -> None:
    made.show([RICH])
    x, y = made.place("http")
    made.click(x, y, to=(x + 80, y))
    assert made.asked == [] and made.tagged("sel")
    made.click(*made.place("see"), to=made.place("http"))
    assert made.asked == []


def test_a_second_click_selects_the_word_and_does_not_follow_again(made: List) -> None:
    made.show([RICH])
    for _ in range(2):
        made.click(*made.place("build"))
    assert made.asked == [("follow", LINK, 0)] and made.tagged("sel")


def test_a_click_beside_the_text_of_a_line_follows_nothing(made: List) -> None:
    made.show([Row((Piece(LINK.url, ("row", "link"), None, LINK), Piece("\n", ("row",))))])
    _, y = made.place("http")
    made.click(made.text.winfo_width() - 40, y)
    made.click(10, made.text.winfo_height() - 10)
    made.click(25, y)  # in the margin
    assert made.asked == []
    assert made.view.pointer.at(made.text.winfo_width() // 2, made.text.winfo_height() - 10) is None


def test_the_pointer_shows_what_can_be_clicked_and_words_once_it_rests(made: List) -> None:
    made.show([RICH])
    label = made.view.pointer.tooltip.label
    hovered = (("build", "hand2", LINK.url), ("09", "arrow", MOMENT.words), (" 2", "hand2", THUMB.words))
    for words, cursor, shown in hovered:
        x, y = made.place(words)
        made.text.event_generate("<Motion>", x=x, y=y)
        made.view.tick()
        assert str(made.text["cursor"]) == cursor and not label.winfo_manager()
        made.now += REST_S
        made.view.tick()
        assert label["text"] == shown and label.winfo_manager()
        made.text.event_generate("<Motion>", x=made.place("see")[0], y=made.place("see")[1])
        assert not label.winfo_manager()
    made.text.event_generate("<Motion>", x=x, y=y)
    made.now += REST_S
    made.view.tick()
    made.splice(0, 1, row("other"))  # what it explained is gone
    made.view.tick()
    assert not label.winfo_manager()
    made.text.event_generate("<Leave>")
    assert str(made.text["cursor"]) == "arrow"


def test_a_tooltip_stays_inside_the_window_and_shows_no_endless_words(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    now = [0.0]
    tooltip = Tooltip(root, theme, lambda: now[0])
    tooltip.aim("http://" + "x" * 5000, root.winfo_rootx() + root.winfo_width() - 1, root.winfo_rooty() + 599)
    now[0] += REST_S
    tooltip.tick()
    root.update()
    label = tooltip.label
    assert label.winfo_x() >= 0 and label.winfo_x() + label.winfo_width() <= root.winfo_width()
    assert label.winfo_y() + label.winfo_height() < 599
    assert len(str(label["text"])) < 400
    tooltip.destroy()
    tooltip.destroy()


def test_the_other_button_shows_the_menu_of_the_row_and_of_the_link(made: List) -> None:
    made.show([row("first"), RICH])
    for words in ("build", "see"):
        x, y = made.place(words)
        made.text.event_generate("<Button-3>", x=x, y=y)
    assert made.asked == [("menu", 1, LINK.url), ("menu", 1, "")]
    assert made.view.current == 1 and "see" in made.tagged(CURRENT)[0]
    made.click(*made.place("first"))
    assert made.view.current is None and made.tagged(CURRENT) == []


# --- the keyboard ------------------------------------------------------------------------------------


def test_the_cursor_goes_from_message_to_message(made: List) -> None:
    """Quiet lines have nothing to act on; one that unfolds has."""
    fold = Piece("show", ("quiet", "fold"), None, Fold(b"p"))
    made.show([row("one"), quiet("bob is online"), row("two"), Row((fold, Piece("\n", ("quiet",)))), quiet("end")])
    seen = []
    for key in ("<Up>", "<Up>", "<Up>", "<Up>", "<Down>", "<Home>", "<End>"):
        made.press(key)
        seen.append(made.view.current)
    assert seen == [3, 2, 0, 0, 2, 0, 3]
    assert made.tagged(CURRENT) == ["show\n"]
    made.press("<Escape>")
    assert made.view.current is None and made.tagged(CURRENT) == []


def test_the_cursor_is_scrolled_into_sight(made: List) -> None:
    made.show([row(f"message {n}") for n in range(100)])
    made.press("<Up>")
    assert made.view.current == 99
    made.press(*["<Up>"] * 60)
    assert made.view.current == 39
    assert made.text.dlineinfo("40.0") is not None
    made.view.set_current(5)
    assert made.text.dlineinfo("6.0") is not None
    made.view.set_current(500)
    assert made.view.current is None


def test_a_message_higher_than_the_list_is_read_to_its_end_first(made: List) -> None:
    high = row("\n".join(f"line {n}" for n in range(100)))
    made.show([row("before"), high, row("after")])
    made.view.set_current(1)
    made.root.update()
    assert made.text.dlineinfo("2.0") is not None
    for _ in range(100):
        made.press("<Down>")
        if made.view.current == 2:
            break
        assert made.view.current == 1
    assert made.view.current == 2
    made.press("<Up>", "<Up>")
    assert made.view.current == 1


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("<Key-r>", "reply"), ("<Key-e>", "edit"), ("<Delete>", "delete"), ("<plus>", "react"),
        ("<<Copy>>", "copy"), ("<Control-E>", "protection"),
    ],
)
def test_a_key_acts_on_the_message_under_the_cursor(made: List, key: str, action: str) -> None:
    made.show([row("one"), row("two")])
    made.press(key)
    assert made.asked == []
    made.view.set_current(0)
    made.press(key)
    assert made.asked == [("act", 0, action)]


def test_shortcuts_of_the_window_are_not_taken_for_letters(made: List) -> None:
    made.show([row("one")])
    made.view.set_current(0)
    made.press("<Control-r>", "<Alt-e>", "<Control-plus>")
    assert made.asked == []


def test_return_follows_the_first_link_or_shows_the_menu(made: List) -> None:
    jump = Piece("bob: hi", ("row", "quote"), None, Jump(b"q"))
    edited = Piece("edited", ("row", "mark"), None, Earlier(b"p"))
    made.show([RICH, row("plain", edited, jump), row("nothing")])
    for index in range(3):
        made.view.set_current(index)
        made.press("<Return>")
    assert made.asked == [("follow", LINK, 0), ("follow", Jump(b"q"), 1), ("menu", 2, "")]
    made.asked.clear()
    made.press("<Shift-F10>")
    made.view.set_current(0)
    made.press("<Menu>")
    assert made.asked == [("menu", 2, ""), ("menu", 0, LINK.url)]
    made.view.set_current(None)
    made.press("<Return>")
    made.press("<Shift-F10>")
    assert made.asked[2:] == [("menu", 2, "")]  # of the newest in sight


def test_the_cursor_stays_on_its_message_when_rows_change(made: List) -> None:
    made.show([row(f"message {n}") for n in range(5)])
    made.view.set_current(2)
    made.splice(0, 1, row("older"), row("message 0"))
    assert made.view.current == 3 and made.tagged(CURRENT) == ["message 2\n"]
    made.splice(3, 1, row("message 2", Piece("  edited", ("row", "mark"))))
    assert made.view.current == 3 and made.tagged(CURRENT) == ["message 2  edited\n"]
    made.view.reset([row("another conversation")])
    assert made.view.current is None
