"""An answer as its readers get it: in messages, with its last lines, or as a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.answer_messages import (
    FILE_NAME,
    LONGEST_IN_MESSAGES,
    LONGEST_LEAD,
    as_messages,
)
from lib.interactions.response import LONGEST_CONTENT, File, Message, length
from lib.locales import Locale

FENCE = "```"
NOTE = "-# Another model answered."
FOOTER = "-# gemini · 12 tokens · $0.0001 · 1.0 s"
SENTENCE = "ハレー彗星は約76年の周期で太陽に近づきます。"
CODE = f"{FENCE}py\n" + "y = 2\n" * 90 + f"{FENCE}\n"
PARAGRAPH = SENTENCE * 4 + "\n\n"


def contents(
    text: str,
    *,
    note: str = "",
    footer: str = "",
    final: bool = True,
    locale: Locale = Locale.ENGLISH,
) -> list[str]:
    messages = as_messages(text, locale=locale, note=note, footer=footer, final=final)
    return [message.content for message in messages]


def the_file(messages: list[Message]) -> File:
    ((file,),) = [message.files for message in messages if message.files]
    return file


@pytest.mark.parametrize(
    "text", ["", " \n", "\r\n\t", f"{FENCE}\n{FENCE}", "<details>\n</details>"]
)
def test_a_blank_answer_gives_no_message_whatever_would_stand_below(text: str) -> None:
    assert contents(text, note=NOTE, footer=FOOTER) == []
    assert contents(text, final=False) == []


def test_a_short_answer_is_one_message_rendered_with_its_last_lines() -> None:
    assert contents("#### Hi\nthere", note=NOTE, footer=FOOTER) == [
        f"**Hi**\nthere\n\n{NOTE}\n{FOOTER}"
    ]
    assert contents("Hi", footer=FOOTER) == [f"Hi\n\n{FOOTER}"]
    assert contents("Hi", note=NOTE) == [f"Hi\n\n{NOTE}"]


def test_a_block_that_broke_off_is_closed_above_the_last_lines() -> None:
    assert contents(f"{FENCE}py\nx = 1", note=NOTE) == [f"{FENCE}py\nx = 1\n{FENCE}\n\n{NOTE}"]


@given(size=st.integers(1900, 2100) | st.integers(3900, 4100) | st.integers(5900, 6000))
def test_the_last_lines_always_stand_below_some_of_the_answer(size: int) -> None:
    shown = contents("x" * size, note=NOTE, footer=FOOTER)
    assert all(length(content) <= LONGEST_CONTENT for content in shown)
    assert shown[-1].startswith("x")
    assert shown[-1].endswith(f"\n\n{NOTE}\n{FOOTER}")
    assert sum(content.count("x") for content in shown) == size


def test_very_long_last_lines_get_a_message_of_their_own() -> None:
    long_note = "-# " + "y" * 1950
    assert contents("x" * 100, note=long_note) == ["x" * 100, long_note]


def test_up_to_the_bound_an_answer_is_written_out_and_beyond_it_is_a_file() -> None:
    at_bound = as_messages("x" * LONGEST_IN_MESSAGES, locale=Locale.ENGLISH)
    assert not any(message.files for message in at_bound)
    assert len(at_bound) == 4
    (beyond,) = as_messages("x" * (LONGEST_IN_MESSAGES + 1), locale=Locale.ENGLISH)
    assert beyond.files
    assert len(as_messages("😀" * 3001, locale=Locale.ENGLISH)) == 1


def test_a_file_holds_the_models_own_markdown() -> None:
    text = "Intro.\n\n| a | b |\n|---|---|\n| 1 | 語 |\n\n" + PARAGRAPH * 100 + "\ud800"
    file = the_file(as_messages(text, locale=Locale.ENGLISH))
    assert file.name == FILE_NAME
    assert file.content.decode() == text.replace("\ud800", "\ufffd")


@pytest.mark.parametrize(
    ("locale", "line", "description"),
    [
        (Locale.ENGLISH, "-# The whole answer (9,600 characters) is in the file.", "Markdown"),
        (Locale.JAPANESE, "-# 回答の全文（9,600文字）は添付ファイルをご覧ください。", "回答の全文"),
    ],
)
def test_a_long_answer_begins_in_the_channel_and_says_where_the_rest_is(
    locale: Locale, line: str, description: str
) -> None:
    text = (PARAGRAPH * 200)[:9600]
    (message,) = as_messages(text, locale=locale, note=NOTE, footer=FOOTER)
    lead, *rest = message.content.split(f"\n\n{line}")
    assert rest == [f"\n\n{NOTE}\n{FOOTER}"]
    assert text.startswith(lead)
    assert lead.endswith("。")
    assert LONGEST_LEAD / 2 < length(lead) <= LONGEST_LEAD
    assert description in message.files[0].description
    assert message.to_payload()["attachments"]


def test_a_lead_ends_before_a_block_rather_than_in_it() -> None:
    code = f"{FENCE}py\n" + "x = 1\n" * 1500 + FENCE
    (message,) = as_messages(f"Here it is:\n\n{code}", locale=Locale.ENGLISH)
    assert message.content.startswith("Here it is:\n\n-# The whole")
    (message,) = as_messages(code, locale=Locale.ENGLISH)
    assert message.content.count(FENCE) == 2


def test_a_lead_cut_in_a_paragraph_says_so() -> None:
    (message,) = as_messages("word " * 2000, locale=Locale.ENGLISH)
    assert message.content.partition("\n\n")[0].endswith("word …")


@given(
    units=st.lists(
        st.sampled_from([PARAGRAPH, "x" * 900, CODE, "a\n"]),
        min_size=1,
        max_size=30,
    )
)
def test_while_an_answer_grows_no_message_goes_again(units: list[str]) -> None:
    text = "".join(units)
    counts = [len(contents(text[:end], final=False)) for end in range(100, len(text) + 100, 217)]
    assert counts == sorted(counts)
    assert counts[-1] <= 7


def test_a_growing_answer_beyond_the_bound_ends_with_an_ellipsis() -> None:
    shown = contents(PARAGRAPH * 200, final=False)
    assert 3 <= len(shown) <= 4
    assert shown[-1].endswith("\n…")
    assert all(length(content) <= LONGEST_CONTENT for content in shown)
    assert contents(PARAGRAPH * 300, final=False) == shown
