"""The files of questions: each read within what all of them may have together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.chat.material import (
    FETCHING_SECONDS,
    LARGEST_MATERIAL,
    REMEMBERED_TOKENS,
    REMEMBERING_SECONDS,
    Gathering,
    Needed,
    attached_to,
)
from lib.chat.prompting import Material
from lib.chat.tokens import IMAGE_TOKENS, estimate_tokens
from lib.interactions.errors import UserFacingError
from lib.interactions.resolved import Attachment
from lib.ports import AttachmentError, AttachmentFailure, Exchange, MediaKind, Services
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


def world(*files: tuple[Attachment, bytes | AttachmentError]) -> tuple[Services, ScriptedFiles]:
    there = ScriptedFiles({attachment.url: content for attachment, content in files})
    return services_of(ManualClock(), attachments=there), there


def asked_with(place: int, *attachments: Attachment) -> Exchange:
    payloads = tuple(each.to_payload() for each in attachments)
    return replace(exchange(place), attachments=payloads)


def remembered(
    services: Services,
    earlier: list[Exchange],
    *,
    tokens: int = REMEMBERED_TOKENS,
    kinds: frozenset[MediaKind] = frozenset(MediaKind),
) -> dict[int, Material]:
    return Gathering(services).remembered(earlier, tokens=tokens, kinds=kinds)


# --- files of a new question ----------------------------------------------------------------------


def test_texts_are_quoted_and_pictures_go_as_they_are() -> None:
    services, _ = world((picture(1), png()), (text(2), b"Hello."))
    found = Gathering(services).asked([picture(1), text(2)]).material
    assert [media.content for media in found.media] == [png()]
    (quoted,) = found.texts
    assert quoted.startswith('<quoted kind="file" name="2.txt"')
    assert "\nHello.\n" in quoted


def test_all_files_together_have_a_bound_and_what_is_beyond_it_is_not_fetched() -> None:
    large = [picture(1, size=9 * MB), picture(2, size=9 * MB)]
    services, files = world(*((each, png(9 * MB)) for each in large))
    with pytest.raises(UserFacingError, match="too large to go with the other files"):
        Gathering(services).asked(large)
    assert [each.most_bytes for each in files.fetches] == [10 * MB]


def test_a_file_that_is_larger_than_it_said_is_held_to_what_is_left() -> None:
    services, files = world((picture(1), png(9 * MB)), (picture(2), png(9 * MB)))
    with pytest.raises(UserFacingError, match="too large"):
        Gathering(services).asked([picture(1), picture(2)])
    assert [each.most_bytes for each in files.fetches] == [10 * MB, LARGEST_MATERIAL - 9 * MB]


def test_all_files_of_a_request_have_one_deadline() -> None:
    services, files = world(*((picture(number), png()) for number in (1, 2, 3)))
    gathering = Gathering(services)
    gathering.asked([picture(1)])
    services.clock.sleep(6.0)
    gathering.asked([picture(2)])
    services.clock.sleep(6.0)
    with pytest.raises(UserFacingError, match="couldn't fetch"):
        gathering.asked([picture(3)])
    assert [each.deadline_seconds for each in files.fetches] == [
        FETCHING_SECONDS,
        FETCHING_SECONDS - 6.0,
    ]


# --- files that a question can do without ---------------------------------------------------------

PROGRAM = Attachment.from_payload(attached("a.exe", number=8, content_type=""))
GONE = AttachmentError(AttachmentFailure.GONE, "404")


def test_what_is_not_needed_and_not_taken_is_left_out() -> None:
    services, _ = world((picture(1), png()), (picture(2), GONE))
    for needed in (Needed.ANY, Needed.NONE):
        found = Gathering(services).asked([picture(2), PROGRAM, picture(1)], needed=needed)
        assert [each.attachment for each in found.read] == [picture(1)]
        assert found.left_out == (picture(2), PROGRAM)


def test_where_one_is_needed_and_none_is_taken_the_first_is_refused() -> None:
    services, _ = world((picture(2), GONE))
    with pytest.raises(UserFacingError, match="kind of file that I don't read"):
        Gathering(services).asked([PROGRAM, picture(2)], needed=Needed.ANY)
    found = Gathering(services).asked([PROGRAM, picture(2)], needed=Needed.NONE)
    assert found.read == ()
    assert found.left_out == (PROGRAM, picture(2))


def test_what_no_model_reads_is_left_out_of_what_was_read() -> None:
    services, _ = world((picture(1), png()), (text(2), b"Hello."))
    found = Gathering(services).asked([picture(1), text(2)]).readable(frozenset())
    assert [each.attachment for each in found.read] == [text(2)]
    assert found.left_out == (picture(1),)


# --- files of earlier questions -------------------------------------------------------------------


def test_an_exchange_knows_its_files_again() -> None:
    assert attached_to(asked_with(1, picture(1), text(2))) == (picture(1), text(2))


def test_one_that_has_gone_costs_only_itself() -> None:
    services, _ = world((picture(2), png()), (picture(3), png()))
    earlier = [asked_with(1, picture(1)), asked_with(2, picture(1), picture(2))]
    found = remembered(services, earlier)
    assert list(found) == [2]
    assert len(found[2].media) == 1


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


def test_a_new_file_leaves_those_of_earlier_questions_what_is_left_of_the_bound() -> None:
    new, old, older = picture(1, size=9 * MB), picture(2, size=5 * MB), picture(3, size=4 * MB)
    services, files = world((new, png(9 * MB)), (old, png(5 * MB)), (older, png(4 * MB)))
    gathering = Gathering(services)
    gathering.asked([new])
    found = gathering.remembered(
        [asked_with(1, older), asked_with(2, old)],
        tokens=REMEMBERED_TOKENS,
        kinds=frozenset(MediaKind),
    )
    assert list(found) == [1]
    assert [each.url for each in files.fetches] == [new.url, older.url]


def test_what_would_cost_too_much_again_is_left_out_by_whole_files_and_not_fetched() -> None:
    large = Attachment.from_payload(
        attached("a.pdf", number=3, content_type="application/pdf", size=4 * MB)
    )
    services, files = world((picture(1), png()), (text(2), b"word " * 5000), (large, b"%PDF-"))
    earlier = [asked_with(1, text(2)), asked_with(2, large), asked_with(3, picture(1))]
    found = remembered(services, earlier)
    assert list(found) == [3, 1]
    assert [each.url for each in files.fetches] == [picture(1).url, text(2).url]
    (quoted,) = found[1].texts
    room = IMAGE_TOKENS + estimate_tokens(quoted)
    assert list(remembered(services, earlier, tokens=room)) == [3, 1]
    assert list(remembered(services, earlier, tokens=room - 1)) == [3]
    assert list(remembered(services, earlier, tokens=IMAGE_TOKENS - 1)) == []


def test_what_the_models_do_not_read_is_not_fetched_again() -> None:
    services, files = world((picture(1), png()), (text(2), b"Hello."))
    earlier = [asked_with(1, picture(1), text(2))]
    found = remembered(services, earlier, kinds=frozenset())
    assert found[1].media == ()
    assert len(found[1].texts) == 1
    assert [each.url for each in files.fetches] == [text(2).url]


def test_all_of_them_hold_up_a_question_for_a_moment_at_most() -> None:
    services, files = world(*((picture(number), png()) for number in (1, 2)))
    gathering = Gathering(services)
    gathering.asked([picture(1)])
    earlier = [asked_with(1, picture(1)), asked_with(2, picture(2))]
    gathering.remembered(earlier, tokens=REMEMBERED_TOKENS, kinds=frozenset(MediaKind))
    services.clock.sleep(FETCHING_SECONDS - 1.0)
    gathering.remembered(earlier, tokens=REMEMBERED_TOKENS, kinds=frozenset(MediaKind))
    _, *again = [each.deadline_seconds for each in files.fetches]
    assert again == [REMEMBERING_SECONDS] * 2 + [1.0] * 2
    services.clock.sleep(1.0)
    none = gathering.remembered(earlier, tokens=REMEMBERED_TOKENS, kinds=frozenset(MediaKind))
    assert none == {}
