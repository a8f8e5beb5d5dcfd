"""A command of several subcommands: declared in one file, and each of them called by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from lib.interactions.command import (
    Command,
    CommandKind,
    Context,
    Deferred,
    Instant,
    Option,
    OptionKind,
    Subcommand,
)
from lib.interactions.dispatch import Dispatched, Dispatcher
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Choice, Message
from lib.locales import Text
from lib.settings import Settings
from tests.discord_bodies import assert_takes_callback, assert_takes_commands
from tests.fakes.clock import ManualClock
from tests.payloads import InteractionBuilder, press, slash, subcommand, typing

OUTDATED = "This command has changed."


def name_of(context: Context) -> Message:
    return Message(content=f"the state of {context.text_option('part') or 'everything'}")


def parts(context: Context) -> Sequence[Choice]:
    return [Choice(context.text_option("part") + "eue", "queue")]


STATE = Subcommand(
    name=Text(en="state", ja="状態"),
    description=Text(en="How all is", ja="現在の状態を表示します"),
    handler=Instant(run=name_of),
    options=(
        Option(
            name=Text(en="part", ja="部分"),
            description=Text(en="Of what", ja="対象"),
            complete=parts,
        ),
    ),
)
SLOW = Subcommand(
    name=Text(en="slow", ja="遅延"),
    description=Text(en="What took long", ja="時間のかかった処理を表示します"),
    handler=Deferred(run=lambda _context: Message(content="slow")),
    options=(
        Option(
            name=Text(en="count", ja="件数"),
            description=Text(en="How many", ja="表示する件数"),
            kind=OptionKind.INTEGER,
            required=True,
        ),
    ),
)
DEBUG = Command(
    name=Text(en="debug", ja="デバッグ"),
    description=Text(en="Look inside", ja="内部の状態を調べます"),
    subcommands=(STATE, SLOW),
    components={"again": Instant(run=lambda _context: Message(content="again"))},
    default_member_permissions=0,
)
PING = Command(
    name=Text(en="debug", ja="デバッグ"), description=Text(en="x", ja="x"), handler=STATE.handler
)


@dataclass(frozen=True)
class OneCommand:
    """A registry of one."""

    command: Command

    def find(self, name: str) -> Command | None:
        return self.command if name == self.command.name.en else None

    def all(self) -> Sequence[Command]:
        return [self.command]


def dispatched(builder: InteractionBuilder, command: Command = DEBUG) -> Dispatched:
    """The answer, held to Discord's limits."""
    payload = builder.build()
    dispatcher = Dispatcher(OneCommand(command), Settings(), ManualClock())
    answer = dispatcher.dispatch(Interaction.from_payload(payload))
    assert_takes_callback(payload, answer.callback)
    return answer


def text_of(answer: Dispatched) -> str:
    data = answer.callback["data"]
    assert isinstance(data, dict)
    return str(data["content"])


def test_discord_is_told_each_subcommand_with_its_own_options() -> None:
    payload = DEBUG.to_payload()
    assert_takes_commands([payload])
    options = payload["options"]
    assert isinstance(options, list)
    assert [(entry["type"], entry["name"]) for entry in options] == [(1, "state"), (1, "slow")]
    assert options[0]["name_localizations"]["ja"] == "状態"
    assert [option["name"] for option in options[1]["options"]] == ["count"]
    assert payload["default_member_permissions"] == "0"


def test_a_call_reaches_the_handler_of_its_subcommand_with_its_options() -> None:
    assert text_of(dispatched(subcommand("debug", "state"))) == "the state of everything"
    assert text_of(dispatched(subcommand("debug", "state", part="queue"))) == "the state of queue"
    slow = dispatched(subcommand("debug", "slow", count=3))
    assert (slow.callback, slow.deferred) == ({"type": 5}, SLOW.handler)


def test_the_options_of_a_subcommand_are_checked_and_no_others() -> None:
    assert OUTDATED in text_of(dispatched(subcommand("debug", "slow")))
    assert OUTDATED in text_of(dispatched(subcommand("debug", "slow", count="many")))
    assert dispatched(subcommand("debug", "slow", count=1, part="x")).deferred is SLOW.handler


def test_an_option_within_a_subcommand_proposes_its_values() -> None:
    answer = dispatched(typing("debug", "state", focused="part", part="qu"))
    assert answer.callback == {
        "type": 8,
        "data": {"choices": [{"name": "queue", "value": "queue"}]},
    }
    for other in (
        typing("debug", "slow", focused="part", part="qu"),
        typing("debug", "state", focused="count", count="1"),
        typing("debug", "gone", focused="part", part="qu"),
        typing("debug", focused="part", part="qu"),
    ):
        assert dispatched(other).callback == {"type": 8, "data": {"choices": []}}


@pytest.mark.parametrize(
    "call",
    [slash("debug"), subcommand("debug", "gone"), subcommand("debug", "memory", "state")],
    ids=["none", "one that went", "one in a group"],
)
def test_a_subcommand_that_is_not_there_is_a_changed_command(call: InteractionBuilder) -> None:
    assert OUTDATED in text_of(dispatched(call))


def test_a_plain_command_that_once_had_subcommands_has_changed_too() -> None:
    assert text_of(dispatched(slash("debug"), PING)) == "the state of everything"
    assert OUTDATED in text_of(dispatched(subcommand("debug", "state"), PING))


def test_checks_and_buttons_belong_to_the_command_as_a_whole() -> None:
    def never(_context: Context) -> None:
        raise UserFacingError(Text(en="Not you.", ja="権限がありません。"))

    assert text_of(dispatched(press("debug:again"))) == "again"
    guarded = Command(
        name=DEBUG.name, description=DEBUG.description, subcommands=(STATE,), checks=(never,)
    )
    assert text_of(dispatched(subcommand("debug", "state"), guarded)) == "Not you."


def test_a_command_that_could_not_be_called_is_no_command() -> None:
    name, handler = Text(en="x", ja="x"), Instant(run=name_of)
    with pytest.raises(TypeError, match="a handler or subcommands"):
        Command(name=name, description=name)
    with pytest.raises(TypeError, match="subcommands, or a handler"):
        Command(name=name, description=name, handler=handler, subcommands=(STATE,))
    with pytest.raises(TypeError, match="subcommands, or a handler"):
        Command(name=name, description=name, options=STATE.options, subcommands=(STATE,))
    with pytest.raises(TypeError, match="subcommands, or a handler"):
        Command(name=name, description=name, kind=CommandKind.USER, subcommands=(STATE,))
