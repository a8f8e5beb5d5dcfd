"""OfflineChatModel: what somebody without a key gets to see."""

from __future__ import annotations

import pytest

from lib.chat.prompting import CONTINUE, SHORTER
from lib.chat.tokens import estimate_media, estimate_tokens
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Media,
    MediaKind,
    Role,
    Turn,
)
from lib.services.offline_model import OfflineChatModel
from tests.fakes.clock import ManualClock

PICTURE = Media(MediaKind.IMAGE, "sky.png", "image/png", b"\x89PNG")
PAPER = Media(MediaKind.PDF, "orbit `x`.pdf", "application/pdf", b"%PDF")


def chunks_of(
    turns: list[Turn], clock: ManualClock, *, max_output_tokens: int = 8192
) -> list[CompletionChunk]:
    model = OfflineChatModel(clock=clock)
    return list(
        model.stream(
            turns,
            system_instruction="Be kind.",
            deadline_seconds=30,
            max_output_tokens=max_output_tokens,
        )
    )


def chunks_for(prompt: str, clock: ManualClock) -> list[CompletionChunk]:
    return chunks_of([Turn(Role.USER, prompt)], clock)


def answer_in(*turns: Turn, max_output_tokens: int = 8192) -> str:
    chunks = chunks_of(list(turns), ManualClock(), max_output_tokens=max_output_tokens)
    return "".join(chunk.text for chunk in chunks)


def answer_to(prompt: str) -> str:
    return "".join(chunk.text for chunk in chunks_for(prompt, ManualClock()))


def test_it_says_in_english_that_it_is_the_offline_model_and_why() -> None:
    answer = answer_to("Why is the sky blue?")

    assert "No `GEMINI_API_KEY` is set" in answer
    assert "**offline model**" in answer
    assert "> Why is the sky blue?\n" in answer


@pytest.mark.parametrize("prompt", ["空はなぜ青いの？", "ソラ", "ﾊﾚｰ", "Tell me about 彗星"])
def test_it_says_so_in_japanese_to_those_who_ask_in_japanese(prompt: str) -> None:
    answer = answer_to(prompt)

    assert "`GEMINI_API_KEY` が設定されていないため" in answer
    assert "**オフラインモデル**" in answer
    assert f"> {prompt}\n" in answer


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("Why?", ("`GEMINI_API_KEY` or another's", "from the next question on")),
        ("なぜ？", ("`GEMINI_API_KEY` など", "再起動しなくても")),
    ],
)
def test_it_says_that_the_key_of_any_model_brings_real_answers_without_a_restart(
    prompt: str, says: tuple[str, ...]
) -> None:
    closing = answer_to(prompt).rstrip().splitlines()[-1]

    assert all(part in closing for part in says)
    assert "start again" not in closing


@pytest.mark.parametrize("prompt", ["Why?", "なぜ？"])
def test_its_short_answer_shows_a_list_and_code_and_fits_one_message(prompt: str) -> None:
    answer = answer_to(prompt)

    assert "\n- " in answer
    assert answer.count("```") == 2
    assert len(answer) < 2000


@pytest.mark.parametrize("prompt", ["Write something LONG.", "長く話して", "長い話", "長めに"])
def test_on_wish_it_answers_at_length_with_code_all_along(prompt: str) -> None:
    answer = answer_to(prompt)

    assert 4500 < len(answer) < 6000
    assert answer.count("```") % 2 == 0
    for start in range(0, len(answer) - 1000, 1000):
        assert "```" in answer[start : start + 1000]


@pytest.mark.parametrize("prompt", ["Something very long, please", "とても長い話をして"])
def test_on_wish_it_answers_with_more_than_three_messages_hold(prompt: str) -> None:
    assert len(answer_to(prompt)) > 6000


def test_a_word_that_only_contains_long_is_no_such_wish() -> None:
    assert len(answer_to("Where does she belong, along the way?")) < 2000


def test_a_long_question_is_quoted_in_part() -> None:
    answer = answer_to("why " * 500)

    quote = next(line for line in answer.splitlines() if line.startswith("> "))
    assert quote.endswith("…")
    assert len(quote) == len("> ") + 200


def test_a_question_with_lines_and_code_is_quoted_on_one_line_and_opens_no_code() -> None:
    answer = answer_to("Fix this:\n```python\nboom(")

    assert "> Fix this: '''python boom(\n" in answer
    assert answer.count("```") == 2


@pytest.mark.parametrize("prompt", ["Why?", "なぜ？", "a long one", "長く"])
def test_it_comes_in_some_twenty_pieces_over_two_and_a_half_seconds(prompt: str) -> None:
    clock = ManualClock()

    pieces = [chunk for chunk in chunks_for(prompt, clock) if chunk.text]

    assert 15 <= len(pieces) <= 25
    assert len(clock.slept) == len(pieces)
    assert 1.5 <= sum(clock.slept) <= 3


def test_english_pieces_end_where_a_word_does() -> None:
    pieces = [chunk.text for chunk in chunks_for("Why?", ManualClock()) if chunk.text]

    assert all(piece[-1].isspace() for piece in pieces[:-1])


def test_the_same_question_gets_the_same_answer() -> None:
    assert chunks_for("Why?", ManualClock()) == chunks_for("Why?", ManualClock())


def test_its_tokens_are_estimated_files_included() -> None:
    usage = chunks_of([Turn(Role.USER, "なぜ今？", (PICTURE,))], ManualClock())[-1].usage

    assert usage is not None
    picture = estimate_media(MediaKind.IMAGE, len(PICTURE.content))
    assert usage.prompt_tokens == estimate_tokens("Be kind.なぜ今？") + picture
    answer = answer_in(Turn(Role.USER, "なぜ今？", (PICTURE,)))
    assert usage.completion_tokens == estimate_tokens(answer)


@pytest.mark.parametrize("prompt", ["a long one", "長く"])
def test_it_keeps_to_the_bound_and_says_that_it_was_cut(prompt: str) -> None:
    chunks = chunks_of([Turn(Role.USER, prompt)], ManualClock(), max_output_tokens=150)

    said = "".join(chunk.text for chunk in chunks)
    assert chunks[-1].finish is FinishReason.MAX_TOKENS
    assert 100 < estimate_tokens(said) <= 150
    assert answer_to(prompt).startswith(said)


def test_without_room_for_a_word_there_is_no_answer() -> None:
    with pytest.raises(ChatModelError) as failed:
        chunks_of([Turn(Role.USER, "Why?")], ManualClock(), max_output_tokens=0)

    assert failed.value.failure is ChatModelFailure.CUT_OFF


@pytest.mark.parametrize(("prompt", "wish"), [("a long one", "Go on."), ("長く", "続けて")])
def test_asked_to_go_on_it_says_the_rest_of_what_was_cut(prompt: str, wish: str) -> None:
    question = Turn(Role.USER, prompt)
    first = answer_in(question, max_output_tokens=500)

    rest = answer_in(question, Turn(Role.MODEL, first.strip()), Turn(Role.USER, wish))

    assert "".join((first + rest).split()) == "".join(answer_to(prompt).split())


@pytest.mark.parametrize(
    ("prompt", "wish", "told"),
    [("Why?", "Please continue", "That was all"), ("なぜ？", "続きを書いて", "あれで全部です")],
)
def test_asked_to_go_on_after_the_end_it_says_so(prompt: str, wish: str, told: str) -> None:
    before = [Turn(Role.USER, prompt), Turn(Role.MODEL, answer_to(prompt))]

    assert told in answer_in(*before, Turn(Role.USER, wish))


@pytest.mark.parametrize("wish", ["Shorter, please", "もっと短くして"])
def test_asked_for_something_shorter_it_is_short(wish: str) -> None:
    before = [Turn(Role.USER, "Why?"), Turn(Role.MODEL, answer_to("Why?"))]

    assert len(answer_in(*before, Turn(Role.USER, wish))) < len(answer_to("Why?")) / 3


@pytest.mark.parametrize(
    ("prompt", "wish", "told"),
    [
        ("Why?", SHORTER.en, "In short"),
        ("なぜ？", SHORTER.en, "手短に言うと"),
        ("Why?", SHORTER.ja, "In short"),
        ("なぜ？", SHORTER.ja, "手短に言うと"),
        ("Why?", CONTINUE.en, "That was all"),
        ("なぜ？", CONTINUE.en, "あれで全部です"),
        ("Why?", CONTINUE.ja, "That was all"),
        ("なぜ？", CONTINUE.ja, "あれで全部です"),
    ],
)
def test_it_understands_the_buttons_in_the_language_of_the_conversation(
    prompt: str, wish: str, told: str
) -> None:
    before = [Turn(Role.USER, prompt), Turn(Role.MODEL, answer_to(prompt))]

    assert told in answer_in(*before, Turn(Role.USER, wish))


@pytest.mark.parametrize(
    ("prompt", "told"),
    [("And then?", "This is turn 3 of our conversation."), ("それで？", "3 回目のご質問です")],
)
def test_it_tells_which_turn_of_the_conversation_this_is(prompt: str, told: str) -> None:
    before = [Turn(Role.USER, "Why?"), Turn(Role.MODEL, "Hm."), Turn(Role.USER, "Why?")]

    assert told in answer_in(*before, Turn(Role.MODEL, "Hm."), Turn(Role.USER, prompt))
    assert told not in answer_to(prompt)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("What is this?", "I can't see `sky.png`, `orbit x.pdf`: I'm the offline model."),
        ("これは？", "`sky.png`, `orbit x.pdf` の中身は見られません"),
    ],
)
def test_it_names_the_files_that_it_cannot_see(prompt: str, told: str) -> None:
    assert told in answer_in(Turn(Role.USER, prompt, (PICTURE, PAPER)))


def test_it_keeps_to_its_deadline() -> None:
    clock = ManualClock()
    model = OfflineChatModel(clock=clock)
    stream = model.stream(
        [Turn(Role.USER, "Why?")],
        system_instruction="",
        deadline_seconds=1,
        max_output_tokens=4096,
    )

    with pytest.raises(ChatModelError) as failed:
        list(stream)

    assert failed.value.failure is ChatModelFailure.TIMED_OUT
    assert clock.monotonic() <= 1
