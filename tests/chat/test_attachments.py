"""Files are taken by what is in them, and every refusal says what would be taken."""

from __future__ import annotations

import gzip
import io
import wave
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lib.chat.attachments import (
    KB,
    LIMITS,
    MB,
    MOST_CHARACTERS,
    TAKEN,
    QuotedText,
    as_user_facing,
    check,
    most_bytes,
    read,
)
from lib.chat.file_kinds import FileKind
from lib.interactions.errors import UserFacingError
from lib.interactions.resolved import Attachment
from lib.locales import Locale
from lib.ports import AttachmentError, AttachmentFailure, Media, MediaKind
from tests.payloads import attached


def file(name: str, *, content_type: str | None = None, size: int = 1024) -> Attachment:
    return Attachment.from_payload(attached(name, content_type=content_type, size=size))


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (2, 3)).save(stream, kind)
    return stream.getvalue()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("secret.txt", "x")
    return stream.getvalue()


def sound() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(b"\x00" * 32)
    return stream.getvalue()


def mp4(brand: bytes, *tracks: bytes) -> bytes:
    """As much of one as tells what it is."""
    boxes = b"".join(b"\x00\x00\x00\x20hdlr" + b"\x00" * 8 + track for track in tracks)
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00" + boxes


def refusal_of(name: str, content: bytes) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        read(file(name), content)
    return caught.value


def text_of(content: bytes, name: str = "notes.txt") -> str:
    found = read(file(name), content)
    assert isinstance(found, QuotedText)
    return found.text


# --- before it is fetched -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content_type", "limit"),
    [
        ("comet.png", None, 10 * MB),
        ("COMET.JPEG", None, 10 * MB),
        ("comet", "image/webp", 10 * MB),
        ("photo.heic", "application/octet-stream", 10 * MB),
        ("orbit.pdf", "application/pdf", 12 * MB),
        ("orbit", "application/pdf", 12 * MB),
        ("voice-message.ogg", "audio/ogg", 12 * MB),
        ("memo", "audio/mp4", 12 * MB),
        ("notes.txt", "text/plain; charset=utf-8", 512 * KB),
        ("main.rs", "application/rls-services+xml", 512 * KB),
        ("index.ts", "video/mp2t", 512 * KB),
        ("icon.svg", "image/svg+xml", 512 * KB),
        ("feed", "application/atom+xml", 512 * KB),
        ("data", "Application/JSON", 512 * KB),
        ("Dockerfile", None, 512 * KB),
        (".gitignore", None, 512 * KB),
        ("日誌.md", None, 512 * KB),
    ],
)
def test_what_is_taken_may_have_as_much_as_its_kind(
    name: str, content_type: str | None, limit: int
) -> None:
    assert most_bytes(file(name, content_type=content_type)) == limit
    check(file(name, content_type=content_type, size=limit))
    with pytest.raises(UserFacingError, match="is too large"):
        check(file(name, content_type=content_type, size=limit + 1))


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("archive.zip", "application/zip"),
        ("clip.mp4", "video/mp4"),
        ("dance.gif", "image/gif"),
        ("report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("setup.exe", "application/x-msdownload"),
        ("unknown", None),
        ("unknown.xyz", "application/octet-stream"),
        ("", None),
        (".", None),
        ("x", "///"),
    ],
)
def test_any_other_kind_is_refused_before_it_is_fetched(
    name: str, content_type: str | None
) -> None:
    with pytest.raises(UserFacingError) as caught:
        check(file(name, content_type=content_type))
    assert caught.value.in_(Locale.ENGLISH).endswith(TAKEN.en)
    assert caught.value.in_(Locale.JAPANESE).endswith(TAKEN.ja)


def test_a_file_of_25_mb_and_one_of_no_bytes_are_refused_before_they_are_fetched() -> None:
    for name in ("comet.png", "orbit.pdf", "song.mp3", "log.txt"):
        with pytest.raises(UserFacingError, match="too large"):
            check(file(name, size=25 * MB))
        with pytest.raises(UserFacingError, match="is empty"):
            check(file(name, size=0))


def test_the_limits_are_those_that_the_users_are_told() -> None:
    assert {kind: limit // KB for kind, limit in LIMITS.items()} == {
        FileKind.IMAGE: 10 * KB,
        FileKind.PDF: 12 * KB,
        FileKind.AUDIO: 12 * KB,
        FileKind.TEXT: 512,
    }
    for text in TAKEN:
        assert all(part in text.replace(" ", "") for part in ("10MB", "12MB", "512kB"))


def test_a_request_with_the_largest_file_is_one_that_gemini_takes() -> None:
    assert max(LIMITS.values()) * 4 / 3 <= 16 * MB


# --- by its bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "content_type"),
    [
        (picture("PNG"), MediaKind.IMAGE, "image/png"),
        (picture("JPEG"), MediaKind.IMAGE, "image/jpeg"),
        (picture("WEBP"), MediaKind.IMAGE, "image/webp"),
        (mp4(b"heic"), MediaKind.IMAGE, "image/heic"),
        (mp4(b"mif1"), MediaKind.IMAGE, "image/heif"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", MediaKind.PDF, "application/pdf"),
        (sound(), MediaKind.AUDIO, "audio/wav"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", MediaKind.AUDIO, "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + b"\x00" * 8, MediaKind.AUDIO, "audio/mpeg"),
        (b"\xff\xf3\x84\xc4" + b"\x00" * 8, MediaKind.AUDIO, "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + b"\x00" * 8, MediaKind.AUDIO, "audio/aac"),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead", MediaKind.AUDIO, "audio/ogg"),
        (b"fLaC\x00\x00\x00\x22", MediaKind.AUDIO, "audio/flac"),
        (b"FORM\x00\x00\x00\x10AIFFCOMM", MediaKind.AUDIO, "audio/aiff"),
        (mp4(b"M4A "), MediaKind.AUDIO, "audio/mp4"),
        (mp4(b"isom", b"soun"), MediaKind.AUDIO, "audio/mp4"),
    ],
    ids=lambda value: repr(value)[:24],
)
@pytest.mark.parametrize("name", ["file.png", "file.mp3", "file.txt", "file"])
def test_it_is_what_its_bytes_say_whatever_its_name(
    name: str, content: bytes, kind: MediaKind, content_type: str
) -> None:
    assert read(file(name), content) == Media(kind, name, content_type, content)


@pytest.mark.parametrize(
    ("content", "en", "ja"),
    [
        (zipped(), "a ZIP archive or an Office document", "ZIPファイルまたはOffice文書"),
        (gzip.compress(b"x", mtime=0), "an archive", "圧縮ファイル"),
        (b"Rar!\x1a\x07\x01\x00", "an archive", "圧縮ファイル"),
        (picture("GIF"), "a GIF", "GIF画像"),
        (picture("BMP"), "a picture of another kind", "対応していない形式の画像"),
        (picture("TIFF"), "a picture of another kind", "対応していない形式の画像"),
        (mp4(b"avif"), "a picture of another kind", "対応していない形式の画像"),
        (mp4(b"isom", b"vide", b"soun"), "a video", "動画"),
        (mp4(b"M4A ", b"vide"), "a video", "動画"),
        (mp4(b"qt  "), "a video", "動画"),
        (b"\x1aE\xdf\xa3" + b"\x00" * 8, "a video", "動画"),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"\x80theora", "a video", "動画"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "a video", "動画"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "a program", "実行ファイル"),
        (b"\x7fELF\x02\x01\x01\x00", "a program", "実行ファイル"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document", "Office文書"),
    ],
    ids=lambda value: repr(value)[:24],
)
@pytest.mark.parametrize("name", ["holiday.png", "notes.txt"])
def test_what_only_bears_the_name_of_something_else_is_refused_as_what_it_is(
    name: str, content: bytes, en: str, ja: str
) -> None:
    refusal = refusal_of(name, content)
    assert refusal.in_(Locale.ENGLISH) == (
        f"I can't read “{name}”: by what is in it, it is {en}. {TAKEN.en}"
    )
    assert refusal.in_(Locale.JAPANESE) == (
        f"「{name}」は読み取れません。中身は{ja}です。{TAKEN.ja}"
    )


@pytest.mark.parametrize("content", [b"", b" \n\t", b"\xef\xbb\xbf", "\ufeff".encode("utf-16-le")])
def test_what_has_nothing_in_it_is_refused_as_empty(content: bytes) -> None:
    assert "is empty" in str(refusal_of("notes.txt", content))


@pytest.mark.parametrize(
    "content",
    [
        b"text\x00with a zero",
        b"\x01\x02\x03\x04",
        b"caf\xe9 au lait",  # Latin-1
        b"\x80\x81\x82\xff\xfe" * 9,
        b"\xff\xfea",  # half a character
        b"RIFF\x00\x00\x00\x00ACON",
        "a\x00b".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["notes.txt", "holiday.png"])
def test_what_is_neither_text_nor_anything_known_is_refused(name: str, content: bytes) -> None:
    refusal = refusal_of(name, content)
    assert refusal.in_(Locale.ENGLISH).startswith(f"I can't read “{name}” as text.")
    assert "UTF-8" in refusal.in_(Locale.JAPANESE)


def test_a_kind_that_its_name_hid_has_its_own_limit() -> None:
    large_text = b"x" * (512 * KB + 1)
    assert "too large" in str(refusal_of("holiday.png", large_text))
    assert "too large" in str(refusal_of("song.mp3", picture("PNG") + b"\x00" * (10 * MB)))


# --- text -----------------------------------------------------------------------------------------

JAPANESE = "彗星は76年ごとに戻ってきます。\r\nハレー彗星、です。"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "cp932", "shift_jis", "euc_jp"],
)
def test_japanese_is_read_in_whatever_way_it_was_saved(encoding: str) -> None:
    assert text_of(JAPANESE.encode(encoding)) == JAPANESE.replace("\r\n", "\n")


def test_utf_16_is_read_in_either_order_of_bytes() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert text_of(("\ufeff" + JAPANESE).encode(encoding)).startswith("彗星")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("main.py", b"print('\xe2\x98\x84')\n"),
        ("BMW.txt", b"BMW or MZ? A question."),
        ("log.txt", b"\x1b[31mred\x1b[0m"),
        ("page.html", b"<!doctype html>"),
    ],
)
def test_text_that_begins_as_something_else_does_is_text(name: str, content: bytes) -> None:
    assert text_of(content, name) == content.decode()


def test_a_long_text_is_cut_and_says_so() -> None:
    found = read(file("book.txt"), b"x" * (MOST_CHARACTERS + 5))
    assert isinstance(found, QuotedText)
    assert found.left_out == 5
    beginning, note = found.text[:MOST_CHARACTERS], found.text[MOST_CHARACTERS:]
    assert set(beginning) == {"x"}
    assert note == "\n[The text goes on: these are the first 40,000 of its 40,005 characters.]"
    whole = read(file("book.txt"), b"x" * MOST_CHARACTERS)
    assert whole == QuotedText("book.txt", "x" * MOST_CHARACTERS)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200))
def test_any_text_in_utf_8_is_read_as_it_is(text: str) -> None:
    content = text.encode()
    if text.strip("\ufeff \u3000").strip():
        assert text_of(b"> " + content) == "> " + text


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        found = read(file("x.png"), content)
    except UserFacingError:
        return
    if isinstance(found, QuotedText):
        assert "\x00" not in found.text
        found.text.encode()


# --- what the user is told ------------------------------------------------------------------------


@pytest.mark.parametrize("failure", AttachmentFailure)
def test_each_failure_of_fetching_has_words_of_its_own_in_both_languages(
    failure: AttachmentFailure,
) -> None:
    error = as_user_facing(AttachmentError(failure, "a detail"), file("comet.png"))
    assert error.private
    assert "“comet.png”" in error.in_(Locale.ENGLISH)
    assert "「comet.png」" in error.in_(Locale.JAPANESE)
    assert "a detail" not in error.in_(Locale.ENGLISH)


def test_a_name_is_harmless_where_it_is_shown_and_absent_from_logs_and_rows() -> None:
    nasty = "**{taken}** @everyone `x`\n" + "long" * 50 + ".zip"
    with pytest.raises(UserFacingError) as caught:
        check(file(nasty))
    for locale in Locale:
        told = caught.value.in_(locale)
        assert "@everyone" not in told
        assert "**" not in told.replace("\\*", "")
        assert "\n" not in told
        assert len(told) < 500
    assert str(caught.value).startswith("“…” is a kind of file")
