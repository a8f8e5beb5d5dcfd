"""A bot behind the simulator, as a test of Halley would have it."""

from __future__ import annotations

from dev.simulator.message_bodies import CallbackType
from dev.simulator.running import RunningSimulator
from tests.simulator.conftest import Pair


def test_an_instant_reply_reaches_the_user(discord: RunningSimulator) -> None:
    asked = discord.send_command("ping", locale="en-US")
    seen = discord.wait_for(asked, lambda seen: bool(seen.messages))
    assert seen.text == "Pong! `12 ms`"
    assert seen.messages[0]["flags"] == 64
    assert seen.acknowledged is CallbackType.MESSAGE
    assert discord.violations == []


def test_a_deferred_answer_is_seen_thinking_and_then_growing(discord: RunningSimulator) -> None:
    asked = discord.send_command("ask", {"prompt": "ハレー彗星とは？"}, locale="ja")
    seen = discord.wait_for(asked, lambda seen: "one more thing" in seen.text)
    states = [revision["content"] for revision in seen.revisions]
    assert states[0] == ""
    assert [text[:14] for text in states[1:4]] == ["Halley's Comet"] * 3
    assert len(seen.messages) == 2
    assert not seen.is_thinking
    assert seen.messages[0]["edited_timestamp"] is not None
    assert discord.violations == []


def test_an_edit_before_the_deferral_has_arrived_is_an_unknown_webhook(pair: Pair) -> None:
    pair.discord.delay_deferrals(0.2)
    asked = pair.discord.send_command("ask", {"prompt": "?"})
    seen = pair.discord.wait_for(asked, lambda seen: "one more thing" in seen.text)
    assert seen.failed is None
    early = next(call for call in pair.discord.calls if call.method == "PATCH")
    assert early.status == 404
    assert early.response == {"message": "Unknown Webhook", "code": 10015}
