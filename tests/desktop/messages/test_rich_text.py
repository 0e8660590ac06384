"""Marks in texts: what is one, what is none, that nothing is lost, and that no text costs more than its length."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.desktop.messages.rich_text import SPANS, Span, parse, plain
from securechat.wire import limits


def styled(text: str, me: str = "") -> list[tuple[str, str]]:
    return [(span.text, " ".join(span.styles)) for span in parse(text, me)]


def links(text: str) -> list[str]:
    return [span.url for span in parse(text) if span.url]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", [("plain", "")]),
        ("a **b c** d", [("a ", ""), ("b c", "bold"), (" d", "")]),
        ("*x* and _y_", [("x", "italic"), (" and ", ""), ("y", "italic")]),
        ("***both***!", [("both", "bold italic"), ("!", "")]),
        ("**a *b***", [("a ", "bold"), ("b", "bold italic")]),
        ("***a** b*", [("a", "bold italic"), (" b", "italic")]),
        ("(**x**)", [("(", ""), ("x", "bold"), (")", "")]),
        ("`a*b*` c", [("a*b*", "code"), (" c", "")]),
        ("``x`y``", [("x`y", "code")]),
        ("run `--help`.", [("run ", ""), ("--help", "code"), (".", "")]),
        ("**bold `code` on**", [("bold ", "bold"), ("code", "code"), (" on", "bold")]),
    ],
)
def test_marks_become_styles(text: str, wanted: list[tuple[str, str]]) -> None:
    """Bold, italic and code, also one in the other."""
    assert styled(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4", "snake_case_name", "__init__", "* a * b", "a* b*", "**a\nb**", "*", "****", "** x **", "`open",
        "a**b**c", "_a*", "5 * 3 = 15 * 1", "*.py and *.txt", "``x`", "**open", "^_^", "-_-", "1_000_000",
    ],
)
def test_what_is_not_clearly_a_mark_stays_as_written(text: str) -> None:
    """Arithmetic, names of files and faces are no marks."""
    assert parse(text) == (Span(text),)


def test_what_is_opened_inside_and_not_closed_there_is_no_mark() -> None:
    """Marks nest or are none: they never overlap."""
    assert styled("**a *b** c*") == [("a *b", "bold"), (" c*", "")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\n```\nx = 1\n\ny\n```\nb", [("a\n", ""), ("x = 1\n\ny\n", "block"), ("b", "")]),
        ("```python\n**x**\n```", [("**x**\n", "block")]),
        ("```\none\n```\n```\ntwo\n```", [("one\n", "block"), ("two\n", "block")]),
        ("```\nnever closed", [("```\nnever closed", "")]),
        ("```\n```\nempty", [("```\n```\nempty", "")]),
        ("```\n \n```", [("```\n \n```", "")]),
        ("```inline```", [("inline", "code")]),
        ("a ```\nb\n```", [("a ```\nb\n```", "")]),
    ],
)
def test_fences_on_lines_of_their_own_make_blocks(text: str, wanted: list[tuple[str, str]]) -> None:
    """A block is whole lines, and nothing in it is read as a mark."""
    assert styled(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see http://build.lan/142.", ["http://build.lan/142"]),
        ("(https://a.b/c_(d))", ["https://a.b/c_(d)"]),
        ("https://a.b/c_d_e?x=*y*#z, https://c.d!", ["https://a.b/c_d_e?x=*y*#z", "https://c.d"]),
        ("HTTPS://A.B:8080/x", ["HTTPS://A.B:8080/x"]),
        ("http://[::1]:5050/x", ["http://[::1]:5050/x"]),
        ("*https://a.b*", ["https://a.b"]),
        ("https://de.wikipedia.org/wiki/Ärger", ["https://de.wikipedia.org/wiki/Ärger"]),
        ("<https://a.b>", ["https://a.b"]),
    ],
)
def test_addresses_become_links_without_the_sentence_around_them(text: str, wanted: list[str]) -> None:
    """The punctuation after an address belongs to the sentence, a bracket that it opened to the address."""
    assert links(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "file:///etc/passwd", "ftp://a.b", "data:text/html,x", "mailto:bob@example.com",
        "https://good.example@evil.example", "https://user:secret@evil.example/", "http://", "https:///x", "xhttps://a.b",
        "https://\u0430pple.com", "https://\u212aernel.org", "http\u017f://a.b",
        "vbscript:x", "HtTpS:/a.b", "https://a..b", "chat://a.b:5050", "https://a.b:123456/",
    ],
)
def test_what_may_deceive_is_no_link(text: str) -> None:
    """Other schemes, a name before the host, letters that look like others."""
    assert links(text) == [] and plain(text) == text


def test_a_link_shows_what_it_leads_to() -> None:
    """Marks in an address are part of it, and hide none of it."""
    for span in parse("**https://a.b/_x_** [text](https://evil.example/) https://a.b\\@c https://x.y\u200d.z https://a.b\u3002c"):
        assert not span.url or span.url == span.text


def test_mentions_are_of_whole_names() -> None:
    """In any case of letters; a dot at the end belongs to the sentence unless it is one's own name's."""
    spans = [span for span in parse("@dave, @Bob. a@b.c x@y /@z @alice-", "dave") if span.mention]
    assert [(span.text, span.mention, span.styles) for span in spans] == [
        ("@dave", "dave", ("mention", "mention_me")), ("@Bob", "bob", ("mention",)), ("@alice", "alice", ("mention",)),
    ]
    assert [span.mention for span in parse("hi @dave.", "dave.") if "mention_me" in span.styles] == ["dave."]
    assert [span for span in parse(f"@{'a' * 33} `@dave` @davé", "dave") if span.mention] == []


def test_neighbours_of_one_look_are_one_span() -> None:
    """A failed mark does not cut a text into pieces."""
    assert len(parse("a * b _ c ` d ** e\nnext * line")) == 1


@pytest.mark.parametrize(
    "part", ["`a` ", "@alice ", "***a*** ", "**a *b* c** ", "http://a.b ", "`a`\n", "```\na\n```\n"]
)
def test_of_very_many_marks_the_later_ones_stay_as_written(part: str) -> None:
    """A text of hundreds of pieces would take a window system seconds to lay out."""
    spans = parse(part * 400)
    assert SPANS // 4 <= len(spans) <= SPANS + 5
    assert spans[-1].styles == () and spans[-1].text.endswith(part * 300)
    assert spans[:3] == parse(part * 5)[:3]
    assert plain(part * 400).endswith(part * 300)


def test_a_long_text_with_some_marks_keeps_them_all() -> None:
    """However many lines it has, and however many stars that mark nothing."""
    spans = parse("plain 2 * 3\n" * 300 + "**bold**\n" * 25)
    assert sum("bold" in span.styles for span in spans) == 25
    assert parse("a * b " * 50 + "**bold**")[-1].styles == ("bold",)


@given(st.text(alphabet="*_`ab \n@/:.h", max_size=60))
def test_nothing_but_marks_is_lost(text: str) -> None:
    """What remains is the text in its order, less marks."""
    rest = iter(text)
    shown = "".join(span.text for span in parse(text, "ab"))
    assert all(char in rest for char in shown)
    if "```" not in text:
        assert [char for char in shown if char not in "*_`"] == [char for char in text if char not in "*_`"]
    assert all(span.text for span in parse(text))


BOMBS: dict[str, Callable[[int], str]] = {
    "stars": lambda n: "*" * n,
    "spaced stars": lambda n: "* " * (n // 2),
    "opened": lambda n: "*a **b _c " * (n // 10),
    "closed": lambda n: "***a** b* " * (n // 10),
    "ticks": lambda n: "`" * n,
    "growing ticks": lambda n: "".join("`" * k + " " for k in range(1, int((2 * n) ** 0.5))),
    "fences": lambda n: "```\n" * (n // 4),
    "schemes": lambda n: "http://" * (n // 7),
    "brackets": lambda n: "http://a.b/" + "()" * (n // 4) + ")" * (n // 2),
    "tail": lambda n: "http://a.b/" + "." * n,
    "tails": lambda n: "http://a.b/,,,,,, " * (n // 18),
    "names": lambda n: "@a." * (n // 3),
    "at": lambda n: "@" * n,
    "underscores": lambda n: "_a_" * (n // 3),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_costs_more_than_its_length(name: str) -> None:
    """The longest text is read in a blink, and four times the text takes nothing like sixteen times as long."""
    bomb = BOMBS[name]

    def cost(length: int) -> float:
        text, best = bomb(length), 1e9
        for _ in range(3):
            start = time.process_time()
            parse(text, "a")
            best = min(best, time.process_time() - start)
        return best

    whole = cost(limits.TEXT)
    assert whole < 0.5
    assert whole < 10 * cost(limits.TEXT // 4) + 0.02
