"""The gateway and what stands behind it, by the unmodified Supabase client and by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from postgrest import APIError, CountMethod
from supabase import Client, ClientOptions, create_client

from dev.keys import Role, sign_jwt
from dev.local_supabase import LocalSupabase

# The client warns of an argument that it passes to itself.
pytestmark = pytest.mark.filterwarnings("ignore:The '.*' parameter is deprecated")

TABLE = "/rest/v1/bot_logs"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def service(supabase_url: str, secret_key: str, http: httpx.Client) -> Client:
    return create_client(supabase_url, secret_key, ClientOptions(httpx_client=http))


@pytest.fixture
def public(supabase_url: str, publishable_key: str, http: httpx.Client) -> Client:
    return create_client(supabase_url, publishable_key, ClientOptions(httpx_client=http))


class TestTheOfficialClient:
    def test_inserts_and_selects(self, service: Client) -> None:
        made = (
            service.table("bot_logs").insert({"level": "info", "message": "こんにちは"}).execute()
        )
        found = service.table("bot_logs").select("*").eq("message", "こんにちは").execute()
        assert found.data == made.data
        assert len(found.data) == 1

    def test_orders_limits_and_counts(self, service: Client) -> None:
        rows = [{"message": str(number)} for number in range(5)]
        service.table("bot_logs").insert(rows).execute()
        query = service.table("bot_logs").select("message", count=CountMethod.exact)
        newest = query.order("id", desc=True).limit(2).execute()
        assert newest.data == [{"message": "4"}, {"message": "3"}]
        assert newest.count == 5

    def test_counts_without_the_rows(self, service: Client) -> None:
        service.table("bot_logs").insert([{"message": "a"}, {"message": "b"}]).execute()
        query = service.table("bot_logs").select("*", count=CountMethod.exact, head=True)
        assert query.execute().count == 2

    def test_reads_along_a_path_in_json(self, service: Client) -> None:
        payload = {"guild_id": "1", "nested": {"value": 2}}
        service.table("command_queue").insert({"command": "x", "payload": payload}).execute()
        found = (
            service.table("command_queue")
            .select("payload->nested->>value")
            .eq("payload->>guild_id", "1")
            .execute()
        )
        assert found.data == [{"value": "2"}]

    def test_upserts_updates_and_deletes(self, service: Client) -> None:
        table = service.table("active_sessions")
        table.upsert({"guild_id": "1", "track_title": "a"}, on_conflict="guild_id").execute()
        table.upsert({"guild_id": "1", "track_title": "b"}, on_conflict="guild_id").execute()
        table.update({"is_playing": True}).eq("guild_id", "1").execute()
        found: Any = table.select("track_title, is_playing").eq("guild_id", "1").single().execute()
        assert found.data == {"track_title": "b", "is_playing": True}
        table.delete().eq("guild_id", "1").execute()
        assert table.select("*").execute().data == []

    def test_hears_of_a_duplicate(self, service: Client) -> None:
        row = {"id": str(uuid4()), "command": "x"}
        service.table("command_queue").insert(row).execute()
        with pytest.raises(APIError) as refusal:
            service.table("command_queue").insert(row).execute()
        assert refusal.value.code == "23505"

    def test_calls_a_function(self, service: Client) -> None:
        service.table("command_queue").insert({"command": "snapshot"}).execute()
        claimed: Any = service.rpc("claim_commands", {"p_kinds": ["snapshot"]}).execute()
        assert [row["command"] for row in claimed.data] == ["snapshot"]

    def test_claims_from_several_threads_without_a_double(
        self, service: Client, supabase_url: str, secret_key: str
    ) -> None:
        service.table("command_queue").insert([{"command": "snapshot"}] * 60).execute()
        taken: list[str] = []

        def work() -> None:
            with httpx.Client() as http:
                own = create_client(supabase_url, secret_key, ClientOptions(httpx_client=http))
                arguments = {"p_kinds": ["snapshot"], "p_limit": 2}
                while rows := own.rpc("claim_commands", arguments).execute().data:
                    assert isinstance(rows, list)
                    taken.extend(str(dict(row)["id"]) for row in rows if isinstance(row, dict))

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 60

    def test_may_not_read_or_write_with_the_publishable_key(self, public: Client) -> None:
        with pytest.raises(APIError) as reading:
            public.table("bot_logs").select("*").execute()
        with pytest.raises(APIError) as writing:
            public.table("bot_logs").insert({"message": "x"}).execute()
        assert (reading.value.code, writing.value.code) == ("42501", "42501")

    def test_takes_the_older_keys_too(
        self, local_supabase: LocalSupabase, http: httpx.Client
    ) -> None:
        key = local_supabase.keys.role_token(Role.SERVICE)
        client = create_client(local_supabase.url, key, ClientOptions(httpx_client=http))
        assert client.table("bot_logs").select("*").execute().data == []


class TestKeys:
    def test_none_is_refused_as_supabase_does(self, supabase_url: str, http: httpx.Client) -> None:
        answer = http.get(supabase_url + TABLE)
        assert answer.status_code == 401
        assert answer.json()["message"] == "No API key found in request"

    @pytest.mark.parametrize("key", ["sb_secret_wrong", "wrong", "a.b.c"])
    def test_a_wrong_one_is_refused_as_supabase_does(
        self, supabase_url: str, http: httpx.Client, key: str
    ) -> None:
        answer = http.get(supabase_url + TABLE, headers={"apikey": key})
        assert answer.status_code == 401
        assert answer.json() == {
            "message": "Invalid API key",
            "hint": "Double check your Supabase `anon` or `service_role` API key.",
        }

    def test_a_token_signed_by_somebody_else_is_refused(
        self, supabase_url: str, http: httpx.Client
    ) -> None:
        forged = sign_jwt({"role": "service_role"}, secret="x" * 32)
        assert http.get(supabase_url + TABLE, headers={"apikey": forged}).status_code == 401

    def test_a_signed_in_user_s_token_decides_the_role(
        self, local_supabase: LocalSupabase, publishable_key: str, http: httpx.Client
    ) -> None:
        token = sign_jwt(
            {"role": "authenticated", "sub": str(uuid4())}, secret=local_supabase.keys.jwt_secret
        )
        headers = {"apikey": publishable_key, "Authorization": f"Bearer {token}"}
        answer = http.get(local_supabase.url + TABLE, headers=headers)
        assert (answer.status_code, answer.json()) == (200, [])  # a reader, but no admin

    def test_a_forged_user_s_token_is_refused_behind_a_good_key(
        self, supabase_url: str, publishable_key: str, http: httpx.Client
    ) -> None:
        forged = sign_jwt({"role": "service_role"}, secret="x" * 32)
        headers = {"apikey": publishable_key, "Authorization": f"Bearer {forged}"}
        assert http.get(supabase_url + TABLE, headers=headers).status_code == 401

    def test_two_keys_that_differ_are_refused(
        self, supabase_url: str, publishable_key: str, secret_key: str, http: httpx.Client
    ) -> None:
        headers = {"apikey": publishable_key, "Authorization": f"Bearer {secret_key}"}
        assert http.get(supabase_url + TABLE, headers=headers).status_code == 401

    def test_the_secret_one_has_no_place_in_a_browser(
        self, supabase_url: str, secret_key: str, http: httpx.Client
    ) -> None:
        headers = {"apikey": secret_key, "User-Agent": "Mozilla/5.0"}
        answer = http.get(supabase_url + TABLE, headers=headers)
        assert answer.status_code == 401
        assert "browser" in answer.json()["message"]


class TestTheDoor:
    def test_a_browser_may_ask_from_another_page(
        self, supabase_url: str, http: httpx.Client
    ) -> None:
        answer = http.options(
            supabase_url + TABLE,
            headers={
                "Origin": "https://dashboard.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "apikey,authorization",
            },
        )
        assert answer.status_code == 200
        assert "apikey" in answer.headers["Access-Control-Allow-Headers"].lower()

    @pytest.mark.parametrize("path", ["/", "/auth/v1/token", "/realtime/v1/other", "/rest/v2/"])
    def test_other_paths_lead_nowhere(
        self, supabase_url: str, secret_key: str, http: httpx.Client, path: str
    ) -> None:
        assert http.get(supabase_url + path, headers={"apikey": secret_key}).status_code == 404

    def test_a_filter_arrives_as_it_was_written(
        self, service: Client, supabase_url: str, secret_key: str, http: httpx.Client
    ) -> None:
        service.table("bot_logs").insert([{"message": "a+b %2F c"}, {"message": "x"}]).execute()
        answer = http.get(
            supabase_url + TABLE,
            params={"message": "eq.a+b %2F c", "select": "message"},
            headers={"apikey": secret_key},
        )
        assert answer.json() == [{"message": "a+b %2F c"}]

    def test_realtime_takes_no_line_without_a_key(
        self, supabase_url: str, http: httpx.Client
    ) -> None:
        for query in ("", "?apikey=sb_publishable_wrong"):
            answer = http.get(f"{supabase_url}/realtime/v1/websocket{query}")
            assert answer.status_code == 401
