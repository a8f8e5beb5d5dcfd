"""Bodies that Discord would refuse are refused, and those just within its limits are not."""

from __future__ import annotations

from typing import Any

import pytest

from dev.simulator.commands import check_commands
from dev.simulator.errors import DiscordError
from dev.simulator.message_bodies import (
    CallbackType,
    InteractionType,
    MessageFlag,
    allowed_callbacks,
    check_callback,
    check_message,
    check_not_empty,
    flags_of,
)

Json = dict[str, Any]
V2 = int(MessageFlag.IS_COMPONENTS_V2)


def button(custom_id: str, **more: object) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def rows(*counts: int) -> list[Json]:
    numbers = iter(range(1000))
    return [
        {"type": 1, "components": [button(f"b{next(numbers)}") for _ in range(count)]}
        for count in counts
    ]


def select(**more: object) -> Json:
    options = [{"label": "A", "value": "a"}]
    return {
        "type": 1,
        "components": [{"type": 3, "custom_id": "s", "options": options, **more}],
    }


def texts(count: int, length: int = 1) -> list[Json]:
    return [{"type": 10, "content": "x" * length} for _ in range(count)]


def codes(error: DiscordError) -> set[str]:
    """Every field error's code within a refusal."""

    def walk(node: Json) -> set[str]:
        own = {item["code"] for item in node.get("_errors", ())}
        return own.union(*(walk(inner) for name, inner in node.items() if name != "_errors"), set())

    return walk(error.errors or {})


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"content": "😀" * 2000},
        {"content": "彗" * 2000},
        {"embeds": [{"description": "x" * 4096}]},
        {"embeds": [{"title": "t"}] * 10},
        {"embeds": [{"description": "x" * 3000}, {"description": "x" * 3000}]},
        {"components": rows(5, 5, 5, 5, 5)},
        {"components": [select(max_values=1)]},
        {"components": [{"type": 1, "components": [button("x" * 100)]}]},
        {"content": "x", "allowed_mentions": {"parse": []}},
        {"content": "x", "allowed_mentions": {"parse": ["roles"], "users": ["1"]}},
        {"flags": V2, "components": texts(40)},
        {"flags": V2, "components": texts(2, 2000)},
    ],
)
def test_bodies_within_the_limits_pass(body: Json) -> None:
    check_message(body, flags=flags_of(body))
    check_not_empty(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH"),
        ({"content": "😀" * 2001}, "BASE_TYPE_MAX_LENGTH"),
        ({"content": 5}, "STRING_TYPE_CONVERT"),
        ({"embeds": [{"description": "x" * 4097}]}, "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "t"}] * 11}, "BASE_TYPE_BAD_LENGTH"),
        (
            {"embeds": [{"description": "x" * 3000}, {"description": "x" * 3001}]},
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        ({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": rows(1, 1, 1, 1, 1, 1)}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": rows(6)}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": [{"type": 1, "components": [button("")]}]}, "BASE_TYPE_BAD_LENGTH"),
        ({"components": [{"type": 1, "components": [button("x" * 101)]}]}, "BASE_TYPE_BAD_LENGTH"),
        (
            {"components": [{"type": 1, "components": [button("same"), button("same")]}]},
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"components": [{"type": 1, "components": [button("a", url="https://a.b")]}]},
            "BUTTON_COMPONENT_INVALID_FIELD",
        ),
        ({"components": [button("a")]}, "BASE_TYPE_CHOICES"),
        ({"components": texts(1)}, "BASE_TYPE_CHOICES"),
        (
            {"components": [{"type": 1, "components": [button("b"), *select()["components"]]}]},
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        ),
        ({"content": "x", "allowed_mentions": ["users"]}, "MODEL_TYPE_CONVERT"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (
            {"flags": V2, "content": "x", "components": texts(1)},
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        ),
        (
            {"flags": V2, "components": [{"type": 17, "components": texts(20)}] * 2},
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        ),
        ({"flags": V2, "components": texts(2, 2001)}, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    ],
)  # fmt: skip
def test_bodies_beyond_the_limits_are_refused(body: Json, code: str) -> None:
    with pytest.raises(DiscordError) as refused:
        check_message(body, flags=flags_of(body))
    assert (refused.value.status, refused.value.code) == (400, 50035)
    assert code in codes(refused.value)


def test_the_place_of_an_error_is_told() -> None:
    with pytest.raises(DiscordError) as refused:
        check_message({"embeds": [{}, {"title": "x" * 257}]}, flags=MessageFlag(0))
    assert refused.value.as_json() == {
        "code": 50035,
        "message": "Invalid Form Body",
        "errors": {
            "embeds": {
                "1": {
                    "title": {
                        "_errors": [
                            {
                                "code": "BASE_TYPE_MAX_LENGTH",
                                "message": "Must be 256 or fewer in length.",
                            }
                        ]
                    }
                }
            }
        },
    }


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " \n"}, {"embeds": []}])
def test_a_message_that_shows_nothing_is_refused(body: Json) -> None:
    with pytest.raises(DiscordError) as refused:
        check_not_empty(body)
    assert refused.value.code == 50006


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(DiscordError) as refused:
        check_message({"content": "\ud83d"}, flags=MessageFlag(0))
    assert refused.value.code == 50109


COMMAND = allowed_callbacks(InteractionType.COMMAND, has_message=False)


def modal(*components: Json, title: str = "Title") -> Json:
    return {"type": 9, "data": {"custom_id": "m", "title": title, "components": list(components)}}


def text_input(custom_id: str, **more: object) -> Json:
    return {
        "type": 18,
        "label": "Label",
        "component": {"type": 4, "custom_id": custom_id, "style": 1, **more},
    }


def test_an_autocomplete_takes_25_choices_and_no_more() -> None:
    allowed = allowed_callbacks(InteractionType.AUTOCOMPLETE, has_message=False)
    choices = [{"name": "n", "value": "v"}] * 25
    assert check_callback({"type": 8, "data": {"choices": choices}}, allowed=allowed)
    with pytest.raises(DiscordError):
        check_callback({"type": 8, "data": {"choices": [*choices, *choices]}}, allowed=allowed)


@pytest.mark.parametrize(
    "body",
    [
        modal(),
        modal(text_input("a"), title="x" * 46),
        modal(*(text_input(str(number)) for number in range(6))),
        modal(text_input("same"), text_input("same")),
        modal(text_input("a", max_length=4001)),
        modal({"type": 1, "components": [button("no buttons here")]}),
        {"type": 5, "data": {"flags": 64 | V2}},
        {"type": 5, "data": {"flags": 4}},
        {"type": 7, "data": {"content": "no message to update"}},
        {"type": 4, "data": {}},
        {"type": 1},
        {"type": True},
        {"type": 4, "data": "text"},
        {},
    ],
)
def test_callbacks_that_do_not_fit_are_refused(body: Json) -> None:
    with pytest.raises(DiscordError) as refused:
        check_callback(body, allowed=COMMAND)
    assert refused.value.status == 400


def test_callbacks_that_fit_are_taken() -> None:
    for body, kind in (
        ({"type": 4, "data": {"content": "hello", "flags": 64}}, CallbackType.MESSAGE),
        ({"type": 5, "data": {"flags": 64}}, CallbackType.DEFERRED_MESSAGE),
        ({"type": 5}, CallbackType.DEFERRED_MESSAGE),
        (modal(text_input("a", max_length=4000)), CallbackType.MODAL),
    ):
        assert check_callback(body, allowed=COMMAND) is kind


def test_no_modal_follows_a_modal() -> None:
    allowed = allowed_callbacks(InteractionType.MODAL_SUBMIT, has_message=False)
    with pytest.raises(DiscordError):
        check_callback(modal(text_input("a")), allowed=allowed)


def command(**more: object) -> Json:
    return {"name": "ask", "description": "Ask", **more}


def option(name: str, **more: object) -> Json:
    return {"type": 3, "name": name, "description": "d", **more}


@pytest.mark.parametrize(
    "name", ["ask", "質問", "a" * 32, "with-dash", "with_underscore", "héllo", "नमस्ते"]
)
def test_command_names_of_any_script_pass(name: str) -> None:
    check_commands([command(name=name)], in_guild=False)


@pytest.mark.parametrize(
    "commands",
    [
        [command(name="Ask")],
        [command(name="two words")],
        [command(name="")],
        [command(name="a" * 33)],
        [command(name_localizations={"ja": "質 問"})],
        [command(description="")],
        [command(description="x" * 101)],
        [command(), command()],
        [command(name=f"c{number}") for number in range(101)],
        [command(type=2, name=f"c{number}", description="") for number in range(16)],
        [command(type=3, name="Explain", description="none here")],
        [command(options=[option(f"o{number}") for number in range(26)])],
        [command(options=[option("a"), option("b", required=True)])],
        [command(options=[option("a"), option("a")])],
        [command(options=[option("a", choices=[{"name": "n", "value": 1}])])],
        [command(options=[option("a", type=5, autocomplete=True)])],
        [
            command(
                options=[
                    option(
                        f"o{number}",
                        choices=[{"name": "n" * 100, "value": "v" * 100}] * 2,
                    )
                    for number in range(25)
                ]
            )
        ],
    ],
)
def test_commands_beyond_the_limits_are_refused(commands: list[Json]) -> None:
    with pytest.raises(DiscordError) as refused:
        check_commands(commands, in_guild=False)
    assert refused.value.code == 50035


def test_contexts_are_for_global_commands_only() -> None:
    check_commands([command(contexts=[0])], in_guild=False)
    with pytest.raises(DiscordError):
        check_commands([command(contexts=[0])], in_guild=True)


def test_subcommands_nest_as_deep_as_discord_lets_them() -> None:
    sub = option("sub", type=1, options=[option("text")])
    group = option("group", type=2, options=[sub])
    check_commands([command(options=[sub, group])], in_guild=False)
    for wrong in (option("deep", type=2, options=[group]), option("deep", type=1, options=[sub])):
        with pytest.raises(DiscordError):
            check_commands([command(options=[wrong])], in_guild=False)
