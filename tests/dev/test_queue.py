"""`python3 dev queue`: what its owner sees of the rows, and how they steer them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from rich.cells import cell_len

from dev import queue
from dev.checkout import Checkout
from dev.errors import StackError
from dev.queue_rows import QueueRow
from dev.queue_table import show_rows, spelled

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ID = "aaaaaaaa-0000-4000-8000-00000000000{}"

Queue = Callable[..., tuple[int, str]]


@pytest.fixture
def owner(database_url: str, capsys: pytest.CaptureFixture[str]) -> Queue:
    """Types a command; its status and what it shows, in a pipe."""

    def types(*arguments: str) -> tuple[int, str]:
        code = queue.main(["--database-url", database_url, *arguments])
        return code, capsys.readouterr().out

    return types


def add(database: psycopg.Connection, number: int, status: str = "pending", **more: str) -> str:
    identity = ID.format(number)
    columns = {"id": identity, "command": "snapshot", "payload": "{}", "status": status} | more
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    database.execute(
        f"insert into command_queue ({names}) values ({marks})".encode(), tuple(columns.values())
    )
    return identity


ROW = QueueRow(
    id=ID.format(1),
    command="snapshot",
    status="pending",
    seen_at=NOW,
    created_at=NOW - timedelta(minutes=5),
    attempts=1,
    max_attempts=5,
    run_at=NOW + timedelta(seconds=30),
    locked_until=None,
    expires_at=None,
    finished_at=None,
    failure_reason=None,
    last_error=None,
)


def shown(rows: list[QueueRow], width: int | None = None) -> list[str]:
    stream = io.StringIO()
    show_rows(rows, stream, width=width)
    return stream.getvalue().splitlines()


@pytest.mark.stack
def test_rows_that_have_not_ended_come_first_the_newest_at_the_top(
    owner: Queue, database: psycopg.Connection
) -> None:
    assert owner() == (0, "The queue is empty.\n")
    add(database, 1, "completed", created_at="2026-11-21T04:00Z")
    add(database, 2, created_at="2026-11-21T01:00Z")
    add(database, 3, "processing", created_at="2026-11-21T02:00Z")
    add(database, 4, "failed", created_at="2026-11-21T03:00Z", command="skip")
    head, *lines = owner()[1].splitlines()
    assert head.split() == ["id", "state", "command", "age", "tries", "when", "last", "error"]
    assert [line.split()[0] for line in lines] == [ID.format(number) for number in (3, 2, 1, 4)]
    for options, numbers in (
        (("--limit", "1"), "3"),
        (("--status", "failed"), "4"),
        (("--status", "open"), "32"),
        (("--command", "skip"), "4"),
    ):
        _, *lines = owner("list", *options)[1].splitlines()
        assert [line.split()[0] for line in lines] == [ID.format(number) for number in numbers]
    assert owner("list", "--command", "play") == (0, "No row is like that.\n")
    database.execute("delete from command_queue")
    assert owner("list", "--status", "open") == (0, "Nothing waits.\n")
    assert owner("list", "--status", "failed") == (0, "Nothing is failed.\n")


def test_a_state_that_does_not_exist_is_told_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        queue.main(["--status", "nope"])
    told = capsys.readouterr().err
    assert "processing" in told
    assert "Status." not in told


@pytest.mark.stack
def test_one_row_is_shown_whole_but_for_its_secrets(
    owner: Queue, database: psycopg.Connection
) -> None:
    identity = add(database, 1, payload='{"text": "こんにちは"}', last_error="it broke")
    database.execute(
        "insert into command_secrets (command_id, token) values (%s, 'a-secret-token')", (identity,)
    )
    _, text = owner("show", "aaaa")
    assert identity in text
    assert '"text": "こんにちは"' in text
    assert "it broke" in text
    assert "a-secret-token" not in text


@pytest.mark.stack
def test_a_failed_row_is_put_back_and_an_open_one_is_ended(
    owner: Queue, database: psycopg.Connection
) -> None:
    failed, waiting = add(database, 1, "failed"), add(database, 2)
    answer = add(database, 3, "failed", command="answer")
    assert owner("retry", failed) == (0, "  aaaaaaaa waits again\n")
    assert owner("cancel", waiting) == (0, "  aaaaaaaa is cancelled\n")
    assert owner("retry", answer)[0] == 1
    statuses = database.execute("select status from command_queue order by id").fetchall()
    assert [status for (status,) in statuses] == ["pending", "failed", "failed"]


@pytest.mark.stack
def test_of_several_each_that_can_be_done_is_and_the_rest_is_told(
    owner: Queue, database: psycopg.Connection
) -> None:
    failed, completed = add(database, 1, "failed"), add(database, 2, "completed")
    code, text = owner("retry", completed, failed)
    assert code == 1
    assert text.splitlines() == [
        "  ! aaaaaaaa stays as it is: it has not failed",
        "  aaaaaaaa waits again",
    ]
    assert owner("cancel", completed) == (
        1,
        "  ! aaaaaaaa stays as it is: it has ended already\n",
    )


@pytest.mark.stack
@pytest.mark.parametrize(
    ("prefix", "told"),
    [
        ("aaaaaaaa", "More than one row's id begins with aaaaaaaa"),
        ("b", "No row's id begins with b"),
        ("x'; drop table command_queue", "is no id"),
        ("", "is no id"),
    ],
)
def test_an_id_that_names_no_single_row_does_nothing(
    owner: Queue, database: psycopg.Connection, prefix: str, told: str
) -> None:
    add(database, 1)
    add(database, 2)
    with pytest.raises(StackError, match=told):
        owner("cancel", prefix)
    assert owner("show", ID.format(1).upper())[0] == 0


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_table_fits_the_terminal_whatever_it_says(width: int) -> None:
    error = "接続できませんでした: データベースが応答しませんでした。しばらくしてからもう一度。" * 3
    lines = shown(
        [replace(ROW, command="とても長い名前のコマンド" * 3, last_error=error)] * 2, width
    )
    assert max(map(cell_len, lines)) <= width
    assert sum("接続でき" in line for line in lines) == 2


def test_in_a_pipe_nothing_is_cut_and_nothing_coloured() -> None:
    error = "a long story\nof two lines, with [brackets]" + "!" * 500
    _, line = shown([replace(ROW, failure_reason="error", last_error=error)])
    assert line.startswith(ID.format(1))
    assert line.endswith("error: a long story of two lines, with [brackets]" + "!" * 500)
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("row", "when"),
    [
        (ROW, "due in 30 s"),
        (replace(ROW, run_at=NOW - timedelta(1)), "due"),
        (replace(ROW, status="processing", locked_until=NOW + timedelta(0, 240)), "lease 4 min"),
        (replace(ROW, status="processing", locked_until=NOW), "lease over"),
        (replace(ROW, status="failed", finished_at=NOW - timedelta(2)), "2 d ago"),
    ],
)
def test_when_is_the_next_or_the_last_thing_that_happens(row: QueueRow, when: str) -> None:
    assert shown([row])[1].endswith(f"1/5  {when}")


@pytest.mark.stack
@pytest.mark.parametrize("moment", ["infinity", "-infinity", "12026-01-01Z", "0044-03-15 BC"])
def test_a_moment_without_end_hides_no_row(
    owner: Queue, database: psycopg.Connection, moment: str
) -> None:
    add(database, 1)
    database.execute("alter table command_queue disable trigger user")
    database.execute(
        "update command_queue set run_at = %s, created_at = %s, expires_at = %s", (moment,) * 3
    )
    database.execute("alter table command_queue enable trigger user")
    assert "due" in owner()[1]
    sign = "-" if moment.startswith("-") or moment.endswith("BC") else ""
    assert owner("show", "aaaa")[1].count(f" {sign}infinity\n") == 3


STEERING = "\x1b[2J\x1b]0;mine\x07 \x9b31m\u202eabc"


@pytest.mark.parametrize("width", [None, 80, 200])
def test_what_would_steer_the_terminal_is_shown_and_not_obeyed(width: int | None) -> None:
    lines = shown([replace(ROW, command=f"a{STEERING}", last_error=f"b{STEERING}　です")], width)
    text = "\n".join(lines)
    for char in "\x1b\x07\x9b\u202e":
        assert char not in text
    assert r"a\x1b[2J" in text
    assert r"b\x1b[2J\x1b]0;mine\x07 \x9b31m\u202eabc　です" in text


@pytest.mark.stack
def test_a_row_that_is_shown_whole_steers_nothing_either(
    owner: Queue, database: psycopg.Connection
) -> None:
    payload = '{"text": "\\u009b31m", "two": 2}'
    add(database, 1, command=f"a{STEERING}", payload=payload, last_error=f"one\ntwo{STEERING}")
    _, text = owner("show", "aaaa")
    for char in "\x1b\x07\x9b\u202e":
        assert char not in text
    assert r'"text": "\x9b31m"' in text


def test_durations_are_short_and_never_negative() -> None:
    spoken = [spelled(timedelta(seconds=number)) for number in (-5, 59, 60, 7200, 200_000, 10**11)]
    assert spoken == ["0 s", "59 s", "1 min", "2 h", "2 d", "∞"]


def test_a_database_that_sleeps_is_told_with_what_to_do(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(Checkout, "here", classmethod(lambda _: checkout))
    with pytest.raises(StackError, match=r"not running\. Start it with python3 dev up"):
        queue.main([])


def test_a_refusal_is_no_fault_and_says_in_words_when_one_can_ask_again() -> None:
    opens = NOW + timedelta(hours=7, minutes=1)
    refused = replace(
        ROW,
        status="failed",
        failure_reason="refused",
        last_error=f"You can ask again <t:{int(opens.timestamp())}:R>.",
        finished_at=NOW,
    )
    (line,) = shown([refused], width=120)[1:]
    assert " refused " in line
    assert " failed " not in line
    assert line.endswith("You can ask again in 7 h.")
