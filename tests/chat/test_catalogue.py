"""models.toml: what an entry says, what is said of a wrong one, and which model comes first."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.catalogue import (
    GEMINI_CARD,
    MODELS_FILE,
    OFFLINE_CARD,
    cards_of,
    parse_catalogue,
    read_catalogue,
)
from lib.locales import Text
from lib.ports import MediaKind, ModelCard, Price, Provider
from lib.settings import Secret, Settings

GROQ = """
[models."openai/gpt-oss-120b"]
api_base = "https://api.groq.com/openai/v1"
key = "GROQ_API_KEY"
"""
TWO = f"""
[models.gemini-flash-latest]
{GROQ}
"""
SECRET = "gsk-do-not-show-this"  # what somebody may put in the wrong place


def keys(*names: str) -> dict[str, Secret]:
    return {name: Secret("a-key-of-this") for name in names}


def names_of(text: str, settings: Settings, folder: Path) -> list[str]:
    """The models that are offered, by name, where models.toml holds `text`."""
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    return [card.name for card in cards_of(settings, file=file)]


def complaint(*lines: str) -> str:
    """What is said about an entry called x that holds `lines`; a second entry still works."""
    catalogue = parse_catalogue("\n".join(["[models.x]", *lines, TWO]))
    assert [card.name for card in catalogue.cards] == [
        "gemini-flash-latest",
        "openai/gpt-oss-120b",
    ]
    (line,) = catalogue.complaints
    return line


def test_three_lines_are_a_model() -> None:
    catalogue = parse_catalogue(GROQ)
    assert catalogue.complaints == ()
    assert catalogue.cards == (
        ModelCard(
            name="openai/gpt-oss-120b",
            provider=Provider.OPENAI,
            api_base="https://api.groq.com/openai/v1",
            key="GROQ_API_KEY",
        ),
    )


def test_everything_that_can_be_said_of_a_model_is_read() -> None:
    (card,) = parse_catalogue(
        """
        [models."house-model:4b"]
        provider = "openai"
        api_base = "http://localhost:11434/v1/"
        key = "HOUSE_2_API_KEY"
        context_size = 131_072
        max_output = 2_048
        good_for = { en = "the house", ja = "社内向け" }
        reads = ["pdf", "image"]
        price = { input = 0.1, output = 3 }
        """
    ).cards
    assert card == ModelCard(
        name="house-model:4b",
        provider=Provider.OPENAI,
        api_base="http://localhost:11434/v1",
        key="HOUSE_2_API_KEY",
        context_tokens=131_072,
        output_tokens=2_048,
        good_for=Text(en="the house", ja="社内向け"),
        reads=frozenset({MediaKind.IMAGE, MediaKind.PDF}),
        price=Price(input=Decimal("0.1"), output=Decimal(3)),
    )


@pytest.mark.parametrize(
    ("lines", "provider", "key"),
    [
        ("", Provider.GEMINI, "GEMINI_API_KEY"),
        ('provider = "openai"', Provider.OPENAI, "OPENAI_API_KEY"),
        ('api_base = "http://192.168.0.7:11434/v1"', Provider.OPENAI, None),
        ('provider = "openai"\napi_base = "https://a.example"', Provider.OPENAI, None),
        ('provider = "gemini"\napi_base = "https://a.example"', Provider.GEMINI, None),
    ],
)
def test_what_is_left_out_is_what_is_usual(lines: str, provider: Provider, key: str | None) -> None:
    (card,) = parse_catalogue(f"[models.x]\n{lines}").cards
    assert (card.provider, card.key) == (provider, key)


def test_one_text_stands_in_both_languages() -> None:
    (card,) = parse_catalogue('[models.x]\ngood_for = " code "').cards
    assert card.good_for == Text(en="code", ja="code")


def test_a_small_window_leaves_room_for_the_question() -> None:
    (card,) = parse_catalogue("[models.x]\ncontext_size = 4096").cards
    assert card.output_tokens == 2048


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('provider = "groq"', 'models."x", provider: expected "gemini" or "openai"'),
        ('provider = "offline"', '"gemini" or "openai"'),
        ("provider = 1", '"gemini" or "openai"'),
        ('api_base = "api.groq.com"', "begins with https://"),
        ('api_base = "https://a.example/v1?key=1"', "begins with https://"),
        ("api_base = 8080", "https://api.groq.com/openai/v1"),
        (f'key = "{SECRET}"', "the name of the variable that holds the key"),
        ('key = "groq_api_key"', "such as GROQ_API_KEY"),
        ('key = "_API_KEY"', "such as GROQ_API_KEY"),
        ('key = "2_API_KEY"', "such as GROQ_API_KEY"),
        ('key = "DISCORD_BOT_TOKEN"', "such as GROQ_API_KEY"),
        ("key = true", "such as GROQ_API_KEY"),
        ("context_size = 0", "1000 or more"),
        ("context_size = true", "a whole number of tokens"),
        ('context_size = "128k"', "a whole number of tokens"),
        ("context_size = 1e6", "a whole number of tokens"),
        ("max_output = -1", "100 or more"),
        ("max_output = 32_000", "fewer tokens than context_size"),
        ('good_for = ""', "a text of at most 100"),
        ('good_for = "two\\nlines"', "a text of at most 100"),
        ('good_for = { en = "only" }', "{ en = "),
        ('good_for = { en = "x", ja = 1 }', "{ en = "),
        ("good_for = 3", "a text of at most 100"),
        ('reads = "image"', 'a list of "image", "pdf", "audio"'),
        ('reads = ["video"]', 'a list of "image", "pdf", "audio"'),
        ("reads = [[]]", 'a list of "image", "pdf", "audio"'),
        ("price = 0.1", "{ input = 0.1, output = 0.4 }"),
        ("price = { input = 0.1 }", "{ input = 0.1, output = 0.4 }"),
        ("price = { input = -1, output = 0 }", "0 or more"),
        ("price = { input = nan, output = 0 }", "0 or more"),
        ("price = { input = inf, output = 0 }", "0 or more"),
        ("price = { input = true, output = 0 }", "0 or more"),
        ('price = { input = "1", output = 0 }', "0 or more"),
        ("contextsize = 1_000", "one of provider, api_base, key, context_size"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(line: str, expected: str) -> None:
    told = complaint(line)
    assert told.startswith('models."x", ')
    assert expected in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "host",
    [
        *("a.example", "8.8.8.8", "172.32.0.1", "192.169.0.1", "11.0.0.1", "[2001:db8::1]"),
        *("localhost.example", "127.0.0.1.example", "10.example", "[::ffff:8.8.8.8]"),
    ],
)
def test_a_key_does_not_travel_in_the_open(host: str) -> None:
    told = complaint(f'api_base = "http://{host}:8080/v1"', 'key = "A_API_KEY"')
    assert "api_base: expected https://" in told
    assert "private networks" in told


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST", "model.localhost", "[::1]"),
        *("10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.0.7", "[fd12:3456::7]"),
        *("[::ffff:127.0.0.1]", "nas.local", "host.docker.internal"),
    ],
)
def test_within_this_machine_and_private_networks_it_may(host: str) -> None:
    catalogue = parse_catalogue(
        f'[models.x]\napi_base = "http://{host}:8080/v1"\nkey = "A_API_KEY"'
    )
    assert catalogue.complaints == ()
    assert [card.key for card in catalogue.cards] == ["A_API_KEY"]


def test_all_that_is_wrong_with_an_entry_is_told_at_once() -> None:
    catalogue = parse_catalogue('[models.x]\nkey = "x"\ncontext_size = 0\nprise = 1')
    assert [line.split(":")[0] for line in catalogue.complaints] == [
        'models."x", "prise"',
        'models."x", key',
        'models."x", context_size',
    ]


@pytest.mark.parametrize("name", ["offline", "", "two words", "モデル", "a`b", "a\\nb", "x" * 101])
def test_a_name_is_one_that_a_request_can_hold_and_discord_can_show(name: str) -> None:
    catalogue = parse_catalogue(f'[models."{name}"]\n{TWO}')
    assert len(catalogue.cards) == 2
    assert "expected a model's name" in catalogue.complaints[0]


@pytest.mark.parametrize(
    "name", ["gpt-6.1-terra", "gemini-2.5-flash", "a.b.c", "meta/llama-4", "gemma3:4b"]
)
@pytest.mark.parametrize("heading", ["[models.{}]", " [ models.{} ] # the best", "[models.{}]\r"])
def test_a_name_that_needs_quotation_marks_is_told_with_them(name: str, heading: str) -> None:
    catalogue = parse_catalogue(f"{heading.format(name)}\nmax_output = 200\n{TWO}")
    assert catalogue.complaints == (f'models.{name}: needs quotation marks: [models."{name}"]',)
    assert [card.name for card in catalogue.cards] == [
        "gemini-flash-latest",
        "openai/gpt-oss-120b",
    ]


def test_whatever_else_is_wrong_in_the_file_is_told_beside_missing_quotation_marks() -> None:
    catalogue = parse_catalogue(
        f"""
        [models.gpt-6.1-terra]
        provider = "groq"
        [models.gpt-6.1-terra.price]
        input = 1
        [models.swift.price]
        input = 0.1
        output = 0.4
        [models.thorough]
        context_size = 0
        {TWO}
        """
    )
    assert [line.split(": ")[:2] for line in catalogue.complaints] == [
        ["models.gpt-6.1-terra", "needs quotation marks"],
        ['models."gpt-6.1-terra", provider', 'expected "gemini" or "openai"'],
        [
            'models."gpt-6.1-terra", price',
            "expected US dollars for a million tokens, such as { input = 0.1, output = 0.4 }",
        ],
        ['models."thorough", context_size', "expected a whole number of tokens, 1000 or more"],
    ]
    assert [card.name for card in catalogue.cards] == [
        "swift",
        "gemini-flash-latest",
        "openai/gpt-oss-120b",
    ]


@pytest.mark.parametrize("name", ["gpt-4.1", "meta/llama-4", "gemma3:4b"])
@pytest.mark.parametrize("mark", ["'", '"'])
def test_a_name_with_and_without_quotation_marks_costs_no_other_model(name: str, mark: str) -> None:
    unquoted = f"[models.{name}]\nmax_output = 200\n[models.{name}.price]\ninput = 1\noutput = 2"
    quoted = f"[ models . {mark}{name}{mark} ]\nmax_output = 300"
    catalogue = parse_catalogue(f"{unquoted}\n{quoted}\n{TWO}")
    assert catalogue.complaints == (f'models.{name}: needs quotation marks: [models."{name}"]',)
    assert [card.name for card in catalogue.cards[1:]] == [
        "gemini-flash-latest",
        "openai/gpt-oss-120b",
    ]
    kept = catalogue.cards[0]
    assert (kept.name, kept.output_tokens, kept.price) == (name, 300, None)


def test_a_model_whose_price_alone_lacks_the_marks_does_not_answer_at_another_price() -> None:
    price = "[models.gpt-4.1.price]\ninput = 1\noutput = 2"
    catalogue = parse_catalogue(f'[models."gpt-4.1"]\n{price}\n{TWO}')
    assert catalogue.complaints == ('models.gpt-4.1: needs quotation marks: [models."gpt-4.1"]',)
    assert "gpt-4.1" not in [card.name for card in catalogue.cards]


def test_missing_quotation_marks_are_told_also_where_the_file_is_broken() -> None:
    marks, broken = parse_catalogue("[models.gpt-6.1-terra]\nkey = ?\n").complaints
    assert "needs quotation marks" in marks
    assert "line 2" in broken


@pytest.mark.parametrize("text", ["[models", "models = 1", 'models = ["a"]', "[models.a]\n" * 2])
def test_a_file_that_is_no_catalogue_leaves_the_usual_model(text: str) -> None:
    catalogue = parse_catalogue(text)
    assert catalogue.cards == (GEMINI_CARD,)
    assert "expected" in catalogue.complaints[0]


def test_a_broken_place_is_told_by_its_line() -> None:
    assert "line 2" in parse_catalogue("[models.a]\nkey = ?\n").complaints[0]


def test_a_key_that_breaks_the_file_is_not_repeated() -> None:
    catalogue = parse_catalogue(f"[models.a]\nkey = {SECRET}\n")
    assert catalogue.complaints
    assert SECRET not in catalogue.complaints[0]


def test_what_is_no_table_of_models_is_named() -> None:
    catalogue = parse_catalogue(f"default = 1\n{TWO}\n[modells.x]")
    assert len(catalogue.cards) == 2
    assert [line.split(":")[0] for line in catalogue.complaints] == ["default", "modells"]
    assert "expected a table" in parse_catalogue("models.x = 1").complaints[0]


def test_a_missing_file_leaves_the_usual_model(tmp_path: Path) -> None:
    catalogue = read_catalogue(tmp_path / "models.toml")
    assert catalogue.cards == (GEMINI_CARD,)
    assert catalogue.complaints == ("models.toml: expected a file of UTF-8 text",)
    (tmp_path / "models.toml").write_bytes(b"\xff\xfe\x00")
    assert read_catalogue(tmp_path / "models.toml") == catalogue


@given(st.text())
def test_any_text_at_all_leaves_a_model_to_ask(text: str) -> None:
    for content in (text, f"[models.x]\nkey = {text}", f'[models."{text}"]', f"models.{text}"):
        assert parse_catalogue(content).cards


@pytest.mark.parametrize("value", ["9" * 5_000, "1e" + "9" * 30, "[" * 5_000])
def test_a_number_or_a_depth_that_is_too_large_is_no_catalogue(value: str) -> None:
    catalogue = parse_catalogue(f"[models.x]\ncontext_size = {value}")
    assert catalogue.cards == (GEMINI_CARD,)
    assert catalogue.complaints


def test_only_models_whose_key_is_set_are_offered(tmp_path: Path) -> None:
    assert names_of(TWO, Settings(api_keys=keys("GROQ_API_KEY")), tmp_path) == [
        "openai/gpt-oss-120b"
    ]
    both = Settings(api_keys=keys("GROQ_API_KEY", "GEMINI_API_KEY"))
    assert names_of(TWO, both, tmp_path) == ["gemini-flash-latest", "openai/gpt-oss-120b"]
    only_gemini = Settings(gemini_api_key=Secret("a-models-key"))
    assert names_of(TWO, only_gemini, tmp_path) == ["gemini-flash-latest"]


def test_a_model_that_needs_no_key_is_always_offered(tmp_path: Path) -> None:
    local = '[models.gemma]\napi_base = "http://127.0.0.1:11434/v1"'
    assert names_of(local, Settings(), tmp_path) == ["gemma"]


def test_without_any_key_the_offline_model_answers() -> None:
    assert cards_of(Settings()) == (OFFLINE_CARD,)


def test_the_first_one_with_its_key_is_the_default_unless_another_is_named(tmp_path: Path) -> None:
    text = f"{TWO}\n[models.gemini-pro-latest]"
    both = keys("GROQ_API_KEY", "GEMINI_API_KEY")
    assert names_of(text, Settings(api_keys=both), tmp_path)[0] == "gemini-flash-latest"
    for name in ("gemini-pro-latest", "openai/gpt-oss-120b"):
        names = names_of(text, Settings(api_keys=both, gemini_model=name), tmp_path)
        assert names[0] == name
        assert len(names) == 3


def test_a_named_model_that_is_not_in_the_file_is_a_gemini_model_of_its_own() -> None:
    settings = Settings(gemini_api_key=Secret("a-models-key"), gemini_model="gemini-of-tomorrow")
    first, second, *_ = cards_of(settings)
    assert (first.name, first.provider) == ("gemini-of-tomorrow", Provider.GEMINI)
    assert first.reads == frozenset(MediaKind)
    assert second.name == read_catalogue().cards[0].name


def test_a_named_model_without_its_key_leaves_the_others(tmp_path: Path) -> None:
    settings = Settings(api_keys=keys("GROQ_API_KEY"), gemini_model="gemini-flash-latest")
    assert names_of(TWO, settings, tmp_path) == ["openai/gpt-oss-120b"]


def test_the_file_that_comes_along_is_right() -> None:
    catalogue = read_catalogue()
    assert catalogue.complaints == ()
    assert catalogue.cards[0].name == GEMINI_CARD.name
    assert {card.provider for card in catalogue.cards} == {Provider.GEMINI, Provider.OPENAI}
    assert all(card.good_for is not None for card in catalogue.cards)


def test_its_examples_are_right_as_well() -> None:
    head, _, examples = Path(MODELS_FILE).read_text(encoding="utf-8").partition("# More examples")
    in_use = parse_catalogue(head)
    lines = [line.removeprefix("# ") for line in examples.splitlines() if is_toml(line)]
    with_examples = parse_catalogue(head + "\n".join(lines))
    assert with_examples.complaints == ()
    assert len(with_examples.cards) == len(in_use.cards) + 3


def is_toml(line: str) -> bool:
    """Whether a line of comment is an example that waits for its number sign to go."""
    return line.startswith("# [") or " = " in line
