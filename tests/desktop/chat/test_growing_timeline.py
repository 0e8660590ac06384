"""The list of a long chat: the newest rows at once, the others piece by piece, and right whatever comes meanwhile."""

from __future__ import annotations

import random
import tkinter as tk
from collections.abc import Callable
from itertools import pairwise

import pytest

from securechat.client.events import HistoryLoaded, MessageChanged, MessageShown
from securechat.desktop.chat import growing_timeline
from securechat.desktop.chat.growing_timeline import GrowingTimeline
from securechat.desktop.messages.timeline_model import Splice
from tests.desktop.driver import Driver
from tests.desktop.fake_client import LOBBY, message

PIECE, COUNT = 20, 200


@pytest.fixture
def long(open_window: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A window on many messages, all drawn, of which a redraw shows few at once."""
    window = open_window(visible=True)
    window.client.shown = [message(1000 + n, "bob", f"text {n}.") for n in range(COUNT)]
    window.log_in()
    window.until(lambda: not (window.control.model.working or window.chat.timeline.drawing), "all is drawn")
    monkeypatch.setattr(growing_timeline, "PIECE", PIECE)
    return window


def content(view: GrowingTimeline) -> list[tuple[str, frozenset[str]]]:
    """Each character and picture of the list with its tags; the marks that come and go apart."""
    found: list[tuple[str, frozenset[str]]] = []
    tags: set[str] = set()
    for kind, value, _ in view.text.dump("1.0", "end-1c", text=True, tag=True, image=True):
        if kind == "tagon":
            tags.add(value)
        elif kind == "tagoff":
            tags.discard(value)
        else:
            found += [(part, frozenset(tags - {"flash", "current_row"})) for part in
                      (value if kind == "text" else ["picture"])]
    return found


def finish(driver: Driver) -> None:
    driver.until(lambda: not driver.chat.timeline.drawing, "the rest is drawn")
    driver.turns()


def as_fresh(driver: Driver) -> bool:
    """True if the list is what one drawn at once would be."""
    view = driver.chat.timeline
    grown = content(view)
    view.reset(driver.control.model.current.timeline.rows())
    return grown == content(view)


def test_a_redraw_shows_the_newest_at_once_and_the_rest_soon(long: Driver) -> None:
    long.app.zoom(1)
    assert f"text {COUNT - 1}." in long.shown and f"text {COUNT - PIECE}." in long.shown
    assert f"text {COUNT - 2 * PIECE - 1}." not in long.shown
    assert long.chat.timeline.at_bottom() and not long.chat.timeline.at_top()
    finish(long)
    assert long.chat.timeline.at_bottom()
    assert as_fresh(long)


def test_each_turn_draws_one_piece(long: Driver) -> None:
    long.app.zoom(1)
    drawn = [long.shown.count("text ")]
    while long.chat.timeline.drawing:
        long.chat.timeline.tick()
        drawn.append(long.shown.count("text "))
    assert all(later - sooner <= PIECE for sooner, later in pairwise(drawn))
    assert drawn[-1] == COUNT


@pytest.mark.parametrize("seed", range(4))
def test_what_happens_meanwhile_ends_at_its_place(long: Driver, seed: int) -> None:
    """Old pages, new messages, changes of drawn and undrawn ones, in any order between the pieces."""
    dice = random.Random(seed)  # noqa: S311 (the same walk each time, nothing secret)
    model = long.control.model
    long.app.zoom(1)
    for step in range(12):
        kind, seq = dice.randrange(4), 1000 + dice.randrange(COUNT)
        if kind == 0:
            change = model.apply(MessageShown(message(2000 + step, "carol", "new")))
        elif kind == 1:
            page = tuple(message(900 - 10 * step + n, "carol", "old") for n in range(9))
            change = model.apply(HistoryLoaded(LOBBY, page, dice.random() < 0.2, True))
        elif kind == 2:
            change = model.apply(MessageChanged(message(seq, "bob", "changed", edited=True)))
        else:
            change = model.current.timeline.mark_new(message(seq, "bob", "").post_id)
        long.chat.show(change)
        if dice.random() < 0.5:
            long.chat.timeline.tick()
    assert long.chat.timeline.drawing or seed, "at least one walk is over before all is drawn"
    finish(long)
    assert as_fresh(long)


def test_a_row_that_is_asked_for_is_drawn_at_once(long: Driver) -> None:
    long.app.zoom(1)
    timeline = long.chat.timeline
    timeline.reveal(40)
    place = timeline.text.search("text 40.", "1.0")
    assert place and timeline.text.bbox(place) is not None
    finish(long)
    assert timeline.text.bbox(timeline.text.search("text 40.", "1.0")) is not None, "it stays where it is"
    long.app.zoom(1)
    long.chat.timeline.set_current(30)
    finish(long)
    timeline = long.chat.timeline
    assert timeline.current == 30
    assert timeline.text.get(*timeline.text.tag_ranges("current_row")[:2]) == long.control.messages.row(30).text


def test_all_is_selected_even_before_it_is_drawn(long: Driver) -> None:
    long.app.zoom(1)
    text: tk.Text = long.chat.timeline.text
    text.focus_force()
    text.event_generate("<Control-a>")
    assert long.chat.timeline.selected_rows() == (0, len(long.control.model.current.timeline.entries) - 1)
    assert not long.chat.timeline.drawing and "text 0." in long.shown


def test_another_conversation_drops_what_was_still_to_draw(long: Driver) -> None:
    long.app.zoom(1)
    long.chat.timeline.reset([long.control.messages.row(5)])
    assert not long.chat.timeline.drawing
    long.chat.timeline.fill(3)
    assert not long.chat.timeline.drawing


def test_a_list_that_is_emptied_meanwhile_has_nothing_left_to_draw(long: Driver) -> None:
    long.app.zoom(1)
    timeline = long.chat.timeline
    timeline.apply(Splice(0, len(long.control.model.current.timeline.entries), ()))
    assert not timeline.drawing
    timeline.tick()
    assert "text" not in long.shown


def test_the_top_of_what_is_drawn_is_not_yet_the_top(long: Driver) -> None:
    """There, older messages would be asked for."""
    long.app.zoom(1)
    long.root.update_idletasks()
    text = long.chat.timeline.text
    text.yview_moveto(0.0)
    assert text.yview()[0] == 0.0 and long.chat.timeline.drawing
    assert not long.chat.timeline.at_top()
    finish(long)
    text.yview_moveto(0.0)
    assert long.chat.timeline.at_top()
