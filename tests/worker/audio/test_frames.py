"""Files of every kind, as the frames that a voice channel is given."""

from __future__ import annotations

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.worker.recordings import (
    LEVEL,
    frames_of,
    frequency,
    heard,
    record,
    record_film,
    rising,
    rms,
    time_ms_of,
    with_other_packets,
)
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.sound_file import LocalFile

FRAMES_A_SECOND = 50
PCM_BYTES = 3840
DASH = """<?xml version="1.0"?>
<MPD type="static" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="audio/webm"><Representation id="1"><BaseURL>{url}</BaseURL>
</Representation></AdaptationSet></Period></MPD>
"""
LOUD = LEVEL / 2**0.5
SETTLED = 4
"""The frames that a codec needs until it sounds as it should."""
OTHERS = [
    ("mono.mp3", "libmp3lame", 22050, 1),
    ("stereo.mp3", "libmp3lame", 44100, 2),
    ("mono.wav", "pcm_s16le", 22050, 1),
    ("stereo.wav", "pcm_s24le", 96000, 2),
    ("mono.flac", "flac", 22050, 1),
    ("stereo.flac", "flac", 44100, 2),
    ("stereo.m4a", "aac", 44100, 2),
    ("mono.aac", "aac", 32000, 1),
]


@pytest.mark.parametrize("name", ["sound.ogg", "sound.webm", "sound.mka"])
@pytest.mark.parametrize("channels", [1, 2])
def test_opus_is_passed_on_byte_for_byte(tmp_path: Path, name: str, channels: int) -> None:
    recording = record(tmp_path / name, channels=channels)
    frames = frames_of(recording.path)
    assert all(frame.is_opus for frame in frames)
    assert [frame.data for frame in frames] == recording.packets


@pytest.mark.parametrize("frame_ms", ["10", "40", "60"])
def test_opus_in_other_packets_than_discords_is_decoded(tmp_path: Path, frame_ms: str) -> None:
    recording = record(tmp_path / "sound.ogg", options={"frame_duration": frame_ms})
    frames = frames_of(recording.path)
    assert not any(frame.is_opus for frame in frames)
    assert abs(len(frames) - 2 * FRAMES_A_SECOND) <= 1
    assert frequency(heard(frames[10:90])) == pytest.approx(440, rel=0.01)


def padded(_: int, packet: bytes) -> bytes:
    """The same packet with 2,032 bytes behind it that say nothing (RFC 6716, section 3.2.5)."""
    assert packet[0] & 3 == 0
    return bytes([packet[0] | 3, 0x41, *[255] * 8, 0]) + packet[1:] + bytes(8 * 254)


@pytest.mark.parametrize("name", ["sound.ogg", "sound.webm"])
def test_opus_in_packets_too_long_for_a_datagram_is_decoded(tmp_path: Path, name: str) -> None:
    recording = with_other_packets(record(tmp_path / name), padded)
    frames = frames_of(recording.path)
    assert not any(frame.is_opus for frame in frames)
    assert abs(len(frames) - 2 * FRAMES_A_SECOND) <= 1
    assert frequency(heard(frames[10:90])) == pytest.approx(440, rel=0.01)


def test_of_opus_with_damage_in_it_only_the_damage_is_not_heard(tmp_path: Path) -> None:
    def damaged(number: int, packet: bytes) -> bytes:
        return packet[:1] + b"\x5a" * 60_000 if number == 50 else packet

    recording = with_other_packets(record(tmp_path / "sound.ogg"), damaged)
    frames = frames_of(recording.path)
    assert [frame.data for frame in frames[:50]] == recording.packets[:50]
    assert max(len(frame.data) for frame in frames) == PCM_BYTES
    assert abs(len(frames) - 2 * FRAMES_A_SECOND) <= 2
    assert frequency(heard(frames[60:])) == pytest.approx(440, rel=0.01)


def test_opus_that_its_head_makes_softer_is_decoded(tmp_path: Path) -> None:
    path = record(tmp_path / "sound.webm").path
    content = path.read_bytes()
    gain = content.index(b"OpusHead") + 16
    half = (-6 * 256).to_bytes(2, "little", signed=True)  # in 256ths of a decibel
    path.write_bytes(content[:gain] + half + content[gain + 2 :])
    frames = frames_of(path)
    assert not any(frame.is_opus for frame in frames)
    assert rms(heard(frames[10:90])) == pytest.approx(LOUD / 2, rel=0.1)


@pytest.mark.parametrize(("name", "codec", "rate", "channels"), OTHERS)
def test_every_other_sound_becomes_pcm_as_discord_wants_it(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int
) -> None:
    recording = record(tmp_path / name, codec, rate=rate, channels=channels)
    frames = frames_of(recording.path)
    assert {len(frame.data) for frame in frames} == {PCM_BYTES}
    assert abs(len(frames) - 2 * FRAMES_A_SECOND) <= 4  # some codecs add a little at the end
    middle = heard(frames[10:90])
    assert frequency(middle) == pytest.approx(440, rel=0.01)
    assert rms(middle) == pytest.approx(LOUD, rel=0.1)  # within a decibel


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [("stereo.ogg", "libopus", 48000, 2), ("mono.webm", "libopus", 48000, 1), *OTHERS],
)
def test_a_seek_lands_within_a_tenth_of_a_second(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int
) -> None:
    variable = {"q": "4"} if codec == "libmp3lame" else {}
    recording = record(
        tmp_path / name, codec, rising, seconds=3, rate=rate, channels=channels, options=variable
    )
    with closing(LocalFile(recording.path)) as file, closing(FrameReader(file)) as reader:
        for target_ms in (2900, 0, 2500, 1, 1234, 730):
            found = list(reader.frames(target_ms))
            assert found[0].position_ms == pytest.approx(target_ms, abs=100)
            assert len(found) == pytest.approx((3000 - target_ms) / 20, abs=5)
            if target_ms < 2800:
                frames = [at.frame for at in found[: SETTLED + 3]]
                hz = frequency(heard(frames)[SETTLED * PCM_BYTES :])
                assert time_ms_of(hz) - SETTLED * 20 - 30 == pytest.approx(target_ms, abs=100)


def test_a_seek_beyond_the_end_finds_the_end(tmp_path: Path) -> None:
    recording = record(tmp_path / "sound.ogg")
    assert len(frames_of(recording.path, from_ms=60_000)) <= 1


def test_a_file_tells_how_long_it_is_and_what_it_is_called(tmp_path: Path) -> None:
    recording = record(
        tmp_path / "sound.mp3", "libmp3lame", tags={"title": "彗星", "artist": "Edmond"}
    )
    with closing(LocalFile(recording.path)) as file, closing(FrameReader(file)) as reader:
        assert reader.tags == ("彗星", "Edmond")
        assert reader.duration_ms == pytest.approx(2000, abs=60)


def refused(path: Path) -> SourceFailure:
    with pytest.raises(SourceError) as caught:
        frames_of(path)
    return caught.value.failure


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 5000, b"<!doctype html><title>No sound</title>" * 50, bytes(range(256)) * 200],
    ids=["empty", "zeros", "page", "garbage"],
)
def test_what_is_no_sound_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes(content)
    assert refused(path) is SourceFailure.NOT_AUDIO


@pytest.mark.parametrize(
    ("name", "codec", "failure"),
    [
        ("odd.wav", "adpcm_yamaha", SourceFailure.UNSUPPORTED),
        ("odd.avi", "libmp3lame", SourceFailure.NOT_AUDIO),
    ],
)
def test_what_hardly_anybody_has_is_not_decoded(
    tmp_path: Path, name: str, codec: str, failure: SourceFailure
) -> None:
    """A decoder that is never needed is one that no stranger's bytes should come to."""
    assert refused(record(tmp_path / name, codec).path) is failure


def test_of_a_film_the_sound_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    record_film(path)
    assert frequency(heard(frames_of(path)[10:90])) == pytest.approx(440, rel=0.01)


def test_a_picture_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000002000000030806000000b9ead281"
        "0000000b49444154789c6360c0070000240001a5a8a96e0000000049454e44ae426082"
    ))  # fmt: skip
    assert refused(path) is SourceFailure.NOT_AUDIO


def test_a_damaged_file_is_heard_where_it_is_whole(tmp_path: Path) -> None:
    recording = record(tmp_path / "sound.mp3", "libmp3lame", seconds=4)
    content = bytearray(recording.path.read_bytes())
    half = len(content) // 2
    content[half : half + 2000] = b"\x5a" * 2000
    recording.path.write_bytes(content)
    frames = frames_of(recording.path)
    assert len(frames) > 3 * FRAMES_A_SECOND
    assert frequency(heard(frames[-50:-10])) == pytest.approx(440, rel=0.01)


def test_half_a_file_is_heard_to_where_it_ends(tmp_path: Path) -> None:
    recording = record(tmp_path / "sound.ogg", seconds=4)
    content = recording.path.read_bytes()
    recording.path.write_bytes(content[: len(content) // 2])
    assert len(frames_of(recording.path)) > FRAMES_A_SECOND


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{url}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{url}'\n",
        DASH,
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
    ids=["hls", "concat", "dash", "sdp"],
)
def test_a_file_that_names_others_has_none_of_them_opened(tmp_path: Path, playlist: str) -> None:
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = tmp_path / "sound.mp3"
        path.write_text(playlist.format(url=f"http://127.0.0.1:{server.server_port}/a.mp3"))
        assert refused(path) is SourceFailure.NOT_AUDIO
        server.shutdown()
    assert asked == []
