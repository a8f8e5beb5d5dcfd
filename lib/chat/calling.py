"""One answer of a model, whichever of the candidates gives it, and what each request cost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Final

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
it. Of the others only one that was not reached is asked again, once.
"""
LEAST_ATTEMPT_SECONDS: Final = 1.0
"""With less time than this no request is worth a wait."""
RESTS_SECONDS: Final = {ChatModelFailure.RATE_LIMITED: 60.0, ChatModelFailure.OVERLOADED: 15.0}
"""How long everybody leaves a model alone whose provider does not say how long."""
LONGEST_REST_SECONDS: Final = 3600.0
_AGAIN: Final = frozenset(
    {ChatModelFailure.RATE_LIMITED, ChatModelFailure.OVERLOADED, ChatModelFailure.UNREACHABLE}
)
_ANOTHER_MODEL: Final = _AGAIN | {ChatModelFailure.BAD_KEY, ChatModelFailure.UNKNOWN_MODEL}
_COST_NOTHING: Final = _ANOTHER_MODEL | {ChatModelFailure.REFUSED_REQUEST}
NOTHING: Final = Usage(0, 0, 0)


class Calling:
    """Asks the candidates, one after the other.

    `text` is what has come so far, `card` the model that it comes from, `finish` why it ended,
    `calls` every request that was made. `reserve` is asked before another model than the first is:
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
        for place, card in enumerate(self._cards):
            if place and not self._reserve(card):
                continue
            is_last = place == len(self._cards) - 1
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
                    self._rest(card, failed)
                    if self.text.strip() or failed.failure not in _ANOTHER_MODEL:
                        raise
                    wait_seconds = self._wait(failed, pauses, is_last=is_last)
                    if wait_seconds is None:
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

    def _rest(self, card: ModelCard, error: ChatModelError) -> None:
        """Have all instances leave a busy model alone."""
        log.warning(
            "model_failed", model=card.name, failure=error.failure.value, detail=error.detail
        )
        seconds = RESTS_SECONDS.get(error.failure)
        if seconds is None:
            return
        advised = error.retry_after_seconds
        if advised is not None and 0 <= advised < float("inf"):
            seconds = min(max(advised, 1.0), LONGEST_REST_SECONDS)
        with recording("a model's rest"):
            self._services.chat.cool_model(
                model=card.name, seconds=seconds, reason=error.failure.value
            )

    def _wait(self, error: ChatModelError, pauses: list[float], *, is_last: bool) -> float | None:
        """Seconds until this model is asked once more; None: it is not."""
        if error.failure not in _AGAIN or not pauses:
            return None
        if not is_last and error.failure is not ChatModelFailure.UNREACHABLE:
            return None
        pause = pauses.pop(0)
        if not is_last:
            pauses.clear()
        wait_seconds = max(pause, error.retry_after_seconds or 0.0)
        left = self._ends_at - self._services.clock.monotonic()
        return wait_seconds if wait_seconds + LEAST_ATTEMPT_SECONDS <= left else None


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
