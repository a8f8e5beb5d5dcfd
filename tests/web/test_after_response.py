"""Work that waits until the response has left, and the twin that does not wait."""

from __future__ import annotations

import io
from functools import partial

import pytest

from lib.logs import configure_logs
from lib.ports import Background
from lib.web.after_response import AfterResponse
from tests.fakes.background import InlineBackground


def finish(background: Background) -> None:
    """What a server does at the end; the inline twin has nothing left to do."""
    if isinstance(background, AfterResponse):
        assert b"".join(background) == b"body"
        background.close()


@pytest.fixture(params=["after the response", "inline"])
def background(request: pytest.FixtureRequest) -> Background:
    return AfterResponse(b"body") if request.param == "after the response" else InlineBackground()


def test_all_work_is_done_in_the_order_it_came_and_once(background: Background) -> None:
    done: list[int] = []
    for number in range(3):
        background.submit(partial(done.append, number))
    finish(background)
    finish(background)
    assert done == [0, 1, 2]


def test_nothing_is_done_before_the_body_has_left() -> None:
    done: list[str] = []
    response = AfterResponse(b"body")
    response.submit(lambda: done.append("work"))
    assert list(response) == [b"body"]
    assert len(response) == 1
    assert done == []
    response.close()
    assert done == ["work"]


def test_what_fails_is_logged_with_its_traceback_and_the_rest_is_done() -> None:
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    done: list[str] = []

    def fall() -> None:
        raise ZeroDivisionError("a mistake")

    response = AfterResponse(b"body")
    response.submit(fall)
    response.submit(lambda: done.append("the rest"))
    response.close()
    assert done == ["the rest"]
    assert "ZeroDivisionError: a mistake" in stream.getvalue()
