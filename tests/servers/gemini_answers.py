"""What Gemini sends: bodies in its shapes, and the ways in which they may arrive or not.

Shapes from https://ai.google.dev/api/generate-content and
https://ai.google.dev/gemini-api/docs/troubleshooting.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    "Answer",
    "Ending",
    "JsonObject",
    "blocked_prompt",
    "counted",
    "counts",
    "dripping",
    "error",
    "error_info",
    "event",
    "greeting",
    "moved_to",
    "page",
    "raw",
    "refused",
    "response",
    "retry_info",
    "streamed",
]

# --- bodies ----------------------------------------------------------------------------------


def response(
    text: str | None = None,
    *,
    thought: str | None = None,
    finish: str | None = None,
    usage: JsonObject | None = None,
) -> JsonObject:
    """One GenerateContentResponse of a stream."""
    parts: list[JsonObject] = []
    if thought is not None:
        parts.append({"text": thought, "thought": True})
    if text is not None:
        parts.append({"text": text})
    candidate: dict[str, object] = {"index": 0}
    if parts:
        candidate["content"] = {"parts": parts, "role": "model"}
    if finish is not None:
        candidate["finishReason"] = finish
    found: dict[str, object] = {"candidates": [candidate], "responseId": "r"}
    if usage is not None:
        found["usageMetadata"] = usage
    return found


def counts(
    *,
    prompt: int,
    candidates: int = 0,
    thoughts: int = 0,
    tool_prompt: int = 0,
    cached: int = 0,
    audio: int = 0,
) -> JsonObject:
    """A usageMetadata; as with Gemini, a count of zero is left out.

    `cached` and `audio` are parts of `prompt`.
    """
    named: dict[str, object] = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "toolUsePromptTokenCount": tool_prompt,
        "cachedContentTokenCount": cached,
        "totalTokenCount": prompt + candidates + thoughts + tool_prompt,
    }
    if audio:
        named["promptTokensDetails"] = [
            {"modality": "TEXT", "tokenCount": prompt - audio},
            {"modality": "AUDIO", "tokenCount": audio},
        ]
    return {name: count for name, count in named.items() if count}


def blocked_prompt(reason: str, *, usage: JsonObject | None = None) -> JsonObject:
    """The GenerateContentResponse that stands instead of an answer."""
    found: dict[str, object] = {"promptFeedback": {"blockReason": reason}}
    if usage is not None:
        found["usageMetadata"] = usage
    return found


def error(
    code: int, status: str, message: str, *, details: Sequence[JsonObject] = ()
) -> JsonObject:
    """Google's error body."""
    told: dict[str, object] = {"code": code, "message": message, "status": status}
    if details:
        told["details"] = list(details)
    return {"error": told}


def retry_info(delay: str) -> JsonObject:
    """The detail of a 429 or 503 that says when to come back, such as "2.5s"."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def error_info(reason: str) -> JsonObject:
    """The detail that says by a constant what was wrong, such as "API_KEY_INVALID"."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
    }


# --- answers ---------------------------------------------------------------------------------


def streamed(
    *responses: JsonObject, pause_seconds: float = 0.0, ending: Ending = Ending.ORDERLY
) -> Answer:
    """A 200 with one server-sent event a response."""
    return raw(*map(event, responses), pause_seconds=pause_seconds, ending=ending)


def counted(
    *pieces: str,
    prompt: int,
    completion: int,
    thoughts: int = 0,
    pause_seconds: float = 0.0,
) -> Answer:
    """A good answer in these pieces; the last one says the counts of the whole."""
    *before, last = pieces
    usage = counts(prompt=prompt, candidates=completion, thoughts=thoughts)
    return streamed(
        *map(response, before),
        response(last, finish="STOP", usage=usage),
        pause_seconds=pause_seconds,
    )


def greeting() -> Answer:
    """A good answer, in pieces, with thoughts in front as a thinking model has them."""
    return streamed(
        response(thought="They greet me.", usage=counts(prompt=12, thoughts=25)),
        response("Hello", usage=counts(prompt=12, thoughts=25, candidates=1)),
        response(" there!", finish="STOP", usage=counts(prompt=12, thoughts=25, candidates=3)),
    )
