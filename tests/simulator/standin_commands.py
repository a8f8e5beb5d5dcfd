"""What the stand-in bot registers and replies: one command for each thing a page must show."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _named(name: str, description: str, ja: tuple[str, str], **more: object) -> Json:
    return {
        "name": name,
        "description": description,
        "name_localizations": {"ja": ja[0]},
        "description_localizations": {"ja": ja[1]},
        **more,
    }


COMMANDS: list[Json] = [
    _named(
        "ask",
        "Ask Halley anything",
        ("質問", "Halley に何でも質問できます"),
        options=[
            _named(
                "prompt",
                "What you would like to know",
                ("内容", "知りたいこと"),
                type=3,
                required=True,
                max_length=2000,
            ),
            _named(
                "private",
                "Show the answer to you alone",
                ("非公開", "自分だけに回答を表示します"),
                type=5,
            ),
        ],
    ),
    _named("ping", "See how quickly Halley answers", ("応答確認", "応答の速さを確認します")),
    _named("card", "A card about a comet", ("カード", "彗星のカードを表示します")),
    _named("poll", "Buttons and a menu", ("投票", "ボタンとメニューを表示します")),
    _named("feedback", "Tell us what you think", ("ご意見", "ご意見をお聞かせください")),
    _named("layout", "The newer layout", ("レイアウト", "新しいレイアウトを表示します")),
    _named("injection", "Text that wants to be markup", ("注入", "マークアップを試します")),
    _named("callback", "Answers by REST", ("コールバック", "REST で応答します")),
    _named("broken", "Answers with an error", ("故障", "エラーを返します")),
    _named("silent", "Answers too late", ("無応答", "応答しません")),
    _named(
        "find",
        "Find a star",
        ("検索", "星を探します"),
        options=[
            _named(
                "star",
                "Its name",
                ("星", "星の名前"),
                type=3,
                required=True,
                autocomplete=True,
            ),
            _named(
                "magnitude",
                "At least this bright",
                ("等級", "明るさの下限"),
                type=4,
                min_value=-2,
                max_value=6,
            ),
            _named("angle", "Degrees above the horizon", ("高度", "地平線からの角度"), type=10),
            _named(
                "season",
                "When",
                ("季節", "時期"),
                type=3,
                choices=[
                    {"name": "Spring", "name_localizations": {"ja": "春"}, "value": "spring"},
                    {"name": "Winter", "name_localizations": {"ja": "冬"}, "value": "winter"},
                ],
            ),
            _named("who", "For whom", ("対象", "誰のために"), type=6),
            _named("where", "In which channel", ("場所", "どのチャンネルで"), type=7),
            _named("role", "For which role", ("ロール", "どのロールで"), type=8),
            _named("anyone", "A person or a role", ("誰か", "人またはロール"), type=9),
            _named("photo", "A picture of it", ("写真", "星の写真"), type=11),
        ],
    ),
    _named(
        "point",
        "Point the telescope",
        ("照準", "望遠鏡を向けます"),
        options=[
            _named("azimuth", "Degrees from the north", ("方位", "北からの角度"), type=4),
            _named("angle", "Degrees above the horizon", ("高度", "地平線からの角度"), type=10),
            _named("park", "Put it to rest", ("格納", "望遠鏡を格納します"), type=5),
        ],
    ),
    _named(
        "debug",
        "Look inside",
        ("デバッグ", "内部の状態を調べます"),
        default_member_permissions="0",
        options=[
            _named("state", "How all is", ("状態", "現在の状態を表示します"), type=1),
            _named(
                "slow",
                "What took long",
                ("遅延", "時間のかかった処理を表示します"),
                type=1,
                options=[
                    _named(
                        "star", "Of which", ("星", "対象"), type=3, required=True, autocomplete=True
                    )
                ],
            ),
        ],
    ),
    {"name": "Explain this", "name_localizations": {"ja": "これを説明"}, "type": 3},
    {"name": "Say hello", "name_localizations": {"ja": "挨拶する"}, "type": 2},
]

STREAMED = [
    "Halley's Comet",
    "Halley's Comet returns about every **76 years**.",
    """Halley's Comet returns about every **76 years**. Its next perihelion is <t:2889777600:D>.

### How we know
1. Edmond Halley compared the orbits of *1531*, *1607* and *1682*.
2. He predicted a return, and it came.

> 彗星は太陽のまわりを細長い楕円で回っています。

```python
def years_until(year: int) -> int:
    # the next perihelion
    return 2061 - year
```
See [NASA's page](<https://science.nasa.gov/solar-system/comets/1p-halley/>) or ||look up||.""",
]

REPLIES: dict[str, Json] = {
    "ping": {"type": 4, "data": {"content": "Pong! `12 ms`", "flags": 64}},
    "Explain this": {"type": 4, "data": {"content": "That message is about a comet."}},
    "Say hello": {"type": 4, "data": {"content": "Hello!"}},
    "debug": {"type": 4, "data": {"content": "Looked inside."}},
    "find": {"type": 4, "data": {"content": "Found it."}},
    "point": {"type": 4, "data": {"content": "It points there."}},
    "silent": {"type": 4, "data": {"content": "too late"}},
    "injection": {
        "type": 4,
        "data": {
            "content": "<img src=x onerror=window.injected=1> <script>window.injected=1</script> "
            "[link](javascript:window.injected=1) **<b>bold</b>** `<i>code</i>`",
            "embeds": [{"title": "<u>title</u>", "url": "javascript:window.injected=1"}],
        },
    },
    "card": {
        "type": 4,
        "data": {
            "embeds": [
                {
                    "author": {"name": "Comet catalogue"},
                    "title": "1P/Halley",
                    "url": "https://example.org/halley",
                    "description": "A **short-period** comet, visible to the naked eye.",
                    "color": 0x5865F2,
                    "fields": [
                        {"name": "Period", "value": "76 years", "inline": True},
                        {"name": "Last seen", "value": "1986", "inline": True},
                        {"name": "Next", "value": "<t:2889777600:D>", "inline": True},
                    ],
                    "footer": {"text": "Figures are rounded"},
                    "timestamp": "2026-03-01T09:00:00.000Z",
                }
            ]
        },
    },
    "poll": {
        "type": 4,
        "data": {
            "content": "When shall we observe?",
            "components": [
                {
                    "type": 1,
                    "components": [
                        {"type": 2, "style": 1, "label": "Tonight", "custom_id": "tonight"},
                        {"type": 2, "style": 2, "label": "Tomorrow", "custom_id": "tomorrow"},
                        {"type": 2, "style": 3, "label": "Write", "custom_id": "write"},
                        {
                            "type": 2,
                            "style": 4,
                            "label": "Never",
                            "custom_id": "never",
                            "disabled": True,
                        },
                        {"type": 2, "style": 5, "label": "Weather", "url": "https://example.org/"},
                    ],
                },
                {
                    "type": 1,
                    "components": [
                        {
                            "type": 3,
                            "custom_id": "tools",
                            "placeholder": "What do you bring?",
                            "max_values": 2,
                            "options": [
                                {
                                    "label": "Telescope",
                                    "value": "telescope",
                                    "emoji": {"name": "🔭"},
                                },
                                {
                                    "label": "Blanket",
                                    "value": "blanket",
                                    "description": "It is cold",
                                },
                            ],
                        }
                    ],
                },
            ],
        },
    },
    "feedback": {
        "type": 9,
        "data": {
            "custom_id": "feedback",
            "title": "Tell us what you think",
            "components": [
                {
                    "type": 18,
                    "label": "Subject",
                    "description": "A few words",
                    "component": {
                        "type": 4,
                        "custom_id": "subject",
                        "style": 1,
                        "min_length": 3,
                        "max_length": 40,
                    },
                },
                {
                    "type": 1,
                    "components": [
                        {
                            "type": 4,
                            "custom_id": "details",
                            "style": 2,
                            "label": "Details",
                            "required": False,
                            "placeholder": "As long as you like",
                        }
                    ],
                },
            ],
        },
    },
    "layout": {
        "type": 4,
        "data": {
            "flags": 1 << 15,
            "components": [
                {
                    "type": 17,
                    "accent_color": 0x23A55A,
                    "components": [
                        {"type": 10, "content": "## Tonight's sky\nClear until midnight."},
                        {"type": 14, "divider": True, "spacing": 1},
                        {
                            "type": 9,
                            "components": [{"type": 10, "content": "**Vega** is overhead."}],
                            "accessory": {
                                "type": 2,
                                "style": 2,
                                "label": "More",
                                "custom_id": "more",
                            },
                        },
                    ],
                }
            ],
        },
    },
}
