"""/history: the conversation that a question here would continue, for the caller alone."""

from __future__ import annotations

import re

from lib.chat.quoting import quoted
from lib.ports import ConversationKind, GuildSettings
from tests.bot import Bot
from tests.commands.steering import NO_LIMITS, OTHER, Said, keep, shown, told
from tests.payloads import CHANNEL, DM_CHANNEL, GUILD, slash

HISTORY = slash("history")
SECRETS = slash("history", private=True)


def whole(bot: Bot) -> str:
    """The file that the last answer carries."""
    (file,) = bot.discord.calls[-1].files
    assert file.name == "halley-conversation.md"
    return file.content.decode()


def test_what_was_said_is_shown_with_who_said_it() -> None:
    bot = Bot()
    keep(bot, Said("When is Halley back?", "In 2061."))
    keep(bot, Said("And before?", "In 1986."))
    body = shown(bot, HISTORY)
    lines = str(body["content"]).splitlines()
    assert lines[:2] == [
        "### Your conversation here",
        "2 questions with their answers; the newest are at the end.",
    ]
    assert re.fullmatch(r"\*\*Edmond\*\* · <t:\d+:R>: When is Halley back\?", lines[2])
    assert lines[3] == "> In 2061."
    assert lines[-1] == "> In 1986."
    assert body["attachments"] == []


def test_neither_anothers_nor_a_private_one_is_in_it() -> None:
    bot = Bot()
    keep(bot, Said("mine"))
    keep(bot, Said("another's", user=OTHER))
    keep(bot, Said("my secret", kind=ConversationKind.PRIVATE))
    text = told(bot, HISTORY)
    assert "mine" in text
    assert "another's" not in text
    assert "secret" not in text


def test_the_private_one_is_shown_when_it_is_asked_for() -> None:
    bot = Bot()
    keep(bot, Said("mine"))
    keep(bot, Said("my secret", kind=ConversationKind.PRIVATE))
    text = told(bot, SECRETS)
    assert "### Your private conversation here" in text
    assert "my secret" in text
    assert "mine" not in text


def test_a_shared_one_names_everybody() -> None:
    bot = Bot()
    bot.chat.settings[GUILD] = GuildSettings(shared=True)
    keep(bot, Said("one's", kind=ConversationKind.SHARED))
    keep(bot, Said("another's", user=OTHER, name="Caroline", kind=ConversationKind.SHARED))
    text = told(bot, HISTORY)
    assert "### This channel's conversation" in text
    assert "**Edmond**" in text
    assert "**Caroline**" in text


def test_what_is_quoted_formats_and_mentions_nothing() -> None:
    bot = Bot()
    keep(bot, Said("**bold** @everyone <@42>", "# heading\n- list", name="`x`"))
    text = told(bot, HISTORY)
    assert r"\*\*bold\*\*" in text
    assert "@everyone" not in text
    assert "<@42>" not in text
    assert "> \\# heading - list" in text
    assert r"**\`x\`**" in text


def test_long_ones_are_cut_and_stand_in_a_file_at_full_length() -> None:
    bot = Bot()
    for number in range(30):
        keep(bot, Said(f"question {number} " + "q" * 1000, f"answer {number} " + "長" * 3000))
    body = shown(bot, HISTORY)
    text = str(body["content"])
    assert len(text) <= 2000
    assert "30 questions" in text
    assert "question 29 " in text
    assert "question 0 " not in text
    assert "At full length in the file." in text
    document = whole(bot)
    assert all(f"answer {number} " + "長" * 3000 in document for number in range(30))
    assert document.index("question 0 ") < document.index("question 29 ")


def test_of_very_many_the_newest_hundred_are_in_the_file() -> None:
    bot = Bot()
    bot.chat.limits[GUILD] = NO_LIMITS
    for number in range(120):
        keep(bot, Said(f"question {number}."))
    text = told(bot, HISTORY)
    assert "120 questions" in text
    assert "The newest 100 at full length in the file." in text
    assert "question 19." not in whole(bot)
    assert "question 20." in whole(bot)


def test_a_summary_of_what_was_said_before_is_shown_first() -> None:
    bot = Bot()
    keep(bot, Said("mine"))
    (conversation,) = bot.chat.conversations.values()
    conversation.summary = "They *talked* of comets."
    text = told(bot, HISTORY)
    assert r"**Summary of what was said before:** They \*talked\* of comets." in text
    assert text.index("comets") < text.index("mine")


def test_files_are_told_and_named_in_the_file() -> None:
    bot = Bot()
    attached = ({"id": "1", "filename": "comet.png"}, {"id": "2", "filename": "orbit.pdf"})
    keep(bot, Said("what is this?", "Two\nlines.", attachments=attached))
    assert "what is this? (+2 files)" in told(bot, HISTORY)
    assert "Attached: comet.png, orbit.pdf" in whole(bot)


def test_a_file_without_a_name_is_told_as_such() -> None:
    bot = Bot()
    keep(bot, Said("what is this?", "Two\nlines.", attachments=({"id": "1"},)))
    told(bot, HISTORY.in_japanese())
    assert "添付: 名前不明" in whole(bot)


ABOUT_A_MESSAGE = f"Is it true?\n\n{quoted('message', 'Caroline', 'The tail is blue.')}"


def test_a_message_that_a_question_is_about_is_named_and_quoted_in_the_file() -> None:
    bot = Bot()
    keep(bot, Said(ABOUT_A_MESSAGE, "It is."))
    text = told(bot, HISTORY)
    assert "Is it true? (*about a message*)\n> It is." in text
    assert "tail" not in text
    assert "Is it true?\n\n> **Caroline**\n> The tail is blue.\n" in whole(bot)
    assert "quoted" not in text + whole(bot)
    bot.clock.advance(60)
    japanese = told(bot, HISTORY.in_japanese().at(bot.clock.now()))
    assert "Is it true?（*メッセージについて*）" in japanese


def test_a_question_that_is_nothing_but_a_message_says_so() -> None:
    bot = Bot()
    keep(bot, Said(quoted("message", "Caroline", "The tail is blue."), "It is."))
    assert ": *about a message*\n> It is." in told(bot, HISTORY)


def test_in_direct_messages_it_is_theirs() -> None:
    bot = Bot()
    keep(bot, Said("direct", guild=None, channel=DM_CHANNEL))
    keep(bot, Said("in the server", channel=CHANNEL))
    assert "direct" in told(bot, HISTORY.in_dm())


def test_in_direct_messages_the_private_one_is_the_only_one_there_is() -> None:
    bot = Bot()
    keep(bot, Said("direct", guild=None, channel=DM_CHANNEL))
    assert "direct" in told(bot, SECRETS.in_dm())


def test_the_same_in_japanese() -> None:
    bot = Bot()
    assert "まだ会話がありません" in told(bot, HISTORY.in_japanese())
    keep(bot, Said("彗星は？", "2061年です。"))
    bot.clock.advance(60)
    text = told(bot, HISTORY.in_japanese().at(bot.clock.now()))
    assert "### ここでのあなたの会話" in text
    assert "質問と回答1件。" in text


def test_nothing_yet_and_a_database_that_is_away_are_told_plainly() -> None:
    bot = Bot()
    assert "There is no conversation here yet" in told(bot, HISTORY)
    down = Bot()
    down.chat.is_down = True
    assert "The database didn't answer" in told(down, HISTORY)
