"""A refusal that only the asker reads, in place of a response that all would have seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.interactions.response import Message
from lib.jobs.delivery import Delivery
from lib.services.discord_rest import DiscordRest
from tests.fakes.clock import ManualClock
from tests.services.deferrals import Deferral, deferred_interaction

EPHEMERAL = 64


@pytest.fixture
def deferral() -> Iterator[Deferral]:
    with deferred_interaction() as waiting:
        yield waiting


def test_the_response_goes_and_the_asker_alone_sees_why(deferral: Deferral) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    delivery = Delivery(rest, ManualClock(), deferral.webhook, remember=lambda _ids: None)
    (waiting,) = deferral.messages
    assert waiting["flags"] & EPHEMERAL == 0
    delivery.show_apart(Message(content="Not now."), keeps_original=False)
    (told,) = deferral.messages
    assert (told["content"], told["flags"] & EPHEMERAL) == ("Not now.", EPHEMERAL)
    assert told["id"] != waiting["id"]


def test_a_response_that_is_gone_already_is_taken_away_again_without_complaint(
    deferral: Deferral,
) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    for _ in range(2):
        rest.delete_original(deferral.webhook)
    assert deferral.messages == []


def test_an_edit_tells_which_message_it_was(deferral: Deferral) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    edited = rest.edit_original(deferral.webhook, body=Message(content="Here").to_edit())
    assert [message["id"] for message in deferral.messages] == [edited]
