"""/config: what the administrators of a server decide about the assistant."""

from __future__ import annotations

from lib.commands import _config as config
from lib.commands import _limits as limits
from lib.commands._guild import (
    managers_only,
    privately,
    propose_models,
    propose_models_or_default,
)
from lib.commands._tables import require_database
from lib.interactions.checks import owners_only
from lib.interactions.command import Command, Group, Instant, Option, OptionKind, Place, Subcommand
from lib.interactions.interaction import MANAGE_GUILD
from lib.interactions.response import Choice
from lib.locales import Locale, Text

LARGEST_LIMIT = 1_000_000_000
LARGEST_BUDGET = 1_000_000
EACH_USERS_OWN = Text(en="Each user's own", ja="各ユーザーの言語")
OTHER_SERVERS = Text(en="Servers without their own", ja="独自の上限がないサーバー")
DIRECT_MESSAGES = Text(en="Direct messages", ja="ダイレクトメッセージ")

command = Command(
    name=Text(en="config", ja="設定"),
    description=Text(
        en="Steer the assistant in this server", ja="このサーバーでのアシスタントの設定を変更します"
    ),
    group=Group.SERVER,
    checks=(managers_only, require_database),
    places=(Place.GUILD,),
    default_member_permissions=MANAGE_GUILD,
    modals={"instruction": privately(config.set_instruction)},
    subcommands=(
        Subcommand(
            name=Text(en="show", ja="表示"),
            description=Text(en="What holds now", ja="現在の設定を表示します"),
            handler=privately(config.show),
        ),
        Subcommand(
            name=Text(en="language", ja="言語"),
            description=Text(en="The language of the answers", ja="回答の言語を決めます"),
            options=(
                Option(
                    name=Text(en="language", ja="言語"),
                    description=Text(
                        en="One for all, or each user's own",
                        ja="全員共通の言語、またはユーザーごと",
                    ),
                    required=True,
                    choices=(
                        Choice(EACH_USERS_OWN, config.OWN_LANGUAGE),
                        *(Choice(locale.own_name, locale.value) for locale in Locale),
                    ),
                ),
            ),
            handler=privately(config.set_language),
        ),
        Subcommand(
            name=Text(en="model", ja="モデル"),
            description=Text(
                en="The model that answers whoever chose none",
                ja="モデルを選んでいない人への回答に使うモデルを決めます",
            ),
            options=(
                Option(
                    name=Text(en="name", ja="名前"),
                    description=Text(en="A model, or the default", ja="モデル名、またはデフォルト"),
                    required=True,
                    minimum=1,
                    maximum=100,
                    complete=propose_models_or_default,
                ),
            ),
            handler=privately(config.set_model),
        ),
        Subcommand(
            name=Text(en="models", ja="モデル一覧"),
            description=Text(
                en="Which models members may choose with /model",
                ja="メンバーが /モデル で選べるモデルを決めます",
            ),
            options=(
                Option(
                    name=Text(en="change", ja="変更"),
                    description=Text(
                        en="Add a model to the list, remove one, or let all be chosen",
                        ja="リストへの追加・削除、またはすべて許可",
                    ),
                    required=True,
                    choices=(
                        Choice(Text(en="Add", ja="追加"), config.ADD),
                        Choice(Text(en="Remove", ja="削除"), config.REMOVE),
                        Choice(Text(en="All", ja="すべて許可"), config.ALL),
                    ),
                ),
                Option(
                    name=Text(en="name", ja="名前"),
                    description=Text(
                        en="The model to add or remove", ja="追加または削除するモデル"
                    ),
                    minimum=1,
                    maximum=100,
                    complete=propose_models,
                ),
            ),
            handler=privately(config.change_models),
        ),
        Subcommand(
            name=Text(en="instruction", ja="指示"),
            description=Text(
                en="Tell the assistant how to behave here, in a form",
                ja="このサーバーでの振る舞いをフォームで指示します",
            ),
            handler=Instant(run=config.ask_for_instruction),
        ),
        Subcommand(
            name=Text(en="footer", ja="フッター"),
            description=Text(
                en="The line with model, tokens, cost and time below answers",
                ja="回答の下のモデル・トークン・金額・時間の行を表示するか決めます",
            ),
            options=(
                Option(
                    name=Text(en="shown", ja="表示"),
                    description=Text(en="Whether it is shown", ja="表示するかどうか"),
                    kind=OptionKind.FLAG,
                    required=True,
                ),
            ),
            handler=privately(config.set_footer),
        ),
        Subcommand(
            name=Text(en="conversation", ja="会話"),
            description=Text(
                en="One conversation for each member, or one for a whole channel",
                ja="会話をメンバーごとに分けるか、チャンネルで共有するかを決めます",
            ),
            options=(
                Option(
                    name=Text(en="kind", ja="種類"),
                    description=Text(en="Whose conversation it is", ja="会話の単位"),
                    required=True,
                    choices=(
                        Choice(Text(en="Each member's own", ja="メンバーごと"), config.PERSONAL),
                        Choice(Text(en="The channel's", ja="チャンネルで共有"), config.SHARED),
                    ),
                ),
            ),
            handler=privately(config.set_conversation),
        ),
        Subcommand(
            name=Text(en="channels", ja="チャンネル"),
            description=Text(
                en="Where the assistant may be asked", ja="質問できるチャンネルを決めます"
            ),
            options=(
                Option(
                    name=Text(en="change", ja="変更"),
                    description=Text(
                        en="Allow a channel, remove one, or allow everywhere",
                        ja="チャンネルの許可・取り消し、またはすべて許可",
                    ),
                    required=True,
                    choices=(
                        Choice(Text(en="Allow", ja="許可"), config.ALLOW),
                        Choice(Text(en="Remove", ja="取り消し"), config.REMOVE),
                        Choice(Text(en="Everywhere", ja="すべて許可"), config.ALL),
                    ),
                ),
                Option(
                    name=Text(en="channel", ja="チャンネル"),
                    description=Text(en="This channel if left out", ja="省略時はこのチャンネル"),
                    kind=OptionKind.CHANNEL,
                ),
            ),
            handler=privately(config.change_channels),
        ),
        Subcommand(
            name=Text(en="roles", ja="ロール"),
            description=Text(en="Who may ask the assistant", ja="質問できるロールを決めます"),
            options=(
                Option(
                    name=Text(en="change", ja="変更"),
                    description=Text(
                        en="Allow a role, remove one, or allow everybody",
                        ja="ロールの許可・取り消し、または全員に許可",
                    ),
                    required=True,
                    choices=(
                        Choice(Text(en="Allow", ja="許可"), config.ALLOW),
                        Choice(Text(en="Remove", ja="取り消し"), config.REMOVE),
                        Choice(Text(en="Everybody", ja="全員に許可"), config.ALL),
                    ),
                ),
                Option(
                    name=Text(en="role", ja="ロール"),
                    description=Text(
                        en="The role to allow or remove", ja="許可または取り消すロール"
                    ),
                    kind=OptionKind.ROLE,
                ),
            ),
            handler=privately(config.change_roles),
        ),
        Subcommand(
            name=Text(en="limits", ja="上限"),
            description=Text(
                en="For the bot's owner: what may be used. 0: nothing; -1: without a limit",
                ja="Botのオーナー用: 利用の上限を変更します。0は利用不可、-1は無制限",
            ),
            options=(
                Option(
                    name=Text(en="answers", ja="回答"),
                    description=Text(
                        en="Answers a user has in a day", ja="1人が1日に利用できる回答数"
                    ),
                    kind=OptionKind.INTEGER,
                    minimum=-1,
                    maximum=LARGEST_LIMIT,
                ),
                Option(
                    name=Text(en="tokens", ja="トークン"),
                    description=Text(
                        en="Tokens a user has in a day", ja="1人が1日に利用できるトークン数"
                    ),
                    kind=OptionKind.INTEGER,
                    minimum=-1,
                    maximum=LARGEST_LIMIT,
                ),
                Option(
                    name=Text(en="budget", ja="予算"),
                    description=Text(
                        en="US dollars for all of them in a month",
                        ja="全員合計での1か月の予算（米ドル）",
                    ),
                    kind=OptionKind.NUMBER,
                    minimum=-1,
                    maximum=LARGEST_BUDGET,
                ),
                Option(
                    name=Text(en="of", ja="対象"),
                    description=Text(
                        en="Whose limits; this server's if left out",
                        ja="変更する対象。省略時はこのサーバー",
                    ),
                    choices=(
                        Choice(Text(en="This server", ja="このサーバー"), limits.HERE),
                        Choice(
                            Text(en="Servers without their own", ja="その他のサーバー"),
                            limits.GUILDS,
                        ),
                        Choice(DIRECT_MESSAGES, limits.DIRECT),
                    ),
                ),
                Option(
                    name=Text(en="reset", ja="リセット"),
                    description=Text(
                        en="Give this server the limits of all others again",
                        ja="このサーバー独自の上限をなくし、共通の上限に戻します",
                    ),
                    kind=OptionKind.FLAG,
                ),
            ),
            handler=privately(limits.set_limits, checks=(owners_only,)),
        ),
    ),
)
