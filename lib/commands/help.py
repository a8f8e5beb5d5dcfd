"""/help: every command by what it is about, made from the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from lib.interactions.command import Command, CommandKind, Context, Group, Instant
from lib.interactions.response import (
    LONGEST_DESCRIPTION,
    LONGEST_EMBED,
    MOST_EMBEDS,
    Embed,
    Message,
    length,
)
from lib.locales import Locale, Text

LEAD = Text(
    en="**What I can do**\nType `/` and pick a command. What stands in `[ ]` may be left out.",
    ja="**使えるコマンド**\n`/` を入力してコマンドを選んでください。`[ ]` の中は省略できます。",
)
COLOR = 0x5B7FFF
IN_THE_MENU = {
    CommandKind.USER: Text(
        en="In a person's menu, under *Apps*:", ja="ユーザーのメニュー「アプリ」から:"
    ),
    CommandKind.MESSAGE: Text(
        en="In a message's menu, under *Apps*:", ja="メッセージのメニュー「アプリ」から:"
    ),
}

Tell = Callable[[Command, Locale], str]


def show_help(context: Context) -> Message:
    """A card for each group of commands that the user may call, with a line a command: what may
    follow its name, and what it does. Where that is more than a message holds, the names alone.
    """
    locale = context.locale
    is_owner = context.interaction.user.id in context.settings.owner_ids
    commands = [
        command for command in context.registry.all() if is_owner or _may_call(command, context)
    ]
    cards = _cards(commands, locale, tell=_line)
    if len(cards) > MOST_EMBEDS or sum(card.text_length() for card in cards) > LONGEST_EMBED:
        cards = _cards(commands, locale, tell=_name)
    return Message(content=LEAD.in_(locale), embeds=cards, ephemeral=True)


def _may_call(command: Command, context: Context) -> bool:
    """Whether Discord offers it to the user here; one that takes no permission at all (0) is for
    the owner alone.
    """
    needed = command.default_member_permissions
    if needed is None:
        return True
    user = context.interaction.user
    return bool(needed) and (user.is_administrator or user.permissions & needed == needed)


def _cards(commands: Sequence[Command], locale: Locale, *, tell: Tell) -> tuple[Embed, ...]:
    """The groups in their order; a long one goes on in a card without a title."""
    cards: list[Embed] = []
    for group in Group:
        members = [command for command in commands if command.group is group]
        title = group.value.in_(locale)
        for page in _pages(_lines(members, locale, tell=tell)):
            cards.append(Embed(title=title, description=page, color=COLOR))
            title = ""
    return tuple(cards)


def _lines(commands: Sequence[Command], locale: Locale, *, tell: Tell) -> Iterator[str]:
    """What leads first, else by name; and what is found in menus behind that."""
    for kind in CommandKind:
        members = [command for command in commands if command.kind is kind]
        if members and kind in IN_THE_MENU:
            yield IN_THE_MENU[kind].in_(locale)
        for command in sorted(members, key=lambda command: not command.leads):
            yield f"- {tell(command, locale)}"


def _pages(lines: Iterable[str]) -> Iterator[str]:
    """The lines, in as many descriptions as they fill."""
    page = ""
    for line in lines:
        longer = f"{page}\n{line}" if page else line
        if length(longer) > LONGEST_DESCRIPTION:
            yield page
            longer = line
        page = longer
    if page:
        yield page


def _name(command: Command, locale: Locale) -> str:
    """`/ask`, or what stands in a menu."""
    slash = "/" if command.kind is CommandKind.SLASH else ""
    return f"`{slash}{command.name.in_(locale)}`"


def _line(command: Command, locale: Locale) -> str:
    """`/ask prompt [private]` and the description, in the words that the user's client shows; below
    it, further in, what may follow the name of one that has subcommands.
    """
    options = [
        option.name.in_(locale) if option.required else f"[{option.name.in_(locale)}]"
        for option in command.options
    ]
    usage = " ".join([_name(command, locale).strip("`"), *options])
    line = f"`{usage}` {command.description.in_(locale)}"
    if not command.subcommands:
        return line
    names = " · ".join(f"`{entry.name.in_(locale)}`" for entry in command.subcommands)
    return f"{line}\n  - {names}"


command = Command(
    name=Text(en="help", ja="ヘルプ"),
    description=Text(en="List the commands", ja="コマンドの一覧を表示します"),
    handler=Instant(run=show_help),
    group=Group.BOT,
    everywhere=True,
)
