"""/ask at a limit, after a question about a file: the file gives way before the question does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.commands.asking import Shown, Talk
from tests.commands.test_ask_limits import limited, nothing_is_reserved
from tests.fakes.chat_model import saying
from tests.payloads import attached


def asked_about_a_pdf(talk: Talk) -> Shown:
    content = b"%PDF-1.4\n" + bytes(600_000)
    file = attached("a.pdf", content_type="application/pdf", size=len(content))
    talk.bot.files.files[file["url"]] = content
    return talk.ask("What is it?", file=file)


@pytest.mark.parametrize("limit", ["tokens", "budget"])
def test_the_file_of_an_earlier_question_is_left_out_before_a_question_is_refused(
    limit: str,
) -> None:
    talk = Talk(saying("An invoice."), saying("You're welcome."), saying("Yes, it is."))
    asked_about_a_pdf(talk)
    if limit == "tokens":
        limited(talk, tokens=25_000)
    else:
        limited(talk, budget=Decimal("0.05"))
    shown = talk.ask("Thanks")
    assert shown.text.startswith("You're welcome.")
    assert "-# (Answered without the files of earlier questions" in shown.text
    assert talk.model.asked[-1].media == ()
    assert talk.told() == ["What is it?", "An invoice.", "Thanks"]
    assert nothing_is_reserved(talk)
    limited(talk)
    assert talk.ask("Sure?").text == "Yes, it is."
    assert len(talk.model.asked[-1].media) == 1


def test_who_has_no_answer_left_has_none_without_that_file_either() -> None:
    talk = Talk(saying("An invoice."))
    asked_about_a_pdf(talk)
    limited(talk, answers=1, tokens=25_000)
    assert "all your answers for today" in talk.ask("Thanks").text


def test_a_question_that_is_too_long_without_that_file_is_told_so() -> None:
    talk = Talk(saying("An invoice."))
    asked_about_a_pdf(talk)
    limited(talk, tokens=5_000)
    assert "What's left of your tokens for today" in talk.ask("word " * 700).text
