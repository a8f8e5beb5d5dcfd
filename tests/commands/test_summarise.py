"""Summarise: what a message says, in a few words, for whoever asks alone."""

from __future__ import annotations

import pytest

from tests.bot import Bot
from tests.commands.asking import EPHEMERAL, Talk
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.chat_models import FixedModels, card
from tests.payloads import APPLICATION_ID, attached, message_command

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


def test_a_file_that_cannot_be_read_is_left_out_and_named() -> None:
    talk = Talk(saying("Comets."))
    gone = attached("gone.pdf", number=2, content_type="application/pdf")
    file = attached("comets.pdf", content_type="application/pdf")
    talk.bot.files.files[file["url"]] = PDF
    shown = talk.send(message_command(NAME, content="", attachments=[gone, file]).in_japanese())
    assert shown.text == "Comets.\n\n-# （次のファイルは読み取れないため除外しました: gone.pdf）"
    assert [media.content for media in talk.model.asked[0].media] == [PDF]


def test_a_file_that_no_model_here_reads_is_left_out_of_a_message_with_text() -> None:
    blind = ScriptedChatModel(saying("Comets."), model="blind")
    cards = [card("blind", reads=frozenset())]
    talk = Talk(bot=Bot(models=FixedModels(blind, cards=cards)))
    file = attached("comets.pdf", content_type="application/pdf")
    talk.bot.files.files[file["url"]] = PDF
    shown = talk.send(message_command(NAME, content="A story.", attachments=[file]))
    assert shown.text == "Comets.\n\n-# (Left out, since I couldn't read it: comets.pdf.)"
    shown = talk.send(message_command(NAME, content="", attachments=[file]))
    assert shown.text.startswith("`blind` can't read PDF files, and no other model here can.")


def test_a_message_with_nothing_but_files_that_cannot_be_read_is_refused() -> None:
    talk = Talk()
    program = attached("a.exe", content_type="")
    shown = talk.send(message_command(NAME, content="", attachments=[program]))
    assert "“a.exe” is a kind of file that I don't read." in shown.text
    assert talk.model.asked == []


def test_an_answer_of_ours_is_summed_up_without_its_small_print() -> None:
    talk = Talk(saying("Comets."))
    author = {"id": APPLICATION_ID, "username": "Halley"}
    talk.send(message_command(NAME, content="In 2061.\n\n-# gemini · 30 tokens", author=author))
    assert "In 2061." in talk.told()[0]
    assert "gemini" not in talk.told()[0]


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
