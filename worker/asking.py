"""Who gave an order, as the claimed row tells, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lib.interactions.response import Message
from lib.locales import Locale, Text
from lib.logs import get_logger
from lib.ports import ClaimedCommand, DiscordError, InteractionWebhook, JsonObject
from lib.ports.discord import DiscordAPI
from worker.threads import Threads

log = get_logger(__name__)

COMPONENT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody in Discord. `message_id`: they pressed a button under that message of the bot's.

    `locale_code` is Discord's code of their language. `may_be_answered`: a worker began with what
    they ask before, and was lost; nobody knows how far it came.
    """

    user_id: str
    name: str
    locale_code: str
    webhook: InteractionWebhook
    message_id: str = ""
    may_be_answered: bool = False

    @property
    def is_button(self) -> bool:
        return bool(self.message_id)

    @property
    def locale(self) -> Locale:
        return Locale.of(self.locale_code)


def asker_of(command: ClaimedCommand) -> Asker | None:
    """None: it came from a dashboard, where the row itself tells what became of it."""
    secret = command.secret
    if secret is None or not isinstance(secret.get("token"), str):
        return None
    is_component = secret.get("type") == COMPONENT
    user = _object(_object(secret.get("member")).get("user")) or _object(secret.get("user"))
    return Asker(
        user_id=str(user.get("id", "")),
        name=str(user.get("global_name") or user.get("username") or ""),
        locale_code=str(secret.get("locale", "")),
        webhook=InteractionWebhook(
            application_id=str(secret.get("application_id", "")), token=str(secret["token"])
        ),
        message_id=str(_object(secret.get("message")).get("id", "")) if is_component else "",
        may_be_answered=command.attempts > 1,
    )


class Replies:
    """Answers to orders, by the interaction that gave them. They never fail: the log says."""

    def __init__(self, discord: DiscordAPI, threads: Threads) -> None:
        self._discord = discord
        self._threads = threads

    async def answer(self, asker: Asker | None, message: Message) -> str:
        """What came of it, for all to see: in the place of "thinking", or of the card.

        The answer's id; empty where there is none.
        """
        return "" if asker is None else await self._threads.asked(self._answer, asker, message)

    async def tell(self, asker: Asker | None, message: Message) -> None:
        """What there is to say, for all to see; a card stays as it is."""
        if asker is not None:
            await self._threads.asked(self._tell, asker, message)

    async def refuse(self, asker: Asker | None, text: Text) -> None:
        """Why nothing came of it, for whoever asked alone; a card stays as it is."""
        if asker is not None:
            message = Message(content=text.in_(asker.locale), ephemeral=True)
            await self._threads.asked(self._refuse, asker, message)

    async def take_buttons(self, asker: Asker | None) -> None:
        """The card whose button they pressed has nothing left to steer."""
        if asker is not None and asker.is_button:
            await self._threads.asked(self._take_buttons, asker)

    def _answer(self, asker: Asker, message: Message) -> str:
        try:
            return self._discord.edit_original(asker.webhook, body=message.to_edit())
        except DiscordError as error:
            log.warning("order_not_answered", status=error.status, code=error.code)
            return ""

    def _tell(self, asker: Asker, message: Message) -> None:
        if not asker.is_button:
            self._answer(asker, message)
            return
        try:
            self._discord.create_follow_up(asker.webhook, body=message.to_payload())
        except DiscordError as error:
            log.warning("order_not_answered", status=error.status, code=error.code)

    def _refuse(self, asker: Asker, message: Message) -> None:
        try:
            # What all can see cannot become private; what comes after it can. Beside an answer that
            # may be good it stands as well, and where there is none Discord puts it in its place.
            if not asker.is_button and not asker.may_be_answered:
                self._discord.delete_original(asker.webhook)
            self._discord.create_follow_up(asker.webhook, body=message.to_payload())
        except DiscordError as error:
            log.warning("order_not_answered", status=error.status, code=error.code)

    def _take_buttons(self, asker: Asker) -> None:
        try:
            self._discord.edit_original(asker.webhook, body={"components": []})
        except DiscordError as error:
            log.info("buttons_not_taken", status=error.status, code=error.code)


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}
