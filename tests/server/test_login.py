"""Who gets in: registering, logging in, and what a refused one is told."""

from __future__ import annotations

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode
from securechat.sealing import handshake
from securechat.sealing.identity import OwnPrekey
from securechat.server.options import Registration
from securechat.wire import messages
from securechat.wire.frames import Frame, FrameType
from tests.server.conftest import Running, Serve
from tests.server.raw_client import PASSWORD, RawClient

# A point of order 8 (RFC 8032 encodes it canonically): one signature would fit every message.
SMALL_ORDER = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def try_register(client: RawClient, name: str, **options: object) -> int:
    return client.error(FrameType.REGISTER, client.make_register(name, **options).encode())  # type: ignore[arg-type]


def test_register_logs_in_and_login_gives_the_vault_back(running: Running) -> None:
    alice = running.connect()
    answer = alice.register("alice")
    assert (answer.version, answer.vault) == (1, b"")
    assert alice.ok(FrameType.PING) == b""
    again = running.connect()
    assert again.login("alice").version == 1
    assert again.contents.keys.fp == alice.contents.keys.fp


def test_account_survives_a_restart(serve: Serve) -> None:
    first = serve()
    first.register("alice")
    first.stop()
    assert serve().login("alice").contents.keys.username == "alice"


def test_unknown_user_and_wrong_password_get_the_same_bytes(running: Running) -> None:
    running.register("alice")
    client = running.connect()
    wrong = client.request(FrameType.LOGIN, client.make_login("alice", "another long password").encode())
    unknown = client.request(FrameType.LOGIN, client.make_login("nobody").encode())
    assert (wrong.type, wrong.body) == (unknown.type, unknown.body)
    assert messages.Error.decode(wrong.body).code == ErrorCode.BAD_LOGIN


def test_unknown_user_costs_one_signature_too(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bytes] = []
    real = handshake.check_login

    def counting(login_pub: bytes, *rest: object) -> None:
        checked.append(login_pub)
        real(login_pub, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("securechat.server.accounts.handshake.check_login", counting)
    client = running.connect()
    for _ in range(2):
        assert client.error(FrameType.LOGIN, client.make_login("nobody").encode()) == ErrorCode.BAD_LOGIN
    assert len(checked) == 2 and checked[0] == checked[1]


def test_login_may_be_tried_again_on_the_same_connection(running: Running) -> None:
    running.register("alice")
    client = running.connect()
    assert client.error(FrameType.LOGIN, client.make_login("alice", "not the password").encode()) == 3
    client.login("alice")


def test_fifth_failure_is_answered_then_bye_with_its_code(running: Running) -> None:
    client = running.connect()
    for _ in range(5):
        assert client.error(FrameType.LOGIN, client.make_login("nobody").encode()) == ErrorCode.BAD_LOGIN
    assert client.wait_end() == ErrorCode.BAD_LOGIN


def test_failed_registrations_count_among_the_five(running: Running) -> None:
    running.register("alice")
    client = running.connect()
    for _ in range(4):
        assert client.error(FrameType.LOGIN, client.make_login("nobody").encode()) == ErrorCode.BAD_LOGIN
    assert try_register(client, "alice") == ErrorCode.NAME_TAKEN
    assert client.wait_end() == ErrorCode.NAME_TAKEN


def test_taken_name_is_refused_and_another_may_be_tried(running: Running) -> None:
    running.register("alice")
    client = running.connect()
    assert try_register(client, "alice", key=1) == ErrorCode.NAME_TAKEN
    client.register("alice2", key=1)
    assert running.server.credentials.names() == ["alice", "alice2"]


@pytest.mark.parametrize(
    "name", ["", "Alice", "@server", "-alice", ".a", "a" * 33, "alice bob", "álice", "alice\n", "a/b", "_a"]
)
def test_bad_names_are_refused(running: Running, name: str) -> None:
    client = running.connect()
    draft = client.make_register("alice")
    fields = (draft.invite, draft.login_pub, draft.identity, draft.prekey, draft.vault, draft.proof)
    assert client.error(FrameType.REGISTER, messages.Register(name, *fields).encode()) == 6
    assert running.server.credentials.names() == []


@pytest.mark.parametrize("name", ["a", "0", "a" * 32, "a.b_c-d", "9-9"])
def test_good_names_are_taken(running: Running, name: str) -> None:
    running.register(name)
    assert running.login(name).username == name


def test_closed_registration_refuses_without_looking_at_the_name(serve: Serve) -> None:
    running = serve(registration=Registration.OPEN)
    running.register("alice")
    running.server.accounts.registration = Registration.CLOSED
    client = running.connect()
    assert try_register(client, "alice", key=1) == try_register(client, "bob", key=1)
    assert try_register(client, "bob", key=1) == ErrorCode.REGISTRATION_REFUSED


def test_invite_is_checked_before_the_name_and_used_once(serve: Serve) -> None:
    running = serve(registration=Registration.INVITE)
    invite = running.server.invites.make()
    client = running.connect()
    assert try_register(client, "alice") == ErrorCode.REGISTRATION_REFUSED
    running.register("alice", invite=invite.lower())
    other = running.connect()
    # Neither a used invite nor a wrong one tells whether the name exists.
    assert try_register(other, "alice", invite=invite, key=1) == ErrorCode.REGISTRATION_REFUSED
    assert try_register(other, "bob", invite=invite, key=1) == ErrorCode.REGISTRATION_REFUSED
    assert try_register(other, "alice", invite="WRONG", key=1) == ErrorCode.REGISTRATION_REFUSED


def test_taken_name_does_not_use_the_invite_up(serve: Serve) -> None:
    running = serve(registration=Registration.INVITE)
    running.register("alice", invite=running.server.invites.make())
    invite = running.server.invites.make()
    client = running.connect()
    assert try_register(client, "alice", invite=invite, key=1) == ErrorCode.NAME_TAKEN
    client.register("bob", invite=invite, key=1)


def test_invites_last_over_a_restart_and_stay_used(serve: Serve) -> None:
    first = serve(registration=Registration.INVITE)
    used, unused = first.server.invites.make(), first.server.invites.make()
    first.register("alice", invite=used)
    first.stop()
    second = serve(registration=Registration.INVITE)
    client = second.connect()
    assert try_register(client, "bob", invite=used, key=1) == ErrorCode.REGISTRATION_REFUSED
    client.register("bob", invite=unused, key=1)


def test_invites_run_out(serve: Serve) -> None:
    running = serve(registration=Registration.INVITE)
    invite = running.server.invites.make()
    running.clock.shift_s += 7 * 86_400 + 1
    assert try_register(running.connect(), "alice", invite=invite) == ErrorCode.REGISTRATION_REFUSED


def test_small_order_login_key_is_refused(running: Running) -> None:
    client = running.connect()
    draft = client.make_register("alice")
    bad = messages.Register(
        "alice", "", SMALL_ORDER, draft.identity, draft.prekey, draft.vault, SMALL_ORDER + bytes(32)
    )
    assert client.error(FrameType.REGISTER, bad.encode()) == ErrorCode.MALFORMED
    assert client.wait_end() == ErrorCode.MALFORMED


def test_registration_needs_its_own_proof_identity_and_first_prekey(running: Running) -> None:
    client = running.connect()
    draft = client.make_register("alice")
    keys = client.contents.keys
    second = OwnPrekey(2, 0, crypto.generate_kem_key()).record(keys).raw
    proof = bytes([draft.proof[0] ^ 1]) + draft.proof[1:]

    def with_parts(identity: bytes, prekey: bytes, proof: bytes) -> bytes:
        return messages.Register("alice", "", draft.login_pub, identity, prekey, draft.vault, proof).encode()

    assert client.error(FrameType.REGISTER, with_parts(draft.identity, second, draft.proof)) == ErrorCode.CONFLICT
    zeroth = OwnPrekey(0, 0, crypto.generate_kem_key()).record(keys).raw
    assert client.error(FrameType.REGISTER, with_parts(draft.identity, zeroth, draft.proof)) == ErrorCode.CONFLICT
    assert client.error(FrameType.REGISTER, with_parts(draft.identity, draft.prekey, proof)) == ErrorCode.BAD_LOGIN
    stranger = RawClient(running.port)
    other = stranger.make_register("bob", key=1)
    stranger.close()
    assert client.error(FrameType.REGISTER, with_parts(draft.identity, other.prekey, draft.proof)) == 1
    assert running.connect().error(FrameType.REGISTER, with_parts(other.identity, other.prekey, draft.proof)) == 1
    assert running.server.credentials.names() == []


def test_proof_is_good_on_one_connection_only(running: Running) -> None:
    running.register("alice")
    first, second = running.connect(), running.connect()
    proof = first.make_login("alice").encode()
    assert second.error(FrameType.LOGIN, proof) == ErrorCode.BAD_LOGIN
    first.ok(FrameType.LOGIN, proof)


def test_proof_is_good_for_one_name_only(running: Running) -> None:
    """Two accounts may share a login key; the proof still names one of them."""
    running.register("alice")
    client = running.connect()
    keys = client.login_keys("alice", PASSWORD)
    for_bob = messages.Login("alice", handshake.sign_login(keys.signing, client.session, "bob"))
    assert client.error(FrameType.LOGIN, for_bob.encode()) == ErrorCode.BAD_LOGIN


def test_disabled_account_learns_the_reason_only_with_the_right_proof(running: Running) -> None:
    from dataclasses import replace

    running.register("alice").close()
    account = running.server.credentials.get("alice")
    assert account is not None
    running.server.credentials.replace(replace(account, disabled="On leave."))
    client = running.connect()
    assert client.error(FrameType.LOGIN, client.make_login("alice", "not the password").encode()) == 3
    frame: Frame = client.request(FrameType.LOGIN, client.make_login("alice").encode())
    refusal = messages.Error.decode(frame.body)
    assert (refusal.code, refusal.text) == (ErrorCode.FORBIDDEN, "On leave.")


@pytest.mark.parametrize("welcome", ["  ", "{name}" * 1000])
def test_greeting_that_cannot_be_posted_does_not_stop_a_registration(serve: Serve, welcome: str) -> None:
    running = serve(welcome=welcome)
    running.register("a" * 32).ok(FrameType.PING)


def test_greeting_is_a_post_by_the_server(serve: Serve) -> None:
    """It may become durable before or after the newcomer's login: a push or history has it."""
    running = serve(welcome="{name} joined the chat. Welcome!")
    alice = running.register("alice")
    alice.open_lobby()
    running.register("bob", key=1)
    running.server.journal.call(lambda tx: None)  # behind the greeting
    assert alice.history() == [(2, "bob joined the chat. Welcome!"), (1, "alice joined the chat. Welcome!")]
    while alice.delivered()[0] != 2:
        pass  # her own greeting may have been pushed to her too
