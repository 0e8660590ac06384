"""Crash details, earlier texts, help, and who somebody is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest

from securechat.client.events import Message, MessageState, Presence
from securechat.desktop import texts
from securechat.desktop.lists.lines import PersonLine
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Look
from securechat.desktop.sheets.crash_sheet import MOST_CAUSES, MOST_PLACES, CrashSheet, crash_details
from securechat.desktop.sheets.earlier_sheet import MOST_CHARS, EarlierSheet
from securechat.desktop.sheets.help_sheet import HelpSheet
from securechat.desktop.sheets.person_sheet import PersonSheet
from securechat.desktop.sheets.sheet import Sheet
from securechat.desktop.writing.slash import COMMANDS

SECRET = "alice wrote: meet me at /home/alice"


def all_words(widget: tk.Misc) -> Iterator[str]:
    for child in widget.winfo_children():
        if isinstance(child, tk.Label):
            yield str(child["text"])
        yield from all_words(child)


def inside(root: tk.Tk, *widgets: tk.Misc) -> bool:
    """True if no widget stands out of the window at the left or right."""
    lefts = [widget.winfo_rootx() - root.winfo_rootx() for widget in widgets]
    return all(
        left >= 0 and left + widget.winfo_width() <= root.winfo_width()
        for left, widget in zip(lefts, widgets, strict=True)
    )


# ---------------------------------------------------------------------- crash
class SecretError(Exception):
    """Has words that nobody may read."""

    def __str__(self) -> str:
        return SECRET

    __repr__ = __str__


def caught(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except SecretError as error:
        return error
    raise AssertionError("it did not fail")


def plain() -> None:
    raise SecretError(SECRET)


def chained() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise SecretError(SECRET) from error


def in_its_handling() -> None:
    try:
        int(SECRET)
    except ValueError:
        plain()


def noted() -> None:
    error = SecretError(SECRET)
    error.add_note(SECRET)
    raise error


@pytest.mark.parametrize(
    ("call", "kinds"),
    [(plain, ["SecretError"]), (chained, ["SecretError", "KeyError"]),
     (in_its_handling, ["SecretError", "ValueError"]), (noted, ["SecretError"])],
)
def test_details_name_kinds_and_places_and_no_words(call: Callable[[], object], kinds: list[str]) -> None:
    details = crash_details(caught(call), "1.2.3")
    lines = details.split("\n")
    assert lines[0].startswith("Secure Chat 1.2.3, Python 3.") and "Tk 8" in lines[0]
    assert [line for line in lines[1:] if not line.startswith("  ")] == kinds
    assert f" {call.__name__}" in details and "test_panels.py:" in details
    assert "alice" not in details and "/" not in details and "meet" not in details


def test_a_deep_or_circular_crash_is_told_shortly() -> None:
    def fall(depth: int) -> None:
        if depth == 0:
            plain()
        fall(depth - 1)

    details = crash_details(caught(lambda: fall(200)), "1").split("\n")
    assert len(details) == 2 + MOST_PLACES
    # The innermost places are kept, that one first.
    assert details[2].endswith(" plain") and details[3].endswith(" fall")
    first, second = SecretError(), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    assert len(crash_details(first, "1").split("\n")) == 1 + MOST_CAUSES


def test_details_without_any_place() -> None:
    assert crash_details(SecretError(), "1").split("\n")[1:] == ["SecretError"]


def test_details_can_be_read_and_copied(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    did: list[str] = []
    details = crash_details(caught(chained), "1")
    sheet = CrashSheet(root, theme, details, lambda: did.append("copied"), lambda: did.append("closed"))
    root.update()
    assert sheet.details.shown == details
    assert root.focus_get() in (sheet.copy, None) and str(sheet.said["text"]) == ""
    sheet.copy.event_generate("<Return>")
    assert did == ["copied"] and str(sheet.said["text"]) == texts.DETAILS_COPIED
    assert sheet.details.text["takefocus"]
    sheet.close_again.invoke()
    assert did == ["copied", "closed"]


# ---------------------------------------------------------------------- earlier texts
T = round(datetime(2026, 5, 17, 12, 30).timestamp() * 1000)
LOOK = Look(date(2026, 5, 17), shield=lambda text: text.replace("\U0001f389", "?"))
EDITED = Message(
    conv=b"c" * 32, seq=3, local_id=0, post_id=b"p" * 32, author="bob", author_fp=b"f" * 32, mine=False, time_ms=T,
    server_time_ms=T, kind=1, text="third\U0001f389", state=MessageState.STORED, edited=True,
    earlier=((T - 86_400_000, "first\u202e"), (T, "second\nline")),
)


def earlier(bare: tuple[tk.Tk, Theme], message: Message) -> EarlierSheet:
    sheet = EarlierSheet(*bare, LOOK, message, lambda: None)
    bare[0].update()
    return sheet


def test_all_texts_are_shown_with_their_times_the_present_one_last(bare: tuple[tk.Tk, Theme]) -> None:
    sheet = earlier(bare, EDITED)
    assert sheet.box.shown.split("\n") == [
        f"{texts.YESTERDAY}, 12:30", "first\ufffd", f"{texts.TODAY}, 12:30", "second", "line", texts.NOW, "third?"
    ]
    heads = sheet.box.text.tag_ranges("head")
    assert len(heads) == 6  # a text that looks like a time is not drawn like one


def test_empty_texts_and_impossible_times(bare: tuple[tk.Tk, Theme]) -> None:
    shown = earlier(bare, replace(EDITED, earlier=((2**62, "\u200b \n"),), text="")).box.shown
    assert shown.split("\n") == [texts.UNKNOWN_TIME, texts.EMPTY_TEXT, texts.NOW, texts.EMPTY_TEXT]


def test_of_a_deleted_message_no_text_is_shown(bare: tuple[tk.Tk, Theme]) -> None:
    assert earlier(bare, replace(EDITED, deleted=True)).box.shown == f"{texts.NOW}\n{texts.DELETED}"


def test_hundreds_of_long_texts_make_no_huge_sheet(bare: tuple[tk.Tk, Theme]) -> None:
    long = replace(EDITED, earlier=tuple((T, "a\n" * 400) for _ in range(100)), text="W" * 16_000)
    sheet = earlier(bare, long)
    assert sheet.area.inner.winfo_reqheight() < 900
    assert sheet.box.text.yview()[1] < 0.1
    sheet.box.text.event_generate("<End>")
    assert sheet.box.text.yview()[1] == 1.0


def test_of_a_thousand_texts_the_newest_show_and_the_rest_is_counted(bare: tuple[tk.Tk, Theme]) -> None:
    shown = earlier(bare, replace(EDITED, earlier=tuple((T, f"text {n}.") for n in range(1, 1051)))).box.shown
    assert shown.startswith("1,000 older texts are not shown.\n")
    assert "text 1000." not in shown and "text 1001." in shown and "text 1050." in shown
    long = earlier(bare, replace(EDITED, earlier=((T, "a"), *((T, "W" * 16_000) for _ in range(3)))))
    assert long.box.shown.startswith("2 older texts are not shown.\n") and len(long.box.shown) < MOST_CHARS
    longest = earlier(bare, replace(EDITED, earlier=((T, "a"), (T, "b" * (MOST_CHARS + 1)))))
    assert longest.box.shown.startswith("1 older text is not shown.\n") and "bbb" in longest.box.shown


# ---------------------------------------------------------------------- help
def test_help_names_every_command_and_the_keys(bare: tuple[tk.Tk, Theme]) -> None:
    sheet = HelpSheet(*bare, lambda: None)
    words = list(all_words(sheet))
    for line in COMMANDS:
        assert f"/{line.name} {line.usage}".strip() in words and line.help in words
    for keys in ("Ctrl+K", "Ctrl+F", "Ctrl+,", "Ctrl+Shift+E", "F1", "Ctrl+0", "Esc", "Shift+Enter", "@name", "//"):
        assert keys in words
    for keys, meaning in (*texts.HELP_KEYS, *texts.HELP_MARKS):
        assert keys in words and meaning in words
    sheet.close()


@pytest.mark.parametrize(("width", "zoom", "beside"), [(900, 1.0, True), (560, 1.0, True), (560, 2.0, False)])
def test_help_can_be_read_at_every_size(bare: tuple[tk.Tk, Theme], width: int, zoom: float, beside: bool) -> None:
    root, _ = bare
    root.geometry(f"{width}x600")
    root.update()
    theme = Theme(root, palette_for("light"), zoom)
    sheet = HelpSheet(root, theme, lambda: None)
    root.update()
    root.update()
    labels = [child for table in sheet._tables for child in table.winfo_children()]
    assert inside(root, sheet.close_button, sheet.title_label, *labels)
    assert (labels[0].winfo_rooty() == labels[1].winfo_rooty()) is beside
    assert min(label.winfo_width() for label in labels) >= 8
    sheet.close()
    theme.close()


# ---------------------------------------------------------------------- a person
BOB = PersonLine("bob", "bob", bytes(range(32)), Presence.ONLINE, you=False)


class Ignoring:
    """Hears what the sheet asks for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def ignore(self, username: str, ignored: bool = True) -> None:
        self.asked.append((username, ignored))


def person(bare: tuple[tk.Tk, Theme], line: PersonLine, actions: Ignoring | None = None) -> tuple[PersonSheet, str]:
    sheet = PersonSheet(*bare, line, actions or Ignoring(), lambda: None)
    bare[0].update()
    return sheet, "\n".join(all_words(sheet))


def test_a_person_has_a_name_a_presence_and_a_fingerprint(bare: tuple[tk.Tk, Theme]) -> None:
    presences = {
        Presence.ONLINE: texts.IS_ONLINE, Presence.AWAY: texts.IS_AWAY, Presence.OFFLINE: texts.IS_OFFLINE
    }
    for presence, words in presences.items():
        sheet, shown = person(bare, replace(BOB, presence=presence))
        assert words in shown.split("\n") and "bob" in shown.split("\n")
        assert "00010203  04050607\n08090a0b  0c0d0e0f" in shown and texts.FINGERPRINT_WORDS in shown
        sheet.close()
    sheet, shown = person(bare, replace(BOB, fp=None))
    assert texts.NO_FINGERPRINT in shown and texts.FINGERPRINT_WORDS not in shown
    sheet.close()


@pytest.mark.parametrize("ignored", [True, False])
def test_ignoring_says_what_it_does_and_is_asked_for_by_the_real_name(bare: tuple[tk.Tk, Theme], ignored: bool) -> None:
    actions = Ignoring()
    sheet, shown = person(bare, replace(BOB, name="b?b", ignored=ignored), actions)
    assert (texts.IGNORED_WORDS in shown, texts.IGNORE_WORDS in shown) == (ignored, not ignored)
    assert sheet.ignore is not None
    assert str(sheet.ignore["text"]) == (texts.STOP_IGNORING if ignored else texts.IGNORE)
    sheet.ignore.invoke()
    assert actions.asked == [("bob", not ignored)]
    assert not sheet.winfo_exists()


def test_nobody_is_asked_to_ignore_themselves(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, shown = person(bare, replace(BOB, you=True))
    assert sheet.ignore is None and texts.IGNORE_WORDS not in shown
    sheet.close()


def test_the_longest_name_stays_inside_a_narrow_window(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    root.geometry("560x600")
    root.update()
    theme = Theme(root, palette_for("contrast"), 2.0)
    sheet = PersonSheet(root, theme, replace(BOB, name="W" * 64), Ignoring(), lambda: None)
    root.update()
    root.update()
    assert sheet.ignore is not None
    assert inside(root, sheet.title_label, sheet.close_button, sheet.ignore)
    sheet.close()
    theme.close()


# ---------------------------------------------------------------------- all of them
@pytest.mark.parametrize("make", [
    lambda root, theme: CrashSheet(root, theme, "details", lambda: None, lambda: None),
    lambda root, theme: EarlierSheet(root, theme, LOOK, EDITED, lambda: None),
    lambda root, theme: HelpSheet(root, theme, lambda: None),
    lambda root, theme: PersonSheet(root, theme, BOB, Ignoring(), lambda: None),
])
def test_each_has_the_focus_inside_and_escape_closes_it(
    bare: tuple[tk.Tk, Theme], make: Callable[[tk.Tk, Theme], Sheet]
) -> None:
    root, theme = bare
    root.focus_force()
    root.update()
    sheet = make(root, theme)
    root.update()
    focused = root.focus_get()
    assert focused is not None and str(focused).startswith(f"{sheet}.")
    focused.event_generate("<Escape>")
    assert not sheet.winfo_exists()
