"""Opening a stranger's file: which kinds of file, which codecs, and nothing that they name."""

from __future__ import annotations

from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from worker.audio.failures import SourceError, SourceFailure
from worker.audio.sound_file import SoundFile

FORMATS: Final = (
    "matroska,webm,ogg,mov,mp4,m4a,3gp,3g2,mj2,mp3,wav,flac,aac,aiff,caf,asf,mpegts,w64,ape,wv,tta,"
    "amr,au,flv"
)
"""None of them names other files or addresses, as playlists do, for FFmpeg to open."""
CODECS: Final = frozenset(
    {
        *("opus", "libopus", "vorbis", "mp3", "mp3float", "mp2", "mp2float", "aac", "aac_latm"),
        *("flac", "alac", "ape", "wavpack", "tta", "ac3", "eac3", "wmav1", "wmav2", "wmapro"),
        *("amrnb", "amrwb", "adpcm_ms", "adpcm_ima_wav", "gsm_ms"),
        *(name for name in av.codecs_available if name.startswith("pcm_")),
    }
)
"""What people have music in. Of FFmpeg's hundreds no other decoder sees a stranger's bytes."""
CONTAINER_OPTIONS: Final = {
    "format_whitelist": FORMATS,
    "codec_whitelist": ",".join(sorted(CODECS)),
    "protocol_whitelist": "none",
    "probesize": "1000000",
    "max_streams": "50",
}
AVIO_BYTES: Final = 65536


class RememberingFile:
    """The file as PyAV reads it.

    FFmpeg takes many an error for the end of the file, so what went wrong is kept. It is not
    PyAV's to close.
    """

    def __init__(self, file: SoundFile) -> None:
        self._file = file
        self._failure: SourceError | None = None
        self.tell = file.tell
        self.seekable = file.seekable

    def raise_failure(self) -> None:
        """Raises what went wrong since the file was opened or rewound, if anything did."""
        if self._failure is not None:
            raise self._failure

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except SourceError as error:
            self._failure = error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except SourceError as error:
            self._failure = error
            raise

    @property
    def duration_ms(self) -> int | None:
        return self._file.duration_ms

    def rewind(self, near_ms: int) -> int:
        self._failure = None
        return self._file.rewind(near_ms)


def open_container(file: RememberingFile) -> InputContainer:
    try:
        return av.open(
            file, "r", container_options=CONTAINER_OPTIONS, buffer_size=AVIO_BYTES,
            io_open=_refuse,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        file.raise_failure()
        raise SourceError(SourceFailure.NOT_AUDIO, "no format that is known") from error


def _refuse(*_arguments: object) -> None:
    raise SourceError(SourceFailure.UNSUPPORTED, "a file that names other files")


def sound_in(container: InputContainer) -> AudioStream:
    streams = container.streams.audio
    if not streams:
        raise SourceError(SourceFailure.NOT_AUDIO, "a file without sound")
    stream = streams[0]
    # There is no context where FFmpeg has no decoder at all.
    if getattr(stream.codec_context, "name", None) not in CODECS:
        raise SourceError(SourceFailure.UNSUPPORTED, "a codec that is not decoded")
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    return stream
