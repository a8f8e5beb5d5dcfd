"""What a listener measures, and the bytes that the voice server takes apart."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

import davey
import pytest

from dev.voice.dave import BinaryFrame, DaveGroup, DaveOp, Frame, JsonFrame
from dev.voice.listener import Listener
from dev.voice.mls import split_commit, vector
from dev.voice.rtp import Header, Mode, PacketError, decrypt, receiver_report
from dev.voice.sound import Sound, write_wav
from tests.voice.raw_client import sealed_with_aes

CHANNEL, BOT, PERSON, OTHER = 304, 9001, 101, 102
KEY = bytes(range(32))


def tone(hertz: float, *, height: int = 8000, seconds: float = 0.3) -> bytes:
    samples = array("h")
    for n in range(round(48_000 * seconds)):
        value = round(height * math.sin(2 * math.pi * hertz * n / 48_000))
        samples.extend((value, value))
    return samples.tobytes()


@pytest.mark.parametrize("hertz", [60, 440, 441, 1000, 2500])
def test_a_tone_has_its_frequency_and_its_level(hertz: int) -> None:
    sound = Sound.of(tone(hertz))
    assert sound.frequency == pytest.approx(hertz, abs=2)
    assert sound.level == pytest.approx(8000 / math.sqrt(2), rel=0.01)
    assert sound.strength(hertz) == pytest.approx(8000, rel=0.05)
    assert sound.seconds == pytest.approx(0.3)


def test_silence_has_none() -> None:
    assert Sound.of(b"").level == 0
    assert Sound.of(bytes(9600)).frequency == 0


def test_what_was_heard_can_be_kept_in_a_file(tmp_path: Path) -> None:
    write_wav(tmp_path / "heard.wav", tone(440))
    with wave.open(str(tmp_path / "heard.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 48_000)
        assert file.readframes(file.getnframes()) == tone(440)


@pytest.mark.parametrize("length", [0, 63, 64, 16383, 16384])
def test_a_vector_tells_its_length(length: int) -> None:
    head = {63: 1, 16383: 2}
    size = next((size for most, size in head.items() if length <= most), 4)
    assert len(vector(bytes(length))) == size + length


def test_what_is_no_commit_is_refused() -> None:
    with pytest.raises(ValueError, match="belongs"):
        split_commit(b"\0\1\0\1" + vector(b"group") + bytes(9))


def test_a_packet_of_another_key_cannot_be_read() -> None:
    packet = sealed_with_aes(b"opus", key=KEY, ssrc=7, sequence=1)
    header = Header.of(packet)
    assert (header.ssrc, header.sequence, header.timestamp) == (7, 1, 960)
    assert decrypt(packet, header, key=KEY, mode=Mode.AES_GCM) == b"opus"
    with pytest.raises(PacketError):
        decrypt(packet, header, key=KEY[::-1], mode=Mode.AES_GCM)
    with pytest.raises(PacketError):
        Header.of(receiver_report(header, 1, key=KEY, mode=Mode.XCHACHA))


def test_a_listener_tells_what_is_lost_doubled_and_misdated() -> None:
    heard = Listener()
    for sequence, timestamp in ((65535, 0), (0, 960), (2, 2880), (2, 2880), (3, 9999)):
        heard.take(
            connection=1,
            sequence=sequence,
            timestamp=timestamp,
            arrived=sequence / 50,
            opus=b"\xf8\xff\xfe",
            was_encrypted=False,
        )
    mark = heard.mark()
    heard.take(connection=2, sequence=9, timestamp=9, arrived=9, opus=None, was_encrypted=True)
    found = [(fault.what, fault.packet.sequence) for fault in heard.faults()]
    assert found == [("unreadable", 9), ("lost", 2), ("doubled", 2), ("misdated", 3)]
    assert [fault.what for fault in heard.faults(since=mark)] == ["unreadable"]


class RemoteBot:
    """The bot's side of a group, as discord.py has it."""

    def __init__(self) -> None:
        self.session = davey.DaveSession(1, BOT, CHANNEL)
        self.group = DaveGroup(CHANNEL, self.take)
        self.waiting: list[Frame] = []

    def take(self, frame: Frame) -> None:
        self.waiting.append(frame)

    def join(self) -> None:
        self.group.bot_joins()
        self.group.take_key_package(self.session.get_serialized_key_package())
        self.answer()

    def answer(self) -> None:
        while self.waiting:
            self.obey(self.waiting.pop(0))

    def obey(self, frame: Frame) -> None:
        if isinstance(frame, JsonFrame):
            if frame.op is DaveOp.PREPARE_EPOCH:
                self.session.reinit(1, BOT, CHANNEL)
                self.group.take_key_package(self.session.get_serialized_key_package())
            return
        self.obey_binary(frame)

    def obey_binary(self, frame: BinaryFrame) -> None:
        match frame.op:
            case DaveOp.EXTERNAL_SENDER:
                self.session.set_external_sender(frame.content)
            case DaveOp.PROPOSALS:
                append = davey.ProposalsOperationType.append
                answer = self.session.process_proposals(append, frame.content[1:])
                if answer is not None:
                    self.group.take_commit(answer.commit + (answer.welcome or b""))
            case DaveOp.ANNOUNCE_COMMIT:
                self.session.process_commit(frame.content[2:])
            case DaveOp.WELCOME:
                self.session.process_welcome(frame.content[2:])
            case other:
                raise AssertionError(f"nobody sends {other} to a client")

    def is_heard(self) -> bool:
        sealed = self.session.encrypt_opus(b"opus" * 20)
        return self.group.decrypt(BOT, sealed) == b"opus" * 20


def test_a_group_changes_its_keys_with_everybody_who_comes_or_goes() -> None:
    bot = RemoteBot()
    bot.join()
    assert not bot.group.is_encrypted  # alone

    authenticators = set()
    group = bot.group
    for change, who in (
        (group.person_joins, PERSON),
        (group.person_joins, OTHER),
        (group.person_leaves, PERSON),
    ):
        change(who)
        bot.answer()
        assert bot.is_heard()
        authenticators.add(bot.session.get_epoch_authenticator())
    assert len(authenticators) == 3

    bot.group.person_leaves(OTHER)
    bot.answer()
    assert not bot.group.is_encrypted
    bot.group.person_joins(OTHER)
    bot.answer()
    assert bot.is_heard()


def test_whoever_is_there_lets_the_bot_in() -> None:
    bot = RemoteBot()
    bot.group.person_joins(PERSON)
    bot.group.person_joins(OTHER)
    bot.join()
    assert bot.is_heard()
    assert sorted(bot.session.get_user_ids()) == sorted(map(str, (BOT, PERSON, OTHER)))


def test_somebody_who_is_gone_before_the_bot_has_committed_leaves_it_alone() -> None:
    bot = RemoteBot()
    bot.join()
    bot.group.person_joins(PERSON)
    bot.group.person_leaves(PERSON)
    bot.answer()
    assert not bot.group.is_encrypted
    bot.group.person_joins(OTHER)
    bot.answer()
    assert bot.is_heard()


def test_a_bot_that_could_not_follow_is_taken_in_anew() -> None:
    bot = RemoteBot()
    bot.group.person_joins(PERSON)
    bot.join()
    bot.group.take_invalid()
    bot.session.reinit(1, BOT, CHANNEL)
    bot.group.take_key_package(bot.session.get_serialized_key_package())
    bot.answer()
    assert bot.is_heard()


def test_what_nobody_has_the_key_of_stays_unread() -> None:
    bot = RemoteBot()
    bot.group.person_joins(PERSON)
    bot.join()
    sealed = bot.session.encrypt_opus(b"opus" * 20)
    assert RemoteBot().group.decrypt(BOT, sealed) is None
    assert bot.group.decrypt(BOT, sealed[:-4] + b"\0\0\xfa\xfa") is None
