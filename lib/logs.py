"""The log: events with fields, one line each, and nothing secret in any of them.

`log = get_logger(__name__)`, then `log.info("answer_sent", command="ask", messages=2)`. In
production a line is JSON, elsewhere it is made for eyes, and a file may keep all of it. What an
owner should find in the database later is kept for `bot_logs`: warnings, errors, and the events in
RECORDED. Redaction stands in the formatter, the last place before an output, so that a traceback
passes through it as well.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TextIO

REDACTED = "***"
RECORDED: Final = frozenset(
    {
        "answer_resumed",
        "log_level_set",
        "memory_collected",
        "old_rows_deleted",
        "stats_rolled_up",
        "user_data_deleted",
    }
)
"""The INFO events that are kept for `bot_logs`."""
MOST_KEPT: Final = 200
LONGEST_KEPT: Final = 2000
_FILE_BYTES: Final = 2_000_000
_ROOT = "halley"
# urllib3 warns of a strange answer with the whole address, and that may hold a token.
_LIBRARIES = ("urllib3", "discord")

# What must not appear even when it is nobody's setting: interaction tokens in webhook addresses,
# bearer values, Discord bot tokens, Google and Supabase keys, and JWTs.
_TOKEN_SHAPES = re.compile(
    r"(?P<webhook>/(?:webhooks|interactions)/\d+/)[\w.\-]+"
    r"|(?P<bearer>\b(?:Bearer|Bot) )[\w.\-~+/=]+"
    r"|\bAIza[\w\-]{20,}"
    r"|\bsb_secret_[\w\-]+"
    r"|\beyJ[\w\-]+\.[\w\-]+\.[\w\-]+"
    r"|\baW50ZXJhY3Rpb246[\w\-=]+"  # an interaction token: base64 of "interaction:"
)


class Redactor:
    """Takes secrets out of text: the settings' own values, and whatever has a token's shape."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted(filter(None, secrets), key=len, reverse=True)
        self._known = re.compile("|".join(map(_pattern, known))) if known else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        return _TOKEN_SHAPES.sub(_keep_the_address, text)


def _pattern(secret: str) -> str:
    """Matches a secret as it is, and as it stands in JSON, in quotes, in both, or in an address."""
    return "".join(map(_character_pattern, secret))


def _character_pattern(character: str) -> str:
    if character.isalnum() or character in "-._~":
        return re.escape(character)
    encoded = f"(?i:%{ord(character):02X})"
    if character == "\\":
        return rf"(?:\\+|{encoded})"
    return rf"\\*(?:{re.escape(character)}|{encoded})"


def _keep_the_address(match: re.Match[str]) -> str:
    return (match["webhook"] or match["bearer"] or "") + REDACTED


class EventLogger:
    """A named logger whose calls take an event and its fields."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, **fields: object) -> None:
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """As the others; the traceback of `error`, if given, follows the line."""
        self._log(logging.ERROR, event, fields, error)

    def _log(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        error: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=error)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in the keys that log services look for."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return self._redact(json.dumps(entry, ensure_ascii=False, default=str))


class ReadableFormatter(logging.Formatter):
    """`12:30:01 WARNING  store_failed  operation=... code=...`, traceback below."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = f"{moment:%H:%M:%S} {record.levelname:<7}  {_event_and_fields(record)}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return self._redact(line)


def _event_and_fields(record: logging.LogRecord) -> str:
    fields = getattr(record, "fields", {})
    said = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"{record.getMessage()}  {said}".rstrip()


class KeptEvent(NamedTuple):
    """An event for `bot_logs`: its level in small letters, what it says, and when it was."""

    level: str
    message: str
    created_at: datetime


class _Keeper(logging.Handler):
    """Keeps the newest events for `bot_logs` until they are taken."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact
        self._events: deque[KeptEvent] = deque(maxlen=MOST_KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and record.getMessage() not in RECORDED:
            return
        message = _event_and_fields(record)
        if record.exc_info and record.exc_info[0] is not None:
            message += f"  error={record.exc_info[0].__name__}"
        self._events.append(
            KeptEvent(
                record.levelname.lower(),
                self._redact(message)[:LONGEST_KEPT],
                datetime.fromtimestamp(record.created, UTC),
            )
        )

    def take(self) -> list[KeptEvent]:
        self.acquire()  # which is what stands round `emit` as well
        try:
            taken, self._events = self._events, deque(maxlen=MOST_KEPT)
        finally:
            self.release()
        return list(taken)

    @property
    def has_events(self) -> bool:
        return bool(self._events)

    def put_back(self, events: Sequence[KeptEvent]) -> None:
        self.acquire()
        try:
            self._events = deque([*events, *self._events], maxlen=MOST_KEPT)
        finally:
            self.release()


class _Shown(logging.Filter):
    """Lets through what the console shows: from `level` on, or for a while from another."""

    def __init__(self, level: str, now: Callable[[], float]) -> None:
        super().__init__()
        self._level = self._wished = logging.getLevelNamesMapping()[level]
        self._now = now
        self._until = -math.inf

    def wish(self, level: str, *, seconds: float) -> None:
        self._wished = logging.getLevelNamesMapping()[level]
        self._until = self._now() + seconds

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= (self._wished if self._now() < self._until else self._level)


class LogOutput:
    """What the log goes to, once it is set up."""

    def __init__(self, shown: _Shown, keeper: _Keeper, level: str) -> None:
        self._shown = shown
        self._keeper = keeper
        self._level = level

    @property
    def has_events(self) -> bool:
        """Whether there are any for `bot_logs`."""
        return self._keeper.has_events

    def take_events(self) -> list[KeptEvent]:
        """The events for `bot_logs` that came since the last call, the oldest first."""
        return self._keeper.take()

    def put_events_back(self, events: Sequence[KeptEvent]) -> None:
        """Keep what was taken and could not be written. Of too many the oldest go."""
        self._keeper.put_back(events)

    def show_from(self, level: str | None, *, seconds: float = math.inf) -> None:
        """Show events from `level` on for so long; None: from where the settings say."""
        self._shown.wish(level or self._level, seconds=seconds)
        logger = logging.getLogger(_ROOT)
        logger.setLevel(min(logger.level, logging.getLevelNamesMapping()[level or self._level]))


def get_logger(name: str) -> EventLogger:
    """The logger of a module: `get_logger(__name__)`."""
    return EventLogger(logging.getLogger(f"{_ROOT}.{name.removeprefix('lib.')}"))


def configure_logs(
    *,
    level: str,
    as_json: bool,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    file: str | None = None,
    now: Callable[[], float] = time.time,
) -> LogOutput:
    """Send Halley's events from `level` on to `stream` (standard error if not given), and all of
    them to `file`, if there is one. Calling it again replaces the former set-up; the loggers of
    libraries that may name a secret go the same way. `now` is the time in seconds by which a level
    for a while ends: the time of day, since a frozen function's own clocks may stand still.
    """
    redact = Redactor(secrets)
    console = logging.StreamHandler(stream or sys.stderr)
    console.setFormatter(JsonFormatter(redact) if as_json else ReadableFormatter(redact))
    shown = _Shown(level, now)
    console.addFilter(shown)
    keeper = _Keeper(redact)
    handlers: list[logging.Handler] = [console, keeper]
    # What is kept may be less than what is shown.
    lowest = min(logging.getLevelNamesMapping()[level], logging.INFO)
    if file is not None:
        handlers.append(_rotating_file(file, redact))
        lowest = logging.DEBUG
    for name in (_ROOT, *_LIBRARIES):
        logger = logging.getLogger(name)
        for former in logger.handlers:
            former.close()
        logger.handlers = list(handlers)
        logger.propagate = False
    logging.getLogger(_ROOT).setLevel(lowest)
    return LogOutput(shown, keeper, level)


def _rotating_file(path: str, redact: Redactor) -> logging.Handler:
    # Loaded where there is a file, which is never before Discord is answered by a cold function.
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(
        path, maxBytes=_FILE_BYTES, backupCount=3, encoding="utf-8", delay=True
    )
    handler.setFormatter(ReadableFormatter(redact))
    return handler
