"""What Gemini sends: bodies in its shapes, and the ways in which they may arrive or not.

Shapes from https://ai.google.dev/api/generate-content and
https://ai.google.dev/gemini-api/docs/troubleshooting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

JsonObject = Mapping[str, object]


class Ending(Enum):
    """How the server leaves an answer."""

    ORDERLY = auto()
    CUT = auto()  # closes the connection in the middle of the body
    RESET = auto()  # the same with a TCP reset
    STALLED = auto()  # keeps the connection open and says nothing more


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends: the pieces of the body, with a pause before each of them."""

    status: int
    content_type: str
    pieces: Sequence[bytes]
    pause_seconds: float = 0.0
    ending: Ending = Ending.ORDERLY


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
    *, prompt: int, candidates: int = 0, thoughts: int = 0, tool_prompt: int = 0
) -> JsonObject:
    """A usageMetadata; as with Gemini, a count of zero is left out."""
    named = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "toolUsePromptTokenCount": tool_prompt,
        "totalTokenCount": prompt + candidates + thoughts + tool_prompt,
    }
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


def event(body: JsonObject) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(body)}\r\n\r\n".encode()


def refused(body: JsonObject, *, code: int) -> Answer:
    """An error status with Google's error body."""
    return Answer(code, "application/json; charset=UTF-8", [json.dumps(body).encode()])


def page(html: str, *, code: int) -> Answer:
    """What a proxy or a load balancer says."""
    return Answer(code, "text/html; charset=UTF-8", [html.encode()])


def raw(*pieces: bytes, pause_seconds: float = 0.0, ending: Ending = Ending.ORDERLY) -> Answer:
    """A 200 that claims to be a stream of events and may be anything."""
    return Answer(HTTPStatus.OK, "text/event-stream", pieces, pause_seconds, ending)


def dripping(beginning: bytes = b"") -> Answer:
    """A stream that never gets anywhere: a blank now and then, for as long as anyone listens.

    Each comes well within the time that a single read may take.
    """
    blanks = [b" "] * 1000
    return raw(beginning + b"data: ", *blanks, pause_seconds=0.02)


def greeting() -> Answer:
    """A good answer, in pieces, with thoughts in front as a thinking model has them."""
    return streamed(
        response(thought="They greet me.", usage=counts(prompt=12, thoughts=25)),
        response("Hello", usage=counts(prompt=12, thoughts=25, candidates=1)),
        response(" there!", finish="STOP", usage=counts(prompt=12, thoughts=25, candidates=3)),
    )
