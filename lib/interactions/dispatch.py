"""From an interaction to its answer: find the handler, check, run, and turn errors into replies."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from discord_interactions import InteractionType

from lib.interactions import response
from lib.interactions.checks import in_allowed_guild
from lib.interactions.command import (
    Afterwards,
    Command,
    Context,
    Deferred,
    Handler,
    Instant,
    Option,
    Registry,
)
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Json, Message, Modal
from lib.locales import Locale, Text
from lib.logs import get_logger
from lib.settings import Settings

if TYPE_CHECKING:
    from lib.ports import Clock, Services

log = get_logger(__name__)

UNKNOWN_COMMAND = Text(
    en="I don't know this command (any more). `/help` lists those I know.",
    ja="このコマンドは存在しないか、廃止されました。`/ヘルプ` で一覧を確認できます。",
)
OUTDATED = Text(
    en="This command has changed. Please reload Discord (Ctrl+R) and call it again.",
    ja="このコマンドは更新されました。Discordを再読み込み（Ctrl+R）してから、もう一度お試しください。",
)
UNEXPECTED = Text(
    en="Something went wrong on my side. The note I kept of it has the number `{error_id}`.",
    ja="内部でエラーが発生しました。記録番号は `{error_id}` です。",
)


class Dispatched(NamedTuple):
    """The callback to send to Discord now, the handler that still has work to do, if any, what
    the callback tells of instead of an answer, if it does, and what else is to be done afterwards.
    """

    callback: Json
    deferred: Deferred | None = None
    error: Exception | None = None
    afterwards: Afterwards | None = None


class Route(NamedTuple):
    """A command, the one of its handlers that an interaction is for, and what options it takes."""

    command: Command
    handler: Handler
    options: tuple[Option, ...] = ()


def new_error_id() -> str:
    """Eight characters that tie what a user saw to a line in the log."""
    return os.urandom(4).hex()


def explain(error: Exception, locale: Locale, *, error_id: Callable[[], str]) -> str:
    """What to tell the user of `error`. What they should not read is logged with its traceback
    under a short id, and the id is what they are told.
    """
    if isinstance(error, UserFacingError):
        return error.in_(locale)
    number = error_id()
    log.error("handler_failed", error_id=number, error=error)
    return UNEXPECTED.in_(locale, error_id=number)


class Dispatcher:
    """Answers interactions with the commands of a registry. `assemble` gives the ports to the few
    instant handlers that look something up.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        clock: Clock,
        *,
        error_id: Callable[[], str] = new_error_id,
        assemble: Callable[[], Services] | None = None,
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._error_id = error_id
        self._assemble = assemble

    def context(self, interaction: Interaction) -> Context:
        """What a handler of this interaction is given."""
        return Context(
            interaction, self._settings, self._clock, self._registry, assemble=self._assemble
        )

    def route(self, interaction: Interaction) -> Route:
        """The handler that `interaction` is for. Raises UserFacingError if there is none."""
        match interaction.type:
            case InteractionType.MESSAGE_COMPONENT | InteractionType.MODAL_SUBMIT:
                name, _, rest = interaction.custom_id.partition(":")
                command = self._registry.find(name)
                key = rest.partition(":")[0]
                if command is not None:
                    of_components = interaction.type == InteractionType.MESSAGE_COMPONENT
                    handlers = command.components if of_components else command.modals
                    if (found := handlers.get(key)) is not None:
                        return Route(command, found)
            case _:
                command = self._registry.find(interaction.command_name)
                if command is not None:
                    return _called(command, interaction.subcommand)
        raise UserFacingError(UNKNOWN_COMMAND)

    def dispatch(self, interaction: Interaction) -> Dispatched:
        """The answer to `interaction`. Never raises: whatever fails becomes a reply."""
        if interaction.type == InteractionType.PING:
            return Dispatched(response.pong())
        log.debug("dispatched", type=interaction.type, command=interaction.called)
        try:
            if interaction.type == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE:
                return Dispatched(self._propose(interaction))
            return self._run(interaction)
        except Exception as error:  # noqa: BLE001 - the boundary where errors become replies
            text = explain(error, interaction.locale, error_id=self._error_id)
            if interaction.type == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE:
                return Dispatched(response.propose(()), error=error)
            return Dispatched(response.reply(Message(content=text, ephemeral=True)), error=error)

    def _run(self, interaction: Interaction) -> Dispatched:
        route = self.route(interaction)
        context = self._checked(interaction, route)
        _require_options(interaction, route.options)
        match route.handler:
            case Deferred() as deferred:
                form = deferred.form(context)
                if form is not None:
                    opened = response.open_modal(form)
                    return Dispatched(opened, afterwards=deferred.after_form)
                if deferred.replaces:
                    return Dispatched(response.defer_replacement(), deferred)
                return Dispatched(response.defer(ephemeral=deferred.ephemeral(context)), deferred)
            case Instant() as instant:
                return Dispatched(_answer_of(instant, context), afterwards=instant.afterwards)

    def _propose(self, interaction: Interaction) -> Json:
        route = self.route(interaction)
        focused = interaction.focused
        completer = next((o.complete for o in route.options if o.name.en == focused), None)
        context = self._checked(interaction, route)
        return response.propose(completer(context) if completer is not None else ())

    def _checked(self, interaction: Interaction, route: Route) -> Context:
        context = self.context(interaction)
        if not route.command.everywhere:
            in_allowed_guild(context)
        for check in (*route.command.checks, *route.handler.checks):
            check(context)
        return context


def _answer_of(instant: Instant, context: Context) -> Json:
    answer = instant.run(context)
    if isinstance(answer, Modal):
        return response.open_modal(answer)
    return (response.replace if instant.replaces else response.reply)(answer)


def _called(command: Command, subcommand: str) -> Route:
    """Discord calls a command as it was registered, which may be long ago."""
    if command.handler is not None and not subcommand:
        return Route(command, command.handler, command.options)
    for entry in command.subcommands:
        if entry.name.en == subcommand:
            return Route(command, entry.handler, entry.options)
    raise UserFacingError(OUTDATED)


def _require_options(interaction: Interaction, options: tuple[Option, ...]) -> None:
    """The values too are those of the command as it was registered."""
    values = interaction.options
    if not all(option.accepts(values.get(option.name.en)) for option in options):
        raise UserFacingError(OUTDATED)
