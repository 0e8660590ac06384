"""What a person does with messages in the window: change, delete, react, fold, copy, follow."""

from __future__ import annotations

import webbrowser
from dataclasses import replace

import pytest

from securechat.client.events import MessageChanged
from securechat.desktop import texts
from securechat.desktop.sheets.earlier_sheet import EarlierSheet
from securechat.desktop.sheets.person_sheet import PersonSheet
from securechat.desktop.sheets.sheet import Question
from securechat.desktop.writing.emoji_picker import EmojiPicker
from securechat.wire import limits
from tests.desktop.driver import Driver
from tests.desktop.fake_client import message
from tests.desktop.hands import choose, click, focused, menu_of, press, to_message, type_in

# --- edit -----------------------------------------------------------------------------------------------


def say_own(driver: Driver, words: str) -> bytes:
    """Write a message as a person does, and let the server store it."""
    driver.chat.composer.text.focus_set()
    driver.write(words)
    press(driver, "<Return>")
    own = driver.client.shown[-1]
    driver.client.store(own.local_id)
    driver.turns()
    return own.post_id


def test_up_edits_the_last_own_message(seen: Driver) -> None:
    post_id = say_own(seen, "teh end")
    seen.client.say("bob", "what")
    seen.turns()
    press(seen, "<Up>")
    composer = seen.chat.composer
    assert composer.get() == "teh end" and composer.mode.words["text"] == texts.EDITING
    press(seen, "<Control-a>")
    type_in(seen, "the end")
    press(seen, "<Return>")
    assert seen.client.named("edit") == [("edit", post_id, "the end")]
    assert composer.get() == "" and not composer.mode.winfo_manager()
    assert "the end" in seen.shown and "teh end" not in seen.shown and texts.EDITED in seen.shown
    assert len(seen.client.named("send")) == 1


def test_an_edit_that_changes_nothing_is_none(seen: Driver) -> None:
    say_own(seen, "as it was")
    press(seen, "<Up>", "<Return>")
    assert not seen.client.named("edit") and not seen.chat.composer.mode.winfo_manager()
    assert seen.chat.composer.get() == ""


def test_an_edit_begun_from_the_menu_puts_the_draft_aside_and_brings_it_back(seen: Driver) -> None:
    post_id = say_own(seen, "first words")
    for way, edited in (("<Return>", 1), ("<Escape>", 1)):
        seen.chat.composer.set("")
        type_in(seen, "half")
        menu_of(seen, "first words")
        choose(seen, seen.chat.message_menu.menu, texts.MENU_EDIT)
        assert seen.chat.composer.get().startswith("first words")
        type_in(seen, "x")
        press(seen, way)
        assert len(seen.client.named("edit")) == edited
        assert seen.chat.composer.get() == "half" and not seen.chat.composer.mode.winfo_manager()
    assert seen.client.named("edit") == [("edit", post_id, "first wordsx")]
    assert not any("first" in str(call[1]) for call in seen.client.named("set_draft"))


def test_while_an_edit_is_written_the_draft_on_disk_stays_the_draft(seen: Driver) -> None:
    say_own(seen, "first words")
    type_in(seen, "half")
    to_message(seen, "first words")
    press(seen, "<Key-e>")
    type_in(seen, "x")
    seen.mono += 5
    seen.turns()
    seen.control.sign_out()
    seen.until(lambda: seen.client.closed.is_set())
    assert seen.client.saved_draft == "half"


def test_an_edit_that_is_too_long_says_so_and_cannot_be_sent_in_parts(seen: Driver) -> None:
    say_own(seen, "short")
    press(seen, "<Up>")
    seen.write("x" * limits.TEXT)
    press(seen, "<Return>")
    composer = seen.chat.composer
    assert composer.problem["text"] == texts.too_long_for_edit(5) and not composer.choices.buttons
    assert not seen.client.named("edit") and composer.mode.winfo_manager()
    press(seen, "<BackSpace>", "<BackSpace>", "<BackSpace>", "<BackSpace>", "<BackSpace>", "<Return>")
    assert len(seen.client.named("edit")) == 1


def test_a_message_that_begins_with_a_slash_is_edited_as_it_was_said(seen: Driver) -> None:
    seen.write("//help is a command")
    press(seen, "<Return>")
    assert seen.client.named("send") == [("send", "/help is a command")]
    seen.client.store(1)
    press(seen, "<Up>")
    assert seen.chat.composer.get() == "//help is a command"
    type_in(seen, "!")
    press(seen, "<Return>")
    assert [call[2] for call in seen.client.named("edit")] == ["/help is a command!"]


def test_nothing_but_own_texts_can_be_edited_or_deleted(seen: Driver) -> None:
    seen.client.say("bob", "not yours")
    seen.turns()
    press(seen, "<Up>")
    assert not seen.chat.composer.mode.winfo_manager()
    to_message(seen, "not yours")
    press(seen, "<Key-e>", "<Delete>")
    assert not seen.chat.composer.mode.winfo_manager() and seen.control.sheets.open is None


def test_earlier_texts_open_by_a_click_on_edited_and_by_the_menu(seen: Driver) -> None:
    edited = message(150, "bob", "new words", edited=True, earlier=((1_753_083_000_000, "old words"),))
    seen.client.say("bob", "new words")
    seen.client.emit(MessageChanged(replace(edited, seq=101, post_id=seen.client.shown[-1].post_id)))
    seen.turns()
    click(seen, texts.EDITED)
    assert isinstance(seen.control.sheets.open, EarlierSheet)
    press(seen, "<Escape>")
    assert texts.MENU_EARLIER in menu_of(seen, "new words")


# --- delete ---------------------------------------------------------------------------------------------


def test_deleting_asks_and_return_alone_deletes_nothing(seen: Driver) -> None:
    post_id = say_own(seen, "oops")
    to_message(seen, "oops")
    press(seen, "<Delete>")
    question = seen.control.sheets.open
    assert isinstance(question, Question) and focused(seen) == str(question.cancel)
    press(seen, "<space>")
    assert seen.control.sheets.open is None and not seen.client.named("delete")
    press(seen, "<Delete>")
    assert isinstance(seen.control.sheets.open, Question), "the cursor is still on the message"
    press(seen, "<Escape>")
    assert not seen.client.named("delete")
    press(seen, "<Delete>", "<Tab>", "<space>")
    assert seen.client.named("delete") == [("delete", post_id)]
    assert texts.DELETED in seen.shown and "oops" not in seen.shown


# --- reactions ------------------------------------------------------------------------------------------


def test_a_click_on_a_reaction_joins_it_and_a_second_one_leaves_it(seen: Driver) -> None:
    post = seen.client.say("bob", "cake in the kitchen", reactions=(("👍", ("carol",)),))
    seen.turns()
    click(seen, "👍")
    assert seen.client.named("react") == [("react", post.post_id, "👍")]
    assert "👍 2" in seen.shown
    click(seen, "👍")
    assert seen.client.named("react")[-1] == ("react", post.post_id, "")
    assert "👍 1" in seen.shown


def test_the_plus_opens_all_emoji_and_the_chosen_one_is_the_reaction(seen: Driver) -> None:
    post = seen.client.say("bob", "cake", reactions=(("👍", ("carol",)),))
    seen.turns()
    click(seen, " + ")
    assert isinstance(seen.control.sheets.open, EmojiPicker)
    type_in(seen, "tada")
    press(seen, "<Return>")
    assert seen.client.named("react") == [("react", post.post_id, "🎉")]
    assert seen.control.sheets.open is None and focused(seen) == str(seen.chat.composer.text)


def test_by_keys_plus_opens_all_emoji_and_escape_reacts_with_none(seen: Driver) -> None:
    seen.client.say("bob", "cake")
    seen.turns()
    to_message(seen, "cake")
    press(seen, "<plus>")
    assert isinstance(seen.control.sheets.open, EmojiPicker)
    press(seen, "<Escape>")
    assert seen.control.sheets.open is None and not seen.client.named("react")
    assert focused(seen) == str(seen.chat.timeline.text), "one goes on where one was"


def test_the_menu_has_common_reactions(seen: Driver) -> None:
    post = seen.client.say("bob", "cake")
    seen.turns()
    menu_of(seen, "cake")
    seen.chat.message_menu.reactions.invoke(1)
    seen.turns()
    assert seen.client.named("react") == [("react", post.post_id, "❤️")]


# --- fold, menu, copy -----------------------------------------------------------------------------------


def test_a_long_message_is_folded_until_it_is_unfolded(seen: Driver) -> None:
    seen.client.say("bob", "\n".join(f"line {n} here" for n in range(50)))
    seen.turns()
    assert "line 49 here" not in seen.shown
    click(seen, texts.SHOW_MORE)
    assert "line 49 here" in seen.shown
    seen.chat.timeline.text.see("end")
    seen.root.update()
    click(seen, texts.SHOW_LESS)
    assert "line 49 here" not in seen.shown


def test_the_menu_has_what_can_be_done_and_no_more(seen: Driver) -> None:
    say_own(seen, "own words")
    seen.client.say("bob", "other words http://a.example/b")
    seen.client.say("carol", "", deleted=True)
    seen.turns()
    shared = [texts.MENU_REPLY, texts.MENU_REACT]
    end = [texts.MENU_COPY_TEXT, texts.MENU_PROTECTION]
    assert menu_of(seen, "own words") == [*shared, texts.MENU_EDIT, texts.MENU_DELETE, *end]
    assert menu_of(seen, "other words") == [*shared, *end, "Ignore bob"]
    assert texts.MENU_COPY_LINK in menu_of(seen, "http://a")
    gone = menu_of(seen, texts.DELETED)
    assert gone == [texts.MENU_PROTECTION, "Ignore carol"]


def test_copying_takes_the_text_of_a_message_or_whole_lines_of_several(seen: Driver) -> None:
    seen.client.say("bob", "one **fat** word")
    seen.client.say("carol", "two")
    seen.turns()
    to_message(seen, "one ")
    press(seen, "<Control-c>")
    assert seen.root.clipboard_get() == "one **fat** word"
    press(seen, "<Escape>", "<Control-a>", "<Control-c>")
    copied = seen.root.clipboard_get().splitlines()
    assert [line.split(", ", 1)[0] for line in copied] == ["bob", "carol"]
    assert copied[0].endswith(": one **fat** word") and copied[1].endswith(": two")
    menu_of(seen, "two")
    choose(seen, seen.chat.message_menu.menu, texts.MENU_COPY_TEXT)
    assert seen.root.clipboard_get() == "two"


# --- where words lead -----------------------------------------------------------------------------------


def test_only_web_addresses_open_and_only_after_a_click(seen: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    seen.client.say("bob", "http://a.example/b and https://c.example then javascript:alert(1) file:///etc ftp://d.example")
    seen.turns()
    assert opened == []
    for words in ("javascript", "file:", "ftp:", "bob"):
        click(seen, words)
        press(seen, "<Escape>")
    assert opened == []
    click(seen, "https://c")
    seen.until(lambda: opened == ["https://c.example"], "it is opened")
    to_message(seen, "http://a")
    press(seen, "<Return>")
    seen.until(lambda: opened[1:] == ["http://a.example/b"], "it is opened")


def test_a_click_on_a_name_shows_who_that_is(seen: Driver) -> None:
    seen.client.say("bob", "hello")
    seen.turns()
    click(seen, "bob")
    sheet = seen.control.sheets.open
    assert isinstance(sheet, PersonSheet) and sheet.title_label["text"] == "bob"
    press(seen, "<Escape>")
    assert seen.control.sheets.open is None
