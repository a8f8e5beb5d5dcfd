"""The local sign-in, by the unmodified supabase-js and by the Python client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from supabase import Client, ClientOptions, create_client
from supabase_auth.errors import AuthApiError

from dev.auth import LocalAuth
from dev.keyring import Keyring
from dev.keys import LocalKeys, sign_jwt
from dev.local_supabase import LocalSupabase
from dev.simulator.world import OWNER_ID
from tests.dev.supabase_js import run_js, running_js

pytestmark = [
    pytest.mark.stack,
    pytest.mark.filterwarnings("ignore:The '.*' parameter is deprecated"),
]


@pytest.fixture
def admin(database: psycopg.Connection[Any]) -> None:
    """The local admin is in the list."""
    database.execute("insert into dashboard_admins (discord_id) values (%s)", (OWNER_ID,))


def test_the_page_learns_who_can_sign_in(
    local_supabase: LocalSupabase, publishable_key: str
) -> None:
    told = requests.get(
        f"{local_supabase.url}/auth/v1/settings", headers={"apikey": publishable_key}, timeout=10
    )
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert told.json()["external"]["discord"] is True
    accounts = {entry["name"]: entry["label"] for entry in told.json()["local_accounts"]}
    assert accounts == {"admin": "田中 葵", "stranger": "Sam Rivera", "guest": "陽斗"}


def test_the_admin_signs_in_reads_and_signs_out(
    local_supabase: LocalSupabase, database: psycopg.Connection[Any], admin: None
) -> None:
    database.execute("insert into bot_logs (message) values ('started')")
    told = run_js(
        """
        const c = client();
        const events = [];
        c.auth.onAuthStateChange(event => events.push(event));
        const {target, code} = await begin(c, "admin");
        const {data: {session}, error} = await c.auth.exchangeCodeForSession(code);
        if (error) throw error;
        const {data: {user}} = await c.auth.getUser();
        const isAdmin = (await c.rpc("is_admin")).data;
        const logs = (await c.from("bot_logs").select("message")).data;
        const signedOut = await c.auth.signOut();
        const after = (await c.auth.getSession()).data.session;
        const token = session.refresh_token;
        const {error: refused} = await c.auth.refreshSession({refresh_token: token});
        told({target, isAdmin, logs, after, events, refused: refused.code,
              signedOut: signedOut.error, kind: session.token_type, ids: user.identities.map(
                one => [one.provider, one.id]), name: user.user_metadata.custom_claims});
        """,
        local_supabase,
    )
    assert told["target"].startswith("http://127.0.0.1:7610/?view=logs&code=")
    assert told["ids"] == [["discord", OWNER_ID]]
    assert told["name"] == {"global_name": "田中 葵"}
    assert told["isAdmin"] is True
    assert told["logs"] == [{"message": "started"}]
    assert (told["after"], told["signedOut"], told["kind"]) == (None, None, "bearer")
    assert told["refused"] == "refresh_token_not_found"
    assert {"SIGNED_IN", "SIGNED_OUT"} <= set(told["events"])


def test_a_stranger_reads_nothing_even_by_editing_what_is_known_of_them(
    local_supabase: LocalSupabase, database: psycopg.Connection[Any], admin: None
) -> None:
    database.execute("insert into bot_logs (message) values ('started')")
    told = run_js(
        """
        const c = client();
        await signIn(c, "stranger");
        const before = (await c.rpc("is_admin")).data;
        const {data, error} = await c.auth.updateUser({data: {
          provider_id: given.owner, sub: given.owner, role: "service_role", is_admin: true}});
        if (error) throw error;
        await c.auth.refreshSession();
        const {data: {session}} = await c.auth.getSession();
        told({before, edited: data.user.user_metadata.provider_id,
              identity: data.user.identities[0].identity_data.provider_id,
              role: JSON.parse(atob(session.access_token.split(".")[1])).role,
              after: (await c.rpc("is_admin")).data,
              logs: (await c.from("bot_logs").select("message")).data});
        """,
        local_supabase,
        owner=OWNER_ID,
    )
    assert told == {
        "before": False,
        "edited": OWNER_ID,
        "identity": "1180000000000000102",
        "role": "authenticated",
        "after": False,
        "logs": [],
    }


def test_who_signs_in_again_is_the_same_user(local_supabase: LocalSupabase) -> None:
    told = run_js(
        """
        const ids = [];
        for (const name of ["admin", undefined, "stranger"])
          ids.push((await signIn(client(), name)).user.id);
        told({ids});
        """,
        local_supabase,
    )
    first, second, other = told["ids"]
    assert first == second != other


def test_a_code_is_worth_nothing_to_a_browser_that_did_not_ask_for_it(
    local_supabase: LocalSupabase,
) -> None:
    told = run_js(
        """
        const mine = client(), others = client();
        const {code} = await begin(mine, "admin");
        await begin(others, "admin");
        const {error} = await others.auth.exchangeCodeForSession(code);
        const {data} = await mine.auth.exchangeCodeForSession(code);
        told({status: error.status, code: error.code, mine: data.session !== null});
        """,
        local_supabase,
    )
    assert told == {"status": 400, "code": "bad_code_verifier", "mine": True}


def test_a_code_is_good_for_once(local_supabase: LocalSupabase) -> None:
    told = run_js(
        """
        const kept = storage(), c = client({auth: {storage: kept}});
        const {code} = await begin(c, "admin");
        const before = new Map(kept.kept);
        await c.auth.exchangeCodeForSession(code);
        before.forEach((value, name) => kept.setItem(name, value));
        const {error} = await c.auth.exchangeCodeForSession(code);
        told({refused: [error.status, error.code]});
        """,
        local_supabase,
    )
    assert told == {"refused": [404, "flow_state_not_found"]}


def test_a_code_that_is_too_old_is_refused(
    local_supabase: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    url, key = local_supabase.url, local_supabase.keys.publishable_key
    asked = requests.get(
        f"{url}/auth/v1/authorize",
        params={
            "provider": "discord",
            "redirect_to": "http://127.0.0.1:1/",
            "code_challenge": "challenge",
            "code_challenge_method": "plain",
        },
        allow_redirects=False,
        timeout=10,
    )
    (code,) = parse_qs(urlsplit(asked.headers["Location"]).query)["code"]
    database.execute("update auth.flow_state set created_at = now() - interval '6 minutes'")
    answer = requests.post(
        f"{url}/auth/v1/token?grant_type=pkce",
        json={"auth_code": code, "code_verifier": "challenge"},
        headers={"apikey": key},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["error_code"]) == (422, "flow_state_expired")


def test_each_refresh_token_is_used_once_and_two_tabs_may_be_as_quick_as_one(
    local_supabase: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const c = client();
        const first = await signIn(c, "admin");
        const next = async token => {
          const {data, error} = await client().auth.refreshSession({refresh_token: token});
          return error ? error.code : data.session.refresh_token;
        };
        const second = await next(first.refresh_token);
        const again = await next(first.refresh_token);
        told({isNew: second !== first.refresh_token, same: second === again});
        await heard();
        told({codes: [await next(first.refresh_token), await next(second)]});
        """
    with running_js(script, local_supabase) as running:
        assert running.hear() == {"isNew": True, "same": True}
        database.execute("update auth.refresh_tokens set used_at = used_at - interval '1 minute'")
        running.tell()
        # Somebody has had the first one all the time: nobody goes on with this session.
        codes = ["refresh_token_already_used", "refresh_token_not_found"]
        assert running.hear() == {"codes": codes}


def test_a_session_whose_token_is_over_goes_on_by_itself(local_supabase: LocalSupabase) -> None:
    told = run_js(
        """
        const kept = storage(), c = client({auth: {storage: kept}});
        const session = await signIn(c, "admin");
        const [name] = [...kept.kept.keys()].filter(one => one.endsWith("-auth-token"));
        const old = {...session, access_token: given.over, expires_at: 1000};
        kept.setItem(name, JSON.stringify(old));
        const later = client({auth: {storage: kept}});
        const {data: {session: renewed}} = await later.auth.getSession();
        told({renewed: renewed.access_token !== given.over,
              rotated: renewed.refresh_token !== session.refresh_token,
              works: (await later.rpc("is_admin")).error === null});
        """,
        local_supabase,
        over=_over(local_supabase),
    )
    assert told == {"renewed": True, "rotated": True, "works": True}


def test_a_token_that_is_over_opens_nothing(
    local_supabase: LocalSupabase, publishable_key: str
) -> None:
    headers = {"apikey": publishable_key, "Authorization": f"Bearer {_over(local_supabase)}"}
    user = requests.get(f"{local_supabase.url}/auth/v1/user", headers=headers, timeout=10)
    rows = requests.get(f"{local_supabase.url}/rest/v1/bot_logs", headers=headers, timeout=10)
    assert (user.status_code, user.json()["error_code"]) == (403, "bad_jwt")
    assert rows.status_code == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"provider": "github"}, 400),
        ({"local_account": "nobody"}, 400),
        ({"code_challenge": ""}, 400),
        ({"redirect_to": "https://elsewhere.example/"}, 400),
        ({"redirect_to": "javascript:alert(1)"}, 400),
        ({}, 302),
    ],
)
def test_only_pages_of_this_machine_and_known_accounts_are_led_back(
    local_supabase: LocalSupabase, changes: dict[str, str], status: int
) -> None:
    asked = {
        "provider": "discord",
        "redirect_to": "http://localhost:7610/",
        "code_challenge": "x",
        "code_challenge_method": "s256",
    }
    answer = requests.get(
        f"{local_supabase.url}/auth/v1/authorize",
        params=asked | changes,
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == status
    assert ("Location" in answer.headers) == (status == 302)


def test_without_the_projects_key_nothing_but_the_way_to_discord_answers(
    local_supabase: LocalSupabase,
) -> None:
    for method, path in (("GET", "settings"), ("POST", "token"), ("GET", "user")):
        answer = requests.request(method, f"{local_supabase.url}/auth/v1/{path}", timeout=10)
        assert answer.status_code == 401


@pytest.fixture
def python_client(local_supabase: LocalSupabase) -> Iterator[Client]:
    with httpx.Client() as http:
        options = ClientOptions(httpx_client=http, flow_type="pkce", auto_refresh_token=False)
        yield create_client(local_supabase.url, local_supabase.keys.publishable_key, options)


def test_the_python_client_signs_in_too(python_client: Client, admin: None) -> None:
    auth = python_client.auth
    asked = auth.sign_in_with_oauth(
        {"provider": "discord", "options": {"redirect_to": "http://127.0.0.1:1/"}}
    )
    answer = requests.get(asked.url, allow_redirects=False, timeout=10)
    (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
    session = auth.exchange_code_for_session(
        {"auth_code": code, "code_verifier": "", "redirect_to": ""}
    ).session
    assert session is not None
    assert session.user.identities is not None
    assert session.user.identities[0].provider == "discord"
    assert python_client.rpc("is_admin").execute().data is True
    with pytest.raises(AuthApiError):
        auth.refresh_session("no-such-token")


def _over(at: LocalSupabase) -> str:
    claims: dict[str, object] = {"role": "authenticated", "sub": "x", "exp": 1000}
    return sign_jwt(claims, secret=at.keys.jwt_secret)


def test_while_the_database_is_away_the_browser_is_led_back_to_hear_of_it() -> None:
    async def location() -> str:
        app = web.Application()
        auth = LocalAuth(Keyring(LocalKeys()), database_url="host=127.0.0.1 port=1")
        auth.add_to(app)
        async with TestClient(TestServer(app)) as browser:
            answer = await browser.get(
                "/auth/v1/authorize",
                params={
                    "provider": "discord",
                    "redirect_to": "http://127.0.0.1:7610/?view=logs",
                    "code_challenge": "x",
                    "code_challenge_method": "s256",
                },
                allow_redirects=False,
            )
            assert answer.status == 302
            return answer.headers["Location"]

    target = urlsplit(asyncio.run(location()))
    assert (target.netloc, target.path) == ("127.0.0.1:7610", "/")
    told = parse_qs(target.query)
    assert told["view"] == ["logs"]
    assert told["error"] == ["server_error"]
    assert told["error_description"] == ["The local database does not answer."]
    assert "code" not in told
