"""One run of everything that is measured of the assistant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.assistant.account import GEMINI, OPENAI, take_account
from bench.assistant.memory import measure_memory
from bench.assistant.report import Measured, Setting
from bench.assistant.stage import staged
from bench.assistant.timing import READERS, measure_acknowledgements, measure_streams, usual
from dev.checkout import Checkout
from dev.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured of each part. `memory_after`: when, in conversations."""

    quiet: int = 200
    crowded: int = 600
    streams: int = 64
    memory_after: Sequence[int] = (20, 100, 220)
    conversations: int = 100


SHORT = Extent(quiet=2, crowded=4, streams=2, memory_after=(1, 2), conversations=7)
SETTINGS = tuple(Setting(model, at_once) for model in (GEMINI, OPENAI) for at_once in (1, READERS))


async def measure_all(checkout: Checkout, extent: Extent, *, console: Console) -> Measured:
    """Raises StackError if a question is not answered, or something does not start.

    Memory is measured in a process of its own, which has done nothing else before.
    """
    async with staged(checkout, usual, console=console) as stage:
        with console.step("Acknowledgements", f"{extent.quiet} and {extent.crowded}"):
            acknowledged = await measure_acknowledgements(
                stage, quiet=extent.quiet, crowded=extent.crowded
            )
        streamed = {}
        for setting in SETTINGS:
            with console.step("Streams", f"{extent.streams}, {setting.title}"):
                streamed[setting] = await measure_streams(
                    stage, model=setting.model, count=extent.streams, at_once=setting.at_once
                )
        with console.step("Account", f"{extent.conversations} conversations"):
            account = await take_account(stage, conversations=extent.conversations)
        stage.require_no_violations()
    async with staged(checkout, usual, console=console) as stage:
        with console.step("Memory", f"{max(extent.memory_after)} conversations"):
            memory = await measure_memory(stage, after=extent.memory_after)
        stage.require_no_violations()
    return Measured(acknowledged=acknowledged, streamed=streamed, memory=memory, account=account)
