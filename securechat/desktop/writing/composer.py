"""Where messages are written: grows from one to six lines, Enter sends, Shift+Enter breaks the line.

A text leaves it only after its owner said that it is safe, and one that begins with a slash or is too long only after
its writer chose what to do. What stands here is handed out as a draft when the person pauses. Knows no client.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.writing import completion, composer_keys, slash, splitting
from securechat.desktop.writing.completion_list import CompletionList
from securechat.desktop.writing.composer_actions import ComposerActions
from securechat.desktop.writing.composer_bars import Choice, Choices, ModeBar
from securechat.desktop.writing.emoji_picker import EmojiPicker
from securechat.wire import limits

__all__ = ["Composer", "ComposerActions"]

MOST_LINES = 6
COUNTED = 2000  # characters; lines of a longer text are not counted: Tk takes seconds for those of a long line
MOST_PARTS = 20  # more messages at once are a file, and a flood for those who read
DRAFT_AFTER_S = 0.6  # a pause this long, and what is written is saved
DRAFT_AT_LAST_S = 5.0  # who never pauses loses no more than this
TYPING_EVERY_S = 2.0  # the client thins these out further


class Composer(tk.Frame):
    """Reachable for tests: ``text``, ``button``, ``emoji_button``, ``typing_line``, ``problem``, ``choices``, ``mode``,
    ``completions``, ``picker``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, hint: str, actions: ComposerActions, *, shield: Callable[[str], str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.bg)
        self._theme, self._actions, self._shield, self._monotonic = theme, actions, shield, monotonic
        self._draws_emoji = shield("😀") == "😀"
        self._unsaved_since: float | None = None  # the first change that is not saved
        self._changed_at = float("-inf")
        self._typed_at = float("-inf")
        self._whole = False
        self.picker: EmojiPicker | None = None
        self.typing_line = theme.label(self, "", 12, p.dim)
        self.typing_line.pack(fill="x", padx=px(8), pady=(px(2), px(4)))
        self._line = theme.frame(self)
        self._line.pack(fill="x", pady=(0, px(14)))
        self._build_line(hint)
        # Made after the line: Tab comes to them after the text. Ahead of it, they would be in the way each time.
        self.mode = ModeBar(self, theme, self._leave_mode)
        self.problem = theme.label(self, "", 12, p.err)
        self.choices = Choices(self, theme, self.text, self._keep_writing)
        self.completions = CompletionList(
            self.text, self._box, theme, lambda: actions.names(), draws_emoji=self._draws_emoji
        )
        composer_keys.connect(self, self._box)

    def _build_line(self, hint: str) -> None:
        t, p, px, line = self._theme, self._theme.palette, self._theme.px, self._line
        # Made in the order in which Tab goes: first the text, then the buttons.
        self._box = t.card(line, "Box.TFrame", (10, 7))
        words = texts.EMOJI_BUTTON if self._draws_emoji else texts.EMOJI_BUTTON_PLAIN
        self.emoji_button = t.button(line, words, self.pick_emoji)
        self.emoji_button.configure(width=2)
        self.button = t.button(line, texts.SEND, self.submit, "Accent.TButton")
        self.button.configure(width=7)
        self.button.pack(side="right", anchor="s", padx=(px(4), 0))
        self.emoji_button.pack(side="right", anchor="s", padx=(px(4), 0))
        self._box.pack(side="left", fill="x", expand=True)
        self.text = tk.Text(
            self._box, height=1, width=1, wrap="word", font=t.font(14), bg=p.entry, fg=p.fg, bd=0, undo=True,
            maxundo=200, highlightthickness=0, insertbackground=p.fg, insertwidth=px(2), padx=px(2), pady=px(1),
            selectbackground=p.accent, selectforeground=p.accent_fg, spacing2=px(2), autoseparators=True,
        )
        self.text.pack(fill="both", expand=True)
        self._hint = tk.Label(self.text, text=hint, font=t.font(14), fg=p.dim, bg=p.entry, bd=0, padx=0, pady=0)
        self._hint.place(x=px(3), y=px(1))
        self._hint.bind("<Button-1>", lambda event: self.text.focus_set())

    def destroy(self) -> None:
        """Take the popups along, which lie in the window and not in here."""
        self.completions.close()
        self.close_picker()
        super().destroy()

    # ------------------------------------------------------------------ content
    def get(self) -> str:
        """What is written. Halves of characters, which some input methods leave, become question marks."""
        return self._between("1.0", "end-1c")

    def set(self, text: str) -> None:
        """Replace what is written (a draft, or nothing); this is not typing and needs no saving. What was asked above
        it was asked about another text, and is taken away."""
        self._fill(self._shield(text), "")
        self._unsaved_since = None
        self.completions.close()
        self.show_problem("")

    def set_hint(self, hint: str) -> None:
        """The grey words that stand in the empty field."""
        self._hint.configure(text=hint)

    def put_back(self, text: str) -> None:
        """A text that was sent came back; nothing that is being written, or about to be, is touched for it."""
        if not self.get().strip() and not self.mode.winfo_manager():
            self.set(slash.written(text))
            self._note_change()

    def insert(self, text: str) -> None:
        """Put ``text`` in at the cursor, in place of what is selected."""
        if self.text.tag_ranges("sel"):
            self.text.delete("sel.first", "sel.last")
        self.text.insert("insert", text)
        self.text.see("insert")

    def _between(self, start: str, end: str) -> str:
        return self.text.get(start, end).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _fill(self, before: str, after: str) -> None:
        """Replace everything; the cursor stands between the two. Tk counts characters in its own way, so it counts."""
        self.text.delete("1.0", "end")
        self.text.insert("1.0", before)
        cursor = self.text.index("end-1c")
        self.text.insert("end", after)
        self.text.mark_set("insert", cursor)
        self.text.edit_reset()
        self.text.edit_modified(False)
        self.grow()

    # ------------------------------------------------------------------ sending
    def submit(self) -> None:
        """Hand the text over, or do what it commands. It leaves only if that worked."""
        text = self.get().strip("\n")
        self.completions.close()
        if not text.strip():
            return
        meant = slash.interpret(text)
        if isinstance(meant, slash.Say):
            self._say(meant.text)
        elif isinstance(meant, slash.Unknown):
            self._ask_to_say(text, texts.command_unknown(self._shield(meant.name)))
        elif self._whole:  # run, it would leave nothing of the change behind
            self._ask_to_say(text, texts.command_in_edit(meant.name))
        else:
            self._command(meant)

    def _ask_to_say(self, text: str, question: str) -> None:
        as_it_is = (texts.SEND_AS_IT_IS, partial(self._say, text))
        self.show_question(question, (as_it_is, (texts.KEEP_WRITING, self._keep_writing)))

    def _say(self, text: str) -> None:
        if not self._draws_emoji:
            text = completion.spoken(text)
        excess = len(text.encode()) - limits.TEXT
        if excess > 0:
            self._too_long(text, excess)
        else:
            self._handed_over(self._actions.send(text))

    def _too_long(self, text: str, excess: int) -> None:
        parts = splitting.split(text, limits.TEXT)
        if self._whole:
            self.show_problem(texts.too_long_for_edit(excess))
        elif len(parts) > MOST_PARTS:
            self.show_problem(texts.too_long(excess))
        else:
            in_parts = (texts.send_in_parts(len(parts)), lambda: self._handed_over(self._actions.send_parts(parts)))
            self.show_question(texts.too_long(excess), (in_parts, (texts.KEEP_WRITING, self._keep_writing)))

    def _handed_over(self, problem: str) -> None:
        self.show_problem(problem)
        if not problem:
            self.set("")
            self._actions.save_draft("")

    def _command(self, command: slash.Command) -> None:
        line = slash.missing(command)
        if line is not None:
            self.show_problem(texts.command_incomplete(line.name, line.usage))
            return
        # It leaves before it is run: a command may end this composer, and must not become its last draft.
        written = self.get()
        self._handed_over("")
        problem = self._actions.command(command.name, command.argument)
        if problem and self.winfo_exists():
            self.set(written)
            self._note_change()
            self.show_problem(problem)

    # ------------------------------------------------------------------ what stands above the text
    def show_problem(self, sentence: str) -> None:
        """A sentence above the text; "" takes it away."""
        self.show_question(sentence, ())

    def show_question(self, sentence: str, choices: Sequence[Choice]) -> None:
        """A sentence and a button for each choice (words, call). Tab goes to them; writing on takes all away."""
        px = self._theme.px
        if sentence != self.problem["text"]:
            self.problem.configure(text=sentence, wraplength=max(200, self.winfo_width() - 20))
        self.problem.configure(fg=self._theme.palette.fg if choices else self._theme.palette.err)
        if sentence:
            self.problem.pack(fill="x", padx=px(8), pady=(0, px(4)), before=self._line)
        else:
            self.problem.pack_forget()
        if choices or self.choices.buttons:
            self.choices.offer([(words, partial(self._chosen, call)) for words, call in choices])
        if choices:
            self.choices.pack(fill="x", padx=px(8), pady=(px(2), px(8)), before=self._line)
        else:
            self.choices.pack_forget()

    def _chosen(self, call: Callable[[], object]) -> None:
        self._keep_writing()
        call()

    def _keep_writing(self) -> None:
        self.text.focus_set()
        if self.problem["text"]:
            self.show_problem("")

    def show_typing(self, sentence: str) -> None:
        """Who else writes."""
        if sentence != self.typing_line["text"]:
            self.typing_line.configure(text=sentence)

    def set_mode(self, words: str, *, whole: bool = False) -> None:
        """Say above the text what it is for ("Replying to bob: …"); "" for a plain message.

        ``whole``: it changes one message, so that it cannot be sent in parts. What was asked before is taken away: the
        answer would go where the text goes now.
        """
        self.show_problem("")
        self._whole = whole and bool(words)
        self.mode.words.configure(text=self._shield(words))
        if words:
            px = self._theme.px
            self.mode.pack(fill="x", padx=px(8), pady=(0, px(4)), after=self.typing_line)
        else:
            self.mode.pack_forget()

    def _leave_mode(self) -> None:
        self.text.focus_set()
        self._actions.leave_mode()

    def escape(self) -> bool:
        """Take away what is in front: list, question, mode. False if nothing was."""
        if self.completions.open:
            self.completions.refuse()
        elif self.problem["text"]:
            self._keep_writing()
        elif self.mode.winfo_manager():
            self._leave_mode()
        else:
            return False
        return True

    def edit_last(self) -> bool:
        """Up was pressed. False if something is written, or being replied to."""
        if self.get() or self.mode.winfo_manager():
            return False
        self._actions.edit_last()
        return True

    # ------------------------------------------------------------------ emoji
    def pick_emoji(self) -> None:
        """Open the picker, or close it."""
        if self.picker is not None:
            self.close_picker()
            self.text.focus_set()
            return
        self.picker = EmojiPicker(self.winfo_toplevel(), self._theme, self._picked, self._picker_left)
        self.picker.place(in_=self._line, relx=1.0, y=-self._theme.px(6), anchor="se")
        self.picker.lift()
        self.picker.update_idletasks()  # what is not on the screen yet takes no keys
        self.picker.focus_first()

    def close_picker(self) -> None:
        """Take the picker away; the focus is somebody else's business."""
        picker, self.picker = self.picker, None
        if picker is not None:
            picker.destroy()

    def _picker_left(self) -> None:
        focused = str(self.tk.call("focus"))
        if focused == str(self.emoji_button):
            return  # a click on it is under way, which closes the picker; it would open again
        inside = self.picker is not None and focused.startswith(str(self.picker))
        self.close_picker()
        if inside:
            self.text.focus_set()

    def _picked(self, emoji: str) -> None:
        self.close_picker()
        self.text.focus_set()
        self.insert(emoji)

    # ------------------------------------------------------------------ as time goes by
    def tick(self) -> None:
        """To be called often: hands out the draft once the person pauses, and now and then if they do not."""
        if self._unsaved_since is None:
            return
        now = self._monotonic()
        if now - self._changed_at >= DRAFT_AFTER_S or now - self._unsaved_since >= DRAFT_AT_LAST_S:
            self._unsaved_since = None
            self._actions.save_draft(self.get())

    def _note_change(self) -> float:
        self._changed_at = now = self._monotonic()
        if self._unsaved_since is None:
            self._unsaved_since = now
        return now

    def modified(self) -> None:
        """The text may have changed, by whatever means."""
        if not self.text.edit_modified():
            return  # the event that resetting the flag causes
        self.text.edit_modified(False)
        written = self.get()
        if self._shield(written) != written:  # before it is drawn: drawing happens when idle, later than this
            self._fill(self._shield(self._between("1.0", "insert")), self._shield(self._between("insert", "end-1c")))
        now = self._note_change()
        self.show_problem("")
        if written.strip() and now - self._typed_at >= TYPING_EVERY_S:
            self._typed_at = now
            self._actions.typing()
        self.grow()
        self.completions.update()

    def grow(self) -> None:
        """Be as high as what is written needs, up to a limit."""
        if self.text.compare("end-1c", "==", "1.0"):
            self._hint.place(x=self._theme.px(3), y=self._theme.px(1))
        else:
            self._hint.place_forget()
        lines = MOST_LINES
        if self.text.compare(f"1.0 + {COUNTED} chars", ">=", "end-1c"):
            breaks = self.text.tk.call(self.text, "count", "-displaylines", "1.0", "end-1c")
            lines = max(1, min(MOST_LINES, int(breaks) + 1))
        if lines != int(self.text["height"]):
            self.text.configure(height=lines)
            self.text.see("insert")
