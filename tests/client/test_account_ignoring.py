"""Ignoring somebody: kept in the vault, the same on every device, and taken back when the person says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client.contacts import Contacts
from securechat.client.events import MessageShown, PeopleListed
from securechat.errors import ConnectionClosed, ErrorCode, LocalProtocolError, RequestRefused, SealError
from securechat.sealing.vault import Contact, ContactState, VaultContents
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from tests.client.account_devices import Devices, back, waiting
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import Drop, Member, ScriptedServer, Talk


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    with Devices(tmp_path) as started:
        yield started


def ignored(person: Person) -> list[str]:
    return [one.username for one in person.client.people() if one.ignored]


def told(person: Person, *names: str) -> None:
    """Until the list of people says that exactly these are ignored."""
    person.until(PeopleListed, lambda event: tuple(one.username for one in event.people if one.ignored) == names)


def talk_once(writer: Person, reader: Person) -> None:
    writer.client.wait_stored(writer.client.send("hello"))
    reader.until(MessageShown, lambda event: event.message.text == "hello")


def test_it_is_told_at_once_and_survives_a_restart(devices: Devices) -> None:
    bob, alice = devices.register("bob"), devices.register("alice")
    talk_once(bob, alice)
    alice.client.account.ignore("bob")
    told(alice, "bob")
    assert ignored(alice) == ["bob"]
    alice.client.close()
    again = devices.login("alice", "again")
    assert ignored(again) == ["bob"]
    again.client.account.ignore("bob", False)
    told(again)
    again.client.close()
    assert ignored(devices.login("alice", "once-more")) == []


def test_somebody_who_never_wrote_can_be_ignored(devices: Devices) -> None:
    bob, alice = devices.register("bob"), devices.register("alice")
    alice.client.account.ignore("bob")
    told(alice, "bob")
    (person,) = [one for one in alice.client.people() if one.ignored]
    assert person.fp == bob.client.own_fp
    talk_once(bob, alice)  # the message is there all the same; not showing it is the window's business
    assert ignored(alice) == ["bob"]


def test_the_other_device_is_told_both_ways(devices: Devices) -> None:
    devices.register("bob")
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    alice.client.account.ignore("bob")
    told(phone, "bob")
    phone.client.account.ignore("bob", False)
    told(alice, "bob")
    told(alice)
    assert ignored(alice) == ignored(phone) == []


def test_stopping_it_holds_against_a_device_that_was_away(devices: Devices) -> None:
    """The device that comes back still remembers "ignored"; states only rise, but this one was lowered on purpose."""
    devices.register("bob")
    carol = devices.register("carol")
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    alice.client.account.ignore("bob")
    told(phone, "bob")
    gone, stays = devices.server.presence.sessions_of("alice")
    gone.connection.close()  # type: ignore[attr-defined]
    waiting(alice)
    phone.client.account.ignore("bob", False)
    back(alice)
    told(alice)
    talk_once(carol, alice)  # pins carol, so alice has something to write
    alice.client.account.ignore("carol")  # and writes
    told(phone, "carol")
    assert ignored(alice) == ["carol"] and stays.username == "alice"


def test_two_devices_that_write_at_once_keep_both(devices: Devices) -> None:
    """CONFLICT: the change is applied to what the other device has written."""
    devices.register("bob")
    devices.register("carol")
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    real, first = devices.server.accounts.put_vault, [True]

    def second(*arguments: object) -> object:
        if first.pop() if first else False:
            phone.client.account.ignore("carol")
        return real(*arguments)  # type: ignore[arg-type]

    devices.server.accounts.put_vault = second  # type: ignore[assignment, method-assign]
    alice.client.account.ignore("bob")
    told(alice, "bob", "carol")
    told(phone, "bob", "carol")


def test_what_is_so_already_is_not_written_again(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    server.handlers[FrameType.GET_USER] = lambda talk, body: messages.KeyPair(bob.keys.public.record.raw, b"").raw
    alice = meet()
    alice.client.account.ignore("bob", False)
    assert not {FrameType.GET_USER, FrameType.PUT_VAULT} & set(server.requests)
    for _ in range(2):
        alice.client.account.ignore("bob")
    assert server.requests.count(FrameType.PUT_VAULT) == 1


@pytest.mark.parametrize("name", ["alice", "@server"])
def test_oneself_and_the_server_cannot_be_ignored(server: ScriptedServer, meet: Meet, name: str) -> None:
    with pytest.raises(LocalProtocolError):
        meet().client.account.ignore(name)


def test_nobody_of_this_name(devices: Devices) -> None:
    alice = devices.register("alice")
    with pytest.raises(RequestRefused) as caught:
        alice.client.account.ignore("nobody")
    assert caught.value.code == ErrorCode.NOT_FOUND


def test_an_identity_of_another_name_is_not_taken(server: ScriptedServer, meet: Meet) -> None:
    bob, carol = server.add(Member("bob", 2)), Member("carol", 3)
    alice = meet()

    def lie(talk: Talk, body: bytes) -> bytes:
        return messages.KeyPair(carol.keys.public.record.raw, b"").raw

    server.handlers[FrameType.GET_USER] = lie
    with pytest.raises(SealError):
        alice.client.account.ignore("bob")
    assert ignored(alice) == [] and bob.keys.username == "bob"


def test_it_cannot_be_written_offline(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.HELLO] = leave
    server.drop_all()
    waiting(alice)
    with pytest.raises(ConnectionClosed, match="offline"):
        alice.client.account.ignore("bob")


# --- the merge by itself

BOB, CAROL = Member("bob", 2), Member("carol", 3)
OWN, OTHER = bytes(32), b"\1" * 32


def known(*contacts: Contact) -> Contacts:
    return Contacts(CAROL.keys.public, CAROL.keys.public, contacts)


def vault(*contacts: Contact) -> VaultContents:
    return VaultContents(BOB.keys, 90, (BOB.prekey,), contacts)


def dave(state: int, prekey_id: int = 1, fp: bytes = OWN) -> Contact:
    return Contact("dave", fp, state, prekey_id)


F, S, V, I = ContactState.FORMER, ContactState.SEEN, ContactState.VERIFIED, ContactState.IGNORED  # noqa: E741


@pytest.mark.parametrize(
    ("own", "stored", "merged"),
    [(S, S, S), (S, V, V), (V, S, V), (F, S, S), (S, I, I), (V, I, I), (I, S, S), (I, V, V), (I, I, I)],
)
def test_states_rise_but_ignoring_is_as_stored(own: int, stored: int, merged: int) -> None:
    here, there = known(dave(own, 5)), vault(dave(stored, 2))
    assert here.merged(there).contacts == (dave(merged, 5),)
    here.adopt(there)
    assert here.ignores("dave") == (merged == I)


@pytest.mark.parametrize("before", [S, V])
def test_an_explicit_change_may_lower_a_state(before: int) -> None:
    here = known(dave(before))
    wanted = here.ignoring(dave(before), True)(vault(dave(before, 4)))
    assert wanted.contacts == (dave(I, 4),)
    assert here.ignoring(dave(before), False)(wanted).contacts == (dave(S, 4),)


def test_an_explicit_change_names_the_key_that_the_vault_has_pinned() -> None:
    """Another device has pinned another key meanwhile: one record of a name that is not former, never two."""
    stored = vault(dave(F, 1, OTHER), dave(S, 3, b"\2" * 32))
    wanted = known().ignoring(dave(S), True)(stored)
    assert set(wanted.contacts) == {dave(F, 1, OTHER), dave(I, 3, b"\2" * 32)}
    only_former = vault(dave(F, 1, OTHER))
    assert set(known().ignoring(dave(S), True)(only_former).contacts) == {dave(F, 1, OTHER), dave(I)}


def test_a_full_vault_keeps_those_who_are_ignored() -> None:
    many = [Contact(f"p{number}", number.to_bytes(32, "big"), S, 1) for number in range(limits.CONTACTS)]
    wanted = known().ignoring(dave(S), True)(vault(*many))
    assert len(wanted.contacts) == limits.CONTACTS
    assert dave(I) in wanted.contacts and many[0] not in wanted.contacts and many[-1] in wanted.contacts
    oldest = vault(dave(I), *many[1:])
    newer = known(Contact("erin", OTHER, S, 1)).merged(oldest)
    assert dave(I) in newer.contacts and many[1] not in newer.contacts and len(newer.contacts) == limits.CONTACTS


def test_who_watches_hears_of_changes_only() -> None:
    here, heard = known(dave(S)), []
    here.watch(lambda: heard.append(here.ignores("dave")))
    here.adopt(vault(dave(S, 9)))
    here.adopt(vault(dave(I)))
    here.written(vault(dave(I)))
    here.written(vault(dave(S)))
    assert heard == [True, False]
