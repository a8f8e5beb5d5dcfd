"""A model that says what the test told it to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lib.ports import ChatModelError, CompletionChunk, FinishReason, Media, Turn, Usage
from lib.services.turns import require_users_last_turn

SOME_USAGE = Usage(prompt_tokens=10, completion_tokens=20, total_tokens=30)

Step = CompletionChunk | ChatModelError | Callable[[], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, as the model received it; its turns hold the media."""

    turns: tuple[Turn, ...]
    system_instruction: str
    deadline_seconds: float
    max_output_tokens: int

    @property
    def media(self) -> tuple[Media, ...]:
        """Every file that went along, in order."""
        return tuple(media for turn in self.turns for media in turn.media)


class ScriptedChatModel:
    """A `ChatModel` that plays one script a call, in the order given.

    A step of a script is a chunk to yield, an error to raise, or a function to call in between,
    for instance to move a clock. `asked` records the calls.
    """

    def __init__(self, *scripts: Sequence[Step], model: str = "scripted") -> None:
        self._model = model
        self._scripts = iter(scripts)
        self.asked: list[Asked] = []
        self.ping_error: ChatModelError | None = None

    @property
    def model(self) -> str:
        return self._model

    def measure_ping_ms(self) -> int:
        if self.ping_error is not None:
            raise self.ping_error
        return 40

    def stream(
        self,
        turns: Sequence[Turn],
        *,
        system_instruction: str,
        deadline_seconds: float,
        max_output_tokens: int,
    ) -> Iterator[CompletionChunk]:
        self.asked.append(
            Asked(tuple(turns), system_instruction, deadline_seconds, max_output_tokens)
        )
        require_users_last_turn(turns)
        script = next(self._scripts, None)
        if script is None:
            raise AssertionError("asked more often than there are scripts")
        for step in script:
            match step:
                case CompletionChunk():
                    yield step
                case ChatModelError():
                    raise step
                case _:
                    step()


def saying(
    *pieces: str,
    usage: Usage = SOME_USAGE,
    finish: FinishReason = FinishReason.STOP,
) -> list[Step]:
    """The script of a whole answer in these pieces, which ends well."""
    return [
        *(CompletionChunk(text=piece) for piece in pieces),
        CompletionChunk(usage=usage, finish=finish),
    ]
