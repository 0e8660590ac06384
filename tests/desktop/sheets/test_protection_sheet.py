"""How a message is protected, in honest words for each case, and the bytes beside the text."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from securechat.client.events import ConversationKind
from securechat.client.protection import Protection, Signature
from securechat.desktop import texts
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.rows import Look
from securechat.desktop.sheets.protection_sheet import ProtectionSheet, sentences
from tests.desktop.messages.hostile import HOSTILE

LOOK = Look(date(2026, 5, 17), me="alice")
LOBBY = Protection(
    post_id=b"p" * 32, kind=ConversationKind.LOBBY, author="bob", author_fp=bytes(range(32)),
    signature=Signature.VALID, verified=False, server_reads=True, readers=(), stream_id=bytes(range(16, 48)),
    stream_author="@server", prekey_id=7, text="good morning", stored=b"\x01\x02good morning\xff", sealed=b"\x99" * 40,
)
DIRECT = replace(
    LOBBY, kind=ConversationKind.DIRECT, server_reads=False, readers=("alice", "bob"), stream_author="bob"
)
WAITING = replace(
    LOBBY, author="alice", signature=Signature.NOT_SENT, verified=True, prekey_id=None, stream_author="alice"
)
OFFLINE = replace(LOBBY, sealed=b"", stream_id=b"", prekey_id=None)


def said(protection: Protection) -> tuple[str, str, str]:
    """Readers, signature, key."""
    (_, readers), (_, signature), (_, key) = sentences(protection, LOOK)
    return readers, signature, key


def all_words(widget: tk.Misc) -> Iterator[str]:
    for child in widget.winfo_children():
        if isinstance(child, tk.Label):
            yield str(child["text"])
        yield from all_words(child)


def opened(bare: tuple[tk.Tk, Theme], protection: Protection, look: Look = LOOK) -> tuple[ProtectionSheet, str]:
    root, theme = bare
    sheet = ProtectionSheet(root, theme, look, protection, lambda: None)
    root.update()
    return sheet, "\n".join(all_words(sheet))


# ---------------------------------------------------------------------- readers
def test_the_lobby_is_read_by_the_server_and_says_so(bare: tuple[tk.Tk, Theme]) -> None:
    readers, _, _ = said(LOBBY)
    assert readers.startswith("The server reads this lobby") and "not end-to-end encrypted" in readers
    sheet, words = opened(bare, LOBBY)
    assert texts.SERVER_READS in words and texts.ONLY_READERS not in words
    assert "readable to it" in words and "unreadable" not in words
    sheet.close()


def test_a_direct_message_names_its_readers_and_not_the_server(bare: tuple[tk.Tk, Theme]) -> None:
    readers, _, _ = said(DIRECT)
    assert readers == "Only alice and bob: the keys were made for nobody else. The server could not read it."
    sheet, words = opened(bare, DIRECT)
    assert texts.ONLY_READERS in words and texts.SERVER_READS not in words
    assert "unreadable to it" in words
    sheet.close()


def test_a_server_among_the_readers_is_never_denied() -> None:
    readers, _, _ = said(replace(DIRECT, server_reads=True))
    assert readers == "alice and bob, and the server with its operator."
    assert said(replace(DIRECT, server_reads=True, readers=()))[0] == texts.SERVER_READS


def test_readers_that_are_not_known_are_not_made_up() -> None:
    assert said(replace(DIRECT, readers=()))[0] == texts.READERS_UNKNOWN
    assert said(replace(DIRECT, readers=("bob",)))[0].startswith("Only bob:")
    assert said(replace(DIRECT, readers=("a", "b", "c", "d", "e")))[0].startswith("Only a, b, c, d and e:")


# ---------------------------------------------------------------------- signature
def test_a_valid_signature_and_whether_the_key_was_compared() -> None:
    _, signature, _ = said(LOBBY)
    assert signature.startswith("bob's, over the text") and texts.not_verified("bob") in signature
    _, signature, _ = said(replace(LOBBY, verified=True))
    assert texts.verified("bob") in signature and texts.not_verified("bob") not in signature


def test_a_former_key_is_called_one() -> None:
    _, signature, _ = said(replace(LOBBY, signature=Signature.FORMER))
    assert texts.signature_former("bob") in signature and texts.signature_valid("bob") not in signature


def test_of_an_own_message_nobody_is_told_to_compare_keys() -> None:
    _, signature, _ = said(replace(LOBBY, author="alice", verified=True))
    assert signature.endswith(texts.OWN_KEY) and "compared" not in signature


# ---------------------------------------------------------------------- key
def test_the_key_that_opened_it_is_named() -> None:
    _, _, key = said(LOBBY)
    assert "@server's stream 1011121314151617…" in key and "ML-KEM-768 key number 7" in key and "RSA-3072" in key
    _, _, key = said(replace(LOBBY, prekey_id=None))
    assert "RSA" not in key and "not known" in key


def test_offline_nothing_is_claimed_about_key_and_envelope(bare: tuple[tk.Tk, Theme]) -> None:
    assert said(OFFLINE)[2] == texts.KEY_OFFLINE
    sheet, words = opened(bare, OFFLINE)
    assert sheet.sealed.shown == texts.SEALED_OFFLINE
    assert texts.SEALED_WORDS not in words and "0 bytes" not in words
    assert sheet.stored.shown.startswith("0000  01 02 67 6f 6f 64")
    sheet.close()


def test_what_waits_is_not_said_to_be_stored_or_fetched(bare: tuple[tk.Tk, Theme]) -> None:
    (_, _), (_, signature), (heading, key) = sentences(WAITING, LOOK)
    assert signature == texts.SIGNATURE_OWN and heading == texts.WHICH_KEY_SEALS
    assert key == texts.sealed_with("1011121314151617")
    sheet, words = opened(bare, WAITING)
    assert "What the server will keep: 15 bytes" in words and "What the server keeps" not in words
    assert "What will travel to the server: 40 bytes" in words and "travels to you" not in words
    assert texts.SEALED_WAITS in words and texts.SEALED_WORDS not in words
    sheet.close()


# ---------------------------------------------------------------------- the sheet
def test_text_stored_bytes_and_envelope_are_shown(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, words = opened(bare, LOBBY)
    assert sheet.text.shown == "good morning"
    assert "01 02 67 6f 6f 64" in sheet.stored.shown and "··good" in sheet.stored.shown
    assert sheet.sealed.shown.startswith("0000  99 99 99")
    assert "00010203  04050607" in words and texts.SEALED_WORDS in words
    assert "What the server keeps: 15 bytes" in words and "What travels to you: 40 bytes, sealed" in words
    sheet.close()


def test_text_and_bytes_stand_side_by_side_if_there_is_room(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    sheet, _ = opened(bare, LOBBY)
    assert sheet.text.winfo_rooty() == sheet.stored.winfo_rooty()
    assert abs(sheet.text.winfo_width() - sheet.stored.winfo_width()) < 30
    root.geometry("560x600")
    root.update()
    root.update()
    assert sheet.text.winfo_rooty() < sheet.stored.winfo_rooty()
    assert sheet.text.winfo_rootx() == sheet.stored.winfo_rootx()
    sheet.close()


def test_in_a_narrow_window_at_twice_the_size_all_is_inside(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    root.geometry("560x600")
    root.update()
    theme = Theme(root, palette_for("contrast"), 2.0)
    sheet = ProtectionSheet(root, theme, LOOK, LOBBY, lambda: None)
    root.update()
    root.update()
    for widget in (sheet.text, sheet.stored, sheet.sealed, sheet.close_button, sheet.title_label):
        left = widget.winfo_rootx() - root.winfo_rootx()
        assert left >= 0 and left + widget.winfo_width() <= root.winfo_width()
    sheet.close()
    theme.close()


def test_tab_goes_through_the_boxes(bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    sheet, _ = opened(bare, LOBBY)
    sheet.close_button.focus_force()
    root.update()
    seen = []
    for _ in range(4):
        root.focus_get().event_generate("<Tab>")  # type: ignore[union-attr]
        root.update()
        seen.append(root.focus_get())
    assert seen == [sheet.text.text, sheet.stored.text, sheet.sealed.text, sheet.close_button]
    sheet.close()


def test_hostile_names_and_texts_stay_in_their_place(bare: tuple[tk.Tk, Theme]) -> None:
    for text in HOSTILE[::12]:
        shielded = replace(LOOK, shield=lambda words: words.replace("\U0001f389", "?"))
        bad = replace(DIRECT, author=text, readers=(text, "bob"), stream_author=text, text=text)
        for _, words in sentences(bad, shielded):
            assert "\n" not in words and "\u202e" not in words and len(words) < 500
        sheet, _ = opened(bare, bad, shielded)
        assert sheet.winfo_reqheight() < 3000 and "\u202e" not in sheet.text.shown
        assert "\U0001f389" not in sheet.text.shown
        sheet.close()


def test_a_huge_post_does_not_make_a_huge_sheet(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, _ = opened(bare, replace(LOBBY, text="a\n" * 8192, stored=b"x" * 20_000, sealed=b"y" * 20_000))
    assert sheet.area.inner.winfo_reqheight() < 1500
    assert texts.more_bytes(20_000 - 1536) in sheet.sealed.shown
    sheet.close()


@pytest.mark.parametrize("text", ["", "\u200b", " \n\u3000 "])
def test_a_text_with_nothing_to_see_is_said_to_be_one(bare: tuple[tk.Tk, Theme], text: str) -> None:
    sheet, _ = opened(bare, replace(LOBBY, text=text))
    assert sheet.text.shown == texts.EMPTY_TEXT
    sheet.close()


def test_an_edited_message_says_that_this_is_its_first_text(bare: tuple[tk.Tk, Theme]) -> None:
    sheet, words = opened(bare, replace(LOBBY, edited=True))
    assert texts.EDITED_SINCE in words
    sheet.close()
    sheet, words = opened(bare, LOBBY)
    assert texts.EDITED_SINCE not in words
    sheet.close()
