"""What users do, made into interactions: commands, buttons, selections, submitted modals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dev.simulator.commands import CommandBook, CommandType, OptionType
from dev.simulator.components import ComponentType
from dev.simulator.errors import DiscordError, JsonObject
from dev.simulator.interactions import Interaction, Interactions, called_name
from dev.simulator.message_bodies import InteractionType
from dev.simulator.messages import MessageBook
from dev.simulator.modals import fill_modal
from dev.simulator.options import InvalidInputError, OptionReader
from dev.simulator.payloads import BOT_DM_CONTEXT, GUILD_CONTEXT, Invoker, PayloadWriter
from dev.simulator.world import GUILD_ID, World

SELECTED_KINDS: Final = {
    ComponentType.USER_SELECT: OptionType.USER,
    ComponentType.ROLE_SELECT: OptionType.ROLE,
    ComponentType.MENTIONABLE_SELECT: OptionType.MENTIONABLE,
    ComponentType.CHANNEL_SELECT: OptionType.CHANNEL,
}


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command as a user calls it.

    `options` holds values by option name; a subcommand's values stand in a mapping under its
    name. `focused` names the option being typed, for autocomplete. `target_id` is the user or
    message of a context menu.
    """

    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    kind: CommandType = CommandType.CHAT_INPUT
    focused: str | None = None
    target_id: str | None = None


@dataclass(frozen=True, slots=True)
class Invocations:
    """Opens interactions for users; whoever calls posts them. `uploads` are files users gave."""

    world: World
    commands: CommandBook
    messages: MessageBook
    interactions: Interactions
    payloads: PayloadWriter
    uploads: Mapping[str, JsonObject]

    def invoker(
        self,
        *,
        user_id: str | None = None,
        channel_id: str | None = None,
        locale: str | None = None,
        dm: bool = False,
        user_install: bool = False,
    ) -> Invoker:
        """The person an interaction comes from: by default the guild's owner, in its channel.

        Raises InvalidInputError for people and channels that are not there.
        """
        user = self.world.user(user_id) if user_id else self.world.people[0]
        if user is None or user.bot:
            raise InvalidInputError(f"there is no user {user_id}")
        if channel_id is None:
            channel = self.world.channel_for(user, dm=dm)
        else:
            found = self.world.channel(channel_id)
            if found is None or found.recipient_id not in (None, user.id):
                raise InvalidInputError(f"{user.username} has no channel {channel_id}")
            channel = found
        return Invoker(user, channel, locale or user.locale, user_install)

    def command(self, call: CommandCall, *, invoker: Invoker) -> Interaction:
        """Opens the interaction of a command, or of its autocomplete when an option is focused."""
        command = self._find_command(call, invoker=invoker)
        reader = OptionReader(
            world=self.world,
            attachments=self.uploads,
            in_guild=invoker.in_guild,
            partial=call.focused is not None,
            focused=call.focused,
        )
        data: JsonObject = {
            "id": command["id"],
            "name": command["name"],
            "type": command["type"],
        }
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if call.kind is CommandType.CHAT_INPUT:
            options = reader.read(command.get("options", ()), call.options)
            if options:
                data["options"] = options
        else:
            data["target_id"] = self._resolve_target(call, reader=reader)
        if reader.resolved:
            data["resolved"] = reader.resolved
        kind = InteractionType.AUTOCOMPLETE if call.focused else InteractionType.COMMAND
        return self._open(kind, invoker=invoker, data=data, name=f"/{called_name(data)}")

    def component(
        self,
        *,
        message_id: str,
        custom_id: str,
        values: list[str] | None = None,
        invoker: Invoker,
    ) -> Interaction:
        """Opens the interaction of a pressed button or of a made selection."""
        message = self._message(message_id)
        component = _find_component(message["components"], custom_id)
        if component is None or component.get("disabled"):
            raise InvalidInputError(f"nothing to press has the custom_id {custom_id}")
        data: JsonObject = {
            "component_type": component["type"],
            "custom_id": custom_id,
            "id": component["id"],
        }
        if values is not None:
            reader = OptionReader(world=self.world, attachments={}, in_guild=invoker.in_guild)
            data["values"] = values
            kind = SELECTED_KINDS.get(component["type"])
            if kind is not None and not all(reader.resolve(kind, value) for value in values):
                raise InvalidInputError("something selected is not here")
            if reader.resolved:
                data["resolved"] = reader.resolved
        return self._open(
            InteractionType.COMPONENT,
            invoker=invoker,
            data=data,
            name=custom_id,
            source_message_id=message_id,
        )

    def modal_submit(
        self, *, interaction_id: str, values: Mapping[str, object], invoker: Invoker
    ) -> Interaction:
        """Opens the submission of the modal that answered an interaction.

        `values` maps the custom_id of each input to its text, or to its selected values.
        """
        opener = self.interactions.get(interaction_id)
        modal = opener.modal
        if modal is None:
            raise InvalidInputError(f"interaction {interaction_id} has opened no modal")
        data: JsonObject = {
            "custom_id": modal["custom_id"],
            "components": fill_modal(modal["components"], values),
        }
        return self._open(
            InteractionType.MODAL_SUBMIT,
            invoker=invoker,
            data=data,
            name=modal["custom_id"],
            source_message_id=opener.source_message_id,
        )

    def _message(self, message_id: str) -> JsonObject:
        try:
            return self.messages.get(message_id)
        except DiscordError as error:
            raise InvalidInputError(f"there is no message {message_id}") from error

    def _open(
        self,
        kind: InteractionType,
        *,
        invoker: Invoker,
        data: JsonObject,
        name: str,
        source_message_id: str | None = None,
    ) -> Interaction:
        message = self.messages.get(source_message_id) if source_message_id else None
        payload = self.payloads.write(kind, invoker=invoker, data=data, message=message)
        return self.interactions.open(
            payload, invoker=invoker, name=name, source_message_id=source_message_id
        )

    def _find_command(self, call: CommandCall, *, invoker: Invoker) -> JsonObject:
        for command in self.commands.usable(GUILD_ID if invoker.in_guild else None):
            if (command["name"], command["type"]) == (call.name, call.kind):
                contexts = command.get("contexts")
                here = GUILD_CONTEXT if invoker.in_guild else BOT_DM_CONTEXT
                if contexts is not None and here not in contexts:
                    raise InvalidInputError(f"{call.name} is not offered here")
                return command
        raise InvalidInputError(f"no command {call.name} is registered")

    def _resolve_target(self, call: CommandCall, *, reader: OptionReader) -> str:
        target = call.target_id or ""
        if call.kind is CommandType.MESSAGE:
            reader.resolved["messages"] = {target: self._message(target)}
        elif not reader.resolve(OptionType.USER, target):
            raise InvalidInputError(f"there is no user {target}")
        return target


def _find_component(components: object, custom_id: str) -> JsonObject | None:
    if isinstance(components, dict):
        if components.get("custom_id") == custom_id:
            return components
        inner = [components.get(name) for name in ("components", "component", "accessory")]
        return _find_component([part for part in inner if part], custom_id)
    if isinstance(components, list):
        for component in components:
            found = _find_component(component, custom_id)
            if found is not None:
                return found
    return None
