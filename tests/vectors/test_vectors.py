"""Every vector of docs/protocol.md §14 and of vectors.json, through the functions that the product uses."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

import crypto_utils as crypto
from securechat.errors import ProtocolError, SealError
from securechat.rules import acceptance, room_log, safety_number
from securechat.rules.conversations import direct_id, direct_roster, lobby_id
from securechat.sealing import handshake, streams
from securechat.sealing.identity import OwnKeys, OwnPrekey, PublicIdentity, accept_identity, accept_prekey
from securechat.sealing.vault import VaultContents, open_vault, seal_vault
from securechat.wire.messages import PutVault
from securechat.wire.objects import Envelope, Grant, Header, RoomEntry, check_body
from tests.vectors import VECTORS

hexed = bytes.fromhex
STREAM = VECTORS["stream"]
SECRET = hexed(STREAM["secret"])
PASSWORD = "correct horse battery staple"


def own_keys(name: str) -> tuple[OwnKeys, OwnPrekey]:
    item = next(i for i in VECTORS["identities"] if i["username"] == name)
    rsa = crypto.rsa_key_from_primes(hexed(item["rsa_p"]), hexed(item["rsa_q"]))
    keys = OwnKeys.make(name, crypto.SigningKey(hexed(item["ed25519_seed"])), rsa, item["created"])
    return keys, OwnPrekey(item["prekey_id"], item["prekey_created"], crypto.KemKey(hexed(item["ml_kem_seed"])))


@pytest.fixture(scope="module")
def people() -> dict[str, tuple[OwnKeys, OwnPrekey]]:
    return {name: own_keys(name) for name in ("alice", "bob", "carol")}


def stream_key() -> streams.StreamKey:
    header = Header.decode(hexed(STREAM["header"]))
    return streams.StreamKey.from_secret(header.conv, streams.stream_id_of(header), SECRET)


# --- §14 of the document ----------------------------------------------------------------------------------------


def test_password_gives_the_documented_keys() -> None:
    server_id = bytes(range(16))
    salt = handshake.login_salt(server_id, "alice")
    assert salt.hex() == "8d2c765cfcc07f819ce9755b62bd2b635154c611bf2c45179343013c51dba394"
    keys = handshake.LoginKeys.from_master(crypto.stretch(PASSWORD, salt))
    assert keys.signing.public.hex() == "141d4b33c004a5d128831b4c4901632bdf3b4d5b95ca926804dd9b141338e025"
    assert keys.vault_key.hex() == "9d1ac2a9d3753c645573ad487f010645cbe4d3644e8a12ec82aa2eda22670a28"


def test_conversation_ids() -> None:
    assert lobby_id(bytes(range(16))).hex() == "31d3b538303fd5df91d631b171f3650c1ce5c3629b166107ff35435a734f1005"
    dm = "b6f4a9f902a04742d88bc7000780289e9f18bacadf540e08698c5e59d7dba722"
    assert direct_id("alice", "bob").hex() == direct_id("bob", "alice").hex() == dm
    roster = "87d78863bd5b47875f8a37a76b567ad7e28cae0477bcad7b3123b9a1f3fff4f9"
    assert direct_roster(b"\xff" * 32, bytes(32)).hex() == direct_roster(bytes(32), b"\xff" * 32).hex() == roster


def test_stream_and_envelopes_of_the_document() -> None:
    from securechat.wire.objects import Post

    signing = crypto.SigningKey(b"\x66" * 32)
    conv, secret, fp = b"\x11" * 32, b"\x55" * 32, b"\x22" * 32
    commit = crypto.kdf(secret, "commit")
    assert signing.public.hex() == "34b4d9043156cb6dcf0beb0a2949b7559c940d2bcb6dbe8c53a9b30278e3a746"
    assert commit.hex() == "872ca8dfba090bfa45d2aac1a33e6cdf478f01f36371be9aba302c7f5faa9063"
    header = Header(conv, fp, b"\x33" * 32, 1700000000000, b"\x44" * 16, commit, bytes(64))
    stream_id = streams.stream_id_of(header)
    assert stream_id.hex() == "92d7a51368e88ee558e065cf302b99920b90494bffccf34f94a0d2f3d38c0dad"
    key = streams.StreamKey.from_secret(conv, stream_id, secret)
    assert key.key.hex() == "a5e5837a517caec0000c4c17108c79600f3a8b07a7f37914c6e01fbff0dc36f9"
    digests = []
    for n in (0, 1):
        draft = Post(conv, fp, stream_id, n, bytes(32), 1700000000001, 1, b"hello", bytes(64))
        signature = signing.sign("post", draft.signed)
        post = Post(conv, fp, stream_id, n, bytes(32), 1700000000001, 1, b"hello", signature)
        envelope = streams.seal_post(key, n, post.raw)
        assert len(envelope) == 344
        digests.append(hashlib.sha256(envelope).hexdigest())
    assert digests == [
        "f2df30627b246bd5b98fb110c0e6eed05aaaa3bc50b578b27443d0a7cc7e3227",
        "6cb0420a6f46ac5aa98ece46377a3c74153f4b0c7cde501d215a3418823fa192",
    ]


def test_safety_number() -> None:
    ends = "79102 34131 47662 19221 32709 44406 87385 31207 81878 31625 28357 65815"
    assert safety_number.safety_number(bytes(32), b"\xff" * 32) == ends
    item = VECTORS["safety_number"]
    assert safety_number.safety_number(hexed(item["b"]), hexed(item["a"])) == item["number"]


# --- vectors.json -----------------------------------------------------------------------------------------------


def test_login_proof() -> None:
    item = VECTORS["login"]
    server_id = hexed(item["server_id"])
    salt = handshake.login_salt(server_id, item["username"])
    keys = handshake.LoginKeys.from_master(crypto.stretch(item["password"], salt))
    session = handshake.Session(server_id, hexed(item["challenge"]), hexed(item["nonce"]), hexed(item["cert_hash"]))
    assert keys.signing.public.hex() == item["login_pub"] and keys.vault_key.hex() == item["vault_key"]
    assert handshake.sign_login(keys.signing, session, item["username"]).hex() == item["proof"]
    handshake.check_login(keys.signing.public, session, item["username"], hexed(item["proof"]))
    with pytest.raises(SealError):
        handshake.check_login(keys.signing.public, session, "alicf", hexed(item["proof"]))


@pytest.mark.parametrize("item", VECTORS["identities"], ids=lambda item: item["username"])
def test_identities_and_prekeys(item: dict[str, Any]) -> None:
    public = accept_identity(hexed(item["identity"]), username=item["username"])
    assert public.fp.hex() == item["fp"]
    prekey = accept_prekey(hexed(item["prekey"]), public)
    assert prekey.id == item["prekey_id"]
    keys, own_prekey = own_keys(item["username"])
    assert keys.public.record.raw.hex() == item["identity"]
    assert own_prekey.record(keys).raw.hex() == item["prekey"]


def test_header(people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    header = Header.decode(hexed(STREAM["header"]))
    streams.check_header(header, people["alice"][0].public)
    assert streams.stream_id_of(header).hex() == STREAM["stream_id"]
    assert header.commit.hex() == STREAM["commit"]
    with pytest.raises(SealError):
        streams.check_header(header, people["bob"][0].public)


@pytest.mark.parametrize("number", range(len(STREAM["good_grants"])))
def test_good_grants_open(number: int, people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    item = STREAM["good_grants"][number]
    keys, prekey = people[item["reader"]]
    opened = streams.open_grant(
        Grant.decode(hexed(item["grant"])), Header.decode(hexed(STREAM["header"])), keys, prekey
    )
    assert opened == stream_key()


@pytest.mark.parametrize("item", STREAM["bad_grants"], ids=lambda item: item["fault"])
def test_bad_grants_are_refused(item: dict[str, Any], people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    keys, prekey = people[item["reader"]]
    with pytest.raises((SealError, ProtocolError)):
        streams.open_grant(
            Grant.decode(hexed(item["grant"])), Header.decode(hexed(STREAM["header"])), keys, prekey
        )


@pytest.mark.parametrize("item", STREAM["posts"], ids=lambda item: f"n{item['n']}-kind{item['kind']}")
def test_posts(item: dict[str, Any], people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    alice = people["alice"][0]
    envelope = Envelope.decode(hexed(item["envelope"]))
    post = accepted(hexed(item["envelope"]), alice.public)
    assert (post.n, post.kind, post.body.hex(), post.time) == (item["n"], item["kind"], item["body"], item["time"])
    assert streams.post_id_of(post).hex() == item["post_id"]
    assert post.raw.hex() == item["post"]
    check_body(post.kind, post.body)
    made = streams.make_post(alice, post.conv, post.stream_id, post.n, post.after, post.time, post.kind, post.body)
    assert made.raw == post.raw
    assert streams.seal_post(stream_key(), envelope.n, made.raw).hex() == item["envelope"]


def accepted(data: bytes, author: PublicIdentity) -> streams.Post:
    """What a reader of a direct conversation does with an envelope (§8, rules 3 and 4)."""
    header = Header.decode(hexed(STREAM["header"]))
    envelope = Envelope.decode(data)
    post = streams.open_envelope(stream_key(), envelope)
    streams.verify_post(post, author)
    acceptance.check_bound_post(post, envelope, header)
    check_body(post.kind, post.body)
    return post


@pytest.mark.parametrize("item", STREAM["bad_envelopes"], ids=lambda item: item["fault"])
def test_bad_envelopes_are_refused(item: dict[str, Any], people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    with pytest.raises((SealError, ProtocolError)):
        accepted(hexed(item["envelope"]), people["alice"][0].public)


def test_vault_and_put_vault(people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    item, login = VECTORS["vault"], VECTORS["login"]
    server_id, key = hexed(login["server_id"]), hexed(login["vault_key"])
    contents = open_vault(hexed(item["vault"]), key, server_id, "alice", item["version"])
    assert contents.encode().hex() == item["plaintext"]
    assert VaultContents.decode("alice", hexed(item["plaintext"])).encode() == contents.encode()
    nonce = hexed(item["vault"])[:24]
    assert seal_vault(contents, key, server_id, item["version"], nonce).hex() == item["vault"]
    session = handshake.Session(server_id, hexed(login["challenge"]), hexed(login["nonce"]), hexed(login["cert_hash"]))
    request = PutVault.decode(hexed(item["put_vault"]))
    handshake.check_put_vault(hexed(login["login_pub"]), session, request)
    with pytest.raises(SealError):
        open_vault(hexed(item["bad_version"]), key, server_id, "alice", item["version"])
    for fault in range(0, len(request.raw), 97):
        broken = bytearray(request.raw)
        broken[fault] ^= 1
        with pytest.raises((SealError, ProtocolError)):
            handshake.check_put_vault(hexed(login["login_pub"]), session, PutVault.decode(bytes(broken)))


def test_room_log(people: dict[str, tuple[OwnKeys, OwnPrekey]]) -> None:
    item = VECTORS["room"]
    keys = {keys.fp: keys.public.key for keys, _ in people.values()}
    log: room_log.RoomLog | None = None
    for number, data in enumerate(item["entries"]):
        entry = RoomEntry.decode(hexed(data))
        if entry.actor in keys:
            keys[entry.actor].verify("room", entry.signed, entry.signature)
        log = room_log.RoomLog.begin(entry) if log is None else log.after(entry)
        assert log.head.hex() == item["heads"][number]
        assert sorted(fp.hex() for fp in log.members) == sorted(item["members"][number])
        assert sorted(fp.hex() for fp in log.admins) == sorted(item["admins"][number])
    assert log is not None and log.room.hex() == item["room"]
    for bad in item["bad_next"]:
        with pytest.raises((SealError, ProtocolError)):
            entry = RoomEntry.decode(hexed(bad["entry"]))
            keys[entry.actor].verify("room", entry.signed, entry.signature)
            log.after(entry)


def test_file_chunks() -> None:
    from securechat.sealing import files

    item = VECTORS["file"]
    key, file_id = hexed(item["key"]), hexed(item["file_id"])
    last = files.open_chunk(key, file_id, 2, True, hexed(item["last_chunk"]))
    assert last.hex() == item["last_plaintext"]
    assert files.seal_chunk(key, file_id, 2, True, last).hex() == item["last_chunk"]
    assert files.seal_chunk(key, file_id, 0, True, b"").hex() == item["empty_file_chunk"]
    assert files.seal_chunk(b"\x77" * 32, b"\x88" * 16, 0, True, b"hello").hex() == (
        "3e5ccbba208d0c5c0ab7ca01af0a78db82803734ed"
    )
    with pytest.raises(SealError):
        files.open_chunk(key, file_id, 2, False, hexed(item["last_chunk"]))
