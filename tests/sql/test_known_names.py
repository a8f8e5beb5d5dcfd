"""What the dashboard calls the people whose ids it shows."""

from __future__ import annotations

import psycopg

from tests.sql.queue_rows import Connection
from tests.sql.signed_in import STRANGER, asked, become


def play(service: Connection, requester_id: str | None, name: str | None, days_ago: int) -> None:
    service.execute(
        "insert into music_history (guild_id, track_title, requester_id, requested_by, created_at)"
        " values ('1', 'Comet', %s, %s, now() - make_interval(days => %s))",
        (requester_id, name, days_ago),
    )


def test_people_have_the_name_of_their_newest_track(
    admin: psycopg.Connection, service: Connection
) -> None:
    play(service, "7", "Mina", 3)
    play(service, "7", "Mina Park", 1)
    play(service, "7", "Min", 2)
    play(service, "8", "陽斗", 9)
    assert asked(admin, "known_names(array['7', '8', '9'])") == {"7": "Mina Park", "8": "陽斗"}
    assert asked(admin, "known_names(array['8', '8'])") == {"8": "陽斗"}


def test_a_track_without_a_name_tells_none(admin: psycopg.Connection, service: Connection) -> None:
    play(service, "7", "Mina", 3)
    play(service, "7", "", 2)
    play(service, "7", None, 1)
    play(service, "8", None, 1)
    play(service, None, "somebody", 1)
    assert asked(admin, "known_names(array['7', '8', null])") == {"7": "Mina"}


def test_of_nobody_nothing_is_told(admin: psycopg.Connection, service: Connection) -> None:
    play(service, "7", "Mina", 3)
    assert asked(admin, "known_names(array[]::text[])") == {}
    assert asked(admin, "known_names(null)") == {}


def test_a_stranger_learns_no_name(admin: psycopg.Connection, service: Connection) -> None:
    play(service, "7", "Mina", 3)
    become(admin, STRANGER)
    assert asked(admin, "known_names(array['7'])") == {}


def test_who_has_their_data_deleted_has_no_name_any_more(
    admin: psycopg.Connection, service: Connection
) -> None:
    play(service, "7", "Mina", 3)
    service.execute("select delete_user_data('7')")
    assert asked(admin, "known_names(array['7'])") == {}
