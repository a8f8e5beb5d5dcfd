"""Who and what appears: invented servers, people, models and music."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """A model with what it costs per million tokens in USD, and how long it takes as a rule."""

    name: str
    share: float
    prompt_usd: float
    completion_usd: float
    usual_ms: float


MODELS = (
    Model("gemini-flash-lite-latest", 0.64, 0.10, 0.40, 1500),
    Model("gemini-flash-latest", 0.27, 0.30, 2.50, 2600),
    Model("gpt-6-luna", 0.09, 0.40, 1.60, 3400),
)

GUILDS = tuple(str(1180200000000000000 + 7_919_000_000_017 * n) for n in range(1, 9))
USERS = tuple(str(302000000000000000 + 1_299_709_000_033 * n) for n in range(1, 601))
NAMES = (
    "さくら", "Kenta", "みなと", "Olivia", "ゆうき", "Liam", "はるか", "Noah", "そうた", "Emma",
    "あかり", "Jun", "りく", "Sophie", "なつみ", "Mateo", "ひなた", "Aoi", "たくみ", "Zoë",
)  # fmt: skip

ASKING = ("ask", "ask:again", "ask:continue", "ask:shorter", "Ask about this", "Translate",
          "Summarise")  # fmt: skip
"""The commands that call a model."""
COMMANDS = (
    ("ask", 34.0), ("ask:again", 3.0), ("ask:continue", 2.2), ("ask:shorter", 1.4),
    ("Ask about this", 5.2), ("Translate", 7.4), ("Summarise", 3.1), ("ask:delete", 0.8),
    ("ping", 6.0), ("stats", 4.2), ("help", 4.6), ("usage", 4.1), ("model", 3.4), ("history", 2.4),
    ("about", 1.4), ("forget", 1.0), ("privacy", 0.7), ("privacy:delete", 0.05),
    ("config show", 0.8), ("config model", 0.3), ("health", 0.7), ("debug state", 0.15),
    ("model autocomplete", 6.0),
)  # fmt: skip

TRACKS = (
    ("夜明けのプレリュード", 231), ("Gymnopédie No. 1", 187), ("雨上がりの交差点", 254),
    ("Clair de lune", 302), ("真夜中のドライブ feat. 月野", 218), ("Moonlit Harbour", 243),
    ("はじまりの季節", 265), ("Neon Tides", 198),
    ("星屑メトロノーム", 276), ("Paper Lanterns", 221),
    ("群青シグナル", 239), ("The Long Way Home", 312), ("カフェと猫と日曜日", 174),
    ("Slow Rain (Lo-fi mix)", 3605), ("花びら、ひとつ", 248), ("Arctic Bloom", 229),
    ("透明な午後", 207), ("Sunday Static", 195), ("春風とソーダ水", 233), ("Ember & Ash", 284),
    ("深海ラジオ", 291), ("Comet Tail", 256), ("ガラスの街", 244), ("Halley 1910", 337),
    ("作業用BGM 静かな夜のピアノ【2時間】", 7214),
    ("Boss Battle — 決戦、終末の塔 (Orchestral)", 412),
    ("またね、が言えなくて", 262), ("Tokyo Midnight Walk", 225), ("雪の日の手紙", 289),
    ("<b>Not bold</b> <img src=x onerror=alert(1)> & \"friends\"", 201),
)  # fmt: skip
"""Titles with their seconds; the last of them is one that somebody wrote to see what happens."""


def track_url(place: int) -> str:
    """The address of a track; none of them leads anywhere."""
    return f"https://music.example/watch?v={place:04d}"
