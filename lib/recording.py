"""The recording boundary: a fault of the database is logged here and costs nobody a reply."""

from __future__ import annotations

from types import TracebackType

from lib import ports
from lib.logs import get_logger

log = get_logger(__name__)


class recording:  # noqa: N801 - reads as the statement it is: `with recording("..."):`
    """Go on if the Store fails inside; the log says what was not recorded, and why."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None or not isinstance(error, ports.StoreError):
            return False
        log_unrecorded(self._what, error)
        return True


def log_unrecorded(what: str, error: ports.StoreError) -> None:
    """Say what was not recorded, and why."""
    log.error(
        "not_recorded",
        what=what,
        operation=error.operation,
        code=error.code,
        detail=error.detail,
    )
