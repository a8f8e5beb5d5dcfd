"""A bot that is asked, and what is told below an answer left out where a test is of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.commands._asking import COOLDOWN_SECONDS
from lib.logs import LogOutput
from lib.ports import GuildSettings
from tests.bot import Bot
from tests.client import Reply
from tests.fakes.chat_model import ScriptedChatModel, Step
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.discord import CallKind
from tests.payloads import ASKER, GUILD, InteractionBuilder, Json, press, slash

ASK = slash("ask", prompt="When is Halley back?")
FENCE = "```"
OTHER = "1180000000000000301"
EPHEMERAL = 64
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


@dataclass(frozen=True, slots=True)
class Shown:
    """One interaction, and what its user sees of it now."""

    bot: Bot
    builder: InteractionBuilder
    reply: Reply

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        return self.bot.discord.bodies(self.builder.token)

    @property
    def texts(self) -> list[str]:
        return self.bot.discord.seen(self.builder.token)

    @property
    def text(self) -> str:
        """That of the only message."""
        (text,) = self.texts
        return text

    @property
    def last_id(self) -> str:
        """The id of the last message, which the buttons are on."""
        if not self.texts[1:]:
            return self.bot.discord.original_id(self.builder.token)
        return [
            call.message_id
            for call in self.bot.discord.calls
            if call.kind is CallKind.CREATE_FOLLOW_UP
            and call.webhook is not None
            and call.webhook.token == self.builder.token
        ][-1]

    @property
    def is_told_apart(self) -> bool:
        """Whether only the asker sees it, though others would have seen the answer."""
        (body,) = self.bodies
        was_private = self.reply.json.get("data", {}).get("flags") == EPHEMERAL
        return body.get("flags") == EPHEMERAL and not was_private

    @property
    def buttons(self) -> dict[str, str]:
        """The custom_ids of the buttons below the last message, by their labels."""
        *above, last = self.bodies
        assert not any(body.get("components") for body in above)
        return {
            button["label"]: button["custom_id"]
            for row in last.get("components", [])
            for button in row["components"]
        }


class Talk:
    """Questions to one bot and presses on its buttons, each long enough after the one before.

    Its model plays one script a call. There are no footers in its guild.
    """

    def __init__(self, *scripts: Sequence[Step], bot: Bot | None = None) -> None:
        self.model = ScriptedChatModel(*scripts)
        self.bot = without_footer(bot or Bot(self.model))
        self._number = 0

    @property
    def chat(self) -> MemoryChatStore:
        return self.bot.chat

    def settle_in(self, **settings: Any) -> None:  # noqa: ANN401 - those of GuildSettings
        """Have these settings in the guild, and those there are."""
        self.chat.settings[GUILD] = replace(self.chat.settings[GUILD], **settings)

    def send(self, builder: InteractionBuilder) -> Shown:
        """Send it now, as one of its own."""
        self.bot.clock.advance(COOLDOWN_SECONDS + 1)
        self._number += 1
        new = builder.at(self.bot.clock.now()).numbered(self._number)
        return Shown(self.bot, new, self.bot.client.send(new))

    def ask(self, prompt: str = "Hi", *, by: str = ASKER, **options: bool | Json) -> Shown:
        return self.send(slash("ask", prompt=prompt, **options).by(by))

    def ask_in_dm(self, prompt: str = "Hi", **options: bool) -> Shown:
        return self.send(slash("ask", prompt=prompt, **options).in_dm())

    def press(self, label: str, shown: Shown, *, by: str = ASKER) -> Shown:
        """Press that button below what was shown."""
        is_private = shown.reply.json.get("data", {}).get("flags") == EPHEMERAL
        pressed = press(shown.buttons[label], ephemeral=is_private).by(by)
        assert pressed.message is not None
        pressed = replace(pressed, message={**pressed.message, "id": shown.last_id})
        return self.send(pressed if shown.builder.guild else pressed.in_dm())

    def told(self, call: int = -1) -> list[str]:
        """The texts of the turns that the model was asked with."""
        return [turn.text for turn in self.model.asked[call].turns]

    def instruction(self, call: int = -1) -> str:
        return self.model.asked[call].system_instruction
