"""What the commands have in common that ask a model: no command of its own."""

from __future__ import annotations

from functools import partial
from typing import Final

from lib.interactions.command import Deferred

COOLDOWN_SECONDS: Final = 5.0
COOLDOWN_NAME: Final = "ask"
"""One for all that asks a model, or who alternates between them would never wait."""

Asking = partial(Deferred, cooldown_seconds=COOLDOWN_SECONDS, cooldown_name=COOLDOWN_NAME)
"""A handler that asks a model."""
