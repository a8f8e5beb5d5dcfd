"""The endpoints of the ticks. Both are closed unless CRON_SECRET is set and sent."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from lib.bootstrap import Assembly
from lib.logs import get_logger
from lib.ports import StoreError, Tick
from lib.settings import Settings
from lib.web.bearer import refusal

log = get_logger(__name__)


def create_cron(settings: Settings, assembly: Callable[[], Assembly]) -> Blueprint:
    """GET and POST, with `Authorization: Bearer CRON_SECRET`."""
    cron = Blueprint("cron", __name__)

    @cron.before_request
    def only_with_the_secret() -> Response | None:
        return refusal(settings)

    @cron.errorhandler(StoreError)
    def without_database(error: StoreError) -> Response:
        log.error("tick_failed", operation=error.operation, code=error.code, detail=error.detail)
        if not error.is_away:
            assembly().ledger.write_rest()
        return _json(HTTPStatus.SERVICE_UNAVAILABLE, error="the database did not answer")

    @cron.route("/api/cron_stats", methods=["GET", "POST"])
    def take_snapshot() -> Response:
        assembly().stats.take()
        assembly().ledger.note_tick(Tick("cron_stats"))
        return _json(HTTPStatus.OK, snapshots=1)

    @cron.route("/api/cron_queue", methods=["GET", "POST"])
    def drain_queue() -> Response:
        recorded = assembly().ledger.note_tick(assembly().due_tick())
        assembly().answers.end_kept()
        drained = assembly().queue.drain()
        assembly().ledger.write_rest()
        return _json(
            HTTPStatus.OK,
            enqueued=recorded.enqueued,
            claimed=drained.claimed,
            failed=drained.failed,
        )

    return cron


def _json(status: HTTPStatus, **fields: object) -> Response:
    response = jsonify(fields)
    response.status_code = status
    return response
