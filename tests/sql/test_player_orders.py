"""Orders for a player: who may give them, what becomes of them, and which worker gets which."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.player_rows import (
    CONTROLS,
    EVERYTHING,
    GUILD,
    OTHER_GUILD,
    be_silent,
    beat,
    claim_as,
    order,
    orders,
    read,
    save,
)
from tests.sql.queue_rows import Connection, Row, add, begin, call, claim, end_lease, row_of

DJ_ROLE = "1180000000000000500"
MANAGE_CHANNELS, ADMINISTRATOR, MANAGE_GUILD = 1 << 4, 1 << 3, 1 << 5


class TestGivingOrders:
    def test_without_a_worker_nothing_is_ordered(self, service: Connection) -> None:
        assert order(service) == "no_worker"
        assert orders(service) == []
        assert not service.execute("select from command_secrets").fetchall()

    def test_a_worker_that_lives_is_to_do_it(self, service: Connection) -> None:
        beat(service)
        assert order(service, "skip", play_id="play-1") == "ordered"
        (row,) = orders(service)
        assert row["command"] == "skip"
        assert row["payload"] == {"guild_id": GUILD, "play_id": "play-1", "standing": "member"}
        assert (row["status"], row["guild_id"], row["handled_by"]) == ("pending", GUILD, "worker")

    @pytest.mark.parametrize(("seconds", "said"), [(13, "ordered"), (16, "no_worker")])
    def test_one_that_was_not_heard_of_for_15_seconds_lives_no_more(
        self, service: Connection, seconds: float, said: str
    ) -> None:
        beat(service)
        be_silent(service, seconds=seconds)
        assert read(service)["has_worker"] == (said == "ordered")
        assert order(service) == said

    def test_other_things_that_beat_are_no_workers(self, service: Connection) -> None:
        service.execute(
            "insert into heartbeats (name, every_seconds, detail)"
            """ values ('voice', 5, '{"run": "1"}'), ('worker x', 5, '{}'),"""
            """ ('worker y', 5, '{"run": null}')"""
        )
        assert order(service) == "no_worker"

    def test_giving_one_twice_is_giving_it_once(self, service: Connection) -> None:
        beat(service)
        id_ = uuid4()
        assert not read(service, GUILD, 0, 10, id_)["is_ordered"]
        assert order(service, id=id_, play_id="first") == "ordered"
        assert order(service, id=id_, play_id="second") == "ordered"
        (row,) = orders(service)
        assert row["payload"]["play_id"] == "first"
        assert read(service, GUILD, 0, 10, id_)["is_ordered"]
        be_silent(service)
        assert order(service, id=id_) == "ordered"  # which it was

    @pytest.mark.parametrize("command", ["answer", "snapshot", "dance"])
    def test_what_no_worker_does_is_refused(self, service: Connection, command: str) -> None:
        beat(service)
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            order(service, command)
        assert orders(service) == []

    def test_so_is_an_order_of_no_guild(self, service: Connection) -> None:
        beat(service)
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            call(service, "order_player", uuid4(), "skip", Jsonb({}), "token", Jsonb({}))

    def test_the_token_is_the_workers_alone_and_goes_when_the_order_ends(
        self, service: Connection
    ) -> None:
        beat(service)
        order(service)
        (claimed,) = claim_as(service, "run-1")
        assert claimed["token"] == "a-token"
        assert "a-token" not in str(orders(service))
        call(service, "complete_command", claimed["id"], claimed["lease_id"])
        assert not service.execute("select from command_secrets").fetchall()

    @pytest.mark.parametrize(("command", "seconds"), [("skip", 30), ("play", 90)])
    def test_one_that_nobody_took_in_time_is_never_carried_out(
        self, service: Connection, command: str, seconds: int
    ) -> None:
        beat(service)
        order(service, command)
        (row,) = orders(service)
        term = row["expires_at"] - row["created_at"]
        assert abs(term - timedelta(seconds=seconds)) < timedelta(seconds=1)
        service.execute("update command_queue set expires_at = now()")
        assert claim_as(service, "run-1") == []
        assert row_of(service, row["id"])["failure_reason"] == "expired"
        assert not service.execute("select from command_secrets").fetchall()


class TestStanding:
    """Who holds the DJ role or manages channels may do all; the row says so."""

    @pytest.fixture(autouse=True)
    def with_a_worker(self, service: Connection) -> None:
        beat(service)
        call(service, "change_music_settings", GUILD, Jsonb({"dj_role_id": DJ_ROLE}), "1")

    def standing(self, service: Connection, guild: str = GUILD, **member: object) -> str:
        order(service, guild=guild, member=member, standing="dj")  # which is not the asker's to say
        standing: str = orders(service)[-1]["payload"]["standing"]
        return standing

    @pytest.mark.parametrize(
        ("permissions", "standing"),
        [
            (0, "member"),
            (MANAGE_GUILD, "member"),
            (MANAGE_CHANNELS, "dj"),
            (ADMINISTRATOR, "dj"),
            (2**53 + 1, "member"),
            (2**53 + 1 + MANAGE_CHANNELS, "dj"),
            (2**64 - 1, "dj"),
            (2**64, "member"),
            (2**200 + ADMINISTRATOR, "dj"),
        ],
    )
    def test_by_permissions_however_many_there_are(
        self, service: Connection, permissions: int, standing: str
    ) -> None:
        assert self.standing(service, permissions=str(permissions)) == standing

    @pytest.mark.parametrize("permissions", ["", "-8", "many", "8.5", None])
    def test_what_is_no_number_permits_nothing(
        self, service: Connection, permissions: str | None
    ) -> None:
        assert self.standing(service, permissions=permissions) == "member"

    def test_by_the_role(self, service: Connection) -> None:
        assert self.standing(service, roles=["1", DJ_ROLE]) == "dj"
        assert self.standing(service, roles=["1"]) == "member"
        assert self.standing(service, roles=[]) == "member"
        assert self.standing(service) == "member"

    def test_the_role_is_the_guilds_own(self, service: Connection) -> None:
        assert self.standing(service, OTHER_GUILD, roles=[DJ_ROLE]) == "member"
        call(service, "change_music_settings", GUILD, Jsonb({"dj_role_id": None}), "1")
        assert self.standing(service, roles=[DJ_ROLE]) == "member"


class TestOrder:
    @pytest.fixture(autouse=True)
    def with_a_worker(self, service: Connection) -> None:
        beat(service)

    def given(self, service: Connection, *commands: str, guild: str = GUILD) -> list[UUID]:
        ids = [uuid4() for _ in commands]
        for id_, command in zip(ids, commands, strict=True):
            order(service, command, guild, id=id_)
        return ids

    def test_a_guilds_orders_are_carried_out_one_after_another(self, service: Connection) -> None:
        pause, resume, skip = self.given(service, "pause", "resume", "skip")
        for expected in (pause, resume, skip):
            (row,) = claim_as(service, "run-1")
            assert row["id"] == expected
            assert claim_as(service, "run-1") == []
            call(service, "complete_command", row["id"], row["lease_id"])

    def test_a_search_that_takes_long_holds_up_the_next_search_and_no_pause(
        self, service: Connection
    ) -> None:
        first, _, pause = self.given(service, "play", "play", "pause")
        assert {row["id"] for row in claim_as(service, "run-1")} == {first, pause}
        assert claim_as(service, "run-1") == []

    def test_guilds_do_not_wait_for_each_other(self, service: Connection) -> None:
        here = self.given(service, "skip")
        there = self.given(service, "skip", guild=OTHER_GUILD)
        assert [row["id"] for row in claim_as(service, "run-1")] == here + there

    def test_a_dashboards_order_stands_in_the_same_line(self, service: Connection) -> None:
        from_the_dashboard = add(
            service,
            "pause",
            payload=Jsonb({"guild_id": GUILD, "by": "1"}),
            order_key=f"player:{GUILD}",
        )
        (later,) = self.given(service, "resume")
        (row,) = claim_as(service, "run-1")
        assert row["id"] == from_the_dashboard
        call(service, "complete_command", row["id"], row["lease_id"])
        assert [row["id"] for row in claim_as(service, "run-1")] == [later]


class TestHowManyMayWait:
    @pytest.fixture(autouse=True)
    def with_five_plays(self, service: Connection) -> None:
        beat(service)
        for _ in range(5):
            assert order(service, "play") == "ordered"

    def test_a_sixth_wish_is_not_taken(self, service: Connection) -> None:
        assert order(service, "play") == "too_many"
        assert len(orders(service)) == 5

    def test_but_one_of_the_five_that_is_given_again_is(self, service: Connection) -> None:
        assert order(service, "play", id=orders(service)[0]["id"]) == "ordered"

    @pytest.mark.parametrize(
        "ending",
        [
            "update command_queue set status = 'completed' where id = %s",
            "update command_queue set expires_at = now() where id = %s",
        ],
    )
    def test_with_the_end_of_one_there_is_room_again(
        self, service: Connection, ending: str
    ) -> None:
        service.execute(ending.encode(), (orders(service)[0]["id"],))
        assert order(service, "play") == "ordered"
        assert order(service, "play") == "too_many"


class TestWhoGetsAnOrder:
    @pytest.fixture(autouse=True)
    def with_two_workers(self, service: Connection) -> None:
        for run in ("run-1", "run-2"):
            beat(service, run)

    def taken(self, service: Connection, run: str | None) -> list[str]:
        return [row["payload"]["guild_id"] for row in claim_as(service, run)]

    def test_the_worker_that_holds_the_guild_and_no_other(self, service: Connection) -> None:
        save(service, "run-1")
        order(service)
        order(service, "play")
        assert self.taken(service, "run-2") == []
        assert self.taken(service, "run-1") == [GUILD, GUILD]

    def test_any_if_nobody_holds_it(self, service: Connection) -> None:
        save(service, "run-1", OTHER_GUILD)
        order(service)
        assert self.taken(service, "run-2") == [GUILD]

    def test_any_if_who_held_it_lives_no_more(self, service: Connection) -> None:
        save(service, "run-1")
        order(service)
        be_silent(service, "run-1")
        assert self.taken(service, "run-2") == [GUILD]

    def test_others_orders_hold_nothing_up(self, service: Connection) -> None:
        save(service, "run-1")
        for _ in range(20):
            order(service)
        order(service, guild=OTHER_GUILD)
        assert self.taken(service, "run-2") == [OTHER_GUILD]

    def test_one_that_another_lost_goes_to_who_holds_the_guild(self, service: Connection) -> None:
        order(service)
        (row,) = claim_as(service, "run-2")
        save(service, "run-1")
        end_lease(service, row["id"])
        assert self.taken(service, "run-2") == []
        assert self.taken(service, "run-1") == [GUILD]

    def test_a_row_of_another_bot_in_the_guild_holds_nothing(self, service: Connection) -> None:
        service.execute("insert into active_sessions (guild_id) values (%s)", (GUILD,))
        order(service)
        assert self.taken(service, "run-2") == [GUILD]

    def test_an_order_without_a_guild_is_anybodys(self, service: Connection) -> None:
        save(service, "run-1")
        id_ = add(service, "skip")
        assert [row["id"] for row in claim_as(service, "run-2")] == [id_]

    def test_what_the_functions_do_is_no_matter_of_guilds(self, service: Connection) -> None:
        save(service, "run-1")
        answer, _ = begin(service, p_payload=Jsonb({"guild_id": GUILD}))
        end_lease(service, answer)
        assert [row["id"] for row in claim(service)] == [answer]


def test_every_order_has_a_term_and_is_the_workers(service: Connection) -> None:
    kinds = service.execute(
        "select command, expires_after_seconds from command_kinds where handled_by = 'worker'"
    ).fetchall()
    assert set(EVERYTHING) | set(CONTROLS) <= {row["command"] for row in kinds}
    assert all(row["expires_after_seconds"] for row in kinds)


class TestPlans:
    """A worker's claim reads about what it takes, though many rows have ended."""

    ENDED = 20_000

    @pytest.fixture
    def full(self, database: psycopg.Connection, service: Connection) -> Connection:
        database.execute("set session_replication_role = replica")
        database.execute(
            "insert into command_queue (command, status, handled_by, guild_id)"
            " select 'skip', 'completed', 'worker', %s from generate_series(1, %s)",
            (GUILD, self.ENDED),
        )
        database.execute("analyze command_queue")
        return service

    def reading(self, service: Connection, run: str) -> Row:
        service.execute("select pg_stat_force_next_flush()")  # what came before does not count
        with service.transaction(force_rollback=True):
            claim_as(service, run)
            row = service.execute(
                "select seq_scan, idx_tup_fetch, pg_stat_get_xact_tuples_returned("
                "'command_queue_due'::regclass) as walked"
                " from pg_stat_xact_user_tables where relname = 'command_queue'"
            ).fetchone()
        assert row is not None
        return row

    def test_what_is_claimed_is_found_by_index(self, full: Connection) -> None:
        for run in ("run-1", "run-2"):
            beat(full, run)
        save(full, "run-1")
        for _ in range(3):
            order(full)
        for run in ("run-1", "run-2"):
            reading = self.reading(full, run)
            assert reading["seq_scan"] == 0
            # The three, and what the reading before wrote and took back: not the thousands.
            assert reading["walked"] <= 12
            assert reading["idx_tup_fetch"] <= 12
