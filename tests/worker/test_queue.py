"""What waits in a guild: nothing twice, nothing lost, and no more than there is room for."""

from __future__ import annotations

from random import Random
from uuid import uuid4

import pytest

from lib.ports.player import Track
from tests.worker.fakes.scene import entry
from worker.queue import MOST_REMEMBERED, MOST_WAITING, TrackQueue


def titles(queue: TrackQueue) -> str:
    return "".join(one.track.title for one in queue)


@pytest.fixture
def queue() -> TrackQueue:
    return TrackQueue([entry(title) for title in "abcd"], random=Random(7))


def test_new_ones_come_last_or_before_all_others(queue: TrackQueue) -> None:
    assert queue.add([entry("e"), entry("f")]) == 2
    assert queue.add([entry("x"), entry("y")], next=True) == 2
    assert titles(queue) == "xyabcdef"
    assert queue.head is not None
    assert queue.head.track.title == "x"


def test_what_waits_already_is_not_added_again(queue: TrackQueue) -> None:
    assert queue.add(list(queue)) == 0
    assert titles(queue) == "abcd"


def test_there_is_room_for_so_many_and_no_more(queue: TrackQueue) -> None:
    assert queue.add([entry("e") for _ in range(MOST_WAITING)]) == MOST_WAITING - 4
    assert queue.add([entry("f")], next=True) == 0
    assert (len(queue), queue.room) == (MOST_WAITING, 0)
    queue.put_back(entry("x"))  # it came from here
    assert queue.room == 0


@pytest.mark.parametrize(
    ("place", "ends_at", "order"),
    [(1, 1, "cabd"), (2, 2, "acbd"), (4, 4, "abdc"), (99, 4, "abdc"), (0, 1, "cabd")],
)
def test_a_track_is_moved_to_a_place(
    queue: TrackQueue, place: int, ends_at: int, order: str
) -> None:
    c = list(queue)[2]
    assert queue.move(c.id, place) == ends_at
    assert titles(queue) == order


def test_what_does_not_wait_is_not_moved_found_or_taken(queue: TrackQueue) -> None:
    assert queue.move(uuid4(), 1) is None
    assert queue.find(uuid4()) is None
    queue.take(uuid4())
    assert titles(queue) == "abcd"


def test_shuffling_loses_nothing(queue: TrackQueue) -> None:
    queue.shuffle()
    assert titles(queue) != "abcd"
    assert sorted(titles(queue)) == list("abcd")


def test_clearing_tells_how_many_there_were(queue: TrackQueue) -> None:
    assert (queue.clear(), queue.clear(), len(queue)) == (4, 0, 0)
    assert queue.head is None


def test_what_was_played_is_remembered_for_a_while(queue: TrackQueue) -> None:
    for number in range(MOST_REMEMBERED + 5):
        queue.remember(Track(title=str(number), url=str(number)))
    assert len(queue.played_urls) == MOST_REMEMBERED
    assert queue.last_played is not None
    last = queue.step_back()
    assert last is not None
    assert last.title == str(MOST_REMEMBERED + 4)
    assert queue.last_played.title == str(MOST_REMEMBERED + 3)


def test_nobody_is_remembered_who_wishes_to_be_forgotten(queue: TrackQueue) -> None:
    queue.add([entry("e", requester_id="8")])
    queue.remember(entry("z").track)
    queue.forget({"7"})
    assert {(one.track.requester_id, one.track.requested_by) for one in queue} == {
        ("", ""),
        ("8", "Sam"),
    }
    assert queue.last_played is not None
    assert queue.last_played.requester_id == ""
