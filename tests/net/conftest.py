"""No test here may leave a descriptor open, nor a thread behind (the latter is watched for all tests)."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from securechat.net.certificate import client_context, server_context
from tests.net.pairs import Contexts


def _open_descriptors() -> set[str]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return {os.path.join(folder, name) for name in os.listdir(folder)}
    return set()


def _targets() -> list[str]:
    """What the open descriptors are, without the one that lists them."""
    found = []
    for path in _open_descriptors():
        try:
            found.append(os.readlink(path))
        except OSError:
            continue
    return [target for target in found if target.startswith(("socket:", "anon_inode:"))]


@pytest.fixture(autouse=True)
def _no_descriptor_left_open() -> Iterator[None]:
    gc.collect()
    before = _targets()
    yield
    left = [target for target in _targets() if target not in before]
    assert not left, f"left open: {left}"


@pytest.fixture(scope="session")
def contexts() -> Contexts:
    """One pair of TLS contexts for all tests."""
    server, cert_hash = server_context()
    return Contexts(server=server, client=client_context(), cert_hash=cert_hash)
