"""What a file is: by its name before one has it, by its first bytes afterwards.

Names lie, and so does what Discord makes of them: only the bytes decide what a model gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from lib.locales import Text
from lib.ports.chat_model import MediaKind


class FileKind(StrEnum):
    """What can be read."""

    IMAGE = "image"
    PDF = "pdf"
    AUDIO = "audio"
    TEXT = "text"


class Found(NamedTuple):
    """What the bytes of a file say it is, of what goes to a model as it is."""

    kind: MediaKind
    content_type: str


ARCHIVE: Final = Text(en="an archive", ja="圧縮ファイル")
OFFICE: Final = Text(en="a ZIP archive or an Office document", ja="ZIPファイルまたはOffice文書")
OLD_OFFICE: Final = Text(en="an Office document", ja="Office文書")
GIF: Final = Text(en="a GIF", ja="GIF画像")
OTHER_PICTURE: Final = Text(en="a picture of another kind", ja="対応していない形式の画像")
VIDEO: Final = Text(en="a video", ja="動画")
PROGRAM: Final = Text(en="a program", ja="実行ファイル")

_ENDINGS: Final[Mapping[FileKind, str]] = {
    FileKind.IMAGE: "png jpg jpeg jfif webp heic heif",
    FileKind.PDF: "pdf",
    FileKind.AUDIO: "mp3 wav ogg oga opus flac aac m4a m4b aif aiff",
    FileKind.TEXT: (
        "txt text md markdown mdx rst adoc org tex bib log csv tsv json jsonl ndjson json5 yaml yml"
        " toml ini cfg conf config properties env xml svg html htm xhtml css scss sass less vue"
        " svelte astro js mjs cjs jsx ts mts cts tsx py pyi ipynb rb php pl pm lua r jl java kt kts"
        " scala groovy gradle c h cc cpp cxx hh hpp cs fs fsx vb m mm swift go rs zig nim d dart ex"
        " exs erl hrl hs lhs ml mli clj cljs lisp el scm rkt sh bash zsh fish ps1 bat cmd sql"
        " graphql gql proto diff patch asm s v sv vhd vhdl tf hcl nix cmake mk make dockerfile"
        " makefile gitignore gitattributes editorconfig lock srt vtt ass po pot ics vcf eml plist"
        " license readme changelog authors"
    ),
}
_KINDS: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_TEXT_TYPES: Final = frozenset(
    [
        "json",
        "javascript",
        "ecmascript",
        "typescript",
        "xml",
        "yaml",
        "x-yaml",
        "toml",
        "sql",
        "x-sh",
        "x-httpd-php",
        "x-ndjson",
    ]
)
_IMAGE_TYPES: Final = frozenset(("png", "jpeg", "webp", "heic", "heif"))

_STARTS: Final[tuple[tuple[bytes, Found | Text], ...]] = (
    (b"\x89PNG\r\n\x1a\n", Found(MediaKind.IMAGE, "image/png")),
    (b"\xff\xd8\xff", Found(MediaKind.IMAGE, "image/jpeg")),
    (b"%PDF-", Found(MediaKind.PDF, "application/pdf")),
    (b"ID3", Found(MediaKind.AUDIO, "audio/mpeg")),
    (b"fLaC", Found(MediaKind.AUDIO, "audio/flac")),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", OTHER_PICTURE),
    (b"MM\x00*", OTHER_PICTURE),
    (b"PK\x03\x04", OFFICE),
    (b"PK\x05\x06", OFFICE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"\xfd7zXZ\x00", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
    (b"\x1aE\xdf\xa3", VIDEO),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
)
_RIFF: Final[Mapping[bytes, Found | Text]] = {
    b"WEBP": Found(MediaKind.IMAGE, "image/webp"),
    b"WAVE": Found(MediaKind.AUDIO, "audio/wav"),
    b"AVI ": VIDEO,
}
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
_HEIF_BRANDS: Final = (b"mif1", b"msf1")
_AVIF_BRANDS: Final = (b"avif", b"avis")
_OGG_VIDEO: Final = b"\x80theora"
_OGG_HEAD: Final = 512


def kind_by_name(name: str, content_type: str) -> FileKind | None:
    """What it would be by its name, or else by what Discord takes it for; None: nothing we read."""
    ending = name.rpartition(".")[2].lower()
    if (kind := _KINDS.get(ending)) is not None:
        return kind
    family, _, detail = content_type.partition(";")[0].strip().lower().partition("/")
    if family == "text" or (family == "application" and _is_text_type(detail)):
        return FileKind.TEXT
    if family == "image" and detail in _IMAGE_TYPES:
        return FileKind.IMAGE
    if family == "audio":
        return FileKind.AUDIO
    return FileKind.PDF if (family, detail) == ("application", "pdf") else None


def kind_by_bytes(content: bytes) -> Found | Text | None:
    """What it is: something that goes to a model as it is, or a name for what nobody reads. None:
    it has no sign of its own, as texts have none.
    """
    for start, found in _STARTS:
        if content.startswith(start):
            return found
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return _in_mp4(content)
    if content[:4] == b"OggS":
        is_video = _OGG_VIDEO in content[:_OGG_HEAD]
        return VIDEO if is_video else Found(MediaKind.AUDIO, "audio/ogg")
    if content[:4] == b"FORM" and content[8:12] in (b"AIFF", b"AIFC"):
        return Found(MediaKind.AUDIO, "audio/aiff")
    return _of_two_bytes(content)


def _is_text_type(detail: str) -> bool:
    return detail in _TEXT_TYPES or detail.endswith(("+json", "+xml"))


def _in_mp4(content: bytes) -> Found | Text:
    """Pictures, audio and video share one container; its brand tells, or else its tracks do."""
    brand = content[8:12]
    if brand in _HEIC_BRANDS:
        return Found(MediaKind.IMAGE, "image/heic")
    if brand in _HEIF_BRANDS:
        return Found(MediaKind.IMAGE, "image/heif")
    if brand in _AVIF_BRANDS:
        return OTHER_PICTURE
    # A track says at its `hdlr`, after version and flags and a zero, what it is.
    tracks = {part[8:12] for part in content.split(b"hdlr")[1:]}
    if b"vide" not in tracks and (b"soun" in tracks or brand in (b"M4A ", b"M4B ")):
        return Found(MediaKind.AUDIO, "audio/mp4")
    return VIDEO


def _of_two_bytes(content: bytes) -> Found | Text | None:
    """What has so little of a sign that a text might begin with it: a second look decides."""
    head = content[:64]
    if head[:2] == b"MZ" and b"\x00" in head:
        return PROGRAM
    if head[:2] == b"BM" and head[6:10] == b"\x00" * 4:
        return OTHER_PICTURE
    if len(head) > 3 and head[0] == 0xFF:  # noqa: PLR2004 - the first of a frame's sync bits
        # MPEG's layer III, with a bit rate and a sampling rate that exist; or AAC: no layer.
        if head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C:  # noqa: PLR2004
            return Found(MediaKind.AUDIO, "audio/mpeg")
        if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004
            return Found(MediaKind.AUDIO, "audio/aac")
    return None
