"""When the steps of an interaction's way were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:  # made before Discord is answered, where every import costs
    from datetime import datetime

DISCORDS_PATIENCE_MS: Final = 3000


class Course(NamedTuple):
    """How one interaction went. The times are monotonic, in seconds, but for `answered_at`, when
    Discord got its response. `acknowledged` is None where an earlier invocation responded, and
    `answered_at` is then when this one took the answer over.
    """

    arrived: float
    acknowledged: float | None
    finished: float
    answered_at: datetime
    is_deferred: bool
    is_cold: bool
