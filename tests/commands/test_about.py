"""/about: which version, which model, and how to invite the bot."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from dev.checkout import Checkout
from lib.version import VERSION
from tests.bot import Bot
from tests.client import Reply
from tests.payloads import APPLICATION_ID, slash

DOCS = Checkout.here().root / "docs"


def values_of(reply: Reply) -> dict[str, str]:
    (embed,) = reply.json["data"]["embeds"]
    return {field["name"]: field["value"] for field in embed["fields"]}


def links_of(reply: Reply) -> list[str]:
    (row,) = reply.json["data"]["components"]
    return [button["url"] for button in row["components"]]


def test_the_version_and_the_model_are_told_in_both_languages() -> None:
    bot = Bot(GEMINI_MODEL="gemini-of-the-day")
    english = values_of(bot.client.send(slash("about")))
    japanese = values_of(bot.client.send(slash("about").in_japanese()))
    assert (english["Version"], english["Model"]) == (VERSION, "gemini-of-the-day")
    assert (japanese["バージョン"], japanese["モデル"]) == (VERSION, "gemini-of-the-day")
    assert "`/privacy`" in english["Privacy"]
    assert "`/プライバシー`" in japanese["プライバシー"]


def test_without_a_key_the_offline_model_is_named() -> None:
    bot = Bot(without=("GEMINI_API_KEY",))
    assert "offline model" in values_of(bot.client.send(slash("about")))["Model"]
    assert "オフライン" in values_of(bot.client.send(slash("about").in_japanese()))["モデル"]


def test_the_default_model_is_named_whoever_makes_it() -> None:
    bot = Bot(without=("GEMINI_API_KEY",), OPENAI_API_KEY="a-key-of-theirs")
    assert values_of(bot.client.send(slash("about")))["Model"] == "gpt-6-luna"


def test_the_invite_link_adds_this_very_application() -> None:
    (invite,) = links_of(Bot().client.send(slash("about")))
    parts = urlsplit(invite)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "discord.com", "/oauth2/authorize")
    query = parse_qs(parts.query)
    assert query["client_id"] == [APPLICATION_ID]
    assert query["scope"] == ["bot applications.commands"]


def test_whoever_invites_it_lets_it_answer_and_play() -> None:
    (invite,) = links_of(Bot().client.send(slash("about")))
    permissions = int(parse_qs(urlsplit(invite).query)["permissions"][0])
    send_messages, embed_links, attach_files, read_history = 1 << 11, 1 << 14, 1 << 15, 1 << 16
    view_channel, connect, speak = 1 << 10, 1 << 20, 1 << 21
    assert permissions == (
        send_messages | embed_links | attach_files | read_history | view_channel | connect | speak
    )


def test_the_guides_invite_with_the_same_permissions() -> None:
    (invite,) = links_of(Bot().client.send(slash("about")))
    link = invite.replace(APPLICATION_ID, "APPLICATION_ID")
    for name in ("deploy.md", "deploy.ja.md", "music.md", "music.ja.md"):
        assert f"`{link}`" in (DOCS / name).read_text(encoding="utf-8")
