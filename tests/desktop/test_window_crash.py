"""When a call inside the program crashes: one sentence, details to copy, and the window lives on."""

from __future__ import annotations

import logging

import pytest

from securechat.desktop import texts
from securechat.desktop.sheets.crash_sheet import CrashSheet
from securechat.desktop.writing.composer import Composer
from tests.desktop.driver import PASSWORD, Driver


def crash(*anything: object) -> None:
    raise ValueError("private words")


def test_a_crash_in_a_callback_costs_a_sentence_and_no_message_text(
    chat: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chat.root.after(0, crash)
    chat.until(lambda: chat.chat.notice.text)
    assert chat.chat.notice.text == texts.CALLBACK_CRASH
    assert "ValueError" in caplog.text and "crash" in caplog.text
    assert "private words" not in caplog.text
    chat.client.say("bob", "still here")
    chat.turns()
    assert "still here" in chat.shown


def test_the_details_of_a_crash_can_be_read_and_copied_without_message_text(chat: Driver) -> None:
    chat.app.pump.post(crash)
    chat.until(lambda: chat.chat.notice.text)
    assert chat.chat.notice.button["text"] == texts.DETAILS
    chat.chat.notice.button.invoke()
    sheet = chat.control.sheets.open
    assert isinstance(sheet, CrashSheet)
    assert chat.chat.notice.text == ""
    sheet.copy.invoke()
    copied = chat.root.clipboard_get()
    assert "ValueError" in copied and "test_window_crash.py" in copied and "private words" not in copied
    sheet.close()
    chat.turns()
    assert chat.control.sheets.open is None
    chat.app.pump.post(crash)  # the next one is told again
    chat.until(lambda: chat.chat.notice.text)


def test_a_crash_in_the_middle_of_a_redraw_leads_to_the_form_and_loses_nothing(
    chat: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a chat is of no use; turns that come meanwhile must not touch it."""

    client = chat.client
    chat.write("half a thought")
    with monkeypatch.context() as patch:
        patch.setattr(Composer, "__init__", crash)
        chat.root.event_generate("<Control-plus>")
        chat.until(lambda: chat.app.form is not None)
    assert chat.app.chat is None and chat.app.control is None
    assert str(chat.form.error["text"]) == texts.CALLBACK_CRASH
    (sheet,) = [child for child in chat.root.winfo_children() if isinstance(child, CrashSheet)]
    assert [child for child in chat.root.winfo_children() if child not in (sheet, chat.form)] == []
    sheet.close()
    chat.until(client.closed.is_set)
    assert client.saved_draft == "half a thought"
    chat.turns()
    chat.log_in()
    assert chat.chat.composer.get() == "half a thought"


def test_a_chat_that_crashes_while_it_opens_gives_the_form_back(
    window: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Composer, "__init__", crash)
    client = window.client
    window.type_form(server="127.0.0.1:5050", username="alice", password=PASSWORD)
    window.form.submit.invoke()
    window.until(client.closed.is_set)
    window.until(lambda: str(window.form.error["text"]) == texts.CALLBACK_CRASH)
    assert window.app.chat is None and window.app.control is None and not window.form.busy


def test_a_crash_in_a_worker_costs_a_sentence_too(chat: Driver) -> None:
    chat.client.retry_now = crash  # type: ignore[method-assign]
    chat.control.retry_now()
    chat.until(lambda: chat.chat.notice.text == texts.CALLBACK_CRASH)
