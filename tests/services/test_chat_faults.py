"""What a ChatStore says when its database is away, or answers wrongly, or is not there at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest

from lib.ports import ChatStore, ConversationKind, GuildSettings, Reserved, StoreError
from lib.services.clock import SYSTEM_CLOCK
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_chat import SupabaseChatStore
from lib.services.unrecorded_chat import UnrecordedChatStore
from lib.settings import Secret
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore
from tests.servers.scripted import Answer, nobody, scripted_server
from tests.services.chat_steps import ANNA, GUILD, IN_PRIVATE, ZONE, reservation, settlement

READING: Mapping[str, Callable[[ChatStore], object]] = {
    "open_chat": lambda chat: chat.open_chat(ANNA, command_id=uuid4()),
    "reserve_answer": lambda chat: chat.reserve(reservation()),
    "settle_answer": lambda chat: chat.settle(settlement(reservation())),
    "begin_summary": lambda chat: chat.begin_summary(conversation_id=uuid4(), since=0, through=1),
    "save_summary": lambda chat: chat.save_summary(
        conversation_id=uuid4(), summary="", since=0, through=1
    ),
    "forget_conversation": lambda chat: chat.forget(ANNA, everybody=False),
    "read_history": lambda chat: chat.read_history(ANNA, limit=1),
    "delete_exchange": lambda chat: chat.delete_exchange(exchange_id=uuid4(), user_id="301"),
    "read_guild_settings": lambda chat: chat.read_guild_settings(guild_id=GUILD),
    "change_guild_settings": lambda chat: chat.change_guild_settings(
        guild_id=GUILD, changes={}, user_id="301"
    ),
    "read_quota": lambda chat: chat.read_quota(ANNA, zone=ZONE),
    "read_usage": lambda chat: chat.read_usage(user_id=None, guild_id=None, zone=ZONE, days=1),
}
OPERATIONS: Mapping[str, Callable[[ChatStore], object]] = {
    **READING,
    "cool_model": lambda chat: chat.cool_model(model="m", seconds=1, reason="busy"),
    "read_chosen_model": lambda chat: chat.read_chosen_model(user_id="301"),
    "choose_model": lambda chat: chat.choose_model(user_id="301", model="m"),
    "change_limits": lambda chat: chat.change_limits(scope=GUILD, limits=None),
    "keep_source": lambda chat: chat.keep_source(key="a", user_id="301", source={}, seconds=1),
    "read_source": lambda chat: chat.read_source(key="a", user_id="301"),
}


def chat_at(url: str) -> SupabaseChatStore:
    return SupabaseChatStore(PostgrestRpc(url, Secret("a-key")))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_database_that_is_away_is_a_store_error(operation: str) -> None:
    with nobody() as url, pytest.raises(StoreError) as caught:
        OPERATIONS[operation](chat_at(url))
    assert (caught.value.operation, caught.value.code) == (operation, "unreachable")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_twin_is_away_with_its_tables(operation: str) -> None:
    clock = ManualClock()
    store = MemoryStore(clock)
    store.is_down = True
    with pytest.raises(StoreError) as caught:
        OPERATIONS[operation](MemoryChatStore(clock, store=store))
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("operation", READING)
@pytest.mark.parametrize("body", [b"<html>", "x", {}, {"x": 1}, [{"x": 1}], [5]], ids=repr)
def test_an_answer_of_another_shape_is_a_store_error(operation: str, body: object) -> None:
    with scripted_server(Answer(200, body)) as server:
        with pytest.raises(StoreError) as caught:
            READING[operation](chat_at(server.url))
        assert caught.value.operation == operation


@pytest.mark.parametrize("operation", OPERATIONS)
def test_where_there_is_no_database_nothing_is_kept_and_nothing_fails(operation: str) -> None:
    chat = UnrecordedChatStore(SYSTEM_CLOCK)
    OPERATIONS[operation](chat)
    assert chat.reserve(reservation()) == Reserved()
    opened = chat.open_chat(IN_PRIVATE, command_id=uuid4())
    assert (opened.kind, opened.settings) == (ConversationKind.PRIVATE, GuildSettings())
    assert opened.exchanges == ()
    assert chat.read_quota(ANNA, zone=ZONE).limits.answers_a_day is None
