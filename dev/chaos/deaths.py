"""Functions that end themselves, as if killed, at a moment that was named before.

`dev/chaos/api/interactions.py` is the deployed function with its stores and its Discord wrapped:
nothing in lib knows of this. SIGKILL leaves a process no time for a last word, so it is the same
as an instance that is taken away there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, cast

from lib.bootstrap import Assembly, assemble, wire
from lib.interactions.dispatch import Dispatcher
from lib.logs import LogOutput, configure_logs
from lib.ports import ChatStore, Clock, DiscordAPI, Store
from lib.services.clock import SYSTEM_CLOCK
from lib.services.process_meter import ProcessMeter
from lib.settings import Settings
from lib.web.front import Front

DEATH_VARIABLE: Final = "CHAOS_DEATH"


class Death(StrEnum):
    """When the process dies, on the way of one deferred answer."""

    BEFORE_ROW = "before the row"
    AFTER_ROW = "after the row"
    MID_STREAM = "in mid-stream"
    UNREMEMBERED = "with a follow-up sent and not noted"
    BETWEEN_FOLLOW_UPS = "between follow-ups"
    BEFORE_NOTED = "before its cost is noted"
    AFTER_NOTED = "after its cost is noted"
    BEFORE_END = "before the row's end"
    AFTER_END = "after the row's end"


@dataclass(frozen=True, slots=True)
class Moment:
    """Before or after the so-manieth call of a port's method."""

    method: str
    is_before: bool
    call: int = 1


MOMENTS: Final = {
    Death.BEFORE_ROW: Moment("begin_command", is_before=True),
    Death.AFTER_ROW: Moment("begin_command", is_before=False),
    Death.MID_STREAM: Moment("edit_original", is_before=False, call=2),
    Death.UNREMEMBERED: Moment("create_follow_up", is_before=False),
    Death.BETWEEN_FOLLOW_UPS: Moment("create_follow_up", is_before=True, call=2),
    Death.BEFORE_NOTED: Moment("settle", is_before=True),
    Death.AFTER_NOTED: Moment("settle", is_before=False),
    Death.BEFORE_END: Moment("complete_command", is_before=True),
    Death.AFTER_END: Moment("complete_command", is_before=False),
}


class Doomed:
    """A port that passes everything on, and ends the process at one moment."""

    def __init__(self, inner: object, moment: Moment) -> None:
        self._inner = inner
        self._moment = moment
        self._calls = 0

    def __getattr__(self, name: str) -> object:
        attribute = getattr(self._inner, name)
        return self._counted(attribute) if name == self._moment.method else attribute

    def _counted(self, method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            self._calls += 1
            is_it = self._calls == self._moment.call
            if is_it and self._moment.is_before:
                die()
            result = method(*arguments, **named)
            if is_it:
                die()
            return result

        return call


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def create_doomed_app() -> Front:
    """The application of the function, which dies as the environment says."""
    settings = Settings.from_env()
    output = configure_logs(level=settings.log_level, as_json=False, secrets=settings.secrets())
    return Front(settings, SYSTEM_CLOCK, output, assemble=_assemble_doomed)


def _assemble_doomed(
    settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
) -> Assembly:
    services = assemble(settings, clock, dispatcher=dispatcher, output=output).services
    moment = MOMENTS[Death(os.environ[DEATH_VARIABLE])]
    doomed = replace(
        services,
        store=cast("Store", Doomed(services.store, moment)),
        discord=cast("DiscordAPI", Doomed(services.discord, moment)),
        chat=cast("ChatStore", Doomed(services.chat, moment)),
    )
    meter = ProcessMeter(lavalink_url=settings.lavalink_url)
    return wire(doomed, dispatcher, meter, settings=settings, output=output)
