"""Request bodies as Discord takes them: JSON, or multipart with payload_json and files[n]."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, web

from dev.simulator import limits
from dev.simulator.errors import DiscordError, JsonObject, Refusal

FILE_FIELD: Final = re.compile(r"files\[(\d+)\]|file")


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A body and the attachment objects of the files that came with it."""

    body: JsonObject
    files: list[JsonObject]


async def receive_json(request: web.Request) -> object:
    """The JSON of a request; 50109 when it is none, 50035 for another content type."""
    if request.content_type != "application/json":
        raise DiscordError(
            Refusal.INVALID_FORM,
            errors={
                "_errors": [
                    {
                        "code": "CONTENT_TYPE_INVALID",
                        "message": 'Expected "Content-Type" header to be one of '
                        "{'application/json', 'multipart/form-data'}.",
                    }
                ]
            },
        )
    return _parse(await request.read())


def _parse(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise DiscordError(Refusal.INVALID_JSON) from error


def _object(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise DiscordError(Refusal.INVALID_JSON)
    return value


async def receive(request: web.Request, *, store: Callable[[UploadedFile], JsonObject]) -> Received:
    """The body of a request that may carry files; `store` makes attachment objects of them."""
    if request.content_type != "multipart/form-data":
        return Received(_object(await receive_json(request)), [])
    body: JsonObject = {}
    files: dict[int, UploadedFile] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise DiscordError(Refusal.INVALID_FORM)
        content = bytes(await part.read(decode=False))
        match = FILE_FIELD.fullmatch(part.name or "")
        if part.name == "payload_json":
            body = _object(_parse(content))
        elif match:
            if len(content) > limits.ATTACHMENT_BYTES:
                raise DiscordError(Refusal.TOO_LARGE)
            files[int(match[1] or 0)] = UploadedFile(
                part.filename or "file",
                part.headers.get("Content-Type", "application/octet-stream"),
                content,
            )
    if len(files) > limits.ATTACHMENTS:
        raise DiscordError(Refusal.INVALID_FORM)
    return Received(body, [store(files[number]) for number in sorted(files)])
