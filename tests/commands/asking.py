"""A bot that is asked, and what is told below an answer left out where a test is of the answer."""

from __future__ import annotations

from lib.logs import LogOutput
from lib.ports import GuildSettings
from tests.bot import Bot
from tests.fakes.chat_model import ScriptedChatModel, Step
from tests.payloads import GUILD, InteractionBuilder, slash

ASK = slash("ask", prompt="When is Halley back?")
FENCE = "```"
REQUESTS_AT_MOST = 3
"""A busy model is asked so often, if there is no other."""


def without_footer(bot: Bot) -> Bot:
    """The same bot, in a guild that wants no footers."""
    bot.chat.settings[GUILD] = GuildSettings(footer=False)
    return bot


def asked(
    *script: Step,
    builder: InteractionBuilder = ASK,
    output: LogOutput | None = None,
    footer: bool = False,
) -> Bot:
    """A bot that was asked once, and whose model plays that script however often it is asked."""
    bot = Bot(ScriptedChatModel(*[script] * REQUESTS_AT_MOST), output=output)
    if not footer:
        without_footer(bot)
    bot.client.send(builder)
    return bot
