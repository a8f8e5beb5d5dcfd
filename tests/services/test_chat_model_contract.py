"""What holds for every chat model: Gemini's, the offline one, and the tests' own fake."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lib.ports import (
    ChatModel,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Role,
    Turn,
)
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer

QUESTION = Turn(Role.USER, "When does the comet come back?")


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that answers well, and one that fails in the middle of its answer."""

    good: ChatModel
    failing: ChatModel
    failing_deadline_seconds: float = 30.0


@pytest.fixture
def gemini(gemini_server: GeminiServer) -> Subject:
    broken = say.streamed(say.response("In"), say.error(503, "UNAVAILABLE", "Busy."))
    gemini_server.by_model["gemini-broken"] = broken

    def model(name: str) -> GeminiChatModel:
        return GeminiChatModel(
            api_key="key", model=name, clock=ManualClock(), base_url=gemini_server.url
        )

    return Subject(model("gemini-x"), model("gemini-broken"))


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


@pytest.fixture(params=["gemini", "offline", "scripted"])
def subject(request: pytest.FixtureRequest) -> Subject:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Subject)
    return found


def answer(model: ChatModel, *turns: Turn) -> list[CompletionChunk]:
    return list(
        model.stream(turns or [QUESTION], system_instruction="Be brief.", deadline_seconds=30)
    )


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


def test_a_model_has_the_name_that_its_use_is_logged_under(subject: Subject) -> None:
    assert subject.good.model.strip() == subject.good.model != ""


@pytest.mark.parametrize(
    "turns", [[], [QUESTION, Turn(Role.MODEL, "In 2061.")]], ids=["no turn", "the model's turn"]
)
def test_what_does_not_end_with_the_user_is_refused(subject: Subject, turns: list[Turn]) -> None:
    stream = subject.good.stream(turns, system_instruction="", deadline_seconds=30)

    with pytest.raises(ChatModelError) as refused:
        list(stream)

    assert refused.value.failure is ChatModelFailure.REFUSED_REQUEST


def test_a_failure_comes_after_the_pieces_that_were_there_before_it(subject: Subject) -> None:
    stream = subject.failing.stream(
        [QUESTION], system_instruction="", deadline_seconds=subject.failing_deadline_seconds
    )
    pieces: list[CompletionChunk] = []

    with pytest.raises(ChatModelError) as failed:
        pieces.extend(stream)

    assert "".join(piece.text for piece in pieces).startswith(("In", "Hello"))
    assert [piece.finish for piece in pieces] == [None] * len(pieces)
    assert failed.value.failure in {ChatModelFailure.OVERLOADED, ChatModelFailure.TIMED_OUT}
