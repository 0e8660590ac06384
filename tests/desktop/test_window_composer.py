"""Writing in the window: what leaves the composer, what stays, and how it grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from securechat.client.events import (
    MessageState,
    PostRefused,
)
from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.look import emoji
from securechat.desktop.writing.composer import COUNTED, DRAFT_AFTER_S, MOST_LINES
from securechat.desktop.writing.composer_keys import MOST_PASTED
from securechat.errors import FolderProblem
from securechat.wire import limits
from tests.desktop.driver import Driver


def test_a_text_leaves_the_composer_when_it_is_in_the_outbox(chat: Driver) -> None:
    chat.write("Hello, all")
    chat.chat.composer.text.focus_force()
    chat.chat.composer.text.event_generate("<Return>")
    chat.turns()
    assert chat.client.named("send") == [("send", "Hello, all")]
    assert chat.chat.composer.get() == ""
    assert f"Hello, all  {texts.WAITING}" in chat.shown
    chat.client.store(1)
    chat.turns()
    assert f"Hello, all  {texts.STORED}" in chat.shown
    assert texts.WAITING not in chat.shown


def test_a_text_that_is_not_safe_stays_and_the_reason_shows(chat: Driver) -> None:
    error = FolderProblem("The disk is full: make room, then send again.")
    chat.client.send_error = error
    chat.write("precious words")
    chat.chat.composer.button.invoke()
    assert chat.chat.composer.get() == "precious words"
    assert chat.chat.composer.problem["text"] == explain(error)
    chat.write("!")
    chat.turns()
    assert not chat.chat.composer.problem.winfo_manager()  # writing on takes the sentence away


def test_a_text_that_is_too_long_stays_and_says_by_how_much(chat: Driver) -> None:
    chat.write("x" * (limits.TEXT + 7))
    chat.chat.composer.submit()
    assert chat.chat.composer.problem["text"] == texts.too_long(7)
    assert len(chat.chat.composer.get()) == limits.TEXT + 7
    assert chat.client.named("send") == []


def test_shift_enter_breaks_the_line_and_blank_text_is_not_sent(chat: Driver) -> None:
    composer = chat.chat.composer
    composer.text.focus_force()
    composer.text.event_generate("<Return>")
    composer.text.event_generate("<Shift-Return>")
    composer.text.event_generate("<Return>")
    assert chat.client.named("send") == []
    chat.write("one")
    composer.text.event_generate("<Shift-Return>")
    chat.write("two")
    composer.text.event_generate("<Return>")
    assert chat.client.named("send") == [("send", "one\ntwo")]


def test_the_composer_grows_to_six_lines(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.log_in()
    heights = []
    for _ in range(8):
        window.turns()
        heights.append(int(window.chat.composer.text["height"]))
        window.write("word\n")
    assert heights == [1, 2, 3, 4, 5, 6, 6, 6]
    window.chat.composer.set("word " * 200)
    window.turns()
    assert int(window.chat.composer.text["height"]) > 1  # long lines count as shown


def test_the_lines_of_a_long_text_are_not_counted(chat: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tk takes seconds to count those of one long line, at each key."""
    composer = chat.chat.composer
    counted: list[int] = []
    call = composer.text.tk.call

    class Watched:
        def call(self, *words: object) -> object:
            if "-displaylines" in words:
                counted.append(len(composer.get()))
            return call(*words)

        def __getattr__(self, name: str) -> object:
            return getattr(chat.root.tk, name)

    monkeypatch.setattr(composer.text, "tk", Watched())
    composer.set("x" * COUNTED)
    assert counted == [COUNTED]
    composer.set("x" * 50_000)
    chat.write("y")
    chat.turns()
    assert counted == [COUNTED]
    assert int(composer.text["height"]) == MOST_LINES
    composer.set("short")
    assert int(composer.text["height"]) == 1


def test_a_paste_far_over_the_limit_is_refused_with_a_sentence(chat: Driver) -> None:
    composer = chat.chat.composer
    composer.text.focus_force()

    def paste(text: str) -> None:
        chat.root.clipboard_clear()
        chat.root.clipboard_append(text)
        composer.text.event_generate("<<Paste>>")
        chat.turns()

    chat.write("before ")
    paste("ä" * (MOST_PASTED // 2 + 1))  # two bytes each
    assert composer.get() == "before "
    assert composer.problem["text"] == texts.paste_too_long(MOST_PASTED + 2, limits.TEXT)
    assert composer.problem.winfo_ismapped()
    assert len(chat.root.clipboard_get()) == MOST_PASTED // 2 + 1
    paste("after")
    assert composer.get() == "before after"
    assert not composer.problem.winfo_manager()
    composer.set("")
    paste("x" * MOST_PASTED)  # too long to be sent, which sending says
    assert len(composer.get()) == MOST_PASTED
    chat.root.clipboard_clear()
    composer.text.event_generate("<<Paste>>")  # of nothing
    chat.turns()
    assert chat.chat.notice.text == ""


def test_a_draft_is_saved_in_a_pause_and_restored(open_window: Callable[..., Driver]) -> None:
    window = open_window()
    window.client.saved_draft = "left over"
    window.log_in()
    assert window.chat.composer.get() == "left over"
    window.write(" and more")
    window.turns()
    assert window.client.named("set_draft") == []
    window.mono += DRAFT_AFTER_S
    window.until(lambda: window.client.named("set_draft") == [("set_draft", "left over and more")])
    window.write(", the rest")
    window.app.close()
    assert window.client.saved_draft == "left over and more, the rest"


def test_writing_is_told_but_not_at_each_key(chat: Driver) -> None:
    for part in "abc":
        chat.write(part)
    chat.until(lambda: chat.client.named("typing"))
    chat.mono += 2.0
    chat.write("d")
    chat.until(lambda: len(chat.client.named("typing")) == 2)


def test_a_refused_text_comes_back_into_an_empty_composer(chat: Driver) -> None:
    chat.write("please")
    chat.chat.composer.submit()
    refused = replace(chat.client.shown[0], state=MessageState.REFUSED)
    chat.client.emit(PostRefused(refused, "You write too fast."))
    chat.turns()
    assert chat.chat.composer.get() == "please"
    assert "Not sent. You write too fast." in chat.shown


def test_tab_leaves_the_composer_and_comes_back_past_everything(open_window: Callable[..., Driver]) -> None:
    window = open_window(visible=True)
    window.log_in()
    composer = window.chat.composer
    composer.text.focus_force()
    window.turns()
    composer.text.event_generate("<Tab>")
    assert window.root.focus_get() is composer.emoji_button
    composer.emoji_button.event_generate("<<PrevWindow>>")
    assert window.root.focus_get() is composer.text
    order = window.tab_order(window.chat.timeline.text)  # which ends where it began
    assert order[:4] == [window.chat.timeline.text, composer.text, composer.emoji_button, composer.button]
    assert window.chat.sidebar.list in order[4:]


def test_where_emoji_are_dangerous_they_are_written_and_shown_by_name(
    open_window: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emoji, "xft_version", lambda: 20304)
    window = open_window()
    window.client.saved_draft = "☕"
    window.log_in()
    assert window.chat.composer.get() == ":hot_beverage:"
    window.write(" 👍")
    assert window.chat.composer.get() == ":hot_beverage: :thumbs_up_sign:"
    window.client.say("bob🎉", "🎉")
    window.turns()
    assert "bob:party_popper:" in window.shown
    assert "🎉" not in window.shown
