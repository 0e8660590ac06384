"""Replies in the window: how one is begun and sent, and the way from a quote to what it quotes."""

from __future__ import annotations

import pytest

from securechat.client.events import ConnectionState
from securechat.desktop import texts
from securechat.desktop.chat import message_control
from securechat.errors import LocalProtocolError
from tests.desktop.driver import Driver
from tests.desktop.fake_client import key_of, message
from tests.desktop.hands import choose, click, in_sight, menu_of, notices, press, to_message, type_in, wake


@pytest.fixture
def full(window: Driver) -> Driver:
    """The same with more messages than are in sight."""
    window.client.shown = [
        message(100, "carol", "the very first"), *(message(101 + n, "bob", f"chatter {n}") for n in range(60))
    ]
    window.log_in()
    return wake(window)


# --- writing one ---------------------------------------------------------------------------------------


def test_a_reply_is_begun_from_the_list_and_quotes_what_it_answers(seen: Driver) -> None:
    """All by keys: up to the message, r, the text, Return."""
    asked = seen.client.say("bob", "lunch at noon")
    seen.turns()
    to_message(seen, "lunch at noon")
    press(seen, "<Key-r>")
    composer = seen.chat.composer
    assert composer.mode.words["text"] == "Replying to bob: lunch at noon"
    type_in(seen, "yes please")
    press(seen, "<Return>")
    assert seen.client.named("reply") == [("reply", "yes please", asked.post_id)]
    assert not composer.mode.winfo_manager() and composer.get() == ""
    assert "bob: lunch at noon" in seen.shown and "yes please" in seen.shown
    type_in(seen, "more")
    press(seen, "<Return>")
    assert seen.client.named("send") == [("send", "more")]


def test_escape_leaves_a_reply_and_keeps_what_is_written(seen: Driver) -> None:
    seen.client.say("bob", "lunch at noon")
    seen.turns()
    type_in(seen, "half")
    menu_of(seen, "lunch")
    choose(seen, seen.chat.message_menu.menu, texts.MENU_REPLY)
    assert seen.chat.composer.get() == "half" and seen.chat.composer.mode.winfo_manager()
    press(seen, "<Escape>")
    assert seen.chat.composer.get() == "half" and not seen.chat.composer.mode.winfo_manager()
    press(seen, "<Return>")
    assert seen.client.named("send") and not seen.client.named("reply")


def test_a_reply_that_is_refused_at_once_stays_a_reply(seen: Driver) -> None:
    seen.client.say("bob", "lunch at noon")
    seen.turns()
    to_message(seen, "lunch")
    press(seen, "<Key-r>")
    type_in(seen, "yes")
    seen.client.send_error = LocalProtocolError("This cannot be sent.")
    press(seen, "<Return>")
    assert seen.chat.composer.get() == "yes" and seen.chat.composer.mode.winfo_manager()
    assert "This cannot be sent." in str(seen.chat.composer.problem["text"])
    seen.client.send_error = None
    press(seen, "<Return>")
    assert len(seen.client.named("reply")) == 2 and seen.chat.composer.get() == ""


# --- to what is quoted ---------------------------------------------------------------------------------


def test_a_click_on_a_quote_shows_the_quoted_message(full: Driver) -> None:
    full.client.say("bob", "agreed", reply_to=key_of("carol100"))
    full.turns()
    assert not in_sight(full, "the very first")
    click(full, "carol: the very first", last=True)
    assert in_sight(full, "the very first")
    assert not full.chat.timeline.at_bottom()


def test_a_quote_of_an_older_page_is_fetched_until_it_is_there(full: Driver) -> None:
    full.client.older = [tuple(message(n, "bob", f"old {n}") for n in range(at, at + 20)) for at in (20, 40, 60, 80)]
    full.client.say("carol", "that one", reply_to=key_of("bob45"))
    full.turns()
    click(full, texts.QUOTE_UNKNOWN, last=True)
    full.until(lambda: in_sight(full, "old 45"), "the message is shown")
    assert len(full.client.named("load_older")) == 3 and notices(full) == []
    assert "bob: old 45" in full.shown


@pytest.mark.parametrize("pages", [0, 2])
def test_a_quote_that_no_page_has_is_said_not_to_be_found(full: Driver, pages: int) -> None:
    for page in range(pages):
        full.client.older.append(tuple(message(n, "bob", f"old {n}") for n in range(20 + 20 * page, 40 + 20 * page)))
    full.client.say("carol", "that one", reply_to=b"nowhere")
    full.turns()
    click(full, texts.QUOTE_UNKNOWN, last=True)
    full.until(lambda: texts.QUOTED_NOT_HERE in notices(full), "it is said")
    assert in_sight(full, "that one")
    assert len(full.client.named("load_older")) == max(1, pages)


def test_looking_for_a_quote_ends_after_so_many_pages(full: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have made the quote up."""
    monkeypatch.setattr(message_control, "MOST_PAGES", 3)
    full.client.older = [tuple(message(n, "bob", f"old {n}") for n in range(at, at + 5)) for at in range(10, 90, 5)]
    full.client.say("carol", "that one", reply_to=b"nowhere")
    full.turns()
    click(full, texts.QUOTE_UNKNOWN, last=True)
    full.until(lambda: texts.QUOTED_NOT_HERE in notices(full), "it is said")
    full.turns()
    assert len(full.client.named("load_older")) == 3


def test_a_quote_of_an_older_page_without_a_connection_is_said_not_to_be_here(full: Driver) -> None:
    full.client.say("carol", "that one", reply_to=b"nowhere")
    full.client.turn(ConnectionState.WAITING, reason="The connection was lost.", retry_in_s=60.0)
    full.turns()
    click(full, texts.QUOTE_UNKNOWN, last=True)
    assert notices(full) == [texts.QUOTED_NOT_HERE] and not full.client.named("load_older")
