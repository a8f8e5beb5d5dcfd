"""docs/models.md: its examples are what models.toml takes, and it tells of every field."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest

from dev.checkout import Checkout
from dev.models import listed
from dev.models_table import LEGEND, show_models
from lib.chat.catalogue import Catalogue, parse_catalogue, read_catalogue
from lib.chat.catalogue_entry import FIELDS
from lib.settings import Settings

DOCS = Checkout.here().root / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("models.md", "models.ja.md")}
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)
NOVEMBER = datetime(2026, 11, 21, tzinfo=UTC)


def examples(page: str) -> list[str]:
    return BLOCK.findall(PAGES[page])


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_a_model(page: str) -> None:
    found = examples(page)
    assert len(found) == 4
    for example in found:
        catalogue = parse_catalogue(example)
        assert catalogue.complaints == ()
        assert len(catalogue.cards) == 1


def test_both_languages_show_the_same_examples() -> None:
    assert examples("models.md") == examples("models.ja.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_first_example_has_three_lines_and_is_listed_as_the_page_shows(page: str) -> None:
    first = examples(page)[0]
    assert len(first.splitlines()) == 3
    cards = (*read_catalogue().cards, *parse_catalogue(first).cards)
    settings = Settings.from_env(
        {"GEMINI_API_KEY": "a-key-of-theirs", "GROQ_API_KEY": "a-key-of-theirs"}
    )
    stream = io.StringIO()
    show_models(listed(Catalogue(cards), settings, at=NOVEMBER), stream)
    head, default, *_, added, _ = stream.getvalue().splitlines()
    for line in (head, default, added, LEGEND):
        assert f"\n{line}\n" in PAGES[page]


@pytest.mark.parametrize("page", PAGES)
def test_every_field_has_its_row(page: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGES[page], re.MULTILINE)
    assert tuple(rows) == FIELDS


@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_key_is_told_as_the_page_shows(page: str) -> None:
    (complaint,) = parse_catalogue("[models.x]\nkey = 'gsk-the-key-itself'").complaints
    assert f"  ! {complaint}\n" in PAGES[page]
