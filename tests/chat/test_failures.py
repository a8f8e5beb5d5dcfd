"""Each way a model can fail is told in words of its own, in both languages."""

from __future__ import annotations

import math

import pytest

from lib.chat.failures import TEXTS, as_user_facing
from lib.chat.instruction import system_instruction
from lib.locales import Locale
from lib.ports import ChatModelError, ChatModelFailure


def told(
    failure: ChatModelFailure, locale: Locale, retry_after_seconds: float | None = None
) -> str:
    error = ChatModelError(failure, "detail", retry_after_seconds=retry_after_seconds)
    return as_user_facing(error).in_(locale)


@pytest.mark.parametrize("locale", Locale)
def test_every_failure_has_a_sentence_that_no_other_has(locale: Locale) -> None:
    sentences = {told(failure, locale) for failure in ChatModelFailure}
    assert len(sentences) == len(ChatModelFailure) == len(TEXTS)
    assert not any("{" in sentence or "detail" in sentence for sentence in sentences)


@pytest.mark.parametrize("failure", ChatModelFailure)
def test_no_sentence_is_the_same_in_both_languages(failure: ChatModelFailure) -> None:
    assert told(failure, Locale.ENGLISH) != told(failure, Locale.JAPANESE)


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (None, "in a minute", "1分ほどおいて"),
        (0.0, "in 1 s", "1秒後に"),
        (-5.0, "in 1 s", "1秒後に"),
        (0.4, "in 1 s", "1秒後に"),
        (22.7, "in 23 s", "23秒後に"),
        (90.0, "in 90 s", "90秒後に"),
        (300.0, "in about 5 min", "約5分後に"),
        (86400.0, "in about 1440 min", "約1440分後に"),
        (math.inf, "in a minute", "1分ほどおいて"),
        (math.nan, "in a minute", "1分ほどおいて"),
    ],
)
def test_when_to_try_again_is_said_in_words(
    seconds: float | None, english: str, japanese: str
) -> None:
    rate_limited = ChatModelFailure.RATE_LIMITED
    assert f"try again {english}." in told(rate_limited, Locale.ENGLISH, seconds)
    assert f"{japanese}もう一度" in told(rate_limited, Locale.JAPANESE, seconds)


def test_the_model_is_told_the_users_language_and_to_keep_its_secrets() -> None:
    assert "in English" in system_instruction(Locale.ENGLISH)
    assert "in Japanese" in system_instruction(Locale.JAPANESE)
    assert "Never reveal" in system_instruction(Locale.ENGLISH)
