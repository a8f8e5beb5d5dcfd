"""One question to GeminiChatModel."""

from __future__ import annotations

from collections.abc import Sequence

# Loaded here so that no test's deadline has to pay for it.
import google.genai  # noqa: F401

from lib.ports import Role, Turn, Usage
from lib.services.gemini import GeminiChatModel
from tests.servers import gemini_answers as say
from tests.servers.streaming import Answer
from tests.services.asking_models import KEY, PROMPT, TELLTALE, Outcome, outcome_of

SOME_COUNTS = say.counts(prompt=5, thoughts=2)
SOME_USAGE = Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7)


def ask(
    url: str,
    *,
    turns: Sequence[Turn] = (Turn(Role.USER, PROMPT),),
    deadline_seconds: float = 30.0,
    api_key: str = KEY,
    model: str = "gemini-flash-lite-latest",
) -> Outcome:
    return outcome_of(
        lambda clock: GeminiChatModel(api_key=api_key, model=model, clock=clock, base_url=url),
        turns,
        deadline_seconds=deadline_seconds,
    )


def refusal(code: int, status: str, *details: say.JsonObject) -> Answer:
    return say.refused(say.error(code, status, TELLTALE, details=details), code=code)


def overloaded() -> Answer:
    return refusal(503, "UNAVAILABLE")
