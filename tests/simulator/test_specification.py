"""Bodies held against Discord's OpenAPI file: here a small one of the same shape."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.errors import DiscordError
from dev.simulator.specification import Operation, SpecificationValidator

SCHEMA = {
    "openapi": "3.1.0",
    "components": {
        "schemas": {
            "Message": {
                "type": "object",
                "properties": {
                    "content": {"type": ["string", "null"], "maxLength": 2000},
                    "nonce": {"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 25}]},
                },
            },
            "Command": {
                "type": "object",
                "required": ["name"],
                "properties": {"default_member_permissions": {"type": ["integer", "null"]}},
            },
        }
    },
    "paths": {
        "/channels/{channel_id}/messages": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Message"}}
                    }
                }
            }
        },
        "/applications/{application_id}/commands": {
            "put": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Command"},
                            }
                        }
                    }
                }
            }
        },
    },
}


@pytest.fixture
def specification(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    return path


def test_a_problem_is_told_with_its_place(specification: Path) -> None:
    validator = SpecificationValidator(specification)
    assert validator.check(Operation.CREATE_MESSAGE, {"content": "hello"}) == []
    problems = validator.check(Operation.CREATE_MESSAGE, {"content": 5, "nonce": "x" * 26})
    assert [problem.partition(":")[0] for problem in problems] == ["content", "nonce"]


def test_permissions_may_be_written_as_the_documentation_writes_them(specification: Path) -> None:
    validator = SpecificationValidator(specification)
    commands = [{"name": "ask", "default_member_permissions": "8"}]
    assert validator.check(Operation.SET_COMMANDS, commands) == []
    commands[0]["default_member_permissions"] = "eight"
    assert len(validator.check(Operation.SET_COMMANDS, commands)) == 1


def test_files_may_be_numbered_as_the_documentation_numbers_them() -> None:
    path = os.environ.get("DISCORD_API_SPEC")
    if not path:
        pytest.skip("DISCORD_API_SPEC does not name Discord's OpenAPI file")
    body = {"content": "see", "attachments": [{"id": 0, "filename": "a.txt"}]}
    assert SpecificationValidator(path).check(Operation.CREATE_MESSAGE, body) == []
    body["attachments"] = [{"id": "zero", "filename": "a.txt"}]
    assert SpecificationValidator(path).check(Operation.CREATE_MESSAGE, body) != []


def test_an_operation_the_file_does_not_have_is_an_error(specification: Path) -> None:
    with pytest.raises(KeyError):
        SpecificationValidator(specification).check(Operation.CALLBACK, {})


def test_a_violation_is_refused_loudly_and_changes_nothing(
    config: SimulatorConfig, specification: Path
) -> None:
    simulator = Simulator(replace(config, specification_path=str(specification)))
    applied: list[str] = []
    with pytest.raises(DiscordError) as refused:
        simulator.take(
            Operation.CREATE_MESSAGE,
            {"content": "fine", "nonce": "x" * 26},
            check=lambda: None,
            apply=lambda: applied.append("applied"),
        )
    assert refused.value.status == 500
    assert applied == []
    assert [one.operation for one in simulator.violations] == [Operation.CREATE_MESSAGE]


def test_discords_own_file_takes_what_the_simulator_takes() -> None:
    path = os.environ.get("DISCORD_API_SPEC")
    if not path:
        pytest.skip("DISCORD_API_SPEC does not name Discord's OpenAPI file")
    validator = SpecificationValidator(path)
    for operation in Operation:
        wrong = validator.check(operation, {"content": 5, "type": 4, "data": 5})
        assert wrong, operation
    good = {"type": 4, "data": {"content": "hi", "allowed_mentions": {"parse": []}}}
    assert validator.check(Operation.CALLBACK, good) == []
