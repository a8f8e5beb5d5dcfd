"""Estimates of tokens are never far below what a provider would count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.tokens import JAPANESE_CHARACTER, MEDIA_TOKENS, estimate_media, estimate_tokens
from lib.ports import MediaKind


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        # What OpenAI's tokenizers of these names count, each of ten times the text.
        pytest.param(
            "The comet returns about every 76 years, and it is the only short-period comet that is "
            "regularly visible to the naked eye. ",
            260,
            260,
            id="English",
        ),
        pytest.param("I am a cat. It is as it is to me. Go to it or do so. ", 201, 201, id="short"),
        pytest.param(
            "ハレー彗星は約76年の周期で太陽に近づき、地球からも肉眼で見ることができます。"
            "次に見られるのは2061年の夏だと考えられています。",
            660,
            510,
            id="Japanese",
        ),
        pytest.param(
            "哈雷彗星是著名的短周期彗星，每隔大约七十六年就能从地球上用肉眼看见。",
            440,
            340,
            id="Chinese",
        ),
        pytest.param(
            "핼리 혜성은 약 76년 주기로 지구에서 맨눈으로 볼 수 있는 유일한 단주기 혜성이다.",
            430,
            340,
            id="Korean",
        ),
        pytest.param(
            "Комета Галлея возвращается примерно каждые семьдесят шесть лет и видна "
            "невооружённым глазом.",
            450,
            280,
            id="Russian",
        ),
        pytest.param("😀👩‍👩‍👧‍👦🇯🇵👍🏽🎉🔥", 380, 220, id="emoji"),
        pytest.param("3.14159265358979323846 ", 100, 100, id="digits"),
    ],
)
def test_an_estimate_is_near_what_tokenizers_count(text: str, cl100k: int, o200k: int) -> None:
    estimate = estimate_tokens(text * 10)
    assert 0.8 * max(cl100k, o200k) <= estimate <= 2.5 * max(cl100k, o200k)


@given(first=st.text(), second=st.text())
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    both = estimate_tokens(first + second)
    assert max(estimate_tokens(first), estimate_tokens(second)) <= both
    assert both <= estimate_tokens(first) + estimate_tokens(second)


def test_nothing_is_no_token_and_anything_is_one() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens(" ") == 1
    assert estimate_tokens("a") == 1
    assert estimate_tokens("\ud800") == 3


@pytest.mark.parametrize("kind", MediaKind)
def test_a_file_of_any_kind_counts_more_the_larger_it_is(kind: MediaKind) -> None:
    sizes = (0, 1, 50_000, 1_000_000, 12_000_000)
    estimates = [estimate_media(kind, size) for size in sizes]
    assert estimates == sorted(estimates)
    assert estimates[0] == MEDIA_TOKENS[kind]


def test_a_minute_of_a_voice_message_is_what_gemini_counts() -> None:
    assert estimate_media(MediaKind.AUDIO, 60 * 2_000) == 60 * 32


def test_a_pdf_is_never_more_than_gemini_reads() -> None:
    assert estimate_media(MediaKind.PDF, 10**9) == 1_000 * 258


def test_japanese_is_known_by_its_characters() -> None:
    assert JAPANESE_CHARACTER.search("Was ist 彗星?")
    assert not JAPANESE_CHARACTER.search("Комета, 핼리, comet!")
