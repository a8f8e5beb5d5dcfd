"""What the offline model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OfflineTexts:
    """One language. `section` is formatted with `year`, `earlier` and `gap`, whole years, `turn`
    with the `number` of the question in its conversation, `unseen` with the files' `names`.
    """

    opening: str
    you_asked: str
    short_middle: str
    long_opening: str
    section: str
    closing: str
    in_short: str
    turn: str
    unseen: str
    nothing_left: str


ENGLISH: Final = OfflineTexts(
    opening=(
        "Hello! No `GEMINI_API_KEY` is set, so this is the **offline model**. I cannot think about"
        " your question, but all the rest is real: your command was signed and checked, and this"
        " answer reaches you in edits, just as Gemini's would."
    ),
    you_asked="You asked:",
    short_middle="""\
Answers may hold **bold** and *slanted* words, lists and code:
- this text comes in pieces, and the message grows with them
- an answer that is too long for one message goes on in the next
- ask for something *long* to see that happen

```python
def next_visit(last_visit: int) -> int:
    return last_visit + 75  # Halley's comet, more or less
```""",
    long_opening=(
        "You asked for something long, so here are the visits of Halley's comet. They take more"
        " than two messages; where one ends inside a block of code, the block is closed there and"
        " opened again in the next."
    ),
    section="""\
**{year}**
The comet came back after {gap} years. Of its visit in {earlier} people had at most heard tales, \
and hardly anybody took it for the same star. They looked up, and were glad or afraid.
```python
visit = {{"comet": "1P/Halley", "year": {year}, "visit_before": {earlier}}}
assert visit["year"] - visit["visit_before"] == {gap}
```""",
    closing=(
        "For real answers, put the key of a model into `.env`, `GEMINI_API_KEY` or another's: it"
        " counts from the next question on."
    ),
    in_short="In short: this is the **offline model**, since no `GEMINI_API_KEY` is set.",
    turn="This is turn {number} of our conversation.",
    unseen="I can't see {names}: I'm the offline model.",
    nothing_left="That was all: my answer ended there. (I'm the **offline model**.)",
)

JAPANESE: Final = OfflineTexts(
    opening=(
        "こんにちは！`GEMINI_API_KEY` が設定されていないため、"
        "**オフラインモデル**がお答えしています。ご質問の内容を考えることはできませんが、それ以外はすべて実際の動作です。コマンドの署名は検証され、"
        "この回答も Geminiのときと同じように、メッセージの編集で少しずつ届きます。"
    ),
    you_asked="ご質問：",
    short_middle="""\
回答では**太字**や箇条書き、コードなども使えます。
- 文章は少しずつ届き、メッセージが伸びていきます
- 1つのメッセージに収まらない回答は、次のメッセージに続きます
- 「長く」と書いて質問すると、その様子をご覧いただけます

```python
def next_visit(last_visit: int) -> int:
    return last_visit + 75  # ハレー彗星の周期はおよそ 75 年
```""",
    long_opening=(
        "長い回答をご希望とのことですので、ハレー彗星がこれまでに訪れた年をご紹介します。"
        "メッセージ 3 つ分ほどの長さになります。コードの途中でメッセージが終わるときは、"
        "そこでいったんコードを閉じ、次のメッセージで開き直します。"
    ),
    section="""\
**{year} 年**
彗星は {gap} 年ぶりに戻ってきました。前回の {earlier} 年の訪れは昔話として伝わっているだけで、\
同じ星が帰ってきたのだと考えた人は、当時ほとんどいませんでした。\
夜空に長い尾を引くその姿を見上げて、人々は喜んだり、おそれたりしたといいます。
```python
visit = {{"comet": "1P/Halley", "year": {year}, "visit_before": {earlier}}}
assert visit["year"] - visit["visit_before"] == {gap}
```""",
    closing=(
        "本物の回答を受け取るには、`GEMINI_API_KEY` など、"
        "使いたいモデルのAPIキーを `.env` に書いてください。"
        "再起動しなくても、次の質問から有効になります。"
    ),
    in_short=(
        "手短に言うと、`GEMINI_API_KEY` が設定されていないため、"
        "**オフラインモデル**がお答えしています。"
    ),
    turn="この会話では {number} 回目のご質問です。",
    unseen="オフラインモデルのため、{names} の中身は見られません。",
    nothing_left="先ほどの回答はあれで全部です。（**オフラインモデル**がお答えしています。）",
)
