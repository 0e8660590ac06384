"""The composer alone: commands, long texts, what stands above the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from securechat.desktop import texts
from securechat.desktop.writing import composer
from securechat.desktop.writing.composer import DRAFT_AFTER_S, DRAFT_AT_LAST_S
from securechat.wire import limits
from tests.desktop.composer_desk import Desk

# ---------------------------------------------------------------- commands


def test_a_command_runs_and_its_text_goes(desk: Desk) -> None:
    """It is not sent, and not kept as a draft."""
    desk.write("/search  old words")
    desk.press("<Return>")
    assert desk.owner.took("command", "send") == [("command", "search", "old words")]
    assert desk.composer.get() == ""
    assert desk.owner.took("save_draft")[-1] == ("save_draft", "")


def test_a_command_that_fails_stays_and_says_why(desk: Desk) -> None:
    """The text can be mended; it is a draft again."""
    desk.owner.answer = "There is nobody of this name."
    desk.write("/ignore bobb")
    desk.press("<Return>")
    assert desk.composer.get() == "/ignore bobb"
    assert desk.composer.problem["text"] == desk.owner.answer
    assert desk.composer.problem.winfo_ismapped()
    desk.now += 2 * DRAFT_AFTER_S
    desk.composer.tick()
    assert desk.owner.took("save_draft")[-1] == ("save_draft", "/ignore bobb")


def test_a_command_may_end_the_composer(desk: Desk) -> None:
    """Signing out takes the window away; the command is not the draft that is kept."""
    left: list[str] = []

    def sign_out() -> None:
        left.append(desk.composer.get())
        desk.composer.destroy()

    desk.owner.on_command, desk.owner.answer = sign_out, "too late to be shown"
    desk.write("/signout")
    desk.composer.submit()
    assert left == [""]


def test_a_command_without_what_it_needs_says_how_to_write_it(desk: Desk) -> None:
    """And is not run."""
    desk.write("/ignore")
    desk.press("<Return>")
    assert desk.owner.asked == []
    assert desk.composer.problem["text"] == texts.command_incomplete("ignore", texts.IGNORE_USAGE)


@pytest.mark.parametrize(("written", "said"), [("/me waves", "/me waves"), ("//x", "/x"), ("a /b", "a /b")])
def test_what_is_said_with_a_slash(desk: Desk, written: str, said: str) -> None:
    """Two slashes say one."""
    desk.write(written)
    desk.press("<Return>")
    assert desk.owner.took("send") == [("send", said)]
    assert desk.composer.get() == ""


def test_a_slash_that_is_no_command_is_asked_about_first(desk: Desk) -> None:
    """By keyboard: Enter again asks again, Tab reaches the buttons."""
    desk.write("/usr/bin is full")
    desk.press("<Return>", "<Return>")
    assert desk.owner.asked == []
    assert desk.shown == [texts.SEND_AS_IT_IS, texts.KEEP_WRITING]
    assert desk.composer.problem["text"] == texts.command_unknown("usr/bin")
    assert desk.focused() is desk.composer.text
    desk.press("<Tab>", "<Return>")
    assert desk.owner.took("send") == [("send", "/usr/bin is full")]
    assert desk.composer.get() == "" and desk.shown == []
    assert desk.focused() is desk.composer.text


def test_keep_writing_keeps_everything(desk: Desk) -> None:
    """By its button, by Escape on a button, by Escape in the text, and by writing on."""
    for keys in (
        ("<Tab>", "<Right>", "<Return>"), ("<Tab>", "<Left>", "<space>"), ("<Tab>", "<Escape>"), ("<Escape>",), ("x",),
    ):
        desk.composer.set("/usr/bin")
        desk.root.update()
        desk.press("<Return>")
        assert len(desk.shown) == 2
        desk.press(*keys)
        assert desk.shown == [] and not desk.composer.problem.winfo_manager()
        assert desk.focused() is desk.composer.text
        assert desk.composer.get().startswith("/usr/bin")
    assert desk.owner.took("send") == []


def test_what_is_asked_by_others_is_drawn_the_same_way(desk: Desk) -> None:
    """A newer question replaces the older one, and the focus does not get lost with a button."""
    done: list[str] = []
    desk.composer.show_question("First?", [("Yes", lambda: done.append("first"))])
    desk.root.update()
    desk.press("<Tab>")
    desk.composer.show_question("Second?", [("Yes", lambda: done.append("second")), ("No", lambda: None)])
    desk.root.update()
    assert desk.focused() is desk.composer.text
    assert desk.shown == ["Yes", "No"]
    desk.press("<Tab>", "<Return>")
    assert done == ["second"] and desk.shown == []


def test_a_post_that_comes_back_is_sent_as_it_was(desk: Desk) -> None:
    """Though it begins with a slash."""
    desk.composer.put_back("/help yourself")
    desk.press("<Return>")
    assert desk.owner.took("send") == [("send", "/help yourself")]


# ---------------------------------------------------------------- long texts


def test_a_long_text_can_be_sent_in_parts(desk: Desk) -> None:
    """It says by how much it is too long; the parts go together."""
    long = "first " * 2000 + "\n\n" + "second " * 1000
    desk.composer.set(long)
    desk.press("<Return>")
    assert desk.owner.asked == []
    assert desk.composer.problem["text"] == texts.too_long(len(long) - limits.TEXT)
    assert desk.shown == [texts.send_in_parts(2), texts.KEEP_WRITING]
    desk.press("<Tab>", "<Return>")
    (sent,) = desk.owner.took("send_parts")
    assert [str(part).split()[0] for part in sent[1:]] == ["first", "second"]
    assert desk.composer.get() == ""


def test_parts_that_are_not_safe_stay_together(desk: Desk) -> None:
    """All of the text is still there, and the reason shows."""
    desk.composer.set("x" * (limits.TEXT + 1))
    desk.owner.answer = "The disk is full."
    desk.press("<Return>", "<Tab>", "<Return>")
    assert len(desk.owner.took("send_parts")) == 1
    assert len(desk.composer.get()) == limits.TEXT + 1
    assert desk.composer.problem["text"] == "The disk is full."


def test_far_too_many_parts_and_a_change_are_not_offered_in_parts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood is not offered; one message that is changed stays one."""
    monkeypatch.setattr(composer, "MOST_PARTS", 2)
    desk.composer.set("x" * (limits.TEXT * 2 + 1))
    desk.composer.submit()
    assert not desk.composer.choices.buttons
    assert desk.composer.problem["text"] == texts.too_long(limits.TEXT + 1)
    desk.composer.set("x" * (limits.TEXT + 1))
    desk.composer.set_mode("Editing your message", whole=True)
    desk.composer.submit()
    assert not desk.composer.choices.buttons
    assert desk.composer.problem["text"] == texts.too_long_for_edit(1)
    desk.composer.set_mode("")
    desk.composer.submit()
    assert len(desk.composer.choices.buttons) == 2


# ---------------------------------------------------------------- modes


def test_a_mode_shows_above_the_text_and_escape_asks_to_leave_it(desk: Desk) -> None:
    """So does its button; the owner takes it away."""
    desk.composer.set_mode("Replying to bob: " + "Morning! " * 50)
    desk.root.update()
    assert desk.composer.mode.winfo_ismapped()
    assert desk.composer.winfo_reqwidth() < 600
    desk.press("<Escape>")
    desk.composer.mode.button.focus_force()
    desk.press("<Escape>")
    desk.composer.mode.button.invoke()
    assert desk.owner.asked == [("leave_mode",)] * 3
    assert desk.focused() is desk.composer.text
    desk.composer.set_mode("")
    desk.root.update()
    assert not desk.composer.mode.winfo_ismapped()
    desk.press("<Escape>")
    assert len(desk.owner.asked) == 3


def test_the_words_of_a_mode_are_drawn_harmlessly(plain_desk: Desk) -> None:
    """They quote what others wrote."""
    plain_desk.composer.set_mode("Replying to bob: 🎉")
    assert plain_desk.composer.mode.words["text"] == "Replying to bob: :party_popper:"


def test_up_in_an_empty_composer_edits_the_last_message(desk: Desk) -> None:
    """Not while something is written or replied to."""
    desk.press("<Up>")
    assert desk.owner.asked == [("edit_last",)]
    desk.write("one\ntwo")
    desk.press("<Up>")
    assert desk.composer.text.index("insert") == "1.3"
    desk.composer.set("")
    desk.composer.set_mode("Replying to bob")
    desk.press("<Up>")
    assert desk.owner.asked == [("edit_last",)]


# ---------------------------------------------------------------- what must not go astray


@pytest.mark.parametrize("change", [
    lambda desk: desk.composer.set("other words"), lambda desk: desk.composer.set_mode("Replying to bob"),
])
def test_another_text_or_mode_takes_the_question_away(desk: Desk, change: Callable[[Desk], None]) -> None:
    """The answer would go where the text goes now; the focus does not get lost with the button."""
    desk.write("/usr/bin")
    desk.press("<Return>", "<Tab>")
    assert len(desk.shown) == 2
    change(desk)
    desk.root.update()
    assert desk.shown == [] and not desk.composer.problem.winfo_manager()
    assert desk.focused() is desk.composer.text
    desk.press("<Tab>")
    assert desk.owner.took("send") == []


def test_what_comes_back_waits_for_no_mode(desk: Desk) -> None:
    desk.composer.set_mode("Replying to bob")
    desk.composer.put_back("refused")
    assert desk.composer.get() == ""
    desk.composer.set_mode("")
    desk.composer.put_back("refused")
    assert desk.composer.get() == "refused"


def test_who_never_pauses_has_the_draft_saved_all_the_same(desk: Desk) -> None:
    keys = 3 * int(DRAFT_AT_LAST_S / (DRAFT_AFTER_S / 2))
    for _ in range(keys):
        desk.write("x")
        desk.now += DRAFT_AFTER_S / 2
        desk.composer.tick()
    saved = [len(str(text)) for _, text in desk.owner.took("save_draft")]
    steps = [after - before for before, after in zip([0, *saved], saved, strict=False)]
    assert len(saved) >= 2 and max(steps) * DRAFT_AFTER_S / 2 <= DRAFT_AT_LAST_S + DRAFT_AFTER_S
    assert len(saved) <= 4, "not at each key"


def test_a_command_in_place_of_a_changed_message_is_not_run(desk: Desk) -> None:
    desk.composer.set_mode("Editing your message", whole=True)
    desk.write("/search roses")
    desk.press("<Return>")
    assert desk.composer.problem["text"] == texts.command_in_edit("search")
    assert desk.composer.get() == "/search roses" and desk.owner.asked == []
    desk.press("<Tab>", "<Return>")
    assert desk.owner.took("send", "command") == [("send", "/search roses")]
