"""Registering commands with Discord: what would change, and the one request that changes it.

Source: https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import requests

from dev.errors import StackError
from lib.interactions.command import CommandKind
from lib.interactions.registry import CommandRegistry
from lib.version import HOMEPAGE, VERSION

Json = Mapping[str, object]

TIMEOUT_SECONDS = 15
GLOBAL_ONLY = ("contexts", "integration_types")


@dataclass(frozen=True, slots=True)
class Difference:
    """What registering would do, by command name; `changed` names the fields that differ."""

    added: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def declared(*, guild_id: str | None = None) -> list[Json]:
    """The commands as the code declares them; Discord knows places in global commands only."""
    payloads: list[Json] = [
        command.to_payload() for command in CommandRegistry("lib.commands").all()
    ]
    if guild_id is None:
        return payloads
    return [
        {key: value for key, value in payload.items() if key not in GLOBAL_ONLY}
        for payload in payloads
    ]


def compare(registered: Sequence[Json], wanted: Sequence[Json]) -> Difference:
    """How `wanted` differs from what Discord has, command by command."""
    old = {_identity(command): command for command in registered}
    new = {_identity(command): command for command in wanted}
    changes = {
        str(new[key]["name"]): tuple(_changed_fields(old[key], new[key]))
        for key in new
        if key in old
    }
    return Difference(
        added=tuple(str(new[key]["name"]) for key in new if key not in old),
        changed={name: names for name, names in changes.items() if names},
        removed=tuple(str(old[key]["name"]) for key in old if key not in new),
        unchanged=tuple(name for name, names in changes.items() if not names),
    )


class CommandRegistrar:
    """The commands of one application, global ones or those of one guild."""

    def __init__(
        self, api_url: str, application_id: str, bot_token: str, *, guild_id: str | None = None
    ) -> None:
        scope = f"/guilds/{guild_id}" if guild_id else ""
        self._url = f"{api_url}/applications/{application_id}{scope}/commands"
        self._headers = {
            "Authorization": f"Bot {bot_token}",
            "User-Agent": f"DiscordBot ({HOMEPAGE}, {VERSION})",
        }

    def registered(self) -> list[Json]:
        """What Discord has, localisations included. Raises StackError in one plain line."""
        return self._ask("GET", f"{self._url}?with_localizations=true")

    def put(self, commands: Sequence[Json]) -> list[Json]:
        """Replace the whole set; what is not in it is removed. Raises StackError likewise."""
        return self._ask("PUT", self._url, commands)

    def _ask(self, method: str, url: str, body: Sequence[Json] | None = None) -> list[Json]:
        try:
            response = requests.request(
                method, url, json=body, headers=self._headers, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise StackError(f"Discord could not be reached ({type(error).__name__}).") from None
        if not response.ok:
            raise _refusal(response)
        try:
            commands: list[Json] = response.json()
        except ValueError:
            raise StackError("What answered is not Discord's API: it sent no JSON.") from None
        return commands


def register(api_url: str, application_id: str, bot_token: str) -> int:
    """Put the whole declared set globally; how many commands it has. Raises StackError."""
    return len(CommandRegistrar(api_url, application_id, bot_token).put(declared()))


def _refusal(response: requests.Response) -> StackError:
    match response.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return StackError(
                "Discord does not accept DISCORD_BOT_TOKEN (401). "
                "Developer Portal, Bot, Reset Token gives a new one."
            )
        case HTTPStatus.FORBIDDEN:
            return StackError(
                "Discord does not let this application register commands there (403). "
                "Is the bot in that server, with the scope applications.commands?"
            )
        case HTTPStatus.NOT_FOUND:
            return StackError(
                "Discord does not know this application or server (404). "
                "Check DISCORD_APPLICATION_ID and --guild."
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            seconds = response.headers.get("Retry-After", "some")
            return StackError(f"Discord asks to wait {seconds} seconds (429). Then try again.")
        case status:
            return StackError(
                f"Discord did not take the commands ({status}).", _complaints(response)
            )


def _complaints(response: requests.Response) -> list[str]:
    """Discord's nested `errors`, a line each: `2.options.0.name: Must be lower case`."""
    try:
        body = response.json()
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    found = list(_walk(body.get("errors"), ()))
    return found or [str(body.get("message", ""))]


def _walk(node: object, path: tuple[str, ...]) -> list[str]:
    if not isinstance(node, dict):
        return []
    lines: list[str] = []
    for key, value in node.items():
        if key == "_errors" and isinstance(value, list):
            lines += [f"{'.'.join(path)}: {entry.get('message')}" for entry in value]
        else:
            lines += _walk(value, (*path, str(key)))
    return lines


def _identity(command: Json) -> tuple[object, object]:
    return command.get("type", CommandKind.SLASH.value), command.get("name")


def _changed_fields(old: Json, new: Json) -> list[str]:
    return [key for key in new if _settled(old.get(key)) != _settled(new[key])]


def _settled(value: object) -> object:
    """A value without what Discord leaves out or fills in: absent, null, false and empty alike."""
    if isinstance(value, dict):
        settled = {key: _settled(entry) for key, entry in value.items()}
        return {key: entry for key, entry in settled.items() if entry} or None
    if isinstance(value, list | tuple):
        return [_settled(entry) for entry in value] or None
    return value or None
