"""Discord on this machine: the parts of its REST API that the bot calls, and the playground.

The core (`simulator`, and below it commands, messages, interactions and their limits) holds no
socket; `app` puts aiohttp routes over it, `running` runs it in a thread for tests.
"""

from __future__ import annotations

from dev.simulator.app import create_app
from dev.simulator.config import SimulatorConfig
from dev.simulator.simulator import Simulator

__all__ = ["Simulator", "SimulatorConfig", "create_app"]
