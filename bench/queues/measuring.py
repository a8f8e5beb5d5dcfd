"""The measurement: contenders take turns in each round, on a database with few rows and one with
many, so that what disturbs the machine disturbs all alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from bench.measuring import percentile
from bench.queues.contender import DIRECT, Address, Entrant
from bench.queues.running import RunningHolder
from dev.errors import StackError

HOLDERS = (1, 8)
BACKLOGS = (0, 10_000, 100_000)
PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured. The first round warms up and is not counted."""

    rounds: int = 4
    rows: int = 1000
    starts: int = 50
    claims: int = 100
    finished: int = 1_000_000
    backlogs: Sequence[int] = BACKLOGS


QUICK = Effort(rounds=1, rows=30, starts=3, claims=3, finished=100, backlogs=(0, 50))


class Setting(NamedTuple):
    """One way to measure a contender."""

    holders: int
    is_full: bool


SETTINGS = tuple(Setting(holders, is_full) for holders in HOLDERS for is_full in (False, True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One contender's in one setting."""

    rows_a_second: float
    start_p50_ms: float
    start_p95_ms: float


Result = Mapping[Entrant, Mapping[Setting, Figures]]
Backlog = Mapping[Entrant, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Databases:
    """Two of the same kind. Every contender but REST prepares its tables in both."""

    empty: Address
    full: Address

    def of(self, setting: Setting) -> Address:
        """The one that a setting asks for."""
        return self.full if setting.is_full else self.empty


def prepare(holder: RunningHolder, databases: Databases, effort: Effort) -> None:
    """Make all tables, and fill those of the full database."""
    for address, finished in ((databases.empty, 0), (databases.full, effort.finished)):
        for entrant in (Entrant.HALLEY, Entrant.PROCRASTINATE, Entrant.PGMQ):
            holder.enter(entrant, address)
            holder.ask("prepare")
            holder.ask("fill", 0, finished)


def measure(holders: Sequence[RunningHolder], databases: Databases, effort: Effort) -> Result:
    """All contenders' figures, from one run; `holders` has one more than are measured at once."""
    speeds: dict[tuple[Entrant, Setting], list[float]] = {}
    waits: dict[tuple[Entrant, Setting], list[int]] = {}
    for number in range(1 + effort.rounds):
        for setting, entrant in _turns():
            writer, *readers = holders[: 1 + setting.holders]
            for holder in (writer, *readers):
                holder.enter(entrant, databases.of(setting))
            writer.ask("fill", len(readers), None if setting.is_full else 0)
            _together(readers, "drain")  # each has prepared its statements now
            speed = _speed(writer, readers, effort.rows)
            waited = _waits(writer, readers, effort.starts)
            if number > 0:
                speeds.setdefault((entrant, setting), []).append(speed)
                waits.setdefault((entrant, setting), []).extend(waited)
    return {
        entrant: {
            setting: Figures(
                rows_a_second=median(speeds[entrant, setting]),
                start_p50_ms=percentile(waits[entrant, setting], 50) / 1e6,
                start_p95_ms=percentile(waits[entrant, setting], 95) / 1e6,
            )
            for setting in SETTINGS
        }
        for entrant in Entrant
    }


def measure_backlog(holder: RunningHolder, address: Address, effort: Effort) -> Backlog:
    """What one claim takes in milliseconds (median), by how many rows wait."""
    took: dict[Entrant, dict[int, float]] = {entrant: {} for entrant in DIRECT}
    for waiting in effort.backlogs:
        for entrant in DIRECT:
            holder.enter(entrant, address)
            holder.ask("fill", waiting, 0)
            holder.ask("claims", effort.claims // 10)
            took[entrant][waiting] = median(holder.ask("claims", effort.claims)) / 1e6
            holder.ask("fill", 0, 0)
    return took


def _turns() -> Iterator[tuple[Setting, Entrant]]:
    return ((setting, entrant) for setting in SETTINGS for entrant in Entrant)


def _speed(writer: RunningHolder, readers: Sequence[RunningHolder], rows: int) -> float:
    """Rows a second that the readers claim and finish together."""
    writer.ask("fill", rows, None)
    drained = _together(readers, "drain")
    count: int = sum(each["count"] for each in drained)
    if count != rows:
        raise StackError(f"{rows} rows were enqueued, and {count} were claimed.")
    begun: int = min(each["begun"] for each in drained)
    ended: int = max(each["ended"] for each in drained)
    return count * 1e9 / (ended - begun)


def _waits(writer: RunningHolder, readers: Sequence[RunningHolder], starts: int) -> list[int]:
    """The nanoseconds from an enqueue's beginning to a reader's having the row."""
    _together(readers, "wait")
    writer.ask("enqueue", starts, PAUSE_SECONDS)
    waited = [each for result in _together(readers, "stop") for each in result]
    if len(waited) != starts:
        raise StackError(f"{starts} rows were enqueued, and {len(waited)} were begun.")
    return waited


def _together(readers: Sequence[RunningHolder], order: str) -> list[Any]:
    for reader in readers:
        reader.tell(order)
    return [reader.result() for reader in readers]
