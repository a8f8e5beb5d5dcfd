"""Brings what is seen in Discord into line with a reply: edits, further messages, removals.

A reply is the whole of what should be seen. Delivery compares it with what is there and sends the
difference, so that a stream of growing replies becomes edits, and a repeated run edits what the
first one sent instead of sending it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

from lib.interactions.command import Progress, Reply
from lib.interactions.response import File, Json, Message
from lib.logs import get_logger
from lib.ports import Clock, DiscordAPI, DiscordError, InteractionWebhook

log = get_logger(__name__)

SECONDS_BETWEEN_EDITS: Final = 1.0
"""Often enough to look alive, and well within what Discord lets one interaction do."""
_Shown = tuple[Json, tuple[File, ...]]


class Delivery:
    """The messages of one interaction: the original response first, then its follow-ups.

    `original_id` is the response's, where it is known before anything is shown; `follow_ups` are
    the ids of those an earlier run sent, and `remember` is told the ids each time there is a new
    one, before anything else happens.
    """

    def __init__(
        self,
        discord: DiscordAPI,
        clock: Clock,
        webhook: InteractionWebhook,
        *,
        original_id: str = "",
        follow_ups: Sequence[str] = (),
        remember: Callable[[Sequence[str]], None],
        ephemeral: bool = False,
    ) -> None:
        self._discord = discord
        self._clock = clock
        self._webhook = webhook
        self._original_id = original_id
        self._ids = list(follow_ups)
        self._remember = remember
        self._ephemeral = ephemeral
        self._shown: list[_Shown | None] = [None] * (1 + len(self._ids))
        self._next_progress = -math.inf

    @property
    def message_count(self) -> int:
        """How many messages there are now."""
        return 1 + len(self._ids)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids of what is shown, as far as they are known: the original response's first."""
        return tuple(id_ for id_ in (self._original_id, *self._ids) if id_)

    @property
    def has_shown(self) -> bool:
        """Whether anything was shown, by this run or, as far as one can tell, by an earlier one."""
        return bool(self._ids) or self._shown[0] is not None

    def show_progress(self, progress: Progress) -> None:
        """Show an unfinished reply, unless the last edit was less than a second ago.

        Where Discord fails at it, nothing more is shown before the end: a follow-up that seemed
        lost may be there, and each new try would add another. Raises DiscordError only where the
        next edit would be refused as well.
        """
        now = self._clock.monotonic()
        if now < self._next_progress:
            return
        reply = reply_of(progress)
        if callable(progress) and not reply:
            return  # nothing of it shows yet, such as of a fence without its code
        try:
            self._show(reply)
        except DiscordError as error:
            if error.is_final:
                raise
            log.warning("progress_not_shown", status=error.status, code=error.code)
            self._next_progress = math.inf
        else:
            self._next_progress = self._clock.monotonic() + SECONDS_BETWEEN_EDITS

    def show_apart(self, message: Message, *, keeps_original: bool) -> None:
        """Send a message that only the asker sees, in place of the response that is for all to see,
        or beside the one that a component sits on. Raises DiscordError if Discord does not do it.
        """
        if not keeps_original:
            # First: straight after a deferral a follow-up would fill the response, for all to see.
            self._discord.delete_original(self._webhook)
            self._original_id = ""
        body = replace(message, ephemeral=True).to_payload()
        try:
            self._discord.create_follow_up(self._webhook, body=body)
        except DiscordError as error:
            if error.is_final:
                raise
            # Twice is better than not at all: what else would be there to be seen is gone.
            self._discord.create_follow_up(self._webhook, body=body)

    def show(self, reply: Reply) -> None:
        """Show the reply as it shall stay. Raises DiscordError if Discord does not take it."""
        self._show(reply)
        wanted = len(_messages(reply))
        while len(self._ids) >= wanted:
            self._discord.delete_follow_up(self._webhook, message_id=self._ids[-1])
            del self._ids[-1], self._shown[-1]

    def _show(self, reply: Reply) -> None:
        for position, message in enumerate(_messages(reply)):
            body, files = message.to_edit(), message.files
            if position < len(self._shown) and self._shown[position] == (body, files):
                continue
            if position == 0:
                self._original_id = (
                    self._discord.edit_original(self._webhook, body=body, files=files)
                    or self._original_id
                )
            elif position <= len(self._ids):
                self._discord.edit_follow_up(
                    self._webhook, message_id=self._ids[position - 1], body=body, files=files
                )
            else:
                self._send(message)
            self._shown[position:] = [(body, files), *self._shown[position + 1 :]]

    def _send(self, message: Message) -> None:
        new = replace(message, ephemeral=message.ephemeral or self._ephemeral)
        self._ids.append(
            self._discord.create_follow_up(self._webhook, body=new.to_payload(), files=new.files)
        )
        self._remember(tuple(self._ids))


def reply_of(progress: Progress) -> Reply:
    """The reply itself."""
    return progress if isinstance(progress, Message | Sequence) else progress()


def _messages(reply: Reply) -> Sequence[Message]:
    messages = (reply,) if isinstance(reply, Message) else reply
    if not messages:
        raise ValueError("a reply has at least one message")
    return messages


def last_reply(
    result: Reply | Generator[Progress | None] | None, delivery: Delivery
) -> Reply | None:
    """The reply that stays, after those before it were shown. None: there is none to show."""
    if not isinstance(result, Generator):
        return result
    has_answered, last = False, None
    with closing(result):
        for last in result:
            has_answered = True
            if last is not None:
                delivery.show_progress(last)
    if not has_answered:
        raise RuntimeError("the handler gave no reply")
    return None if last is None else reply_of(last)
