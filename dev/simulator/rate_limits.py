"""Discord's rate limits: one bucket for each route and resource, and limits made to order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dev.simulator import limits
from dev.simulator.errors import JsonObject
from dev.simulator.snowflakes import Clock


class RateLimitScope(StrEnum):
    """Whom a 429 limits."""

    USER = "user"
    GLOBAL = "global"
    SHARED = "shared"


class RateLimitedError(Exception):
    """The request comes too early; `headers` and `as_json()` are what Discord would send."""

    def __init__(
        self, *, retry_after_seconds: float, scope: RateLimitScope, headers: dict[str, str]
    ) -> None:
        super().__init__(f"rate limited ({scope}) for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds
        self.scope = scope
        self.headers = headers | {
            "Retry-After": f"{retry_after_seconds:.3f}",
            "X-RateLimit-Scope": str(scope),
        }
        if scope is RateLimitScope.GLOBAL:
            self.headers["X-RateLimit-Global"] = "true"

    def as_json(self) -> JsonObject:
        shared = self.scope is RateLimitScope.SHARED
        return {
            "message": f"{'The resource is' if shared else 'You are'} being rate limited.",
            "retry_after": round(self.retry_after_seconds, 3),
            "global": self.scope is RateLimitScope.GLOBAL,
        }


@dataclass(slots=True)
class _Bucket:
    resets_at: datetime
    used: int = 0


@dataclass(slots=True)
class RateLimits:
    """Counts requests. Enforces its buckets only with `real_limits`; always tells them."""

    clock: Clock
    real_limits: bool = False
    forced_times: int = 0
    forced_seconds: float = 1.0
    forced_scope: RateLimitScope = RateLimitScope.USER
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def force(
        self, *, times: int, retry_after_seconds: float, scope: RateLimitScope = RateLimitScope.USER
    ) -> None:
        """Makes the next so many requests fail with 429."""
        self.forced_times = times
        self.forced_seconds = retry_after_seconds
        self.forced_scope = scope

    def take(self, route: str, resource: str) -> dict[str, str]:
        """Counts one request and gives its rate-limit headers, or raises RateLimitedError."""
        now = self.clock()
        bucket = self._buckets.get((route, resource))
        if bucket is None or bucket.resets_at <= now:
            bucket = _Bucket(now + timedelta(seconds=limits.WEBHOOK_BUCKET_SECONDS))
            self._buckets[route, resource] = bucket
        if self.forced_times > 0:
            self.forced_times -= 1
            raise RateLimitedError(
                retry_after_seconds=self.forced_seconds,
                scope=self.forced_scope,
                headers=self._headers(route, bucket, now=now),
            )
        if self.real_limits and bucket.used >= limits.WEBHOOK_BUCKET_REQUESTS:
            raise RateLimitedError(
                retry_after_seconds=(bucket.resets_at - now).total_seconds(),
                scope=RateLimitScope.USER,
                headers=self._headers(route, bucket, now=now),
            )
        bucket.used += 1
        return self._headers(route, bucket, now=now)

    def _headers(self, route: str, bucket: _Bucket, *, now: datetime) -> dict[str, str]:
        left = max(0, limits.WEBHOOK_BUCKET_REQUESTS - bucket.used)
        return {
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
            "X-RateLimit-Limit": str(limits.WEBHOOK_BUCKET_REQUESTS),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{bucket.resets_at.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{(bucket.resets_at - now).total_seconds():.3f}",
        }
