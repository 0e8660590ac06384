"""What opens over the chat: settings, protection, export, people, help, crash details."""

from __future__ import annotations

import json
import threading
import tkinter as tk
from dataclasses import replace
from pathlib import Path

import pytest

from securechat.client.events import ConnectionState
from securechat.client.preferences import PreferenceStore
from securechat.client.protection import Protection
from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.chat import chat_sheets
from securechat.desktop.sheets.crash_sheet import CrashSheet
from securechat.desktop.sheets.export_sheet import ExportSheet
from securechat.desktop.sheets.help_sheet import HelpSheet
from securechat.desktop.sheets.password_sheet import PasswordSheet
from securechat.desktop.sheets.person_sheet import PersonSheet
from securechat.desktop.sheets.protection_sheet import ProtectionSheet
from securechat.desktop.sheets.settings_sheet import SettingsSheet
from securechat.desktop.sheets.sheet import Sheet
from securechat.errors import ConnectionClosed, StoreError
from tests.desktop.driver import Driver
from tests.desktop.hands import composing, focused, notices, opened, press, to_message, type_in

# --- all of them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "kind"),
    [("<Control-comma>", SettingsSheet), ("<F1>", HelpSheet), ("<Control-Shift-E>", ProtectionSheet)],
)
def test_a_key_opens_a_sheet_and_escape_leads_back_to_writing(seen: Driver, keys: str, kind: type[Sheet]) -> None:
    seen.client.say("bob", "hello")
    seen.turns()
    type_in(seen, "half")
    press(seen, keys)
    seen.until(lambda: seen.control.sheets.open, "it opens")
    opened(seen, kind)
    assert focused(seen).startswith(str(seen.control.sheets.open))
    press(seen, "<Escape>")
    assert composing(seen) and seen.chat.composer.get() == "half"
    type_in(seen, "x")
    assert seen.chat.composer.get() == "halfx"


def test_keys_of_the_window_do_nothing_under_a_sheet(seen: Driver) -> None:
    press(seen, "<Control-comma>")
    sheet = opened(seen, SettingsSheet)
    press(seen, "<Control-k>", "<Control-f>", "<F1>", "<Control-Shift-E>", "<Control-comma>")
    assert seen.control.sheets.open is sheet and not seen.chat.search_bar.winfo_manager()
    assert not seen.client.named("protection")


def test_one_sheet_at_a_time_and_the_focus_still_finds_back(seen: Driver) -> None:
    press(seen, "<Control-comma>")
    settings = opened(seen, SettingsSheet)
    settings.controls["password"].focus_set()
    press(seen, "<space>")
    opened(seen, PasswordSheet)
    assert not settings.winfo_exists()
    press(seen, "<Escape>")
    assert composing(seen)


@pytest.mark.parametrize("command", ["/settings", "/help", "/export"])
def test_commands_open_sheets_too(seen: Driver, command: str) -> None:
    seen.write(command)
    press(seen, "<Return>")
    opened(seen, Sheet)
    press(seen, "<Escape>")
    assert composing(seen) and seen.chat.composer.get() == "" and not seen.client.named("send")


def test_a_sheet_stays_when_the_size_changes(seen: Driver) -> None:
    """Who reads in a sheet may find the letters too small."""
    press(seen, "<F1>", "<Control-plus>")
    assert seen.app.preferences.zoom > 1.0
    opened(seen, HelpSheet)
    press(seen, "<Escape>")
    assert composing(seen)


# --- settings -------------------------------------------------------------------------------------------


def test_what_is_chosen_in_the_settings_holds_at_once_and_is_remembered(seen: Driver, tmp_path: Path) -> None:
    press(seen, "<Control-comma>")
    for name in ("notices.name", "sound", "do_not_disturb", "send_typing"):
        opened(seen, SettingsSheet).controls[name].focus_set()
        press(seen, "<space>")
    chosen = seen.app.preferences
    assert (chosen.notices, chosen.sound, chosen.do_not_disturb, chosen.send_typing) == ("name", False, True, False)
    kept, problem = PreferenceStore(tmp_path).load()
    # The theme of this start was given from outside, and the window's place is noted at the end.
    assert replace(kept, geometry="", theme=chosen.theme) == replace(chosen, geometry="") and problem == ""
    opened(seen, SettingsSheet)


def test_another_theme_shows_at_once_and_the_same_control_keeps_the_focus(seen: Driver) -> None:
    type_in(seen, "half")
    press(seen, "<Control-comma>")
    before, view = str(seen.chat.timeline.text["bg"]), seen.chat
    for name in ("theme.light", "theme.contrast"):
        opened(seen, SettingsSheet).controls[name].focus_set()
        press(seen, "<space>")
        sheet = opened(seen, SettingsSheet)
        assert seen.app.preferences.theme == name.split(".")[1]
        assert focused(seen) == str(sheet.controls[name])
    assert seen.chat is not view and str(seen.chat.timeline.text["bg"]) != before
    opened(seen, SettingsSheet).controls["zoom.in"].focus_set()
    press(seen, "<space>", "<space>")
    assert seen.app.preferences.zoom > 1.1
    assert focused(seen) == str(opened(seen, SettingsSheet).controls["zoom.in"])
    press(seen, "<Escape>")
    assert composing(seen) and seen.chat.composer.get() == "half"


# --- protection and export ------------------------------------------------------------------------------


def test_protection_is_of_the_message_under_the_cursor_else_of_the_newest(seen: Driver) -> None:
    first, second = seen.client.say("bob", "first words"), seen.client.say("bob", "second words")
    seen.turns()
    press(seen, "<Control-Shift-E>")
    seen.until(lambda: seen.control.sheets.open, "it opens")
    assert "second words" in opened(seen, ProtectionSheet).text.shown
    press(seen, "<Escape>")
    to_message(seen, "first words")
    press(seen, "<Control-Shift-E>")
    seen.until(lambda: seen.control.sheets.open, "it opens")
    assert "first words" in opened(seen, ProtectionSheet).text.shown
    assert [call[1] for call in seen.client.named("protection")] == [second.post_id, first.post_id]
    press(seen, "<Escape>")
    assert focused(seen) == str(seen.chat.timeline.text), "one goes on where one was"


def test_a_late_answer_about_protection_takes_no_other_sheet_away(
    seen: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer, protection = threading.Event(), threading.Event(), seen.client.protection

    def slow(post_id: bytes, conv: bytes | None = None, timeout_s: float = 10.0) -> Protection:
        asked.set()
        answer.wait(timeout_s)
        return protection(post_id, conv, timeout_s)

    monkeypatch.setattr(seen.client, "protection", slow)
    seen.client.say("bob", "hello")
    seen.turns()
    press(seen, "<Control-Shift-E>")
    seen.until(asked.is_set)
    press(seen, "<Control-comma>")
    answer.set()
    seen.until(lambda: seen.client.named("protection"))
    seen.turns()
    opened(seen, SettingsSheet)


def test_protection_that_cannot_be_asked_for_says_why(seen: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ConnectionClosed("The connection was lost. Try again.")

    def lost(post_id: bytes, conv: bytes | None = None, timeout_s: float = 10.0) -> Protection:
        raise error

    monkeypatch.setattr(seen.client, "protection", lost)
    seen.client.say("bob", "hello")
    seen.turns()
    press(seen, "<Control-Shift-E>")
    seen.until(lambda: notices(seen) == [explain(error)], "it is said")
    assert composing(seen)


def test_an_export_writes_what_is_loaded_and_says_where(seen: Driver, tmp_path: Path) -> None:
    seen.client.say("bob", "to be kept")
    seen.turns()
    seen.control.sheets.export()
    sheet = opened(seen, ExportSheet)
    path = tmp_path / "kept.json"
    sheet.forms["json"].focus_set()
    press(seen, "<space>")
    replace_text(sheet.path, str(path))
    sheet.path.focus_set()
    press(seen, "<Return>")
    seen.until(lambda: notices(seen) == [texts.exported(1, str(path))], "it is said")
    assert "to be kept" in json.dumps(json.loads(path.read_text("utf-8"))) and composing(seen)


def test_an_export_that_cannot_be_written_says_so_in_the_sheet(
    seen: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise StoreError(f"{path} could not be written: No space left on device. Make room, then try again.")

    seen.control.sheets.export()
    sheet = opened(seen, ExportSheet)
    replace_text(sheet.path, str(tmp_path / "kept.txt"))
    with monkeypatch.context() as patch:
        patch.setattr(chat_sheets, "atomic_write", full)
        sheet.go.invoke()
        seen.until(lambda: "No space left" in str(sheet.problem["text"]), "it is said")
    assert not (tmp_path / "kept.txt").exists() and notices(seen) == []
    sheet.go.invoke()
    seen.until(lambda: notices(seen), "the next try works")
    assert (tmp_path / "kept.txt").exists()


def replace_text(entry: tk.Misc, words: str) -> None:
    assert isinstance(entry, tk.Entry)
    entry.delete(0, "end")
    entry.insert(0, words)


# --- people, crash --------------------------------------------------------------------------------------


def test_a_person_is_ignored_from_their_sheet_and_no_longer(seen: Driver) -> None:
    seen.client.say("bob", "buy this")
    seen.turns()
    for ignored in (True, False):
        seen.control.open_person("bob")
        sheet = opened(seen, PersonSheet)
        assert sheet.ignore is not None
        sheet.ignore.focus_set()
        press(seen, "<space>")
        seen.until(lambda ignored=ignored: ("buy this" in seen.shown) is not ignored, "the list shows it")
        assert composing(seen)
    assert seen.client.named("ignore") == [("ignore", "bob", True), ("ignore", "bob", False)]
    assert notices(seen) == [texts.ignoring("bob", False), texts.ignoring("bob", True)]  # the newest answer first


def test_a_crash_costs_one_sentence_with_details_that_quote_nothing(seen: Driver) -> None:
    def crash() -> None:
        raise ValueError("a secret text")

    seen.root.after(0, crash)
    seen.until(lambda: notices(seen) == [texts.CALLBACK_CRASH], "it is said")
    seen.turns()
    assert seen.chat.notice.winfo_manager()
    seen.chat.notice.button.invoke()
    sheet = opened(seen, CrashSheet)
    details = sheet.details.shown
    assert "ValueError" in details and "secret" not in details
    sheet.copy.invoke()
    assert seen.root.clipboard_get() == details
    press(seen, "<Escape>")
    assert composing(seen) and notices(seen) == [] and not seen.chat.notice.winfo_manager()
    type_in(seen, "on")
    press(seen, "<Return>")
    assert seen.client.named("send") == [("send", "on")]


def test_a_sheet_that_waits_for_a_server_survives_the_end_of_the_session(seen: Driver) -> None:
    seen.control.sheets.open_sessions()
    seen.client.turn(ConnectionState.ENDED, reason="The server ended your session.")
    seen.until(lambda: seen.app.form is not None, "the form comes back")
    seen.turns()
    assert str(seen.form.error["text"]) == "The server ended your session."
