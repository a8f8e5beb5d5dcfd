"""One answer of a model, whichever of the candidates gives it, and what each request cost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Final

from lib.chat.candidates import host_of
from lib.chat.tokens import estimate_tokens
from lib.logs import get_logger
from lib.ports import (
    CallOutcome,
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    FinishReason,
    ModelCall,
    ModelCard,
    Services,
    Turn,
    Usage,
)
from lib.recording import recording

log = get_logger(__name__)

PAUSES_SECONDS: Final = (0.5, 1.5)
"""Before another request to the last candidate; a longer wait that the provider advises goes before
it. Of the others only one that was not reached is asked again, once. Where a limit is reached and
nobody says for how long, so short a pause would only be refused again.
"""
LEAST_ATTEMPT_SECONDS: Final = 1.0
"""With less time than this no request is worth a wait."""
RESTS_SECONDS: Final = {
    ChatModelFailure.RATE_LIMITED: 60.0,
    ChatModelFailure.OVERLOADED: 15.0,
    ChatModelFailure.UNREACHABLE: 15.0,
    ChatModelFailure.BAD_KEY: 60.0,
    ChatModelFailure.UNKNOWN_MODEL: 60.0,
}
"""How long everybody leaves a model alone whose provider does not say how long."""
LONGEST_REST_SECONDS: Final = 3600.0
LARGE_PROMPT_TOKENS: Final = 8_000
LARGE_PROMPT_REST_SECONDS: Final = 15.0
LONGEST_LARGE_PROMPT_REST_SECONDS: Final = 60.0
"""A larger prompt may be too much for the tokens of a minute where the usual ones are not, and one
asker's must not cost everybody else the model: the shorter rest is the usual one, the longer one
the most, whatever the provider advises. Where it is the model that has to rest and not this prompt,
the next, smaller one is told so by the provider.
"""
BUSY: Final = frozenset(
    {ChatModelFailure.RATE_LIMITED, ChatModelFailure.OVERLOADED, ChatModelFailure.UNREACHABLE}
)
"""What passes by itself."""
_FULL: Final = frozenset({ChatModelFailure.RATE_LIMITED, ChatModelFailure.OVERLOADED})
"""Where nobody should ask for a while. The other failures let a model rest only while another
answers: so that not every question waits for them, and the last one's still say what is wrong.
"""
SET_UP_WRONGLY: Final = frozenset({ChatModelFailure.BAD_KEY, ChatModelFailure.UNKNOWN_MODEL})
"""What only the owner can mend."""
_ANOTHER_MODEL: Final = BUSY | SET_UP_WRONGLY
_COST_NOTHING: Final = _ANOTHER_MODEL | {ChatModelFailure.REFUSED_REQUEST}
NOTHING: Final = Usage(0, 0, 0)


class Calling:
    """Asks the candidates, one after the other.

    `text` is what has come so far, `card` the model that it comes from, `finish` why it ended,
    `calls` every request that was made, `failures` the last failure of each model by its name.
    `reserve` is asked before another model than the first is:
    False if there is no budget for it.
    """

    def __init__(
        self,
        services: Services,
        cards: Sequence[ModelCard],
        *,
        purpose: CallPurpose,
        ends_at: float,
        reserve: Callable[[ModelCard], bool] = lambda _card: True,
    ) -> None:
        self._services = services
        self._cards = cards
        self._purpose = purpose
        self._ends_at = ends_at
        self._reserve = reserve
        self.card = cards[0]
        self.text = ""
        self.finish: FinishReason | None = None
        self.calls: list[ModelCall] = []
        self.failures: dict[str, ChatModelFailure] = {}

    def stream(
        self,
        turns: Sequence[Turn],
        *,
        instruction: str,
        prompt_tokens: int,
        most_output_tokens: int | None = None,
    ) -> Generator[str]:
        """The text so far, each time it has grown. `prompt_tokens` is the estimate for a call that
        ends without counts. Raises ChatModelError; what had come by then is in `text`.
        """
        error: ChatModelError | None = None
        left = list(self._cards)
        while left:
            card = left.pop(0)
            if error is not None and not self._reserve(card):
                continue
            pauses = list(PAUSES_SECONDS)
            while True:
                try:
                    yield from self._attempt(
                        card,
                        turns,
                        instruction=instruction,
                        prompt_tokens=prompt_tokens,
                        most_output_tokens=min(
                            card.output_tokens, most_output_tokens or card.output_tokens
                        ),
                    )
                except ChatModelError as failed:
                    error = failed
                    self._note(card, failed)
                    if failed.failure in _FULL:
                        self._rest([card], failed, prompt_tokens=prompt_tokens)
                    if self.text.strip() or failed.failure not in _ANOTHER_MODEL:
                        raise
                    others = [each for each in left if not _fails_alike(each, card, failed)]
                    wait_seconds = self._wait(failed, pauses, is_last=not others)
                    if wait_seconds is None:
                        if others and failed.failure not in _FULL:
                            alike = [each for each in left if each not in others]
                            self._rest([card, *alike], failed, prompt_tokens=prompt_tokens)
                        left = others
                        break
                    self._services.clock.sleep(wait_seconds)
                else:
                    return
        assert error is not None  # noqa: S101 - the first of the cards is asked in any case
        raise error

    def _attempt(
        self,
        card: ModelCard,
        turns: Sequence[Turn],
        *,
        instruction: str,
        prompt_tokens: int,
        most_output_tokens: int,
    ) -> Generator[str]:
        """One request. However it ends, also by being left, it stands in `calls`."""
        self.card, self.text, self.finish = card, "", None
        usage: Usage | None = None
        failure: ChatModelFailure | None = None
        is_whole = False
        stream = self._services.models.open(card.name).stream(
            turns,
            system_instruction=instruction,
            deadline_seconds=self._ends_at - self._services.clock.monotonic(),
            max_output_tokens=most_output_tokens,
        )
        try:
            for chunk in stream:
                self.text += chunk.text
                self.finish = chunk.finish or self.finish
                usage = chunk.usage or usage
                if chunk.text:
                    yield self.text
            is_whole = True
        except ChatModelError as error:
            usage, failure = error.usage or usage, error.failure
            raise
        finally:
            broken_off = CallOutcome.BROKEN_OFF if self.text.strip() else CallOutcome.FAILED
            self.calls.append(
                self._call(
                    card,
                    usage or self._estimate(prompt_tokens, failure),
                    CallOutcome.COMPLETE if is_whole else broken_off,
                    estimated=usage is None,
                )
            )

    def _estimate(self, prompt_tokens: int, failure: ChatModelFailure | None) -> Usage:
        """What a call cost whose provider did not count."""
        if failure in _COST_NOTHING and not self.text:
            return NOTHING
        completion = estimate_tokens(self.text)
        return Usage(prompt_tokens, completion, prompt_tokens + completion)

    def _call(
        self, card: ModelCard, usage: Usage, outcome: CallOutcome, *, estimated: bool
    ) -> ModelCall:
        return ModelCall(
            model=card.name,
            purpose=self._purpose,
            outcome=outcome,
            usage=usage,
            cost_usd=self._services.prices.cost_usd(card, usage, at=self._services.clock.now()),
            estimated=estimated and usage != NOTHING,
        )

    def _note(self, card: ModelCard, error: ChatModelError) -> None:
        """Tell the owner, with the name of the variable where it is for them to mend."""
        self.failures[card.name] = error.failure
        failure, detail = error.failure, error.detail
        if failure in SET_UP_WRONGLY:
            log.error(
                "model_failed",
                model=card.name,
                failure=failure.value,
                detail=detail,
                variable=card.key or "none",
            )
        else:
            log.warning("model_failed", model=card.name, failure=failure.value, detail=detail)

    def _rest(
        self, cards: Sequence[ModelCard], error: ChatModelError, *, prompt_tokens: int
    ) -> None:
        """Have all instances leave these models alone for a while."""
        seconds, longest = RESTS_SECONDS[error.failure], LONGEST_REST_SECONDS
        if prompt_tokens > LARGE_PROMPT_TOKENS:
            seconds = min(seconds, LARGE_PROMPT_REST_SECONDS)
            longest = LONGEST_LARGE_PROMPT_REST_SECONDS
        advised = error.retry_after_seconds
        if advised is not None and 0 <= advised < float("inf"):
            seconds = min(max(advised, 1.0), longest)
        with recording("a model's rest"):
            for card in cards:
                self._services.chat.cool_model(
                    model=card.name, seconds=seconds, reason=error.failure.value
                )

    def _wait(self, error: ChatModelError, pauses: list[float], *, is_last: bool) -> float | None:
        """Seconds until this model is asked once more; None: it is not."""
        if error.failure not in BUSY or not pauses:
            return None
        if error.failure is ChatModelFailure.RATE_LIMITED and error.retry_after_seconds is None:
            return None
        if not is_last and error.failure is not ChatModelFailure.UNREACHABLE:
            return None
        pause = pauses.pop(0)
        if not is_last:
            pauses.clear()
        wait_seconds = max(pause, error.retry_after_seconds or 0.0)
        left = self._ends_at - self._services.clock.monotonic()
        return wait_seconds if wait_seconds + LEAST_ATTEMPT_SECONDS <= left else None


def _fails_alike(other: ModelCard, card: ModelCard, error: ChatModelError) -> bool:
    """Whether `other` would fail for the reason that `card` did: the same key, the same host."""
    same_host = host_of(other) == host_of(card)
    if error.failure is ChatModelFailure.BAD_KEY:
        return same_host and other.key == card.key
    return same_host and error.failure is ChatModelFailure.UNREACHABLE


def whole_text(
    calling: Calling,
    turns: Sequence[Turn],
    *,
    instruction: str,
    prompt_tokens: int,
    most_output_tokens: int,
) -> str:
    """An answer that nobody watches growing. Raises ChatModelError for any that is not whole."""
    with closing(
        calling.stream(
            turns,
            instruction=instruction,
            prompt_tokens=prompt_tokens,
            most_output_tokens=most_output_tokens,
        )
    ) as growing:
        for _ in growing:
            pass
    if not calling.text.strip():
        raise ChatModelError(ChatModelFailure.EMPTY, "nothing but white space")
    return calling.text
