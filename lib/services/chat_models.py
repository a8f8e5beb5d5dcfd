"""The chat models that the settings have keys for, each opened by its provider's adapter."""

from __future__ import annotations

from os import PathLike
from typing import Final

from lib.chat.catalogue import MODELS_FILE, read_catalogue, usable_cards
from lib.logs import get_logger
from lib.ports import ChatModel, Clock, ModelCard, Provider
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from lib.services.openai_compatible import OpenAICompatibleChatModel
from lib.services.shared_tls import SharedTls
from lib.settings import Settings

log = get_logger(__name__)

NO_KEY: Final = "none"
"""For an address of one's own that wants none: Google's SDK does not work without one."""


class ConfiguredModels:
    """`ChatModels` of models.toml. What is wrong in the file is logged, and costs no other entry.

    The file is read once, here; no SDK is loaded before a model's answer is read.
    """

    def __init__(
        self, settings: Settings, clock: Clock, *, file: str | PathLike[str] = MODELS_FILE
    ) -> None:
        catalogue = read_catalogue(file)
        if catalogue.complaints:
            log.error("models_file_is_wrong", hint="; ".join(catalogue.complaints))
        self._settings = settings
        self._clock = clock
        self._tls = SharedTls()
        self._cards = {card.name: card for card in usable_cards(catalogue.cards, settings)}
        default = next(iter(self._cards.values()))
        if settings.gemini_model not in {None, default.name}:
            log.warning(
                "default_model_has_no_key",
                hint=f"GEMINI_MODEL names {settings.gemini_model}; {default.name} answers instead",
            )

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        return tuple(self._cards.values())

    def open(self, name: str) -> ChatModel:
        card = self._cards[name]
        key = self._settings.api_key(card.key) if card.key is not None else None
        api_key = key.reveal() if key is not None else None
        match card.provider:
            case Provider.GEMINI:
                return GeminiChatModel(
                    api_key=api_key or NO_KEY,
                    model=card.name,
                    clock=self._clock,
                    base_url=card.api_base or self._settings.gemini_base_url,
                    tls=self._tls,
                )
            case Provider.OPENAI:
                return OpenAICompatibleChatModel(
                    api_key=api_key,
                    model=card.name,
                    clock=self._clock,
                    base_url=card.api_base,
                    tls=self._tls,
                )
            case Provider.OFFLINE:
                return OfflineChatModel(clock=self._clock)
