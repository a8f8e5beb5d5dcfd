"""The gateway and what stands behind it, by the unmodified Supabase client."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from postgrest import APIError
from supabase import Client, ClientOptions, create_client

# The client warns of an argument that it passes to itself.
pytestmark = pytest.mark.filterwarnings("ignore:The '.*' parameter is deprecated")


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


def test_rows_are_inserted_and_selected(service: Client) -> None:
    service.table("bot_logs").insert({"level": "info", "message": "hello"}).execute()
    found = service.table("bot_logs").select("level, message").execute()
    assert found.data == [{"level": "info", "message": "hello"}]


def test_tables_are_empty_at_the_start_of_a_test(service: Client) -> None:
    assert service.table("bot_logs").select("*").execute().data == []


def test_the_publishable_key_may_not_read(public: Client) -> None:
    with pytest.raises(APIError) as refusal:
        public.table("bot_logs").select("*").execute()
    assert refusal.value.code == "42501"
