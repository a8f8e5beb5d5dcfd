"""The pages beside Discord's endpoint, by the addresses that people and monitors write."""

from __future__ import annotations

import pytest

from tests.bot import CRON_SECRET, Bot


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_a_slash_at_the_end_leads_to_the_same_page(path: str) -> None:
    for address in (path, f"{path}/"):
        headers = {"Authorization": f"Bearer {CRON_SECRET}"}
        with Bot().client.requesting("GET", address, headers=headers) as reply:
            assert reply.status == 200
