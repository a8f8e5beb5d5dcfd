"""What the simulator remembers, and how much of it."""

from __future__ import annotations

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.events import KEPT_EVENTS, EventKind, EventLog
from dev.simulator.simulator import KEPT_CALLS
from dev.simulator.traces import Call


def test_whoever_comes_late_hears_the_latest_events_and_no_more() -> None:
    log = EventLog()
    for number in range(KEPT_EVENTS + 5):
        log.publish(EventKind.MESSAGE, {"number": number})
    kept = [event.data["number"] for event in log.since(0)]
    assert kept == list(range(5, KEPT_EVENTS + 5))
    assert [event.number for event in log.since(log.last_number - 1)] == [KEPT_EVENTS + 5]


def test_a_state_told_anew_is_kept_once() -> None:
    log = EventLog()
    for edits in range(3):
        log.publish(EventKind.TRACE, {"edits": edits}, replaces="trace 1")
        log.publish(EventKind.MESSAGE, {"edits": edits})
    log.publish(EventKind.TRACE, {"edits": 0}, replaces="trace 2")
    told = [(event.number, event.kind, event.data["edits"]) for event in log.since(0)]
    assert told == [
        (2, "message", 0),
        (4, "message", 1),
        (5, "trace", 2),
        (6, "message", 2),
        (7, "trace", 0),
    ]


def test_of_the_bots_requests_the_latest_are_kept(config: SimulatorConfig) -> None:
    simulator = Simulator(config)
    for number in range(KEPT_CALLS + 3):
        simulator.record(Call("GET", f"/{number}", 200, 1.0, "2026-03-01T12:00:00+00:00"))
    assert [call.path for call in simulator.calls][:1] == ["/3"]
    assert len(simulator.calls) == KEPT_CALLS
