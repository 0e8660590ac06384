"""The composer alone: completion by keys, emoji, pastes."""

from __future__ import annotations

import tkinter as tk

from securechat.desktop import texts
from securechat.desktop.writing.composer_keys import MOST_PASTED
from securechat.wire import limits
from tests.desktop.composer_desk import Desk

# ---------------------------------------------------------------- completion


def test_a_person_is_completed_by_tab(desk: Desk) -> None:
    """The list follows the letters; Tab takes the chosen one and stays in the text."""
    desk.type("hi @")
    assert desk.offered == ["@alice", "@bob", "@boris"]
    desk.type("bo")
    assert desk.offered == ["@bob", "@boris"]
    desk.press("<Down>", "<Tab>")
    assert desk.composer.get() == "hi @boris "
    assert desk.offered == [] and desk.focused() is desk.composer.text
    assert desk.owner.took("send") == []


def test_enter_takes_and_then_sends(desk: Desk) -> None:
    """The first press belongs to the list; a name written in full needs no list."""
    desk.type("@al\n")
    assert desk.composer.get() == "@alice " and desk.owner.took("send") == []
    desk.type("\n@alice\n")
    assert desk.owner.took("send") == [("send", "@alice "), ("send", "@alice")]


def test_the_list_goes_round_and_escape_closes_it_for_this_word(desk: Desk) -> None:
    """It comes again for the next one."""
    desk.type("@bo")
    desk.press("<Up>")
    assert desk.composer.completions.chosen == 1
    desk.press("<Down>")
    assert desk.composer.completions.chosen == 0
    desk.composer.set_mode("Replying to carol")
    desk.press("<Escape>")
    assert desk.offered == [] and desk.owner.took("leave_mode") == []
    desk.type("r")
    assert desk.offered == []
    desk.type(" @b")
    assert desk.offered == ["@bob", "@boris"]
    assert desk.composer.get() == "@bor @b"


def test_the_list_lies_above_the_text_and_follows_it(desk: Desk) -> None:
    """Also when the text grows; to the right it ends where the text does."""
    for lead in ("", "one\ntwo\nthree ", "word " * 12, "word " * 14, "word " * 16):
        desk.composer.set("")
        desk.write(f"{lead}@bo")
        desk.root.update()
        row = desk.composer.completions.rows[-1]
        assert row.winfo_ismapped()
        gap = desk.composer.text.winfo_rooty() - row.winfo_rooty() - row.winfo_height()
        assert 0 <= gap < 30
        assert row.winfo_rootx() + row.winfo_width() < desk.composer.emoji_button.winfo_rootx()


def test_the_list_goes_when_the_cursor_or_the_focus_leaves_or_the_composer_does(desk: Desk) -> None:
    """Nothing of it stays in the window."""
    alone = len(desk.root.winfo_children())
    desk.type("a @bo")
    assert len(desk.root.winfo_children()) == alone + 1
    desk.press("<Home>")
    desk.composer.text.event_generate("<KeyRelease-Home>")
    desk.root.update()
    assert desk.offered == []
    desk.press("<End>")
    desk.type("r")
    assert desk.offered == ["@boris"]
    desk.composer.button.focus_force()
    desk.root.update()
    assert desk.offered == [] and len(desk.root.winfo_children()) == alone
    desk.composer.text.focus_force()
    desk.type("i")
    assert desk.offered == ["@boris"]
    desk.composer.destroy()
    assert len(desk.root.winfo_children()) == alone - 1


def test_a_click_takes_a_suggestion(desk: Desk) -> None:
    """The pointer chooses when it moves; the text keeps the focus."""
    desk.type("@bo")
    row = desk.composer.completions.rows[1]
    row.event_generate("<Motion>", x=3, y=3)
    assert desk.composer.completions.chosen == 1
    row.event_generate("<ButtonRelease-1>", x=3, y=3)
    desk.root.update()
    assert desk.composer.get() == "@boris "
    assert desk.focused() is desk.composer.text


def test_an_emoji_is_completed_and_a_full_name_becomes_one_at_once(desk: Desk) -> None:
    """Taking that back keeps the name; in code nothing happens."""
    desk.type(":hear")
    assert desk.offered[0] == ":heart:"
    desk.press("<Tab>")
    assert desk.composer.get() == "❤️"
    desk.composer.set("")
    desk.type("so :tada:")
    assert desk.composer.get() == "so 🎉"
    desk.composer.text.edit_undo()
    desk.root.update()
    assert desk.composer.get() == "so :tada:"
    desk.composer.set("")
    desk.type("`:tada:")
    assert desk.composer.get() == "`:tada:" and desk.offered == []


# ---------------------------------------------------------------- emoji


def test_the_emoji_button_opens_a_picker_that_puts_one_in(desk: Desk) -> None:
    """At the cursor, in place of what is selected; the focus comes back."""
    desk.write("so what now")
    desk.composer.text.tag_add("sel", "1.3", "1.7")
    desk.composer.text.mark_set("insert", "1.3")
    desk.composer.emoji_button.invoke()
    desk.root.update()
    picker = desk.composer.picker
    assert picker is not None and picker.winfo_ismapped()
    assert desk.focused() is picker.entry
    assert picker.winfo_rooty() + picker.winfo_height() <= desk.composer.text.winfo_rooty()
    desk.press("<Right>", "<Return>")
    assert desk.composer.get() == f"so {picker.found[1][1]} now"
    assert desk.composer.picker is None and desk.focused() is desk.composer.text


def test_the_picker_goes_by_its_button_by_escape_and_when_the_focus_leaves(desk: Desk) -> None:
    """Whoever has the focus then keeps it."""
    writer = desk.composer
    for leave, keeps in (
        (writer.emoji_button.invoke, writer.text), (lambda: desk.press("<Escape>"), writer.text),
        (writer.button.focus_force, writer.button), (writer.text.focus_force, writer.text),
    ):
        writer.pick_emoji()
        desk.root.update()
        assert writer.picker is not None
        leave()
        desk.root.update()
        assert writer.picker is None and desk.focused() is keeps
    writer.pick_emoji()
    desk.root.update()
    writer.emoji_button.focus_force()  # as a click on it does, before it is released
    desk.root.update()
    assert writer.picker is not None
    writer.destroy()
    assert not [child for child in desk.root.winfo_children() if child.winfo_class() == "Frame"]


def test_where_emoji_cannot_be_drawn_they_are_written_by_name_and_sent_as_emoji(plain_desk: Desk) -> None:
    """Nothing coloured reaches the display, and the cursor stays where it was."""
    desk = plain_desk
    assert desk.composer.emoji_button["text"] == texts.EMOJI_BUTTON_PLAIN
    desk.write("a z")
    desk.composer.text.mark_set("insert", "1.1")
    desk.write(" 👍")
    assert desk.composer.get() == "a :thumbs_up_sign: z"
    assert desk.composer.text.get("insert", "end-1c") == " z"
    desk.type(" :tad")
    assert desk.offered == [":tada:"] and "🎉" not in desk.composer.completions.rows[0]["text"]
    desk.press("<Tab>")
    desk.type(" `:tada:`")
    assert desk.composer.get() == "a :thumbs_up_sign: :tada: `:tada:` z"
    desk.press("<Return>")
    assert desk.owner.took("send") == [("send", "a 👍 🎉 `:tada:` z")]


# ---------------------------------------------------------------- pastes and keys


def test_a_paste_with_the_middle_button_is_bounded_too(desk: Desk) -> None:
    """What another window selected may be of any size."""
    other = tk.Text(desk.root)
    selected = ["x" * (MOST_PASTED + 1)]
    other.selection_handle(lambda offset, length: selected[0][int(offset) : int(offset) + int(length)])
    other.selection_own()
    desk.composer.text.event_generate("<<PasteSelection>>", x=1, y=1)
    desk.root.update()
    assert desk.composer.get() == ""
    assert desk.composer.problem["text"] == texts.paste_too_long(MOST_PASTED + 1, limits.TEXT)
    desk.composer.text.setvar("::tk::Priv(mouseMoved)", "1")  # it scrolled: nothing is pasted, nothing to say
    desk.composer.show_problem("")
    desk.composer.text.event_generate("<<PasteSelection>>", x=1, y=1)
    assert desk.composer.problem["text"] == ""
    desk.composer.text.setvar("::tk::Priv(mouseMoved)", "0")
    selected[0] = "short"
    desk.composer.text.event_generate("<<PasteSelection>>", x=1, y=1)
    desk.root.update()
    assert desk.composer.get() == "short"
    other.destroy()


def test_the_hint_names_the_conversation_while_nothing_is_written(desk: Desk) -> None:
    """Another conversation gives another one."""
    desk.composer.set_hint("Message # design")
    (hint,) = desk.composer.text.winfo_children()
    desk.root.update()
    assert hint["text"] == "Message # design" and hint.winfo_ismapped()
    desk.write("x")
    assert not hint.winfo_ismapped()


def test_control_a_selects_everything(desk: Desk) -> None:
    """As in other programs."""
    desk.write("all of this\nand that")
    desk.press("<Control-a>")
    assert desk.composer.text.get("sel.first", "sel.last") == "all of this\nand that"
    desk.write("new")
    assert desk.composer.get() == "new"
