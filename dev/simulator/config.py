"""What the simulator has to know to stand in for Discord."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from dev.simulator import limits

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def _specification_from_environment() -> str | None:
    return os.environ.get("DISCORD_API_SPEC") or None


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Settings of one simulator. Secrets stay out of its repr.

    `signing_key` is the Ed25519 seed as 64 hexadecimal digits; the bot is given the public key
    that belongs to it. `specification_path` names Discord's OpenAPI file, by default what the
    environment's DISCORD_API_SPEC says; without one, bodies are held to the project's own limits
    only. `allowed_hosts` are the names the page may be opened by: others are refused, so that no
    foreign site can reach the simulator through the browser.
    """

    application_id: str
    bot_token: str = field(repr=False)
    signing_key: str = field(repr=False)
    interactions_url: str
    specification_path: str | None = field(default_factory=_specification_from_environment)
    first_response_seconds: float = limits.FIRST_RESPONSE_SECONDS
    token_lifetime_seconds: float = limits.TOKEN_LIFETIME_SECONDS
    allowed_hosts: frozenset[str] = LOCAL_HOSTS
