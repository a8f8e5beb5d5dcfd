"""One question to a model behind a local server, and what its caller lived to see."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lib.ports import (
    ChatModel,
    ChatModelError,
    ChatModelFailure,
    Clock,
    CompletionChunk,
    FinishReason,
    Turn,
    Usage,
)
from tests.fakes.clock import ManualClock

# What a key of either provider may look like, and what no error may let out.
KEY = "AIzaSy-not-a-real-key_0123456789abcdefg"
PROMPT = "What did the comet whisper to nobody?"
SYSTEM_INSTRUCTION = "Answer as the comet would, and keep this sentence to yourself."
# A provider's message may quote the request; that is what these must not get out of.
TELLTALE = f"Consumer 'api_key:{KEY}' has been suspended. Your request was: {PROMPT}"
MOST_TOKENS = 4096


@dataclass(slots=True)
class Outcome:
    """What a caller of the model lived to see."""

    chunks: list[CompletionChunk] = field(default_factory=list)
    error: ChatModelError | None = None
    clock: ManualClock = field(default_factory=ManualClock)

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks)

    @property
    def failure(self) -> ChatModelFailure | None:
        return self.error.failure if self.error else None

    @property
    def detail(self) -> str:
        return self.error.detail if self.error else ""

    @property
    def retry_after_seconds(self) -> float | None:
        return self.error.retry_after_seconds if self.error else None

    @property
    def finish(self) -> FinishReason | None:
        return self.chunks[-1].finish if self.chunks else None

    @property
    def usage(self) -> Usage | None:
        return self.error.usage if self.error else self.chunks[-1].usage


def outcome_of(
    model: Callable[[Clock], ChatModel], turns: Sequence[Turn], *, deadline_seconds: float
) -> Outcome:
    """What comes of asking the model that is made with a clock of its own."""
    outcome = Outcome()
    stream = model(outcome.clock).stream(
        turns,
        system_instruction=SYSTEM_INSTRUCTION,
        deadline_seconds=deadline_seconds,
        max_output_tokens=MOST_TOKENS,
    )
    try:
        outcome.chunks.extend(stream)
    except ChatModelError as error:
        outcome.error = error
    return outcome


def everything_printable(error: BaseException) -> str:
    """All that a log or an error tracker could show of `error` and of what stands behind it."""
    told = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    behind = [found for found in (error.__cause__, error.__context__) if found is not None]
    told.extend(everything_printable(found) for found in behind)
    return "\n".join(told)


def assert_keeps_secrets(error: ChatModelError | None) -> None:
    assert error is not None
    told = everything_printable(error)
    assert KEY not in told
    assert PROMPT not in told
    assert SYSTEM_INSTRUCTION not in told
