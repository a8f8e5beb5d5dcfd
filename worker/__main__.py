"""`python -m worker`: runs until it is told to end (SIGTERM, Ctrl-C).

Its exit status tells a supervisor whether starting it again makes sense: see worker.connection.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from lib.logs import LogOutput, configure_logs, get_logger
from lib.settings import Environment, Secret, Settings, SettingsError
from worker.connection import Status
from worker.punctuality import go_first
from worker.service import Worker

log = get_logger(__name__)


def main() -> Status:
    """Read the settings and run."""
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return Status.CONFIG
    output = configure_logs(
        level=settings.log_level,
        as_json=settings.environment is Environment.PRODUCTION,
        secrets=settings.secrets(),
        file=settings.log_file,
    )
    token, url, key = settings.discord_bot_token, settings.supabase_url, settings.supabase_key
    if token is None or url is None or key is None:
        missing = [
            name
            for name, value in (
                ("DISCORD_BOT_TOKEN", token),
                ("SUPABASE_URL", url),
                ("SUPABASE_SECRET_KEY", key),
            )
            if value is None
        ]
        log.error("worker_not_started", hint=f"{' and '.join(missing)}: not set")
        return Status.CONFIG
    go_first()
    return asyncio.run(_run(settings, output, token=token, url=url, key=key))


async def _run(
    settings: Settings, output: LogOutput, *, token: Secret, url: str, key: Secret
) -> Status:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    return await Worker(settings, output, token=token, url=url, key=key).run(stop)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # Threads may still wait for a database that is away; nobody waits for what they would say.
    os._exit(status)
