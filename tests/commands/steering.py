"""Bots that are steered: members with and without a say, models to choose from, and turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from lib.ports import (
    Answer,
    CallOutcome,
    CallPurpose,
    ChatPlace,
    ConversationKind,
    JsonObject,
    Limits,
    ModelCall,
    Question,
    Reservation,
    Reserved,
    Settlement,
    Usage,
)
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.chat_models import FixedModels
from tests.payloads import ASKER, CHANNEL, GUILD, InteractionBuilder

MANAGE_GUILD = str(1 << 5)
OTHER = "1180000000000000301"
MODELS = ("swift", "thorough", "old")
SPACE = UUID(int=1)
ZONE = "Asia/Tokyo"
NO_LIMITS = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)


def managing(builder: InteractionBuilder) -> InteractionBuilder:
    """By somebody who manages the guild."""
    return builder.with_member(permissions=MANAGE_GUILD)


def bot_with_models(*names: str, owners: str = "") -> Bot:
    """A bot that can use these models, the first of them by default."""
    return Bot(
        models=FixedModels(*(ScriptedChatModel(model=name) for name in names or MODELS)),
        OWNER_IDS=owners,
    )


def shown(bot: Bot, builder: InteractionBuilder) -> Mapping[str, Any]:
    """The answer, which nobody else may see."""
    reply = bot.client.send(builder)
    assert reply.json == {"type": 5, "data": {"flags": 64}}
    return bot.discord.bodies(builder.token)[-1]


def told(bot: Bot, builder: InteractionBuilder) -> str:
    """What the answer says."""
    return str(shown(bot, builder)["content"])


@dataclass(frozen=True, slots=True)
class Said:
    """A question, and all that a test may care about beside it. `cost` None: nobody knows it."""

    question: str
    answer: str = "An answer."
    user: str = ASKER
    name: str = "Edmond"
    guild: str | None = GUILD
    channel: str = CHANNEL
    kind: ConversationKind = ConversationKind.PERSONAL
    model: str = "swift"
    tokens: int = 100
    cost: str | None = "0.01"
    attachments: tuple[JsonObject, ...] = ()


def keep(bot: Bot, said: Said) -> None:
    """A question that was asked and answered now."""
    command_id = uuid5(SPACE, f"{said.question} {len(bot.chat.calls)}")
    place = ChatPlace(
        guild_id=said.guild,
        channel_id=said.channel,
        user_id=said.user,
        private=said.kind is ConversationKind.PRIVATE,
    )
    cost = None if said.cost is None else Decimal(said.cost)
    reserved = bot.chat.reserve(
        Reservation(
            command_id=command_id,
            place=place,
            kind=said.kind,
            zone=ZONE,
            tokens=said.tokens,
            cost_usd=cost or Decimal(0),
            expires_seconds=600,
            question=Question(
                exchange_id=command_id,
                author_name=said.name,
                text=said.question,
                tokens=10,
                attachments=said.attachments,
            ),
        )
    )
    assert isinstance(reserved, Reserved)
    call = ModelCall(
        model=said.model,
        purpose=CallPurpose.ANSWER,
        outcome=CallOutcome.COMPLETE,
        usage=Usage(said.tokens - 40, 40, said.tokens),
        cost_usd=cost,
    )
    kept = Answer(exchange_id=command_id, text=said.answer, tokens=40, model=said.model)
    settlement = Settlement(
        command_id=command_id, place=place, zone=ZONE, calls=[call], answer=kept
    )
    assert bot.chat.settle(settlement)
