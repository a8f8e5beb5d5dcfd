"""The model that answers where there is no key: it knows nothing, and says so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Clock,
    CompletionChunk,
    FinishReason,
    Turn,
    Usage,
)
from lib.services.offline_texts import ENGLISH, JAPANESE, OfflineTexts
from lib.services.turns import require_users_last_turn

_JAPANESE_CHARACTER: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]")
_WANTS_MUCH: Final = re.compile(r"\blong\b|長[いくめ]", re.IGNORECASE)
_LONGEST_QUOTE: Final = 200
_PIECES: Final = 20
_PAUSE_SECONDS: Final = 0.125
# Japanese has no spaces to cut at, so each of its characters is a word here.
_WORD: Final = re.compile(r"(?:[!-~]+|\S)\s*|\s+")
_CHARACTERS_PER_TOKEN: Final = 4
# When Halley's comet came, up to the visit that Halley saw: a list that is long by nature.
# https://en.wikipedia.org/wiki/Halley%27s_Comet
_VISITS: Final = (
    *(295, 374, 451, 530, 607, 684, 760, 837, 912, 989),
    *(1066, 1145, 1222, 1301, 1378, 1456, 1531, 1607, 1682),
)


class OfflineChatModel:
    """A `ChatModel` that needs no key and no network, for trying everything around the answer.

    The same prompt always gets the same answer, in Japanese if it holds Japanese characters, else
    in English. A prompt with the word "long" (or 長い, 長く, 長め) gets more than fits into two of
    Discord's messages, so that one sees how a long answer is split.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    @property
    def model(self) -> str:
        return "offline"

    def measure_ping_ms(self) -> int:
        return 0

    def stream(
        self, turns: Sequence[Turn], *, system_instruction: str, deadline_seconds: float
    ) -> Iterator[CompletionChunk]:
        prompt = require_users_last_turn(turns).text
        answer = _answer(prompt)
        ends_at = self._clock.monotonic() + deadline_seconds
        for piece in _pieces(answer):
            if self._clock.monotonic() + _PAUSE_SECONDS > ends_at:
                raise ChatModelError(ChatModelFailure.TIMED_OUT, "out of time (offline)")
            self._clock.sleep(_PAUSE_SECONDS)
            yield CompletionChunk(text=piece)
        prompt_tokens = _estimate_tokens(system_instruction, *(turn.text for turn in turns))
        completion_tokens = _estimate_tokens(answer)
        usage = Usage(prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)
        yield CompletionChunk(usage=usage, finish=FinishReason.STOP)


def _answer(prompt: str) -> str:
    texts = JAPANESE if _JAPANESE_CHARACTER.search(prompt) else ENGLISH
    middle = _long_middle(texts) if _WANTS_MUCH.search(prompt) else texts.short_middle
    return "\n\n".join(
        [texts.opening, f"{texts.you_asked}\n> {_quote(prompt)}", middle, texts.closing]
    )


def _quote(prompt: str) -> str:
    """The prompt on one line, cut to a bound; a code fence in it would swallow what follows."""
    line = " ".join(prompt.split()).replace("```", "'''")
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _long_middle(texts: OfflineTexts) -> str:
    sections = [
        texts.section.format(year=year, gap=year - earlier, earlier=earlier)
        for earlier, year in pairwise(_VISITS)
    ]
    return "\n\n".join([texts.long_opening, *sections])


def _pieces(text: str) -> Iterator[str]:
    """`text` in about twenty pieces that end where a word does."""
    least = math.ceil(len(text) / _PIECES)
    piece = ""
    for word in _WORD.findall(text):
        piece += word
        if len(piece) >= least:
            yield piece
            piece = ""
    if piece:
        yield piece


def _estimate_tokens(*texts: str) -> int:
    """An estimate, as there is no tokenizer here: one for each Japanese character, and one for
    every four of the others.
    """
    text = "".join(texts)
    japanese = len(_JAPANESE_CHARACTER.findall(text))
    return japanese + math.ceil((len(text) - japanese) / _CHARACTERS_PER_TOKEN)
