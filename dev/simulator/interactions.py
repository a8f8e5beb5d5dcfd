"""Interactions from their first second to their token's last: acknowledged once, then edited."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dev.simulator import limits
from dev.simulator.commands import NESTING, OptionType
from dev.simulator.errors import DiscordError, JsonObject, Refusal
from dev.simulator.events import EventKind, EventLog
from dev.simulator.message_bodies import (
    CallbackType,
    InteractionType,
    MessageFlag,
    allowed_callbacks,
    check_callback,
    flags_of,
)
from dev.simulator.messages import MessageBook, MessageType, Origin
from dev.simulator.payloads import Invoker
from dev.simulator.snowflakes import Clock

ORIGINAL: Final = "@original"


class FailureReason(StrEnum):
    """Why Discord tells the user that nothing came of an interaction."""

    NO_RESPONSE = "no_response"
    BAD_RESPONSE = "bad_response"
    UNREACHABLE = "unreachable"


def new_token(interaction_id: str) -> str:
    """A continuation token in the shape of Discord's: base64 of kind, id and a secret."""
    secret = secrets.token_urlsafe(96)
    return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{secret}".encode()).decode()


def called_name(data: JsonObject) -> str:
    """What was called, with its group and subcommand: "debug state"."""
    path = [data["name"]]
    options = data.get("options") or []
    while len(options) == 1 and OptionType(options[0]["type"]) in NESTING:
        path.append(options[0]["name"])
        options = options[0].get("options") or []
    return " ".join(path)


@dataclass(slots=True)
class Interaction:
    """One interaction and what has become of it."""

    id: str
    token: str = field(repr=False)
    kind: InteractionType
    name: str
    invoker: Invoker
    payload: JsonObject = field(repr=False)
    created_at: datetime
    source_message_id: str | None = None
    acknowledged: CallbackType | None = None
    original_id: str | None = None
    follow_ups: list[str] = field(default_factory=list)
    failed: FailureReason | None = None
    modal: JsonObject | None = None


@dataclass(slots=True)
class Interactions:
    """All interactions of one application."""

    application_id: str
    messages: MessageBook
    events: EventLog
    clock: Clock
    first_response_seconds: float = limits.FIRST_RESPONSE_SECONDS
    token_lifetime_seconds: float = limits.TOKEN_LIFETIME_SECONDS
    _by_id: dict[str, Interaction] = field(default_factory=dict)
    _by_token: dict[str, Interaction] = field(default_factory=dict)

    def open(
        self,
        payload: JsonObject,
        *,
        invoker: Invoker,
        name: str,
        source_message_id: str | None = None,
    ) -> Interaction:
        """Notes a payload that is about to be posted; `name` is for people to tell it by."""
        interaction = Interaction(
            id=payload["id"],
            token=payload["token"],
            kind=InteractionType(payload["type"]),
            name=name,
            invoker=invoker,
            payload=payload,
            created_at=self.clock(),
            source_message_id=source_message_id,
        )
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction
        return interaction

    def get(self, interaction_id: str) -> Interaction:
        found = self._by_id.get(interaction_id)
        if found is None:
            raise DiscordError(Refusal.UNKNOWN_INTERACTION)
        return found

    def with_token(self, token: str) -> Interaction | None:
        return self._by_token.get(token)

    def fail(self, interaction: Interaction, *, reason: FailureReason, detail: str) -> None:
        """Tells the user that nothing came; too late once the interaction was acknowledged."""
        if interaction.acknowledged is not None or interaction.failed is not None:
            return
        self._tell_failure(interaction, reason=reason, detail=detail)

    def expire(self, interaction: Interaction) -> None:
        """Tells the user that a deferral was never answered; its token has run out by now."""
        original = interaction.original_id
        if original is None or not self.messages.is_loading(original):
            return
        self._tell_failure(
            interaction,
            reason=FailureReason.NO_RESPONSE,
            detail="deferred, and never answered while the token was good",
        )

    def unanswered_messages(self) -> list[str]:
        """The ids of the deferrals that were never answered and show so."""
        return [
            interaction.original_id
            for interaction in self._by_id.values()
            if interaction.failed is not None and interaction.original_id is not None
        ]

    def _tell_failure(
        self, interaction: Interaction, *, reason: FailureReason, detail: str
    ) -> None:
        interaction.failed = reason
        told = {"interaction_id": interaction.id, "reason": str(reason), "detail": detail}
        if interaction.original_id is not None:
            told["message_id"] = interaction.original_id
        self.events.publish(EventKind.FAILED, told, interaction_ids=frozenset({interaction.id}))

    # --- the callback --------------------------------------------------------------------------

    def answerable(self, *, interaction_id: str, token: str) -> Interaction:
        """The interaction a callback by REST is for: 10062 when there is none, or too late."""
        interaction = self._by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise DiscordError(Refusal.UNKNOWN_INTERACTION)
        deadline = interaction.created_at + timedelta(seconds=self.first_response_seconds)
        late = interaction.acknowledged is None and self.clock() > deadline
        if interaction.failed is not None or late:
            raise DiscordError(Refusal.UNKNOWN_INTERACTION)
        return interaction

    def check(self, interaction: Interaction, body: JsonObject) -> CallbackType:
        """Refuses a callback that this interaction cannot take."""
        if interaction.acknowledged is not None:
            raise DiscordError(Refusal.ALREADY_ACKNOWLEDGED)
        allowed = allowed_callbacks(
            interaction.kind, has_message=interaction.source_message_id is not None
        )
        return check_callback(body, allowed=allowed)

    def acknowledge(
        self, interaction: Interaction, body: JsonObject, *, files: Sequence[JsonObject] = ()
    ) -> JsonObject | None:
        """Takes the one answer an interaction may have; gives the message it made or changed."""
        kind = self.check(interaction, body)
        data: JsonObject = body.get("data") or {}
        message = self._answer(interaction, kind, data=data, files=files)
        interaction.acknowledged = kind
        told: JsonObject = {"interaction_id": interaction.id, "type": int(kind)}
        if message is not None:
            interaction.original_id = message["id"]
            told["message_id"] = message["id"]
        if kind in (CallbackType.MODAL, CallbackType.AUTOCOMPLETE):
            told["data"] = data
        if kind is CallbackType.MODAL:
            interaction.modal = data
        if message is not None and kind is not CallbackType.DEFERRED_UPDATE:
            self._publish(interaction, message)
        self.events.publish(
            EventKind.ACKNOWLEDGED, told, interaction_ids=frozenset({interaction.id})
        )
        return message

    def _answer(
        self,
        interaction: Interaction,
        kind: CallbackType,
        *,
        data: JsonObject,
        files: Sequence[JsonObject],
    ) -> JsonObject | None:
        match kind:
            case CallbackType.MESSAGE:
                return self.messages.create(
                    data,
                    author=self.messages.world.bot,
                    channel_id=interaction.invoker.channel.id,
                    origin=self._origin(interaction),
                    files=files,
                )
            case CallbackType.DEFERRED_MESSAGE:
                return self.messages.create_loading(
                    author=self.messages.world.bot,
                    channel_id=interaction.invoker.channel.id,
                    origin=self._origin(interaction),
                    ephemeral=MessageFlag.EPHEMERAL in flags_of(data),
                )
            case CallbackType.UPDATE_MESSAGE if interaction.source_message_id:
                return self.messages.edit(interaction.source_message_id, data, files=files)
            case CallbackType.DEFERRED_UPDATE if interaction.source_message_id:
                return self.messages.get(interaction.source_message_id)
            case _:
                return None

    # --- edits and follow-ups ------------------------------------------------------------------

    def acknowledged_with(self, *, webhook_id: str, token: str) -> Interaction:
        """The interaction an edit belongs to.

        10015 while its acknowledgement has not reached Discord (or never did), 50027 once the
        token is older than 15 minutes, or was never one.
        """
        if webhook_id != self.application_id:
            raise DiscordError(Refusal.UNKNOWN_WEBHOOK)
        interaction = self._by_token.get(token)
        if interaction is None:
            raise DiscordError(Refusal.INVALID_WEBHOOK_TOKEN)
        if self.clock() - interaction.created_at > timedelta(seconds=self.token_lifetime_seconds):
            raise DiscordError(Refusal.INVALID_WEBHOOK_TOKEN)
        if interaction.acknowledged is None:
            raise DiscordError(Refusal.UNKNOWN_WEBHOOK)
        return interaction

    def message_id(self, interaction: Interaction, which: str) -> str:
        """The message meant by @original or an id; only the interaction's own are found."""
        wanted = interaction.original_id if which == ORIGINAL else which
        if wanted is None or wanted not in (interaction.original_id, *interaction.follow_ups):
            raise DiscordError(Refusal.UNKNOWN_MESSAGE)
        return wanted

    def edit(
        self,
        interaction: Interaction,
        which: str,
        body: JsonObject,
        *,
        files: Sequence[JsonObject] = (),
    ) -> JsonObject:
        """PATCH of @original or of a follow-up."""
        message = self.messages.edit(self.message_id(interaction, which), body, files=files)
        self._publish(interaction, message)
        return message

    def delete(self, interaction: Interaction, which: str) -> None:
        message = self.messages.delete(self.message_id(interaction, which))
        self.events.publish(
            EventKind.DELETED,
            {"id": message["id"], "channel_id": message["channel_id"]},
            interaction_ids=self._concerned(interaction, message),
        )

    def follow_up(
        self, interaction: Interaction, body: JsonObject, *, files: Sequence[JsonObject] = ()
    ) -> JsonObject:
        """POST to the interaction's webhook.

        Straight after a deferral it edits the waiting message instead, as Discord still does.
        """
        original = interaction.original_id
        if original is not None and self.messages.is_loading(original):
            return self.edit(interaction, ORIGINAL, body, files=files)
        if (
            interaction.invoker.user_install
            and len(interaction.follow_ups) >= limits.USER_INSTALL_FOLLOW_UPS
        ):
            raise DiscordError(Refusal.TOO_MANY_FOLLOW_UPS)
        message = self.messages.create(
            body,
            author=self.messages.world.bot,
            channel_id=interaction.invoker.channel.id,
            origin=self._origin(interaction, follows=original),
            files=files,
        )
        interaction.follow_ups.append(message["id"])
        self._publish(interaction, message)
        return message

    # --- what a message tells of its interaction -----------------------------------------------

    def _origin(self, interaction: Interaction, *, follows: str | None = None) -> Origin:
        user = interaction.invoker.user.as_json()
        data = interaction.payload.get("data", {})
        metadata: JsonObject = {
            "id": interaction.id,
            "type": int(interaction.kind),
            "user": user,
            "authorizing_integration_owners": interaction.invoker.integration_owners,
        }
        extra: JsonObject = {"interaction_metadata": metadata}
        kind = MessageType.DEFAULT
        if interaction.kind is InteractionType.COMMAND:
            name = called_name(data)
            metadata["name"] = name
            metadata["command_type"] = data.get("type")
            kind = (
                MessageType.CHAT_INPUT_COMMAND
                if data.get("type") == 1
                else MessageType.CONTEXT_MENU_COMMAND
            )
            extra["interaction"] = {
                "id": interaction.id,
                "type": int(interaction.kind),
                "name": name,
                "user": user,
            }
        reference = follows or interaction.source_message_id
        if follows is not None:
            metadata["original_response_message_id"] = follows
            extra.pop("interaction", None)
        elif interaction.source_message_id is not None:
            metadata["interacted_message_id"] = interaction.source_message_id
        if reference is not None:
            kind = MessageType.REPLY
        return Origin(
            type=kind,
            webhook_id=self.application_id,
            interaction=extra,
            reference=None
            if reference is None
            else {"type": 0, "message_id": reference, "channel_id": interaction.invoker.channel.id},
        )

    def _concerned(self, interaction: Interaction, message: JsonObject) -> frozenset[str]:
        metadata = message.get("interaction_metadata") or {}
        return frozenset({interaction.id, metadata.get("id", interaction.id)})

    def _publish(self, interaction: Interaction, message: JsonObject) -> None:
        self.events.publish(
            EventKind.MESSAGE, message, interaction_ids=self._concerned(interaction, message)
        )
