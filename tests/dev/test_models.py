"""`python3 dev models`: what an owner sees of the models."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from dev import models, up
from dev.checkout import Checkout
from dev.console import Console
from dev.models_table import ListedModel, show_models
from lib.chat.catalogue import parse_catalogue, read_catalogue
from lib.ports import MediaKind, ModelCard, Price, Provider
from lib.settings import Settings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KEY = "a-key-that-nobody-sees"
CARD = ModelCard(
    name="gemini-flash-latest",
    provider=Provider.GEMINI,
    key="GEMINI_API_KEY",
    context_tokens=1_048_576,
    output_tokens=8_192,
    reads=frozenset(MediaKind),
)


def settings(**environ: str) -> Settings:
    return Settings.from_env(environ)


def shown(*listed: ListedModel, width: int | None = None) -> list[str]:
    stream = io.StringIO()
    show_models(listed, stream, width=width)
    return stream.getvalue().splitlines()


def told(text: str, **environ: str) -> tuple[int, str]:
    stream = io.StringIO()
    catalogue, its_settings = parse_catalogue(text), settings(**environ)
    unusable = models.unusable_keys(catalogue, its_settings, environ)
    code = models.tell(catalogue, its_settings, Console(stream), unusable=unusable)
    return code, stream.getvalue()


def test_a_line_says_what_a_model_can_do_and_costs() -> None:
    price = Price(input=Decimal("0.750"), output=Decimal(12))
    row = shown(ListedModel(CARD, has_key=True, is_default=True, price=price))[1]
    assert row.split() == [
        *("gemini-flash-latest", "gemini", "set"),
        *("1M", "/", "8k", "image", "pdf", "audio", "0.75", "/", "12.00"),
    ]


def test_what_is_not_there_is_said_in_words() -> None:
    local = ModelCard(name="gemma3:4b", provider=Provider.OPENAI)
    row = shown(ListedModel(local, has_key=True, is_default=False, price=None))[1]
    assert row.split() == ["gemma3:4b", "openai", "none", "32k", "/", "4k", "text", "unknown"]
    row = shown(ListedModel(CARD, has_key=False, is_default=False, price=None))[1]
    assert "not set" in row


@pytest.mark.parametrize(
    ("amount", "spelled"), [("0", "0.00"), ("0.3", "0.30"), ("0.0375", "0.0375"), ("1E+1", "10.00")]
)
def test_a_price_has_cents_and_more_where_they_say_something(amount: str, spelled: str) -> None:
    price = Price(input=Decimal(amount), output=Decimal(0))
    row = shown(ListedModel(CARD, has_key=True, is_default=False, price=price))[1]
    assert f" {spelled} / 0.00" in row


def test_the_models_that_come_along_fit_a_narrow_terminal() -> None:
    listed = models.listed(read_catalogue(), settings(GEMINI_API_KEY=KEY), at=NOW)
    lines = shown(*listed, width=80)
    assert len(lines) == len(listed) + 2  # a head and a legend, and nothing is folded
    assert all(cell_len(line) <= 80 for line in lines)
    assert any(model.card.name in line for model in listed for line in lines)


def test_a_long_name_is_folded_and_never_cut() -> None:
    card = ModelCard(name="a-house/" + "model-" * 10, provider=Provider.OPENAI)
    lines = shown(ListedModel(card, has_key=True, is_default=False, price=None), width=76)
    assert "".join(line.split(" ")[0] for line in lines[1:-1]) == card.name


def test_every_entry_is_listed_with_todays_price_and_the_default_marked() -> None:
    listed = models.listed(
        read_catalogue(), settings(OPENAI_API_KEY=KEY, GEMINI_MODEL="gpt-6.1-terra"), at=NOW
    )
    assert [model.card for model in listed] == list(read_catalogue().cards)
    assert [model.card.name for model in listed if model.is_default] == ["gpt-6.1-terra"]
    assert {model.card.provider: model.has_key for model in listed} == {
        Provider.GEMINI: False,
        Provider.OPENAI: True,
    }
    first = listed[0]
    assert first.price == Price(input=Decimal("0.30"), output=Decimal("2.5"))


def test_the_price_is_that_of_a_short_prompt() -> None:
    # Twice as much for each token of a prompt of more than 200,000.
    (listed,) = models.listed(parse_catalogue("[models.gemini-pro-latest]"), settings(), at=NOW)
    assert listed.price == Price(input=Decimal(2), output=Decimal(12))


def test_the_model_of_the_settings_is_listed_though_it_is_not_in_the_file() -> None:
    environ = {"GEMINI_API_KEY": KEY, "GEMINI_MODEL": "gemini-of-tomorrow"}
    first, *others = models.listed(read_catalogue(), settings(**environ), at=NOW)
    assert (first.card.name, first.is_default, first.price) == ("gemini-of-tomorrow", True, None)
    assert len(others) == len(read_catalogue().cards)


def test_what_is_missing_is_said_and_is_no_error() -> None:
    code, text = told("[models.a]\n[models.b]\nprovider = 'openai'", OPENAI_API_KEY=KEY)
    assert code == 0
    assert "b answers by default." in text
    assert "Not set, and so not offered: GEMINI_API_KEY" in text
    assert KEY not in text


@pytest.mark.parametrize("value", ["abc", "a key of words"])
def test_a_key_that_is_set_and_cannot_be_one_is_not_called_unset(value: str) -> None:
    code, text = told("[models.a]\n[models.b]\nprovider = 'openai'", OPENAI_API_KEY=value)
    assert code == 0
    assert "Not set, and so not offered: GEMINI_API_KEY\n" in text
    assert "OPENAI_API_KEY: set, but too short to be a key" in text
    assert value not in text


def test_the_table_tells_a_key_that_is_none_from_one_that_is_not_set() -> None:
    environ = {"OPENAI_API_KEY": "abc"}
    catalogue = parse_catalogue("[models.a]\n[models.b]\nprovider = 'openai'")
    unusable = models.unusable_keys(catalogue, settings(**environ), environ)
    rows = shown(*models.listed(catalogue, settings(**environ), at=NOW, unusable=unusable))
    assert ["not set" in row for row in rows[1:3]] == [True, False]
    assert "unusable" in rows[2]


def test_a_default_that_cannot_be_is_named() -> None:
    _, text = told("[models.a]\n[models.b]\nprovider = 'openai'", GEMINI_MODEL="b")
    assert "No model's key is set, so the offline model answers." in text
    assert "GEMINI_MODEL names b, whose key is not set." in text


def test_a_wrong_entry_is_named_and_is_an_error() -> None:
    code, text = told("[models.a]\n[models.b]\ncontext_size = 0", GEMINI_API_KEY=KEY)
    assert code == 1
    assert "a answers by default." in text
    assert 'models."b", context_size: expected a whole number of tokens, 1000 or more' in text


def test_it_reads_the_file_and_the_keys_of_the_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Checkout, "here", classmethod(lambda cls: cls(tmp_path, tmp_path)))
    for name in ("GROQ_API_KEY", "GEMINI_API_KEY", "GEMINI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(f"GROQ_API_KEY={KEY}\n")
    (tmp_path / "models.toml").write_text(
        '[models."openai/gpt-oss-120b"]\n'
        'api_base = "https://api.groq.com/openai/v1"\n'
        'key = "GROQ_API_KEY"\n'
    )
    assert models.main([]) == 0
    text = capsys.readouterr().out
    assert "0.15 / 0.60" in text
    assert "openai/gpt-oss-120b answers by default." in text
    assert KEY not in text
    (tmp_path / "models.toml").write_text("nonsense")
    assert models.main([]) == 1
    assert "expected TOML" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("offline model", "with a model's key in .env, such as GEMINI_API_KEY, a real one")),
        ({"GEMINI_API_KEY": KEY}, ("gemini-flash-lite-latest", "by GEMINI_API_KEY")),
        ({"OPENAI_API_KEY": KEY}, ("gpt-6-luna", "by OPENAI_API_KEY")),
        (
            {"GEMINI_API_KEY": KEY, "GEMINI_MODEL": "gemini-pro-latest"},
            ("gemini-pro-latest", "by GEMINI_API_KEY"),
        ),
    ],
)
def test_the_stack_tells_which_model_answers(
    checkout: Checkout, environ: dict[str, str], expected: tuple[str, str]
) -> None:
    shutil.copy(Checkout.here().models, checkout.models)
    assert up.answering(checkout, environ) == expected


def test_a_model_that_needs_no_key_is_told_as_such(checkout: Checkout) -> None:
    checkout.models.write_text('[models.llama]\napi_base = "http://127.0.0.1:11434/v1"\n')
    assert up.answering(checkout, {}) == ("llama", "without a key")
