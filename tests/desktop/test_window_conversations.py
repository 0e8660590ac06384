"""Several conversations in one window: going from one to the other, what each keeps, and what stays out of sight."""

from __future__ import annotations

import threading
import tkinter as tk

import pytest

from securechat.client.events import (
    Conversation,
    ConversationKind,
    MessageChanged,
    MessageState,
    Person,
    PostRefused,
    Presence,
    PresenceChanged,
    ReadChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.lists.jump_list import JumpList
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.sheets.sheet import Question
from tests.desktop.driver import Driver
from tests.desktop.fake_client import LOBBY, key_of, message
from tests.desktop.hands import click, focused, in_sight, menu_of, notices, press, to_message, type_in, wake

ROOM, DIRECT = b"R" * 32, b"D" * 32


@pytest.fixture
def seen(window: Driver) -> Driver:
    """A lobby, a room with a message that was read, and a direct conversation with bob."""
    client = window.client
    client.rooms = (
        Conversation(ROOM, ConversationKind.ROOM, "garden"), Conversation(DIRECT, ConversationKind.DIRECT, "bob"),
    )
    client.room_messages = {ROOM: [message(5, "bob", "the roses bloom", conv=ROOM)]}
    client.marks = {ROOM: 5}
    window.log_in()
    return wake(window)


def line_of(driver: Driver, conv: bytes) -> ConversationLine:
    return next(line for line in driver.chat.sidebar.list.lines if getattr(line, "conv", None) == conv)  # type: ignore[return-value]


def press_line(driver: Driver, conv: bytes) -> None:
    """Click on a line of the sidebar."""
    lines = driver.chat.sidebar.list
    y = next(y for y in range(lines.winfo_height()) if (at := lines.line_at(y)) is not None
             and getattr(lines.lines[at], "conv", None) == conv)
    lines.event_generate("<Button-1>", x=40, y=y + 5)
    driver.turns()


def sidebar_words(driver: Driver) -> list[str]:
    canvas: tk.Canvas = driver.chat.sidebar.list
    return [canvas.itemcget(item, "text") for item in canvas.find_all() if canvas.type(item) == "text"]


# --- going there ----------------------------------------------------------------------------------------


def test_a_click_in_the_sidebar_opens_the_conversation_and_another_goes_back(seen: Driver) -> None:
    seen.client.say("bob", "lobby talk")
    seen.turns()
    press_line(seen, ROOM)
    assert "the roses bloom" in seen.shown and "lobby talk" not in seen.shown
    assert seen.chat.header.title["text"] == "# garden"
    assert texts.END_TO_END in str(seen.chat.header.subtitle["text"])
    assert seen.root.title().startswith("# garden")
    assert [line.open for line in seen.control.model.conversation_lines()] == [False, True]
    press_line(seen, LOBBY)
    assert "lobby talk" in seen.shown and "the roses bloom" not in seen.shown
    assert texts.LOBBY_HOLDS in str(seen.chat.header.subtitle["text"])


def test_by_keys_ctrl_k_some_letters_and_return(seen: Driver) -> None:
    press(seen, "<Control-k>")
    assert isinstance(seen.control.sheets.open, JumpList)
    type_in(seen, "gar")
    press(seen, "<Return>")
    assert seen.control.sheets.open is None and seen.control.model.current.conv == ROOM
    assert focused(seen) == str(seen.chat.composer.text), "one can write at once"
    press(seen, "<Control-k>", "<Escape>")
    assert seen.control.model.current.conv == ROOM and focused(seen) == str(seen.chat.composer.text)


def test_by_keys_in_the_sidebar(seen: Driver) -> None:
    seen.chat.sidebar.list.focus_set()
    seen.root.update()
    press(seen, "<Down>", "<Return>")
    assert seen.control.model.current.conv == ROOM


def test_a_person_leads_to_the_direct_conversation(seen: Driver) -> None:
    press(seen, "<Control-k>")
    type_in(seen, "bob")
    press(seen, "<Return>")
    assert seen.control.model.current.conv == DIRECT
    assert seen.chat.header.title["text"] == "bob"
    bob = next(line for line in seen.control.model.people() if line.username == "bob")
    assert bob.is_open and not any(line.open for line in seen.control.model.conversation_lines())
    type_in(seen, "hi")
    press(seen, "<Return>")
    assert seen.client.shown[-1].conv == DIRECT


# --- what each keeps ------------------------------------------------------------------------------------


def test_each_conversation_has_its_draft(seen: Driver) -> None:
    type_in(seen, "for all")
    press_line(seen, ROOM)
    assert seen.chat.composer.get() == ""
    seen.until(lambda: seen.client.saved_draft == "for all", "the draft is saved at once")
    type_in(seen, "for gardeners")
    press_line(seen, LOBBY)
    assert seen.chat.composer.get() == "for all"
    press_line(seen, ROOM)
    press(seen, "<Return>")
    assert seen.client.shown[-1].conv == ROOM and seen.client.shown[-1].text == "for gardeners"
    press_line(seen, LOBBY)
    seen.control.sign_out()
    seen.until(lambda: seen.client.closed.is_set())
    assert (seen.client.saved_draft, seen.client.drafts[ROOM]) == ("for all", "")


def test_drafts_of_an_earlier_start_stand_in_their_conversations(window: Driver) -> None:
    window.client.rooms = (Conversation(ROOM, ConversationKind.ROOM, "garden"),)
    window.client.drafts, window.client.saved_draft = {ROOM: "roses"}, "hello"
    window.log_in()
    assert window.chat.composer.get() == "hello"
    press_line(window, ROOM)
    assert window.chat.composer.get() == "roses"


def test_a_reply_that_is_begun_waits_in_its_conversation(seen: Driver) -> None:
    post = seen.client.say("bob", "lunch")
    seen.turns()
    to_message(seen, "lunch")
    press(seen, "<Key-r>")
    type_in(seen, "yes")
    press_line(seen, ROOM)
    assert not seen.chat.composer.mode.winfo_manager()
    type_in(seen, "water them")
    press(seen, "<Return>")
    press_line(seen, LOBBY)
    assert seen.chat.composer.mode.winfo_manager() and seen.chat.composer.get() == "yes"
    press(seen, "<Return>")
    assert seen.client.named("reply") == [("reply", "yes", post.post_id)]
    assert seen.client.named("send") == [("send", "water them")]


def test_an_edit_that_is_begun_waits_with_its_text_and_the_draft_is_no_edit(seen: Driver) -> None:
    type_in(seen, "teh end")
    press(seen, "<Return>")
    own = seen.client.shown[-1]
    seen.client.store(own.local_id)
    type_in(seen, "half")
    menu_of(seen, "teh end")
    seen.control.messages.edit(own)
    press(seen, "<Control-a>")
    type_in(seen, "the end")
    press_line(seen, ROOM)
    assert seen.chat.composer.get() == "" and not seen.chat.composer.mode.winfo_manager()
    press_line(seen, LOBBY)
    assert seen.chat.composer.get() == "the end" and seen.chat.composer.mode.winfo_manager()
    press(seen, "<Return>")
    assert seen.client.named("edit") == [("edit", own.post_id, "the end")]
    assert seen.chat.composer.get() == "half"


def test_a_search_ends_when_another_conversation_opens(seen: Driver) -> None:
    press(seen, "<Control-f>")
    type_in(seen, "roses")
    press_line(seen, ROOM)
    assert not seen.chat.search_bar.winfo_manager()
    assert seen.chat.timeline.current is None


# --- unread ---------------------------------------------------------------------------------------------


def test_unread_posts_of_another_conversation_show_as_a_badge_until_it_is_opened(seen: Driver) -> None:
    first = seen.client.say("bob", "weeds", conv=ROOM)
    second = seen.client.say("bob", "more weeds @alice", conv=ROOM)
    seen.turns()
    assert line_of(seen, ROOM).unread == 2 and "@ 2" in sidebar_words(seen)
    assert seen.root.title().startswith("(2) # lobby")
    assert seen.client.marks[ROOM] == 5
    press_line(seen, ROOM)
    seen.until(lambda: seen.client.marks[ROOM] == second.seq, "it is read")
    assert line_of(seen, ROOM).unread == 0 and "@ 2" not in sidebar_words(seen)
    assert seen.root.title().startswith("# garden")
    assert seen.control.model.current.timeline.first_new == first.post_id
    assert seen.client.mark == 0


def test_a_long_conversation_opens_at_its_first_unread_post(seen: Driver) -> None:
    for number in range(40):
        seen.client.say("bob", f"read {number}", conv=ROOM)
    seen.client.emit(ReadChanged(ROOM, seen.client.shown[-1].seq))
    for number in range(60):
        seen.client.say("bob", f"unread {number}", conv=ROOM)
    seen.turns()
    assert line_of(seen, ROOM).unread == 60
    press_line(seen, ROOM)
    assert in_sight(seen, "unread 0") and not seen.chat.timeline.at_bottom()
    assert line_of(seen, ROOM).unread == 60, "what is below was not seen yet"
    seen.chat.timeline.to_bottom()
    seen.until(lambda: line_of(seen, ROOM).unread == 0, "it is read at its end")


def test_unread_posts_of_a_direct_conversation_show_at_the_person(seen: Driver) -> None:
    seen.client.say("bob", "psst", conv=DIRECT)
    seen.turns()
    bob = next(line for line in seen.chat.sidebar.list.lines if isinstance(line, PersonLine) and line.username == "bob")
    assert bob.unread == 1 and "1" in sidebar_words(seen)


# --- what stays out of sight ----------------------------------------------------------------------------


def test_what_happens_in_another_conversation_does_not_draw_here(seen: Driver) -> None:
    seen.client.say("bob", "lobby talk")
    seen.turns()
    before = seen.shown
    post = seen.client.say("bob", "weeds", conv=ROOM)
    changed = message(post.seq, "bob", "no weeds", conv=ROOM, edited=True)
    seen.client.emit(MessageChanged(changed), TypingSeen(ROOM, "carol"))
    seen.turns()
    assert seen.shown == before and seen.chat.composer.typing_line["text"] == ""
    press_line(seen, ROOM)
    assert "no weeds" in seen.shown and seen.chat.composer.typing_line["text"] == "carol is typing…"


def test_a_refusal_in_another_conversation_touches_nothing_that_is_written_here(seen: Driver) -> None:
    press_line(seen, ROOM)
    type_in(seen, "weeds")
    press(seen, "<Return>")
    own = seen.client.shown[-1]
    press_line(seen, LOBBY)
    refused = message(0, "alice", "weeds", conv=ROOM, mine=True, local_id=own.local_id, post_id=own.post_id,
                      state=MessageState.REFUSED)
    seen.client.emit(PostRefused(refused, "The operator muted you."))
    seen.turns()
    assert seen.chat.composer.get() == "" and "muted" not in seen.shown
    press_line(seen, ROOM)
    assert "The operator muted you." in seen.shown


def test_people_who_come_and_go_show_in_the_lobby_alone(seen: Driver) -> None:
    press_line(seen, ROOM)
    seen.client.emit(PresenceChanged((Person("carol", Presence.ONLINE, key_of("carol")),)))
    seen.turns()
    assert "carol is online" not in seen.shown
    press_line(seen, LOBBY)
    assert "carol is online" in seen.shown


def test_looking_for_a_quoted_message_ends_with_leaving_the_conversation(
    seen: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes | None] = []
    answer = threading.Event()

    def load_older(conv: bytes | None = None, timeout_s: float = 10.0) -> bool:
        asked.append(conv)
        answer.wait(timeout_s)
        return True

    monkeypatch.setattr(seen.client, "load_older", load_older)
    for conv in (LOBBY, ROOM):
        for number in range(60):
            seen.client.say("bob", f"chatter {number}", conv=conv)
    seen.client.emit(ReadChanged(ROOM, seen.client.shown[-1].seq))  # so that it opens at its end
    seen.client.say("carol", "that one", reply_to=b"nowhere")
    seen.turns()
    click(seen, texts.QUOTE_UNKNOWN, last=True)
    seen.until(lambda: asked, "older posts are asked for")
    press_line(seen, ROOM)
    answer.set()
    seen.until(lambda: not seen.control.model.conversations[LOBBY].loading_older, "they came")
    seen.turns()
    assert asked == [LOBBY] and notices(seen) == []
    press_line(seen, LOBBY)
    seen.control.load_older()
    seen.until(lambda: not seen.control.model.current.loading_older, "they came")
    seen.turns()
    assert asked == [LOBBY, LOBBY], "nor is it looked for when one is back"


def test_a_question_is_about_the_message_it_was_asked_for(seen: Driver) -> None:
    """The menu of the window stays: nothing behind a question can be clicked."""
    type_in(seen, "oops")
    press(seen, "<Return>")
    own = seen.client.shown[-1]
    seen.client.store(own.local_id)
    to_message(seen, "oops")
    press(seen, "<Delete>")
    assert isinstance(seen.control.sheets.open, Question)
    press(seen, "<Control-k>", "<Control-f>", "<Control-comma>")
    assert isinstance(seen.control.sheets.open, Question) and not seen.chat.search_bar.winfo_manager()
    press(seen, "<Tab>", "<space>")
    assert seen.client.named("delete") == [("delete", own.post_id)]
