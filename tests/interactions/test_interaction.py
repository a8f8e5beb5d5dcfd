"""Discord's JSON becomes an Interaction, or a PayloadError: never anything else."""

from __future__ import annotations

import pytest
from discord_interactions import InteractionType

from lib.interactions.errors import PayloadError
from lib.interactions.interaction import Interaction
from lib.locales import Locale
from tests.payloads import (
    APPLICATION_ID,
    ASKER,
    CHANNEL,
    DM_CHANNEL,
    GUILD,
    choose,
    ping,
    press,
    slash,
    subcommand,
    submit,
    submit_rows,
    typing,
)


def test_a_slash_command_in_a_guild() -> None:
    builder = slash("ask", prompt="Why?", private=True, count=3, ratio=0.5)
    interaction = Interaction.from_payload(builder.build())
    assert interaction.type == InteractionType.APPLICATION_COMMAND
    assert interaction.id == builder.id
    assert interaction.token == builder.token
    assert interaction.application_id == APPLICATION_ID
    assert interaction.command_name == "ask"
    assert interaction.options == {"prompt": "Why?", "private": True, "count": 3, "ratio": 0.5}
    assert interaction.guild_id == GUILD
    assert interaction.channel_id == CHANNEL
    assert interaction.user.id == ASKER
    assert interaction.user.name == "Edmond"
    assert interaction.locale is Locale.ENGLISH


def test_a_slash_command_in_a_direct_message() -> None:
    interaction = Interaction.from_payload(slash("ping").in_dm().build())
    assert interaction.guild_id is None
    assert interaction.channel_id == DM_CHANNEL
    assert interaction.user.id == ASKER
    assert not interaction.user.is_administrator


def test_a_thread_belongs_to_a_channel_and_a_channel_to_none() -> None:
    thread = Interaction.from_payload(slash("ping").in_thread("42").build())
    assert (thread.channel_id, thread.parent_channel_id) == (CHANNEL, "42")
    listed = {"id": CHANNEL, "type": 0, "parent_id": "43"}  # under a category
    for builder in (slash("ping"), slash("ping").changed(channel=listed), slash("ping").in_dm()):
        assert Interaction.from_payload(builder.build()).parent_channel_id is None
    for channel in ([1], "x", {"type": 11, "parent_id": "x"}):
        with pytest.raises(PayloadError):
            Interaction.from_payload(slash("ping").changed(channel=channel).build())


def test_an_application_that_only_the_user_installed() -> None:
    interaction = Interaction.from_payload(slash("ping").installed_by_user().build())
    assert interaction.guild_id == GUILD
    assert interaction.user.id == ASKER


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("ja", Locale.JAPANESE),
        ("en-US", Locale.ENGLISH),
        ("en-GB", Locale.ENGLISH),
        ("ko", Locale.ENGLISH),
        ("", Locale.ENGLISH),
    ],
)
def test_the_language_is_that_of_the_users_client(language: str, locale: Locale) -> None:
    interaction = Interaction.from_payload(slash("ping").in_language(language).build())
    assert interaction.locale is locale
    assert interaction.discord_locale == language


def test_without_a_language_the_user_is_answered_in_english() -> None:
    payload = slash("ping").build()
    del payload["locale"]
    interaction = Interaction.from_payload(payload)
    assert (interaction.locale, interaction.discord_locale) == (Locale.ENGLISH, "")


def test_a_subcommand_and_one_in_a_group() -> None:
    one = Interaction.from_payload(subcommand("debug", "state", verbose=True).build())
    assert (one.command_name, one.subcommand) == ("debug", "state")
    assert one.options == {"verbose": True}
    two = Interaction.from_payload(subcommand("debug", "log", "level", value=3).build())
    assert (two.subcommand, two.options) == ("log level", {"value": 3})


def test_the_option_being_typed_is_named() -> None:
    interaction = Interaction.from_payload(typing("ask", focused="prompt", prompt="Wh").build())
    assert interaction.focused == "prompt"
    assert interaction.options == {"prompt": "Wh"}


def test_a_button_and_a_select_menu() -> None:
    button = Interaction.from_payload(press("privacy:delete").build())
    assert button.custom_id == "privacy:delete"
    assert button.message_id == "1180000000000000500"
    assert button.on_ephemeral
    assert not Interaction.from_payload(press("a:b", ephemeral=False).build()).on_ephemeral
    menu = Interaction.from_payload(choose("model:pick", "a", "b").build())
    assert menu.values == ("a", "b")


def test_a_modal_of_either_shape_gives_its_fields() -> None:
    labelled = Interaction.from_payload(submit("note:save", title="T", text="Two\nlines").build())
    assert labelled.fields == {"title": "T", "text": "Two\nlines"}
    rows = Interaction.from_payload(submit_rows("note:save", title="T").build())
    assert rows.fields == {"title": "T"}


def test_administrators_are_known_by_their_permissions() -> None:
    payload = slash("ping").build()
    payload["member"]["permissions"] = str(1 << 3)
    assert Interaction.from_payload(payload).user.is_administrator
    payload["member"]["permissions"] = "2048"
    assert not Interaction.from_payload(payload).user.is_administrator


@pytest.mark.parametrize(
    ("permissions", "manages"), [(1 << 3, True), (1 << 5, True), (1 << 4, False), (0, False)]
)
def test_a_guild_is_managed_by_administrators_and_those_who_may(
    permissions: int, *, manages: bool
) -> None:
    builder = slash("ping").with_member(permissions=str(permissions))
    assert Interaction.from_payload(builder.build()).user.manages_guild is manages


def test_the_roles_are_those_that_the_member_has_there() -> None:
    builder = slash("ping").with_member(roles=["1", "2"])
    assert Interaction.from_payload(builder.build()).user.role_ids == {"1", "2"}
    assert Interaction.from_payload(slash("ping").in_dm().build()).user.role_ids == frozenset()


@pytest.mark.parametrize("roles", [{}, "1", [1], ["x"], [None]], ids=repr)
def test_roles_that_are_no_ids_are_refused(roles: object) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(slash("ping").with_member(roles=roles).build())


def test_a_ping_needs_nothing_but_its_type() -> None:
    assert Interaction.from_payload({"type": 1}).type == InteractionType.PING
    assert Interaction.from_payload(ping().build()).type == InteractionType.PING


@pytest.mark.parametrize(
    "value", [None, True, 0, 1, 1.5, "", "PING", [], [{"type": 1}], {}], ids=repr
)
def test_what_is_no_object_or_has_no_type_is_refused(value: object) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(value)


@pytest.mark.parametrize(
    "kind", [None, True, False, 0, 6, -1, 10**30, 1.0, 2.0, "1", "2", [1], {"a": 1}], ids=repr
)
def test_an_unknown_type_is_refused(kind: object) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(slash("ask", prompt="Hi").changed(type=kind).build())


@pytest.mark.parametrize("key", ["id", "token", "application_id", "data", "member"])
@pytest.mark.parametrize("value", [None, True, 5, 1.5, "", [], {}], ids=repr)
def test_a_field_that_every_answer_needs_is_refused_if_it_is_missing_or_of_another_kind(
    key: str, value: object
) -> None:
    for builder in (slash("ask", prompt="Hi"), press("privacy:delete")):
        with pytest.raises(PayloadError):
            Interaction.from_payload(builder.changed(**{key: value}).build())


@pytest.mark.parametrize("key", ["id", "application_id", "guild_id", "channel_id"])
@pytest.mark.parametrize("value", ["abc", "-1", "1.0", "9" * 21, "１２３", "1\n", "../1"], ids=repr)
def test_an_id_that_is_none_is_refused(key: str, value: str) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(slash("ask", prompt="Hi").changed(**{key: value}).build())


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": None},
        {"name": 5},
        {"name": "ask", "options": {}},
        {"name": "ask", "options": [None]},
        {"name": "ask", "options": [{"type": 3, "value": "x"}]},
        {"name": "ask", "options": [{"type": 3, "name": "prompt"}]},
        {"name": "ask", "options": [{"type": 3, "name": "prompt", "value": []}]},
        {"name": "ask", "options": [{"type": 3, "name": "prompt", "value": None}]},
        {"name": "ask", "options": [{"type": 1, "options": []}]},
        {"name": "ask", "target_id": 5},
    ],
    ids=repr,
)
def test_a_command_in_a_wrong_shape_is_refused(data: object) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(slash("ask").changed(data=data).build())


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"custom_id": None},
        {"custom_id": "a:b", "values": "text"},
        {"custom_id": "a:b", "values": [1]},
        {"custom_id": "a:b", "components": {}},
        {"custom_id": "a:b", "components": [1]},
        {"custom_id": "a:b", "components": [{"value": "no custom_id"}]},
    ],
    ids=repr,
)
def test_a_component_or_modal_in_a_wrong_shape_is_refused(data: object) -> None:
    for builder in (press("a:b"), submit("a:b")):
        with pytest.raises(PayloadError):
            Interaction.from_payload(builder.changed(data=data).build())


def test_subcommands_or_components_without_end_are_refused() -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(subcommand("a", *"bcdefg").build())
    nested: dict[str, object] = {"custom_id": "x", "value": "y"}
    for _ in range(50):
        nested = {"components": [nested]}
    with pytest.raises(PayloadError):
        Interaction.from_payload(submit("a:b").changed(data={"custom_id": "a:b", **nested}).build())
