"""Messages with files, from the handler's `Message` to what the simulated Discord shows."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from dev.simulator.errors import JsonObject
from lib.interactions.response import File, Message
from lib.jobs.delivery import Delivery
from lib.ports import DiscordError
from lib.services.discord_rest import DiscordRest
from tests.fakes.clock import ManualClock
from tests.services.deferrals import Deferral, deferred_interaction

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030806000000b9ead281"
    "0000000b49444154789c6360c0070000240001a5a8a96e0000000049454e44ae426082"
)
PICTURE = File(name="chart.png", content=DOT, description="昨日のグラフ")
LOG = File(name="log.txt", content=b"\x00\xff--edge\r\n")


@pytest.fixture
def deferral() -> Iterator[Deferral]:
    with deferred_interaction() as waiting:
        yield waiting


def fetched(attachment: JsonObject) -> bytes:
    """What whoever opens the file gets."""
    with urlopen(attachment["url"], timeout=10) as response:
        content: bytes = response.read()
    return content


def shown(message: JsonObject) -> list[tuple[str, str, bytes]]:
    """Name, alternative text and content of a message's files."""
    return [
        (file["filename"], file.get("description", ""), fetched(file))
        for file in message["attachments"]
    ]


def test_files_arrive_whole_with_their_names_and_alternative_texts(deferral: Deferral) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    delivery = Delivery(rest, ManualClock(), deferral.webhook, remember=lambda _ids: None)
    delivery.show(
        [
            Message(content="Here is @everyone", files=(PICTURE, LOG)),
            Message(content="And another", files=(LOG,)),
        ]
    )
    first, second = deferral.messages
    assert shown(first) == [("chart.png", "昨日のグラフ", DOT), ("log.txt", "", LOG.content)]
    assert first["attachments"][0]["content_type"] == "image/png"
    assert (first["attachments"][0]["width"], first["attachments"][0]["height"]) == (2, 3)
    assert (first["content"], first["mention_everyone"]) == ("Here is @everyone", False)
    assert shown(second) == [("log.txt", "", LOG.content)]

    redrawn = File(name="chart.png", content=DOT + b"\x00")
    delivery.show(
        [Message(content="Redrawn", files=(redrawn,)), Message(content="Nothing any more")]
    )
    first, second = deferral.messages
    assert shown(first) == [("chart.png", "", DOT + b"\x00")]
    assert (second["content"], shown(second)) == ("Nothing any more", [])
    assert deferral.discord.violations == []


def test_the_developers_drawer_shows_what_went_with_the_files(deferral: Deferral) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    body = Message(content="Here", files=(LOG,)).to_edit()
    rest.edit_original(deferral.webhook, body=body, files=(LOG,))
    (call,) = deferral.discord.trace(deferral.id).calls
    assert isinstance(call.request, dict)
    assert call.request["payload_json"] == body
    assert [file["filename"] for file in call.request["files"]] == ["log.txt"]


def test_a_body_that_names_a_file_which_does_not_come_is_refused(deferral: Deferral) -> None:
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    body = Message(content="Here", files=(PICTURE,)).to_edit()
    with pytest.raises(DiscordError) as caught:
        rest.edit_original(deferral.webhook, body=body)
    assert (caught.value.status, caught.value.code) == (400, 50035)


def test_a_rate_limited_upload_is_sent_whole_again(deferral: Deferral) -> None:
    deferral.discord.rate_limit(2, retry_after_seconds=0.01)
    rest = DiscordRest(ManualClock(), api_url=deferral.discord.api_url)
    body = Message(content="Here", files=(PICTURE,)).to_edit()
    rest.edit_original(deferral.webhook, body=body, files=(PICTURE,))
    (message,) = deferral.messages
    assert shown(message) == [("chart.png", "昨日のグラフ", DOT)]
