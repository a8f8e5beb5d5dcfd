"""Opus: the library that PyAV's wheel brings along, and what a packet says of itself.

Source of the packet's layout: RFC 6716, section 3.1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
import discord

FRAME_MS: Final = 20
LONGEST_FRAME: Final = 1275
"""Bytes of one frame, by the format's rules; discord.py's own packets are a quarter of that."""
SAMPLES_PER_FRAME: Final = 960
"""At 48 kHz."""
SAMPLE_BYTES: Final = 2
PCM_FRAME_BYTES: Final = SAMPLES_PER_FRAME * SAMPLE_BYTES * 2
"""A frame as two channels of 16 bits."""
SILENCE: Final = b"\xf8\xff\xfe"

_SILK_LAST: Final = 11
_HYBRID_LAST: Final = 15
_SILK_MS: Final = (10.0, 20.0, 40.0, 60.0)
_HYBRID_MS: Final = (10.0, 20.0)
_CELT_MS: Final = (2.5, 5.0, 10.0, 20.0)
_TWO_FRAMES: Final = (1, 2)
_ANY_NUMBER: Final = 3


class OpusMissingError(RuntimeError):
    """There is no libopus beside PyAV, nor one that the system has."""


def load_opus() -> None:
    """Have discord.py use the libopus inside PyAV's wheel, or else the system's.

    Does nothing the second time. Raises OpusMissingError.
    """
    if discord.opus.is_loaded():
        return
    package = Path(av.__file__).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):  # Linux, macOS
        for library in sorted(folder.glob("libopus*")):
            discord.opus.load_opus(str(library))
            return
    try:
        discord.opus.Encoder.get_opus_version()  # looks for the system's
    except discord.opus.OpusNotLoaded as error:
        raise OpusMissingError("install PyAV from its wheel, or the system's libopus") from error


def can_be_sent(packet: bytes) -> bool:
    """Whether a voice channel can be given an Opus packet as it is: one of Discord's length, and no
    longer than a frame. Padding, several frames in one, and damage make longer ones, which would
    not fit into one datagram.
    """
    return len(packet) <= LONGEST_FRAME and packet_ms(packet) == FRAME_MS


def packet_ms(packet: bytes) -> float:
    """How much sound an Opus packet holds, in milliseconds; 0 if it is no packet."""
    if not packet:
        return 0
    configuration, code = packet[0] >> 3, packet[0] & 3
    if configuration <= _SILK_LAST:
        frame_ms = _SILK_MS[configuration & 3]
    elif configuration <= _HYBRID_LAST:
        frame_ms = _HYBRID_MS[configuration & 1]
    else:
        frame_ms = _CELT_MS[configuration & 3]
    if code == _ANY_NUMBER:
        return frame_ms * (packet[1] & 63 if len(packet) > 1 else 0)
    return frame_ms * (2 if code in _TWO_FRAMES else 1)
