"""The owner's settings for this machine: `.env` in the checkout, under the environment's own."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dotenv import dotenv_values

from dev.checkout import Checkout
from dev.errors import StackError
from lib.settings import Settings, SettingsError


def local_settings(checkout: Checkout) -> Mapping[str, str]:
    """What `.env` says, except where the environment says otherwise. Only dev reads the file."""
    kept = dotenv_values(checkout.root / ".env")
    return {name: value for name, value in kept.items() if value is not None} | os.environ


def usable(environment: Mapping[str, str]) -> Settings:
    """What the functions make of `environment`. Raises StackError with a line for each wrong value.

    The values themselves are never repeated: they may be secrets.
    """
    try:
        return Settings.from_env(environment)
    except SettingsError as error:
        raise StackError("The settings are not usable.", error.complaints) from None


def hosted_address(settings: Mapping[str, str]) -> str:
    """The hosted Supabase project that the settings name; empty: the local one is meant."""
    return settings.get("SUPABASE_URL", "").strip()


def has_key(settings: Mapping[str, str]) -> bool:
    """Whether there is any key to a hosted project."""
    names = ("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_ANON_KEY")
    return any(settings.get(name, "").strip() for name in names)
