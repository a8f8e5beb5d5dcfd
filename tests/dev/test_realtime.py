"""The local Realtime, by the unmodified supabase-js: who hears of what."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from dev.keys import sign_jwt
from dev.local_supabase import LocalSupabase
from tests.dev.channels import LISTEN
from tests.dev.supabase_js import run_js, running_js

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
def test_an_admin_hears_of_rows_that_come_change_and_go(
    at: LocalSupabase, database: psycopg.Connection[Any], vsn: str
) -> None:
    script = """
        const c = client({realtime: {vsn: given.vsn}});
        await signIn(c, "admin");
        await listen(c, everything);
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at, vsn=vsn) as page:
        page.hear()
        database.execute(
            "insert into active_sessions (guild_id, track_title, is_playing, position_ms)"
            " values ('1', 'ハレー <b>彗星</b>', true, 5)"
        )
        came = page.hear()
        database.execute("update active_sessions set is_playing = false")
        changed = page.hear()
        database.execute("delete from active_sessions")
        gone = page.hear()
    assert (came["eventType"], came["table"], came["schema"]) == (
        "INSERT",
        "active_sessions",
        "public",
    )
    assert came["new"]["track_title"] == "ハレー <b>彗星</b>"
    assert (came["new"]["is_playing"], came["new"]["position_ms"]) == (True, 5)
    assert came["old"] == {}
    assert came["errors"] is None
    assert changed["eventType"] == "UPDATE"
    assert changed["new"]["is_playing"] is False
    # Which server's is told to nobody; on hosted Supabase, which tells columns of the primary key
    # alone, not even this.
    assert (gone["eventType"], gone["new"]) == ("DELETE", {})
    assert gone["old"] == {"notice_id": came["new"]["notice_id"]}


def test_a_page_hears_of_what_it_asked_for_alone(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const c = client();
        await signIn(c, "admin");
        await listen(c, [{event: "INSERT", table: "bot_logs", filter: "level=eq.error"},
                         {event: "DELETE", table: "bot_logs"},
                         {event: "UPDATE", table: "command_queue", filter: "status=in.(failed)"}]);
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at) as page:
        page.hear()
        database.execute("insert into bot_logs (level, message) values ('info', 'a')")
        database.execute("insert into system_stats (cpu_usage) values (1)")
        database.execute("insert into command_queue (command) values ('snapshot')")
        database.execute("update command_queue set status = 'processing'")
        database.execute("update bot_logs set message = 'b'")
        database.execute("insert into bot_logs (level, message) values ('error', 'c')")
        database.execute("update command_queue set status = 'failed'")
        database.execute("delete from bot_logs where level = 'info'")
        assert page.hear()["new"]["message"] == "c"
        assert page.hear()["new"]["status"] == "failed"
        assert page.hear()["eventType"] == "DELETE"


def test_neither_a_stranger_nor_a_page_that_is_not_signed_in_is_shown_anything(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const heardBy = {stranger: [], nobody: []};
        const stranger = client(), admin = client();
        await signIn(stranger, "stranger");
        await signIn(admin, "admin");
        await listen(stranger, everything, one => heardBy.stranger.push(one));
        await listen(client(), everything, one => heardBy.nobody.push(one));
        await listen(admin, everything, one => one.new.message === "last" && told(heardBy));
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at) as page:
        page.hear()
        database.execute("insert into bot_logs (message) values ('secret')")
        database.execute("update bot_logs set message = 'more'")
        database.execute("insert into heartbeats (name, every_seconds) values ('worker', 15)")
        database.execute("insert into active_sessions (guild_id, track_title) values ('1', 'x')")
        database.execute("update active_sessions set is_playing = true")
        database.execute("delete from heartbeats; delete from schedules where name <> 'watch'")
        session = database.execute("delete from active_sessions returning notice_id").fetchone()
        assert session is not None
        number = database.execute("delete from bot_logs returning id").fetchone()
        assert number is not None
        database.execute("insert into bot_logs (message) values ('last')")
        told = page.hear()
    assert told["nobody"] == []
    # As hosted: no policy can say who might have seen a row that is gone. It was number so-and-so,
    # and of what plays where and of the names of processes, nothing.
    assert [(one["eventType"], one["old"], one["new"]) for one in told["stranger"]] == [
        ("DELETE", {"notice_id": str(session[0])}, {}),
        ("DELETE", {"id": number[0]}, {}),
    ]


def test_who_is_taken_off_the_list_hears_no_more(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const first = client(), second = client(), all = [];
        await signIn(first, "admin");
        await signIn(second, "stranger");
        await listen(first, everything, one => all.push(one.new.message));
        await listen(second, everything, one => all.push(one.new.message)
          && one.new.message === "last" && told({all}));
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at) as page:
        page.hear()
        database.execute("update dashboard_admins set discord_id = '1180000000000000102'")
        database.execute("insert into bot_logs (message) values ('one'), ('last')")
        assert page.hear() == {"all": ["one", "last"]}


def _token(at: LocalSupabase, **claims: object) -> str:
    return sign_jwt({"role": "authenticated", **claims}, secret=at.keys.jwt_secret)


@pytest.mark.parametrize("kind", ["over", "forged", "of no role"])
def test_a_token_that_opens_nothing_is_refused(at: LocalSupabase, kind: str) -> None:
    token = {
        "over": _token(at, exp=1000),
        "forged": sign_jwt({"role": "authenticated"}, secret="another"),
        "of no role": _token(at, role="postgres"),
    }[kind]
    script = """
        const c = client({accessToken: async () => given.token});
        await c.realtime.setAuth();
        c.channel("page").on("postgres_changes", {event: "*", schema: "public"}, told)
          .subscribe((status, error) => told({status, error: error?.message}));
        await heard();
    """
    told = run_js(script, at, token=token)
    assert told["status"] == "CHANNEL_ERROR"
    assert "InvalidJWTToken" in told["error"]


def test_when_a_token_ends_the_channel_does_and_a_new_one_opens_it_again(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const admin = await signIn(client(), "admin");
        let token = given.short.replace("SUB", admin.user.id);
        const c = client({accessToken: async () => token});
        const channel = await listen(c, everything);
        const closed = new Promise(resolve => channel._onClose(resolve));
        told({user: admin.user.id});
        token = await heard();
        await c.realtime.setAuth(token);
        told({joined: true});
        await closed;
        token = admin.access_token;
        await c.removeAllChannels();
        await c.realtime.setAuth();
        await listen(c, everything);
        told({again: true});
        await heard();
    """
    with running_js(LISTEN + script, at, short=_token(at)) as page:
        user = page.hear()["user"]
        page.tell(_token(at, sub=user, exp=int(time.time()) + 2))
        assert page.hear() == {"joined": True}
        assert page.hear() == {"again": True}
        database.execute("insert into bot_logs (message) values ('seen')")
        assert page.hear()["new"]["message"] == "seen"


def test_what_it_cannot_filter_by_is_told_rather_than_left_out(at: LocalSupabase) -> None:
    told = run_js(
        """
        const c = client();
        c.channel("page").on("system", {}, told).on("postgres_changes", {event: "*",
          schema: "public", table: "bot_logs", filter: "message=like.*x*"}, () => {}).subscribe();
        await heard();
        """,
        at,
    )
    assert told["status"] == "error"
    assert "message=like.*x*" in told["message"]


def test_a_thousand_rows_at_once_all_arrive_in_their_order(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const c = client(), all = [];
        await signIn(c, "admin");
        await listen(c, [{event: "INSERT", table: "bot_logs"}], one => {
          all.push(one.new.message);
          if (all.length === 1000) told({all});
        });
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at) as page:
        page.hear()
        with database.transaction():
            for number in range(500):
                database.execute("insert into bot_logs (message) values (%s)", (str(number),))
            database.execute(
                "insert into bot_logs (message) select n::text from generate_series(500, 999) as n"
            )
        assert page.hear() == {"all": [str(number) for number in range(1000)]}
