"""What endpoints of OpenAI's shape send, and the ways in which it may arrive or not.

Shapes from https://platform.openai.com/docs/api-reference/chat-streaming and
https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.servers.streaming import (
    Answer,
    Ending,
    JsonObject,
    dripping,
    event,
    moved_to,
    page,
    raw,
    refused,
)

__all__ = [
    "DONE",
    "Answer",
    "Ending",
    "JsonObject",
    "chunk",
    "counted",
    "counting",
    "counts",
    "dripping",
    "error",
    "event",
    "greeting",
    "moved_to",
    "page",
    "raw",
    "refused",
    "streamed",
]

DONE: Final = b"data: [DONE]\n\n"


# --- bodies ----------------------------------------------------------------------------------


def chunk(
    text: str | None = None,
    *,
    thought: str | None = None,
    refusal: str | None = None,
    finish: str | None = None,
) -> JsonObject:
    """One chat.completion.chunk of a stream."""
    delta: dict[str, object] = {}
    if text is not None:
        delta["content"] = text
    if thought is not None:
        delta["reasoning_content"] = thought
    if refusal is not None:
        delta["refusal"] = refusal
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**_FRAME, "choices": [choice], "usage": None}


def counting(usage: JsonObject) -> JsonObject:
    """The chunk that comes last, where the counts were asked for."""
    return {**_FRAME, "choices": [], "usage": usage}


def counts(
    *, prompt: int, completion: int = 0, reasoning: int = 0, cached: int = 0, audio: int = 0
) -> JsonObject:
    """A CompletionUsage. `reasoning` is a part of `completion`, the last two are of `prompt`."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": audio},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def error(
    message: str, *, kind: str | None = None, code: object = None, param: str | None = None
) -> JsonObject:
    """OpenAI's error body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


_FRAME: Final[JsonObject] = {
    "id": "chatcmpl-x",
    "object": "chat.completion.chunk",
    "created": 1_790_000_000,
    "model": "gpt-x",
    "system_fingerprint": "fp_x",
}


# --- answers ---------------------------------------------------------------------------------


def streamed(
    *chunks: JsonObject, pause_seconds: float = 0.0, ending: Ending = Ending.ORDERLY
) -> Answer:
    """A 200 with one server-sent event a chunk; an orderly one says in the end that it is done."""
    pieces: Sequence[bytes] = [*map(event, chunks), *([DONE] if ending is Ending.ORDERLY else [])]
    return raw(*pieces, pause_seconds=pause_seconds, ending=ending)


def counted(
    *pieces: str,
    prompt: int,
    completion: int,
    reasoning: int = 0,
    pause_seconds: float = 0.0,
) -> Answer:
    """A good answer in these pieces, with the counts of the whole behind it."""
    usage = counts(prompt=prompt, completion=completion, reasoning=reasoning)
    return streamed(
        *map(chunk, pieces), chunk(finish="stop"), counting(usage), pause_seconds=pause_seconds
    )


def greeting() -> Answer:
    """A good answer, in pieces, with thoughts in front as some servers show them."""
    return streamed(
        chunk(""),
        chunk(thought="They greet me."),
        chunk("Hello"),
        chunk(" there!"),
        chunk(finish="stop"),
        counting(counts(prompt=12, completion=28, reasoning=25)),
    )
