"""The way back into a voice channel, after the connection was lost or the worker died."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lib.locales import Text
from worker import texts
from worker.voice import Voice, VoiceError


async def come_back(voice: Voice, channel_id: str, *, pauses: Sequence[float]) -> Text | None:
    """Be in the channel again, with a try after each of the pauses, in seconds.

    None: it is there. Else what there is to say of why it is not.
    """
    failure = None
    for pause_seconds in pauses:
        await asyncio.sleep(pause_seconds)
        try:
            await voice.join(channel_id)
        except VoiceError as error:
            failure = error
            if error.is_final:
                break
        else:
            return None
    return texts.NOT_BACK if failure is None else texts.NOT_BACK_BECAUSE[failure.failure]
