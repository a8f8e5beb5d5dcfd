"""Talks to the playground as its page does: sends an interaction, hears what follows."""

from __future__ import annotations

import codecs
import json
import mimetypes
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from dev.errors import StackError

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class PlaygroundEvent:
    """A Server-Sent Event: its name, and the JSON it carries."""

    kind: str
    data: JsonObject


async def send_command(
    session: aiohttp.ClientSession,
    name: str,
    *,
    options: Mapping[str, object],
    locale: str,
    user_id: str | None = None,
) -> str:
    """Send a slash command as a user, by default the owner; the id of its interaction.

    Raises StackError if it is refused.
    """
    body = {"type": 2, "command": name, "options": dict(options), "locale": locale}
    if user_id is not None:
        body["user_id"] = user_id
    answer = await _answer(session.post("/playground/interactions", json=body))
    return str(answer["interaction_id"])


async def upload_file(session: aiohttp.ClientSession, file: Path) -> str:
    """Give the playground a file; its id, for an option. Raises StackError if that fails."""
    form = aiohttp.FormData()
    try:
        form.add_field("file", file.read_bytes(), filename=file.name, content_type=_kind(file))
    except OSError as error:
        raise StackError(f"{file} cannot be read: {error.strerror}.") from error
    answer = await _answer(session.post("/playground/attachments", data=form))
    return str(answer["id"])


async def _answer(request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> JsonObject:
    try:
        async with request as response:
            answer: JsonObject = await response.json(content_type=None)
    except (aiohttp.ClientError, ValueError) as error:
        raise StackError("The playground does not answer.") from error
    if not response.ok:
        raise StackError(f"The playground refused it: {answer.get('message', response.status)}.")
    return answer


def _kind(file: Path) -> str:
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


async def events_of(
    session: aiohttp.ClientSession, interaction_id: str
) -> AsyncIterator[PlaygroundEvent]:
    """What happens to an interaction, from its beginning on; ends only with the connection."""
    query = {"interaction_id": interaction_id}
    decoder = codecs.getincrementaldecoder("utf-8")()
    async with session.get("/playground/events", params=query) as response:
        rest = ""
        async for chunk in response.content.iter_any():  # an event may be longer than any buffer
            *blocks, rest = (rest + decoder.decode(chunk)).split("\n\n")
            for block in blocks:
                event = _event(block)
                if event is not None:
                    yield event


def _event(block: str) -> PlaygroundEvent | None:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line[1:])
    if "data" not in fields:
        return None  # a heartbeat
    return PlaygroundEvent(fields.get("event", "message"), json.loads(fields["data"]))
