"""One question to GeminiChatModel, and what its caller lived to see."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

# Loaded here so that no test's deadline has to pay for it.
import google.genai  # noqa: F401

from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Role,
    Turn,
    Usage,
)
from lib.services.gemini import GeminiChatModel
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers as say
from tests.servers.gemini_answers import Answer

KEY = "AIzaSy-not-a-real-key_0123456789abcdefg"
PROMPT = "What did the comet whisper to nobody?"
SYSTEM_INSTRUCTION = "Answer as the comet would, and keep this sentence to yourself."
# A provider's message may quote the request; that is what these must not get out of.
TELLTALE = f"Consumer 'api_key:{KEY}' has been suspended. Your request was: {PROMPT}"
SOME_COUNTS = say.counts(prompt=5, thoughts=2)
SOME_USAGE = Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7)


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
    def finish(self) -> FinishReason | None:
        return self.chunks[-1].finish if self.chunks else None

    @property
    def usage(self) -> Usage | None:
        return self.error.usage if self.error else self.chunks[-1].usage


def ask(
    url: str,
    *,
    turns: Sequence[Turn] = (Turn(Role.USER, PROMPT),),
    deadline_seconds: float = 30.0,
    api_key: str = KEY,
    model: str = "gemini-flash-lite-latest",
) -> Outcome:
    outcome = Outcome()
    gemini = GeminiChatModel(api_key=api_key, model=model, clock=outcome.clock, base_url=url)
    stream = gemini.stream(
        turns, system_instruction=SYSTEM_INSTRUCTION, deadline_seconds=deadline_seconds
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


def refusal(code: int, status: str, *details: say.JsonObject) -> Answer:
    return say.refused(say.error(code, status, TELLTALE, details=details), code=code)


def overloaded() -> Answer:
    return refusal(503, "UNAVAILABLE")
