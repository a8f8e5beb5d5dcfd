"""The servers that the adapters' tests talk to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from httpx import Client as HttpClient
from supabase import ClientOptions, create_client

from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase import SupabaseStore
from lib.services.supabase_chat import SupabaseChatStore
from lib.services.supabase_player import SupabasePlayerStore
from lib.settings import Secret
from tests.servers.certificate import certificate_for_localhost
from tests.servers.gemini import GeminiServer
from tests.servers.openai import OpenAIServer
from tests.services.chat_worlds import ChatWorld, MemoryChatWorld, SupabaseChatWorld
from tests.services.player_worlds import MemoryPlayerWorld, PlayerWorld, SupabasePlayerWorld
from tests.services.store_worlds import MemoryWorld, StoreWorld, SupabaseWorld


@pytest.fixture
def gemini_server() -> Iterator[GeminiServer]:
    with GeminiServer() as server:
        yield server


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def trusted_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """For a local server whose certificate this process trusts."""
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(certificate_for_localhost())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return tls


@pytest.fixture
def https_gemini_server(trusted_tls: ssl.SSLContext) -> Iterator[GeminiServer]:
    with GeminiServer(tls=trusted_tls) as server:
        yield server


@pytest.fixture
def https_openai_server(trusted_tls: ssl.SSLContext) -> Iterator[OpenAIServer]:
    with OpenAIServer(tls=trusted_tls) as server:
        yield server


@pytest.fixture(params=["memory", pytest.param("supabase", marks=pytest.mark.stack)])
def world(request: pytest.FixtureRequest) -> Iterator[StoreWorld]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    url: str = request.getfixturevalue("supabase_url")
    key: str = request.getfixturevalue("secret_key")
    database: psycopg.Connection = request.getfixturevalue("database")
    store = SupabaseStore(url, Secret(key))
    with HttpClient() as http:
        client = create_client(url, key, ClientOptions(httpx_client=http))
        yield SupabaseWorld(store, database, client)
    store.close()


@pytest.fixture(params=["memory", pytest.param("supabase", marks=pytest.mark.stack)])
def chat_world(request: pytest.FixtureRequest) -> Iterator[ChatWorld]:
    if request.param == "memory":
        yield MemoryChatWorld()
        return
    with real(request) as (rpc, store, database):
        yield SupabaseChatWorld(SupabaseChatStore(rpc), store, database)


@pytest.fixture(params=["memory", pytest.param("supabase", marks=pytest.mark.stack)])
def player_world(request: pytest.FixtureRequest) -> Iterator[PlayerWorld]:
    if request.param == "memory":
        yield MemoryPlayerWorld()
        return
    with real(request) as (rpc, store, database):
        yield SupabasePlayerWorld(SupabasePlayerStore(rpc), store, database)


@contextmanager
def real(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[PostgrestRpc, SupabaseStore, psycopg.Connection]]:
    """The real database's functions, the store on its tables, and a way around both."""
    url: str = request.getfixturevalue("supabase_url")
    key = Secret(request.getfixturevalue("secret_key"))
    store = SupabaseStore(url, key)
    yield PostgrestRpc(url, key), store, request.getfixturevalue("database")
    store.close()
