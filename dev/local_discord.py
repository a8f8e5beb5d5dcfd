"""The playground with everything that is behind it: Discord's API, its gateway, its voice."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from dev.local_supabase import served
from dev.ports import HOST, port_of
from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.app import create_app_for
from dev.voice.gateway import PATH, Gateway
from dev.voice.playground_sound import PlaygroundSound
from dev.voice.voice_server import VoiceServer


@asynccontextmanager
async def local_discord(
    config: SimulatorConfig, listener: socket.socket, *, folder: Path
) -> AsyncIterator[Mapping[str, str]]:
    """Serve it on a socket that is bound already; its certificate is put into `folder`.

    What it gives is the environment that leads a bot's client to it.
    """
    simulator = Simulator(config)
    address = f"{HOST}:{port_of(listener)}"
    simulator.gateway_url = f"ws://{address}{PATH}"
    app = create_app_for(simulator)
    voice = VoiceServer()
    Gateway(simulator, voice).add_to(app)
    PlaygroundSound(simulator, voice.calls).add_to(app)
    await voice.start(folder)
    try:
        async with served(app, listener):
            yield {
                "DISCORD_API_URL": f"http://{address}/api/v10",
                "DISCORD_GATEWAY_URL": simulator.gateway_url,
                "SSL_CERT_FILE": str(voice.certificate.bundle) if voice.certificate else "",
            }
    finally:
        await voice.stop()
