"""Storing vaults, prekeys and new passwords: all parts or none, also over a crash."""

from __future__ import annotations

from dataclasses import replace

import pytest

import crypto_utils as crypto
from securechat.errors import ErrorCode, StoreError
from securechat.sealing.identity import OwnPrekey, accept_prekey
from securechat.server.accounts import login_hash
from securechat.server.presence import Member
from securechat.server.storage.credentials import Account
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, Grant, Prekey
from tests.server.conftest import Running, Serve
from tests.server.gates import failing_commits
from tests.server.raw_client import RawClient

NEW_PASSWORD = "quite another password"


def put(client: RawClient, request: messages.PutVault) -> int:
    return client.error(FrameType.PUT_VAULT, request.encode())


def stored(client: RawClient) -> messages.StoredVault:
    return messages.StoredVault.decode(client.ok(FrameType.GET_VAULT))


def test_stored_vault_comes_back_and_others_are_told(running: Running) -> None:
    alice = running.register("alice")
    phone, bob = running.login("alice"), running.register("bob", key=1)
    request = alice.put_vault()
    assert messages.VaultChanged.decode(phone.wait_push(FrameType.VAULT_CHANGED)).version == 2
    assert (stored(phone).version, stored(phone).vault) == (2, request.vault)
    assert running.login("alice").version == 2
    bob.ok(FrameType.PING)
    alice.ok(FrameType.PING)
    for client in (alice, bob):
        assert not [frame for frame in client.pushes if frame.type == FrameType.VAULT_CHANGED]


@pytest.mark.parametrize("version", [0, 1, 3, 2**64 - 1])
def test_stale_and_skipped_versions_conflict(running: Running, version: int) -> None:
    alice = running.register("alice")
    assert put(alice, alice.make_put_vault(version=version)) == ErrorCode.CONFLICT
    assert stored(alice).version == 1
    alice.put_vault()


def test_second_of_two_writers_conflicts(running: Running) -> None:
    alice = running.register("alice")
    phone = running.login("alice")
    alice.put_vault()
    assert put(phone, phone.make_put_vault()) == ErrorCode.CONFLICT
    phone.version = stored(phone).version
    phone.put_vault()
    assert stored(alice).version == 3


def test_signature_must_be_by_the_current_login_key_on_this_connection(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    request = alice.make_put_vault(signer=bob.login_key.signing)
    assert put(alice, request) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED
    again, other = running.login("alice"), running.login("alice")
    assert put(other, again.make_put_vault()) == ErrorCode.MALFORMED
    assert stored(again).version == 1


def test_new_prekey_is_given_to_others(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    prekey = alice.new_prekey()
    alice.put_vault(prekey=prekey, oldest=1)
    pair = messages.KeyPair.decode(bob.ok(FrameType.GET_USER, messages.GetUser("alice").encode()))
    assert pair.prekey == prekey
    assert Prekey.decode(prekey).id == 2
    # From now on the lobby's stream is granted to the new one.
    alice.open_lobby()
    found = messages.StreamFound.decode(alice.ok(FrameType.GET_STREAM, ZERO32))
    assert Grant.decode(found.grant).prekey_id == 2


@pytest.mark.parametrize("prekey_id", [1, 3, 2**32 - 1])
def test_prekey_that_is_not_the_next_conflicts(running: Running, prekey_id: int) -> None:
    alice = running.register("alice")
    prekey = OwnPrekey(prekey_id, 0, crypto.generate_kem_key()).record(alice.contents.keys).raw
    assert put(alice, alice.make_put_vault(prekey=prekey)) == ErrorCode.CONFLICT
    assert stored(alice).version == 1


@pytest.mark.parametrize("wrong", ["owner", "signature", "ek", "length"])
def test_prekey_that_is_not_ones_own_is_malformed(running: Running, wrong: str) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    keys = bob.contents.keys if wrong == "owner" else alice.contents.keys
    kem = crypto.generate_kem_key()
    good = OwnPrekey(2, 0, kem).record(keys)
    data = good.raw
    if wrong == "signature":
        data = data[:-1] + bytes([data[-1] ^ 1])
    elif wrong == "ek":
        # Coefficients of 4095 are above q = 3329: FIPS 203 §7.2 refuses them.
        unsigned = Prekey(keys.fp, 2, 0, b"\xff" * 1184, bytes(64))
        data = Prekey(keys.fp, 2, 0, b"\xff" * 1184, keys.signing.sign("prekey", unsigned.signed)).encode()
    elif wrong == "length":
        data = data[:-1]
    assert put(alice, alice.make_put_vault(prekey=data)) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


@pytest.mark.parametrize(("oldest", "with_new", "code"), [(0, False, 1), (2, False, 1), (3, True, 1)])
def test_oldest_kept_prekey_must_exist(running: Running, oldest: int, with_new: bool, code: int) -> None:
    alice = running.register("alice")
    prekey = alice.new_prekey() if with_new else b""
    assert put(alice, alice.make_put_vault(prekey=prekey, oldest=oldest)) == code
    assert alice.wait_end() == code


def test_oldest_kept_may_be_the_new_prekey(running: Running) -> None:
    """Grants to the older ones are then deleted."""
    alice = running.register("alice")
    stream = alice.open_stream()
    store, fp = running.server.store, alice.contents.keys.fp
    running.server.journal.call(lambda tx: store.put_grant(tx, stream.stream_id, fp, 1, b"for the first"))
    alice.put_vault(prekey=alice.new_prekey(), oldest=1)
    assert store.get_grant(stream.stream_id, fp) == b"for the first"
    alice.put_vault(oldest=2)
    assert store.get_grant(stream.stream_id, fp) is None


def test_vault_at_its_limit_and_one_byte_over(running: Running) -> None:
    alice = running.register("alice")

    def request(size: int) -> messages.PutVault:
        from securechat.sealing import handshake

        draft = messages.PutVault(alice.version + 1, bytes(size), b"", b"", 1, bytes(64))
        return handshake.sign_put_vault(alice.login_key.signing, alice.session, draft)

    largest = 24 + 16 + (limits.VAULT - 40) // 4096 * 4096  # nonce, tag, whole steps of plaintext
    alice.ok(FrameType.PUT_VAULT, request(largest).encode())
    alice.version += 1
    assert len(stored(alice).vault) == largest
    body = request(limits.VAULT).encode()
    body = body[:8] + (limits.VAULT + 1).to_bytes(4, "big") + b"\0" + body[12:]
    assert alice.error(FrameType.PUT_VAULT, body) == ErrorCode.TOO_LARGE


@pytest.mark.parametrize("size", [0, 1, 40, 40 + 4095, 40 + 4097])
def test_vault_of_an_impossible_size_is_refused(running: Running, size: int) -> None:
    """An empty one would look like a fresh account at the next login, and lock its owner out."""
    from securechat.sealing import handshake

    alice = running.register("alice")
    draft = messages.PutVault(alice.version + 1, bytes(size), b"", b"", 1, bytes(64))
    signed = handshake.sign_put_vault(alice.login_key.signing, alice.session, draft)
    assert alice.error(FrameType.PUT_VAULT, signed.encode()) == ErrorCode.MALFORMED


# --- a new password ---------------------------------------------------------------------------------------------


def change_password(client: RawClient) -> None:
    new = client.login_keys(client.username, NEW_PASSWORD)
    client.put_vault(new=new)
    client.login_key = new


def test_password_change_ends_the_other_sessions_before_the_answer(running: Running) -> None:
    alice = running.register("alice")
    phone, bob = running.login("alice"), running.register("bob", key=1)
    ended: list[str] = []
    (first, second) = running.server.presence.sessions_of("alice")
    real = second.end
    second.end = lambda code, text: (ended.append("ended"), real(code, text))  # type: ignore[func-returns-value, method-assign]
    number = alice.send(FrameType.PUT_VAULT, alice.make_put_vault(new=alice.login_keys("alice", NEW_PASSWORD)).encode())
    assert alice.reply(number).type == FrameType.OK
    assert ended == ["ended"]
    assert first.username == "alice"
    assert phone.wait_end() == ErrorCode.KICKED
    assert alice.ok(FrameType.PING) == bob.ok(FrameType.PING) == b""


def test_only_the_new_password_logs_in_and_opens_the_vault(running: Running) -> None:
    alice = running.register("alice")
    change_password(alice)
    client = running.connect()
    assert client.error(FrameType.LOGIN, client.make_login("alice").encode()) == ErrorCode.BAD_LOGIN
    assert client.login("alice", NEW_PASSWORD).version == 2
    assert client.contents.keys.fp == alice.contents.keys.fp
    # The next vault is signed by the new key.
    alice.put_vault()
    assert put(client, client.make_put_vault()) == ErrorCode.CONFLICT


def test_old_vault_rows_go_with_the_old_password(running: Running) -> None:
    alice = running.register("alice")
    old = login_hash(alice.login_key.signing.public)
    change_password(alice)
    assert running.server.store.get_vault("alice", old) is None


def test_small_order_login_key_is_refused_here_too(running: Running) -> None:
    from securechat.sealing import handshake

    alice = running.register("alice")
    draft = messages.PutVault(2, b"x", b"", bytes([1]) + bytes(31), 1, bytes(64))
    request = handshake.sign_put_vault(alice.login_key.signing, alice.session, draft)
    assert put(alice, request) == ErrorCode.MALFORMED
    assert running.login("alice").version == 1


def test_session_that_was_logging_in_during_a_password_change_is_ended(running: Running) -> None:
    """It proved the old password, but joined after the others were ended."""
    alice = running.register("alice")
    presence = running.server.presence
    real = presence.join

    def change_then_join(member: Member, most: int) -> list[Member]:
        presence.join = real  # type: ignore[method-assign]
        change_password(alice)
        return real(member, most)

    presence.join = change_then_join  # type: ignore[method-assign]
    thief = running.login("alice")
    assert thief.wait_end() == ErrorCode.KICKED
    assert [member.username for member in presence.sessions_of("alice")] == ["alice"]
    assert alice.ok(FrameType.PING) == b""


# --- crashes and full disks -------------------------------------------------------------------------------------


def test_failed_write_changes_nothing(running: Running) -> None:
    alice = running.register("alice")
    with failing_commits(running.server.store):
        assert put(alice, alice.make_put_vault()) == ErrorCode.INTERNAL
    assert stored(alice).version == 1
    alice.put_vault()


def crash_between(running: Running) -> None:
    """Let the next writing of a credential record fail, as if the process had died before it."""

    def die(account: Account) -> None:
        raise StoreError("The disk is gone.")

    running.server.credentials.replace = die  # type: ignore[method-assign]


def test_crash_before_the_record_leaves_the_old_password(serve: Serve) -> None:
    """The vault row under the new key is there, no record names it: the next start sweeps it."""
    first = serve()
    alice = first.register("alice")
    new = alice.login_keys("alice", NEW_PASSWORD)
    crash_between(first)
    assert put(alice, alice.make_put_vault(new=new)) == ErrorCode.INTERNAL
    assert first.server.store.get_vault("alice", login_hash(new.signing.public)) is not None
    first.stop()
    second = serve()
    assert second.server.store.get_vault("alice", login_hash(new.signing.public)) is None
    assert second.login("alice").version == 1
    client = second.connect()
    assert client.error(FrameType.LOGIN, client.make_login("alice", NEW_PASSWORD).encode()) == ErrorCode.BAD_LOGIN


def test_crash_before_the_record_does_not_lose_a_new_prekey(serve: Serve) -> None:
    """The vault has the prekey's private half already, so the next start publishes the public one."""
    first = serve()
    alice = first.register("alice")
    prekey = alice.new_prekey()
    crash_between(first)
    assert put(alice, alice.make_put_vault(prekey=prekey)) == ErrorCode.INTERNAL
    first.stop()
    second = serve()
    account = second.server.credentials.get("alice")
    assert account is not None and (account.prekey, account.prekey_id) == (prekey, 2)
    again = second.login("alice")
    assert again.version == 2
    assert again.contents.newest_prekey.id == 2
    accept_prekey(account.prekey, again.contents.keys.public)
    again.open_lobby()


def test_next_vault_publishes_a_prekey_that_a_failure_held_back(running: Running) -> None:
    """Without a restart: storing on over the row must not lose the only copy."""
    alice = running.register("alice")
    prekey = alice.new_prekey()
    crash_between(running)
    assert put(alice, alice.make_put_vault(prekey=prekey)) == ErrorCode.INTERNAL
    del running.server.credentials.__dict__["replace"]
    alice.version = stored(alice).version
    assert alice.version == 2
    alice.put_vault()
    account = running.server.credentials.get("alice")
    assert account is not None and account.prekey == prekey


def test_registration_that_failed_before_its_record_may_be_done_again(serve: Serve) -> None:
    first = serve()

    def die(account: Account) -> None:
        raise StoreError("The disk is gone.")

    first.server.credentials.add = die  # type: ignore[method-assign]
    client = first.connect()
    assert client.error(FrameType.REGISTER, client.make_register("alice").encode()) == ErrorCode.INTERNAL
    del first.server.credentials.__dict__["add"]
    client.register("alice", password=NEW_PASSWORD)
    first.stop()
    assert serve().login("alice", password=NEW_PASSWORD).version == 1


def test_lost_vault_is_an_internal_error_and_no_login(running: Running) -> None:
    """A record without its vault row: said so, nothing made up."""
    running.register("alice").close()
    account = running.server.credentials.get("alice")
    assert account is not None
    running.server.credentials.replace(replace(account, login_pub=crypto.SigningKey(bytes(32)).public))
    client = running.connect()
    from securechat.sealing import handshake

    proof = handshake.sign_login(crypto.SigningKey(bytes(32)), client.session, "alice")
    assert client.error(FrameType.LOGIN, messages.Login("alice", proof).encode()) == ErrorCode.INTERNAL
