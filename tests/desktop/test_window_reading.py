"""Reading in the window: what came meanwhile, typing while the list has the keys, what is said first."""

from __future__ import annotations

from securechat.client.events import ConnectionState, Notice
from securechat.desktop import texts
from tests.desktop.driver import Driver
from tests.desktop.hands import press, type_in


def away_and_back(window: Driver, count: int) -> None:
    """So many posts come while the person looks elsewhere; then they look again, at the newest."""
    control = window.control
    control.model.watch(False)
    control._looking = lambda: False  # type: ignore[method-assign]
    for number in range(count):
        window.client.say("bob", f"meanwhile {number}\nand more")
    window.turns()
    del control._looking
    window.chat.timeline.to_bottom()
    window.turns()


def test_much_that_came_meanwhile_can_be_read_from_its_beginning(seen: Driver) -> None:
    """All of it counts as read once the end is in sight, so a button leads up to where it begins."""
    away_and_back(seen, 80)
    button = seen.chat.first_new.button
    assert seen.control.model.unread_total() == 0
    assert button.winfo_ismapped() and "80 new messages" in str(button["text"])
    button.invoke()
    seen.turns()
    assert not button.winfo_ismapped()
    row = seen.control.model.current.timeline.index_of(seen.control.model.current.timeline.first_new)
    assert row is not None and seen.chat.timeline.in_sight(row)


def test_what_fits_the_window_needs_no_button(seen: Driver) -> None:
    away_and_back(seen, 2)
    assert not seen.chat.first_new.button.winfo_ismapped()


def test_who_types_while_the_list_has_the_keys_writes(seen: Driver) -> None:
    """Letters that act on a chosen message too, as long as none is chosen."""
    seen.client.say("bob", "hello")
    seen.turns()
    seen.chat.timeline.text.focus_force()
    seen.turns()
    type_in(seen, "really")
    assert seen.chat.composer.get() == "really"


def test_a_letter_on_a_chosen_message_is_its_key_and_not_written(seen: Driver) -> None:
    seen.client.say("bob", "hello")
    seen.turns()
    seen.chat.timeline.text.focus_force()
    press(seen, "<Up>", "<Key-x>")
    assert seen.chat.composer.get() == ""
    press(seen, "<Key-r>")
    assert seen.control.model.current.writing.mode == "reply"


def test_the_answer_to_what_a_person_did_shows_before_what_stood_there(seen: Driver) -> None:
    seen.client.emit(Notice("The key of carol is another one now.", alarm=True))
    seen.turns()
    seen.control.copy_link()
    assert seen.chat.notice.text == texts.LINK_COPIED
    seen.chat.notice.button.invoke()
    assert "carol" in seen.chat.notice.text


def test_the_header_counts_nobody_while_the_connection_is_away(seen: Driver) -> None:
    seen.client.turn(ConnectionState.WAITING, reason="The server is away.", retry_in_s=9.0)
    seen.turns()
    assert texts.NOT_CONNECTED in str(seen.chat.header.subtitle["text"])
    seen.client.turn(ConnectionState.ONLINE)
    seen.turns()
    assert "online" in str(seen.chat.header.subtitle["text"])


def test_a_server_called_like_the_product_is_named_once() -> None:
    assert texts.window_title("# lobby", "Secure Chat") == "# lobby · Secure Chat"
    assert texts.window_title("# lobby", "Blue Team", 3) == "(3) # lobby · Blue Team · Secure Chat"
