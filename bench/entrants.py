"""Who takes part, and what is asked of Halley."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Entrant(StrEnum):
    """A module of bench.contenders."""

    FLOOR = "floor"
    BARE_FLASK = "bare_flask"
    FLASK_DISCORD_INTERACTIONS = "flask_discord_interactions"
    HIKARI = "hikari"
    HALLEY = "halley"


PEERS = (Entrant.BARE_FLASK, Entrant.FLASK_DISCORD_INTERACTIONS, Entrant.HIKARI)


def titles(requirements: Path) -> dict[Entrant, str]:
    """What the table calls each, with the version that is pinned."""
    pins = (line.split("==") for line in requirements.read_text().splitlines() if "==" in line)
    version = {name.lower(): pin for name, pin in pins}
    return {
        Entrant.FLOOR: f"bare WSGI + PyNaCl {version['pynacl']} (the floor)",
        Entrant.BARE_FLASK: f"bare Flask {version['flask']} + PyNaCl",
        Entrant.FLASK_DISCORD_INTERACTIONS: (
            f"flask-discord-interactions {version['flask-discord-interactions']}"
        ),
        Entrant.HIKARI: f"hikari RESTBot {version['hikari']}",
        Entrant.HALLEY: "Halley",
    }
