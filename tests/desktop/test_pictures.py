"""Pictures and emoji names: bytes in, bytes out, no display."""

from __future__ import annotations

import struct
import zlib

import pytest

from securechat.desktop import emoji, palette
from securechat.desktop.images import avatar, pattern, person_colour, rounded
from securechat.desktop.sidebar import fit
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


def _luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_texts_can_be_read(colours: palette.Palette) -> None:
    """Contrast as WCAG 2 defines it: 4.5 for texts, 3 for bold names and marks."""

    def contrast(one: str, two: str) -> float:
        high, low = sorted((_luminance(one), _luminance(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ground in (colours.bg, colours.side, colours.card):
        assert contrast(colours.fg, ground) >= 7
        assert contrast(colours.dim, ground) >= 4.5
        assert contrast(colours.err, ground) >= 4.5
    assert all(contrast(name, colours.bg) >= 3 for name in colours.people)
    assert contrast(colours.accent, colours.card) >= 3


def test_a_name_that_is_too_wide_is_cut_with_an_ellipsis() -> None:
    assert fit(len, "alice", 5) == "alice"
    assert fit(len, "alice and bob", 7) == "alice …"
    assert fit(len, "alice", 1) == "…"
