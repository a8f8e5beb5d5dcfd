"""Two workers at once on the real database: no order is lost or done twice, no guild is of two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest

from lib.ports import ClaimedCommand, Lease
from lib.ports.player import Ordered, PlayerOrder, QueuedTrack, SessionPosition
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.supabase import SupabaseStore
from lib.services.supabase_player import SupabasePlayerStore
from lib.settings import Secret
from tests.services.player_steps import ANNA, SESSION, waiting

pytestmark = pytest.mark.stack

GUILDS: Final = tuple(str(1180000000000000100 + number) for number in range(20))
COMMANDS: Final = (
    "play",
    "pause",
    "play",
    "resume",
    "seek",
    "play",
    "skip",
    "volume",
    "play",
    "stop",
)
"""What each guild is ordered to do, in this order: with 20 guilds, 200 orders."""
KINDS: Final = tuple(set(COMMANDS))
ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Done:
    """An order that was carried out: by whom, and its place among those of its guild."""

    id: UUID
    run: str
    guild_id: str
    command: str
    number: int


@dataclass(slots=True)
class Ledger:
    """What all workers did, in the order of doing."""

    done: list[Done] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def note(self, command: ClaimedCommand, run: str) -> int:
        payload = command.payload
        with self.lock:
            self.done.append(
                Done(
                    command.id,
                    run,
                    str(payload["guild_id"]),
                    command.command,
                    int(str(payload["number"])),
                )
            )
            return len(self.done)


class Worker:
    """Does as a worker does, as far as the database can tell."""

    def __init__(self, run: str, *, url: str, key: Secret, ledger: Ledger) -> None:
        rpc = PostgrestRpc(url, key, timeout_seconds=60)
        self.players = SupabasePlayerStore(rpc)
        self.store = SupabaseStore(url, key, holder=run)
        self.run = run
        self._ledger = ledger

    def beat(self, guilds: Iterable[str] = ()) -> None:
        """Say that it lives, and plays in these."""
        positions = [
            SessionPosition(guild_id=guild_id, position_ms=1, is_playing=True)
            for guild_id in guilds
        ]
        self.players.beat_worker(
            name=self.run, run=self.run, every_seconds=5, detail={}, sessions=positions
        )

    def work_until(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            self.beat()
            for command in self.store.claim_commands(kinds=KINDS, limit=10, lease_seconds=60):
                self._carry_out(command)

    def _carry_out(self, command: ClaimedCommand) -> None:
        lease = Lease(command.id, command.lease_id)
        session = replace(SESSION, guild_id=str(command.payload["guild_id"]))
        if not self.players.save_session(run=self.run, session=session):
            self.store.release_command(lease)  # the other one was there first
            return
        self._ledger.note(command, self.run)
        assert self.store.complete_command(lease)


def give_orders(players: SupabasePlayerStore, guild_id: str) -> None:
    """All of a guild's, one after the other."""
    for number, command in enumerate(COMMANDS):
        order = PlayerOrder(
            id=uuid4(),
            command=command,
            payload={"guild_id": guild_id, "number": number},
            token="a-token",
            interaction={},
        )
        assert players.order_player(order) is Ordered.ORDERED


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def workers(supabase_url: str, secret_key: str, ledger: Ledger) -> tuple[Worker, Worker]:
    key = Secret(secret_key)
    first, second = (
        Worker(run, url=supabase_url, key=key, ledger=ledger) for run in ("run-1", "run-2")
    )
    first.beat()
    second.beat()
    return first, second


def full_queues(worker: Worker) -> dict[str, list[QueuedTrack]]:
    """Have something play in all guilds, and ten tracks wait in each."""
    queues = {guild_id: [waiting(str(number)) for number in range(10)] for guild_id in GUILDS}
    for guild_id, queue in queues.items():
        session = replace(SESSION, guild_id=guild_id)
        assert worker.players.save_session(run=worker.run, session=session)
        assert worker.players.save_queue(run=worker.run, guild_id=guild_id, queue=queue)
    return queues


def name_everywhere(database: psycopg.Connection, user_id: str) -> None:
    """As if they had wished for all there is."""
    with database.transaction():
        database.execute("select from active_sessions order by guild_id for update")
        for table in ("active_sessions", "music_queue"):
            statement = f"update {table} set requester_id = %s"
            database.execute(statement.encode(), (user_id,))


def test_forgetting_somebody_waits_for_no_worker_in_a_circle(
    workers: tuple[Worker, Worker], database: psycopg.Connection
) -> None:
    worker, _ = workers
    queues = full_queues(worker)

    def turn_queues_around() -> None:
        for guild_id in (*reversed(GUILDS), *GUILDS):
            queue = queues[guild_id]
            queue.reverse()
            assert worker.players.save_queue(run=worker.run, guild_id=guild_id, queue=queue)

    def forget() -> None:
        for _ in range(ROUNDS):
            name_everywhere(database, ANNA)
            worker.store.delete_user_data(user_id=ANNA)

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(turn_queues_around), pool.submit(forget)]
        working += [pool.submit(worker.beat, GUILDS) for _ in range(3 * ROUNDS)]
        for each in working:
            each.result()
    left = database.execute("select count(*) from music_queue where requester_id = %s", (ANNA,))
    assert left.fetchone() == (0,)


def open_orders(database: psycopg.Connection) -> int:
    row = database.execute(
        "select count(*) from command_queue where status in ('pending', 'processing')"
    ).fetchone()
    assert row is not None
    return int(row[0])


def assert_all_done_once_and_in_order(ledger: Ledger, database: psycopg.Connection) -> None:
    ended = database.execute("select status, count(*) from command_queue group by 1").fetchall()
    assert ended == [("completed", len(GUILDS) * len(COMMANDS))]
    assert len({each.id for each in ledger.done}) == len(ledger.done) == 200
    lines: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for each in ledger.done:
        lines[each.guild_id, each.command == "play"].append(each.number)
    assert all(line == sorted(line) for line in lines.values())


def runs_by_guild(ledger: Ledger) -> dict[str, list[str]]:
    """Which workers did a guild's orders; each again where it took over from the other."""
    runs: dict[str, list[str]] = defaultdict(list)
    for each in ledger.done:
        if runs[each.guild_id][-1:] != [each.run]:
            runs[each.guild_id].append(each.run)
    return runs


def test_200_orders_of_20_guilds_are_each_carried_out_once_and_by_one_worker(
    workers: tuple[Worker, Worker], ledger: Ledger, database: psycopg.Connection
) -> None:
    def is_over() -> bool:
        return len(ledger.done) >= len(GUILDS) * len(COMMANDS)

    with ThreadPoolExecutor(6) as pool:
        working = [pool.submit(worker.work_until, is_over) for worker in workers]
        giving = [pool.submit(give_orders, workers[0].players, guild_id) for guild_id in GUILDS]
        for each in (*giving, *working):
            each.result()
    assert_all_done_once_and_in_order(ledger, database)
    runs = runs_by_guild(ledger)
    assert len(runs) == len(GUILDS)
    assert all(len(each) == 1 for each in runs.values())


def test_what_a_worker_leaves_behind_is_carried_out_by_the_other(
    workers: tuple[Worker, Worker], ledger: Ledger, database: psycopg.Connection
) -> None:
    first, second = workers
    for guild_id in GUILDS:
        give_orders(second.players, guild_id)
    first.work_until(lambda: len(ledger.done) >= 60)
    lost = first.store.claim_commands(kinds=KINDS, limit=10, lease_seconds=60)
    assert len(lost) == 10
    # And that was the last that anybody heard of it.
    database.execute(
        "update heartbeats set last_beat_at = now() - interval '16 seconds'"
        " where name = 'worker run-1'"
    )
    database.execute("update command_queue set locked_until = now() where status = 'processing'")
    second.work_until(lambda: open_orders(database) == 0)
    assert_all_done_once_and_in_order(ledger, database)
    assert {tuple(each) for each in runs_by_guild(ledger).values()} <= {
        ("run-1", "run-2"),
        ("run-2",),
        ("run-1",),
    }
