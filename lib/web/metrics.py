"""GET /metrics: the figures as Prometheus reads them, for who has the secret.

Everything comes from the tables and from a check of this moment: a function lives for seconds, so
what its process counted would say nothing.
Names: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from lib.bootstrap import Assembly
from lib.jobs.figures import FiguresNow
from lib.ports import (
    Health,
    HealthReading,
    HealthStatus,
    MeanReading,
    ReachState,
    Window,
)
from lib.settings import Settings
from lib.version import VERSION
from lib.web.after_response import do_after
from lib.web.bearer import refusal
from lib.web.health import seconds_since

_MEASURES: Final[Mapping[str, tuple[str, float, str]]] = {
    "cpu_usage": ("halley_cpu_percent", 1, "CPU of the reading's process, of one core"),
    "ram_rss": ("halley_resident_memory_megabytes", 1, "Resident memory"),
    "ram_heap": ("halley_virtual_memory_megabytes", 1, "Virtual memory"),
    "ping_gateway": ("halley_discord_ping_seconds", 1000, "Round trip to Discord's API"),
    "ping_lavalink": ("halley_lavalink_ping_seconds", 1000, "Round trip to Lavalink"),
}
"""A measure of `system_stats`: its name here, how many of its unit make one of ours, its help."""


def create_metrics(settings: Settings, assembly: Callable[[], Assembly]) -> Blueprint:
    """200, also when the database is down: then its figures are missing and `halley_up` says so."""
    metrics = Blueprint("metrics", __name__)

    @metrics.before_request
    def only_with_the_secret() -> Response | None:
        return refusal(settings)

    @metrics.get("/metrics")
    def show() -> Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(assembly().figures.read()))
        response = Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
        return do_after(response, assembly().ledger.keep_watch)

    @metrics.after_request
    def keep_nowhere(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return metrics


class _Figures(Collector):
    """The figures as families of metrics."""

    def __init__(self, figures: FiguresNow) -> None:
        self._figures = figures

    def describe(self) -> Iterable[Metric]:
        return ()  # what there is depends on who answers

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield InfoMetricFamily("halley", "Which Halley this is", value={"version": VERSION})
        yield from _of_health(figures.health)
        if figures.health.reading is not None:
            yield from _of_tables(figures.health.reading)
        if figures.counts is not None:
            commands = CounterMetricFamily(
                "halley_commands", "Commands there ever were", labels=("command", "outcome")
            )
            for count in figures.counts:
                commands.add_metric((count.command, count.outcome.value), count.count)
            yield commands
        if figures.last_hour is not None:
            yield from _of_hour(figures.last_hour)
        yield from _of_stats(figures.stats)


def _of_health(health: Health) -> Iterator[Metric]:
    status = GaugeMetricFamily(
        "halley_status", "1 for the status that the bot has, 0 for the others", labels=("status",)
    )
    for each in HealthStatus:
        status.add_metric((each.value,), each is health.status)
    yield status
    up = GaugeMetricFamily("halley_up", "Whether it is reached", labels=("component",))
    latency = GaugeMetricFamily(
        "halley_latency_seconds", "How long it took to answer", labels=("component",)
    )
    for name, reach in (
        ("database", health.database),
        ("discord", health.discord),
        ("model", health.model),
    ):
        if reach.state is not ReachState.UNSET:
            up.add_metric((name,), reach.state is ReachState.REACHED)
        if reach.latency_ms is not None:
            latency.add_metric((name,), reach.latency_ms / 1000)
    yield up
    yield latency
    yield from _gauge("halley_guilds", "Guilds the bot is in, about", health.guild_count)
    yield from _gauge(
        "halley_uptime_seconds",
        "Since this deployment was first heard of",
        seconds_since(health.deployed_at, health.checked_at),
    )


def _of_tables(reading: HealthReading) -> Iterator[Metric]:
    yield from _gauge("halley_queue_depth", "Rows that could be claimed", reading.queue_depth)
    yield from _gauge(
        "halley_queue_oldest_seconds",
        "How long the oldest of them has waited; 0 if there is none",
        reading.oldest_seconds or 0.0,
    )
    yield from _gauge("halley_findings", "What is wrong at this moment", len(reading.findings))
    since = GaugeMetricFamily(
        "halley_schedule_last_run_seconds", "Since the last run", labels=("schedule",)
    )
    every = GaugeMetricFamily(
        "halley_schedule_interval_seconds", "How often it should run", labels=("schedule",)
    )
    for schedule in reading.schedules:
        every.add_metric((schedule.name,), schedule.every_seconds)
        seconds = seconds_since(schedule.last_run_at, reading.now)
        if seconds is not None:
            since.add_metric((schedule.name,), seconds)
    yield since
    yield every
    beats = GaugeMetricFamily(
        "halley_heartbeat_seconds", "Since the process was last heard of", labels=("process",)
    )
    for beat in reading.heartbeats:
        beats.add_metric((beat.name,), seconds_since(beat.last_beat_at, reading.now) or 0.0)
    yield beats


def _of_hour(window: Window) -> Iterator[Metric]:
    yield _quantiles(
        "halley_command_duration_seconds",
        "From a request's arrival to the whole answer, in the last hour",
        (window.p50_ms, window.p95_ms, window.p99_ms),
    )
    yield _quantiles(
        "halley_acknowledged_seconds",
        "From a request's arrival to the response that Discord waits for, in the last hour",
        (window.acknowledged_p50_ms, window.acknowledged_p95_ms, window.acknowledged_p99_ms),
    )
    yield from _gauge("halley_commands_last_hour", "Commands", window.executed)
    yield from _gauge("halley_error_rate", "Failed ones of the last hour's", window.error_rate)
    yield from _gauge("halley_cold_starts_last_hour", "Cold starts", window.cold_starts)


def _quantiles(name: str, text: str, values_ms: tuple[float | None, ...]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("quantile",))
    for quantile, value in zip(("0.5", "0.95", "0.99"), values_ms, strict=True):
        if value is not None:
            family.add_metric((quantile,), value / 1000)
    return family


def _of_stats(readings: Iterable[MeanReading]) -> Iterator[Metric]:
    for measure, (name, units, text) in _MEASURES.items():
        family = GaugeMetricFamily(name, f"{text}, as last read", labels=("source",))
        for reading in readings:
            value = getattr(reading, measure)
            if value is not None:
                family.add_metric((reading.source or "unknown",), value / units)
        yield family


def _gauge(name: str, text: str, value: float | None) -> Iterator[Metric]:
    if value is not None:
        yield GaugeMetricFamily(name, text, value=value)
