"""What a key opens and who signed it: identities, prekeys, vaults, streams, grants, posts, the handshake.

No I/O and no policy: whether a verified author *may* say something here is decided in `securechat.rules`.
"""

__all__: list[str] = []
