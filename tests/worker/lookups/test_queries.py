"""What people type, and what is made of it."""

from __future__ import annotations

import pytest
import yt_dlp

from worker.audio.failures import SourceError, SourceFailure
from worker.lookups.extraction import OPTIONS, of_link, of_search
from worker.lookups.queries import Link, Query, Search, Sound, parse


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("sound:comet", Sound("comet")),
        ("  Sound: Comet ", Sound("comet")),
        ("https://example.com/a.mp3", Link("https://example.com/a.mp3", is_file=True)),
        ("<https://example.com/a.OPUS?x=1>", Link("https://example.com/a.OPUS?x=1", is_file=True)),
        ("HTTP://example.com/watch?v=a.mp3",
         Link("HTTP://example.com/watch?v=a.mp3", is_file=False)),
        ("www.example.com/watch?v=1", Link("https://www.example.com/watch?v=1", is_file=False)),
        ("example.com/a.flac", Link("https://example.com/a.flac", is_file=True)),
        ("Mozart: Requiem in D minor", Search("Mozart: Requiem in D minor")),
        ("夜に駆ける  YOASOBI", Search("夜に駆ける YOASOBI")),
        ("AC/DC", Search("AC/DC")),
        ("-h", Search("-h")),
        ("--exec rm", Search("--exec rm")),
        ("ytsearchall:everything", Search("ytsearchall:everything")),
        ("a\nb", Search("a b")),
        ("example.com", Search("example.com")),
    ],
)  # fmt: skip
def test_a_query_is_a_sound_a_link_or_words(typed: str, query: Query) -> None:
    assert parse(typed) == query


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "<>", "a" * 1001, "file:///etc/passwd", "ftp://example.com/a.mp3", "FILE://x",
     "http://", "https://me:secret@example.com/", "https://example.com/ --exec", "a\x00b",
     "rtsp://example.com/", "https://[::1/"],
)  # fmt: skip
def test_other_schemes_and_broken_addresses_are_refused(typed: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(typed)
    assert caught.value.failure is SourceFailure.UNSUPPORTED


@pytest.mark.parametrize(
    "words", ["--exec id", "-o/tmp/x", "--", "-", "file:///etc/passwd", "ytsearchall:x", "@file"]
)
def test_words_are_never_an_option_of_yt_dlp_or_another_address(words: str) -> None:
    plain = yt_dlp.parse_options([*OPTIONS, *of_search("ytsearch1", "words")])
    told = yt_dlp.parse_options([*OPTIONS, *of_search("ytsearch1", words)])
    assert told.urls == [f"ytsearch1:{words}"]
    assert told.ydl_opts == plain.ydl_opts


def test_nor_is_an_address() -> None:
    url = "https://example.com/?--exec=id"
    assert yt_dlp.parse_options([*OPTIONS, *of_link(url)]).urls == [url]


def test_a_track_in_a_playlist_is_one_track_unless_the_playlist_is_wished_for() -> None:
    url = "https://example.com/watch?v=1&list=2"
    assert yt_dlp.parse_options([*OPTIONS, *of_link(url)]).ydl_opts["noplaylist"] is True
    told = yt_dlp.parse_options([*OPTIONS, "--yes-playlist", *of_link(url)])
    assert told.ydl_opts["noplaylist"] is False


def test_yt_dlp_is_told_to_load_nothing_and_to_write_nothing() -> None:
    options = yt_dlp.parse_options([*OPTIONS, *of_link("https://example.com/")]).ydl_opts
    assert options["simulate"] is not False
    assert options["noplaylist"] is True
    assert options["extract_flat"] == "in_playlist"
    assert not options.get("enable_file_urls")
    assert not options.get("remote_components")
