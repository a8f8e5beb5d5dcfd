"""Bodies held against Discord's own OpenAPI file, https://github.com/discord/discord-api-spec.

validator = SpecificationValidator("discord-openapi.json")
validator.check(Operation.CREATE_MESSAGE, {"content": "hello"})   # []
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing.jsonschema import DRAFT202012, EMPTY_REGISTRY

from dev.simulator.errors import JsonObject

URI = "urn:discord:openapi"
LONGEST_PROBLEM = 300


class Operation(StrEnum):
    """The requests whose bodies the file describes, named as the file names them."""

    CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
    EDIT_ORIGINAL = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
    EDIT_FOLLOW_UP = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
    FOLLOW_UP = "POST /webhooks/{webhook_id}/{webhook_token}"
    CREATE_MESSAGE = "POST /channels/{channel_id}/messages"
    EDIT_MESSAGE = "PATCH /channels/{channel_id}/messages/{message_id}"
    SET_COMMANDS = "PUT /applications/{application_id}/commands"
    SET_GUILD_COMMANDS = "PUT /applications/{application_id}/guilds/{guild_id}/commands"


class SpecificationValidator:
    """Checks request bodies against the JSON schemas in the file at `path`."""

    def __init__(self, path: str | Path) -> None:
        self._document: JsonObject = json.loads(Path(path).read_text(encoding="utf-8"))
        self._registry = EMPTY_REGISTRY.with_resource(
            URI, DRAFT202012.create_resource(self._document)
        )
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, operation: str, body: object) -> list[str]:
        """What is wrong with a body, in words; an empty list when nothing is.

        `operation` is a method and a path template as in the file, such as an `Operation`.
        Raises KeyError for one that the file does not have.
        """
        validator = self._validators.get(operation)
        if validator is None:
            validator = self._validators[operation] = self._validator(operation)
        body = _as_documented(body)
        problems = []
        for error in validator.iter_errors(body):
            deepest = _deepest(error)
            where = "/".join(str(step) for step in deepest.absolute_path) or "body"
            problems.append(f"{where}: {deepest.message}"[:LONGEST_PROBLEM])
        return problems

    def _validator(self, operation: str) -> Draft202012Validator:
        method, _, path = operation.partition(" ")
        content = self._document["paths"][path][method.lower()]["requestBody"]["content"]
        if "application/json" not in content:
            raise KeyError(operation)
        steps = ("paths", path, method.lower(), "requestBody", "content", "application/json")
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        return Draft202012Validator({"$ref": f"{URI}#/{pointer}/schema"}, registry=self._registry)


def _deepest(error: ValidationError) -> ValidationError:
    """Of the branches that a "one of" tried, the error of the one that came furthest."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _as_documented(body: object) -> object:
    """The body as the file wants it, in two places where Discord's documentation has it otherwise.

    Command permissions are sent as strings where the file wants integers, and the attachments of
    a multipart request are numbered by integers where the file wants strings.
    """
    if isinstance(body, list):
        return [_numeric_permissions(item) if isinstance(item, dict) else item for item in body]
    if isinstance(body, dict):
        body = {**body, "data": _as_documented(body["data"])} if "data" in body else body
        attachments = body.get("attachments")
        if isinstance(attachments, list):
            return {**body, "attachments": [_written_id(item) for item in attachments]}
    return body


def _numeric_permissions(command: JsonObject) -> JsonObject:
    permissions = command.get("default_member_permissions")
    if isinstance(permissions, str) and permissions.isdecimal():
        return {**command, "default_member_permissions": int(permissions)}
    return command


def _written_id(attachment: object) -> object:
    if isinstance(attachment, dict) and isinstance(attachment.get("id"), int):
        return {**attachment, "id": str(attachment["id"])}
    return attachment
