"""Where the log goes beside the console: what is kept for bot_logs, and a file that keeps all."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.logs import (
    LONGEST_KEPT,
    MOST_KEPT,
    RECORDED,
    LogOutput,
    configure_logs,
    get_logger,
)
from lib.settings import Settings
from lib.web.front import create_app
from tests.bot import ENVIRONMENT
from tests.captured_log import CapturedLog

log_here = get_logger("lib.tests")


def kept(output: LogOutput) -> list[str]:
    return [event.message for event in output.take_events()]


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    """No file stays open."""
    yield
    configure_logs(level="INFO", as_json=False)


class TestWhatIsKept:
    def test_warnings_errors_and_the_named_events_are(self, log: CapturedLog) -> None:
        log_here.debug("a_detail")
        log_here.info("an_event")
        log_here.info("answer_resumed", command="ask", attempt=2)
        log_here.warning("a_warning", ms=7)
        log_here.error("an_error")
        events = log.output.take_events()
        assert [(event.level, event.message) for event in events] == [
            ("info", "answer_resumed  command=ask attempt=2"),
            ("warning", "a_warning  ms=7"),
            ("error", "an_error"),
        ]

    @pytest.mark.parametrize("event", sorted(RECORDED))
    def test_each_named_event_is(self, log: CapturedLog, event: str) -> None:
        log_here.info(event)
        assert kept(log.output) == [event]

    def test_it_is_taken_once(self, log: CapturedLog) -> None:
        log_here.warning("a_warning")
        assert kept(log.output) == ["a_warning"]
        assert kept(log.output) == []

    def test_what_could_not_be_written_can_be_put_back_before_what_came_since(
        self, log: CapturedLog
    ) -> None:
        log_here.warning("the_first")
        taken = log.output.take_events()
        log_here.warning("the_second")
        log.output.put_events_back(taken)
        assert kept(log.output) == ["the_first", "the_second"]

    def test_of_too_many_put_back_the_newest_are_kept(self, log: CapturedLog) -> None:
        for number in range(MOST_KEPT):
            log_here.warning("a_warning", number=number)
        taken = log.output.take_events()
        log_here.warning("the_newest")
        log.output.put_events_back(taken)
        messages = kept(log.output)
        assert len(messages) == MOST_KEPT
        assert (messages[0], messages[-1]) == ("a_warning  number=1", "the_newest")

    def test_two_who_take_at_once_share_what_there_is(self, log: CapturedLog) -> None:
        taken: list[str] = []
        done = threading.Event()

        def take() -> None:
            while not done.is_set():
                taken.extend(kept(log.output))

        takers = [threading.Thread(target=take) for _ in range(2)]
        for taker in takers:
            taker.start()
        for number in range(2000):
            log_here.warning("a_warning", number=number)
        done.set()
        for taker in takers:
            taker.join()
        taken += kept(log.output)
        assert len(taken) == len(set(taken))

    def test_it_says_when_it_was(self, log: CapturedLog) -> None:
        before = datetime.now(UTC)
        log_here.warning("a_warning")
        (event,) = log.output.take_events()
        assert before - timedelta(seconds=1) <= event.created_at <= datetime.now(UTC)
        assert event.created_at.tzinfo is UTC

    def test_of_too_many_the_newest_are(self, log: CapturedLog) -> None:
        for number in range(MOST_KEPT + 50):
            log_here.warning("a_warning", number=number)
        messages = kept(log.output)
        assert len(messages) == MOST_KEPT
        assert messages[0] == "a_warning  number=50"

    def test_a_long_one_is_cut(self, log: CapturedLog) -> None:
        log_here.warning("a_warning", text="x" * 10_000)
        assert [len(message) for message in kept(log.output)] == [LONGEST_KEPT]

    def test_of_a_traceback_only_the_kind_of_error_is(self, log: CapturedLog) -> None:
        log_here.error("failed", error=ZeroDivisionError("with a prompt in it"))
        assert kept(log.output) == ["failed  error=ZeroDivisionError"]

    def test_no_secret_is_not_even_where_it_would_be_cut(self) -> None:
        secret = "a-secret-of-the-tests"
        log = CapturedLog(secrets=(secret,))
        for length in range(LONGEST_KEPT - 60, LONGEST_KEPT, 3):
            log_here.warning("a_warning", text="x" * length + secret, key="Bearer abc.def")
        for message in kept(log.output):
            assert "a-secret" not in message
            assert "abc.def" not in message

    @pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
    def test_it_is_the_same_whatever_the_console_shows(self, level: str) -> None:
        log = CapturedLog(level=level)
        log_here.debug("a_detail")
        log_here.info("an_event")
        log_here.info("answer_resumed")
        log_here.warning("a_warning")
        assert kept(log.output) == ["answer_resumed", "a_warning"]
        shown = [line["event"] for line in log.lines]
        everything = ["a_detail", "an_event", "answer_resumed", "a_warning"]
        assert (
            shown
            == {
                "DEBUG": everything,
                "INFO": everything[1:],
                "WARNING": everything[3:],
                "ERROR": [],
            }[level]
        )

    def test_setting_up_again_begins_anew(self, log: CapturedLog) -> None:
        log_here.warning("a_warning")
        assert kept(CapturedLog().output) == []


class TestTheLevelForAWhile:
    def test_all_is_shown_from_another_level_on_and_then_as_before(self, log: CapturedLog) -> None:
        for level in ("DEBUG", "ERROR", None):
            log.output.show_from(level)
            log_here.debug("a_detail", while_at=level)
            log_here.warning("a_warning", while_at=level)
        assert [(line["event"], line["while_at"]) for line in log.lines] == [
            ("a_detail", "DEBUG"),
            ("a_warning", "DEBUG"),
            ("a_warning", None),
        ]

    def test_what_is_kept_is_not_changed_by_it(self, log: CapturedLog) -> None:
        log.output.show_from("ERROR")
        log_here.warning("a_warning")
        log.output.show_from("DEBUG")
        log_here.debug("a_detail")
        assert kept(log.output) == ["a_warning"]


class TestTheFile:
    def test_it_keeps_all_though_the_console_shows_less(self, tmp_path: Path) -> None:
        path, console = tmp_path / "halley.log", io.StringIO()
        configure_logs(level="ERROR", as_json=False, stream=console, file=str(path))
        log_here.debug("a_detail", number=1)
        log_here.error("an_error")
        assert [line.split(maxsplit=1)[1] for line in path.read_text().splitlines()] == [
            "DEBUG    a_detail  number=1",
            "ERROR    an_error",
        ]
        assert "a_detail" not in console.getvalue()

    def test_it_is_no_secrets_place_either(self, tmp_path: Path) -> None:
        path = tmp_path / "halley.log"
        configure_logs(
            level="INFO", as_json=True, secrets=["a-secret"], stream=io.StringIO(), file=str(path)
        )
        log_here.debug("a_detail", key="a-secret", header="Bot abc.def")
        assert "a_detail" in path.read_text()
        assert "a-secret" not in path.read_text()
        assert "abc.def" not in path.read_text()

    def test_it_does_not_grow_for_ever(self, tmp_path: Path) -> None:
        path = tmp_path / "halley.log"
        configure_logs(level="ERROR", as_json=False, stream=io.StringIO(), file=str(path))
        for number in range(120):
            log_here.debug("a_detail", number=number, text="x" * 100_000)
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == [
            "halley.log",
            "halley.log.1",
            "halley.log.2",
            "halley.log.3",
        ]
        assert all(file.stat().st_size <= 2_000_000 for file in files)
        assert "number=119" in path.read_text()

    def test_without_a_word_there_is_none(self, tmp_path: Path) -> None:
        configure_logs(
            level="INFO", as_json=False, stream=io.StringIO(), file=str(tmp_path / "halley.log")
        )
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(("environment", "is_kept"), [("test", True), ("production", False)])
    def test_a_deployed_function_writes_none(
        self, tmp_path: Path, environment: str, *, is_kept: bool
    ) -> None:
        path = tmp_path / "halley.log"
        changes = {"ENVIRONMENT": environment, "LOG_FILE": str(path)}
        create_app(Settings.from_env({**ENVIRONMENT, **changes}))
        log_here.debug("a_detail")
        assert path.exists() is is_kept
