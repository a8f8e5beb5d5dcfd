"""The few bytes of MLS (RFC 9420) that a voice server writes and takes apart itself.

The server is no member of a call's group. As the group's *external sender* it proposes who is
added and removed; a member answers with a commit and, for those added, a welcome.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_MLS_1_0: Final = 1
_PUBLIC_MESSAGE: Final = 1
_KEY_PACKAGE_HEADER: Final = struct.pack(">HH", _MLS_1_0, 5)
_BASIC_CREDENTIAL: Final = 1
_SIGNATURE_LABEL: Final = b"MLS 1.0 FramedContentTBS"
_COMMIT: Final = 3
_SENDER_IS_MEMBER: Final = 1
_SENDER_IS_EXTERNAL: Final = 2
_CONTENT_IS_PROPOSAL: Final = 2
_FROM_UPDATE_PATH_LEAF: Final = 3  # leaf_node_source: commit


class _Proposal(IntEnum):
    ADD = 1
    REMOVE = 3


def vector(content: bytes) -> bytes:
    """Bytes behind their length, which takes 1, 2 or 4 bytes (RFC 9420, 2.1.2)."""
    length = len(content)
    if length < 1 << 6:
        return bytes([length]) + content
    if length < 1 << 14:
        return struct.pack(">H", length | 1 << 14) + content
    return struct.pack(">I", length | 1 << 31) + content


class ExternalSender:
    """The server's own signing key, and the proposals signed with it for one group."""

    def __init__(self, group_id: int) -> None:
        self._group_id = vector(struct.pack(">Q", group_id))
        self._key = ec.generate_private_key(ec.SECP256R1())

    def package(self) -> bytes:
        """What tells the members whose proposals to trust."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return vector(public) + struct.pack(">H", _BASIC_CREDENTIAL) + vector(b"local voice server")

    def add(self, key_package: bytes, *, epoch: int) -> bytes:
        """The proposal that whoever made the key package be added."""
        package = key_package.removeprefix(_KEY_PACKAGE_HEADER)
        return self._signed(struct.pack(">H", _Proposal.ADD) + package, epoch=epoch)

    def remove(self, leaf_index: int, *, epoch: int) -> bytes:
        """The proposal that the member at a leaf of the group's tree be removed."""
        return self._signed(struct.pack(">HI", _Proposal.REMOVE, leaf_index), epoch=epoch)

    def _signed(self, proposal: bytes, *, epoch: int) -> bytes:
        head = struct.pack(">HH", _MLS_1_0, _PUBLIC_MESSAGE)
        sender = bytes([_SENDER_IS_EXTERNAL]) + struct.pack(">I", 0)
        no_data = vector(b"")
        content = (
            self._group_id
            + struct.pack(">Q", epoch)
            + sender
            + no_data
            + bytes([_CONTENT_IS_PROPOSAL])
            + proposal
        )
        signed = vector(_SIGNATURE_LABEL) + vector(head + content)
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return head + content + vector(signature)


@dataclass(frozen=True, slots=True)
class CommitAndWelcome:
    """A member's answer to proposals; the welcome is empty when nobody was added."""

    commit: bytes
    welcome: bytes


def split_commit(message: bytes) -> CommitAndWelcome:
    """Tell a commit from the welcome right behind it, which has no mark where it begins.

    Raises ValueError for what is no commit by a member.
    """
    reader = _Reader(message)
    reader.skip(4)  # version and wire format
    reader.skip_vector()  # group id
    reader.skip(8)  # epoch
    reader.expect(_SENDER_IS_MEMBER)
    reader.skip(4)  # its leaf
    reader.skip_vector()  # authenticated data
    reader.expect(_COMMIT)
    reader.skip_vector()  # the proposals, by reference
    if reader.byte():
        _skip_update_path(reader)
    for _ in ("signature", "confirmation tag", "membership tag"):
        reader.skip_vector()
    return CommitAndWelcome(message[: reader.at], message[reader.at :])


def _skip_update_path(reader: _Reader) -> None:
    reader.skip_vector()  # encryption key
    reader.skip_vector()  # signature key
    reader.skip(2)  # kind of credential
    reader.skip_vector()  # identity
    for _ in ("versions", "cipher suites", "extensions", "proposals", "credentials"):
        reader.skip_vector()
    reader.expect(_FROM_UPDATE_PATH_LEAF)
    reader.skip_vector()  # parent hash
    reader.skip_vector()  # extensions
    reader.skip_vector()  # signature
    reader.skip_vector()  # the path's nodes


class _Reader:
    """Walks over a message; ValueError where it ends too early or is not as expected."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self.at = 0

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._message):
            raise ValueError("the message ends too early")

    def byte(self) -> int:
        self.skip(1)
        return self._message[self.at - 1]

    def expect(self, value: int) -> None:
        found = self.byte()
        if found != value:
            raise ValueError(f"{found} stands where {value} belongs")

    def skip_vector(self) -> None:
        first = self.byte()
        length = first & 0x3F
        for _ in range((1 << (first >> 6)) - 1):
            length = length << 8 | self.byte()
        self.skip(length)
