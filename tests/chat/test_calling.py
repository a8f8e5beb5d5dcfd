"""One answer of whichever candidate gives it: every request stands in `calls`, however it ended."""

from __future__ import annotations

from contextlib import closing

import pytest

from lib.chat.calling import NOTHING, Calling, whole_text
from lib.chat.tokens import estimate_tokens
from lib.ports import (
    CallOutcome,
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    ModelCard,
    Role,
    Turn,
    Usage,
)
from tests.fakes.chat_model import SOME_USAGE, ScriptedChatModel, Step, saying
from tests.fakes.chat_models import FixedModels, card
from tests.fakes.clock import ManualClock
from tests.fakes.services import services_of

TURNS = [Turn(Role.USER, "When is Halley back?")]
PROMPT_TOKENS = 40
DEADLINE_SECONDS = 50.0


class World:
    """Models, of which each plays its scripts, and a call of them."""

    def __init__(self, **scripts: list[list[Step]]) -> None:
        self.clock = ManualClock()
        self.models = {name: ScriptedChatModel(*each, model=name) for name, each in scripts.items()}
        self.reserved: list[str] = []
        services = services_of(self.clock, models=FixedModels(*self.models.values()))
        self.calling = Calling(
            services,
            services.models.cards,
            purpose=CallPurpose.ANSWER,
            ends_at=self.clock.monotonic() + DEADLINE_SECONDS,
            reserve=self._reserve,
        )

    def _reserve(self, card: ModelCard) -> bool:
        self.reserved.append(card.name)
        return True

    def texts(self) -> list[str]:
        """The texts as they grow."""
        return list(
            self.calling.stream(TURNS, instruction="Be brief.", prompt_tokens=PROMPT_TOKENS)
        )

    def calls(self) -> list[tuple[str, CallOutcome, Usage, bool]]:
        return [
            (call.model, call.outcome, call.usage, call.estimated) for call in self.calling.calls
        ]


def failing(failure: ChatModelFailure, usage: Usage | None = None) -> ChatModelError:
    return ChatModelError(failure, "as scripted", usage=usage)


def test_the_text_grows_and_the_call_is_counted() -> None:
    world = World(first=[saying("In ", "2061.")])
    assert world.texts() == ["In ", "In 2061."]
    assert world.calls() == [("first", CallOutcome.COMPLETE, SOME_USAGE, False)]
    assert (world.calling.text, world.calling.finish) == ("In 2061.", FinishReason.STOP)
    assert world.reserved == [], "what was reserved for the first is there already"


def test_the_last_count_of_a_call_is_the_one_that_counts() -> None:
    world = World(
        first=[
            [
                CompletionChunk(text="In ", usage=Usage(10, 1, 11)),
                CompletionChunk(text="2061."),
                CompletionChunk(usage=Usage(10, 5, 15), finish=FinishReason.STOP),
            ]
        ]
    )
    world.texts()
    assert [usage for _, _, usage, _ in world.calls()] == [Usage(10, 5, 15)]


def test_what_a_failure_counted_stands_before_what_came_earlier() -> None:
    late = failing(ChatModelFailure.TIMED_OUT, Usage(10, 9, 19))
    world = World(first=[[CompletionChunk(text="In ", usage=Usage(10, 1, 11)), late]])
    with pytest.raises(ChatModelError):
        world.texts()
    assert world.calls() == [("first", CallOutcome.BROKEN_OFF, Usage(10, 9, 19), False)]


@pytest.mark.parametrize(
    ("failure", "usage"),
    [
        (ChatModelFailure.TIMED_OUT, Usage(PROMPT_TOKENS, 0, PROMPT_TOKENS)),
        (ChatModelFailure.BLOCKED, Usage(PROMPT_TOKENS, 0, PROMPT_TOKENS)),
        (ChatModelFailure.EMPTY, Usage(PROMPT_TOKENS, 0, PROMPT_TOKENS)),
        (ChatModelFailure.CUT_OFF, Usage(PROMPT_TOKENS, 0, PROMPT_TOKENS)),
        (ChatModelFailure.REFUSED_REQUEST, NOTHING),
        (ChatModelFailure.BAD_KEY, NOTHING),
        (ChatModelFailure.UNKNOWN_MODEL, NOTHING),
    ],
)
def test_a_failure_without_counts_is_estimated_unless_it_never_came_to_the_model(
    failure: ChatModelFailure, usage: Usage
) -> None:
    world = World(first=[[failing(failure)]])
    with pytest.raises(ChatModelError):
        world.texts()
    assert world.calls() == [("first", CallOutcome.FAILED, usage, usage != NOTHING)]


def test_an_answer_that_is_left_in_the_middle_is_counted_as_far_as_it_came() -> None:
    world = World(first=[[CompletionChunk(text="In 2061."), CompletionChunk(text=" Or so.")]])
    growing = world.calling.stream(TURNS, instruction="x", prompt_tokens=PROMPT_TOKENS)
    with closing(growing):
        assert next(growing) == "In 2061."
    written = estimate_tokens("In 2061.")
    estimated = Usage(PROMPT_TOKENS, written, PROMPT_TOKENS + written)
    assert world.calls() == [("first", CallOutcome.BROKEN_OFF, estimated, True)]


def test_the_text_of_one_that_failed_is_not_a_part_of_the_next_ones() -> None:
    lost = failing(ChatModelFailure.OVERLOADED)
    world = World(first=[[CompletionChunk(text=" \n"), lost]], second=[saying("In 2061.")])
    assert world.texts()[-1] == "In 2061."
    assert world.calling.card.name == "second"
    assert world.reserved == ["second"]
    assert [outcome for _, outcome, _, _ in world.calls()] == [
        CallOutcome.FAILED,
        CallOutcome.COMPLETE,
    ]


def test_no_model_may_write_more_than_it_can_or_than_is_wanted() -> None:
    for wanted, most in ((None, card().output_tokens), (500, 500), (10**6, card().output_tokens)):
        world = World(first=[saying("Hello.")])
        list(
            world.calling.stream(TURNS, instruction="x", prompt_tokens=1, most_output_tokens=wanted)
        )
        assert world.models["first"].asked[0].max_output_tokens == most


def test_a_fault_in_the_code_is_counted_and_goes_on_its_way() -> None:
    def fall() -> None:
        raise ZeroDivisionError

    world = World(first=[[CompletionChunk(text="In "), fall]])
    with pytest.raises(ZeroDivisionError):
        world.texts()
    assert [outcome for _, outcome, _, _ in world.calls()] == [CallOutcome.BROKEN_OFF]


def test_a_whole_text_is_whole_or_an_error() -> None:
    world = World(first=[saying("In ", "2061.")])
    assert (
        whole_text(world.calling, TURNS, instruction="x", prompt_tokens=1, most_output_tokens=100)
        == "In 2061."
    )
    blank = World(first=[saying(" \n")])
    with pytest.raises(ChatModelError, match="empty"):
        whole_text(blank.calling, TURNS, instruction="x", prompt_tokens=1, most_output_tokens=100)
    late = World(first=[[CompletionChunk(text="In "), failing(ChatModelFailure.TIMED_OUT)]])
    with pytest.raises(ChatModelError):
        whole_text(late.calling, TURNS, instruction="x", prompt_tokens=1, most_output_tokens=100)
