"""/model: which model answers, why, and a choice of one's own among those that are allowed."""

from __future__ import annotations

import pytest

from lib.chat.catalogue import read_catalogue
from lib.ports import GuildSettings
from tests.bot import Bot
from tests.commands.steering import bot_with_models, told
from tests.payloads import ASKER, GUILD, slash, typing

SHOW = slash("model")


def test_without_a_choice_the_default_answers() -> None:
    text = told(bot_with_models(), SHOW)
    assert "`swift` answers you: the default." in text
    assert "- `thorough`" in text


def test_what_the_administrators_chose_answers_whoever_chose_nothing() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(model="old")
    assert "`old` answers you: what this server's administrators chose." in told(bot, SHOW)
    assert "`swift` answers you: the default." in told(bot, SHOW.in_dm().numbered(2))


def test_a_choice_is_kept_and_can_be_taken_back() -> None:
    bot = bot_with_models()
    assert "`thorough` answers you: your own choice." in told(bot, slash("model", name="thorough"))
    assert bot.chat.chosen_models == {ASKER: "thorough"}
    assert "your own choice" in told(bot, SHOW.numbered(2))
    text = told(bot, slash("model", name="default").numbered(3))
    assert "`swift` answers you: the default." in text
    assert bot.chat.chosen_models == {}


def test_only_what_the_server_allows_can_be_chosen() -> None:
    bot = bot_with_models()
    bot.chat.settings[GUILD] = GuildSettings(models=("swift", "old"))
    text = told(bot, slash("model", name="thorough"))
    assert "`thorough` isn't among the models of this server" in text
    assert "`swift`, `old`" in text
    assert bot.chat.chosen_models == {}


def test_a_choice_that_is_not_allowed_here_is_told_as_such() -> None:
    bot = bot_with_models()
    bot.chat.chosen_models[ASKER] = "thorough"
    bot.chat.settings[GUILD] = GuildSettings(models=("old",))
    text = told(bot, SHOW)
    assert "`old` answers you: the default." in text
    assert "Your own choice, `thorough`, can't be used here." in text


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    bot = bot_with_models("gemini-flash", "gemini-pro", "gpt-large", "llama")
    text = told(bot, slash("model", name="gemini-pr0"))
    assert "There is no model `gemini-pr0` here. Did you mean `gemini-pro`" in text
    assert "llama" not in text
    assert bot.chat.chosen_models == {}


def test_a_name_that_is_like_no_other_is_no_misspelt_one() -> None:
    text = told(bot_with_models("gemini-flash", "gpt-large"), slash("model", name="claude"))
    assert text == "There is no model `claude` here. `/model` lists those you can choose."


def test_a_model_whose_key_is_not_set_is_told_as_such() -> None:
    (gpt, *_) = (card for card in read_catalogue().cards if card.key == "OPENAI_API_KEY")
    bot = bot_with_models("gpt-large")
    text = told(bot, slash("model", name=gpt.name))
    assert text == f"`{gpt.name}` can't be used: its key isn't set in this bot."
    japanese = told(bot, slash("model", name=gpt.name).in_japanese().numbered(2))
    assert "キーが設定されていない" in japanese
    assert bot.chat.chosen_models == {}


def test_a_name_can_break_out_of_no_sentence() -> None:
    text = told(bot_with_models(), slash("model", name="`@everyone` **x**"))
    assert "`'@everyone' **x**`" in text


def test_the_same_in_japanese() -> None:
    bot = bot_with_models()
    assert "`swift` が回答します（デフォルト）。" in told(bot, SHOW.in_japanese())
    text = told(bot, slash("model", name="none").in_japanese().numbered(2))
    assert "`none` というモデルはありません" in text


def test_proposals_come_at_once_and_fit_what_is_typed() -> None:
    bot = Bot(OPENAI_API_KEY="another-key-for-tests-only")
    reply = bot.client.send(typing("model", focused="name", name="GPT"))
    assert reply.json["type"] == 8
    names = [choice["value"] for choice in reply.json["data"]["choices"]]
    assert names
    assert all("gpt" in name for name in names)
    assert "read_guild_settings" not in bot.chat.entered


@pytest.mark.parametrize(("locale", "default"), [("en-US", "Default"), ("ja", "デフォルト")])
def test_the_way_back_to_the_default_is_proposed_first(locale: str, default: str) -> None:
    asking = typing("model", focused="name", name="").in_language(locale)
    choices = Bot().client.send(asking).json["data"]["choices"]
    assert choices[0] == {"name": default, "value": "default"}
    assert 1 < len(choices) <= 25


def test_what_a_model_is_good_for_stands_beside_it_in_the_users_language() -> None:
    english, japanese = (
        Bot().client.send(typing("model", focused="name", name="gemini").in_language(locale)).json
        for locale in ("en-US", "ja")
    )
    assert english != japanese
    assert all(" · " in choice["name"] for choice in english["data"]["choices"])


def test_a_database_that_is_away_is_told_plainly() -> None:
    bot = bot_with_models()
    bot.chat.is_down = True
    assert "The database didn't answer" in told(bot, slash("model", name="old"))


def test_without_a_database_there_is_nothing_to_choose() -> None:
    bot = Bot(without=("SUPABASE_URL",))
    assert "this bot runs without one" in bot.client.send(SHOW).content
