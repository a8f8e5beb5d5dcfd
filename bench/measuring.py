"""The measurement: interleaved rounds, so that what disturbs the machine disturbs all alike."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench.entrants import Entrant
from bench.installation import Installation
from bench.interaction import Discord
from bench.running import RunningContender, cold_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured. The first round of each kind warms up and is not counted."""

    cold_rounds: int = 15
    warm_rounds: int = 24
    batch: int = 500


QUICK = Effort(cold_rounds=1, warm_rounds=1, batch=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One contender's: medians, and the 99th percentile."""

    cold_ms: float
    cold_without_bytecode_ms: float
    warm_p50_us: float
    warm_p99_us: float
    rss_mb: float


def measure(installation: Installation, effort: Effort) -> dict[Entrant, Figures]:
    """All contenders' figures, from one run. Raises StackError if one answers wrongly."""
    discord = Discord()
    compiled, plain, rss = _cold(installation, effort, discord)
    warm = _warm(installation, effort, discord)
    return {
        entrant: Figures(
            cold_ms=median(compiled[entrant]) * 1e3,
            cold_without_bytecode_ms=median(plain[entrant]) * 1e3,
            warm_p50_us=percentile(warm[entrant], 50) / 1e3,
            warm_p99_us=percentile(warm[entrant], 99) / 1e3,
            rss_mb=median(rss[entrant]) / 1e6,
        )
        for entrant in Entrant
    }


def percentile(values: Sequence[int], percent: int) -> int:
    """The smallest value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


_Seconds = dict[Entrant, list[float]]


def _cold(
    installation: Installation, effort: Effort, discord: Discord
) -> tuple[_Seconds, _Seconds, dict[Entrant, list[int]]]:
    compiled: _Seconds = {entrant: [] for entrant in Entrant}
    plain: _Seconds = {entrant: [] for entrant in Entrant}
    rss: dict[Entrant, list[int]] = {entrant: [] for entrant in Entrant}
    for number in range(1 + effort.cold_rounds):
        for entrant in Entrant:
            for environment, seconds in (
                (installation.compiled, compiled),
                (installation.plain, plain),
            ):
                took, memory = cold_start(
                    entrant,
                    environment,
                    public_key=discord.public_key,
                    request=discord.request(),
                )
                if number > 0:
                    seconds[entrant].append(took)
                    if environment is installation.compiled:
                        rss[entrant].append(memory)
    return compiled, plain, rss


def _warm(installation: Installation, effort: Effort, discord: Discord) -> dict[Entrant, list[int]]:
    durations: dict[Entrant, list[int]] = {entrant: [] for entrant in Entrant}
    with ExitStack() as stack:
        running = {
            entrant: stack.enter_context(
                RunningContender(entrant, installation.compiled, public_key=discord.public_key)
            )
            for entrant in Entrant
        }
        for contender in running.values():
            contender.ask(discord.request(), 1)  # the way a host has it answered
            contender.ask(discord.request(), effort.batch)  # warms up
        for _ in range(effort.warm_rounds):
            for entrant, contender in running.items():
                durations[entrant] += contender.ask(discord.request(), effort.batch)
    return durations
