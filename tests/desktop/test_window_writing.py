"""What becomes of a text that is being written when something else happens: none goes astray, none is lost."""

from __future__ import annotations

import pytest

from securechat.client.events import (
    ConnectionState,
    Conversation,
    ConversationKind,
    Message,
    MessageState,
    PostRefused,
    StateChanged,
)
from securechat.desktop import texts
from securechat.desktop.chat.kept_text_sheet import KeptTextSheet
from securechat.desktop.writing.emoji_picker import EmojiPicker
from securechat.errors import LocalProtocolError
from securechat.wire import limits
from tests.desktop.driver import Driver
from tests.desktop.fake_client import LOBBY, key_of, message
from tests.desktop.hands import notices, opened, press, type_in, wake

ROOM = b"R" * 32
OWN, OLDER, BOBS = key_of("alice3"), key_of("alice1"), key_of("bob2")


@pytest.fixture
def seen(window: Driver) -> Driver:
    """A lobby with two own messages and one of bob, and an empty room."""
    window.client.shown = [
        message(1, "alice", "an older one", mine=True), message(2, "bob", "lunch"),
        message(3, "alice", "mine", mine=True),
    ]
    window.client.rooms = (Conversation(ROOM, ConversationKind.ROOM, "garden"),)
    window.log_in()
    return wake(window)


def post(driver: Driver, post_id: bytes) -> Message:
    """A message of the open conversation."""
    timeline = driver.control.model.current.timeline
    index = timeline.index_of(post_id)
    found = None if index is None else timeline.message_at(index)
    assert found is not None
    return found


def refused_edit(text: str, conv: bytes = LOBBY, reason: str = "Too old.") -> PostRefused:
    return PostRefused(message(
        0, "alice", text, conv=conv, mine=True, local_id=9, kind=4, reply_to=OWN, post_id=key_of("edit"),
        state=MessageState.REFUSED,
    ), reason)


def in_mode(driver: Driver) -> bool:
    return bool(driver.chat.composer.mode.winfo_manager())


# --- a question is about the text it was asked for ------------------------------------------------------


@pytest.mark.parametrize("words", ["/usr/bin is the path", "x " * limits.TEXT])
def test_a_question_goes_when_an_edit_begins(seen: Driver, words: str) -> None:
    """Its answer would go into the old post."""
    seen.write(words)
    press(seen, "<Return>")
    assert seen.chat.composer.choices.buttons
    seen.control.messages.edit(post(seen, OWN))
    assert not seen.chat.composer.choices.buttons and not seen.chat.composer.problem.winfo_manager()
    press(seen, "<Escape>")
    assert seen.chat.composer.get() == words and not seen.client.named("send") + seen.client.named("edit")


def test_a_question_goes_when_another_conversation_opens(seen: Driver) -> None:
    seen.write("/private words for the lobby")
    press(seen, "<Return>")
    seen.control.open_conversation(ROOM)
    assert not seen.chat.composer.choices.buttons and not seen.chat.composer.problem.winfo_manager()


def test_a_question_goes_when_a_reply_begins_or_ends(seen: Driver) -> None:
    seen.write("/usr/bin")
    for change in (lambda: seen.control.messages.reply(post(seen, BOBS)), seen.control.leave_mode):
        press(seen, "<Return>")
        assert seen.chat.composer.choices.buttons
        change()
        assert not seen.chat.composer.choices.buttons and seen.chat.composer.get() == "/usr/bin"


def test_the_choice_of_a_reaction_ends_with_leaving_the_conversation(seen: Driver) -> None:
    seen.control.sheets.pick_reaction(post(seen, BOBS))
    assert isinstance(seen.control.sheets.open, EmojiPicker)
    seen.control.open_conversation(ROOM)
    seen.turns()
    assert seen.control.sheets.open is None
    type_in(seen, "hello")
    assert seen.chat.composer.get() == "hello", "the keys go to the composer"


# --- an edit that is not finished -----------------------------------------------------------------------


def test_a_changed_edit_is_the_draft_of_the_next_session(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.client.emit(StateChanged(ConnectionState.ENDED, "The server was restarted."))
    seen.until(lambda: seen.client.closed.is_set())
    assert seen.client.saved_draft == "mine more"


def test_a_changed_edit_of_a_conversation_that_was_left_is_kept_as_well(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.control.open_conversation(ROOM)
    seen.app.zoom(1)
    seen.control.sign_out()
    seen.until(lambda: seen.client.closed.is_set())
    assert (seen.client.saved_draft, seen.client.drafts[ROOM]) == ("mine more", "")


def test_an_edit_that_changed_nothing_is_no_draft(seen: Driver) -> None:
    press(seen, "<Up>")
    seen.control.sign_out()
    seen.until(lambda: seen.client.closed.is_set())
    assert seen.client.saved_draft == ""


def test_a_changed_edit_survives_another_look(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.app.zoom(1)
    assert seen.chat.composer.get() == "mine more" and in_mode(seen)


def test_a_draft_is_saved_before_the_window_is_drawn_in_another_look(seen: Driver) -> None:
    """The new composer does not know that it was not."""
    type_in(seen, "half")
    seen.app.zoom(1)
    seen.until(lambda: seen.client.saved_draft == "half", "it is saved")


def test_a_reply_that_is_begun_while_editing_keeps_the_changed_text(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.control.messages.reply(post(seen, BOBS))
    assert seen.chat.composer.get() == "mine more"
    assert seen.chat.composer.mode.words["text"] == "Replying to bob: lunch"
    seen.until(lambda: seen.client.saved_draft == "mine more", "it is saved")


def test_another_edit_puts_the_changed_text_aside(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.control.messages.edit(post(seen, OLDER))
    assert seen.chat.composer.get() == "an older one"
    press(seen, "<Escape>")
    assert seen.chat.composer.get() == "mine more" and not in_mode(seen)


def test_the_same_edit_once_more_changes_nothing(seen: Driver) -> None:
    press(seen, "<Up>")
    type_in(seen, " more")
    seen.control.messages.edit(post(seen, OWN))
    assert seen.chat.composer.get() == "mine more" and in_mode(seen)
    assert seen.control.model.current.draft == ""


def test_with_a_draft_as_well_it_is_asked_what_becomes_of_the_changed_text(seen: Driver) -> None:
    type_in(seen, "half")
    seen.control.messages.edit(post(seen, OWN))
    type_in(seen, " more")
    composer = seen.chat.composer
    seen.control.messages.edit(post(seen, OLDER))
    assert composer.problem["text"] == texts.UNFINISHED_CHANGE and composer.get() == "mine more"
    press(seen, "<Tab>", "<Return>")
    assert not composer.choices.buttons and composer.get() == "mine more"
    seen.control.messages.edit(post(seen, OLDER))
    press(seen, "<Tab>", "<Right>", "<Return>")
    assert composer.get() == "an older one" and in_mode(seen)
    press(seen, "<Escape>")
    assert composer.get() == "half"


def test_a_command_in_place_of_an_edit_is_asked_about(seen: Driver) -> None:
    """It is not run, and the edit goes on."""
    press(seen, "<Up>", "<Control-a>", "<BackSpace>")
    seen.write("/help")
    press(seen, "<Return>")
    assert seen.control.sheets.open is None and in_mode(seen)
    assert seen.chat.composer.problem["text"] == texts.command_in_edit("help")
    press(seen, "<Tab>", "<Return>")
    assert seen.client.named("edit") == [("edit", OWN, "/help")] and not in_mode(seen)


# --- an edit that was made ------------------------------------------------------------------------------


def test_what_comes_right_after_an_edit_meets_no_edit_any_more(seen: Driver) -> None:
    """The draft is back at once, not in a later turn, in which another conversation may be open or none."""
    type_in(seen, "half")
    seen.control.messages.edit(post(seen, OWN))
    type_in(seen, "!")
    seen.chat.composer.submit()
    assert seen.chat.composer.get() == "half" and not in_mode(seen)
    seen.control.open_conversation(ROOM)
    seen.control.sign_out()
    seen.until(lambda: seen.client.closed.is_set())
    assert seen.client.named("edit") == [("edit", OWN, "mine!")]
    assert (seen.client.saved_draft, seen.client.drafts[ROOM]) == ("half", "")


def test_of_a_text_in_parts_only_what_is_left_stays(seen: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also as the draft, for a start after a crash."""
    first, rest = "a" * 16_000, "b" * 1000
    send = seen.client.send

    def send_once(text: str, conv: bytes | None = None) -> int:
        local_id = send(text, conv)
        seen.client.send_error = LocalProtocolError("The disk is full.")
        return local_id

    monkeypatch.setattr(seen.client, "send", send_once)
    seen.write(f"{first}\n\n{rest}")
    press(seen, "<Return>", "<Tab>", "<Return>")
    assert seen.chat.composer.get() == rest
    assert "The disk is full." in str(seen.chat.composer.problem["text"])
    seen.until(lambda: seen.client.saved_draft == rest, "what is left is the draft")


# --- the server refuses ---------------------------------------------------------------------------------


def test_a_refused_edit_is_open_again(seen: Driver) -> None:
    seen.client.emit(refused_edit("/mine, but better"))
    seen.turns()
    assert seen.chat.composer.get() == "//mine, but better" and in_mode(seen)
    assert notices(seen) == [texts.edit_refused("# lobby", "Too old.", "")]
    assert "better" not in seen.shown
    press(seen, "<Return>")
    assert seen.client.named("edit") == [("edit", OWN, "/mine, but better")]


def test_a_refused_edit_touches_nothing_that_is_written(seen: Driver) -> None:
    type_in(seen, "half")
    seen.client.emit(refused_edit("mine, but better"))
    seen.turns()
    assert seen.chat.composer.get() == "half" and not in_mode(seen)
    assert notices(seen) == [texts.edit_refused("# lobby", "Too old.", "mine, but better")]


def test_a_long_refused_edit_opens_from_its_notice_and_can_be_copied(seen: Driver) -> None:
    text = "many words\n" * 900
    type_in(seen, "half")
    seen.client.emit(refused_edit(text))
    seen.turns()
    assert len(notices(seen)[0]) < 500
    assert seen.chat.notice.button["text"] == texts.DETAILS
    seen.chat.notice.button.invoke()
    sheet = opened(seen, KeptTextSheet)
    assert sheet.box.shown.strip() == text.strip()
    seen.root.update()
    press(seen, "<space>")
    assert seen.root.clipboard_get() == text and sheet.said["text"] == texts.TEXT_COPIED
    press(seen, "<Escape>")
    assert seen.chat.composer.get() == "half" and notices(seen) == []


def test_a_refused_edit_waits_in_its_conversation(seen: Driver) -> None:
    seen.control.open_conversation(ROOM)
    seen.client.emit(refused_edit("mine, but better"))
    seen.turns()
    assert seen.chat.composer.get() == "" and not in_mode(seen) and len(notices(seen)) == 1
    seen.control.open_conversation(LOBBY)
    assert seen.chat.composer.get() == "mine, but better" and in_mode(seen)


def test_a_refused_edit_of_a_message_that_is_not_here_is_told(seen: Driver) -> None:
    seen.client.emit(refused_edit("mine, but better", conv=ROOM))
    seen.turns()
    assert notices(seen) == [texts.edit_refused("# garden", "Too old.", "mine, but better")]


def test_a_refused_text_does_not_come_back_into_an_edit_or_a_reply(seen: Driver) -> None:
    press(seen, "<Up>", "<Control-a>", "<BackSpace>")
    refused = message(0, "alice", "please", mine=True, local_id=9, state=MessageState.REFUSED)
    seen.client.emit(PostRefused(refused, "You write too fast."))
    seen.turns()
    assert seen.chat.composer.get() == "" and in_mode(seen)
    assert "please" in seen.shown
