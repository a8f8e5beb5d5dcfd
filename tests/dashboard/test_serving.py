"""What a browser gets at the dashboard's address before any view shows something."""

from __future__ import annotations

import pytest
import requests

from tests.dashboard.served import Dashboard

pytestmark = pytest.mark.stack


def test_the_page_is_at_the_root_under_a_strict_policy(base_url: str) -> None:
    answer = requests.get(base_url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_learns_the_address_of_the_local_supabase_and_may_talk_to_it(
    base_url: str, dashboard: Dashboard
) -> None:
    answer = requests.get(f"{base_url}/config.json", timeout=10)
    address = dashboard.supabase.url
    assert answer.json()["supabase_url"] == address
    assert answer.json()["publishable_key"] == dashboard.supabase.keys.publishable_key
    assert dashboard.supabase.keys.secret_key not in answer.text
    assert (
        f" {address} ws://{address.removeprefix('http://')} "
        in (requests.get(base_url, timeout=10).headers["Content-Security-Policy"])
    )


def test_health_is_beside_the_page(base_url: str) -> None:
    assert requests.get(f"{base_url}/health", timeout=30).json()["status"] in {
        "healthy",
        "degraded",
        "unhealthy",
    }
