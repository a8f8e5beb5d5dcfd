"""Summarise: what a message says, in a few words, for whoever asks alone."""

from __future__ import annotations

import pytest

from tests.commands.asking import EPHEMERAL, Talk
from tests.fakes.chat_model import saying
from tests.payloads import attached, message_command

NAME = "Summarise"
PDF = b"%PDF-1.7\n" + b"x" * 64


def test_the_summary_is_for_the_asker_alone_and_nothing_is_remembered() -> None:
    talk = Talk(saying("Earlier."), saying("Comets come back."), saying("Next."))
    talk.ask("Before")
    shown = talk.send(message_command(NAME, content="A long story of comets."))
    assert shown.reply.json == {"type": 5, "data": {"flags": EPHEMERAL}}
    assert shown.text == "Comets come back."
    (told,) = talk.told()
    assert "A long story of comets." in told
    assert '<quoted kind="message" name="Edmond"' in told
    talk.ask("After")
    assert talk.told() == ["Before", "Earlier.", "After"]
    assert len(talk.chat.calls) == 3


@pytest.mark.parametrize(("language", "name"), [("en-US", "English"), ("ja", "Japanese")])
def test_it_is_in_the_users_language(language: str, name: str) -> None:
    talk = Talk(saying("Comets."))
    talk.send(message_command(NAME, content="Comètes.").in_language(language))
    assert f"in {name}:" in talk.told()[0]


def test_the_files_of_the_message_are_summed_up_as_well() -> None:
    talk = Talk(saying("Comets."))
    file = attached("comets.pdf", content_type="application/pdf")
    talk.bot.files.files[file["url"]] = PDF
    talk.send(message_command(NAME, content="", attachments=[file]))
    assert [media.content for media in talk.model.asked[0].media] == [PDF]


def test_in_a_shared_conversation_it_stays_as_private() -> None:
    talk = Talk(saying("Comets."), saying("Next."))
    talk.settle_in(shared=True)
    talk.send(message_command(NAME, content="A long story."))
    assert "[Edmond]:" not in talk.told()[0]
    talk.ask("Hi")
    assert talk.told() == ["[Edmond]: Hi"]


def test_a_message_in_which_is_nothing_is_told_so_at_once() -> None:
    talk = Talk()
    shown = talk.send(message_command(NAME, content=""))
    assert shown.reply.json["type"] == 4
    assert shown.reply.json["data"]["flags"] == EPHEMERAL
    assert "nothing in this message" in shown.reply.content


def test_the_summary_can_be_deleted() -> None:
    talk = Talk(saying("Comets."))
    shown = talk.send(message_command(NAME, content="A long story."))
    assert talk.press("Delete", shown).texts == []
