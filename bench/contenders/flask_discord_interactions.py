"""flask-discord-interactions, as its documentation shows it.

Source: https://flask-discord-interactions.readthedocs.io
"""

from __future__ import annotations

import os

from flask import Flask
from flask_discord_interactions import DiscordInteractions

from bench.contender import PATH, Contender, WsgiContender

app = Flask(__name__)
discord = DiscordInteractions(app)
app.config["DISCORD_CLIENT_ID"] = "1100000000000000001"
app.config["DISCORD_PUBLIC_KEY"] = os.environ["DISCORD_PUBLIC_KEY"]
app.config["DISCORD_CLIENT_SECRET"] = ""


def ping(_context: object) -> str:
    """Respond with Pong."""
    return "Pong"


discord.command("ping")(ping)
discord.set_route(PATH)


def enter() -> Contender:
    return WsgiContender(app)
