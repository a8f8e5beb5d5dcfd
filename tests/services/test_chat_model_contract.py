"""What holds for every chat model: Gemini's, those of OpenAI's shape, the offline one, and the
tests' own fake. What their servers may do to the real ones stands in test_chat_model_faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lib.ports import (
    ChatModel,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Media,
    MediaKind,
    Role,
    Turn,
)
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from lib.services.openai_compatible import OpenAICompatibleChatModel
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers, openai_answers
from tests.servers.gemini import GeminiServer
from tests.servers.openai import OpenAIServer

QUESTION = Turn(Role.USER, "When does the comet come back?")


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that answers well, and one that fails in the middle of its answer."""

    good: ChatModel
    failing: ChatModel
    failing_deadline_seconds: float = 30.0


@pytest.fixture
def gemini(gemini_server: GeminiServer) -> Subject:
    say = gemini_answers
    broken = say.streamed(say.response("In"), say.error(503, "UNAVAILABLE", "Busy."))
    gemini_server.by_model["gemini-broken"] = broken

    def model(name: str) -> GeminiChatModel:
        return GeminiChatModel(
            api_key="key", model=name, clock=ManualClock(), base_url=gemini_server.url
        )

    return Subject(model("gemini-x"), model("gemini-broken"))


@pytest.fixture
def openai(openai_server: OpenAIServer) -> Subject:
    say = openai_answers
    broken = say.streamed(say.chunk("In"), say.error("Busy.", kind="server_error"))
    openai_server.by_model["gpt-broken"] = broken

    def model(name: str) -> OpenAICompatibleChatModel:
        return OpenAICompatibleChatModel(
            api_key="key", model=name, clock=ManualClock(), base_url=openai_server.base_url
        )

    return Subject(model("gpt-x"), model("gpt-broken"))


@pytest.fixture
def offline() -> Subject:
    model = OfflineChatModel(clock=ManualClock())
    return Subject(model, model, failing_deadline_seconds=1.0)


@pytest.fixture
def scripted() -> Subject:
    error = ChatModelError(ChatModelFailure.OVERLOADED, "busy")
    return Subject(
        ScriptedChatModel(*[saying("In ", "2061.")] * 2),
        ScriptedChatModel([CompletionChunk(text="In"), error]),
    )


@pytest.fixture(params=["gemini", "openai", "offline", "scripted"])
def subject(request: pytest.FixtureRequest) -> Subject:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Subject)
    return found


def stream(
    model: ChatModel, turns: list[Turn], *, deadline_seconds: float = 30
) -> Iterator[CompletionChunk]:
    return model.stream(
        turns,
        system_instruction="Be brief.",
        deadline_seconds=deadline_seconds,
        max_output_tokens=4096,
    )


def answer(model: ChatModel, *turns: Turn) -> list[CompletionChunk]:
    return list(stream(model, list(turns) or [QUESTION]))


def test_an_answer_is_text_in_pieces_and_then_its_end(subject: Subject) -> None:
    *pieces, last = answer(subject.good)

    assert len(pieces) > 1
    assert all(piece.text for piece in pieces)
    assert [piece.finish for piece in pieces] == [None] * len(pieces)
    assert last.finish is FinishReason.STOP


def test_an_answer_ends_with_what_it_cost(subject: Subject) -> None:
    usage = answer(subject.good)[-1].usage

    assert usage is not None
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_the_cost_never_shrinks_while_the_answer_comes(subject: Subject) -> None:
    chunks = answer(subject.good)
    totals = [chunk.usage.total_tokens for chunk in chunks if chunk.usage]

    assert totals == sorted(totals)


def test_a_model_can_be_asked_again_and_forgets_what_was_before(subject: Subject) -> None:
    first = answer(subject.good)

    assert answer(subject.good) == first


def test_a_conversation_goes_in_as_turns(subject: Subject) -> None:
    chunks = answer(subject.good, QUESTION, Turn(Role.MODEL, "In 2061."), QUESTION)

    assert chunks[-1].finish is FinishReason.STOP


def test_a_picture_may_come_along_in_any_of_the_users_turns(subject: Subject) -> None:
    picture = Media(MediaKind.IMAGE, "sky.png", "image/png", b"\x89PNG")
    seen = Turn(Role.USER, "What is this?", (picture,))

    chunks = answer(subject.good, seen, Turn(Role.MODEL, "A comet."), seen)

    assert chunks[-1].finish is FinishReason.STOP


def test_nothing_is_asked_before_somebody_reads_the_answer(subject: Subject) -> None:
    unread = stream(subject.good, [QUESTION])

    first = answer(subject.good)

    assert list(unread) == first


def test_a_model_has_the_name_that_its_use_is_logged_under(subject: Subject) -> None:
    assert subject.good.model.strip() == subject.good.model != ""


@pytest.mark.parametrize(
    "turns", [[], [QUESTION, Turn(Role.MODEL, "In 2061.")]], ids=["no turn", "the model's turn"]
)
def test_what_does_not_end_with_the_user_is_refused(subject: Subject, turns: list[Turn]) -> None:
    with pytest.raises(ChatModelError) as refused:
        list(stream(subject.good, turns))

    assert refused.value.failure is ChatModelFailure.REFUSED_REQUEST


def test_a_failure_comes_after_the_pieces_that_were_there_before_it(subject: Subject) -> None:
    chunks = stream(subject.failing, [QUESTION], deadline_seconds=subject.failing_deadline_seconds)
    pieces: list[CompletionChunk] = []

    with pytest.raises(ChatModelError) as failed:
        pieces.extend(chunks)

    assert "".join(piece.text for piece in pieces).startswith(("In", "Hello"))
    assert [piece.finish for piece in pieces] == [None] * len(pieces)
    assert failed.value.failure in {ChatModelFailure.OVERLOADED, ChatModelFailure.TIMED_OUT}
