"""The models of models.toml, each asked where its entry says, with the key that it names."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from lib.chat.catalogue import cards_of
from lib.ports import ChatModel, Role, Turn
from lib.services.chat_models import ConfiguredModels
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from lib.services.openai_compatible import OpenAICompatibleChatModel
from lib.settings import Settings
from tests.captured_log import CapturedLog
from tests.fakes.clock import ManualClock
from tests.servers.gemini import GeminiServer
from tests.servers.openai import OpenAIServer

GEMINI_KEY = "a-key-for-gemini"
HOUSE_KEY = "a-key-of-the-house"


def models_of(text: str, folder: Path, **environ: str) -> ConfiguredModels:
    """The models, where models.toml holds `text` and the environment `environ`."""
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    return ConfiguredModels(Settings.from_env(environ), ManualClock(), file=file)


def ask(model: ChatModel) -> str:
    chunks = model.stream(
        [Turn(Role.USER, "Hello?")],
        system_instruction="Be brief.",
        deadline_seconds=20,
        max_output_tokens=1_000,
    )
    return "".join(chunk.text for chunk in chunks)


def test_a_gemini_model_is_asked_at_the_settings_address_with_its_key(tmp_path: Path) -> None:
    with GeminiServer() as server:
        models = models_of(
            "[models.gemini-flash-latest]",
            tmp_path,
            GEMINI_API_KEY=GEMINI_KEY,
            GEMINI_BASE_URL=server.url,
        )
        assert ask(models.open("gemini-flash-latest"))
        (request,) = server.requests
    assert "/gemini-flash-latest:" in request.path
    assert request.headers["x-goog-api-key"] == GEMINI_KEY


def test_a_gemini_model_may_have_an_address_and_a_key_of_its_own(tmp_path: Path) -> None:
    with GeminiServer() as server:
        models = models_of(
            "[models.gemini-flash-latest]\nprovider = 'gemini'\nkey = 'HOUSE_API_KEY'\n"
            f"api_base = '{server.url}'",
            tmp_path,
            HOUSE_API_KEY=HOUSE_KEY,
            GEMINI_API_KEY=GEMINI_KEY,
            GEMINI_BASE_URL="http://127.0.0.1:9",
        )
        assert ask(models.open("gemini-flash-latest"))
        (request,) = server.requests
    assert request.headers["x-goog-api-key"] == HOUSE_KEY


def test_googles_key_goes_to_no_other_address_unless_its_entry_says_so(tmp_path: Path) -> None:
    with GeminiServer() as server:
        models = models_of(
            f"[models.gemma]\nprovider = 'gemini'\napi_base = '{server.url}'",
            tmp_path,
            GEMINI_API_KEY=GEMINI_KEY,
        )
        assert ask(models.open("gemma"))
        (request,) = server.requests
    assert request.headers["x-goog-api-key"] == "none"
    assert GEMINI_KEY not in str(request)


def test_another_endpoints_model_is_asked_there_with_the_key_that_its_entry_names(
    tmp_path: Path,
) -> None:
    with OpenAIServer() as server:
        models = models_of(
            f"[models.house-model]\napi_base = '{server.base_url}'\nkey = 'HOUSE_API_KEY'",
            tmp_path,
            HOUSE_API_KEY=HOUSE_KEY,
            OPENAI_API_KEY="a-key-that-is-not-for-them",
        )
        assert ask(models.open("house-model"))
        (request,) = server.requests
    assert request.body["model"] == "house-model"
    assert request.headers["authorization"] == f"Bearer {HOUSE_KEY}"


def test_an_endpoint_without_a_key_is_sent_none(tmp_path: Path) -> None:
    with OpenAIServer(wants_key=False) as server:
        models = models_of(
            f"[models.'gemma3:4b']\napi_base = '{server.base_url}'",
            tmp_path,
            OPENAI_API_KEY="a-key-that-is-not-for-them",
        )
        assert ask(models.open("gemma3:4b"))
        (request,) = server.requests
    assert "authorization" not in request.headers


def test_the_models_are_the_catalogues_in_its_order() -> None:
    settings = Settings.from_env({"GEMINI_API_KEY": GEMINI_KEY, "OPENAI_API_KEY": HOUSE_KEY})
    models = ConfiguredModels(settings, ManualClock())
    assert models.cards == cards_of(settings)
    opened = [models.open(card.name) for card in models.cards]
    assert [model.model for model in opened] == [card.name for card in models.cards]
    assert isinstance(opened[0], GeminiChatModel)
    assert isinstance(opened[-1], OpenAICompatibleChatModel)


def test_without_a_key_the_offline_model_is_the_only_one() -> None:
    models = ConfiguredModels(Settings(), ManualClock())
    (card,) = models.cards
    assert isinstance(models.open(card.name), OfflineChatModel)
    assert card.name == models.open(card.name).model == "offline"


@pytest.mark.parametrize("name", ["gpt-6-luna", "gemini-of-tomorrow", ""])
def test_a_model_that_is_not_offered_is_not_opened(name: str) -> None:
    models = ConfiguredModels(Settings.from_env({"GEMINI_API_KEY": GEMINI_KEY}), ManualClock())
    with pytest.raises(KeyError):
        models.open(name)


def test_what_is_wrong_in_the_file_is_logged_once_and_costs_no_other_model(tmp_path: Path) -> None:
    log = CapturedLog()
    models = models_of(
        "[models.a]\ncontext_size = 0\n[models.b]\nkey = 'b'\n[models.c]",
        tmp_path,
        GEMINI_API_KEY=GEMINI_KEY,
    )
    assert [card.name for card in models.cards] == ["c"]
    (line,) = log.lines
    assert (line["event"], line["level"]) == ("models_file_is_wrong", "ERROR")
    assert 'models."a", context_size: expected a whole number of tokens' in line["hint"]
    assert 'models."b", key: expected the name of the variable' in line["hint"]


def test_a_default_without_its_key_is_told(tmp_path: Path) -> None:
    log = CapturedLog()
    text = "[models.a]\n[models.b]\nprovider = 'openai'"
    models_of(text, tmp_path, GEMINI_API_KEY=GEMINI_KEY, GEMINI_MODEL="b")
    (line,) = log.lines
    assert (line["event"], line["level"]) == ("default_model_has_no_key", "WARNING")
    assert line["hint"] == "GEMINI_MODEL names b; a answers instead"


def test_a_right_file_is_no_news() -> None:
    log = CapturedLog()
    ConfiguredModels(Settings(), ManualClock())
    assert log.text == ""


def test_the_systems_certificates_are_read_once_for_all_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    create = ssl.create_default_context

    def counted(*args: object, **kwargs: object) -> ssl.SSLContext:
        made.append(args)
        return create()

    monkeypatch.setattr(ssl, "create_default_context", counted)
    with GeminiServer() as gemini, OpenAIServer() as openai:
        models = models_of(
            f"[models.g]\n[models.o]\napi_base = '{openai.base_url}'\nkey = 'HOUSE_API_KEY'",
            tmp_path,
            GEMINI_API_KEY=GEMINI_KEY,
            GEMINI_BASE_URL=gemini.url,
            HOUSE_API_KEY=HOUSE_KEY,
        )
        assert made == [], "an instance that answers nobody needs none"
        for name in ("g", "o", "g", "o"):
            assert ask(models.open(name))
    assert len(made) == 1
