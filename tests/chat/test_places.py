"""Where and by whom a guild lets the assistant be asked."""

from __future__ import annotations

import pytest

from lib.chat.places import MOST_NAMED, place_of, require_allowed_place
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.locales import Locale
from lib.ports import ChatPlace, GuildSettings
from tests.payloads import ASKER, CHANNEL, GUILD, InteractionBuilder, slash

HERE, ELSEWHERE = CHANNEL, "1180000000000000222"
ROLE = "1180000000000000444"
ASK = slash("ask", prompt="Hi").with_member(roles=[], permissions="0")


def refusal(settings: GuildSettings, builder: InteractionBuilder = ASK) -> UserFacingError | None:
    try:
        require_allowed_place(settings, Interaction.from_payload(builder.build()))
    except UserFacingError as error:
        return error
    return None


def test_without_a_word_of_the_administrators_it_is_allowed_everywhere() -> None:
    assert refusal(GuildSettings()) is None


def test_a_channel_that_is_not_among_theirs_is_refused_in_private() -> None:
    error = refusal(GuildSettings(channel_ids=frozenset({ELSEWHERE})))
    assert error is not None
    assert error.private
    assert f"<#{ELSEWHERE}>" in error.in_(Locale.ENGLISH)
    assert f"<#{ELSEWHERE}>" in error.in_(Locale.JAPANESE)
    assert refusal(GuildSettings(channel_ids=frozenset({HERE}))) is None


@pytest.mark.parametrize("allowed", [HERE, ELSEWHERE], ids=["itself", "its channel"])
def test_a_thread_is_allowed_by_itself_or_by_its_channel(allowed: str) -> None:
    thread = ASK.in_thread(ELSEWHERE)
    assert refusal(GuildSettings(channel_ids=frozenset({allowed})), thread) is None
    assert refusal(GuildSettings(channel_ids=frozenset({"1"})), thread) is not None


def test_a_role_is_needed_of_all_but_administrators() -> None:
    settings = GuildSettings(role_ids=frozenset({ROLE}))
    error = refusal(settings)
    assert error is not None
    assert f"<@&{ROLE}>" in error.in_(Locale.ENGLISH)
    assert refusal(settings, ASK.with_member(roles=[ROLE], permissions="0")) is None
    assert refusal(settings, ASK.with_member(roles=[], permissions=str(1 << 5))) is None


def test_an_administrator_keeps_to_the_channels_as_well() -> None:
    settings = GuildSettings(channel_ids=frozenset({ELSEWHERE}))
    assert refusal(settings, ASK.with_member(roles=[], permissions=str(1 << 5))) is not None


def test_of_many_channels_a_few_are_named() -> None:
    many = frozenset(str(1180000000000000600 + number) for number in range(MOST_NAMED + 1))
    error = refusal(GuildSettings(channel_ids=many))
    assert error is not None
    assert error.in_(Locale.ENGLISH).count("<#") == MOST_NAMED
    assert " …" in error.in_(Locale.ENGLISH)


def test_direct_messages_are_nobodys_to_close() -> None:
    settings = GuildSettings(channel_ids=frozenset({"1"}), role_ids=frozenset({ROLE}))
    assert refusal(settings, slash("ask", prompt="Hi").in_dm()) is None


@pytest.mark.parametrize("private", [True, False])
def test_where_somebody_asks_is_private_only_where_others_read(*, private: bool) -> None:
    asking = Interaction.from_payload(ASK.build())
    here = ChatPlace(guild_id=GUILD, channel_id=CHANNEL, user_id=ASKER, private=private)
    assert place_of(asking, private=private) == here
    alone = place_of(Interaction.from_payload(ASK.in_dm().build()), private=private)
    assert (alone.guild_id, alone.user_id, alone.private) == (None, ASKER, False)
