"""/help: every command with its description, made from the registry."""

from __future__ import annotations

from lib.interactions.command import Command, CommandKind, Context, Instant
from lib.interactions.response import MOST_FIELDS, Embed, EmbedField, Message
from lib.locales import Locale, Text

TITLE = Text(en="What I can do", ja="使えるコマンド")
FOOTER = Text(
    en="Type / in the message box and pick a command.",
    ja="メッセージ欄に / を入力してコマンドを選んでください。",
)
COLOR = 0x5B7FFF
IN_THE_MENU = Text(
    en="{name} (in a message's menu, under Apps)", ja="{name}（メッセージのメニュー「アプリ」から）"
)


def show_help(context: Context) -> Message:
    """One field for each command that the user may call, in as many cards as they fill."""
    locale = context.locale
    is_owner = context.interaction.user.id in context.settings.owner_ids
    fields = tuple(
        EmbedField(name=_usage(command, locale), value=_told(command, locale))
        for command in context.registry.all()
        if is_owner or _may_call(command, context)
    )
    pages = [fields[start : start + MOST_FIELDS] for start in range(0, len(fields), MOST_FIELDS)]
    embeds = tuple(
        Embed(
            title=TITLE.in_(locale) if page is pages[0] else "",
            color=COLOR,
            fields=page,
            footer=FOOTER.in_(locale) if page is pages[-1] else "",
        )
        for page in pages
    )
    return Message(embeds=embeds, ephemeral=True)


def _may_call(command: Command, context: Context) -> bool:
    """Whether Discord offers it to the user here; one that takes no permission at all (0) is for
    the owner alone.
    """
    needed = command.default_member_permissions
    if needed is None:
        return True
    user = context.interaction.user
    return bool(needed) and (user.is_administrator or user.permissions & needed == needed)


def _usage(command: Command, locale: Locale) -> str:
    """`/ask prompt [private]`, in the words that the user's client shows."""
    if command.kind is not CommandKind.SLASH:
        return IN_THE_MENU.in_(locale, name=command.name.in_(locale))
    words = [f"/{command.name.in_(locale)}"]
    words += [
        option.name.in_(locale) if option.required else f"[{option.name.in_(locale)}]"
        for option in command.options
    ]
    return " ".join(words)


def _told(command: Command, locale: Locale) -> str:
    """The description, and what may follow the command's name."""
    description = command.description.in_(locale)
    if not command.subcommands:
        return description
    names = " · ".join(f"`{entry.name.in_(locale)}`" for entry in command.subcommands)
    return f"{description}\n{names}"


command = Command(
    name=Text(en="help", ja="ヘルプ"),
    description=Text(en="List the commands", ja="コマンドの一覧を表示します"),
    handler=Instant(run=show_help),
    everywhere=True,
)
