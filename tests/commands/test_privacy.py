"""/privacy: what is kept, and a button that deletes what is mine and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from lib.interactions.response import LONGEST_CONTENT, length
from lib.locales import Locale
from tests.bot import Bot
from tests.client import Reply
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import ASKER, CHANNEL, GUILD, press, slash, typing

LONGEST_PROVIDERS = 200
OTHER = "1180000000000000301"
PRIVACY = slash("privacy")


def buttons_of(reply: Reply) -> list[dict[str, Any]]:
    return [button for row in reply.json["data"]["components"] for button in row["components"]]


@pytest.mark.parametrize(
    ("locale", "kept", "while_answering"),
    [
        (
            Locale.ENGLISH,
            "your name, your questions, my answers",
            "Deleted as soon as the answer has ended or is given up",
        ),
        (
            Locale.JAPANESE,
            "あなたの名前と質問、回答",
            "回答が終わるか打ち切られた時点で削除します",
        ),
    ],
)
def test_with_a_database_it_says_what_is_kept_and_offers_to_delete_it(
    locale: Locale, kept: str, while_answering: str
) -> None:
    reply = Bot().client.send(PRIVACY.in_language(locale.value))
    assert reply.json["data"]["flags"] == 64
    assert "Google Gemini" in reply.content
    assert kept in reply.content
    assert while_answering in reply.content
    (button,) = buttons_of(reply)
    assert button["custom_id"] == "privacy:delete"


@pytest.mark.parametrize(
    ("locale", "owner_may", "days"),
    [("en-US", "my owner may have set other times", "90 days"), ("ja", "変更している", "90日間")],
)
def test_the_terms_are_told_and_that_the_owner_may_change_them(
    locale: str, owner_may: str, days: str
) -> None:
    text = Bot().client.send(PRIVACY.in_language(locale)).content
    assert owner_may in text
    assert text.count(days) == 3


@pytest.mark.parametrize(
    ("locale", "summary", "quoted"),
    [
        (
            "en-US",
            "stays as long as the conversation goes on, and 90 days after its last word",
            "Its author can delete it, too, by the button below",
        ),
        (
            "ja",
            "要約は、会話が続いている間と、最後のやりとりから90日間",
            "書いた本人も、下のボタンで削除できます",
        ),
    ],
)
def test_it_says_how_long_summaries_stay_and_whose_quoted_messages_are(
    locale: str, summary: str, quoted: str
) -> None:
    text = Bot().client.send(PRIVACY.in_language(locale)).content
    assert summary in text
    assert quoted in text


@pytest.mark.parametrize(
    ("locale", "music"), [("en-US", "**Music you ask for**"), ("ja", "**リクエストした曲**")]
)
def test_it_says_that_it_is_known_who_wished_for_which_music(locale: str, music: str) -> None:
    assert music in Bot().client.send(PRIVACY.in_language(locale)).content


@pytest.mark.parametrize(
    ("locale", "typed"),
    [("en-US", "Your words, nameless: 14 days"), ("ja", "わからない形で14日間")],
)
def test_it_says_how_long_the_words_of_an_order_stay(locale: str, typed: str) -> None:
    assert typed in Bot().client.send(PRIVACY.in_language(locale)).content


@pytest.mark.parametrize("locale", Locale)
def test_it_leaves_room_for_many_providers(locale: Locale) -> None:
    text = Bot().client.send(PRIVACY.in_language(locale.value)).content
    assert length(text) + LONGEST_PROVIDERS <= LONGEST_CONTENT


@pytest.mark.parametrize(("locale", "forget"), [("en-US", "`/forget`"), ("ja", "`/会話削除`")])
def test_it_names_the_command_that_forgets_a_conversation(locale: str, forget: str) -> None:
    assert forget in Bot().client.send(PRIVACY.in_language(locale)).content


@pytest.mark.parametrize("locale", Locale)
def test_it_names_whoever_runs_a_model_that_may_answer(locale: Locale) -> None:
    bot = Bot(OPENAI_API_KEY="another-key-for-tests-only")
    text = bot.client.send(PRIVACY.in_language(locale.value)).content
    assert "Google Gemini" in text
    assert "OpenAI" in text
    assert "OpenAI" not in Bot().client.send(PRIVACY.in_language(locale.value)).content


@pytest.mark.parametrize("missing", ["SUPABASE_URL", "SUPABASE_SECRET_KEY"])
def test_without_a_database_it_says_that_nothing_is_kept(missing: str) -> None:
    bot = Bot(without=(missing,))
    reply = bot.client.send(PRIVACY)
    assert "Nothing: this bot runs without a database" in reply.content
    assert buttons_of(reply) == []
    assert "ありません" in bot.client.send(PRIVACY.in_japanese()).content


def test_without_a_key_nobody_else_sees_a_question() -> None:
    reply = Bot(without=("GEMINI_API_KEY",)).client.send(PRIVACY)
    assert "Gemini" not in reply.content
    assert "offline model" in reply.content


def test_the_button_deletes_what_is_mine_and_leaves_what_is_others() -> None:
    bot = Bot(ScriptedChatModel(*[saying("Hello.")] * 3))
    for number, user in enumerate((ASKER, OTHER)):
        bot.client.send(slash("ask", prompt="Hi").by(user).numbered(number + 1))
    pressed = press("privacy:delete").numbered(10)
    reply = bot.client.send(pressed)
    assert reply.json == {"type": 6}
    assert bot.discord.seen(pressed.token) == ["Done. Rows about you that I deleted: 5."]
    assert [row["user_id"] for row in bot.store.tables.gemini_usage] == [OTHER]
    assert [exchange.author_id for exchange in bot.chat.exchanges.values()] == [OTHER]


def test_the_message_loses_its_button_with_the_deletion() -> None:
    bot = Bot()
    bot.client.send(press("privacy:delete"))
    (body,) = bot.discord.bodies()
    assert body["components"] == []


def test_the_deletion_leaves_no_note_of_who_wanted_it() -> None:
    bot = Bot()
    bot.client.send(press("privacy:delete"))
    bot.client.send(press("privacy:delete").in_dm().numbered(2))
    noted = [(entry.command, entry.user_id) for _, entry in bot.watch.interactions]
    assert noted == [("privacy:delete", None)] * 2


def test_what_the_database_could_not_take_before_the_deletion_comes_without_who_it_was() -> None:
    bot = Bot()
    bot.store.is_down = True
    bot.client.send(slash("ping"))
    bot.client.send(slash("ping").by(OTHER).numbered(2))
    bot.store.is_down = False
    bot.client.send(press("privacy:delete").numbered(3))
    noted = [(entry.command, entry.user_id) for _, entry in bot.watch.interactions]
    assert noted == [("ping", None), ("ping", OTHER), ("privacy:delete", None)]


def test_what_is_only_typed_is_noted_without_who_types() -> None:
    bot = Bot()
    bot.client.send(typing("help", command="a", focused="command"))
    bot.client.send(PRIVACY.numbered(2))
    assert {entry.command: entry.user_id for _, entry in bot.watch.interactions} == {
        "help": None,
        "privacy": ASKER,
    }


def test_the_channel_of_a_direct_message_which_is_its_user_is_not_kept() -> None:
    bot = Bot(ScriptedChatModel(*[saying("Hello.")] * 2))
    bot.client.send(slash("ask", prompt="Hi"))
    bot.client.send(slash("ask", prompt="Hi").in_dm().by(OTHER).numbered(2))
    in_guild, direct = [row.payload for row in bot.store.rows.values()]
    assert (in_guild["guild_id"], in_guild["channel_id"]) == (GUILD, CHANNEL)
    assert (direct["guild_id"], direct["channel_id"]) == (None, None)


def test_whoever_has_nothing_there_is_told_so_in_their_language() -> None:
    for builder, text in (
        (press("privacy:delete"), "There was nothing about you to delete."),
        (press("privacy:delete").in_japanese(), "削除するデータはありませんでした。"),
    ):
        bot = Bot()
        bot.client.send(builder)
        assert bot.seen == [text]


def test_it_is_the_one_who_presses_whose_data_goes() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.client.send(slash("ask", prompt="Hi"))
    bot.client.send(press("privacy:delete").by(OTHER).numbered(10))
    assert len(bot.store.tables.gemini_usage) == 1


@pytest.mark.parametrize(
    ("locale", "text"), [("en-US", "nothing was deleted"), ("ja", "削除できませんでした")]
)
def test_a_database_that_is_down_is_told_plainly(locale: str, text: str) -> None:
    bot = Bot()
    bot.store.is_down = True
    bot.client.send(press("privacy:delete").in_language(locale))
    assert text in bot.seen[0]
