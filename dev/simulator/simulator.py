"""The whole simulator without its sockets: state, switches, and what was seen of the bot."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

from dev.simulator.commands import CommandBook
from dev.simulator.config import SimulatorConfig
from dev.simulator.errors import DiscordError, JsonObject, Refusal
from dev.simulator.events import EventKind, EventLog
from dev.simulator.guilds import Guilds
from dev.simulator.interactions import Interaction, Interactions, new_token
from dev.simulator.invocations import Invocations
from dev.simulator.message_bodies import MessageFlag, check_message, flags_of
from dev.simulator.messages import MessageBook
from dev.simulator.payloads import PayloadWriter
from dev.simulator.rate_limits import RateLimits
from dev.simulator.request_bodies import UploadedFile
from dev.simulator.signing import Signer
from dev.simulator.snowflakes import Clock, SnowflakeSource, utc_now
from dev.simulator.specification import Operation, SpecificationValidator
from dev.simulator.traces import AcknowledgedBy, Call, Trace, Violation
from dev.simulator.voice_rooms import VoiceRooms
from dev.simulator.voice_states import VoiceStates
from dev.simulator.world import GUILD_ID, User, small_world

T = TypeVar("T")

LONGEST_DELAY_SECONDS: Final = 60.0
KEPT_TRACES: Final = 200
KEPT_CALLS: Final = 2000
MALFORMED: Final = (
    Refusal.INVALID_FORM,
    Refusal.EMPTY_MESSAGE,
    Refusal.INVALID_JSON,
    Refusal.VIOLATES_SPECIFICATION,
)


@dataclass(slots=True)
class Switches:
    """What a developer can make go wrong on purpose."""

    delay_deferrals_seconds: float = 0.0
    sign_wrongly: bool = False


class Simulator:
    """One application's Discord, as the routes, the page and the tests see it."""

    def __init__(self, config: SimulatorConfig, *, clock: Clock = utc_now) -> None:
        self.config = config
        self.clock = clock
        self.next_id: Callable[[], str] = SnowflakeSource(clock)
        self.interactions_url = config.interactions_url
        self.signer = Signer(config.signing_key)
        self.world = small_world(config.application_id)
        self.guilds = Guilds(self.world)
        self.voice_states = VoiceStates()
        self.gateway_url = ""
        self.events = EventLog()
        self.voice_rooms = VoiceRooms(
            guilds=self.guilds, states=self.voice_states, events=self.events
        )
        self.switches = Switches()
        self.rate_limits = RateLimits(clock)
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.violations: deque[Violation] = deque(maxlen=KEPT_CALLS)
        self.traces: dict[str, Trace] = {}
        self.public_url = ""
        self.uploads: dict[str, JsonObject] = {}
        self.files: dict[str, UploadedFile] = {}
        self.commands = CommandBook(application_id=config.application_id, next_id=self.next_id)
        self.messages = MessageBook(world=self.world, clock=clock, next_id=self.next_id)
        self.interactions = Interactions(
            application_id=config.application_id,
            messages=self.messages,
            events=self.events,
            clock=clock,
            first_response_seconds=config.first_response_seconds,
            token_lifetime_seconds=config.token_lifetime_seconds,
        )
        self.payloads = PayloadWriter(
            application_id=config.application_id,
            world=self.world,
            next_id=self.next_id,
            new_token=new_token,
        )
        self.invocations = Invocations(
            world=self.world,
            commands=self.commands,
            messages=self.messages,
            interactions=self.interactions,
            payloads=self.payloads,
            uploads=self.uploads,
        )
        self._specification = (
            SpecificationValidator(config.specification_path) if config.specification_path else None
        )

    # --- for the page --------------------------------------------------------------------------

    def usable_commands(self) -> JsonObject:
        """The commands offered in the guild and in direct messages."""
        return {"guild": self.commands.usable(GUILD_ID), "dm": self.commands.usable(None)}

    def switch_positions(self) -> JsonObject:
        return {
            "delay_deferrals_seconds": self.switches.delay_deferrals_seconds,
            "sign_wrongly": self.switches.sign_wrongly,
            "real_limits": self.rate_limits.real_limits,
            "rate_limit_next": self.rate_limits.forced_times,
        }

    def set_switches(self, positions: JsonObject) -> None:
        """Sets the named switches; TypeError or ValueError for a position that is none."""
        if "delay_deferrals_seconds" in positions:
            seconds = float(positions["delay_deferrals_seconds"])
            self.switches.delay_deferrals_seconds = min(max(seconds, 0.0), LONGEST_DELAY_SECONDS)
        if "sign_wrongly" in positions:
            self.switches.sign_wrongly = bool(positions["sign_wrongly"])
        if "real_limits" in positions:
            self.rate_limits.real_limits = bool(positions["real_limits"])
        if "rate_limit_next" in positions:
            self.rate_limits.force(
                times=int(positions["rate_limit_next"]),
                retry_after_seconds=float(positions.get("retry_after_seconds", 1.0)),
            )

    def publish_switches(self) -> None:
        self.events.publish(EventKind.SWITCHES, self.switch_positions(), replaces="switches")

    def take_from_bucket(self, route: str, resource: str) -> dict[str, str]:
        """Counts a request of the bot: its rate-limit headers, or RateLimitedError.

        The page hears when a refusal made to order has been used up.
        """
        forced = self.rate_limits.forced_times
        try:
            return self.rate_limits.take(route, resource)
        finally:
            if self.rate_limits.forced_times != forced:
                self.publish_switches()

    # --- files ---------------------------------------------------------------------------------

    def store_file(self, file: UploadedFile) -> JsonObject:
        """Keeps a file, and gives the attachment object that names it."""
        file_id = self.next_id()
        self.files[file_id] = file
        name = re.sub(r"[^\w.-]", "_", file.name) or "file"
        address = f"{self.public_url}/attachments/{file_id}/{quote(name)}"
        attachment: JsonObject = {
            "id": file_id,
            "filename": name,
            "size": len(file.content),
            "url": address,
            "proxy_url": address,
            "content_type": file.content_type,
            **_png_size(file.content),
        }
        self.uploads[file_id] = attachment
        return attachment

    # --- what the bot sends --------------------------------------------------------------------

    def take(
        self,
        operation: Operation,
        body: JsonObject | list[JsonObject],
        *,
        check: Callable[[], object],
        apply: Callable[[], T],
    ) -> T:
        """Applies a body the bot sent, unless Discord's file or its limits refuse it.

        Every refused body is noted in `violations`. `check` looks at the body alone and raises
        DiscordError: where the file refuses a body too, its words are the ones Discord would use.
        """
        problems = self._specification.check(operation, body) if self._specification else []
        try:
            if problems:
                check()
                _refuse(problems)
            return apply()
        except DiscordError as error:
            if error.refusal in MALFORMED:
                found = problems or [str(error)]
                self.violations.extend(Violation(operation, problem) for problem in found)
            raise

    def acknowledge(
        self,
        interaction: Interaction,
        body: JsonObject,
        *,
        by: AcknowledgedBy,
        files: Sequence[JsonObject] = (),
    ) -> JsonObject | None:
        """Takes a callback, from the HTTP answer or by REST; gives the message it made."""
        message = self.take(
            Operation.CALLBACK,
            body,
            check=lambda: self.interactions.check(interaction, body),
            apply=lambda: self.interactions.acknowledge(interaction, body, files=files),
        )
        trace = self.traces.get(interaction.id)
        if trace is not None:
            trace.acknowledged_by = by
            trace.acknowledged_ms = trace.since_start(self.clock())
            self.publish_trace(trace)
        return message

    def note_edit(self, interaction: Interaction) -> None:
        """Keeps the time of the latest change to an interaction's messages."""
        trace = self.traces.get(interaction.id)
        if trace is not None:
            trace.edits += 1
            trace.last_edit_ms = trace.since_start(self.clock())

    def set_commands(self, commands: list[JsonObject], *, guild_id: str | None) -> list[JsonObject]:
        """Replaces the commands of one scope and tells the page."""
        registered = self.commands.overwrite(commands, guild_id=guild_id)
        self.events.publish(EventKind.COMMANDS, self.usable_commands(), replaces="commands")
        return registered

    def create_channel_message(
        self,
        channel_id: str,
        body: JsonObject,
        *,
        author: User | None = None,
        files: Sequence[JsonObject] = (),
    ) -> JsonObject:
        """A plain message in a channel, by the bot or by somebody.

        With `enforce_nonce` the message that bears the nonce already, if there is one.
        """
        sender = author or self.world.bot
        check_message(body, flags=flags_of(body))
        nonce = body.get("nonce")
        if body.get("enforce_nonce") and nonce is not None:
            earlier = self.messages.with_nonce(nonce, channel_id=channel_id, author=sender)
            if earlier is not None:
                return earlier
        seen_by_all = {**body, "flags": int(flags_of(body) & ~MessageFlag.EPHEMERAL)}
        message = self.messages.create(
            seen_by_all, author=sender, channel_id=channel_id, files=files
        )
        self.events.publish(EventKind.MESSAGE, message)
        return message

    def edit_channel_message(
        self, message_id: str, body: JsonObject, *, files: Sequence[JsonObject] = ()
    ) -> JsonObject:
        message = self.messages.edit(message_id, body, files=files)
        self.events.publish(EventKind.MESSAGE, message)
        return message

    def delete_channel_message(self, message_id: str) -> None:
        message = self.messages.delete(message_id)
        self.events.publish(
            EventKind.DELETED, {"id": message_id, "channel_id": message["channel_id"]}
        )

    def record(self, call: Call) -> None:
        """Keeps one REST request of the bot, and puts it under its interaction."""
        self.calls.append(call)
        trace = self.traces.get(call.interaction_id or "")
        if trace is not None:
            trace.calls.append(call)
            self.publish_trace(trace)

    def start_trace(self, interaction: Interaction, *, headers: dict[str, str]) -> Trace:
        """Begins the record of an interaction that is being posted now."""
        interaction.created_at = self.clock()
        trace = Trace(
            interaction_id=interaction.id,
            name=interaction.name,
            started=interaction.created_at,
            payload=interaction.payload,
            url=self.interactions_url,
            request_headers=headers,
        )
        self.traces[interaction.id] = trace
        while len(self.traces) > KEPT_TRACES:
            del self.traces[next(iter(self.traces))]
        self.publish_trace(trace)
        return trace

    def publish_trace(self, trace: Trace) -> None:
        self.events.publish(
            EventKind.TRACE,
            trace.as_json(),
            interaction_ids=frozenset({trace.interaction_id}),
            replaces=f"trace {trace.interaction_id}",
        )

    def check_bot_token(self, authorization: str | None) -> None:
        if authorization != f"Bot {self.config.bot_token}":
            raise DiscordError(Refusal.UNAUTHORIZED)


def _png_size(content: bytes) -> JsonObject:
    """Width and height in pixels, as Discord tells them of pictures; of any but a PNG nothing."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return {}
    return {"width": int.from_bytes(content[16:20]), "height": int.from_bytes(content[20:24])}


def _refuse(problems: list[str]) -> None:
    raise DiscordError(Refusal.VIOLATES_SPECIFICATION, errors={"specification": problems})
