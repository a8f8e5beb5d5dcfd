"""What is kept about a user goes when they wish it, and nothing of others."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from tests.fakes.rows import CHAT_TABLES
from tests.sql.queue_rows import (
    Connection,
    add,
    begin,
    call,
)


class TestDeletingUserData:
    def test_everything_of_that_user_goes_and_nothing_of_others(self, service: Connection) -> None:
        for user in ("7", "8"):
            service.execute("insert into gemini_usage (user_id) values (%s)", (user,))
            service.execute("insert into music_history (requested_by) values (%s)", (user,))
            service.execute("insert into cooldowns values (%s, 'ask', now())", (user,))
            service.execute(
                "insert into interaction_log (command, kind, outcome, user_id)"
                " values ('ask', 'command', 'answered', %s)",
                (user,),
            )
            add(service, payload=Jsonb({"user_id": user}))
        assert call(service, "delete_user_data", "7") == {
            "gemini_usage": 1,
            "command_queue": 1,
            "music_history": 1,
            "interaction_log": 1,
            "cooldowns": 1,
            **dict.fromkeys(CHAT_TABLES, 0),
        }
        left = service.execute(
            "select (select array_agg(user_id) from gemini_usage) as usage,"
            " (select array_agg(requested_by) from music_history) as music,"
            " (select array_agg(user_id) from cooldowns) as cooldowns,"
            " (select array_agg(user_id) from interaction_log where user_id is not null) as ledger,"
            " (select array_agg(payload ->> 'user_id') from command_queue) as queue"
        ).fetchone()
        assert left is not None
        assert list(left.values()) == [["8"]] * 5

    def test_a_waiting_question_of_theirs_goes(self, service: Connection) -> None:
        id_, said = begin(service)
        call(service, "fail_command", id_, said["lease_id"], "503")
        assert call(service, "delete_user_data", "7")["command_queue"] == 1
        assert service.execute("select * from command_secrets").fetchall() == []

    def test_an_answer_under_way_is_left_to_end(self, service: Connection) -> None:
        id_, said = begin(service)
        assert call(service, "delete_user_data", "7")["command_queue"] == 0
        assert call(service, "complete_command", id_, said["lease_id"]) is True
