"""What one types to the assistant, and what one then reads, in each language of the bot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The names and texts of one language."""

    locale: str
    ask: str
    question: str
    file_option: str
    choose_file: str
    attach_file: str
    unseen: str
    opening: str
    in_short: str
    that_was_all: str
    turn: str
    again: str
    go_on: str
    shorter: str
    delete: str
    not_yours: str
    long_form: str
    very_long: str
    whole_in_file: str
    ask_about: str
    about_form: str
    translate: str
    summarise: str
    instruction: str
    instruction_form: str
    changed: str
    channels: str
    allow: str
    only_there: str
    limits: str
    no_answers: str
    switched_off: str
    few_tokens: str
    not_enough: str
    conversation: str
    shared: str
    history: str
    channels_conversation: str
    usage: str
    chart: str
    forget: str
    forgotten: str


ENGLISH = Words(
    locale="en-US",
    ask="/ask",
    question="What is in this picture?",
    file_option="file:",
    choose_file="A picture, PDF, sound",
    attach_file="Attach a file",
    unseen="I can't see comet.png",
    opening="Hello!",
    in_short="In short:",
    that_was_all="That was all",
    turn="This is turn 2 of our conversation.",
    again="Regenerate",
    go_on="Continue",
    shorter="Shorter",
    delete="Delete",
    not_yours="Only the one who asked can use these buttons.",
    long_form="Ask the assistant",
    very_long="First line.\nThen something very long, please.",
    whole_in_file="The whole answer",
    ask_about="Ask about this",
    about_form="Ask about this message",
    translate="Translate",
    summarise="Summarise",
    instruction="/config instruction",
    instruction_form="How the assistant behaves here",
    changed="Changed: Instruction.",
    channels="/config channels",
    allow="Allow",
    only_there="The administrators of this server let me answer in #telescopes only.",
    limits="/config limits",
    no_answers="Each user: 0 answers and 400,000 tokens a day",
    switched_off="The assistant is switched off here.",
    few_tokens="answers:9 tokens:1",
    not_enough="What's left of your tokens for today isn't enough for this.",
    conversation="/config conversation",
    shared="The channel's",
    history="/history",
    channels_conversation="This channel's conversation",
    usage="/usage",
    chart="Your usage",
    forget="/forget",
    forgotten="Forgotten: your one question in this channel, with its answer.",
)
JAPANESE = Words(
    locale="ja",
    ask="/質問",
    question="この写真には何が写っていますか？",
    file_option="ファイル:",
    choose_file="質問に添える画像",
    attach_file="ファイルを添付",
    unseen="オフラインモデルのため、comet.png の中身は見られません。",
    opening="こんにちは！",
    in_short="手短に言うと",
    that_was_all="先ほどの回答はあれで全部です。",
    turn="この会話では 2 回目のご質問です。",
    again="再生成",
    go_on="続ける",
    shorter="短くする",
    delete="削除",
    not_yours="このボタンは質問した本人だけが使えます。",
    long_form="アシスタントに質問",
    very_long="1行目です。\nとても長く説明してください。",
    whole_in_file="回答の全文",
    ask_about="このメッセージについて質問",
    about_form="このメッセージについて質問",
    translate="翻訳",
    summarise="要約",
    instruction="/設定 指示",
    instruction_form="このサーバーでの振る舞い",
    changed="「指示」を変更しました。",
    channels="/設定 チャンネル",
    allow="許可",
    only_there="このサーバーでは、#telescopes でのみ応答できます。",
    limits="/設定 上限",
    no_answers="1人1日あたり: 回答は0回まで",
    switched_off="ここではアシスタントを利用できません。",
    few_tokens="回答:9 トークン:1",
    not_enough="本日の残りトークンでは足りません。",
    conversation="/設定 会話",
    shared="共有",
    history="/履歴",
    channels_conversation="このチャンネルの会話",
    usage="/利用状況",
    chart="あなたの利用状況",
    forget="/会話削除",
    forgotten="このチャンネルでのあなたの質問と回答を1件削除しました。",
)
