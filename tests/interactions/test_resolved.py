"""What comes along with a command: the message or user that it is about, and files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.interactions.errors import PayloadError
from lib.interactions.interaction import Interaction
from lib.interactions.resolved import Attachment
from tests.payloads import TARGET, TARGETS_AUTHOR, Json, attached, message_command, slash


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
