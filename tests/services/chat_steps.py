"""What people do in the tests of a ChatStore: they ask, and are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID, uuid4

from lib.ports import (
    Answer,
    CallOutcome,
    CallPurpose,
    ChatPlace,
    ChatStore,
    ConversationKind,
    ModelCall,
    Question,
    QuotaExceeded,
    Reservation,
    Reserved,
    Settlement,
    Usage,
)

T = TypeVar("T", Question, Reservation, ModelCall, Answer, Settlement)

ZONE: Final = "Asia/Tokyo"
GUILD: Final = "1180000000000000100"
ANNA: Final = ChatPlace(guild_id=GUILD, channel_id="200", user_id="301")
BEN: Final = ChatPlace(guild_id=GUILD, channel_id="200", user_id="302")
IN_PRIVATE: Final = ChatPlace(guild_id=GUILD, channel_id="200", user_id="301", private=True)
DIRECT: Final = ChatPlace(guild_id=None, channel_id="900", user_id="301")
SHARED, PERSONAL = ConversationKind.SHARED, ConversationKind.PERSONAL


def question(text: str = "Why is the sky blue?", **changes: object) -> Question:
    usual = Question(exchange_id=uuid4(), author_name="Anna", text=text, tokens=5)
    return _changed(usual, changes)


def reservation(place: ChatPlace = ANNA, **changes: object) -> Reservation:
    usual = Reservation(
        command_id=uuid4(),
        place=place,
        kind=PERSONAL,
        zone=ZONE,
        tokens=1000,
        cost_usd=Decimal("0.01"),
        expires_seconds=900.0,
    )
    return _changed(usual, changes)


def call(tokens: int = 30, **changes: object) -> ModelCall:
    usual = ModelCall(
        model="gemini-3",
        purpose=CallPurpose.ANSWER,
        outcome=CallOutcome.COMPLETE,
        usage=Usage(
            prompt_tokens=tokens // 3, completion_tokens=tokens - tokens // 3, total_tokens=tokens
        ),
        cost_usd=Decimal("0.000123"),
    )
    return _changed(usual, changes)


def answer(exchange_id: UUID, text: str = "It scatters.", **changes: object) -> Answer:
    usual = Answer(
        exchange_id=exchange_id,
        text=text,
        tokens=7,
        model="gemini-3",
        message_ids=("1", "2"),
    )
    return _changed(usual, changes)


def settlement(of: Reservation, **changes: object) -> Settlement:
    usual = Settlement(command_id=of.command_id, place=of.place, zone=of.zone, calls=(call(),))
    return _changed(usual, changes)


def _changed(usual: T, changes: Mapping[str, object]) -> T:
    # Fields by name, of which each test changes some: mypy can't see through the mapping.
    return replace(usual, **changes)  # type: ignore[arg-type]


def begin(chat: ChatStore, text: str, place: ChatPlace = ANNA) -> Reservation:
    """Ask in the conversation that goes on there; the answer is under way."""
    kind = chat.open_chat(place, command_id=uuid4()).kind
    begun = reservation(place, kind=kind, question=question(text, author_name=place.user_id))
    assert chat.reserve(begun) == Reserved()
    return begun


def end(chat: ChatStore, begun: Reservation, text: str = "It scatters.") -> UUID:
    """Answer it; the exchange's id."""
    assert begun.question is not None
    exchange_id = begun.question.exchange_id
    assert chat.settle(settlement(begun, answer=answer(exchange_id, text))) is True
    return exchange_id


def ask(chat: ChatStore, text: str, place: ChatPlace = ANNA) -> UUID:
    """Ask and be answered; the exchange's id."""
    return end(chat, begin(chat, text, place), f"Re: {text}")


def questions(chat: ChatStore, place: ChatPlace = ANNA, about: UUID | None = None) -> list[str]:
    """What was asked in the conversation that goes on there, as far as it is not in its summary."""
    opened = chat.open_chat(place, command_id=uuid4(), about=about)
    return [exchange.question for exchange in opened.exchanges]


def refused(said: Reserved | QuotaExceeded) -> QuotaExceeded:
    assert isinstance(said, QuotaExceeded)
    return said


def share(chat: ChatStore) -> None:
    """Have the guild's channels have one conversation each."""
    chat.change_guild_settings(guild_id=GUILD, changes={"shared": True}, user_id="301")


def summarised(chat: ChatStore, *texts: str) -> int:
    """Ask all of it and summarise it; the place of the last."""
    for text in texts:
        ask(chat, text)
    opened = chat.open_chat(ANNA, command_id=uuid4())
    assert opened.conversation_id is not None
    through = opened.exchanges[-1].place
    assert chat.save_summary(
        conversation_id=opened.conversation_id,
        summary=f"They spoke of {', '.join(texts)}.",
        since=opened.summarised_through,
        through=through,
    )
    return through
