"""Interactions on their way to the bot: signed, posted over real HTTP, and their answer judged."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from dev.simulator.errors import DiscordError, JsonObject
from dev.simulator.interactions import FailureReason, Interaction
from dev.simulator.message_bodies import CallbackType
from dev.simulator.simulator import Simulator
from dev.simulator.traces import AcknowledgedBy

USER_AGENT = "Discord-Interactions/1.0 (+https://discord.com)"
LATE_ANSWER_SECONDS = 15 * 60
DEFERRALS = (CallbackType.DEFERRED_MESSAGE, CallbackType.DEFERRED_UPDATE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot's HTTP server sent back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        kind = self.headers.get("Content-Type", "")
        return kind.partition(";")[0].strip().lower() == "application/json"

    def shown(self) -> object:
        """The body for people: parsed where it is JSON, text otherwise."""
        text = self.body.decode(errors="replace")
        try:
            return json.loads(text)
        except ValueError:
            return text


class BadAnswerError(Exception):
    """The HTTP answer is none that Discord takes; the message says why."""


class Delivery:
    """Posts interactions with one HTTP session, which its owner closes."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self._simulator = simulator
        self._session = session

    async def post(self, payload: JsonObject, *, wrongly: bool = False) -> Answer:
        """Signs a payload, posts it and waits for the whole answer. `wrongly` spoils the signature.

        Raises aiohttp.ClientError when the bot is not reached.
        """
        body, headers = self._signed(payload, wrongly=wrongly)
        return await self._exchange(body, headers)

    async def deliver(self, interaction: Interaction) -> None:
        """Takes one interaction from its post to its acknowledgement or failure."""
        simulator = self._simulator
        body, headers = self._signed(interaction.payload, wrongly=simulator.switches.sign_wrongly)
        trace = simulator.start_trace(interaction, headers=headers)
        exchange = asyncio.ensure_future(self._exchange(body, headers))
        try:
            answer = await self._first_answer(interaction, exchange)
            if answer is None:
                trace.note = "no answer within 3 s"
                simulator.interactions.fail(
                    interaction, reason=FailureReason.NO_RESPONSE, detail=trace.note
                )
                return
            trace.responded_ms = trace.since_start(simulator.clock())
            trace.status, trace.response_headers = answer.status, answer.headers
            trace.response = answer.shown()
            await self._take(interaction, answer)
        except aiohttp.ClientError as error:
            trace.note = f"not reached: {error}"
            simulator.interactions.fail(
                interaction, reason=FailureReason.UNREACHABLE, detail=trace.note
            )
        except BadAnswerError as error:
            trace.note = str(error)
            simulator.interactions.fail(
                interaction, reason=FailureReason.BAD_RESPONSE, detail=trace.note
            )
        finally:
            exchange.cancel()
            simulator.publish_trace(trace)

    def _signed(self, payload: JsonObject, *, wrongly: bool) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        seconds = int(self._simulator.clock().timestamp())
        signature = self._simulator.signer.headers(body, timestamp=seconds, wrongly=wrongly)
        return body, {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **signature,
        }

    async def _exchange(self, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._session.post(
            self._simulator.interactions_url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=LATE_ANSWER_SECONDS),
        ) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def _first_answer(
        self, interaction: Interaction, exchange: asyncio.Future[Answer]
    ) -> Answer | None:
        """The HTTP answer; None when 3 s went by without it and without a callback by REST.

        A bot that posted its callback may answer the request itself much later.
        """
        await asyncio.wait({exchange}, timeout=self._simulator.config.first_response_seconds)
        if not exchange.done() and interaction.acknowledged is None:
            return None
        return await exchange

    async def _take(self, interaction: Interaction, answer: Answer) -> None:
        if answer.status == HTTPStatus.ACCEPTED and not answer.body:
            if interaction.acknowledged is None:
                raise BadAnswerError("202 without a callback posted before it")
            return
        if answer.status != HTTPStatus.OK:
            raise BadAnswerError(f"status {answer.status}")
        if not answer.is_json:
            raise BadAnswerError("the Content-Type is not application/json")
        body = answer.shown()
        if not isinstance(body, dict):
            raise BadAnswerError("the body is no JSON object")
        if body.get("type") in DEFERRALS:
            await asyncio.sleep(self._simulator.switches.delay_deferrals_seconds)
        try:
            self._simulator.acknowledge(interaction, body, by=AcknowledgedBy.HTTP)
        except DiscordError as error:
            raise BadAnswerError(str(error)) from error
