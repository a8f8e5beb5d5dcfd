"""What the entries of /config do, and say; its declaration stands in config.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from lib import chat, ports
from lib.commands._guild import (
    DEFAULT_MODEL,
    guild_of,
    in_code,
    listed,
    log_change,
    plain,
    require_model,
)
from lib.commands._limits import limits_here, limits_told
from lib.commands._tables import told_plainly
from lib.interactions.command import Context, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Embed, EmbedField, File, Message, Modal, TextInput, length
from lib.locales import Locale, Text

if TYPE_CHECKING:
    from lib.ports.base import JsonObject

OWN_LANGUAGE: Final = "own"
ADD: Final = "add"
ALLOW: Final = "allow"
REMOVE: Final = "remove"
ALL: Final = "all"
SHARED: Final = "shared"
PERSONAL: Final = "personal"
MOST_ENTRIES: Final = 25
INLINE_FIELDS: Final = 3
LONGEST_INSTRUCTION: Final = 4000
PATIENCE_SECONDS: Final = 1.2
"""How long the form waits for what it shows: the rest of Discord's three seconds is for the way."""
LONGEST_SHOWN: Final = 1500
COLOR: Final = 0x5B7FFF
FENCE: Final = "```"

TITLE = Text(en="The assistant in this server", ja="このサーバーでのアシスタントの設定")
CHANGED = Text(
    en="Changed: **{what}**. It holds from the next question on.",
    ja="「**{what}**」を変更しました。次の質問から反映されます。",
)
LANGUAGE = Text(en="Language", ja="言語")
EACH_OWN = Text(en="each user's own", ja="各ユーザーの言語")
MODEL = Text(en="Model", ja="モデル")
DEFAULT = Text(en="the default, `{name}`", ja="デフォルト（`{name}`）")
GONE = Text(
    en="`{name}`, which is gone; so `{instead}`",
    ja="`{name}`（利用できないため `{instead}` を使用）",
)
MODELS = Text(en="Models to choose from", ja="選べるモデル")
ALL_MODELS = Text(en="all", ja="すべて")
CONVERSATION = Text(en="Conversation", ja="会話")
EACH_MEMBERS = Text(en="each member's own", ja="メンバーごと")
THE_CHANNELS = Text(en="one for a whole channel", ja="チャンネルで共有")
FOOTER = Text(en="Footer", ja="フッター")
SHOWN = Text(en="shown", ja="表示する")
HIDDEN = Text(en="hidden", ja="表示しない")
CHANNELS = Text(en="Channels", ja="チャンネル")
EVERYWHERE = Text(en="everywhere", ja="すべて")
ROLES = Text(en="Roles", ja="ロール")
EVERYBODY = Text(en="everybody", ja="全員")
INSTRUCTION = Text(en="Instruction", ja="指示")
NONE = Text(en="none", ja="なし")
ABOVE = Text(en="above", ja="上記")
IN_THE_FILE = Text(en="in the file", ja="添付ファイル")
FILE_NAME: Final = "instruction.txt"
FILE_DESCRIPTION = Text(en="The instruction as it is", ja="指示の全文")
WHICH_MODEL = Text(en="Which model? Choose it in `name`.", ja="`名前` でモデルを選んでください。")
WHICH_ROLE = Text(en="Which role? Choose it in `role`.", ja="`ロール` でロールを選んでください。")
LAST_ONE = Text(
    en="That is the last one, and an empty list would mean all. Choose `{all}` if you mean that.",
    ja="リストの最後の1件です。リストが空になるとすべて許可されます。"
    "それでよければ「{all}」を選んでください。",
)
ALL_NAME = Text(en="All", ja="すべて許可")
EVERYWHERE_NAME = Text(en="Everywhere", ja="すべて許可")
EVERYBODY_NAME = Text(en="Everybody", ja="全員に許可")
TOO_MANY = Text(en="No more than {n} can stand in the list.", ja="登録できるのは{n}件までです。")
FORM_TITLE = Text(en="How the assistant behaves here", ja="このサーバーでの振る舞い")
FORM_LABEL = Text(en="Instruction", ja="指示")
FORM_DESCRIPTION = Text(
    en="Change it as you like. If you leave it empty, there is none.",
    ja="自由に書き換えられます。空欄にすると、指示なしになります。",
)
FORM_DESCRIPTION_UNREAD = Text(
    en="I couldn't show the present one here (see /config show). This replaces it; empty: none.",
    ja="現在の内容を表示できませんでした（/設定 表示 で確認できます）。"
    "送信すると置き換わり、空欄なら指示なしになります。",
)
FORM_PLACEHOLDER = Text(
    en="You answer questions about our game. Be brief and kind.",
    ja="例: このゲームについての質問に、簡潔でやさしく答えてください。",
)
LIMITS = Text(en="Limits", ja="上限")


# --- what holds ---


def show(context: WorkContext) -> Message:
    """Everything that was decided here."""
    with told_plainly():
        settings = context.services.chat.read_guild_settings(guild_id=guild_of(context))
        limits = limits_here(context)
    return _standing(context, settings, limits)


def _standing(
    context: WorkContext, settings: ports.GuildSettings, limits: ports.Limits, *, content: str = ""
) -> Message:
    locale, instruction = context.locale, settings.system_instruction
    is_shown = bool(instruction) and length(instruction) <= LONGEST_SHOWN
    is_shown = is_shown and FENCE not in instruction
    told = ABOVE if is_shown else IN_THE_FILE if instruction else NONE
    fields = [
        (LANGUAGE, settings.language.own_name if settings.language else None, EACH_OWN),
        (CONVERSATION, (THE_CHANNELS if settings.shared else EACH_MEMBERS).in_(locale), NONE),
        (FOOTER, (SHOWN if settings.footer else HIDDEN).in_(locale), NONE),
        (MODEL, _model_told(context, settings), NONE),
        (MODELS, in_code(settings.models, locale), ALL_MODELS),
        (CHANNELS, _mentions("<#{}>", settings.channel_ids, locale), EVERYWHERE),
        (ROLES, _mentions("<@&{}>", settings.role_ids, locale), EVERYBODY),
        (INSTRUCTION, told.in_(locale), NONE),
        (LIMITS, limits_told(limits, locale), NONE),
    ]
    embed = Embed(
        title=TITLE.in_(locale),
        color=COLOR,
        description=f"{FENCE}\n{instruction}\n{FENCE}" if is_shown else "",
        fields=tuple(
            EmbedField(
                name=name.in_(locale),
                value=value or empty.in_(locale),
                inline=number < INLINE_FIELDS,
            )
            for number, (name, value, empty) in enumerate(fields)
        ),
    )
    files: tuple[File, ...] = ()
    if instruction and not is_shown:
        text = instruction.encode("utf-8", "replace")
        files = (File(name=FILE_NAME, content=text, description=FILE_DESCRIPTION.in_(locale)),)
    return Message(content=content, embeds=(embed,), files=files)


def _model_told(context: WorkContext, settings: ports.GuildSettings) -> str:
    cards, locale = context.services.models.cards, context.locale
    card, rule = chat.standing_model(cards, settings, chosen=None)
    if rule is chat.ModelRule.GUILD:
        return f"`{plain(card.name)}`"
    if settings.model is not None:
        name, instead = plain(settings.model), plain(card.name)
        return GONE.in_(locale, name=name, instead=instead)
    return DEFAULT.in_(locale, name=plain(card.name))


def _mentions(form: str, ids: Iterable[str], locale: Locale) -> str:
    """They show names and ping nobody: no message of ours may."""
    return listed([form.format(each) for each in sorted(ids, key=_by_age)], locale)


def _by_age(snowflake: str) -> tuple[int, str]:
    return len(snowflake), snowflake


# --- changes ---


def set_language(context: WorkContext) -> Message:
    """One language for all, or each user's own."""
    chosen = context.text_option("language")
    return _changed(
        context, {"language": None if chosen == OWN_LANGUAGE else chosen}, what=LANGUAGE
    )


def set_model(context: WorkContext) -> Message:
    """The model of those who chose none."""
    name = context.text_option("name").strip()
    model = None
    if name != DEFAULT_MODEL:
        model = require_model(name, context)
    return _changed(context, {"model": model}, what=MODEL)


def change_models(context: WorkContext) -> Message:
    """The models that members may choose."""
    change, name = context.text_option("change"), context.text_option("name").strip()
    if change == ALL:
        return _changed(context, {"models": None}, what=MODELS)
    if not name:
        raise UserFacingError(WHICH_MODEL)
    listed_now = _settings(context).models
    if change == ADD or name not in listed_now:
        require_model(name, context)
    if change == REMOVE and not listed_now:
        # What may be removed from a list that names none is one of all.
        others = [card.name for card in context.services.models.cards if card.name != name]
        if not others:
            raise UserFacingError(LAST_ONE.filled(all=ALL_NAME))
        return _changed(context, {"models": others}, what=MODELS)
    models = _one_changed(listed_now, name, is_added=change == ADD, empty=ALL_NAME)
    return _changed(context, {"models": models}, what=MODELS, empty=ALL_NAME)


def set_footer(context: WorkContext) -> Message:
    """Whether answers end in a line of figures."""
    return _changed(context, {"footer": context.flag_option("shown")}, what=FOOTER)


def set_conversation(context: WorkContext) -> Message:
    """Whose the conversations are."""
    is_shared = context.text_option("kind") == SHARED
    return _changed(context, {"shared": is_shared}, what=CONVERSATION)


def change_channels(context: WorkContext) -> Message:
    """Where the assistant may be asked."""
    change = context.text_option("change")
    if change == ALL:
        return _changed(context, {"channel_ids": None}, what=CHANNELS)
    channel_id = context.text_option("channel") or context.interaction.channel_id or ""
    now = _settings(context).channel_ids
    ids = _one_changed(now, channel_id, is_added=change == ALLOW, empty=EVERYWHERE_NAME)
    return _changed(context, {"channel_ids": ids}, what=CHANNELS, empty=EVERYWHERE_NAME)


def change_roles(context: WorkContext) -> Message:
    """Who may ask."""
    change, role_id = context.text_option("change"), context.text_option("role")
    if change == ALL:
        return _changed(context, {"role_ids": None}, what=ROLES)
    if not role_id:
        raise UserFacingError(WHICH_ROLE)
    now = _settings(context).role_ids
    ids = _one_changed(now, role_id, is_added=change == ALLOW, empty=EVERYBODY_NAME)
    return _changed(context, {"role_ids": ids}, what=ROLES, empty=EVERYBODY_NAME)


def ask_for_instruction(context: Context) -> Modal:
    """The form, with what holds in it; without, where that cannot be read in time."""
    locale, guild_id = context.locale, guild_of(context)
    settings = context.look_up(
        lambda services: services.chat.read_guild_settings(guild_id=guild_id),
        patience_seconds=PATIENCE_SECONDS,
    )
    present = None if settings is None else settings.system_instruction
    if present is not None and length(present) > LONGEST_INSTRUCTION:
        present = None  # a part of it would be kept in the place of the whole
    description = FORM_DESCRIPTION_UNREAD if present is None else FORM_DESCRIPTION
    field = TextInput(
        custom_id="instruction",
        label=FORM_LABEL.in_(locale),
        description=description.in_(locale),
        value=present or "",
        placeholder=FORM_PLACEHOLDER.in_(locale),
        paragraph=True,
        required=False,
        max_length=LONGEST_INSTRUCTION,
    )
    return Modal(custom_id="config:instruction", title=FORM_TITLE.in_(locale), inputs=(field,))


def set_instruction(context: WorkContext) -> Message:
    """What the form says."""
    text = context.interaction.fields.get("instruction", "").strip()
    return _changed(context, {"system_instruction": text or None}, what=INSTRUCTION)


def _settings(context: WorkContext) -> ports.GuildSettings:
    with told_plainly():
        return context.services.chat.read_guild_settings(guild_id=guild_of(context))


def _one_changed(now: Collection[str], name: str, *, is_added: bool, empty: Text) -> JsonObject:
    """The change of a list by one, which loses nothing of what somebody else changes meanwhile. One
    that would be empty would mean its opposite.
    """
    if is_added:
        if name not in now and len(now) >= MOST_ENTRIES:
            raise UserFacingError(TOO_MANY, n=MOST_ENTRIES)
        return {"add": name}
    if set(now) == {name}:
        raise UserFacingError(LAST_ONE.filled(all=empty))
    return {"remove": name}


def _changed(
    context: WorkContext, changes: JsonObject, *, what: Text, empty: Text = ALL_NAME
) -> Message:
    """Keep the changes, note who made them, and show what holds now. `empty` is how a list that
    would be empty is called: meanwhile somebody else may have removed all but this one.
    """
    guild_id, user_id = guild_of(context), context.interaction.user.id
    store = context.services.chat
    with told_plainly():
        limits = limits_here(context)  # before the change: where this fails, nothing was changed
        try:
            settings = store.change_guild_settings(
                guild_id=guild_id, changes=changes, user_id=user_id
            )
        except ports.StoreError as error:
            if error.is_restricted:
                raise UserFacingError(LAST_ONE.filled(all=empty)) from error
            raise
    log_change(context, ", ".join(changes), guild_id)
    content = CHANGED.in_(context.locale, what=what.in_(context.locale))
    return _standing(context, settings, limits, content=content)
