"""What the assistant's SQL functions answer, read strictly: Halley's own SQL wrote it.

The functions raise KeyError, TypeError or ValueError; `postgrest_answers.reading` stands around.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from lib.locales import Locale
from lib.ports import (
    ConversationKind,
    Exchange,
    GuildSettings,
    History,
    JsonObject,
    Limits,
    OpenedChat,
    QuotaExceeded,
    QuotaLimit,
    QuotaReading,
    Reserved,
    UsageDay,
)
from lib.services.postgrest_answers import boolean_of, moment_of, object_of, rows_of


def opened_chat(answer: object) -> OpenedChat:
    """What `open_chat` says."""
    said = object_of(answer)
    conversation_id = said["conversation_id"]
    cooling, reasons = object_of(said["cooling"]), object_of(said["cooling_reasons"])
    return OpenedChat(
        settings=guild_settings(said["settings"]),
        kind=ConversationKind(str(said["kind"])),
        conversation_id=None if conversation_id is None else UUID(str(conversation_id)),
        summary=str(said["summary"]),
        summarised_through=_count(said["summarised_through"]),
        exchanges=exchanges(said["exchanges"]),
        about=exchange_or_none(said["about"]),
        settled=exchange_or_none(said["settled"]),
        chosen_model=text_or_none(said["chosen_model"]),
        cooling={model: float(str(seconds)) for model, seconds in cooling.items()},
        cooling_reasons={model: str(reason) for model, reason in reasons.items()},
    )


def exchange(row: JsonObject) -> Exchange:
    """What `exchange_json` makes of two rows."""
    return Exchange(
        id=UUID(str(row["id"])),
        place=_count(row["place"]),
        author_id=str(row["author_id"]),
        author_name=str(row["author_name"]),
        question=str(row["question"]),
        answer=str(row["answer"]),
        tokens=_count(row["tokens"]),
        asked_at=moment_of(row["asked_at"]),
        model=text_or_none(row["model"]),
        attachments=tuple(rows_of(row["attachments"])),
        channel_id=str(row["channel_id"]),
        message_ids=_texts(row["message_ids"]),
    )


def exchanges(answer: object) -> tuple[Exchange, ...]:
    """An array of them."""
    return tuple(exchange(row) for row in rows_of(answer))


def exchange_or_none(value: object) -> Exchange | None:
    """The same, where there may be none."""
    return None if value is None else exchange(object_of(value))


def guild_settings(value: object) -> GuildSettings:
    """What `read_guild_settings` says."""
    said = object_of(value)
    language = said["language"]
    return GuildSettings(
        language=None if language is None else Locale(str(language)),
        model=text_or_none(said["model"]),
        models=_texts(said["models"]),
        system_instruction=str(said["system_instruction"]),
        footer=boolean_of(said["footer"]),
        shared=boolean_of(said["shared"]),
        channel_ids=frozenset(_texts(said["channel_ids"])),
        role_ids=frozenset(_texts(said["role_ids"])),
    )


def reserved(answer: object) -> Reserved | QuotaExceeded:
    """What `reserve_answer` says."""
    said = object_of(answer)
    if said["limit"] is None:
        return Reserved()
    return QuotaExceeded(QuotaLimit(str(said["limit"])), moment_of(said["opens_at"]))


def history(answer: object) -> History:
    """What `read_history` says."""
    said = object_of(answer)
    return History(
        kind=ConversationKind(str(said["kind"])),
        summary=str(said["summary"]),
        exchanges=exchanges(said["exchanges"]),
        total=_count(said["total"]),
    )


def quota_reading(answer: object) -> QuotaReading:
    """What `read_quota` says."""
    said = object_of(answer)
    answers, tokens, budget = (
        said[name] for name in ("answers_a_day", "tokens_a_day", "budget_usd_a_month")
    )
    return QuotaReading(
        limits=Limits(
            answers_a_day=None if answers is None else _count(answers),
            tokens_a_day=None if tokens is None else _count(tokens),
            budget_usd_a_month=None if budget is None else _dollars(budget),
        ),
        answers_today=_count(said["answers_today"]),
        tokens_today=_count(said["tokens_today"]),
        cost_usd_this_month=_dollars(said["cost_usd_this_month"]),
        day_ends_at=moment_of(said["day_ends_at"]),
        month_ends_at=moment_of(said["month_ends_at"]),
    )


def usage_day(row: JsonObject) -> UsageDay:
    """A row of `read_usage`."""
    return UsageDay(
        day=date.fromisoformat(str(row["day"])),
        model=str(row["model"]),
        calls=_count(row["calls"]),
        prompt_tokens=_count(row["prompt_tokens"]),
        completion_tokens=_count(row["completion_tokens"]),
        total_tokens=_count(row["total_tokens"]),
        cost_usd=_dollars(row["cost_usd"]),
        unpriced_calls=_count(row["unpriced_calls"]),
    )


def text_or_none(value: object) -> str | None:
    """A text, or null."""
    return None if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("no list of texts")
    return tuple(str(each) for each in value)


def _count(value: object) -> int:
    return int(str(value))


def _dollars(value: object) -> Decimal:
    """An amount, which comes as a text: a JSON number would lose digits."""
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("no amount") from error
