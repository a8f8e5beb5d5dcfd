"""/ping: is the bot there, and how long was the way from Discord to the function?"""

from __future__ import annotations

from lib.interactions.command import Command, Context, Group, Instant
from lib.interactions.response import Message
from lib.interactions.snowflake import created_at_ms
from lib.locales import Text
from lib.locales.numbers import milliseconds

PONG = Text(
    en="Pong. I had your command {time} after Discord took it.",
    ja="Pong！ Discordの受け付けから{time}でコマンドが届きました。",
)


def ping(context: Context) -> Message:
    """Answer at once. The clocks of Discord and of the host may differ: never below zero."""
    now_ms = round(context.clock.now().timestamp() * 1000)
    way_ms = max(0, now_ms - created_at_ms(context.interaction.id))
    time = milliseconds(way_ms, context.locale)
    return Message(content=PONG.in_(context.locale, time=time), ephemeral=True)


command = Command(
    name=Text(en="ping", ja="ping"),
    description=Text(en="See whether the bot is there", ja="Botが動いているか確認します"),
    group=Group.BOT,
    handler=Instant(run=ping),
    everywhere=True,
)
