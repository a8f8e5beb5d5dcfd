"""Talks with several models, and what models fail with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lib.ports import ChatModelError, ChatModelFailure, ModelCard, Provider
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.commands.asking import Talk
from tests.fakes.chat_model import ScriptedChatModel, Step
from tests.fakes.chat_models import FixedModels, card

BUSY = ChatModelError(ChatModelFailure.OVERLOADED, "503")


def limited(seconds: float | None = None) -> ChatModelError:
    return ChatModelError(ChatModelFailure.RATE_LIMITED, "429", retry_after_seconds=seconds)


def elsewhere(name: str) -> ModelCard:
    """A model of another provider than the others'."""
    return replace(
        card(name),
        provider=Provider.OPENAI,
        api_base="https://models.example/v1",
        key="ELSEWHERE_API_KEY",
    )


class Models:
    """A talk with several models, of which each plays its own scripts. All are one provider's, but
    for those whose `cards` say otherwise.
    """

    def __init__(
        self,
        log: CapturedLog | None = None,
        *,
        cards: Sequence[ModelCard] = (),
        owner: str = "",
        **scripts: Sequence[Sequence[Step]],
    ) -> None:
        self.models = {name: ScriptedChatModel(*each, model=name) for name, each in scripts.items()}
        special = {each.name: each for each in cards}
        fixed = FixedModels(
            *self.models.values(), cards=[special.get(name, card(name)) for name in scripts]
        )
        output = None if log is None else log.output
        self.talk = Talk(bot=Bot(models=fixed, output=output, OWNER_IDS=owner))

    def asked(self) -> dict[str, int]:
        """How often each was asked."""
        return {name: len(model.asked) for name, model in self.models.items()}
