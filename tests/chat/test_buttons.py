"""The buttons' custom_ids: within Discord's limits, and enough to find the exchange again."""

from __future__ import annotations

from uuid import UUID

import pytest

from lib.chat.buttons import buttons, exchange_of
from lib.interactions.errors import PayloadError
from lib.interactions.registry import CommandRegistry
from lib.locales import Locale

LARGEST_ID = str(2**63 - 1)
EXCHANGE = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
LONGEST_CUSTOM_ID = 100


@pytest.mark.parametrize("messages", [1, 2, 9])
@pytest.mark.parametrize("is_kept", [True, False])
def test_each_names_a_handler_its_asker_and_its_exchange(messages: int, is_kept: bool) -> None:  # noqa: FBT001
    ask = CommandRegistry("lib.commands").find("ask")
    assert ask is not None
    (row,) = buttons(
        Locale.ENGLISH,
        asker_id=LARGEST_ID,
        exchange_id=EXCHANGE,
        messages=messages,
        is_kept=is_kept,
    )
    assert len(row) == (4 if is_kept else 1)
    for button in row:
        command, key, asker, exchange = button.custom_id.split(":")
        assert (command, asker, exchange) == ("ask", LARGEST_ID, str(EXCHANGE))
        assert key in ask.components
        assert exchange_of(button.custom_id) == EXCHANGE
        assert len(button.custom_id) <= LONGEST_CUSTOM_ID


@pytest.mark.parametrize("custom_id", ["ask:again", "ask:again:1:", "ask:again:1:no-uuid"])
def test_what_names_no_exchange_is_no_custom_id_of_ours(custom_id: str) -> None:
    with pytest.raises(PayloadError):
        exchange_of(custom_id)
