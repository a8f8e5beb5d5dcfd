"""A bot that is asked one question."""

from __future__ import annotations

from lib.logs import LogOutput
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel, Step
from tests.payloads import InteractionBuilder, slash

ASK = slash("ask", prompt="When is Halley back?")
FENCE = "```"


def asked(*script: Step, builder: InteractionBuilder = ASK, output: LogOutput | None = None) -> Bot:
    """A bot that was asked once, and whose model played that script."""
    bot = Bot(ScriptedChatModel(script), output=output)
    bot.client.send(builder)
    return bot
