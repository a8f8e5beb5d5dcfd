"""What anybody sees of a player, what they may choose from, and what a guild sets for it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.player_rows import (
    ANNA,
    GUILD,
    OTHER_GUILD,
    be_silent,
    beat,
    play,
    played,
    read,
    save,
    save_queue,
    waiting,
)
from tests.sql.queue_rows import Connection, Row, call

DEFAULTS: Row = {"dj_role_id": None, "volume": 100, "autoplay": False}


def let_play(service: Connection, seconds: float) -> None:
    """As if the position had been true so long ago."""
    service.execute(
        "update active_sessions set position_at = position_at - make_interval(secs => %s)",
        (seconds,),
    )


class TestReadingAPlayer:
    def test_nothing_plays(self, service: Connection) -> None:
        assert read(service) == {
            "has_worker": False,
            "session": None,
            "queue": [],
            "waiting": 0,
            "waiting_ms": 0,
            "settings": DEFAULTS,
            "is_ordered": False,
        }

    def test_the_position_is_that_of_now(self, service: Connection) -> None:
        beat(service)
        save(service)
        let_play(service, 60)
        assert 61_000 <= read(service)["session"]["position_ms"] < 75_000

    def test_in_a_pause_it_stays(self, service: Connection) -> None:
        beat(service)
        save(service, is_playing=False)
        let_play(service, 60)
        assert read(service)["session"]["position_ms"] == 1000

    def test_it_is_never_behind_the_end(self, service: Connection) -> None:
        beat(service)
        save(service)
        let_play(service, 3600)
        assert read(service)["session"]["position_ms"] == 180_000

    @pytest.mark.parametrize("duration_ms", [0, None])
    def test_what_has_no_known_end_goes_on(
        self, service: Connection, duration_ms: int | None
    ) -> None:
        beat(service)
        save(service, duration_ms=duration_ms)
        let_play(service, 3600)
        assert read(service)["session"]["position_ms"] >= 3_601_000

    def test_where_its_worker_is_lost_it_stands_still(self, service: Connection) -> None:
        beat(service)
        save(service)
        let_play(service, 60)
        be_silent(service)
        session = read(service)["session"]
        assert (session["is_playing"], session["position_ms"]) == (False, 1000)

    def test_what_another_bot_plays_goes_on(self, service: Connection) -> None:
        save(service)
        service.execute("update active_sessions set worker_id = null")
        let_play(service, 60)
        assert read(service)["session"]["position_ms"] >= 61_000

    def test_of_another_guild_nothing_is_seen(self, service: Connection) -> None:
        save(service)
        save_queue(service, [waiting("a")])
        said = read(service, OTHER_GUILD)
        assert (said["session"], said["waiting"]) == (None, 0)

    def test_a_page_of_what_waits_and_how_much_that_is_in_all(self, service: Connection) -> None:
        save(service)
        tracks = [waiting(f"{number}") for number in range(13)]
        tracks[12]["duration_ms"] = None  # nobody knows
        save_queue(service, tracks)
        said = read(service, GUILD, 10, 10)
        assert [each["track_title"] for each in said["queue"]] == ["10", "11", "12"]
        assert (said["waiting"], said["waiting_ms"]) == (13, 12 * 60_000)
        assert said["queue"][0] == tracks[10]

    def test_what_identifies_a_row_to_dashboards_is_not_told(self, service: Connection) -> None:
        save(service)
        assert "notice_id" not in read(service)["session"]


class TestPlays:
    def test_the_newest_first_in_pages(self, service: Connection) -> None:
        played(service, *"abcde")
        said = call(service, "read_plays", GUILD, 1, 2)
        assert [each["track_title"] for each in said["plays"]] == ["d", "c"]
        assert said["total"] == 5

    def test_with_what_is_known_of_each(self, service: Connection) -> None:
        save(service, play=play())
        (told,) = call(service, "read_plays", GUILD)["plays"]
        told.pop("created_at")
        assert told == {
            key: value for key, value in play().items() if key not in {"guild_id", "play_id"}
        }

    def test_a_guilds_own_alone(self, service: Connection) -> None:
        played(service, "a", guild=OTHER_GUILD)
        assert call(service, "read_plays", GUILD) == {"plays": [], "total": 0}


class TestSuggestions:
    def suggested(self, service: Connection, typed: str, *limit: int) -> list[str]:
        rows = call(service, "suggest_tracks", GUILD, typed, *limit)
        return [row["track_title"] for row in rows]

    def test_what_has_the_text_in_it_the_newest_first(self, service: Connection) -> None:
        played(service, "La mer", "Rêverie", "Clair de lune", "Mercury")
        assert self.suggested(service, "MER") == ["Mercury", "La mer"]
        assert self.suggested(service, "RêV") == ["Rêverie"]

    def test_nothing_typed_suggests_the_newest(self, service: Connection) -> None:
        played(service, "a", "b", "c")
        assert self.suggested(service, "", 2) == ["c", "b"]

    def test_what_was_played_often_is_suggested_once_as_it_was_called_last(
        self, service: Connection
    ) -> None:
        played(service, "b", "a", "b")
        assert self.suggested(service, "") == ["b", "a"]
        service.execute(
            "insert into music_history (guild_id, track_title, track_url)"
            " values (%s, 'A new name', 'https://example.org/b')",
            (GUILD,),
        )
        assert self.suggested(service, "") == ["A new name", "a"]

    @pytest.mark.parametrize(
        ("typed", "found"),
        [("%", ["100 % pure"]), ("_", ["a_b"]), ("\\", ["back\\slash"]), ("'", ["it's"])],
    )
    def test_every_character_means_itself(
        self, service: Connection, typed: str, found: list[str]
    ) -> None:
        played(service, "100 % pure", "a_b", "back\\slash", "it's", "plain")
        assert self.suggested(service, typed) == found

    def test_what_cannot_be_played_again_is_left_out(self, service: Connection) -> None:
        service.execute(
            "insert into music_history (guild_id, track_title, track_url)"
            " values (%(guild)s, 'no address', null), (%(guild)s, null, 'https://example.org')",
            {"guild": GUILD},
        )
        assert self.suggested(service, "") == []

    def test_others_plays_are_no_suggestions(self, service: Connection) -> None:
        played(service, "a", guild=OTHER_GUILD)
        assert self.suggested(service, "") == []


class TestPicking:
    def picked(self, service: Connection, *without: str) -> Row | None:
        row: Row | None = call(service, "pick_track", GUILD, list(without))
        return row

    def test_any_that_was_played_and_is_not_left_out(self, service: Connection) -> None:
        played(service, "a", "b")
        played(service, "c", guild=OTHER_GUILD)
        addresses = ["https://example.org/a", "https://example.org/b"]
        for left_out, expected in (addresses, addresses[::-1]):
            picked = self.picked(service, left_out)
            assert picked is not None
            assert picked["track_url"] == expected
        assert self.picked(service, *addresses) is None

    def test_all_of_them_come_up(self, service: Connection) -> None:
        played(service, "a", "b")
        picks = [self.picked(service) for _ in range(64)]
        assert {pick["track_title"] for pick in picks if pick} == {"a", "b"}

    def test_without_a_past_there_is_none(self, service: Connection) -> None:
        assert self.picked(service) is None


class TestSettings:
    def change(self, service: Connection, **changes: object) -> Row:
        said: Row = call(service, "change_music_settings", GUILD, Jsonb(changes), ANNA)
        return said

    def test_what_is_named_is_changed_and_the_rest_stays(self, service: Connection) -> None:
        assert self.change(service, volume=70) == DEFAULTS | {"volume": 70}
        told = self.change(service, dj_role_id="5", autoplay=True)
        assert told == {"dj_role_id": "5", "volume": 70, "autoplay": True}
        assert read(service)["settings"] == told
        assert read(service, OTHER_GUILD)["settings"] == DEFAULTS

    def test_nothing_is_the_default_again(self, service: Connection) -> None:
        self.change(service, volume=70, dj_role_id="5", autoplay=True)
        assert self.change(service, volume=None, dj_role_id=None, autoplay=None) == DEFAULTS

    @pytest.mark.parametrize(
        "wrong",
        [
            {"volume": 201},
            {"volume": -1},
            {"volume": "loud"},
            {"dj_role_id": "everyone"},
            {"dj_role_id": ""},
            {"autoplay": "perhaps"},
            {"volume": 70, "dj_role_id": "everyone"},
        ],
    )
    def test_what_is_wrong_changes_nothing(self, service: Connection, wrong: Row) -> None:
        self.change(service, volume=50)
        with pytest.raises(psycopg.Error):
            self.change(service, **wrong)
        assert read(service)["settings"] == DEFAULTS | {"volume": 50}

    def test_who_changed_them_is_noted(self, service: Connection) -> None:
        self.change(service, volume=50)
        rows = service.execute("select updated_by from music_settings").fetchall()
        assert rows == [{"updated_by": ANNA}]


def test_a_worker_is_seen(service: Connection) -> None:
    beat(service)
    assert read(service)["has_worker"]
