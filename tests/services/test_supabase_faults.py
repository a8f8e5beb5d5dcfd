"""Every way a database can fail is a StoreError that says how, and costs nobody an answer."""

from __future__ import annotations

import io
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from lib.logs import configure_logs, get_logger
from lib.ports import CommandStatus, DeferredCommand, FailureReason, Lease, StoreError
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase import SupabaseStore
from lib.services.supabase_chat import SupabaseChatStore
from lib.settings import Secret
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import press, slash
from tests.servers.scripted import Answer, nobody, scripted_server

NEW_KEY = "sb_secret_abcdefghijklmnop"
OLD_KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
LEASE = Lease(uuid4(), uuid4())
DEFERRED = DeferredCommand(
    id=uuid4(),
    lease_id=uuid4(),
    command="answer",
    payload={},
    token="a-token",
    interaction={"id": "1"},
    expires_at=datetime(2026, 1, 1, tzinfo=UTC),
    lease_seconds=60,
    user_id="1",
    cooldown_key="ask",
    cooldown_seconds=5.0,
)

TABLES: dict[str, Callable[[SupabaseStore], object]] = {
    "send_system_stats": lambda store: store.send_system_stats(
        cpu_usage=1.0, ram_rss=1.0, ram_heap=1.0, ping_gateway=1, ping_lavalink=None
    ),
    "log_bot_event": lambda store: store.log_bot_event(level="info", message="x"),
    "log_gemini_usage": lambda store: store.log_gemini_usage(
        guild_id=None,
        user_id="1",
        prompt_tokens=1,
        completion_tokens=1,
        total_tokens=2,
        model="m",
    ),
    "log_music_play": lambda store: store.log_music_play(
        guild_id="1", track_title="t", track_url="u", duration_ms=1, requested_by="1"
    ),
    "update_active_session": lambda store: store.update_active_session(
        guild_id="1", track_title="t", position_ms=1, duration_ms=1, is_playing=True
    ),
    "remove_active_session": lambda store: store.remove_active_session(guild_id="1"),
    "get_pending_commands": lambda store: store.get_pending_commands(),
    "update_command_status": lambda store: store.update_command_status(
        id=uuid4(), status=CommandStatus.FAILED
    ),
}
FUNCTIONS: dict[str, Callable[[SupabaseStore], object]] = {
    "begin_command": lambda store: store.begin_command(DEFERRED),
    "claim_commands": lambda store: store.claim_commands(
        kinds=["answer"], limit=10, lease_seconds=60
    ),
    "renew_command": lambda store: store.renew_command(LEASE, lease_seconds=60),
    "release_command": lambda store: store.release_command(LEASE),
    "complete_command": lambda store: store.complete_command(LEASE),
    "fail_command": lambda store: store.fail_command(
        LEASE, error="x", reason=FailureReason.ERROR, retry=True
    ),
    "end_cooldown": lambda store: store.end_cooldown(
        LEASE, user_id="1", cooldown_key="ask", cooldown_seconds=5.0
    ),
    "delete_user_data": lambda store: store.delete_user_data(user_id="1"),
}
OPERATIONS = {**TABLES, **FUNCTIONS}
HTML = b"<!doctype html><title>Something in between</title>"


@contextmanager
def store_at(
    url: str, key: str = NEW_KEY, *, timeout_seconds: float = 5.0
) -> Iterator[SupabaseStore]:
    store = SupabaseStore(url, Secret(key), timeout_seconds=timeout_seconds)
    try:
        yield store
    finally:
        store.close()


def error_of(store: SupabaseStore, operation: str) -> StoreError:
    """The error of an operation that cannot succeed."""
    with pytest.raises(StoreError) as caught:
        OPERATIONS[operation](store)
    assert caught.value.operation == operation
    return caught.value


def errors_against(
    answer: Answer, *, operations: Iterable[str] = OPERATIONS, timeout_seconds: float = 5.0
) -> list[StoreError]:
    """What each operation raises against a server that always gives that answer."""
    with (
        scripted_server(answer) as server,
        store_at(server.url, timeout_seconds=timeout_seconds) as store,
    ):
        return [error_of(store, operation) for operation in operations]


def test_a_database_where_nothing_listens_is_unreachable() -> None:
    with nobody() as url, store_at(url) as store:
        assert {error_of(store, operation).code for operation in OPERATIONS} == {"unreachable"}


def test_one_that_never_answers_times_out() -> None:
    errors = errors_against(Answer(silent=True), timeout_seconds=0.05)
    assert {error.code for error in errors} == {"timed_out"}


def test_one_that_answers_byte_by_byte_times_out_all_the_same() -> None:
    never = threading.Event()

    def pause() -> None:
        never.wait(0.02)

    byte_by_byte = Answer(200, b" " * 10_000, before_each_byte=pause)
    errors = errors_against(byte_by_byte, timeout_seconds=0.1)
    assert {error.code for error in errors} == {"timed_out"}


def test_one_that_hangs_up_is_unreachable() -> None:
    assert {error.code for error in errors_against(Answer(dropped=True))} == {"unreachable"}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "42501", "permission denied for table gemini_usage"),
        (401, "PGRST301", "JWT expired"),
        (409, "23505", "duplicate key value violates unique constraint"),
        (404, "PGRST202", "Could not find the function public.begin_command"),
        (503, "PGRST002", "Could not query the database for the schema cache. Retrying."),
    ],
)
def test_what_postgres_or_postgrest_refuses_comes_with_its_code_and_words(
    status: int, code: str, message: str
) -> None:
    details = "Key (id)=(a-value-of-the-row) already exists."
    answer = Answer(status, {"code": code, "message": message, "details": details, "hint": None})
    for error in errors_against(answer):
        assert (error.code, error.detail) == (code, message)
        assert "a-value-of-the-row" not in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"message": "Invalid API key"}),
        (401, b""),
        (500, b""),
        (502, HTML),
        (503, [1]),
        (540, {"message": "Project paused"}),
    ],
)
def test_a_refusal_without_a_code_is_an_error_that_says_what_it_knows(
    status: int, body: object
) -> None:
    for error in errors_against(Answer(status, body)):
        assert error.code in {str(status), "refused", "client"}
        if isinstance(body, dict):
            assert error.detail == body["message"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, HTML),
        Answer(200, b"5"),
        Answer(200, b'"text"'),
        Answer(200, b"[1]"),
        Answer(200, b"\xff\xfe"),
        Answer(200, b"[" * 100_000),
        Answer(200, b"{"),
        Answer(301, b"", {"Location": "https://example.com/"}),
        Answer(308, HTML, {"Location": "https://example.com/"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:10]!r}",
)
def test_an_answer_that_is_none_is_an_error_and_never_a_success(answer: Answer) -> None:
    assert len(errors_against(answer)) == len(OPERATIONS)


@pytest.mark.parametrize("body", [b"", b"null"])
def test_a_function_that_says_nothing_has_not_done_its_work(body: bytes) -> None:
    speaking = set(FUNCTIONS) - {"fail_command"}  # null: the lease has gone
    assert errors_against(Answer(200, body), operations=speaking)


@pytest.mark.parametrize("operation", ["get_pending_commands", "claim_commands", "begin_command"])
@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": "no uuid", "command": "x", "payload": {}, "created_at": "2026-01-01T00:00:00Z"},
        {"id": str(uuid4()), "command": "x", "payload": {}, "created_at": "yesterday"},
        {"lease_id": "no uuid"},
        {"lease_id": None, "retry_after_seconds": "soon"},
    ],
    ids=["empty", "id", "created_at", "lease_id", "retry_after_seconds"],
)
def test_rows_in_another_shape_are_an_error(operation: str, row: object) -> None:
    body = row if operation == "begin_command" else [row]
    (error,) = errors_against(Answer(200, body), operations=[operation])
    assert error.code == "answer"


@pytest.mark.parametrize("url", ["http://a..b", "http://127.0.0.1:99999", "http://x" + "y" * 70])
def test_an_address_that_is_none_is_an_error_when_it_is_used(url: str) -> None:
    with store_at(url) as store:
        for operation in OPERATIONS:
            error_of(store, operation)


@pytest.mark.parametrize("key", [NEW_KEY, OLD_KEY])
def test_the_key_goes_where_it_belongs_and_into_no_error(key: str) -> None:
    stream = io.StringIO()
    configure_logs(level="DEBUG", as_json=False, stream=stream)  # without knowing the key
    for answer in (Answer(500, HTML), Answer(dropped=True)):
        with scripted_server(answer) as server, store_at(server.url, key) as store:
            for operation in OPERATIONS:
                error = error_of(store, operation)
                get_logger("lib.test").error("failed", error=error)
                assert key not in "".join(traceback.format_exception(error))
        for request in server.requests:
            assert request.headers["apikey"] == key
            assert key not in request.path
    assert key not in stream.getvalue()


def test_a_connection_that_died_while_the_function_was_frozen_costs_nothing() -> None:
    with scripted_server(Answer(201, [], stale=True)) as server, store_at(server.url) as store:
        for operation in (*TABLES, *TABLES):
            TABLES[operation](store)
    assert len(server.requests) == 2 * len(TABLES)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("key", [NEW_KEY, OLD_KEY])
def test_the_key_follows_no_redirect(status: int, key: str) -> None:
    with scripted_server(Answer(200, [])) as elsewhere:
        away = Answer(status, b"", {"Location": f"{elsewhere.url}/rest/v1/anything"})
        with scripted_server(away) as server, store_at(server.url, key) as store:
            for operation in OPERATIONS:
                error_of(store, operation)
        assert len(server.requests) == len(OPERATIONS)
        assert elsewhere.requests == []


def test_a_new_key_is_no_token_and_an_old_one_is() -> None:
    for key, expected in ((NEW_KEY, None), (OLD_KEY, f"Bearer {OLD_KEY}")):
        with scripted_server(Answer(500)) as server, store_at(server.url, key) as store:
            for operation in FUNCTIONS:
                error_of(store, operation)
        assert {request.headers.get("authorization") for request in server.requests} == {expected}


@pytest.mark.stack
def test_the_publishable_key_may_do_nothing_and_the_error_says_so(
    supabase_url: str, publishable_key: str
) -> None:
    with store_at(supabase_url, publishable_key) as store:
        assert {error_of(store, operation).code for operation in OPERATIONS} == {"42501"}


@pytest.mark.stack
@pytest.mark.parametrize("key", ["sb_secret_not_the_one", OLD_KEY])
def test_a_wrong_key_is_told_apart_from_a_missing_right(supabase_url: str, key: str) -> None:
    with store_at(supabase_url, key) as store:
        codes = {error_of(store, operation).code for operation in OPERATIONS}
    assert codes <= {"401", "refused", "PGRST301"}


# --- end to end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"message": "Invalid API key"}),
        Answer(403, {"code": "42501", "message": "permission denied"}),
        Answer(409, {"code": "23505", "message": "duplicate key value"}),
        Answer(200, HTML),
        Answer(502, HTML),
        Answer(dropped=True),
        Answer(silent=True),
    ],
    ids=lambda answer: repr(answer)[:50],
)
def test_whatever_the_database_does_the_answer_comes_and_the_log_says_why(answer: Answer) -> None:
    stream = io.StringIO()
    with (
        scripted_server(answer) as server,
        store_at(server.url, timeout_seconds=0.05) as store,
    ):
        bot = Bot(ScriptedChatModel(saying("Hello.")))
        rpc = PostgrestRpc(server.url, Secret(NEW_KEY), timeout_seconds=0.05, clock=bot.clock)
        bot.services = replace(bot.services, store=store, chat=SupabaseChatStore(rpc))
        configure_logs(level="INFO", as_json=True, stream=stream)
        bot.client.send(slash("ask", prompt="Hi"))
        (seen,) = bot.seen
        assert seen.startswith("Hello.")
        press_delete = press("privacy:delete").numbered(2)
        bot.client.send(press_delete)
        assert "nothing was deleted" in bot.discord.seen(press_delete.token)[0]
        assert bot.tick() == 503
    for word in ("begin_command", "open_chat", "settle", "claim_commands", "not_deleted"):
        assert word in stream.getvalue()


# --- one bad row among good ones ------------------------------------------------------------------


def claimed_row(**changes: object) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "command": "snapshot",
        "payload": {},
        "attempts": 1,
        "lease_id": str(uuid4()),
        "created_at": "2026-01-01T00:00:00+00:00",
        "expires_at": None,
        "progress": {},
        "interaction": None,
        **changes,
    }


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": "infinity"}, {"created_at": "12026-01-01"}, {"interaction": 5}],
    ids=str,
)
def test_a_row_that_cannot_be_read_fails_alone_and_the_others_are_worked_on(
    log: CapturedLog, changes: dict[str, object]
) -> None:
    first, bad, last = claimed_row(), claimed_row(**changes), claimed_row()
    with (
        scripted_server(Answer(200, [first, bad, last]), Answer(200, b'"failed"')) as server,
        store_at(server.url) as store,
    ):
        commands = store.claim_commands(kinds=["snapshot"], limit=10, lease_seconds=60)
    assert [str(command.id) for command in commands] == [first["id"], last["id"]]
    told = server.requests[1].json
    assert (told["p_id"], told["p_lease_id"]) == (bad["id"], bad["lease_id"])
    assert (told["p_reason"], told["p_retry"]) == ("error", False)
    assert told["p_error"].startswith("the row cannot be read: ")
    assert [line["id"] for line in log.of("row_not_readable")] == [bad["id"]]


def test_nor_does_it_stop_them_where_that_cannot_be_told(log: CapturedLog) -> None:
    rows = [claimed_row(expires_at="infinity"), claimed_row()]
    with (
        scripted_server(Answer(200, rows), Answer(dropped=True)) as server,
        store_at(server.url) as store,
    ):
        assert len(store.claim_commands(kinds=["snapshot"], limit=10, lease_seconds=60)) == 1
    assert log.of("not_recorded")
