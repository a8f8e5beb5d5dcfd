"""Tells whoever ordered the player that no worker got round to it."""

from __future__ import annotations

from typing import Final

from lib.interactions.errors import PayloadError
from lib.interactions.response import Message
from lib.locales import Locale, Text
from lib.logs import get_logger
from lib.ports import ClaimedCommand, DiscordError, InteractionWebhook, JsonObject, Services

log = get_logger(__name__)

KIND: Final = "untaken"
"""The `command_queue.command`; the database inserts it when a player's order ends untaken."""
COMPONENT: Final = 3
"""The type of the interaction that a button is."""

TOO_LATE = Text(
    en="The player didn't get round to this in time, so nothing was done. Please try again.",
    ja="プレイヤーが時間内に応答しなかったため、何も実行されませんでした。もう一度お試しください。",
)
BROKEN_OFF = Text(
    en="The player was interrupted in the middle of this. `/nowplaying` shows how things stand.",
    ja="実行の途中でプレイヤーが中断しました。現在の状態は `/再生中` で確認できます。",
)
CANCELLED = Text(
    en="This was cancelled by whoever runs the bot.",
    ja="この操作はBotの管理者によって取り消されました。",
)


class UntakenOrders:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._discord = services.discord

    def tell(self, command: ClaimedCommand) -> bool:
        """Answer in the worker's place. Raises PayloadError for a row that is none of these, and
        DiscordError where another try may help.
        """
        secret = command.secret or {}
        application_id, token = secret.get("application_id"), secret.get("token")
        if not isinstance(application_id, str) or not isinstance(token, str):
            raise PayloadError("the row holds no interaction")
        content = _text_for(command.payload).in_(Locale.of(str(secret.get("locale"))))
        webhook = InteractionWebhook(application_id, token)
        try:
            if secret.get("type") == COMPONENT:  # the card stays as it is
                body = Message(content=content, ephemeral=True).to_payload()
                self._discord.create_follow_up(webhook, body=body)
            else:
                self._discord.edit_original(webhook, body=Message(content=content).to_edit())
        except DiscordError as error:
            log.warning("untaken_order_not_told", status=error.status, code=error.code)
            if error.is_final:
                return False
            raise
        return True


def _text_for(payload: JsonObject) -> Text:
    """What became of the order, as far as anybody knows."""
    if payload.get("reason") == "cancelled":
        return CANCELLED
    return BROKEN_OFF if payload.get("is_begun") is True else TOO_LATE
