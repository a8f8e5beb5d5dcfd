"""Rate limits by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dev.simulator.rate_limits import RateLimitedError, RateLimits, RateLimitScope


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_five_requests_in_two_seconds_for_each_resource() -> None:
    clock = Hands()
    limits = RateLimits(clock, real_limits=True)
    remaining = [limits.take("PATCH x", "one")["X-RateLimit-Remaining"] for _ in range(5)]
    assert remaining == ["4", "3", "2", "1", "0"]
    clock.now += timedelta(seconds=0.5)
    with pytest.raises(RateLimitedError) as limited:
        limits.take("PATCH x", "one")
    assert limited.value.headers["Retry-After"] == "1.500"
    assert limited.value.headers["X-RateLimit-Scope"] == "user"
    assert limited.value.as_json()["global"] is False
    assert limits.take("PATCH x", "another")["X-RateLimit-Remaining"] == "4"
    clock.now += timedelta(seconds=1.5)
    assert limits.take("PATCH x", "one")["X-RateLimit-Remaining"] == "4"


def test_without_real_limits_the_bucket_is_told_but_never_closed() -> None:
    limits = RateLimits(Hands())
    remaining = [limits.take("GET x", "one")["X-RateLimit-Remaining"] for _ in range(7)]
    assert remaining == ["4", "3", "2", "1", "0", "0", "0"]


def test_a_shared_limit_says_that_it_is_the_resources() -> None:
    limits = RateLimits(Hands())
    limits.force(times=1, retry_after_seconds=1.25, scope=RateLimitScope.SHARED)
    with pytest.raises(RateLimitedError) as limited:
        limits.take("GET x", "one")
    assert limited.value.as_json() == {
        "message": "The resource is being rate limited.",
        "retry_after": 1.25,
        "global": False,
    }
    assert "X-RateLimit-Global" not in limited.value.headers
