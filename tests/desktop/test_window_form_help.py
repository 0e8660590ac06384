"""What the connect form does for the person beside the fields: strength, Caps Lock, where errors stand, large sizes."""

from __future__ import annotations

from securechat.desktop import texts
from securechat.desktop.form.connect_form import ConnectForm
from securechat.desktop.form.form_model import FormModel
from securechat.desktop.look.palette import palette_for
from securechat.desktop.look.theme import Theme
from tests.desktop.driver import Driver


def test_a_new_password_is_judged_while_it_is_typed_and_an_old_one_never(window: Driver) -> None:
    form = window.form
    entry = form.entries["password"]

    def type_password(text: str) -> None:
        window.type_form(username="alice", password=text)
        entry.focus_force()
        window.turns()
        entry.event_generate("<KeyRelease>", keysym="a")
        window.turns()

    type_password("alice12345")
    assert not form.strength.content.winfo_ismapped()
    form.tabs["register"].invoke()
    window.turns()
    assert form.strength.content.winfo_ismapped()
    assert form.strength.words == texts.strength(0, texts.STRENGTH_NAMED)
    type_password("piano river cloud lemon")
    assert form.strength.words == texts.strength(3, "")
    form.tabs["login"].invoke()
    window.turns()
    assert not form.strength.content.winfo_ismapped()


def test_caps_lock_is_said_beside_the_password(window: Driver) -> None:
    entry, caps = window.form.entries["password"], window.form.caps
    entry.focus_force()
    window.turns()
    entry.event_generate("<KeyPress>", keysym="A", state=2)
    window.turns()
    assert caps.label.winfo_ismapped() and str(caps.label["text"]) == texts.CAPS_LOCK
    entry.event_generate("<KeyPress>", keysym="a", state=0)
    window.turns()
    assert not caps.label.winfo_ismapped()


def test_a_sentence_about_a_field_stands_below_it(window: Driver) -> None:
    form = window.form
    form.show_error("Mend this.", "username")
    window.turns()
    assert 0 < form.error.winfo_rooty() - form.entries["username"].winfo_rooty() < 80
    assert form.error.winfo_rooty() < form.entries["password"].winfo_rooty()
    form.show_error("The server is away.")
    window.turns()
    assert form.error.winfo_rooty() > form.entries["password"].winfo_rooty()
    form.show_error("")
    window.turns()
    assert not form.error.winfo_ismapped()


def test_at_twice_the_size_the_form_fits_the_width_of_the_window(window: Driver) -> None:
    theme = Theme(window.root, palette_for("contrast"), 2.0)
    window.form.pack_forget()
    form = ConnectForm(window.root, theme, FormModel(register=True), window.app)
    form.pack(fill="both", expand=True)
    window.turns()
    for widget in (*form.entries.values(), *form.tabs.values(), form.reveal, form.submit, form.warning, form._card):
        left = widget.winfo_rootx() - window.root.winfo_rootx()
        assert left >= 0 and left + widget.winfo_width() <= window.root.winfo_width()
    form.destroy()
    theme.close()
