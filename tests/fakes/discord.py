"""Discord as far as Halley needs it: takes what Discord takes, and shows what a user would see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from dev.simulator.specification import Operation
from lib.ports import DiscordError, InteractionWebhook, JsonObject
from lib.ports.discord import Upload
from tests.discord_bodies import assert_takes_message

UNKNOWN_MESSAGE = 10008


class CallKind(StrEnum):
    """The calls of the port."""

    EDIT_ORIGINAL = "edit_original"
    DELETE_ORIGINAL = "delete_original"
    CREATE_FOLLOW_UP = "create_follow_up"
    EDIT_FOLLOW_UP = "edit_follow_up"
    DELETE_FOLLOW_UP = "delete_follow_up"
    CREATE_MESSAGE = "create_message"
    EDIT_MESSAGE = "edit_message"
    DELETE_MESSAGE = "delete_message"
    FIND_VOICE_CHANNEL = "find_voice_channel"
    COUNT_GUILDS = "count_guilds"
    MEASURE_PING = "measure_ping"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as it came; `is_taken` tells whether it was carried out."""

    kind: CallKind
    webhook: InteractionWebhook | None = None
    message_id: str = ""
    body: Mapping[str, Any] | None = None
    files: tuple[Upload, ...] = ()
    is_taken: bool = True

    @property
    def content(self) -> str:
        return str((self.body or {}).get("content", ""))


class RecordingDiscord:
    """A `DiscordAPI` that keeps the messages of each interaction, and can be told to refuse.

    `calls` are all calls in order. `refuse` scripts what the next calls of a kind meet; None lets
    one through. `on_call` is told of each call that is taken, for tests that look at an order.
    `guild_count` None stands for a bot without a token; `in_channel` shows a channel's messages.
    `voice_channels` holds who is in which voice channel: the channel's id by the user's.
    """

    def __init__(
        self,
        *,
        ping_ms: int = 42,
        guild_count: int | None = 3,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        self._ping_ms = ping_ms
        self._guild_count = guild_count
        self.on_call = on_call
        self._refusals: dict[CallKind, list[DiscordError | None]] = defaultdict(list)
        self._originals: dict[str, Mapping[str, Any]] = {}
        self._original_ids: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._follow_ups: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._channels: dict[str, dict[str, tuple[str, Mapping[str, Any]]]] = defaultdict(dict)
        self._next_id = 1180000000000001000
        self.calls: list[Call] = []
        self.voice_channels: dict[str, str] = {}

    def refuse(self, kind: CallKind, *errors: DiscordError | None) -> None:
        """Have the next calls of that kind fail so, one after the other."""
        self._refusals[kind] += errors

    def edit_original(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        assert_takes_message(Operation.EDIT_ORIGINAL, body, file_count=len(files))
        message_id = self.original_id(webhook.token)
        self._take(Call(CallKind.EDIT_ORIGINAL, webhook, message_id, body, tuple(files)))
        if webhook.token in self._deleted:
            raise discord_error(404, UNKNOWN_MESSAGE)
        self._originals[webhook.token] = body
        return message_id

    def delete_original(self, webhook: InteractionWebhook) -> None:
        message_id = self.original_id(webhook.token)
        self._take(Call(CallKind.DELETE_ORIGINAL, webhook, message_id))
        self._originals.pop(webhook.token, None)
        self._deleted.add(webhook.token)

    def create_follow_up(
        self, webhook: InteractionWebhook, *, body: JsonObject, files: Sequence[Upload] = ()
    ) -> str:
        assert_takes_message(Operation.FOLLOW_UP, body, file_count=len(files))
        message_id = self._new_id()
        self._take(Call(CallKind.CREATE_FOLLOW_UP, webhook, message_id, body, tuple(files)))
        self._follow_ups[webhook.token][message_id] = body
        return message_id

    def edit_follow_up(
        self,
        webhook: InteractionWebhook,
        *,
        message_id: str,
        body: JsonObject,
        files: Sequence[Upload] = (),
    ) -> None:
        assert_takes_message(Operation.EDIT_FOLLOW_UP, body, file_count=len(files))
        self._take(Call(CallKind.EDIT_FOLLOW_UP, webhook, message_id, body, tuple(files)))
        if message_id not in self._follow_ups[webhook.token]:
            raise discord_error(404, UNKNOWN_MESSAGE)
        self._follow_ups[webhook.token][message_id] = body

    def delete_follow_up(self, webhook: InteractionWebhook, *, message_id: str) -> None:
        self._take(Call(CallKind.DELETE_FOLLOW_UP, webhook, message_id))
        self._follow_ups[webhook.token].pop(message_id, None)

    def create_message(self, *, channel_id: str, body: JsonObject, nonce: str) -> str:
        sent = {**body, "nonce": nonce, "enforce_nonce": True}
        assert_takes_message(Operation.CREATE_MESSAGE, sent)
        message_id = self._new_id()
        self._take(Call(CallKind.CREATE_MESSAGE, None, message_id, sent))
        for earlier_id, (earlier_nonce, _) in self._channels[channel_id].items():
            if earlier_nonce == nonce:
                return earlier_id
        self._channels[channel_id][message_id] = (nonce, sent)
        return message_id

    def edit_message(self, *, channel_id: str, message_id: str, body: JsonObject) -> None:
        assert_takes_message(Operation.EDIT_MESSAGE, body)
        self._take(Call(CallKind.EDIT_MESSAGE, None, message_id, body))
        if self._guild_count is None:
            raise discord_error(401)
        if message_id not in self._channels[channel_id]:
            raise discord_error(404, UNKNOWN_MESSAGE)
        nonce, _ = self._channels[channel_id][message_id]
        self._channels[channel_id][message_id] = (nonce, body)

    def delete_message(self, *, channel_id: str, message_id: str) -> None:
        self._take(Call(CallKind.DELETE_MESSAGE, None, message_id))
        if self._guild_count is None:
            raise discord_error(401)
        self._channels[channel_id].pop(message_id, None)

    def original_id(self, token: str) -> str:
        """The id of an interaction's response."""
        if token not in self._original_ids:
            self._original_ids[token] = self._new_id()
        return self._original_ids[token]

    def find_voice_channel(self, *, guild_id: str, user_id: str) -> str | None:
        self._take(Call(CallKind.FIND_VOICE_CHANNEL))
        if self._guild_count is None:
            raise discord_error(401)
        return self.voice_channels.get(user_id)

    def count_guilds(self) -> int | None:
        self._take(Call(CallKind.COUNT_GUILDS))
        return self._guild_count

    def measure_ping_ms(self) -> int:
        self._take(Call(CallKind.MEASURE_PING))
        return self._ping_ms

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def _take(self, call: Call) -> None:
        refusals = self._refusals[call.kind]
        refusal = refusals.pop(0) if refusals else None
        taken = replace(call, is_taken=refusal is None)
        self.calls.append(taken)
        if refusal is not None:
            raise refusal
        if self.on_call is not None:
            self.on_call(taken)

    def seen(self, token: str = "") -> list[str]:
        """The texts a user sees now, the original response first; of the only interaction there
        is, if none is named.
        """
        return [str(body["content"]) for body in self.bodies(token)]

    def bodies(self, token: str = "") -> list[Mapping[str, Any]]:
        """The same, as whole bodies."""
        if not token:
            tokens = self._originals.keys() | {
                key for key, value in self._follow_ups.items() if value
            }
            if not tokens:
                return []
            (token,) = tokens
        original = self._originals.get(token)
        return [*([] if original is None else [original]), *self._follow_ups[token].values()]

    def in_channel(self, channel_id: str) -> list[str]:
        """The texts of the messages sent to a channel, oldest first."""
        return [str(body["content"]) for _, body in self._channels[channel_id].values()]

    def kinds(self) -> list[CallKind]:
        """The kinds of all calls, in order."""
        return [call.kind for call in self.calls]


def discord_error(status: int, code: int = 0) -> DiscordError:
    """A refusal of Discord's, or with status 0 a request that did not arrive."""
    return DiscordError("scripted", status=status, code=code, detail="as the test wanted it")
