"""What autoplay goes on with."""

from __future__ import annotations

from collections.abc import Sequence

from lib.logs import get_logger
from lib.ports import StoreError
from lib.ports.player import SessionStore, Track
from worker.audio.failures import SourceError
from worker.programme import Suggest
from worker.threads import Threads
from worker.tracks import Sounds

log = get_logger(__name__)


def suggestions(guild_id: str, *, sounds: Sounds, store: SessionStore, threads: Threads) -> Suggest:
    """By where the last track comes from, if they know what goes with it there; else by what the
    guild has heard before. It never fails: None is nothing.
    """

    async def suggest(last: Track, without: Sequence[str]) -> Track | None:
        try:
            related = await sounds.related(last)
        except SourceError as error:
            log.info("nothing_related", failure=error.failure)
            related = ()
        for track in related:
            if track.url != last.url and track.url not in without:
                return track
        try:
            return await threads.asked(store.pick_track, guild_id=guild_id, without=without)
        except StoreError as error:
            log.warning("nothing_suggested", code=error.code)
            return None

    return suggest
