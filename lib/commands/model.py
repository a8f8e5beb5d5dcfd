"""/model: which model answers you, and a choice of your own among those that are allowed."""

from __future__ import annotations

from lib import chat, ports
from lib.commands._guild import (
    DEFAULT_MODEL,
    in_code,
    plain,
    privately,
    propose_models_or_default,
    require_model,
)
from lib.commands._tables import require_database, told_plainly
from lib.interactions.characters import cut
from lib.interactions.command import Command, Group, Option, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Message
from lib.locales import Text

STANDS_OWN = Text(
    en="`{name}` answers you: your own choice.",
    ja="`{name}` が回答します（あなたが選んだモデル）。",
)
STANDS_GUILD = Text(
    en="`{name}` answers you: what this server's administrators chose.",
    ja="`{name}` が回答します（このサーバーの設定）。",
)
STANDS_DEFAULT = Text(
    en="`{name}` answers you: the default.", ja="`{name}` が回答します（デフォルト）。"
)
NOT_ALLOWED_ANY_MORE = Text(
    en="-# Your own choice, `{name}`, can't be used here.",
    ja="-# あなたが選んだ `{name}` は、ここでは使えません。",
)
NOT_ALLOWED = Text(
    en="`{name}` isn't among the models of this server. You can choose {allowed}.",
    ja="`{name}` はこのサーバーでは選べません。選べるモデル: {allowed}",
)
CHOICES = Text(en="You can choose:", ja="選べるモデル:")
BUSY = Text(
    en="-# While a model is overloaded, another one answers and says so.",
    ja="-# モデルが混雑している間は別のモデルが回答し、その旨をお知らせします。",
)
MOST_SHOWN = 12


def choose_model(context: WorkContext) -> Message:
    """Keep the user's choice, if they made one; and show what answers them."""
    user_id, guild_id = context.interaction.user.id, context.interaction.guild_id
    store, cards = context.services.chat, context.services.models.cards
    name = context.text_option("name").strip()
    with told_plainly():
        settings = ports.GuildSettings()
        if guild_id is not None:
            settings = store.read_guild_settings(guild_id=guild_id)
        if not name:
            chosen = store.read_chosen_model(user_id=user_id)
            return _shown(context, settings, chosen=chosen, with_choices=True)
        chosen = None if name == DEFAULT_MODEL else require_model(name, context)
        allowed = [card.name for card in chat.allowed_cards(cards, settings)]
        if chosen is not None and chosen not in allowed:
            raise UserFacingError(
                NOT_ALLOWED, name=plain(chosen), allowed=in_code(allowed, context.locale)
            )
        store.choose_model(user_id=user_id, model=chosen)
    return _shown(context, settings, chosen=chosen)


def _shown(
    context: WorkContext,
    settings: ports.GuildSettings,
    *,
    chosen: str | None,
    with_choices: bool = False,
) -> Message:
    locale, cards = context.locale, context.services.models.cards
    card, rule = chat.standing_model(cards, settings, chosen=chosen)
    text = {chat.ModelRule.OWN: STANDS_OWN, chat.ModelRule.GUILD: STANDS_GUILD}.get(
        rule, STANDS_DEFAULT
    )
    lines = [text.in_(locale, name=plain(card.name))]
    if chosen is not None and rule is not chat.ModelRule.OWN:
        lines.append(NOT_ALLOWED_ANY_MORE.in_(locale, name=plain(chosen)))
    if with_choices:
        lines += ["", CHOICES.in_(locale)]
        for other in chat.allowed_cards(cards, settings)[:MOST_SHOWN]:
            told = f" · {other.good_for.in_(locale)}" if other.good_for else ""
            lines.append(cut(f"- `{plain(other.name)}`{told}", 110))
        lines.append(BUSY.in_(locale))
    return Message(content="\n".join(lines), ephemeral=True)


command = Command(
    name=Text(en="model", ja="モデル"),
    description=Text(
        en="See which model answers you, or choose another",
        ja="回答に使われるモデルの確認と変更",
    ),
    group=Group.CONVERSATION,
    options=(
        Option(
            name=Text(en="name", ja="名前"),
            description=Text(
                en="The model that shall answer you",
                ja="回答に使うモデル（省略すると現在の設定を表示）",
            ),
            minimum=1,
            maximum=100,
            complete=propose_models_or_default,
        ),
    ),
    checks=(require_database,),
    handler=privately(choose_model),
)
