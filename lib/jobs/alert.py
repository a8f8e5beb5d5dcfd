"""Tells the owner's channel that something is wrong, and when it is over: once each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lib.interactions.errors import PayloadError
from lib.interactions.response import Message
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import ClaimedCommand, DiscordError, Services

log = get_logger(__name__)

KIND: Final = "alert"
"""The `command_queue.command` of alerts; the watch in the database inserts them."""
LONGEST_DETAIL: Final = 1000

TITLES: Final[Mapping[str, Text]] = {
    "schedule": Text(en="A schedule does not run", ja="定期処理が実行されていません"),
    "heartbeat": Text(en="A process is not heard of", ja="常駐プロセスの応答がありません"),
    "queue_age": Text(en="The queue is not worked off", ja="キューの処理が滞っています"),
    "error_rate": Text(en="Many commands fail", ja="コマンドの失敗が増えています"),
}
OTHERWISE: Final = Text(en="Something is wrong", ja="異常を検知しました")
OVER: Final = Text(en="over", ja="解消しました")


class Alerts:
    """The handler, where there is a channel; elsewhere alerts stand in the tables alone."""

    def __init__(self, services: Services, *, channel_id: str) -> None:
        self._services = services
        self._channel_id = channel_id

    def tell(self, command: ClaimedCommand) -> bool:
        """Send one message. Raises PayloadError for a row that is no alert, and DiscordError."""
        name, detail = command.payload.get("name"), command.payload.get("detail")
        if not isinstance(name, str) or not isinstance(detail, str):
            raise PayloadError("the row is no alert")
        is_over = command.payload.get("closed_at") is not None
        try:
            self._services.discord.create_message(
                channel_id=self._channel_id,
                body=Message(content=_content(name, detail, is_over=is_over)).to_payload(),
                nonce=command.id.hex[:25],  # so that a repeat shows nothing twice
            )
        except DiscordError as error:
            log.warning("alert_not_told", status=error.status, code=error.code)
            raise
        return True


def _content(name: str, detail: str, *, is_over: bool) -> str:
    """Both languages: a channel has no locale, and whoever is on duty should not have to guess."""
    title = TITLES.get(name.partition(":")[0], OTHERWISE)
    english, japanese = title.en, title.ja
    if is_over:
        english, japanese = f"{english}: {OVER.en}", f"{japanese}：{OVER.ja}"
    mark = "✅" if is_over else "⚠️"
    said = detail[:LONGEST_DETAIL].replace("`", "'")
    return f"{mark} **{english}** · {japanese}\n`{said}`"
