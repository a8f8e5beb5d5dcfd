"""What every ChatStore keeps to, in memory and on PostgREST: settings, choices and forms."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lib.locales import Locale
from lib.ports import GuildSettings, StoreError
from tests.services.chat_steps import ANNA, GUILD, IN_PRIVATE, ask, questions
from tests.services.chat_worlds import ChatWorld

EVERYTHING = {
    "language": "ja",
    "model": "gemini-3",
    "models": ["gemini-3", "a-model"],
    "system_instruction": "短く答えてください。'; drop table guild_settings; --",
    "footer": False,
    "shared": True,
    "channel_ids": ["200", "201"],
    "role_ids": frozenset({"7"}),
}


def change(world: ChatWorld, **changes: object) -> GuildSettings:
    return world.chat.change_guild_settings(guild_id=GUILD, changes=changes, user_id="303")


class TestGuildSettings:
    def test_what_is_changed_holds_at_once_everywhere(self, chat_world: ChatWorld) -> None:
        settings = change(chat_world, **EVERYTHING)
        assert settings == GuildSettings(
            language=Locale.JAPANESE,
            model="gemini-3",
            models=("gemini-3", "a-model"),
            system_instruction="短く答えてください。'; drop table guild_settings; --",
            footer=False,
            shared=True,
            channel_ids=frozenset({"200", "201"}),
            role_ids=frozenset({"7"}),
        )
        assert chat_world.chat.read_guild_settings(guild_id=GUILD) == settings
        assert chat_world.chat.open_chat(ANNA, command_id=uuid4()).settings == settings
        assert chat_world.chat.read_guild_settings(guild_id="5") == GuildSettings()

    def test_what_is_not_named_stays(self, chat_world: ChatWorld) -> None:
        change(chat_world, model="gemini-3", shared=True)
        settings = change(chat_world, footer=False)
        assert settings == GuildSettings(model="gemini-3", shared=True, footer=False)
        assert change(chat_world) == settings

    def test_null_is_the_default_again(self, chat_world: ChatWorld) -> None:
        change(chat_world, **EVERYTHING)
        assert change(chat_world, **dict.fromkeys(EVERYTHING)) == GuildSettings()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"guild_id": "5"},
            {"updated_by": "5"},
            {"nothing": None},
            {"language": "de"},
            {"language": 5},
            {"model": "m" * 201},
            {"model": ["gemini-3"]},
            {"models": "gemini-3"},
            {"models": [5]},
            {"models": ["m"] * 51},
            {"system_instruction": "x" * 4001},
            {"footer": "yes"},
            {"shared": 1},
            {"channel_ids": ["general"]},
            {"channel_ids": "200"},
            {"role_ids": ["7", ""]},
            {"role_ids": {}},
            {"role_ids": {"add": "7", "remove": "8"}},
            {"role_ids": {"put": "7"}},
            {"role_ids": {"add": "everyone"}},
            {"channel_ids": {"add": None}},
            {"channel_ids": {"remove": ["200"]}},
            {"models": {"add": "m" * 201}},
            {"model": {"add": "gemini-3"}},
            {"footer": {"add": "yes"}},
            {"nothing": {"add": "7"}},
            {"role_ids": [str(number) for number in range(201)]},
        ],
    )
    def test_what_is_no_setting_changes_nothing(
        self, chat_world: ChatWorld, wrong: dict[str, object]
    ) -> None:
        before = change(chat_world, model="gemini-3")
        with pytest.raises(StoreError) as caught:
            change(chat_world, **{"model": "other", "shared": True, **wrong})
        assert caught.value.code in {"22023", "23514"}
        assert chat_world.chat.read_guild_settings(guild_id=GUILD) == before

    def test_a_list_is_changed_by_one_of_its_own(self, chat_world: ChatWorld) -> None:
        steps: tuple[tuple[str, str, set[str]], ...] = (
            ("add", "200", {"200"}),
            ("add", "201", {"200", "201"}),
            ("add", "201", {"200", "201"}),
            ("remove", "200", {"201"}),
            ("remove", "5", {"201"}),
        )
        for how, channel_id, left in steps:
            assert change(chat_world, channel_ids={how: channel_id}).channel_ids == left
        change(chat_world, models=["a"], role_ids={"add": "7"})
        settings = change(chat_world, models={"add": "b"}, footer=False)
        assert (settings.models, settings.role_ids) == (("a", "b"), frozenset({"7"}))
        assert change(chat_world, models={"remove": "a"}).models == ("b",)

    @pytest.mark.parametrize(
        ("column", "one"), [("channel_ids", "200"), ("role_ids", "7"), ("models", "gemini-3")]
    )
    def test_the_last_of_a_list_stays_since_none_would_mean_all(
        self, chat_world: ChatWorld, column: str, one: str
    ) -> None:
        before = change(chat_world, **{column: {"add": one}})
        with pytest.raises(StoreError) as caught:
            change(chat_world, **{column: {"remove": one}, "footer": False})
        assert caught.value.is_restricted
        assert chat_world.chat.read_guild_settings(guild_id=GUILD) == before
        assert change(chat_world, **{column: {"remove": "5"}}) == before
        assert change(chat_world, **{column: None}) == GuildSettings()
        assert change(chat_world, **{column: {"remove": one}}) == GuildSettings()

    def test_the_longest_instruction_is_kept_whole(self, chat_world: ChatWorld) -> None:
        longest = "彗" * 4000
        assert change(chat_world, system_instruction=longest).system_instruction == longest


class TestChosenModel:
    def test_a_user_chooses_for_themselves(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        assert chat.read_chosen_model(user_id="301") is None
        for model in ("gemini-3", "other"):
            chat.choose_model(user_id="301", model=model)
            assert chat.read_chosen_model(user_id="301") == model
            assert chat.open_chat(ANNA, command_id=uuid4()).chosen_model == model
        assert chat.read_chosen_model(user_id="302") is None

    def test_and_takes_it_back(self, chat_world: ChatWorld) -> None:
        chat_world.chat.choose_model(user_id="301", model="gemini-3")
        for _ in range(2):
            chat_world.chat.choose_model(user_id="301", model=None)
            assert chat_world.chat.read_chosen_model(user_id="301") is None


class TestSources:
    def test_a_form_finds_what_it_is_about(self, chat_world: ChatWorld) -> None:
        source = {"text": "quoted\u3000'text'", "files": [{"id": "1"}], "at": None}
        chat_world.chat.keep_source(key="a", user_id="301", source=source, seconds=60)
        assert chat_world.chat.read_source(key="a", user_id="301") == source
        assert chat_world.chat.read_source(key="b", user_id="301") is None
        assert chat_world.chat.read_source(key="a", user_id="302") is None

    def test_the_last_one_stands_and_not_for_long(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        for text in ("first", "second"):
            chat.keep_source(key="a", user_id="301", source={"text": text}, seconds=60)
        assert chat.read_source(key="a", user_id="301") == {"text": "second"}
        chat_world.let_pass(60)
        assert chat.read_source(key="a", user_id="301") is None


class TestDeletingUserData:
    def test_everything_of_that_user_goes_and_nothing_of_others(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        bens = type(ANNA)(guild_id=GUILD, channel_id="200", user_id="302")
        for place in (ANNA, IN_PRIVATE, bens):
            ask(chat, "mine alone", place)
            chat.choose_model(user_id=place.user_id, model="gemini-3")
            chat.keep_source(key="a", user_id=place.user_id, source={}, seconds=60)
        change(chat_world, shared=True)
        for place in (ANNA, bens):
            ask(chat, "for all", place)
        counts = chat_world.store.delete_user_data(user_id="301")
        assert {name: count for name, count in counts.items() if count} == {
            "gemini_usage": 3,
            "reservations": 3,
            "messages": 6,
            "conversations": 2,
            "user_settings": 1,
            "sources": 1,
        }
        assert questions(chat, IN_PRIVATE) == []
        assert [e.author_id for e in chat.read_history(ANNA, limit=9).exchanges] == ["302"]
        change(chat_world, shared=False)
        assert questions(chat, ANNA) == []
        assert questions(chat, bens) == ["mine alone"]
        assert chat.read_chosen_model(user_id="302") == "gemini-3"
        assert chat.read_source(key="a", user_id="302") == {}
        assert chat.read_source(key="a", user_id="301") is None

    def test_no_summary_tells_of_them_any_more(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        change(chat_world, shared=True)
        ask(chat, "a", ANNA)
        opened = chat.open_chat(ANNA, command_id=uuid4())
        assert opened.conversation_id is not None
        chat.save_summary(
            conversation_id=opened.conversation_id,
            summary="Anna asked a.",
            since=opened.summarised_through,
            through=opened.exchanges[-1].place,
        )
        chat_world.store.delete_user_data(user_id="302")
        assert chat.read_history(ANNA, limit=1).summary == "Anna asked a."
        chat_world.store.delete_user_data(user_id="301")
        assert chat.read_history(ANNA, limit=1).summary == ""
