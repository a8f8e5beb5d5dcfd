"""What the ports have in common."""

from __future__ import annotations

from collections.abc import Mapping

JsonObject = Mapping[str, object]


class PortError(Exception):
    """Something outside failed; the adapter has already said what, in words safe to log."""
