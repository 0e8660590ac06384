"""Pictures and emoji names: bytes in, bytes out, no display."""

from __future__ import annotations

import struct
import zlib

import pytest

from securechat.desktop.lists.sidebar import fit
from securechat.desktop.look import emoji
from securechat.desktop.look.images import avatar, pattern, person_colour, rounded, ticked
from tests.desktop.fake_client import key_of


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the pixel rows of a PNG of ours."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    raw = zlib.decompress(png[start + 4 : start + 4 + length])
    stride = 1 + 4 * width
    return width, height, [raw[y * stride + 1 : (y + 1) * stride] for y in range(height)]


@pytest.mark.parametrize(("width", "height", "radius"), [(20, 20, 9), (33, 12, 5), (7, 9, 0), (1, 1, 4), (13, 13, 6)])
def test_a_rounded_box_is_symmetric_with_clear_corners(width: int, height: int, radius: int) -> None:
    got_width, got_height, rows = pixels(rounded(width, height, radius, "#336699", "#ff0000", 2))
    assert (got_width, got_height, [len(row) for row in rows]) == (width, height, [4 * width] * height)
    assert rows == rows[::-1]
    if radius > 4:
        assert rows[0][3] < 40  # the corner is all but transparent
        middle = rows[height // 2][4 * (width // 2) :][:4]
        assert middle == bytes((0x33, 0x66, 0x99, 255))
        assert rows[height // 2][:4] == bytes((255, 0, 0, 255))  # the border


def test_another_key_gives_another_picture() -> None:
    one, two = key_of("bob"), key_of("bob's new key")
    assert avatar(34, one, "#336699") == avatar(34, one, "#336699")
    assert avatar(34, one, "#336699") != avatar(34, two, "#336699")
    assert all(row == row[::-1] for row in pattern(one))


def test_an_avatar_without_key_is_plain_and_a_gap_is_transparent() -> None:
    width, height, rows = pixels(avatar(20, None, "#336699", gap=6))
    assert (width, height) == (26, 20)
    assert rows[10][-24:] == bytes(24)
    assert b"\xff\xff\xff\xff" not in rows[10]
    assert person_colour(None, ("a", "b")) == person_colour(b"short", ("a", "b")) == 0


def test_emoji_are_named_and_nothing_else_is_touched() -> None:
    assert emoji.name_emoji("fine 👍🏽 ok ❤️") == "fine :thumbs_up_sign: ok :heavy_black_heart:"
    plain = "Grüße, Ελλάδα, עברית, 中文, naïve – “quotes” … ×"
    assert emoji.name_emoji(plain) == plain


@pytest.mark.parametrize(
    ("system", "version", "kills"), [("x11", 20304, True), ("x11", 0, True), ("x11", 20305, False), ("win32", 0, False)]
)
def test_only_an_old_or_unknown_libxft_needs_the_shield(
    monkeypatch: pytest.MonkeyPatch, system: str, version: int, kills: bool
) -> None:
    monkeypatch.setattr(emoji, "xft_version", lambda: version)
    assert emoji.emoji_kills(system) is kills


@pytest.mark.parametrize("kind", ["tick", "dot"])
def test_a_chosen_box_has_its_sign_in_the_middle_and_keeps_its_corners(kind: str) -> None:
    width, height, rows = pixels(ticked(21, 5, "#336699", "#ffffff", kind))
    assert (width, height) == (21, 21)
    signs = [(x, y) for y in range(21) for x in range(21) if rows[y][4 * x : 4 * x + 3] == b"\xff\xff\xff"]
    assert 8 < len(signs) < 150
    assert all(3 < x < 18 and 3 < y < 18 for x, y in signs)
    assert rows[0][3] < 60 and rows[10][:4] == bytes((0x33, 0x66, 0x99, 255))


def test_on_a_bright_colour_the_pattern_is_dark() -> None:
    bright, dark = (pixels(avatar(20, key_of("bob"), colour))[2] for colour in ("#ffe14d", "#336699"))
    assert b"\x10\x10\x10\xff" in b"".join(bright) and b"\xff\xff\xff\xff" not in b"".join(bright)
    assert b"\xff\xff\xff\xff" in b"".join(dark)


def test_a_name_that_is_too_wide_is_cut_with_an_ellipsis() -> None:
    assert fit(len, "alice", 5) == "alice"
    assert fit(len, "alice and bob", 7) == "alice …"
    assert fit(len, "alice", 1) == "…"
