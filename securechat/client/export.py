"""A conversation as a file for people: plain text, HTML or JSON, each message with what is known of its signature.

Owns the formats. Texts of others are cleaned first; HTML has no script and no outside address. Pure: writes nothing.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from securechat.client.events import Message, MessageState
from securechat.rules.clean_text import clean, one_line

__all__ = ["FORMS", "export"]

FORMS: Final = ("text", "html", "json")

_VALID: Final = "valid"
_UNVERIFIED: Final = "could not be verified"
_NOT_STORED: Final = "not stored yet"
_REFUSED: Final = "never stored, the server refused it"
_QUOTE: Final = 120  # characters of the message that a reply is to

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1c2330; }}
article {{ margin: .8em 0; overflow: hidden; }} header {{ color: #626b7c; font-size: .85em; }} b {{ color: #1c2330; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 0 1em; }}
footer {{ margin-left: 1em; color: #626b7c; font-size: .85em; }}
details {{ margin-left: 1em; color: #626b7c; font-size: .85em; }}
.soft {{ color: #626b7c; font-style: italic; }} .bad {{ color: #cc2029; }}
blockquote {{ margin: .2em 1em; padding-left: .6em; border-left: 3px solid #d5dae3; color: #626b7c; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="soft">{about}</p>
{messages}
</body>
</html>
"""


def export(
    messages: Sequence[Message], *, title: str, server_name: str, username: str, made_at_ms: int, form: str
) -> str:
    """The file's content. ``made_at_ms``: ms since 1970; ``form``: one of `FORMS`, else ValueError."""
    title, server_name = one_line(title), one_line(server_name)
    records = list(_records(messages))
    count = "1 message" if len(records) == 1 else f"{len(records):,} messages"
    about = (
        f"{count}, exported by {one_line(username)} from {server_name} at {_iso(made_at_ms)}. "
        "This file is not encrypted."
    )
    if form == "text":
        return "\n".join([f"{title} · {server_name}", about, "", *map(_text, records)]) + "\n"
    if form == "html":
        articles = "\n".join(map(_article, records))
        return _PAGE.format(
            title=html.escape(f"{title} · {server_name}"), about=html.escape(about), messages=articles
        )
    if form == "json":
        content = {
            "format": "securechat-export", "version": 1, "conversation": title, "server": server_name,
            "exported_by": one_line(username), "exported_at": _iso(made_at_ms), "messages": records,
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    raise ValueError(f"{form!r} is no form of an export")


def _iso(time_ms: int) -> str:
    """Local time with its zone; "" for a number that no calendar holds."""
    try:
        return datetime.fromtimestamp(time_ms / 1000).astimezone().isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _records(messages: Iterable[Message]) -> Iterable[dict[str, Any]]:
    """Plain values per message, in order; a field is there only if it says something."""
    quotes: dict[bytes, str] = {}
    for message in messages:
        record = _record(message)
        if message.reply_to and message.reply_to in quotes:
            record["quote"] = quotes[message.reply_to]
        if "text" in record:  # what was deleted is not told in a quote either
            quotes[message.post_id] = _cut(f"{record['author']}: {one_line(record['text'])}")
        yield record


def _cut(words: str) -> str:
    return words if len(words) <= _QUOTE else f"{words[: _QUOTE - 1]}…"


def _record(message: Message) -> dict[str, Any]:
    record: dict[str, Any] = {
        "seq": message.seq, "time": _iso(message.time_ms) if message.time_ms else _iso(message.server_time_ms),
        "author": one_line(message.author), "signature": _signature(message),
    }
    if message.missing_before:
        record["missing_before"] = message.missing_before
    if message.problem:
        return record | {"problem": one_line(message.problem)}
    record |= {"author_fingerprint": message.author_fp.hex(), "post_id": message.post_id.hex()}
    if message.late:
        record["arrived"] = _iso(message.server_time_ms)
    if message.unseen_before:
        record["unseen_before"] = True
    if message.deleted:
        return record | {"deleted_by": "operator" if message.deleted_by_operator else "author"}
    if message.newer:
        return record | {"newer": True}
    record["text"] = clean(message.text)
    if message.reply_to:
        record["reply_to"] = message.reply_to.hex()
    if message.edited:
        record["earlier"] = [{"time": _iso(time_ms), "text": clean(text)} for time_ms, text in message.earlier]
    if message.pending:
        record["change_not_stored"] = True
    if message.reactions:
        record["reactions"] = [
            {"emoji": one_line(emoji), "by": [one_line(name) for name in who]} for emoji, who in message.reactions
        ]
    return record


def _signature(message: Message) -> str:
    if message.problem:
        return _UNVERIFIED
    return {MessageState.WAITING: _NOT_STORED, MessageState.REFUSED: _REFUSED}.get(message.state, _VALID)


def _marks(record: dict[str, Any]) -> list[str]:
    """What has to be said beside the text, in words."""
    marks = [f"signature: {record['signature']}"]
    if "earlier" in record:
        marks.append("edited")
    if "change_not_stored" in record:
        marks.append("the change is not stored yet")
    if "arrived" in record:
        marks.append(f"arrived late, {record['arrived']}")
    if "missing_before" in record:
        missing = record["missing_before"]
        marks.append("1 message is missing before it" if missing == 1 else f"{missing:,} are missing before it")
    if "unseen_before" in record:
        marks.append("its author had seen a message that is not here")
    return marks


def _body(record: dict[str, Any]) -> tuple[str, bool]:
    """(what stands in the message's place, whether those are the author's words)."""
    if "problem" in record:
        return record["problem"], False
    if "deleted_by" in record:
        return f"Deleted by the {record['deleted_by']}.", False
    if "newer" in record:
        return "Sent with a newer program.", False
    return record["text"], True


def _reactions(record: dict[str, Any]) -> list[str]:
    return [f"{reaction['emoji']} {', '.join(reaction['by'])}" for reaction in record.get("reactions", ())]


def _text(record: dict[str, Any]) -> str:
    """Heads begin with "[", what the program says with one blank and a sign, and what an author wrote with four blanks,
    each line of it: so no message can pass for anything else."""
    body, own_words = _body(record)
    lines = [f"[{record['time'] or 'unknown time'}] {record['author'] or '?'} ({'; '.join(_marks(record))}):"]
    if "quote" in record:
        lines.append(f" > {record['quote']}")
    lines += [f"    {line}" for line in body.split("\n")] if own_words else [f" * {body}"]
    for earlier in record.get("earlier", ()):
        lines += [f" - before, {earlier['time']}:", *(f"    {line}" for line in earlier["text"].split("\n"))]
    lines += [f" + {reaction}" for reaction in _reactions(record)]
    return "\n".join(lines)


def _article(record: dict[str, Any]) -> str:
    """One message; names and texts each keep their direction of writing to themselves."""
    body, own_words = _body(record)
    kind = "" if own_words else ' class="bad"' if "problem" in record else ' class="soft"'
    marks = "".join(f" · {html.escape(mark)}" for mark in _marks(record))
    quote = f'<blockquote dir="auto">{html.escape(record["quote"])}</blockquote>' if "quote" in record else ""
    earlier = "".join(
        f"<details><summary>before, {html.escape(one['time'])}</summary>"
        f'<pre dir="auto">{html.escape(one["text"])}</pre></details>'
        for one in record.get("earlier", ())
    )
    reactions = " · ".join(map(html.escape, _reactions(record)))
    foot = f'<footer dir="auto">{reactions}</footer>' if reactions else ""
    return (
        f"<article><header><b><bdi>{html.escape(record['author'] or '?')}</bdi></b> "
        f"{html.escape(record['time'] or 'unknown time')}{marks}</header>"
        f'{quote}<pre dir="auto"{kind}>{html.escape(body)}</pre>{earlier}{foot}</article>'
    )
