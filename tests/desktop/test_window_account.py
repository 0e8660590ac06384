"""The account in the window: another password, and the sessions that are open elsewhere."""

from __future__ import annotations

from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.sheets.password_sheet import PasswordSheet
from securechat.desktop.sheets.sessions_sheet import SessionsSheet
from securechat.desktop.sheets.settings_sheet import SettingsSheet
from securechat.errors import AuthError, ConnectionClosed
from tests.desktop.driver import Driver
from tests.desktop.hands import composing, focused, notices, opened, press, type_in


def fill(sheet: PasswordSheet, old: str, new: str) -> None:
    for name, words in (("old", old), ("new", new), ("again", new)):
        sheet.entries[name].insert(0, words)


def test_a_password_is_changed_and_that_is_said(seen: Driver) -> None:
    seen.control.sheets.open_password()
    type_in(seen, "correcthorse")
    press(seen, "<Tab>")
    for _ in range(5):  # to the second field, whatever stands between
        if focused(seen) == str(opened(seen, PasswordSheet).entries["new"]):
            break
        press(seen, "<Tab>")
    type_in(seen, "batterystaple9")
    press(seen, "<Tab>")
    type_in(seen, "batterystaple9")
    press(seen, "<Return>")
    seen.until(lambda: notices(seen) == [texts.PASSWORD_CHANGED], "it is said")
    assert seen.client.named("change_password") == [("change_password", "correcthorse", "batterystaple9")]
    assert composing(seen)


def test_a_wrong_old_password_is_said_in_the_sheet_and_can_be_mended(seen: Driver) -> None:
    error = AuthError("The old password is not right. Type it again.")
    seen.client.account.error = error
    seen.control.sheets.open_password()
    sheet = opened(seen, PasswordSheet)
    fill(sheet, "wrong horse", "battery staple 9")
    sheet.submit.invoke()
    assert sheet.busy
    seen.until(lambda: not sheet.busy, "the answer came")
    assert sheet.error["text"] == explain(error) and sheet.entries["new"].get() == "battery staple 9"
    assert focused(seen) == str(sheet.entries["old"]) and notices(seen) == []
    seen.client.account.error = None
    sheet.submit.invoke()
    seen.until(lambda: notices(seen) == [texts.PASSWORD_CHANGED], "now it is changed")


def test_a_password_change_that_fails_after_the_sheet_was_closed_is_still_said(seen: Driver) -> None:
    error = seen.client.account.error = ConnectionClosed("The connection was lost. Try again.")
    seen.control.sheets.open_password()
    sheet = opened(seen, PasswordSheet)
    fill(sheet, "wrong horse", "battery staple 9")
    sheet.submit.invoke()
    press(seen, "<Escape>")
    seen.until(lambda: notices(seen) == [explain(error)], "it is said")
    assert composing(seen)


def test_other_sessions_are_listed_and_ended_after_a_question(seen: Driver) -> None:
    press(seen, "<Control-comma>")
    opened(seen, SettingsSheet).controls["sessions"].focus_set()
    press(seen, "<space>")
    sheet = opened(seen, SessionsSheet)
    seen.until(lambda: len(sheet.rows()) == 3, "they are listed")
    assert sheet.rows()[0].startswith(texts.THIS_SESSION) and "192.168.1.3" in "".join(sheet.rows())
    sheet.end.focus_set()
    press(seen, "<space>")
    assert sheet.question is not None and not seen.client.named("end_other_sessions")
    press(seen, "<Escape>")
    assert sheet.winfo_exists() and not seen.client.named("end_other_sessions")
    sheet.end.focus_set()
    press(seen, "<space>", "<Tab>", "<space>")
    seen.until(lambda: len(sheet.rows()) == 1, "they are gone")
    assert sheet.told["text"] == texts.sessions_ended(2)
    press(seen, "<Escape>")
    assert composing(seen)


def test_sessions_that_cannot_be_listed_say_why(seen: Driver) -> None:
    error = seen.client.account.error = ConnectionClosed("The connection was lost. Try again.")
    seen.control.sheets.open_sessions()
    sheet = opened(seen, SessionsSheet)
    seen.until(lambda: sheet.told["text"] == explain(error), "it is said")
    assert sheet.rows() == []
