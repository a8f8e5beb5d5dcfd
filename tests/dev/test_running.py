from __future__ import annotations

import asyncio
import json
import signal

import pytest

from dev.checkout import Checkout
from dev.running import Addresses, AlreadyRunningError, end_leftovers, held
from tests.dev.sleepers import asleep

ADDRESSES = Addresses(playground="http://a", functions="http://b", supabase="http://c")


def test_the_second_is_told_where_the_first_runs(checkout: Checkout) -> None:
    with held(checkout) as run_file:
        run_file.note_addresses(ADDRESSES)
        with pytest.raises(AlreadyRunningError) as refusal, held(checkout):
            pass
    assert refusal.value.addresses == ADDRESSES


def test_one_that_is_still_starting_has_no_addresses_yet(checkout: Checkout) -> None:
    with held(checkout), pytest.raises(AlreadyRunningError) as refusal, held(checkout):
        pass
    assert refusal.value.addresses is None


def test_it_can_be_held_again_afterwards(checkout: Checkout) -> None:
    with held(checkout) as run_file:
        run_file.note_addresses(ADDRESSES)
    assert not checkout.run_file.exists()
    with held(checkout):
        pass


def test_programs_of_a_supervisor_that_was_killed_are_ended(checkout: Checkout) -> None:
    left = asleep(1004)
    with held(checkout) as run_file:
        run_file.note_start("PostgREST", left.pid)
        as_it_was = checkout.run_file.read_text()
    checkout.run_file.write_text(as_it_was)  # as a killed one leaves it
    with held(checkout):
        asyncio.run(end_leftovers(checkout))
    assert left.wait(timeout=60) == -signal.SIGINT


@pytest.mark.parametrize("text", ["", "{", "[]", '{"programs": 3, "addresses": null}'])
def test_a_file_that_was_cut_short_is_no_obstacle(checkout: Checkout, text: str) -> None:
    checkout.home.mkdir()
    checkout.run_file.write_text(text)
    with held(checkout):
        asyncio.run(end_leftovers(checkout))


def test_what_is_written_down_is_where_and_who(checkout: Checkout) -> None:
    with held(checkout) as run_file:
        run_file.note_start("PostgREST", 1)
        run_file.note_addresses(ADDRESSES)
        content = json.loads(checkout.run_file.read_text())
    assert set(content) == {"pid", "programs", "addresses"}
    assert content["addresses"]["playground"] == "http://a"
