"""The model that answers where there is no key: it knows nothing, and says so."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from lib.chat.quoting import without_quoted
from lib.chat.tokens import JAPANESE_CHARACTER, estimate_media, estimate_tokens
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Clock,
    CompletionChunk,
    FinishReason,
    Role,
    Turn,
    Usage,
)
from lib.services.offline_texts import ENGLISH, JAPANESE, OfflineTexts
from lib.services.turns import require_users_last_turn

_WANTS_MUCH: Final = re.compile(r"\blong\b|長[いくめ]", re.IGNORECASE)
_WANTS_VERY_MUCH: Final = re.compile(r"\bvery long\b|(とても|すごく)長", re.IGNORECASE)
_WANTS_LESS: Final = re.compile(
    r"\bshort(er|ly)?\b|\bbrief(ly)?\b|\bfewer words\b|短[いくめ]|簡潔", re.IGNORECASE
)
_WANTS_THE_REST: Final = re.compile(
    r"\b(continue|carry on|go on|keep going)\b|続き|続け", re.IGNORECASE
)
_LONGEST_QUOTE: Final = 200
_PIECES: Final = 20
_PAUSE_SECONDS: Final = 0.125
# Japanese has no spaces to cut at, so each of its characters is a word here.
_WORD: Final = re.compile(r"(?:[!-~]+|\S)\s*|\s+")
# When Halley's comet came, up to the visit that Halley saw: a list that is long by nature.
# https://en.wikipedia.org/wiki/Halley%27s_Comet
_EARLY_VISITS: Final = (66, 141, 218, 295)
_VISITS: Final = (
    *(374, 451, 530, 607, 684, 760, 837, 912, 989),
    *(1066, 1145, 1222, 1301, 1378, 1456, 1531, 1607, 1682),
)


class OfflineChatModel:
    """A `ChatModel` that needs no key and no network, for trying everything around the answer.

    The same conversation always gets the same answer, in Japanese if its last turn holds Japanese
    characters, else in English. A prompt with the word "long" (or 長い, 長く, 長め) gets more than
    fits into two of Discord's messages, so that one sees how a long answer is split; with "very
    long" (とても長い) it gets more than fits into three, and with it a file. One that asks for
    something short gets that, and one that asks to go on gets the rest of an answer that was cut.
    It remembers nothing, but says which turn of the conversation this is and which files came
    along, so that one sees what reaches a model.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    @property
    def model(self) -> str:
        return "offline"

    def measure_ping_ms(self) -> int:
        return 0

    def stream(
        self,
        turns: Sequence[Turn],
        *,
        system_instruction: str,
        deadline_seconds: float,
        max_output_tokens: int,
    ) -> Iterator[CompletionChunk]:
        require_users_last_turn(turns)
        answer = _answer(turns)
        said = _at_most(max_output_tokens, answer)
        ends_at = self._clock.monotonic() + deadline_seconds
        for piece in _pieces(said):
            if self._clock.monotonic() + _PAUSE_SECONDS > ends_at:
                raise ChatModelError(ChatModelFailure.TIMED_OUT, "out of time (offline)")
            self._clock.sleep(_PAUSE_SECONDS)
            yield CompletionChunk(text=piece)
        prompt_tokens = _prompt_tokens(system_instruction, turns)
        completion_tokens = estimate_tokens(said)
        usage = Usage(prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)
        if not said:
            raise ChatModelError(ChatModelFailure.CUT_OFF, "no room (offline)", usage=usage)
        finish = FinishReason.STOP if said == answer else FinishReason.MAX_TOKENS
        yield CompletionChunk(usage=usage, finish=finish)


def _answer(turns: Sequence[Turn]) -> str:
    *earlier, asked = turns
    text = without_quoted(asked.text).strip()  # what others said is no wish of whoever asks
    goes_on = bool(earlier and _WANTS_THE_REST.search(text))
    is_brief = _WANTS_LESS.search(text) is not None
    # Such a wish may be a button's, which speaks its presser's language, not the conversation's.
    spoken = earlier[-1].text if earlier and (goes_on or is_brief) else ""
    texts = JAPANESE if JAPANESE_CHARACTER.search(spoken or text) else ENGLISH
    if goes_on:
        return _rest(earlier) or texts.nothing_left
    notes = [texts.unseen.format(names=_names(asked))] if asked.media else []
    if earlier:
        number = sum(turn.role is Role.USER for turn in turns)
        notes.append(texts.turn.format(number=number))
    if is_brief:
        return "\n\n".join([texts.in_short, *notes])
    middle = _middle(text, texts)
    you_asked = f"{texts.you_asked}\n> {_quote(text)}"
    return "\n\n".join([texts.opening, you_asked, *notes, middle, texts.closing])


def _rest(turns: Sequence[Turn]) -> str:
    """What is left of the answer that `turns` end with, if it was cut."""
    *before, last = turns
    if last.role is not Role.MODEL or not before or before[-1].role is not Role.USER:
        return ""
    whole, said = _answer(before), last.text.rstrip()
    return whole[len(said) :].lstrip() if whole.startswith(said) else ""


def _names(turn: Turn) -> str:
    """Of the files that came along, each as code, which no name of a file gets out of."""
    return ", ".join(f"`{_quote(media.name).replace('`', '')}`" for media in turn.media)


def _at_most(tokens: int, text: str) -> str:
    """The beginning of `text` that has no more tokens than that, up to the end of a word."""
    if estimate_tokens(text) <= tokens:
        return text
    ends = [word.end() for word in _WORD.finditer(text)]
    fitting = bisect_right(ends, tokens, key=lambda end: estimate_tokens(text[:end]))
    return text[: ends[fitting - 1]] if fitting else ""


def _prompt_tokens(system_instruction: str, turns: Sequence[Turn]) -> int:
    text = estimate_tokens(system_instruction + "".join(turn.text for turn in turns))
    files = [media for turn in turns for media in turn.media]
    return text + sum(estimate_media(media.kind, len(media.content)) for media in files)


def _quote(prompt: str) -> str:
    """The prompt on one line, cut to a bound; a code fence in it would swallow what follows."""
    line = " ".join(prompt.split()).replace("```", "'''")
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _middle(prompt: str, texts: OfflineTexts) -> str:
    if _WANTS_VERY_MUCH.search(prompt):
        visits = _sections(texts, (*_EARLY_VISITS, *_VISITS))
        return "\n\n".join([texts.short_middle, texts.long_opening, *visits])
    if _WANTS_MUCH.search(prompt):
        return "\n\n".join([texts.long_opening, *_sections(texts, _VISITS)])
    return texts.short_middle


def _sections(texts: OfflineTexts, visits: Sequence[int]) -> list[str]:
    return [
        texts.section.format(year=year, gap=year - earlier, earlier=earlier)
        for earlier, year in pairwise(visits)
    ]


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
