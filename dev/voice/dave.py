"""A call's end-to-end encryption (DAVE 1) as the voice server leads it.

The people of the call live in this process, each with a davey session; the bot is outside and is
led by frames. A group is made when the bot's key package comes: with people in the call, the first
of them commits and the bot gets a welcome; alone, the bot waits for somebody, and commits itself.
https://daveprotocol.com
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final, TypeAlias

import davey

from dev.voice.mls import ExternalSender, split_commit, vector

VERSION: Final = 1
AT_ONCE: Final = 0
"""The transition that nobody has to say ready to."""
_ENCRYPTED: Final = b"\xfa\xfa"
_LARGEST_TRANSITION: Final = 0xFFFF


class DaveOp(IntEnum):
    """The voice websocket's opcodes for end-to-end encryption; from 25 on they are binary."""

    PREPARE_TRANSITION = 21
    EXECUTE_TRANSITION = 22
    TRANSITION_READY = 23
    PREPARE_EPOCH = 24
    EXTERNAL_SENDER = 25
    KEY_PACKAGE = 26
    PROPOSALS = 27
    COMMIT_WELCOME = 28
    ANNOUNCE_COMMIT = 29
    WELCOME = 30
    INVALID_COMMIT_WELCOME = 31


@dataclass(frozen=True, slots=True)
class BinaryFrame:
    """A frame for the bot: opcode and bytes."""

    op: DaveOp
    content: bytes


@dataclass(frozen=True, slots=True)
class JsonFrame:
    """A frame for the bot: opcode and an object of numbers."""

    op: DaveOp
    data: dict[str, int]


Frame: TypeAlias = BinaryFrame | JsonFrame
Send: TypeAlias = Callable[[Frame], None]


class _Bot(Enum):
    """How far the bot has come."""

    AWAY = auto()
    EXPECTED = auto()  # its key package is
    ALONE = auto()
    COMMITTING = auto()
    MEMBER = auto()


class DaveGroup:
    """The group of one call. `send` puts a frame on the bot's websocket."""

    def __init__(self, channel_id: int, send: Send) -> None:
        self._channel_id = channel_id
        self._send = send
        self._sender = ExternalSender(channel_id)
        self._people: dict[int, davey.DaveSession] = {}
        self._members: list[int] = []  # those of the people who are in the group by now
        self._bot = _Bot.AWAY
        self._epoch = 0
        self._transition = AT_ONCE

    @property
    def is_encrypted(self) -> bool:
        """Whether the bot and somebody who listens share keys."""
        return self._bot is _Bot.MEMBER

    # --- who comes and goes --------------------------------------------------------------------

    def person_joins(self, user_id: int) -> None:
        if user_id in self._people:
            return
        self._people[user_id] = self._new_session(user_id)
        if self._bot is _Bot.ALONE:
            self._have_the_bot_add(user_id)
        elif self._bot is _Bot.MEMBER:
            self._admit_people()

    def person_leaves(self, user_id: int) -> None:
        session = self._people.pop(user_id, None)
        if session is None or self._bot is not _Bot.MEMBER or user_id not in self._members:
            return
        self._members.remove(user_id)
        if not self._members:
            self._begin_anew()
            return
        leaf = session.own_leaf_index
        if leaf is not None:
            self._commit([self._sender.remove(leaf, epoch=self._epoch)])

    def bot_joins(self) -> None:
        """The bot's session begins: it learns whose proposals to trust, and sends a key package."""
        self._bot = _Bot.EXPECTED
        self._send(BinaryFrame(DaveOp.EXTERNAL_SENDER, self._sender.package()))

    def bot_leaves(self) -> None:
        self._bot = _Bot.AWAY
        self._members.clear()

    # --- what the bot sends --------------------------------------------------------------------

    def take_key_package(self, key_package: bytes) -> None:
        """The bot is ready for a group: one is made, of everybody who is there."""
        self._epoch = 0
        self._members.clear()
        if not self._people:
            self._bot = _Bot.ALONE
            return
        for user_id in self._people:
            self._people[user_id] = self._new_session(user_id)
        self._members.append(next(iter(self._people)))
        proposals = [self._sender.add(key_package, epoch=0), *self._proposed_people()]
        self._bot = _Bot.MEMBER
        welcome = self._commit(proposals, tell_bot=False)
        content = struct.pack(">H", self._next_transition()) + welcome
        self._send(BinaryFrame(DaveOp.WELCOME, content))

    def take_commit(self, message: bytes) -> None:
        """The bot, alone until now, has added the first listener. Of no use at any other time."""
        if self._bot is not _Bot.COMMITTING:
            return  # somebody else's commit was first
        answer = split_commit(message)
        user_id = self._members[0]
        person = self._people.get(user_id)
        if person is None:  # gone in the meantime
            self._begin_anew()
            return
        person.process_welcome(answer.welcome)
        self._epoch += 1
        self._bot = _Bot.MEMBER
        self._announce(answer.commit, AT_ONCE)
        self._admit_people()

    def take_invalid(self) -> None:
        """The bot could not follow: it sends a new key package, and the group is made anew."""
        self._bot = _Bot.EXPECTED

    def take_ready(self, transition: int) -> None:
        """The bot has made ready for a transition, and nobody else has to be waited for."""
        self._send(JsonFrame(DaveOp.EXECUTE_TRANSITION, {"transition_id": transition}))

    # --- what is heard -------------------------------------------------------------------------

    def decrypt(self, bot_id: int, payload: bytes) -> bytes | None:
        """A packet's Opus as the people of the call get it; None when none of them can."""
        if not payload.endswith(_ENCRYPTED):
            return payload
        for user_id in self._members:
            try:
                return self._people[user_id].decrypt(bot_id, davey.MediaType.audio, payload)
            except (KeyError, ValueError, RuntimeError):
                continue
        return None

    # --- how the group changes -----------------------------------------------------------------

    def _new_session(self, user_id: int) -> davey.DaveSession:
        session = davey.DaveSession(VERSION, user_id, self._channel_id)
        session.set_external_sender(self._sender.package())
        return session

    def _have_the_bot_add(self, user_id: int) -> None:
        self._bot = _Bot.COMMITTING
        self._members.append(user_id)
        package = self._people[user_id].get_serialized_key_package()
        self._propose([self._sender.add(package, epoch=self._epoch)])

    def _admit_people(self) -> None:
        proposals = self._proposed_people()
        if proposals:
            self._commit(proposals)

    def _proposed_people(self) -> list[bytes]:
        return [
            self._sender.add(session.get_serialized_key_package(), epoch=self._epoch)
            for user_id, session in self._people.items()
            if user_id not in self._members
        ]

    def _propose(self, proposals: list[bytes]) -> None:
        self._send(BinaryFrame(DaveOp.PROPOSALS, b"\0" + vector(b"".join(proposals))))

    def _commit(self, proposals: list[bytes], *, tell_bot: bool = True) -> bytes:
        """Have the first of the people commit: the welcome for those who are added by it."""
        if tell_bot:
            self._propose(proposals)
        packed = vector(b"".join(proposals))
        append = davey.ProposalsOperationType.append
        answers = [self._people[one].process_proposals(append, packed) for one in self._members]
        first = answers[0]
        if first is None:
            raise RuntimeError("the first of the people had nothing to commit")
        for user_id in self._members:
            self._people[user_id].process_commit(first.commit)
        for user_id, session in self._people.items():
            if user_id not in self._members:
                session.process_welcome(first.welcome or b"")
                self._members.append(user_id)
        self._epoch += 1
        if tell_bot:
            self._announce(first.commit, self._next_transition())
        return first.welcome or b""

    def _announce(self, commit: bytes, transition: int) -> None:
        content = struct.pack(">H", transition) + commit
        self._send(BinaryFrame(DaveOp.ANNOUNCE_COMMIT, content))

    def _begin_anew(self) -> None:
        """The bot is alone again, and makes itself ready for a group that is to come."""
        self._bot = _Bot.EXPECTED
        self._members.clear()
        self._send(JsonFrame(DaveOp.PREPARE_EPOCH, {"protocol_version": VERSION, "epoch": 1}))

    def _next_transition(self) -> int:
        self._transition = self._transition % _LARGEST_TRANSITION + 1
        return self._transition
