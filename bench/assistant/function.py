"""The deployed function, but for its models: theirs are the entries of `models.toml` beside this
file, and the one of OpenAI's shape is asked at a local address.

`bench/assistant/api/interactions.py` is what the host serves; nothing in lib knows of this.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from lib.bootstrap import Assembly, assemble, wire
from lib.interactions.dispatch import Dispatcher
from lib.logs import LogOutput, configure_logs
from lib.ports import ChatModel, Clock, ModelCard, Provider
from lib.services.chat_models import ConfiguredModels
from lib.services.clock import SYSTEM_CLOCK
from lib.services.openai_compatible import OpenAICompatibleChatModel
from lib.services.process_meter import ProcessMeter
from lib.services.shared_tls import SharedTls
from lib.settings import Settings
from lib.web.front import SWITCH_SECONDS, Front

MODELS: Final = Path(__file__).with_name("models.toml")
ROOT: Final = Path(__file__).parent
"""The folder whose `api/` has the function."""
OPENAI_URL_VARIABLE: Final = "BENCH_OPENAI_URL"


class LocalModels:
    """`ChatModels` whose OpenAI is elsewhere, under OpenAI's own prices: `api_base` would make it
    somebody else's, whose prices nobody knows.
    """

    def __init__(self, settings: Settings, clock: Clock, *, openai_url: str) -> None:
        self._configured = ConfiguredModels(settings, clock, file=MODELS)
        self._settings = settings
        self._clock = clock
        self._openai_url = openai_url
        self._tls = SharedTls()

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        return self._configured.cards

    def open(self, name: str) -> ChatModel:
        card = next(card for card in self.cards if card.name == name)
        key = None if card.key is None else self._settings.api_key(card.key)
        if card.provider is not Provider.OPENAI or key is None:
            return self._configured.open(name)
        return OpenAICompatibleChatModel(
            api_key=key.reveal(),
            model=name,
            clock=self._clock,
            base_url=self._openai_url,
            tls=self._tls,
        )


def create_local_app() -> Front:
    """The application of the function."""
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings.from_env()
    output = configure_logs(
        level=settings.log_level,
        as_json=False,
        secrets=settings.secrets(),
        file=settings.log_file,
    )
    return Front(settings, SYSTEM_CLOCK, output, assemble=_assemble)


def _assemble(
    settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
) -> Assembly:
    services = assemble(settings, clock, dispatcher=dispatcher, output=output).services
    models = LocalModels(settings, clock, openai_url=os.environ[OPENAI_URL_VARIABLE])
    meter = ProcessMeter(lavalink_url=settings.lavalink_url)
    local = replace(services, models=models)
    return wire(local, dispatcher, meter, settings=settings, output=output)
