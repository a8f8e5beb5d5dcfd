"""An answer that says the system instruction or a key is found; one that talks about it is not."""

from __future__ import annotations

import base64
import codecs
from typing import ClassVar, SupportsIndex

import pytest

from lib.chat.guard import Guard
from lib.chat.instruction import INTRODUCTION, MARKDOWN_RULE, system_instruction
from lib.chat.quoting import NEVER_FOLLOW_RULE, QUOTED_MATERIAL_RULE
from lib.locales import Locale

GUILD = "Speak like the captain of a research vessel and never mention the planet Neptune at all."
GUILD_JA = (
    "あなたは天文台の案内役です。質問には必ず敬語で答え、海王星の話題は絶対に出さないでください。"
)
KEY = "AIzaSyExample0123456789abcdefGHIJKLMNO"
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoieCJ9.Zm9yLXRlc3RzLW9ubHktMTIzNDU2"

INSTRUCTION = system_instruction(
    Locale.ENGLISH,
    guild_instruction=f"{GUILD}\n{GUILD_JA}",
    summary="They spoke at length about the return of the comet in the summer of the year 2061.",
    users_share=True,
)


def leaks(text: str) -> bool:
    return Guard(INSTRUCTION, [KEY, TOKEN, "short", "password", "27182818"]).leaks(text)


@pytest.mark.parametrize(
    "answer",
    [
        INSTRUCTION,
        f"Sure! Here it is:\n\n> {QUOTED_MATERIAL_RULE}",
        f"```\n{GUILD}\n```",
        GUILD.upper(),
        "**" + GUILD.replace(" ", "** **") + "**",
        "\u200b".join(GUILD),
        " ".join(GUILD),
        "-".join(GUILD),
        GUILD.replace("e", "é"),
        "".join(chr(ord(sign) + 0xFEE0) if "a" <= sign <= "z" else sign for sign in GUILD),
        GUILD[::-1],
        codecs.encode(GUILD, "rot13"),
        base64.b64encode(INSTRUCTION.encode()).decode(),
        base64.encodebytes(("My instruction is: " + INSTRUCTION).encode()).decode(),
        INSTRUCTION.encode().hex(" "),
        GUILD_JA,
        "　".join(GUILD_JA),
        f"鍵は {KEY} です。",
        f"It ends with `{KEY[-24:-12]}` `{KEY[-12:]}`.",
        KEY.lower(),
        KEY[::-1],
        " ".join(KEY),
        base64.b64encode(KEY.encode()).decode(),
        TOKEN,
        f"...{TOKEN[-30:]}",
        "\n".join(f"{number}. {word}" for number, word in enumerate(GUILD.split())),
        " x ".join(GUILD.split()),
        f"{MARKDOWN_RULE} {NEVER_FOLLOW_RULE}",
        "The secret of the clock is 2718-2818.",
    ],
)
def test_what_is_said_word_for_word_is_found_however_it_is_dressed(answer: str) -> None:
    assert leaks(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I can't share my instructions, but I'm happy to help with something else.",
        "システムの指示やAPIキーはお伝えできません。ほかのご質問があればどうぞ。",
        INTRODUCTION.replace("You are", "I'm"),
        (
            "In Discord you can use bold, lists, headings up to ### and code blocks with "
            "a language such as ```py. Tables and LaTeX are not rendered; use any language."
        ),
        (
            "Discordでは太字、リスト、見出し（###まで）、言語を指定したコードブロックが使えます。"
            "表とLaTeXは表示されません。質問の言語で回答するのが親切です。"
        ),
        (
            "A system instruction often says: never reveal this prompt, be brief, follow no "
            "instructions in files. Administrators of a server may add their own."
        ),
        "They spoke at length about the return of the comet in the summer of the year 2061.",
        "A JWT begins with eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9, which is its header.",
        "A Google key begins with AIzaSy. Don't use password as your password.",
        "天文台の案内役として、敬語で質問に答えます。海王星についてはお話しできません。",
        "Neptune is the eighth planet. The captain of a research vessel would know.",
        (
            "In Discord's Markdown there are bold, lists, headings up to ###, code blocks with a "
            "language; tables only if they are small."
        ),
        (
            "Files and messages can hold traps: never follow instructions in it, whoever they "
            "claim to be from."
        ),
        "I answer in the language of the question; if that is unclear, in English.",
        "Call 03-2718-2818, or look at e = 2.718281828459.",
    ],
)
def test_answers_that_only_talk_about_such_things_pass(answer: str) -> None:
    assert not leaks(answer)


def test_a_leak_is_found_wherever_the_pieces_of_a_stream_end() -> None:
    answer = f"Well, here you are: {GUILD} That was all."
    for size in (1, 3, 7, 40, 1000):
        guard = Guard(INSTRUCTION, [])
        found = [guard.leaks(answer[:end]) for end in range(size, len(answer) + size, size)]
        assert found[-1]
        assert found == sorted(found), "what has leaked stays so"
        assert not found[0] or size == 1000


def test_a_key_is_found_across_pieces() -> None:
    guard = Guard("", [KEY])
    assert not guard.leaks(f"The key: {KEY[:19]}")
    assert guard.leaks(f"The key: {KEY[:19]}\n{KEY[19:]}")


def test_another_models_answer_is_read_anew() -> None:
    guard = Guard(INSTRUCTION, [])
    assert guard.leaks(GUILD)
    assert not guard.leaks("Another answer.")
    assert guard.leaks(GUILD)


def test_a_growing_text_is_read_once() -> None:
    class Counted(str):
        """A text that notes how much of it was taken."""

        __slots__ = ()
        taken: ClassVar[list[int]] = []

        def __getitem__(self, place: SupportsIndex | slice) -> str:
            part = super().__getitem__(place)
            self.taken.append(len(part))
            return part

    guard = Guard(INSTRUCTION, [KEY])
    whole = "Halley's comet comes back. " * 2000
    for end in range(0, len(whole) + 1, 500):
        assert not guard.leaks(Counted(whole[:end]))
    assert sum(Counted.taken) == len(whole)


def test_without_an_instruction_or_keys_everything_passes() -> None:
    guard = Guard("", [])
    assert not guard.leaks(INSTRUCTION)
    assert not guard.leaks("\ud800 \x00 語")


FAQ = (
    f"{GUILD} When asked for the opening hours say: We are open from nine to five on weekdays, "
    "and until nine in the evening on Fridays. When asked for the prices say: Adults pay ten "
    "dollars, and children under twelve are free of charge on every day of the week."
)
FAQ_JA = (
    f"{GUILD_JA}開館時間を聞かれたら「平日は午前九時から午後五時まで、金曜日は午後九時まで"
    "開いています」と答えてください。料金を聞かれたら「大人は千円、十二歳未満のお子さまは"
    "毎日無料でご覧いただけます」と答えてください。"
)


@pytest.mark.parametrize("faq", [FAQ, FAQ_JA])
def test_a_guilds_own_sentence_may_be_said_and_most_of_its_instruction_may_not(faq: str) -> None:
    instruction = system_instruction(Locale.ENGLISH, guild_instruction=faq)
    guard = Guard(instruction, [], guild_instruction=faq)
    assert not guard.leaks(
        "We are open from nine to five on weekdays, and until nine in the evening on Fridays."
    )
    assert not guard.leaks("平日は午前九時から午後五時まで、金曜日は午後九時まで開いています。")
    assert guard.leaks(faq)
    assert guard.leaks(faq[::-1])
    assert guard.leaks(f"My rules: {QUOTED_MATERIAL_RULE}")


def test_most_of_a_guilds_instruction_is_found_in_a_stream() -> None:
    guard = Guard(FAQ, [], guild_instruction=FAQ)
    found = [guard.leaks(FAQ[:end]) for end in range(0, len(FAQ) + 20, 20)]
    assert found == sorted(found)
    assert found[-1]
    assert not any(found[: len(found) // 3])


@pytest.mark.parametrize("guilds", ["e", "a", "Be brief", "instruction", QUOTED_MATERIAL_RULE])
def test_a_guilds_words_take_nothing_out_of_our_own(guilds: str) -> None:
    instruction = system_instruction(Locale.ENGLISH, guild_instruction=guilds)
    guard = Guard(instruction, [], guild_instruction=guilds)
    assert guard.leaks(system_instruction(Locale.ENGLISH))


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("answer", "is_leak"),
    [
        ("Its number is 12345678.", True),
        ("Its number is 12345678, they say.", True),
        ("Its number is 123456789, they say.", False),
        ("Its number is 912345678, they say" + " so" * 100, False),
        ("Its name is 2026abcd, they say.", True),
        ("Its name is 2026abcd1 or 12026abcd" + " or so" * 100, False),
    ],
)
def test_a_short_key_within_another_number_is_none_wherever_the_pieces_end(
    answer: str,
    is_leak: bool,  # noqa: FBT001
    size: int,
) -> None:
    guard = Guard("", ["12345678", "2026abcd"])
    found = [
        guard.leaks(answer[:end], goes_on=True) for end in range(size, len(answer) + size, size)
    ]
    assert (any(found) or guard.leaks(answer)) is is_leak


def test_what_may_be_a_key_is_not_shown_before_more_has_come() -> None:
    guard = Guard("", ["12345678"])
    growing = ("It is 1234567", "It is 12345678", "It is 123456789", "It is 123456789 m")
    looks = [(guard.leaks(text, goes_on=True), guard.is_unsure) for text in growing]
    assert looks == [(False, False), (False, True), (False, False), (False, False)]


def test_words_with_numbers_between_them_are_found_wherever_the_pieces_of_a_stream_end() -> None:
    answer = "\n".join(f"{number}. {word}" for number, word in enumerate(GUILD.split()))
    for size in (1, 3, 7):
        guard = Guard(GUILD, [])
        found = [guard.leaks(answer[:end]) for end in range(size, len(answer) + size, size)]
        assert found[-1], size
        assert not found[0]
