"""The page a person sees who opens Discord's endpoint in a browser."""

from __future__ import annotations

from flask import Blueprint, Response

from lib.settings import Settings

WORKING = (
    "This is Halley, a Discord bot. Discord posts slash commands here; there is nothing to see.\n"
    "DiscordのスラッシュコマンドをHalleyが受け取る場所です。画面はありません。\n"
)
NOT_SET_UP = (
    "This is Halley, a Discord bot, but it is not set up yet: DISCORD_PUBLIC_KEY is missing, and\n"
    "without it no request of Discord's can be verified. docs/deploy.md tells where to find it.\n"
    "Halleyの設定がまだ完了していません。DISCORD_PUBLIC_KEY を設定してください。\n"
)


def create_welcome(settings: Settings) -> Blueprint:
    """GET /api/interactions."""
    welcome = Blueprint("welcome", __name__)

    @welcome.get("/api/interactions")
    def show() -> Response:
        text = NOT_SET_UP if settings.discord_public_key is None else WORKING
        return Response(text, content_type="text/plain; charset=utf-8")

    return welcome
