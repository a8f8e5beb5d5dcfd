"""How an interaction ended, in the words that the ledger and the queue keep of it."""

from __future__ import annotations

from lib.interactions.errors import InteractionError, UserFacingError
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    FailureReason,
    Outcome,
    PortError,
    StoreError,
)


def outcome_of(error: Exception | None) -> Outcome:
    """A user who is told why not is refused; one who is told of a fault has met a failure."""
    if error is None:
        return Outcome.ANSWERED
    cause = error.__cause__
    if isinstance(cause, ChatModelError) and cause.failure is ChatModelFailure.BLOCKED:
        return Outcome.REFUSED
    if isinstance(error, UserFacingError) and not isinstance(cause, PortError):
        return Outcome.REFUSED
    return Outcome.FAILED


def reason_of(error: Exception) -> FailureReason:
    """Why an answer's row did not complete: refusals and faults as the ledger tells them apart."""
    is_refused = outcome_of(error) is Outcome.REFUSED
    return FailureReason.REFUSED if is_refused else FailureReason.ERROR


def summary(error: Exception) -> str:
    """What the row says of an error: the text of those meant to be read, the type of others."""
    return str(error) if isinstance(error, InteractionError | StoreError) else type(error).__name__
