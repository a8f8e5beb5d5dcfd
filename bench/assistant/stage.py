"""Where the assistant is measured: the deployed functions in one process, over a Supabase of the
benchmark's own, with a local Discord and local models around them.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import psycopg
from psycopg.rows import args_row

from bench.assistant.discord import Answered, Question
from bench.assistant.function import OPENAI_URL_VARIABLE, ROOT
from bench.assistant.provider import OPENAI_PATH, ModelServer, Play
from bench.orders import RunningOrders
from bench.queues.stage import own_supabase
from dev.chaos.functions import Functions
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.function_process import function_environment
from dev.local_supabase import LocalSupabase, served
from dev.ports import HOST, listen_near, port_of
from dev.processes import Process, plain_environment
from dev.simulator.world import GUILD_ID, OWNER_ID

T = TypeVar("T")

DISCORD: Final = "bench.assistant.discord"
FIRST_USER: Final = 1190000000000000000
PAUSE_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 120.0
_NO_LIMITS: Final = """
update public.quotas
  set answers_a_day = 1000000, tokens_a_day = 1000000000000, budget_usd_a_month = 1000000
"""
_OPEN: Final = "select 1 from public.command_queue where status in ('pending', 'processing')"
_LET_GO: Final = "delete from public.cooldowns; delete from public.model_cooldowns"
_PREFER: Final = """
insert into public.guild_settings (guild_id, model) values (%s, %s)
  on conflict (guild_id) do update set model = excluded.model
"""
_CLEAR: Final = """
delete from public.gemini_usage;
delete from public.conversations;
delete from public.command_queue
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """All of it, running."""

    models: ModelServer
    discord: RunningOrders
    supabase: LocalSupabase
    functions: Process
    log: Path

    async def ask(self, questions: Sequence[Question], *, at_once: int) -> list[Answered]:
        """Have them asked, so many at once; returns when all have been answered."""
        answers = await asyncio.to_thread(self.discord.ask, "ask", _lines(questions), at_once)
        return [Answered(**answer) for answer in answers]

    async def ask_in_turn(
        self, askers: Sequence[Sequence[Question]], *, seconds: float
    ) -> list[Answered]:
        """Have each of the askers ask their questions, one every so many seconds at most."""
        wanted = [_lines(questions) for questions in askers]
        answers = await asyncio.to_thread(self.discord.ask, "ask_in_turn", wanted, seconds)
        return [Answered(**answer) for answer in answers]

    async def rest(self) -> None:
        """Wait until all is noted that the answers have left to be done, and let users and models
        cool down: by SQL, as nobody is to be waited for.
        """
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while await self.read(_OPEN, int):
                    await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError:
            raise StackError(f"An answer's row did not end in {LONGEST_SECONDS:.0f} s.") from None
        await self.do(_LET_GO)

    async def prefer(self, model: str) -> None:
        """Have this model answer in the guild, if it is free."""
        await self.do(_PREFER, (GUILD_ID, model))

    async def clear(self) -> None:
        """Forget everything that was said and counted."""
        await self.rest()
        await self.do(_CLEAR)
        self.models.served.clear()

    async def read(self, query: str, row: Callable[..., T]) -> list[T]:
        """The rows, each made by `row` of its columns in their order."""
        async with await psycopg.AsyncConnection.connect(self._database) as connection:
            cursor = connection.cursor(row_factory=args_row(row))
            return await (await cursor.execute(query.encode())).fetchall()

    def rss_mb(self) -> float:
        """What the functions' process has of the memory now, as the system counts it."""
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.functions.pid)],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(told.stdout) / 1024

    def require_no_violations(self) -> None:
        """Raises StackError if anything was sent that Discord refuses."""
        if violations := self.discord.ask("violations"):
            raise StackError("Discord was sent what it refuses.", violations[:5])

    @property
    def _database(self) -> str:
        return self.supabase.postgres.socket_url()

    async def do(self, statements: str, values: Sequence[str] | None = None) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._database, autocommit=True
        ) as connection:
            await connection.execute(statements.encode(), values)


@asynccontextmanager
async def staged(checkout: Checkout, play: Play, *, console: Console) -> AsyncIterator[Stage]:
    """A fresh one while the body runs; `play` is what the models do at first."""
    async with AsyncExitStack() as stack:
        supabase = await stack.enter_async_context(own_supabase(checkout, console=console))
        models = ModelServer(play)
        listener = listen_near(0, name="the models", console=console)
        stack.callback(listener.close)
        await stack.enter_async_context(served(models.app(), listener))
        discord = stack.enter_context(
            RunningOrders(
                [sys.executable, "-m", DISCORD], cwd=checkout.root, environment=plain_environment()
            )
        )
        keys = supabase.keys
        api_url = await asyncio.to_thread(
            discord.ask, "open", keys.application_id, keys.bot_token, keys.signing_key
        )
        functions_listener = listen_near(0, name="the functions host", console=console)
        stack.callback(functions_listener.close)
        models_url = f"http://{HOST}:{port_of(listener)}"
        logs = supabase.postgres.log.parent
        functions = Functions(
            checkout=checkout.root,
            root=ROOT,
            environment=function_environment(
                keys,
                settings={
                    **plain_environment(),
                    "LOG_LEVEL": "WARNING",
                    "GEMINI_API_KEY": "a-key-for-the-local-gemini",
                    "GEMINI_BASE_URL": models_url,
                    "OPENAI_API_KEY": "a-key-for-the-local-openai",
                    OPENAI_URL_VARIABLE: models_url + OPENAI_PATH,
                },
                discord_api_url=api_url,
                owner_id=OWNER_ID,
                supabase={
                    "SUPABASE_URL": supabase.url,
                    "SUPABASE_SECRET_KEY": keys.secret_key,
                },
                log_file=logs / "debug.log",
            ),
            log=logs / "functions.log",
            listener=functions_listener,
        )
        process = await stack.enter_async_context(functions.running())
        discord.ask("direct", functions.url)
        made = Stage(models, discord, supabase, process, functions.log)
        await made.do(_NO_LIMITS)
        yield made


def _lines(questions: Sequence[Question]) -> list[list[object]]:
    return [[question.number, question.user_id, question.text] for question in questions]


def user(number: int) -> str:
    """The id of somebody."""
    return str(FIRST_USER + number)
