"""Who asks at once, on the real database: no turn is lost or mixed up, no limit overrun."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Final
from uuid import uuid4

import psycopg
import pytest

from lib.ports import (
    ChatPlace,
    ConversationKind,
    Limits,
    QuotaExceeded,
    Reservation,
    Reserved,
    Settlement,
    StoreError,
)
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase_chat import SupabaseChatStore
from lib.settings import Secret
from tests.services.chat_steps import (
    GUILD,
    ZONE,
    answer,
    ask,
    call,
    question,
    reservation,
    settlement,
    share,
)

pytestmark = pytest.mark.stack

EIGHT: Final = tuple(
    ChatPlace(guild_id=GUILD, channel_id="200", user_id=str(300 + number)) for number in range(8)
)
ROUNDS: Final = 5


@pytest.fixture
def chat(supabase_url: str, secret_key: str) -> SupabaseChatStore:
    return SupabaseChatStore(PostgrestRpc(supabase_url, Secret(secret_key), timeout_seconds=60))


def at_once(works: Sequence[Callable[[], object]]) -> list[object]:
    """Do several things at the same moment, each in a thread of its own."""
    barrier = Barrier(len(works))

    def wait_and(work: Callable[[], object]) -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(wait_and, works))


def asking(chat: SupabaseChatStore, place: ChatPlace) -> Callable[[], object]:
    def work() -> object:
        for number in range(ROUNDS):
            ask(chat, f"{place.user_id} {number}", place)
        return None

    return work


def test_eight_who_ask_in_one_conversation_lose_and_mix_up_no_turn(
    chat: SupabaseChatStore, database: psycopg.Connection
) -> None:
    share(chat)
    at_once([asking(chat, place) for place in EIGHT])
    exchanges = chat.open_chat(EIGHT[0], command_id=uuid4()).exchanges
    assert len(exchanges) == 8 * ROUNDS
    for exchange in exchanges:
        assert exchange.question.split()[0] == exchange.author_id
        assert exchange.answer == f"Re: {exchange.question}"
    for place in EIGHT:
        own = [e.question for e in exchanges if e.author_id == place.user_id]
        assert own == [f"{place.user_id} {number}" for number in range(ROUNDS)]
    assert len({exchange.place for exchange in exchanges}) == len(exchanges)
    asked = [exchange.asked_at for exchange in exchanges]
    assert asked == sorted(asked)
    rows = database.execute(
        "select count(*) filter (where settled_at is null), count(*) from reservations"
    ).fetchone()
    assert rows == (0, 8 * ROUNDS)
    assert chat.read_quota(EIGHT[3], zone=ZONE).answers_today == ROUNDS


def test_no_limit_is_overrun(chat: SupabaseChatStore) -> None:
    five_cents = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=Decimal("0.05"))
    chat.change_limits(scope=GUILD, limits=five_cents)
    wishes = [reservation(place, question=question()) for place in EIGHT]
    said = at_once([_reserving(chat, wish) for wish in wishes])
    assert sum(isinstance(each, Reserved) for each in said) == 5
    assert sum(isinstance(each, QuotaExceeded) for each in said) == 3
    assert chat.read_quota(EIGHT[0], zone=ZONE).cost_usd_this_month == Decimal("0.05")


def test_no_day_is_overrun_by_one_user_in_eight_places(chat: SupabaseChatStore) -> None:
    three = Limits(answers_a_day=3, tokens_a_day=None, budget_usd_a_month=None)
    for scope in ("guilds", "direct"):
        chat.change_limits(scope=scope, limits=three)
    places = [
        ChatPlace(guild_id=str(number) if number else None, channel_id=str(number), user_id="301")
        for number in range(8)
    ]
    said = at_once([_reserving(chat, reservation(place)) for place in places])
    assert sum(isinstance(each, Reserved) for each in said) == 3


def test_a_command_that_runs_twice_at_once_is_settled_once(
    chat: SupabaseChatStore, database: psycopg.Connection
) -> None:
    begun = reservation(EIGHT[0], question=question())
    assert begun.question is not None
    settled = settlement(begun, answer=answer(begun.question.exchange_id), calls=(call(30),))
    works = [_reserving(chat, begun)] * 4 + [_settling(chat, settled)] * 4
    said = at_once(works)
    assert said.count(True) == 1
    assert said.count(False) == 3
    assert database.execute("select count(*) from gemini_usage").fetchone() == (1,)
    assert chat.read_quota(EIGHT[0], zone=ZONE).tokens_today == 30


def test_who_forgets_while_others_ask_takes_nothing_of_theirs(
    chat: SupabaseChatStore, database: psycopg.Connection
) -> None:
    share(chat)
    forgetting = [lambda: chat.forget(EIGHT[7], everybody=False) for _ in range(3)]
    at_once([*[asking(chat, place) for place in EIGHT], *forgetting])
    exchanges = chat.open_chat(EIGHT[0], command_id=uuid4()).exchanges
    others = [exchange for exchange in exchanges if exchange.author_id != EIGHT[7].user_id]
    assert len(others) == 7 * ROUNDS
    orphans = (
        "select count(*) from messages as m where not exists (select from messages as o"
        " where o.exchange_id = m.exchange_id and o.role <> m.role)"
    )
    assert database.execute(orphans.encode()).fetchone() == (0,)


def test_of_eight_summaries_one_is_kept(chat: SupabaseChatStore) -> None:
    for number in range(3):
        ask(chat, str(number), EIGHT[0])
    opened = chat.open_chat(EIGHT[0], command_id=uuid4())
    conversation_id = opened.conversation_id
    assert conversation_id is not None
    assert opened.kind is ConversationKind.PERSONAL

    def summarise() -> object:
        return chat.save_summary(
            conversation_id=conversation_id,
            summary="They counted.",
            since=0,
            through=opened.exchanges[-1].place,
        )

    assert at_once([summarise] * 8).count(True) == 1


def test_of_eight_who_begin_a_summary_one_does(chat: SupabaseChatStore) -> None:
    ask(chat, "first", EIGHT[0])
    opened = chat.open_chat(EIGHT[0], command_id=uuid4())
    conversation_id = opened.conversation_id
    assert conversation_id is not None

    def begin_one() -> object:
        return bool(
            chat.begin_summary(
                conversation_id=conversation_id, since=0, through=opened.exchanges[-1].place
            )
        )

    assert at_once([begin_one] * 8).count(True) == 1


def test_of_eight_who_change_a_list_at_once_all_are_heard(chat: SupabaseChatStore) -> None:
    def adding(number: int) -> Callable[[], object]:
        return lambda: chat.change_guild_settings(
            guild_id=GUILD, changes={"channel_ids": {"add": str(number)}}, user_id="301"
        )

    at_once([adding(number) for number in range(8)])
    assert chat.read_guild_settings(guild_id=GUILD).channel_ids == set("01234567")


def test_of_two_who_remove_the_last_two_at_once_one_is_heard(chat: SupabaseChatStore) -> None:
    chat.change_guild_settings(
        guild_id=GUILD, changes={"channel_ids": ["200", "201"]}, user_id="301"
    )

    def removing(channel_id: str) -> Callable[[], object]:
        def work() -> object:
            try:
                return chat.change_guild_settings(
                    guild_id=GUILD, changes={"channel_ids": {"remove": channel_id}}, user_id="301"
                )
            except StoreError as error:
                return error.is_restricted

        return work

    assert at_once([removing("200"), removing("201")]).count(True) == 1
    assert len(chat.read_guild_settings(guild_id=GUILD).channel_ids) == 1


def test_runs_of_one_command_at_once_lose_no_count(
    chat: SupabaseChatStore, database: psycopg.Connection
) -> None:
    asked = question()
    first = reservation(EIGHT[0], question=asked, model="m", prompt_tokens=100)
    runs = [dataclasses.replace(first, run_id=uuid4()) for _ in range(8)]
    at_once([_reserving(chat, run) for run in runs])
    kept = answer(asked.exchange_id)
    said = at_once(
        [
            _settling(chat, settlement(run, run_id=run.run_id, calls=(call(30),), answer=kept))
            for run in runs
        ]
    )
    assert said == [True] * 8
    reading = chat.read_quota(EIGHT[0], zone=ZONE)
    assert (reading.answers_today, reading.tokens_today) == (1, 8 * 30)
    rows = database.execute("select count(*), sum(total_tokens) from gemini_usage").fetchone()
    assert rows == (8, 8 * 30)


def _reserving(chat: SupabaseChatStore, wish: Reservation) -> Callable[[], object]:
    return lambda: chat.reserve(wish)


def _settling(chat: SupabaseChatStore, settled: Settlement) -> Callable[[], object]:
    return lambda: chat.settle(settled)
