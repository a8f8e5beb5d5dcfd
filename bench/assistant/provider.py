"""The models' side: a local server that streams as Gemini and as OpenAI do, and keeps the count.

Whatever it is asked, it does as a script says, and it writes down what it told of tokens: that is
what the account of the assistant is held against.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from dev.errors import StackError

OPENAI_PATH: Final = "/v1"
Json = Mapping[str, Any]


class Ending(StrEnum):
    """What comes of a request."""

    WHOLE = "whole"
    BROKEN_OFF = "broken off"
    BUSY = "busy"
    OVERLOADED = "overloaded"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a provider says that a call has cost; thinking is a part of completion."""

    prompt: int
    completion: int
    thinking: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one request gets: the text in pieces, with a pause before each of them.

    One that is broken off ends before the last piece. `rest_seconds` is what a busy one advises.
    """

    pieces: Sequence[str] = ()
    prompt: int = 100
    tokens_a_piece: int = 5
    thinking: int = 0
    pause_seconds: float = 0.0
    ending: Ending = Ending.WHOLE
    rest_seconds: float | None = None

    @property
    def sent(self) -> Sequence[str]:
        return self.pieces if self.ending is Ending.WHOLE else self.pieces[:-1]

    def counts_after(self, pieces: int) -> Counts:
        return Counts(self.prompt, self.thinking + pieces * self.tokens_a_piece, self.thinking)


@dataclass(slots=True)
class Served:
    """One request, what was told of it (None: nothing), and when its first and its last piece
    left, in nanoseconds of the monotonic clock.
    """

    model: str
    question: str
    ending: Ending
    told: Counts | None = None
    first_ns: int = 0
    last_ns: int = 0


Play = Callable[[str, str], Script]
"""From the model and the question, the last thing that a user said, to what is done."""


@dataclass(slots=True)
class ModelServer:
    """`play` decides; `served` keeps every request in its order."""

    play: Play
    served: list[Served] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1beta/models/{model}:streamGenerateContent", self._as_gemini)
        app.router.add_post(f"{OPENAI_PATH}/chat/completions", self._as_openai)
        return app

    async def _as_gemini(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        question = asked["contents"][-1]["parts"][-1]["text"]
        served, script = self._begin(request.match_info["model"], question)
        if script.ending in _REFUSALS:
            return _refused_by_gemini(script)
        return await _play(request, script, _gemini_events(served, script))

    async def _as_openai(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if not asked.get("stream_options", {}).get("include_usage"):
            raise StackError("The counts of a stream were not asked for.")
        served, script = self._begin(asked["model"], _text_of(asked["messages"][-1]["content"]))
        if script.ending in _REFUSALS:
            return _refused_by_openai(script)
        return await _play(request, script, _openai_events(served, script))

    def _begin(self, model: str, question: str) -> tuple[Served, Script]:
        script = self.play(model, question)
        served = Served(model, question, script.ending)
        self.served.append(served)
        return served, script


_REFUSALS: Final = {
    Ending.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    Ending.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
}


async def _play(
    request: web.Request, script: Script, events: AsyncIterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    async for event in events:
        await response.write(event)
    if script.ending is Ending.BROKEN_OFF and request.transport is not None:
        # What was written still arrives; the end of the body does not.
        request.transport.close()
    return response


async def _pieces(served: Served, script: Script) -> AsyncIterator[tuple[int, str]]:
    for number, piece in enumerate(script.sent, start=1):
        if script.pause_seconds:
            await asyncio.sleep(script.pause_seconds)
        served.last_ns = time.monotonic_ns()
        served.first_ns = served.first_ns or served.last_ns
        yield number, piece


# --- Gemini: every event tells what it has cost so far -------------------------------------------


async def _gemini_events(served: Served, script: Script) -> AsyncIterator[bytes]:
    async for number, piece in _pieces(served, script):
        candidate: dict[str, object] = {
            "index": 0,
            "content": {"role": "model", "parts": [{"text": piece}]},
        }
        if number == len(script.pieces):
            candidate["finishReason"] = "STOP"
        served.told = counts = script.counts_after(number)
        usage = {
            "promptTokenCount": counts.prompt,
            "candidatesTokenCount": counts.completion - counts.thinking,
            "thoughtsTokenCount": counts.thinking,
            "totalTokenCount": counts.total,
        }
        yield _event({"candidates": [candidate], "usageMetadata": usage, "responseId": "r"})


def _refused_by_gemini(script: Script) -> web.Response:
    code = _REFUSALS[script.ending]
    status = "RESOURCE_EXHAUSTED" if script.ending is Ending.BUSY else "UNAVAILABLE"
    error: dict[str, object] = {"code": code, "status": status, "message": "Try again later."}
    if script.rest_seconds is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{script.rest_seconds}s"}]
    return web.json_response({"error": error}, status=code)


# --- OpenAI: the counts come last, if anything does ----------------------------------------------


async def _openai_events(served: Served, script: Script) -> AsyncIterator[bytes]:
    async for _, piece in _pieces(served, script):
        yield _event(_chunk({"content": piece}))
    if script.ending is not Ending.WHOLE:
        return
    yield _event(_chunk({}, finish="stop"))
    served.told = counts = script.counts_after(len(script.pieces))
    usage = {
        "prompt_tokens": counts.prompt,
        "completion_tokens": counts.completion,
        "total_tokens": counts.total,
        "completion_tokens_details": {"reasoning_tokens": counts.thinking},
    }
    yield _event({**_chunk({}), "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _chunk(delta: Json, *, finish: str | None = None) -> Json:
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _refused_by_openai(script: Script) -> web.Response:
    seconds = script.rest_seconds
    return web.json_response(
        {"error": {"message": "Try again later.", "type": "server_error", "code": None}},
        status=_REFUSALS[script.ending],
        headers={} if seconds is None else {"Retry-After": f"{seconds:g}"},
    )


def _text_of(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content)


def _event(body: Json) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()
