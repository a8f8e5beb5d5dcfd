"""What is seen is brought into line with the reply: by edits, further messages and removals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lib.interactions.response import File, Message
from lib.jobs.delivery import Delivery
from lib.ports import DiscordError, InteractionWebhook
from tests.fakes.clock import ManualClock
from tests.fakes.discord import Call, CallKind, RecordingDiscord, discord_error

WEBHOOK = InteractionWebhook("1180000000000000900", "a-token")
EDIT, CREATE = CallKind.EDIT_ORIGINAL, CallKind.CREATE_FOLLOW_UP
EDIT_FOLLOW_UP, DELETE = CallKind.EDIT_FOLLOW_UP, CallKind.DELETE_FOLLOW_UP
UNREACHED = discord_error(0)


class World:
    """A delivery, the Discord it goes to, and what it asked to be remembered."""

    def __init__(self, *, follow_ups: Sequence[str] = (), ephemeral: bool = False) -> None:
        self.clock = ManualClock()
        self.discord = RecordingDiscord(on_call=self._note)
        self.remembered: list[list[str]] = []
        self.events: list[str] = []
        self.delivery = Delivery(
            self.discord,
            self.clock,
            WEBHOOK,
            follow_ups=follow_ups,
            remember=self._remember,
            ephemeral=ephemeral,
        )

    def _note(self, call: Call) -> None:
        self.events.append(f"{call.kind} {call.content}".strip())

    def _remember(self, ids: Sequence[str]) -> None:
        self.events.append("remember")
        self.remembered.append(list(ids))


def messages(*contents: str) -> list[Message]:
    return [Message(content=content) for content in contents]


def test_one_message_is_the_original_response() -> None:
    world = World()
    world.delivery.show(Message(content="Hello."))
    assert world.discord.seen() == ["Hello."]
    assert world.events == ["edit_original Hello."]
    assert world.delivery.message_count == 1


def test_more_messages_are_follow_ups_and_each_is_remembered_before_the_next() -> None:
    world = World()
    world.delivery.show(messages("One", "Two", "Three"))
    assert world.discord.seen() == ["One", "Two", "Three"]
    assert world.events == [
        "edit_original One",
        "create_follow_up Two",
        "remember",
        "create_follow_up Three",
        "remember",
    ]
    assert [len(ids) for ids in world.remembered] == [1, 2]
    assert world.delivery.message_count == 3


def test_progress_is_shown_at_once_and_then_about_once_a_second() -> None:
    world = World()
    for step in range(14):
        world.delivery.show_progress(Message(content=f"{step}"))
        world.clock.advance(0.25)
    assert [call.content for call in world.discord.calls] == ["0", "4", "8", "12"]


def test_a_slow_edit_puts_the_next_one_off() -> None:
    world = World()
    world.discord = RecordingDiscord(on_call=lambda _call: world.clock.advance(3))
    delivery = Delivery(world.discord, world.clock, WEBHOOK, remember=lambda _ids: None)
    delivery.show_progress(Message(content="a"))
    world.clock.advance(0.5)
    delivery.show_progress(Message(content="ab"))
    assert world.discord.seen() == ["a"]


def test_the_final_reply_is_shown_however_short_ago_the_last_edit_was() -> None:
    world = World()
    world.delivery.show_progress(Message(content="Hel"))
    world.delivery.show(Message(content="Hello."))
    assert world.discord.seen() == ["Hello."]


def test_what_is_already_seen_is_not_sent_again() -> None:
    world = World()
    world.delivery.show_progress(messages("One", "Tw"))
    world.clock.advance(5)
    world.delivery.show_progress(messages("One", "Two"))
    world.delivery.show(messages("One", "Two"))
    assert world.discord.kinds() == [EDIT, CREATE, EDIT_FOLLOW_UP]


def test_a_reply_that_became_shorter_removes_what_is_too_much() -> None:
    world = World()
    world.delivery.show_progress(messages("One", "Two", "Three"))
    world.delivery.show(messages("Only one"))
    assert world.discord.seen() == ["Only one"]
    assert world.delivery.message_count == 1
    world.delivery.show(messages("One", "Two"))
    assert world.discord.seen() == ["One", "Two"]


def test_a_repeat_edits_what_the_first_run_sent_and_removes_what_is_too_much() -> None:
    world = World()
    world.delivery.show(messages("One", "Tw", "Thr"))
    again = Delivery(
        world.discord,
        world.clock,
        WEBHOOK,
        follow_ups=world.remembered[-1],
        remember=lambda _ids: pytest.fail("nothing new is sent"),
    )
    world.discord.calls.clear()
    again.show(messages("1", "2"))
    assert world.discord.seen() == ["1", "2"]
    assert world.discord.kinds() == [EDIT, EDIT_FOLLOW_UP, DELETE]


def test_the_messages_ids_are_known_as_they_appear() -> None:
    world = World()
    assert (world.delivery.message_ids, world.delivery.has_shown) == ((), False)
    world.delivery.show(messages("One", "Two"))
    original = world.discord.original_id(WEBHOOK.token)
    assert world.delivery.message_ids == (original, *world.remembered[-1])
    assert world.delivery.has_shown
    world.delivery.show(messages("One"))
    assert world.delivery.message_ids == (original,)


def test_what_an_earlier_run_sent_counts_as_shown() -> None:
    world = World(follow_ups=["42"])
    assert (world.delivery.message_ids, world.delivery.has_shown) == (("42",), True)


def test_a_message_apart_is_seen_by_the_asker_alone_and_is_none_of_the_answers() -> None:
    world = World()
    world.delivery.show_apart(Message(content="Not now."), keeps_original=True)
    assert world.discord.kinds() == [CREATE]
    assert [body.get("flags") for body in world.discord.bodies()] == [64]
    assert world.delivery.message_ids == ()
    world.delivery.show(Message(content="Hello."))
    assert world.discord.seen() == ["Hello.", "Not now."]


PICTURE = File(name="chart.png", content=b"one", description="A chart")


def sent_files(world: World) -> list[list[bytes]]:
    """What stood in the files of each call."""
    return [[file.content for file in call.files] for call in world.discord.calls]


def test_files_go_with_the_message_they_belong_to() -> None:
    world = World()
    second = File(name="log.txt", content=b"two")
    world.delivery.show(
        [Message(content="One", files=(PICTURE,)), Message(content="Two", files=(second,))]
    )
    assert sent_files(world) == [[b"one"], [b"two"]]
    assert [body["attachments"] for body in world.discord.bodies()] == [
        [{"id": 0, "filename": "chart.png", "description": "A chart"}],
        [{"id": 0, "filename": "log.txt"}],
    ]


def test_the_same_files_are_not_sent_again_and_others_of_the_same_name_are() -> None:
    world = World()
    redrawn = File(name="chart.png", content=b"another", description="A chart")
    for picture in (PICTURE, PICTURE, redrawn, redrawn):
        world.delivery.show(Message(content="Here", files=(picture,)))
    assert sent_files(world) == [[b"one"], [b"another"]]


def test_an_edit_without_files_takes_those_of_before_away() -> None:
    world = World()
    world.delivery.show(Message(content="Here", files=(PICTURE,)))
    world.delivery.show(Message(content="Here"))
    assert world.discord.bodies()[0]["attachments"] == []


def test_follow_ups_of_a_private_answer_are_private() -> None:
    world = World(ephemeral=True)
    world.delivery.show(messages("One", "Two"))
    assert [(call.body or {}).get("flags") for call in world.discord.calls] == [None, 64]


def test_a_fault_while_streaming_is_passed_over_and_nothing_is_sent_before_the_end() -> None:
    world = World()
    world.discord.refuse(CREATE, UNREACHED)
    for text in ("Two", "Two a", "Two b"):
        world.delivery.show_progress(messages("One", text))
        world.clock.advance(2)
    assert world.discord.kinds() == [EDIT, CREATE]
    world.delivery.show(messages("One", "Two c"))
    assert world.discord.seen() == ["One", "Two c"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_would_come_again_ends_the_streaming(status: int) -> None:
    world = World()
    world.discord.refuse(EDIT, discord_error(status))
    with pytest.raises(DiscordError):
        world.delivery.show_progress(Message(content="Hel"))


@pytest.mark.parametrize("status", [0, 400, 404, 429, 500])
def test_a_final_reply_that_discord_does_not_take_is_an_error(status: int) -> None:
    world = World()
    world.discord.refuse(EDIT, discord_error(status))
    with pytest.raises(DiscordError):
        world.delivery.show(Message(content="Hello."))


def test_after_a_fault_in_between_only_what_is_missing_is_sent() -> None:
    world = World()
    world.discord.refuse(CREATE, UNREACHED)
    with pytest.raises(DiscordError):
        world.delivery.show(messages("One", "Two"))
    world.delivery.show(messages("One", "Two"))
    assert world.discord.kinds() == [EDIT, CREATE, CREATE]
    assert world.discord.seen() == ["One", "Two"]


def test_a_progress_in_which_nothing_shows_yet_changes_nothing_and_holds_up_nothing() -> None:
    world = World()
    world.delivery.show_progress(list)
    assert world.discord.calls == []
    world.delivery.show_progress(lambda: messages("One"))
    assert world.discord.seen() == ["One"]


def test_a_reply_without_a_message_is_the_handlers_fault_and_changes_nothing() -> None:
    world = World()
    world.delivery.show(messages("One", "Two"))
    for show in (world.delivery.show, world.delivery.show_progress):
        with pytest.raises(ValueError, match="at least one message"):
            show([])
    assert world.discord.seen() == ["One", "Two"]
