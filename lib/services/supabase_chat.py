"""The ChatStore on Supabase: each method one lean call of an SQL function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from lib.ports import (
    Answer,
    ChatPlace,
    Exchange,
    GuildSettings,
    History,
    JsonObject,
    Limits,
    ModelCall,
    OpenedChat,
    Question,
    QuotaExceeded,
    QuotaReading,
    Reservation,
    Reserved,
    Settlement,
    UsageDay,
)
from lib.services import chat_answers as answers
from lib.services.postgrest_answers import boolean_of, object_of, reading, rows_of
from lib.services.postgrest_rpc import PostgrestRpc

T = TypeVar("T")


class SupabaseChatStore:
    """A ChatStore (see lib.ports)."""

    def __init__(self, rpc: PostgrestRpc) -> None:
        self._rpc = rpc

    def open_chat(
        self, place: ChatPlace, *, command_id: UUID, about: UUID | None = None
    ) -> OpenedChat:
        arguments = {**_place(place), "p_command_id": command_id, "p_about": about}
        return self._ask("open_chat", arguments, answers.opened_chat)

    def reserve(self, reservation: Reservation) -> Reserved | QuotaExceeded:
        place, question = reservation.place, reservation.question
        arguments = {
            "p_command_id": reservation.command_id,
            "p_guild_id": place.guild_id,
            "p_channel_id": place.channel_id,
            "p_user_id": place.user_id,
            "p_kind": reservation.kind.value,
            "p_zone": reservation.zone,
            "p_answers": reservation.answers,
            "p_tokens": reservation.tokens,
            "p_cost_usd": reservation.cost_usd,
            "p_expires_seconds": reservation.expires_seconds,
            "p_question": None if question is None else _question(question),
            "p_run_id": reservation.run_id,
            "p_model": reservation.model,
            "p_prompt_tokens": reservation.prompt_tokens,
            "p_prompt_cost_usd": reservation.prompt_cost_usd,
            "p_for_place": reservation.for_place,
        }
        return self._ask("reserve_answer", arguments, answers.reserved)

    def settle(self, settlement: Settlement) -> bool:
        answer = settlement.answer
        arguments = {
            "p_command_id": settlement.command_id,
            "p_guild_id": settlement.place.guild_id,
            "p_user_id": settlement.place.user_id,
            "p_zone": settlement.zone,
            "p_calls": [_call(call) for call in settlement.calls],
            "p_answer": None if answer is None else _answer(answer),
            "p_run_id": settlement.run_id,
        }
        return self._ask("settle_answer", arguments, boolean_of)

    def cool_model(self, *, model: str, seconds: float, reason: str) -> None:
        self._rpc.call("cool_model", {"p_model": model, "p_seconds": seconds, "p_reason": reason})

    def begin_summary(
        self, *, conversation_id: UUID, since: int, through: int
    ) -> tuple[Exchange, ...]:
        arguments = {
            "p_conversation_id": conversation_id,
            "p_since": since,
            "p_through": through,
        }
        return self._ask("begin_summary", arguments, answers.exchanges)

    def save_summary(
        self, *, conversation_id: UUID, summary: str, since: int, through: int
    ) -> bool:
        arguments = {
            "p_conversation_id": conversation_id,
            "p_summary": summary,
            "p_since": since,
            "p_through": through,
        }
        return self._ask("save_summary", arguments, boolean_of)

    def forget(self, place: ChatPlace, *, everybody: bool) -> int:
        arguments = {
            "p_channel_id": place.channel_id,
            "p_user_id": place.user_id,
            "p_everybody": everybody,
        }
        return self._ask("forget_conversation", arguments, _count)

    def read_history(self, place: ChatPlace, *, limit: int) -> History:
        return self._ask("read_history", {**_place(place), "p_limit": limit}, answers.history)

    def delete_exchange(self, *, exchange_id: UUID, user_id: str) -> Exchange | None:
        arguments = {"p_exchange_id": exchange_id, "p_user_id": user_id}
        return self._ask("delete_exchange", arguments, answers.exchange_or_none)

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        return self._ask("read_guild_settings", {"p_guild_id": guild_id}, answers.guild_settings)

    def change_guild_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> GuildSettings:
        arguments = {
            "p_guild_id": guild_id,
            "p_changes": {name: _listed(value) for name, value in changes.items()},
            "p_user_id": user_id,
        }
        return self._ask("change_guild_settings", arguments, answers.guild_settings)

    def read_chosen_model(self, *, user_id: str) -> str | None:
        return self._ask("read_chosen_model", {"p_user_id": user_id}, answers.text_or_none)

    def choose_model(self, *, user_id: str, model: str | None) -> None:
        self._rpc.call("choose_model", {"p_user_id": user_id, "p_model": model})

    def read_quota(self, place: ChatPlace, *, zone: str) -> QuotaReading:
        arguments = {"p_guild_id": place.guild_id, "p_user_id": place.user_id, "p_zone": zone}
        return self._ask("read_quota", arguments, answers.quota_reading)

    def change_limits(self, *, scope: str, limits: Limits | None) -> None:
        self._rpc.call(
            "change_limits",
            {"p_scope": scope, "p_limits": None if limits is None else _limits(limits)},
        )

    def read_usage(
        self, *, user_id: str | None, guild_id: str | None, zone: str, days: int
    ) -> tuple[UsageDay, ...]:
        arguments = {
            "p_user_id": user_id,
            "p_guild_id": guild_id,
            "p_zone": zone,
            "p_days": days,
        }
        return self._ask(
            "read_usage", arguments, lambda rows: tuple(map(answers.usage_day, rows_of(rows)))
        )

    def keep_source(self, *, key: str, user_id: str, source: JsonObject, seconds: float) -> None:
        self._rpc.call(
            "keep_source",
            {"p_key": key, "p_user_id": user_id, "p_source": source, "p_seconds": seconds},
        )

    def read_source(self, *, key: str, user_id: str) -> JsonObject | None:
        return self._ask(
            "read_source",
            {"p_key": key, "p_user_id": user_id},
            lambda value: None if value is None else object_of(value),
        )

    def _ask(
        self, function: str, arguments: Mapping[str, object], read: Callable[[object], T]
    ) -> T:
        answer = self._rpc.call(function, arguments)
        with reading(function):
            return read(answer)


def _place(place: ChatPlace) -> JsonObject:
    return {
        "p_guild_id": place.guild_id,
        "p_channel_id": place.channel_id,
        "p_user_id": place.user_id,
        "p_private": place.private,
    }


def _question(question: Question) -> JsonObject:
    return {
        "exchange_id": question.exchange_id,
        "author_name": question.author_name,
        "quoted_author_id": question.quoted_author_id,
        "text": question.text,
        "tokens": question.tokens,
        "attachments": list(question.attachments),
    }


def _answer(answer: Answer) -> JsonObject:
    return {
        "exchange_id": answer.exchange_id,
        "text": answer.text,
        "tokens": answer.tokens,
        "model": answer.model,
        "message_ids": list(answer.message_ids),
    }


def _call(call: ModelCall) -> JsonObject:
    return {
        "model": call.model,
        "purpose": call.purpose.value,
        "outcome": call.outcome.value,
        "prompt_tokens": call.usage.prompt_tokens,
        "completion_tokens": call.usage.completion_tokens,
        "total_tokens": call.usage.total_tokens,
        "cost_usd": call.cost_usd,
        "estimated": call.estimated,
    }


def _limits(limits: Limits) -> JsonObject:
    return {
        "answers_a_day": limits.answers_a_day,
        "tokens_a_day": limits.tokens_a_day,
        "budget_usd_a_month": limits.budget_usd_a_month,
    }


def _listed(value: object) -> object:
    """Sets as JSON has them."""
    return sorted(value) if isinstance(value, set | frozenset) else value


def _count(value: object) -> int:
    return int(str(value))
