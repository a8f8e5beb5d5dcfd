"""GET /health: a word for everybody, and all that is known for who has the secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from lib.bootstrap import Assembly
from lib.ports import Health, HealthReading, HealthStatus, JsonObject
from lib.settings import Settings
from lib.version import VERSION
from lib.web.after_response import do_after
from lib.web.bearer import refusal


def create_health(settings: Settings, assembly: Callable[[], Assembly]) -> Blueprint:
    """200, or 503 where nobody can be answered; 401 for a bearer token that is wrong.

    Whoever looks keeps the watch: a monitor outside is heard of when nothing else comes any more.
    """
    health = Blueprint("health", __name__)

    @health.get("/health")
    def show() -> Response:
        if "Authorization" not in request.headers:
            status = assembly().services.health.glance()
            response = _json(status, {"status": status.value, "version": VERSION})
            return do_after(response, assembly().ledger.keep_watch)
        if (refused := refusal(settings)) is not None:
            return refused
        found = assembly().services.health.check()
        return do_after(_json(found.status, described(found)), assembly().ledger.keep_watch)

    @health.after_request
    def keep_nowhere(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return health


def _json(status: HealthStatus, body: JsonObject) -> Response:
    response = jsonify(body)
    if status is HealthStatus.UNHEALTHY:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return response


def described(health: Health) -> JsonObject:
    """The finding as JSON, in English. Times are ISO 8601, lengths in the unit their names say."""
    deployed_at = health.deployed_at
    return {
        "status": health.status.value,
        "version": VERSION,
        "reasons": [reason.en for reason in health.reasons],
        "notes": [note.en for note in health.notes],
        "checked_at": health.checked_at.isoformat(),
        "deployed_at": None if deployed_at is None else deployed_at.isoformat(),
        "uptime_seconds": seconds_since(deployed_at, health.checked_at),
        "database": asdict(health.database),
        "discord": asdict(health.discord),
        "model": asdict(health.model),
        "guilds": health.guild_count,
        **_tables(health.reading),
    }


def _tables(reading: HealthReading | None) -> JsonObject:
    if reading is None:
        return {"queue": None, "schedules": [], "heartbeats": [], "findings": [], "window": None}
    return {
        "queue": {"depth": reading.queue_depth, "oldest_seconds": reading.oldest_seconds},
        "schedules": [
            {
                "name": schedule.name,
                "every_seconds": schedule.every_seconds,
                "last_run_at": _iso(schedule.last_run_at),
                "seconds_since": seconds_since(schedule.last_run_at, reading.now),
            }
            for schedule in reading.schedules
        ],
        "heartbeats": [
            {
                "name": beat.name,
                "last_beat_at": beat.last_beat_at.isoformat(),
                "seconds_since": seconds_since(beat.last_beat_at, reading.now),
                "detail": beat.detail,
            }
            for beat in reading.heartbeats
        ],
        "findings": [asdict(finding) for finding in reading.findings],
        "window": asdict(reading.window),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def seconds_since(moment: datetime | None, now: datetime) -> float | None:
    """How long ago a moment was; never below zero, though clocks differ. None: it never was."""
    return None if moment is None else max(0.0, round((now - moment).total_seconds(), 1))
