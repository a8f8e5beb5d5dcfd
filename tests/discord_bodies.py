"""Whether Discord would take a body: by its limits, and by its OpenAPI file where there is one.

The file is used when DISCORD_API_SPEC names it. The fakes and the test client send every body
of the bot through here, so that no test can forget to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from dev.simulator.commands import check_commands
from dev.simulator.message_bodies import (
    InteractionType,
    allowed_callbacks,
    check_callback,
    check_message,
    check_not_empty,
    flags_of,
)
from dev.simulator.specification import Operation, SpecificationValidator

MESSAGES = {
    Operation.EDIT_ORIGINAL,
    Operation.EDIT_FOLLOW_UP,
    Operation.FOLLOW_UP,
    Operation.CREATE_MESSAGE,
    Operation.EDIT_MESSAGE,
}


def assert_takes_message(
    operation: Operation, body: Mapping[str, object], *, file_count: int = 0
) -> None:
    """Fail unless Discord would take `body`, with so many files, and show something."""
    assert operation in MESSAGES
    sent = _as_sent(body)
    described = [attachment["id"] for attachment in sent.get("attachments", ())]
    assert described == list(range(file_count)), "the body does not name the files that come"
    check_message(sent, flags=flags_of(sent))
    check_not_empty(sent)
    assert sent["allowed_mentions"] == {"parse": []}, "a message might ping somebody"
    _assert_specified(operation, sent)


def assert_takes_callback(interaction: Mapping[str, Any], body: Mapping[str, object]) -> None:
    """Fail unless Discord would take `body` as the first answer to `interaction`."""
    sent = _as_sent(body)
    kind = InteractionType(interaction["type"])
    check_callback(sent, allowed=allowed_callbacks(kind, has_message="message" in interaction))
    _assert_specified(Operation.CALLBACK, sent)


def assert_takes_commands(commands: list[dict[str, object]]) -> None:
    """Fail unless Discord would register these as all of the application's global commands."""
    sent = json.loads(json.dumps(commands))
    check_commands(sent, in_guild=False)
    _assert_specified(Operation.SET_COMMANDS, sent)


def _as_sent(body: Mapping[str, object]) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(json.dumps(body))
    return sent


def _assert_specified(operation: Operation, sent: object) -> None:
    path = os.environ.get("DISCORD_API_SPEC")
    if path:
        problems = _specification(path).check(operation, sent)
        assert not problems, f"{operation}: {problems}"


@cache
def _specification(path: str) -> SpecificationValidator:
    return SpecificationValidator(path)
