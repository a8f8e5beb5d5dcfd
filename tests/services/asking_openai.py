"""One question to OpenAICompatibleChatModel."""

from __future__ import annotations

from collections.abc import Sequence

# Loaded here so that no test's deadline has to pay for it.
import openai.types.chat  # noqa: F401

from lib.ports import Role, Turn
from lib.services.openai_compatible import OpenAICompatibleChatModel
from tests.servers import openai_answers as say
from tests.servers.streaming import Answer
from tests.services.asking_models import KEY, PROMPT, TELLTALE, Outcome, outcome_of


def ask(
    base_url: str,
    *,
    turns: Sequence[Turn] = (Turn(Role.USER, PROMPT),),
    deadline_seconds: float = 30.0,
    api_key: str | None = KEY,
    model: str = "vendor/llama-3.3:free",
) -> Outcome:
    return outcome_of(
        lambda clock: OpenAICompatibleChatModel(
            api_key=api_key, model=model, clock=clock, base_url=base_url
        ),
        turns,
        deadline_seconds=deadline_seconds,
    )


def refusal(
    status: int,
    code: object = None,
    *,
    kind: str | None = None,
    param: str | None = None,
    **headers: str,
) -> Answer:
    """An error whose message tells all; a header's name has "_" for "-"."""
    body = say.error(TELLTALE, kind=kind, code=code, param=param)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return say.refused(body, code=status, headers=named)
