"""When the steps of an interaction's way were."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # made before Discord is answered, where every import costs
    from datetime import datetime


class Course(NamedTuple):
    """How one interaction went. The times are monotonic, in seconds, but for `answered_at`, when
    Discord got its response.
    """

    arrived: float
    acknowledged: float
    finished: float
    answered_at: datetime
    is_deferred: bool
    is_cold: bool
