"""A guild's voice, as far as it is seen before Discord is asked for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import discord
import pytest

from tests.worker.fakes.scene import GUILD, run
from worker.discord_voice import DiscordVoice
from worker.voice import VoiceError, VoiceFailure

STAGE = 1180000000000000399


def test_a_stage_is_not_joined_where_only_the_audience_has_a_seat_for_bots() -> None:
    """Discord would let it in, and nobody would hear it."""
    stage = discord.StageChannel.__new__(discord.StageChannel)
    guild = SimpleNamespace(voice_client=None, get_channel={STAGE: stage}.get)
    client = SimpleNamespace(get_guild={int(GUILD): guild}.get)
    voice = DiscordVoice(cast("discord.Client", client), GUILD)
    with pytest.raises(VoiceError) as caught:
        run(voice.join(str(STAGE)))
    assert caught.value.failure is VoiceFailure.STAGE
    assert caught.value.is_final
