"""The commands that were called, and what the assistant took for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from dev.seed.cast import ASKING, COMMANDS, GUILDS, MODELS, USERS, Model
from dev.seed.rhythm import Span, happens, weighted

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
PATIENCE_MS = 3000
NIGHT = range(2, 7)

LEDGER_COLUMNS = (
    "interaction_id", "command", "kind", "guild_id", "user_id", "deferred", "acknowledged_ms",
    "margin_ms", "finished_ms", "outcome", "error", "cold_start", "created_at",
)  # fmt: skip
USAGE_COLUMNS = (
    "guild_id", "user_id", "prompt_tokens", "completion_tokens", "total_tokens", "model",
    "created_at", "cost_usd", "purpose", "outcome", "estimated", "command_id",
)  # fmt: skip

BLOCKED = "The model declined to answer this. Try asking it in another way."
LIMIT = "You've had all your answers for today. You can ask again in 5 hours (00:00)."
TOO_LARGE = "“holiday.png” is too large. I read pictures of up to 10 MB."
OVERLOADED = "The model is overloaded at the moment. Please try again in a minute."
TIMED_OUT = "The model took too long. Please try again, perhaps with a shorter question."
FAULTS = ("StoreError", "begin_command failed (timed_out): no answer in time", "KeyError")


@dataclass(frozen=True, slots=True)
class Asked:
    """A command of the ledger, and what the model took for it; None: no model was called."""

    row: tuple[object, ...]
    usage: tuple[tuple[object, ...], ...] = ()


def asked(span: Span, count: int, chance: Random) -> Iterator[Asked]:
    """That many commands, the oldest first."""
    moments = span.moments(count, chance)
    commands = weighted(chance, COMMANDS, count)
    users = chance.choices(range(len(USERS)), [1 / (n + 25) for n in range(len(USERS))], k=count)
    models = chance.choices(MODELS, [model.share for model in MODELS], k=count)
    for place, (moment, command, user) in enumerate(zip(moments, commands, users, strict=True)):
        yield _one(span, place, moment, command, user, models[place], chance)


def _one(
    span: Span,
    place: int,
    moment: datetime,
    command: str,
    user: int,
    model: Model,
    chance: Random,
) -> Asked:
    is_typing = command == "model autocomplete"
    command, asks = command.removesuffix(" autocomplete"), command in ASKING
    is_rush = span.is_rush(moment)
    is_cold = chance.random() < (
        0.055 if moment.astimezone(span.zone).hour in range(2, 7) else 0.012
    )
    acknowledged_ms = chance.lognormvariate(3.6, 0.55)
    if is_cold:
        acknowledged_ms += max(0.0, chance.gauss(640, 170))
    # The request's way here, and now and then a slow one.
    way_ms = chance.lognormvariate(4.0, 0.4) * (60 if happens(chance, 0.001) else 1)
    outcome, error = _outcome(asks=asks, is_typing=is_typing, is_rush=is_rush, chance=chance)
    finished_ms = acknowledged_ms
    if asks and outcome != "refused":
        finished_ms += model.usual_ms * chance.lognormvariate(0, 0.55) * (3 if is_rush else 1)
    elif happens(chance, 0.4):
        finished_ms += chance.lognormvariate(5, 0.6)
    # Some ask in direct messages, and each is at home in a server.
    guild = None if happens(chance, 0.07) else GUILDS[min(user % 13, chance.choice((1, 4, 7)))]
    user_id = USERS[user]
    # By Discord's clock it came a while before.
    milliseconds = (moment - DISCORD_EPOCH) // MILLISECOND - round(way_ms + acknowledged_ms)
    row = (
        str((milliseconds << 22) | (place & 0x3FFFFF)), command,
        _kind(command, is_typing=is_typing), guild, None if is_typing else user_id, asks,
        round(acknowledged_ms, 1),
        round(PATIENCE_MS - way_ms - acknowledged_ms), round(finished_ms, 1), outcome, error,
        is_cold, moment,
    )  # fmt: skip
    if not asks or error in (LIMIT, TOO_LARGE, *FAULTS):
        return Asked(row)
    asked_of = _Asking(
        model=model,
        guild_id=guild,
        user_id=user_id,
        done=min(moment + finished_ms * MILLISECOND, span.until),
        command_id=UUID(int=chance.getrandbits(128), version=4),
        is_answered=outcome == "answered",
        is_old=moment < span.since + timedelta(days=2),
    )
    purposes = ["translation" if command == "Translate" else "answer"]
    if outcome == "answered" and happens(chance, 0.06):
        purposes.append("summary")
    return Asked(row, tuple(_call(asked_of, purpose, chance) for purpose in purposes))


def _outcome(
    *, asks: bool, is_typing: bool, is_rush: bool, chance: Random
) -> tuple[str, str | None]:
    if is_typing:
        return "answered", None
    if not asks:
        return ("failed", chance.choice(FAULTS)) if happens(chance, 0.004) else ("answered", None)
    if happens(chance, 0.30 if is_rush else 0.007):
        return "failed", OVERLOADED
    dice = chance.random()
    for share, outcome, error in (
        (0.004, "failed", TIMED_OUT), (0.006, "failed", FAULTS[1]), (0.012, "refused", BLOCKED),
        (0.019, "refused", LIMIT), (0.022, "refused", TOO_LARGE),
    ):  # fmt: skip
        if dice < share:
            return outcome, error
    return "answered", None


def _kind(command: str, *, is_typing: bool) -> str:
    if is_typing:
        return "autocomplete"
    return "component" if ":" in command else "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What the calls of one command share. `is_old`: they are from before anybody knew prices."""

    model: Model
    guild_id: str | None
    user_id: str
    done: datetime
    command_id: UUID
    is_answered: bool
    is_old: bool


def _call(asked_of: _Asking, purpose: str, chance: Random) -> tuple[object, ...]:
    model, is_old = asked_of.model, asked_of.is_old
    prompt = round(chance.lognormvariate(6.7, 0.8))
    completion = round(chance.lognormvariate(5.6, 0.7)) if asked_of.is_answered else 0
    if not asked_of.is_answered and happens(chance, 0.7):
        prompt = 0
    ended = "broken_off" if happens(chance, 0.006) else "complete"
    cost = (prompt * model.prompt_usd + completion * model.completion_usd) / 1_000_000
    return (
        asked_of.guild_id, asked_of.user_id, prompt, completion, prompt + completion, model.name,
        asked_of.done, None if is_old else round(cost, 8), None if is_old else purpose,
        None if is_old else ended if asked_of.is_answered else "failed", happens(chance, 0.01),
        None if is_old else asked_of.command_id,
    )  # fmt: skip
