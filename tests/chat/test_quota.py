"""What a user is told at a limit: which it is, and when it opens again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.chat.quota import TEXTS, as_user_facing
from lib.interactions.timestamp import ago, date_and_time
from lib.locales import Locale
from lib.ports import QuotaExceeded, QuotaLimit

OPENS_AT = datetime(2026, 1, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize("limit", QuotaLimit)
@pytest.mark.parametrize("locale", Locale)
def test_each_limit_is_told_in_private_with_the_moment_it_opens(
    limit: QuotaLimit, locale: Locale
) -> None:
    error = as_user_facing(QuotaExceeded(limit, OPENS_AT))
    assert error.private
    assert ago(OPENS_AT) in error.in_(locale)
    assert date_and_time(OPENS_AT) in error.in_(locale)
    assert "{" not in error.in_(locale)


def test_each_has_a_sentence_of_its_own() -> None:
    assert set(TEXTS) == set(QuotaLimit)
    assert len({text.en for text in TEXTS.values()}) == len(QuotaLimit)
