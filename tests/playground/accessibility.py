"""What axe-core, a checker of accessibility, finds on a page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.node_packages import installed


def findings(page: Page) -> list[str]:
    """What it finds on the page as it stands, one line a finding."""
    # A colour that is still fading in is not the colour one reads.
    page.evaluate(
        "Promise.allSettled(document.getAnimations()"
        ".filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished))"
    )
    page.evaluate((installed() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    # What else it looked at would be described as well, a few thousand elements of a full view.
    # WCAG 2.2's rule of how large targets are is off unless one asks for it.
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
        ".then(result => result.violations)"
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]
