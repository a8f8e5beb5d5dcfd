"""Discord's REST API, as far as Halley needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lib.ports.base import JsonObject, PortError


class DiscordError(PortError):
    """Discord refused a request or was not reached.

    `status` is the HTTP status (0: not reached), `code` Discord's own (10015, 50027, ...) or 0.
    """

    def __init__(self, operation: str, *, status: int, code: int, detail: str) -> None:
        super().__init__(f"{operation} failed ({status}, {code}): {detail}")
        self.operation = operation
        self.status = status
        self.code = code
        self.detail = detail

    @property
    def is_final(self) -> bool:
        """Whether asking again would meet the same refusal."""
        return self.status in {400, 401, 403, 404}


@dataclass(frozen=True, slots=True)
class InteractionWebhook:
    """Where one interaction's answer goes. The token is a secret, and lives for 15 minutes."""

    application_id: str
    token: str = field(repr=False)


class Upload(Protocol):
    """A file that goes with a body, whose `attachments` name it by its place among the files."""

    @property
    def name(self) -> str:
        """Its file name, by which Discord knows what it is."""

    @property
    def content(self) -> bytes:
        """What stands in it."""


class DiscordAPI(Protocol):
    """The REST calls Halley makes. A `body` is Discord's message JSON."""

    def edit_original(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        """Replace the deferred response, or the message a component sits on. Returns its id; an
        empty one where Discord does not tell.
        """

    def delete_original(self, webhook: InteractionWebhook) -> None:
        """Remove the response, also one that still says to wait, or the message a component sits
        on; one that is already gone is no error.
        """

    def create_follow_up(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        """Send a further message; returns its id."""

    def edit_follow_up(
        self,
        webhook: InteractionWebhook,
        *,
        message_id: str,
        body: JsonObject,
        files: Sequence[Upload] = (),
    ) -> None:
        """Replace a further message."""

    def delete_follow_up(self, webhook: InteractionWebhook, *, message_id: str) -> None:
        """Remove a further message; one that is already gone is no error."""

    def create_message(self, *, channel_id: str, body: JsonObject, nonce: str) -> str:
        """Send a message to a channel, as the bot; returns its id.

        `nonce` (1 to 25 characters) names it: for some minutes Discord makes no second message of
        the same nonce but gives the first one's id, so that asking again never doubles it.
        Status 401 without a bot token.
        """

    def edit_message(self, *, channel_id: str, message_id: str, body: JsonObject) -> None:
        """Replace a message of the bot's own in a channel, as the bot; also one that it answered an
        interaction with. Status 401 without a bot token, 404 where the message has gone.
        """

    def delete_message(self, *, channel_id: str, message_id: str) -> None:
        """Remove a message of the bot's own from a channel, as the bot; one that is already gone is
        no error. Status 401 without a bot token.
        """

    def find_voice_channel(self, *, guild_id: str, user_id: str) -> str | None:
        """The id of the voice channel that somebody is in, as the bot; None: they are in none.

        Status 401 without a bot token, 403 or 404 where the bot is no member of the guild.
        """

    def count_guilds(self) -> int | None:
        """How many guilds the bot is in, about; None without a bot token."""

    def measure_ping_ms(self) -> int:
        """The round trip to Discord's API, in milliseconds."""
