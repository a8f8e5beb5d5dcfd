"""The files of questions: each read within what all of them may have together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.chat.material import LARGEST_MATERIAL, attached_to, fetch, remembered
from lib.interactions.errors import UserFacingError
from lib.interactions.resolved import Attachment
from lib.ports import Exchange, Services
from tests.chat.test_prompting import exchange
from tests.fakes.attachments import ScriptedFiles
from tests.fakes.clock import ManualClock
from tests.fakes.services import services_of
from tests.payloads import attached

MB = 1024 * 1024


def png(size: int = 72) -> bytes:
    return b"\x89PNG\r\n\x1a\n".ljust(size, b"\0")


def picture(number: int = 1, *, size: int = 72) -> Attachment:
    return Attachment.from_payload(attached(f"{number}.png", number=number, size=size))


def text(number: int = 1) -> Attachment:
    name = f"{number}.txt"
    return Attachment.from_payload(attached(name, number=number, content_type="text/plain"))


def world(*files: tuple[Attachment, bytes]) -> tuple[Services, ScriptedFiles]:
    there = ScriptedFiles({attachment.url: content for attachment, content in files})
    return services_of(ManualClock(), attachments=there), there


def asked_with(place: int, *attachments: Attachment) -> Exchange:
    payloads = tuple(each.to_payload() for each in attachments)
    return replace(exchange(place), attachments=payloads)


def test_texts_are_quoted_and_pictures_go_as_they_are() -> None:
    services, _ = world((picture(1), png()), (text(2), b"Hello."))
    found = fetch(services, [picture(1), text(2)])
    assert [media.content for media in found.media] == [png()]
    (quoted,) = found.texts
    assert quoted.startswith('<quoted kind="file" name="2.txt"')
    assert "\nHello.\n" in quoted


def test_all_files_together_have_a_bound() -> None:
    large = [picture(1, size=9 * MB), picture(2, size=9 * MB)]
    services, files = world(*((each, png(9 * MB)) for each in large))
    with pytest.raises(UserFacingError, match="too large"):
        fetch(services, large)
    assert [each.most_bytes for each in files.fetches] == [10 * MB, LARGEST_MATERIAL - 9 * MB]


def test_an_exchange_knows_its_files_again() -> None:
    assert attached_to(asked_with(1, picture(1), text(2))) == (picture(1), text(2))


def test_one_that_has_gone_costs_only_itself() -> None:
    services, _ = world((picture(2), png()))
    earlier = [asked_with(1, picture(1)), asked_with(2, picture(2))]
    assert list(remembered(services, earlier)) == [2]


def test_an_attachment_that_was_kept_in_another_shape_costs_nothing() -> None:
    services, _ = world()
    odd = replace(exchange(1), attachments=({"id": "none"},))
    assert remembered(services, [odd]) == {}


def test_what_is_sent_again_is_of_the_latest_and_not_too_many() -> None:
    files = [(picture(number), png()) for number in range(1, 8)]
    services, _ = world(*files)
    earlier = [
        asked_with(1, picture(1)),
        asked_with(2, picture(2), picture(3), picture(4)),
        asked_with(3, picture(5)),
        asked_with(4, picture(6)),
    ]
    assert list(remembered(services, earlier)) == [4, 3]
