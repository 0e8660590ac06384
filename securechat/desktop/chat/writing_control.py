"""What is being written in an open chat: sending it, drafts, replies and edits, and what becomes of it on the way.

Each conversation keeps its own; the composer shows that of the open one. No text is thrown away unless the person says
so. Main thread only; nothing here waits for a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from securechat.client.events import Message
from securechat.desktop import texts
from securechat.desktop.chat.conversation_model import ConversationModel, Writing
from securechat.desktop.chat.view_model import EditRefused
from securechat.desktop.client_port import Client
from securechat.desktop.messages.shaping import shown
from securechat.desktop.writing.slash import written

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["WritingControl"]

MOST_TOLD: Final = 120  # characters of a text in a notice; the whole of a longer one opens from there


class WritingControl:
    """Part of one `ChatControl`. ``make`` has the client make a post: "" or why it could not."""

    def __init__(self, chat: ChatControl, make: Callable[[Callable[[Client], object]], str]) -> None:
        self._chat, self._make = chat, make
        self._edit_made = False  # the composer has not emptied itself yet; until then its text counts as the edit's

    # ------------------------------------------------------------------ sending
    def post(self, parts: Sequence[str]) -> str:
        """Post what was written, as it was meant. "", or why not: then what did not go out stands in the composer."""
        current = self._chat.model.current
        writing = current.writing
        for index, part in enumerate(parts):
            problem = self._make(partial(_post, writing if index == 0 else Writing(), part, current.conv))
            if problem:
                if index:  # what went out already must not go out again, not even after a crash
                    rest = "\n\n".join(parts[index:])
                    self._chat.view.composer.set(rest)
                    self.save_draft(rest)
                return problem
            if index == 0 and writing.mode == "reply":
                self.leave()
        self._edit_made = writing.mode == "edit"
        return ""

    def save_draft(self, text: str) -> None:
        """See `ComposerActions.save_draft`; an edit's text is no draft."""
        current = self._chat.model.current
        if self._edit_made:
            self.leave()
        elif current.writing.mode != "edit":
            current.draft = text
            self._save(current)

    def _save(self, model: ConversationModel) -> None:
        text = model.draft
        self._chat.session.soon(lambda client: client.set_draft(text, model.conv))

    # ------------------------------------------------------------------ what each conversation keeps
    def keep(self) -> None:
        """Note what stands in the composer."""
        current, written_now = self._chat.model.current, self._chat.view.composer.get()
        if current.writing.mode == "edit":
            current.writing = replace(current.writing, text=written_now)
        else:
            current.draft = written_now

    def drafts(self) -> dict[bytes, str]:
        """By conversation what is to be kept for the next session, which knows no edits: their text is the draft then,
        unless there is another."""
        models = self._chat.model.conversations.values()
        return {model.conv: model.draft if model.draft.strip() else self._unsent_edit(model) for model in models}

    def left(self, model: ConversationModel) -> None:
        """The composer is about to show another conversation than this one, or to be taken away."""
        self.keep()
        self._save(model)

    def arrived(self) -> None:
        """The view shows the open conversation with its draft; show the edit, if there is one, and the mode."""
        writing = self._chat.model.current.writing
        if writing.mode == "edit":
            self._chat.view.composer.set(writing.text)
        self._show_mode()

    def _unsent_edit(self, model: ConversationModel) -> str:
        """What an edit has become, as last noted by `keep`; "" if that is nothing new."""
        text, target = model.writing.text, model.writing.target
        if model.writing.mode != "edit" or target is None:
            return ""
        changed = text.strip() != self._chat.model.look.shield(written(target.text)).strip()
        return text if changed else ""

    # ------------------------------------------------------------------ replies and edits
    def start(self, writing: Writing) -> None:
        """What is written next is a reply or an edit. A changed text of another edit is kept, or asked about."""
        current, composer = self._chat.model.current, self._chat.view.composer
        composer.text.focus_set()
        self.keep()
        if current.writing.mode == writing.mode == "edit" and _same(current.writing.target, writing.target):
            return
        unsent = self._unsent_edit(current)
        if unsent and current.draft.strip():
            composer.show_question(texts.UNFINISHED_CHANGE, (
                (texts.KEEP_WRITING, composer.text.focus_set),
                (texts.THROW_CHANGE_AWAY, lambda: self._begin(writing)),
            ))
            return
        if unsent:
            current.draft = unsent
            self._save(current)
        self._begin(writing)

    def _begin(self, writing: Writing) -> None:
        current = self._chat.model.current
        was, current.writing = current.writing, writing
        if writing.mode == "edit" and writing.target is not None:
            self._chat.view.composer.set(writing.text or written(writing.target.text))
        elif was.mode == "edit":
            self._chat.view.composer.set(current.draft)
        self._show_mode()

    def leave(self) -> None:
        """See `ComposerActions.leave_mode`."""
        self._edit_made = False
        self._begin(Writing())

    def edit_refused(self, refused: EditRefused) -> None:
        """The server did not take an edit: it is open again, or if something else is written there, its text is
        told."""
        model = self._chat.model.conversations[refused.conv]
        is_open = model is self._chat.model.current
        if is_open:
            self.keep()
        index = model.timeline.index_of(refused.target)
        target = None if index is None else model.timeline.message_at(index)
        free = not model.writing.mode and not model.draft.strip()
        if free and target is not None and not target.deleted:
            again = Writing("edit", target, written(refused.text))
            if is_open:
                self._begin(again)
            else:
                model.writing = again
            self._chat.tell(texts.edit_refused(model.title, refused.reason, ""))
        else:
            text = self._chat.model.look.body(refused.text)
            short = text if len(text) <= MOST_TOLD else f"{text[:MOST_TOLD]}…"
            sentence = texts.edit_refused(model.title, refused.reason, self._chat.model.look.line(short))
            self._chat.tell(sentence, details="" if short == text else text)

    def _show_mode(self) -> None:
        writing, composer = self._chat.model.current.writing, self._chat.view.composer
        words = ""
        if writing.mode == "edit":
            words = texts.EDITING
        elif writing.target is not None:
            look = self._chat.model.look
            quoted = shown(composer, look.line(writing.target.text[:200]))
            words = texts.replying(look.name(writing.target.author), quoted)
        composer.set_mode(words, whole=writing.mode == "edit")


def _same(one: Message | None, other: Message | None) -> bool:
    return one is not None and other is not None and one.post_id == other.post_id


def _post(writing: Writing, text: str, conv: bytes, client: Client) -> int:
    if writing.target is None:
        return client.send(text, conv)
    if writing.mode == "edit" and text == writing.target.text:
        return 0  # nothing changed, so nobody is told of a change
    if writing.mode == "edit":
        return client.edit(writing.target.post_id, text, conv)
    return client.reply(text, writing.target.post_id, conv)
