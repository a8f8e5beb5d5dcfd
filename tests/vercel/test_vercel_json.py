"""The deploy files, held to what they must agree with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lib.jobs.answer import DEADLINE_SECONDS
from lib.jobs.heartbeat import BEATS_A_LEASE, LEASE_SECONDS, MOST_SECONDS
from lib.jobs.queue import BUDGET_SECONDS
from lib.services.postgrest_rpc import TIMEOUT_SECONDS as DATABASE_SECONDS

ROOT = Path(__file__).parents[2]
CONFIG = json.loads((ROOT / "vercel.json").read_text())
FUNCTIONS = CONFIG["functions"]
DELIVERY_SECONDS = 60
"""What a slow Discord and a slow database may take to deliver an answer and to end its row."""
HOBBY_SECONDS = 300
"""The longest that the free plan lets a function run."""


def test_every_function_is_listed() -> None:
    assert set(FUNCTIONS) == {f"api/{file.name}" for file in (ROOT / "api").glob("*.py")}


def test_no_two_can_work_on_one_row() -> None:
    """A lease is renewed while its holder works, and several times before it would end."""
    assert BEATS_A_LEASE >= 3
    assert LEASE_SECONDS / BEATS_A_LEASE + DATABASE_SECONDS < LEASE_SECONDS / 2


def test_a_lease_is_renewed_for_as_long_as_a_function_may_run() -> None:
    assert max(entry["maxDuration"] for entry in FUNCTIONS.values()) <= MOST_SECONDS


def test_the_queue_can_end_its_last_row() -> None:
    needed = BUDGET_SECONDS + DEADLINE_SECONDS + DELIVERY_SECONDS
    assert needed <= FUNCTIONS["api/cron_queue.py"]["maxDuration"] <= HOBBY_SECONDS


def test_an_invocation_can_end_its_own_answer_and_a_leftover() -> None:
    needed = 2 * (DEADLINE_SECONDS + DELIVERY_SECONDS)
    assert needed <= FUNCTIONS["api/interactions.py"]["maxDuration"] <= HOBBY_SECONDS


@pytest.mark.parametrize("cron", CONFIG["crons"], ids=lambda cron: cron["path"])
def test_a_cron_runs_once_a_day_as_the_free_plan_demands(cron: dict[str, str]) -> None:
    minute, hour, *rest = cron["schedule"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert rest == ["*", "*", "*"]
    assert f"{cron['path'].removeprefix('/')}.py" in FUNCTIONS


def test_health_metrics_and_the_pages_settings_are_found_at_the_root() -> None:
    rewrites = {rule["source"]: rule["destination"] for rule in CONFIG["rewrites"]}
    # With a slash at the end as well: some monitors write one.
    assert rewrites == dict.fromkeys(
        ("/health", "/health/", "/metrics", "/metrics/", "/config.json"), "/api/cron_stats"
    )
    for destination in rewrites.values():
        assert f"{destination.removeprefix('/')}.py" in FUNCTIONS


def test_flask_in_the_requirements_does_not_choose_a_preset() -> None:
    assert CONFIG["framework"] is None


def test_nothing_replaces_the_requirements() -> None:
    assert not (ROOT / "pyproject.toml").exists()  # it would, even if it only configured a tool


def test_the_page_may_load_nothing_from_elsewhere_and_talk_to_supabase_alone() -> None:
    (rule,) = CONFIG["headers"]
    headers = {header["key"]: header["value"] for header in rule["headers"]}
    assert rule["source"] == "/(.*)"
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self' https://*.supabase.co wss://*.supabase.co",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
