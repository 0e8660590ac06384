"""Two hundred texts and names that somebody might send to harm, deceive or slow down who reads them."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["HOSTILE"]

_RULE = "─" * 6
_OVERRIDES = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_INVISIBLE = "\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u00ad\u180e\u061c\u200e\u200f\u034f\ufe0f\U000e0041"
_CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\x7f\x80\x85\x9b\x9f\u2028\u2029"
_TOWERS = "\u0301\u0489\u20dd\u0e49\u05b0\u064b\u0f71\u1ab0\u0338\u0fb5"


def _invisible() -> Iterator[str]:
    for char in _OVERRIDES:
        yield f"harm{char}gpj.exe"
        yield f"{char * 50}\u202c\u2069 @alice"
    for char in _INVISIBLE:
        yield f"al{char}ice"
        yield char * 500
    for char in _CONTROLS:
        yield f"one{char}two"
    yield "\u202e" + "https://good.example/\u202d@evil.example"
    yield "\ud800 lone half \udfff"
    yield "\uffff\ufffe\U0010ffff\ue000"


def _marks() -> Iterator[str]:
    for mark in _TOWERS:
        yield f"a{mark * 300}b"
        yield "".join(f"{letter}{mark * 12}" for letter in "zalgo") * 20
    yield _TOWERS * 200
    yield "\u0301" * 1000
    yield "e\u0301\u200d" * 400


def _scripts() -> Iterator[str]:
    yield from (
        "שלום עולם", "مرحبا بالعالم", "שלום (alice) 12:30 עולם", "abc אבג 123 דהו", "العربية https://a.b/x العربية",
        "नमस्ते दुनिया", "สวัสดีชาวโลก", "བཀྲ་ཤིས་བདེ་ལེགས", "မင်္ဂလာပါ", "ꦱꦸꦒꦼꦁ", "𞤀𞤁𞤂 ad", "اﷺ﷽", "Ω≈ç√∫µ",
        "田中さんにあげて",
        "👩‍👩‍👧‍👦", "🏳️‍🌈🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👍🏽" * 300, "🇩🇪" * 301, "❤️" * 200, "1️⃣#️⃣*️⃣",
        "👩" + "\u200d👩" * 500, "\u200d" * 9 + "👩", "☕︎☕️",
    )


def _bombs() -> Iterator[str]:
    for part in (
        "*", "** ", "_", "`", "***a** b* ", "**a _b *c ", "[x](", "```\n", "> ", "# ", "@", "@a", "@alice",
        "http://", "~~", "||",
        "https://a.b ", "((", "\n", " ", "\t", "W", "a\n", "- \n", "<b>", "&amp;", "{[$x] \\} ; puts hacked ",
        "%s%n{0}\\n", "🎉",
    ):
        yield part * (16_384 // len(part.encode()))
    yield "".join("`" * n + " " for n in range(1, 170))
    yield "https://a.b/" + "x" * 16_000
    yield "https://" + "a." * 8000


def _lines() -> Iterator[str]:
    yield from (
        f"{_RULE}  Today  {_RULE}", f"{' ' * 60}{_RULE}  Today  {_RULE}", f"\u3000\u2800\u3164{' ' * 90}Yesterday",
        f"hi\n\n\n\n\n\n\n\n{_RULE}  New  {_RULE}", "hi\nalice (you)  09:12\nI agree  ✓", "bob  09:12\nfoo",
        "3 messages missing",
        "bob is online", "alice (you)", "alice  ✓", "Deleted by its author.", "Removed by the operator.",
        "Not sent. Full.",
        "A message of bob, whom you ignore · show", "▎ alice: yes", "hi  edited", "hi  waiting", "show more",
        " 👍 3   + ",
        "* alice leaves", "/me \n* carol leaves", "/me is online", "This is where # lobby begins.",
        "\t" * 40 + "Today",
        "A message could not be verified.", "sent 3 July, 10:00, arrived late", f"**{_RULE}  Today  {_RULE}**",
        "```\nbob  09:12\n```", "`09:12`", "_This was sent with a newer program; update yours to read it._",
    )


def _links() -> Iterator[str]:
    yield from (
        "javascript:alert(1)", "JaVaScRiPt:alert(1)//https://a.b", "data:text/html,<script>",
        "file:///etc/passwd", "vbscript:x",
        "\\\\evil\\share", "smb://evil/x", "ms-msdt:/id", "tel:1", "mailto:a@b.c",
        "https://good.example@evil.example/",
        "https://good.example:x@evil.example", "https://xn--80ak6aa92e.com", "https://\u0430pple.com",
        "https://\u212a.example",
        "https://good.example\u2044evil.example", "https://a.b\u202e/moc", "https://a.b\u200b.c",
        "https://a.b/\x00x",
        "[https://good.example](https://evil.example)", "<a href='javascript:x'>https://a.b</a>",
        "https://a.b\n.evil.example",
        "https://a.b\\@evil.example", "http://[::1", "http://1.2.3.4:99999999/", "HTTPS:\\\\evil",
        "https://a.b\tc", "https://-",
        "http\u017f://evil.example", "chat://evil:5050/#00", "https:////evil", "https://a.b/`x`**y**_z_",
    )


def _all() -> list[str]:
    return [*_invisible(), *_marks(), *_scripts(), *_bombs(), *_lines(), *_links()]


HOSTILE = _all()
