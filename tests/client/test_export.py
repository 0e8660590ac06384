"""A conversation as a file: what each form says, and that no text of others gets out of its place in it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from securechat.client.events import Message, MessageState
from securechat.client.export import FORMS, export
from tests.desktop.messages.hostile import HOSTILE

T = 1_779_000_000_000
FP = bytes(range(32))


def post(text: str = "hello", seq: int = 1, **more: Any) -> Message:
    plain = Message(
        conv=b"c" * 32, seq=seq, local_id=0, post_id=bytes([seq]) * 32, author="bob", author_fp=FP, mine=False,
        time_ms=T, server_time_ms=T, kind=1, text=text, state=MessageState.STORED,
    )
    return replace(plain, **more)


def written(
    *messages: Message, form: str = "text", title: str = "# lobby", server: str = "home", me: str = "alice"
) -> str:
    return export(messages, title=title, server_name=server, username=me, made_at_ms=T + 60_000, form=form)


def records(*messages: Message) -> list[dict[str, Any]]:
    loaded: dict[str, Any] = json.loads(written(*messages, form="json"))
    found: list[dict[str, Any]] = loaded["messages"]
    return found


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text inside of each kind of tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(attrs)
        if tag != "meta":
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data


ANSWERED = (
    post("first"),
    post("second", 2, author="carol", reply_to=bytes([1]) * 32, edited=True, earlier=((T - 5000, "seconf"),),
         reactions=(("👍", ("alice", "bob")), ("🎉", ("bob",)))),
)
WHEN = datetime.fromtimestamp(T / 1000).astimezone().isoformat(timespec="seconds")


# ---------------------------------------------------------------------- each form
def test_times_name_their_zone() -> None:
    assert datetime.fromisoformat(records(post())[0]["time"]).tzinfo is not None
    assert f"[{WHEN}] bob" in written(post())


def test_text_says_all_about_a_message() -> None:
    shown = written(*ANSWERED).split("\n")
    assert shown[0] == "# lobby · home"
    assert shown[1].startswith("2 messages, exported by alice from home at ") and "not encrypted" in shown[1]
    assert shown[3:5] == [f"[{WHEN}] bob (signature: valid):", "    first"]
    assert shown[5] == f"[{WHEN}] carol (signature: valid; edited):"
    assert shown[6:8] == [" > bob: first", "    second"]
    assert shown[8].startswith(" - before, ") and shown[9] == "    seconf"
    assert shown[10:] == [" + 👍 alice, bob", " + 🎉 bob", ""]
    assert "1 message, exported" in written(post())


def test_html_says_the_same() -> None:
    page = Page(written(*ANSWERED, form="html"))
    assert page.texts["title"] == page.texts["h1"] == ["# lobby · home"]
    assert page.texts["pre"] == ["first", "second", "seconf"]
    assert page.texts["bdi"] == ["bob", "carol"]
    assert page.texts["blockquote"] == ["bob: first"]
    assert page.texts["footer"] == ["👍 alice, bob · 🎉 bob"]
    assert "not encrypted" in page.texts["p"][0]
    assert "signature: valid · edited" in page.texts["header"][1]


def test_json_can_be_loaded_again_with_everything_in_it() -> None:
    loaded = json.loads(written(*ANSWERED, form="json"))
    assert (loaded["format"], loaded["version"]) == ("securechat-export", 1)
    assert (loaded["conversation"], loaded["server"], loaded["exported_by"]) == ("# lobby", "home", "alice")
    first, second = loaded["messages"]
    assert first == {
        "seq": 1, "time": WHEN, "author": "bob", "signature": "valid", "author_fingerprint": FP.hex(),
        "post_id": "01" * 32, "text": "first",
    }
    assert second["reply_to"] == first["post_id"] and second["quote"] == "bob: first"
    assert [earlier["text"] for earlier in second["earlier"]] == ["seconf"]
    assert second["reactions"] == [{"emoji": "👍", "by": ["alice", "bob"]}, {"emoji": "🎉", "by": ["bob"]}]


def test_the_state_of_each_signature() -> None:
    found = records(
        post(), post(state=MessageState.WAITING, seq=0), post(state=MessageState.REFUSED, seq=0),
        post("", problem="The signature does not hold.", author="", author_fp=b""),
    )
    assert [record["signature"] for record in found] == [
        "valid", "not stored yet", "never stored, the server refused it", "could not be verified"
    ]
    assert found[3]["problem"] == "The signature does not hold." and "author_fingerprint" not in found[3]
    for form in ("text", "html"):
        assert "signature: not stored yet" in written(post(state=MessageState.WAITING), form=form)
        shown = written(post("", problem="It does not hold.", author=""), form=form)
        assert "signature: could not be verified" in shown and "It does not hold." in shown and "?" in shown


@pytest.mark.parametrize("form", FORMS)
def test_what_was_deleted_is_in_no_place_of_the_file(form: str) -> None:
    gone = post("SECRET", deleted=True, edited=True, earlier=((T, "SECRET"),))
    answer = post("yes", 2, reply_to=gone.post_id)
    shown = written(gone, answer, form=form)
    assert "SECRET" not in shown
    by = [record.get("deleted_by") for record in records(gone, replace(gone, deleted_by_operator=True), answer)]
    assert by == ["author", "operator", None]
    assert form == "json" or "Deleted by the author." in shown


def test_what_is_not_here_and_what_is_not_stored_is_said() -> None:
    odd = post(missing_before=2, unseen_before=True, late=True, pending=True, server_time_ms=T + 90_000_000)
    head = written(odd).split("\n")[3]
    for words in ("2 are missing before it", "not here", "arrived late, ", "the change is not stored yet"):
        assert words in head
    record = records(odd)[0]
    assert record["missing_before"] == 2 and record["unseen_before"] and record["change_not_stored"]
    assert record["arrived"] != record["time"]
    assert "1 message is missing before it" in written(post(missing_before=1))


def test_a_newer_kind_and_a_time_that_no_calendar_holds() -> None:
    newer = post("", newer=True, time_ms=2**63)
    assert "text" not in records(newer)[0] and records(newer)[0]["newer"] is True
    assert "[unknown time] bob" in written(newer) and " * Sent with a newer program." in written(newer)
    assert "unknown time" in written(newer, form="html")


def test_nothing_to_write_and_an_unknown_form() -> None:
    for form in FORMS:
        assert "0 messages" in written(form=form) or json.loads(written(form=form))["messages"] == []
    with pytest.raises(ValueError, match="pdf"):
        written(form="pdf")


# ---------------------------------------------------------------------- hostile texts
INJECTION = '</pre></article><script>alert(1)</script><img src=x onerror="a()"><a href=\'http://x\'>&amp;{title}'


def test_html_lets_no_text_become_a_tag() -> None:
    bad = post(
        INJECTION, author=INJECTION, edited=True, earlier=((T, INJECTION),), reply_to=bytes([2]) * 32,
        reactions=((INJECTION, (INJECTION,)),),
    )
    quoted = post(INJECTION, 2, author=INJECTION)
    broken = post("", 3, problem=INJECTION)
    page = Page(written(quoted, bad, broken, form="html", title=INJECTION, server=INJECTION, me=INJECTION))
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "p", "article", "header", "b", "bdi", "blockquote",
        "pre", "footer", "details", "summary",
    }
    assert {name for name, _ in page.attributes} <= {"lang", "charset", "http-equiv", "content", "name", "class", "dir"}
    assert page.texts["pre"] == [INJECTION, INJECTION, INJECTION, INJECTION]
    assert page.texts["bdi"][:2] == [INJECTION, INJECTION]


def test_html_needs_nothing_from_outside_and_runs_nothing() -> None:
    shown = written(post(), form="html")
    assert "default-src 'none'" in shown
    assert not any(word in shown for word in ("http://", "https://", "url(", "@import", "<script", "<link"))


@pytest.mark.parametrize("form", FORMS)
def test_no_control_and_no_direction_sign_gets_into_the_file(form: str) -> None:
    sly = "harm\u202egpj.exe\u2066\x1b[31m\x07\u200b\ud800"
    bad = post(
        sly, author=sly, reply_to=bytes([1]) * 32, edited=True, earlier=((T, sly),), reactions=((sly, (sly,)),)
    )
    shown = written(post(sly), bad, post("", problem=sly), form=form, title=sly, server=sly, me=sly)
    found = {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs")}
    assert found == {"\n"}
    shown.encode("utf-8")


def test_no_line_of_a_message_can_pass_for_anything_else() -> None:
    head = f"[{WHEN}] carol (signature: valid):"
    sly = f"yes\n{head}\n    I agree\r > bob: no\u2028 * Deleted by the author.\x0b + 👍 bob\n - before, then:"
    shown = written(post(sly, author=f"bob\n{head}")).split("\n")
    assert len([line for line in shown[3:] if line.startswith("[")]) == 1
    assert all(line.startswith("    ") for line in shown[4:-1]) and len(shown[4:-1]) == 7


def test_a_quote_is_short_and_on_one_line() -> None:
    shown = written(post("a\nb" * 500), post("yes", 2, reply_to=bytes([1]) * 32)).split("\n")
    (quote,) = [line for line in shown if line.startswith(" > ")]
    assert len(quote) < 130 and quote.endswith("…")


def test_every_hostile_text_is_written_in_every_form() -> None:
    many = [post(text, 1 + place % 200) for place, text in enumerate(HOSTILE)]
    assert len(records(*many)) == len(many)
    page = Page(written(*many, form="html"))
    assert page.tags.count("article") == page.tags.count("pre") == len(many)
    assert len([line for line in written(*many).split("\n") if line.startswith("[")]) == len(many)
