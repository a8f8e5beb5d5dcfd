"""Discord's main gateway, as the simulator's second face: over the same servers and people.

Several sessions of the bot's one token may be open at once. As with Discord, each of them is told
of every voice state, whose `session_id` says which session it belongs to; only the session that
asked to join is told where the voice server is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from dev.simulator.errors import JsonObject
from dev.simulator.guilds import Guild
from dev.simulator.simulator import Simulator
from dev.simulator.voice_states import VoiceMove, VoiceState
from dev.simulator.world import JOINED_AT, Channel, ChannelType, Permission
from dev.voice.gateway_session import GatewayClose, GatewayOp, GatewaySession, Intent
from dev.voice.gateway_socket import GatewaySocket
from dev.voice.sockets import Sockets
from dev.voice.voice_server import VoiceServer
from dev.voice.voice_socket import VoiceClose
from dev.voice.wire import Wire

PATH: Final = "/gateway/"
API_VERSION: Final = 10
HEARTBEAT_MS: Final = 41_250
MISSED_HEARTBEATS: Final = 2
RESUMABLE_SECONDS: Final = 60.0
"""For how long a session waits for a client that vanished, and its voice state with it."""
VOICE_SERVER_SECONDS: Final = 0.05
"""What Discord takes to find a voice server. Told of it together with the voice state, discord.py's
connecting can sleep through one of the two."""
GOODBYES: Final = frozenset({1000, 1001})
"""A client that closes with one of these ends its session."""


class Gateway:
    """The gateway. All of it belongs to the simulator's event loop."""

    def __init__(
        self,
        simulator: Simulator,
        voice: VoiceServer,
        *,
        heartbeat_ms: int = HEARTBEAT_MS,
        resumable_seconds: float = RESUMABLE_SECONDS,
    ) -> None:
        self.heartbeat_ms = heartbeat_ms
        self.is_silent = False
        """While true, no heartbeat is answered."""
        self.closed: list[int] = []
        """The codes with which websockets ended, oldest first; 1006 for those that vanished."""
        self._simulator = simulator
        self._voice = voice
        self._resumable_seconds = resumable_seconds
        self._sockets = Sockets()
        self._sessions: dict[str, GatewaySession] = {}
        self._ending: dict[str, asyncio.TimerHandle] = {}

    def add_to(self, app: web.Application) -> None:
        """Serve on the simulator's own port, for as long as its application runs."""
        app.router.add_get(PATH, self._serve)
        app.cleanup_ctx.append(self._living)

    async def _living(self, _: web.Application) -> AsyncIterator[None]:
        with self._simulator.voice_states.listening(self._moved):
            yield
        self._sockets.cut()
        for timer in self._ending.values():
            timer.cancel()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        if request.query.get("v") != str(API_VERSION):
            raise web.HTTPBadRequest(text="only version 10 is spoken here")
        return await self._sockets.serve(
            request,
            begin=lambda wire: GatewaySocket(self, wire),
            idle_seconds=self.heartbeat_ms * MISSED_HEARTBEATS / 1000,
            idle_code=GatewayClose.SESSION_TIMEOUT,
            compressed=request.query.get("compress") == "zlib-stream",
        )

    @property
    def sessions(self) -> list[GatewaySession]:
        """The sessions that are open or can be resumed, oldest first."""
        return list(self._sessions.values())

    # --- for the conversations -----------------------------------------------------------------

    def knows(self, token: str) -> bool:
        return token == self._simulator.config.bot_token

    def session(self, session_id: str) -> GatewaySession | None:
        return self._sessions.get(session_id)

    def opened(self, session: GatewaySession) -> None:
        self._sessions[session.id] = session
        guilds = [guild for guild in self._simulator.guilds.all() if session.sees(guild.id)]
        application = self._simulator.config.application_id
        session.dispatch(
            "READY",
            {
                "v": API_VERSION,
                "user": self._simulator.world.bot.as_json() | {"flags": 0, "verified": True},
                "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": self._simulator.gateway_url,
                "shard": list(session.shard),
                "application": {"id": application, "flags": 0},
                "private_channels": [],
                "relationships": [],
                "user_settings": {},
                "presences": [],
            },
        )
        for guild in guilds:  # by `unavailable` a client tells them from one that is new to it
            self._tell_of_guild(session, guild, known={"unavailable": False})

    def resumed(self, session: GatewaySession) -> None:
        timer = self._ending.pop(session.id, None)
        if timer is not None:
            timer.cancel()
        session.dispatch("RESUMED", {})

    def ended(
        self, session: GatewaySession | None, wire: Wire, code: int, *, by_client: bool
    ) -> None:
        self.closed.append(code)
        if session is None or session.outbox.wire is not wire:
            return
        session.outbox.detach(wire)
        if by_client and code in GOODBYES:
            self._end(session.id)
        elif session.id in self._sessions:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._resumable_seconds, self._end, session.id)
            self._ending[session.id] = timer

    def voice_asked(self, session: GatewaySession, data: JsonObject) -> None:
        guild = self._simulator.guilds.get(str(data["guild_id"]))
        if guild is None:
            return
        bot = self._simulator.world.bot
        before = self._simulator.voice_states.of(guild.id, bot.id)
        if data["channel_id"] is None:
            if before is not None and before.session_id == session.id:
                self._simulator.voice_states.remove(guild.id, bot.id)
            return
        channel = guild.channel(str(data["channel_id"]))
        # Discord says nothing at all to a bot that may not, or that finds the channel full.
        if channel is None or not self._may_join(guild, channel):
            return
        self._simulator.voice_states.put(
            VoiceState(
                guild_id=guild.id,
                channel_id=channel.id,
                user_id=bot.id,
                session_id=session.id,
                self_mute=bool(data["self_mute"]),
                self_deaf=bool(data["self_deaf"]),
            )
        )

    def _may_join(self, guild: Guild, channel: Channel) -> bool:
        bot = self._simulator.world.bot
        held = guild.permissions(bot, channel)
        needed = Permission.VIEW_CHANNEL | Permission.CONNECT
        if channel.type is not ChannelType.VOICE or needed not in held:
            return False
        others = [
            state
            for state in self._simulator.voice_states.in_channel(channel.id)
            if state.user_id != bot.id
        ]
        is_full = channel.user_limit and len(others) >= channel.user_limit
        return not is_full or Permission.MANAGE_CHANNELS in held

    # --- what becomes known --------------------------------------------------------------------

    def dispatch(
        self, event: str, guild_id: str, data: JsonObject, *, intent: Intent = Intent.GUILDS
    ) -> None:
        """Tell every session that sees the server and asked for such events."""
        for session in self._sessions.values():
            if session.sees(guild_id) and intent in session.intents:
                session.dispatch(event, data)

    def _tell_of_guild(
        self, session: GatewaySession, guild: Guild, *, known: JsonObject | None = None
    ) -> None:
        if Intent.GUILDS in session.intents:
            session.dispatch("GUILD_CREATE", self._created(guild, session) | (known or {}))

    def _created(self, guild: Guild, session: GatewaySession) -> JsonObject:
        states = (
            self._simulator.voice_states.in_guild(guild.id)
            if Intent.GUILD_VOICE_STATES in session.intents
            else []
        )
        present = {self._simulator.world.bot.id, *(state.user_id for state in states)}
        members = [member for member in guild.members if member.id in present]
        return guild.as_json() | {
            "joined_at": JOINED_AT,
            "large": False,
            "member_count": len(guild.members),
            "members": [guild.member_json(member) for member in members],
            "channels": [guild.channel_json(channel) for channel in guild.channels],
            "voice_states": [self._state_json(state) for state in states],
            "threads": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def _state_json(self, state: VoiceState, *, left: bool = False) -> JsonObject:
        guild = self._simulator.guilds.get(state.guild_id)
        member = guild.member(state.user_id) if guild else None
        if guild is None or member is None:
            raise LookupError(f"there is no such member: {state}")
        return state.as_json(guild, member, left=left)

    def _moved(self, move: VoiceMove) -> None:
        state = move.state
        data = self._state_json(state, left=move.after is None)
        self.dispatch("VOICE_STATE_UPDATE", state.guild_id, data, intent=Intent.GUILD_VOICE_STATES)
        if state.user_id == self._simulator.world.bot.id:
            self._bot_moved(move)
        else:
            self._person_moved(move)

    def _person_moved(self, move: VoiceMove) -> None:
        before, after = move.before, move.after
        if before is not None and after is not None and before.channel_id == after.channel_id:
            return
        if before is not None:
            self._voice.person_leaves(before.guild_id, before.channel_id, before.user_id)
        if after is not None:
            self._voice.person_joins(after.guild_id, after.channel_id, after.user_id)

    def _bot_moved(self, move: VoiceMove) -> None:
        before, after = move.before, move.after
        if after is None:
            self._voice.calls.dismiss(move.state.guild_id)
            return
        if before is not None and _is_only_muted_or_deafened(before, after):
            return
        loop = asyncio.get_running_loop()
        loop.call_later(VOICE_SERVER_SECONDS, self._send_to_voice_server, after)

    def _send_to_voice_server(self, state: VoiceState) -> None:
        session = self._sessions.get(state.session_id)
        now = self._simulator.voice_states.of(state.guild_id, state.user_id)
        if session is None or now is not state:
            return
        card = self._voice.calls.admit(
            guild_id=state.guild_id,
            channel_id=state.channel_id,
            user_id=state.user_id,
            session_id=state.session_id,
        )
        session.dispatch(
            "VOICE_SERVER_UPDATE",
            {"token": card.token, "guild_id": card.guild_id, "endpoint": self._voice.endpoint},
        )

    # --- what happens to the bot ---------------------------------------------------------------

    def disconnect_bot(self, guild_id: str, code: int = VoiceClose.DISCONNECTED) -> None:
        """Somebody throws the bot out of its voice channel."""
        self._simulator.voice_states.remove(guild_id, self._simulator.world.bot.id)
        self._voice.close(code, guild_id=guild_id)

    def move_bot(self, guild_id: str, channel_id: str) -> None:
        """Somebody drags the bot into another voice channel; LookupError when it is in none."""
        bot = self._simulator.world.bot
        before = self._simulator.voice_states.of(guild_id, bot.id)
        if before is None:
            raise LookupError("the bot is in no voice channel there")
        self._simulator.voice_states.put(
            VoiceState(guild_id, channel_id, bot.id, before.session_id)
        )

    def add_guild(self) -> Guild:
        """The bot is invited to one more server."""
        guild = self._simulator.guilds.make()
        for session in self._sessions.values():
            if session.sees(guild.id):
                self._tell_of_guild(session, guild)
        return guild

    def delete_channel(self, channel_id: str) -> None:
        """Delete a channel under whoever is in it; LookupError when there is none."""
        states = self._simulator.voice_states.in_channel(channel_id)
        guild, channel = self._simulator.guilds.remove_channel(channel_id)
        for state in states:
            self._simulator.voice_states.remove(state.guild_id, state.user_id)
        self.dispatch("CHANNEL_DELETE", guild.id, guild.channel_json(channel))
        if any(state.user_id == self._simulator.world.bot.id for state in states):
            self._voice.close(VoiceClose.CALL_TERMINATED, guild_id=guild.id)

    def remove_guild(self, guild_id: str) -> None:
        """Throw the bot out of a server; KeyError when it is not on it."""
        for state in self._simulator.voice_states.in_guild(guild_id):
            self._simulator.voice_states.remove(guild_id, state.user_id)
        self._simulator.guilds.remove(guild_id)
        self.dispatch("GUILD_DELETE", guild_id, {"id": guild_id})
        self._voice.close(VoiceClose.DISCONNECTED, guild_id=guild_id)

    # --- what goes wrong on purpose ------------------------------------------------------------

    def close(self, code: int) -> None:
        """Close every websocket with a code. The sessions can be resumed."""
        for session in self._sessions.values():
            if session.outbox.wire is not None:
                session.outbox.wire.close(code)

    def ask_to_reconnect(self) -> None:
        """Opcode 7: the clients are to come back, and to resume."""
        self._send_to_all(GatewayOp.RECONNECT, data=None)

    def invalidate(self, *, resumable: bool) -> None:
        """Opcode 9. What is not resumable is forgotten, its voice states with it."""
        self._send_to_all(GatewayOp.INVALID_SESSION, data=resumable)
        if not resumable:
            for session_id in tuple(self._sessions):
                self._end(session_id)

    def cut(self) -> None:
        """Lose every websocket without a goodbye, and let none in until `restore`."""
        self._sockets.cut()

    def restore(self) -> None:
        self._sockets.is_cut = False

    def _send_to_all(self, op: GatewayOp, *, data: bool | None) -> None:
        frame = json.dumps({"op": int(op), "d": data, "t": None, "s": None})
        for session in self._sessions.values():
            if session.outbox.wire is not None:
                session.outbox.wire.send(frame)

    def _end(self, session_id: str) -> None:
        """A session is over: where it was in voice, the bot leaves."""
        self._ending.pop(session_id, None)
        if self._sessions.pop(session_id, None) is None:
            return
        for state in self._simulator.voice_states.of_session(session_id):
            self.disconnect_bot(state.guild_id)


def _is_only_muted_or_deafened(before: VoiceState, after: VoiceState) -> bool:
    same_place = (before.channel_id, before.session_id) == (after.channel_id, after.session_id)
    return same_place and before != after
