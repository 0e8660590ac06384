"""A room's members are who its log says: rules of entries, also under random histories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.errors import ErrorCode, RemoteProtocolError
from securechat.rules.room_log import Action, RoomLog, head_of
from securechat.wire import limits
from securechat.wire.objects import ZERO32, RoomEntry

ALICE, BOB, CAROL = (bytes([number]) * 32 for number in (1, 2, 3))
C, ADD, REMOVE, ADMIN, UNADMIN, LEAVE = Action


def first(actor: bytes = ALICE) -> RoomEntry:
    return RoomEntry(ZERO32, 0, ZERO32, actor, C, actor, 1, bytes(16), bytes(64))


def entry(log: RoomLog, actor: bytes, action: int, subject: bytes) -> RoomEntry:
    return RoomEntry(log.room, log.seq + 1, log.head, actor, action, subject, 1, bytes(16), bytes(64))


def begun(*steps: tuple[bytes, int, bytes]) -> RoomLog:
    log = RoomLog.begin(first())
    for actor, action, subject in steps:
        log = log.after(entry(log, actor, action, subject))
    return log


def refused(log: RoomLog, actor: bytes, action: int, subject: bytes) -> ErrorCode:
    with pytest.raises(RemoteProtocolError) as error:
        log.after(entry(log, actor, action, subject))
    return error.value.code


def test_creator_is_member_and_admin() -> None:
    log = begun()
    assert (log.members, log.admins, log.room) == ({ALICE}, {ALICE}, head_of(first()))


@pytest.mark.parametrize(
    "change",
    [{"seq": 1}, {"room": b"x" * 32}, {"prev": b"x" * 32}, {"action": ADD}, {"subject": BOB}, {"action": 6}],
)
def test_other_first_entries_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(RemoteProtocolError):
        RoomLog.begin(replace(first(), **change))  # type: ignore[arg-type]


def test_members_come_and_go() -> None:
    log = begun((ALICE, ADD, BOB), (ALICE, ADMIN, BOB), (BOB, ADD, CAROL), (BOB, UNADMIN, ALICE), (CAROL, LEAVE, CAROL))
    assert (log.members, log.admins, log.seq) == ({ALICE, BOB}, {BOB}, 5)


@pytest.mark.parametrize(
    ("actor", "action", "subject"),
    [
        (BOB, ADD, CAROL),  # a member, no admin
        (CAROL, ADD, CAROL),  # a stranger adds himself
        (ALICE, ADD, BOB),  # is in already
        (ALICE, REMOVE, CAROL),  # is not in
        (ALICE, ADMIN, ALICE),  # is admin already
        (ALICE, ADMIN, CAROL),  # no member
        (ALICE, UNADMIN, BOB),  # no admin
        (ALICE, UNADMIN, ALICE),  # the last admin
        (ALICE, REMOVE, ALICE),  # the last admin, others would stay
        (ALICE, LEAVE, ALICE),
        (ALICE, LEAVE, BOB),  # leaves for another
        (CAROL, LEAVE, CAROL),  # was never in
        (ALICE, C, ALICE),  # create again
        (ALICE, 6, BOB),
        (ALICE, 255, BOB),
    ],
)
def test_what_no_rule_allows_is_forbidden(actor: bytes, action: int, subject: bytes) -> None:
    assert refused(begun((ALICE, ADD, BOB)), actor, action, subject) == ErrorCode.FORBIDDEN


@pytest.mark.parametrize("change", [{"seq": 1}, {"seq": 3}, {"prev": ZERO32}, {"room": ZERO32}])
def test_entry_that_does_not_follow_the_head_conflicts(change: dict[str, object]) -> None:
    log = begun((ALICE, ADD, BOB))
    with pytest.raises(RemoteProtocolError) as error:
        log.after(replace(entry(log, ALICE, ADD, CAROL), **change))  # type: ignore[arg-type]
    assert error.value.code == ErrorCode.CONFLICT


def test_log_is_closed_after_the_last_leave() -> None:
    for action in (LEAVE, REMOVE):
        log = begun((ALICE, action, ALICE))
        assert log.members == log.admins == frozenset()
        for again in (ADD, LEAVE, REMOVE, ADMIN):
            assert refused(log, ALICE, again, ALICE) == ErrorCode.FORBIDDEN


def test_room_has_at_most_256_members() -> None:
    log = begun()
    for number in range(limits.ROOM_MEMBERS - 1):
        log = log.after(entry(log, ALICE, ADD, number.to_bytes(32, "big")))
    assert len(log.members) == limits.ROOM_MEMBERS
    assert refused(log, ALICE, ADD, BOB) == ErrorCode.FORBIDDEN


def test_nearly_full_log_takes_only_removals_and_leaves() -> None:
    log = replace(begun((ALICE, ADD, BOB)), seq=8_999)
    assert refused(log, ALICE, ADD, CAROL) == refused(log, ALICE, ADMIN, BOB) == ErrorCode.FORBIDDEN
    assert log.after(entry(log, ALICE, REMOVE, BOB)).members == {ALICE}
    assert log.after(entry(log, BOB, LEAVE, BOB)).members == {ALICE}
    early = replace(log, seq=8_998)
    early.after(entry(early, ALICE, ADD, CAROL))
    full = replace(log, seq=limits.ROOM_ENTRIES - 1)
    assert refused(full, BOB, LEAVE, BOB) == ErrorCode.FORBIDDEN


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 3)), max_size=40))
def test_no_history_breaks_what_always_holds(steps: list[tuple[int, int, int]]) -> None:
    """Admins are members, a room with members has an admin, and nobody but an admin changes others."""
    log = RoomLog.begin(first(bytes(32)))
    for actor_number, action, subject_number in steps:
        actor, subject = bytes([actor_number]) * 32, bytes([subject_number]) * 32
        before = log
        try:
            log = log.after(entry(log, actor, action, subject))
        except RemoteProtocolError as error:
            assert error.code == ErrorCode.FORBIDDEN
            continue
        assert log.admins <= log.members
        assert log.admins or not log.members
        assert (log.seq, log.room) == (before.seq + 1, before.room) and log.head != before.head
        assert actor in before.members
        if actor != subject:
            assert actor in before.admins
        assert log.members ^ before.members <= {subject} and log.admins ^ before.admins <= {subject}
