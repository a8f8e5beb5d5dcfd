"""Discord's JSON becomes an Interaction, or a PayloadError: never anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord_interactions import InteractionType

from lib.interactions.errors import PayloadError
from lib.interactions.interaction import Interaction
from lib.interactions.resolved import Attachment
from lib.locales import Locale
from tests.payloads import (
    APPLICATION_ID,
    ASKER,
    CHANNEL,
    DM_CHANNEL,
    GUILD,
    TARGET,
    TARGETS_AUTHOR,
    Json,
    attached,
    choose,
    message_command,
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


def test_a_command_of_a_message_has_its_target_with_author_text_and_files() -> None:
    builder = message_command("Explain", content="A comet!", attachments=[attached("map.pdf")])
    interaction = Interaction.from_payload(builder.build())
    assert interaction.command_name == "Explain"
    assert interaction.target_id == TARGET
    message = interaction.target_message
    assert message is not None
    assert (message.id, message.author_id, message.author_name, message.text) == (
        TARGET,
        TARGETS_AUTHOR,
        "Edmond",
        "A comet!",
    )
    assert [file.name for file in message.attachments] == ["map.pdf"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"content": "", "embeds": [{"title": "T", "description": "D"}]}, "T\nD"),
        ({"content": " \n", "embeds": [{"fields": [{"name": "N", "value": "V"}]}]}, "N\nV"),
        ({"content": "Said", "embeds": [{"description": "D"}]}, "Said"),
        (
            {"content": "", "message_snapshots": [{"message": {"content": "Passed on"}}]},
            "Passed on",
        ),
        (
            {
                "content": "",
                "embeds": [{"description": "D"}],
                "message_snapshots": [{"message": {"content": "Passed on"}}],
            },
            "Passed on",
        ),
        ({"content": "", "message_snapshots": [{"message": {"embeds": [{"title": "T"}]}}]}, "T"),
        ({"content": "", "embeds": []}, ""),
    ],
)
def test_a_message_without_words_says_what_it_forwards_or_what_its_embeds_say(
    fields: dict[str, object], text: str
) -> None:
    message = Interaction.from_payload(message_command("x", **fields).build()).target_message
    assert message is not None
    assert message.text == text


def test_the_files_of_a_forwarded_message_are_its_files_too() -> None:
    forwarded = {"message": {"content": "", "attachments": [attached("b.png", number=2)]}}
    builder = message_command("x", attachments=[attached("a.png")], message_snapshots=[forwarded])
    message = Interaction.from_payload(builder.build()).target_message
    assert message is not None
    assert [file.name for file in message.attachments] == ["a.png", "b.png"]


def test_a_command_of_a_user_has_a_target_and_no_message() -> None:
    builder = message_command("x")
    assert builder.data is not None
    data = {key: value for key, value in builder.data.items() if key != "resolved"}
    interaction = Interaction.from_payload(builder.changed(data=data).build())
    assert (interaction.target_id, interaction.target_message) == (TARGET, None)


def test_an_attached_file_is_found_by_its_options_name() -> None:
    file = attached("comet.png", size=2048, url="https://cdn.discordapp.com/a/comet.png?hm=1")
    interaction = Interaction.from_payload(slash("ask", prompt="What?", file=file).build())
    assert interaction.options["prompt"] == "What?"
    assert interaction.attachments == {
        "file": Attachment(
            id=file["id"],
            name="comet.png",
            url="https://cdn.discordapp.com/a/comet.png?hm=1",
            content_type="image/png",
            size_bytes=2048,
        )
    }


def test_what_discord_takes_no_file_for_has_no_content_type() -> None:
    file = attached("notes.xyz", content_type=None)
    interaction = Interaction.from_payload(slash("ask", file=file).build())
    assert interaction.attachments["file"].content_type == ""


@pytest.mark.parametrize("content_type", ["image/png", None])
def test_an_attachment_is_the_same_after_it_was_written_down(content_type: str | None) -> None:
    attachment = Attachment.from_payload(attached(content_type=content_type))
    assert Attachment.from_payload(attachment.to_payload()) == attachment


def test_the_address_of_a_file_is_not_in_what_a_log_shows_of_it() -> None:
    attachment = Attachment.from_payload(attached())
    assert "hm=3" in attachment.url
    assert "cdn.discordapp.com" not in repr(attachment)


def test_a_file_chosen_before_is_not_asked_for_while_another_option_is_typed() -> None:
    builder = slash("ask", file=attached())
    assert builder.data is not None
    data = {key: value for key, value in builder.data.items() if key != "resolved"}
    interaction = Interaction.from_payload(replace(builder, kind=4, data=data).build())
    assert interaction.attachments == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"},
        {"filename": None},
        {"url": 5},
        {"size": "1024"},
        {"size": -1},
        {"size": True},
        {"content_type": 5},
    ],
    ids=repr,
)
def test_a_file_in_a_wrong_shape_is_refused_wherever_it_stands(changes: Json) -> None:
    file = {**attached(), **changes}
    slashed, on_message = slash("ask", file=attached()), message_command("x", attachments=[file])
    assert slashed.data is not None
    resolved = {"attachments": {attached()["id"]: file}}
    for builder in (slashed.changed(data=slashed.data | {"resolved": resolved}), on_message):
        with pytest.raises(PayloadError):
            Interaction.from_payload(builder.build())


@pytest.mark.parametrize("resolved", [None, {}, [], {"attachments": []}, {"attachments": {}}])
def test_a_file_that_did_not_come_along_is_refused(resolved: object) -> None:
    builder = slash("ask", file=attached())
    assert builder.data is not None
    with pytest.raises(PayloadError):
        Interaction.from_payload(
            builder.changed(data=builder.data | {"resolved": resolved}).build()
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"author": None},
        {"author": {"id": "x"}},
        {"content": 5},
        {"embeds": {}},
        {"embeds": [5]},
        {"embeds": [{"title": 5}], "content": ""},
        {"attachments": {}},
        {"message_snapshots": [{}]},
    ],
    ids=repr,
)
def test_a_target_in_a_wrong_shape_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(PayloadError):
        Interaction.from_payload(message_command("x", **fields).build())


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
