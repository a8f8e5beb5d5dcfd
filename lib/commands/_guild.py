"""What the commands have in common that steer the assistant: no command of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from lib import chat, ports
from lib.interactions.characters import cut
from lib.interactions.command import Check, Context, Deferred, Reply, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import LONGEST_CHOICE, MOST_CHOICES, Choice, length
from lib.locales import Locale, Text
from lib.recording import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_MODEL: Final = "default"
"""What stands for no choice where a model is chosen."""
MOST_NEAREST: Final = 3
LEAST_LIKENESS: Final = 0.5
"""Names that have less in common are other names, and no misspelt ones."""
MOST_LISTED: Final = 1000

MANAGERS_ONLY = Text(
    en="That takes the permission **Manage Server**.",
    ja="この操作には「サーバー管理」権限が必要です。",
)
IN_SERVERS_ONLY = Text(en="That works in servers only.", ja="この操作はサーバー内でのみ使えます。")
UNKNOWN_MODEL = Text(
    en="There is no model `{name}` here. `/model` lists those you can choose.",
    ja="`{name}` というモデルはありません。選べるモデルは `/モデル` で確認できます。",
)
MISSPELT_MODEL = Text(
    en="There is no model `{name}` here. Did you mean {nearest}?",
    ja="`{name}` というモデルはありません。もしかして: {nearest}",
)
MODEL_WITHOUT_KEY = Text(
    en="`{name}` can't be used: its key isn't set in this bot.",
    ja="`{name}` は、このBotにキーが設定されていないため使えません。",
)
DEFAULT_LABEL = Text(en="Default", ja="デフォルト")


def manages_guild(context: Context) -> bool:
    """Whether the user may decide for the guild they ask in."""
    user = context.interaction.user
    return context.interaction.guild_id is not None and (
        user.manages_guild or user.id in context.settings.owner_ids
    )


def managers_only(context: Context) -> None:
    """A check: for those who manage the guild, and the bot's owner."""
    guild_of(context)
    if not manages_guild(context):
        raise UserFacingError(MANAGERS_ONLY)


def guild_of(context: Context) -> str:
    """The guild's id. Raises UserFacingError in direct messages."""
    if context.interaction.guild_id is None:
        raise UserFacingError(IN_SERVERS_ONLY)
    return context.interaction.guild_id


def place_of(context: Context, *, private: bool = False) -> ports.ChatPlace:
    """Where the user asks."""
    return chat.place_of(context.interaction, private=private)


def privately(
    run: Callable[[WorkContext], Reply],
    *,
    checks: tuple[Check, ...] = (),
    cooldown_seconds: float = 0.0,
) -> Deferred:
    """A handler whose answer is for the caller alone to see."""
    return Deferred(
        run=run,
        ephemeral=lambda _context: True,
        checks=checks,
        cooldown_seconds=cooldown_seconds,
    )


def propose_models(context: Context) -> list[Choice]:
    """The models whose name, or what they are good for, has what is typed."""
    typed = _typed(context)
    choices = []
    for card in chat.cards_of(context.settings):
        told = card.good_for.in_(context.locale) if card.good_for else ""
        label = f"{card.name} · {told}" if told else card.name
        if typed in label.casefold() and length(card.name) <= LONGEST_CHOICE:
            choices.append(Choice(cut(label, LONGEST_CHOICE), card.name))
    return choices[:MOST_CHOICES]


def propose_models_or_default(context: Context) -> list[Choice]:
    """The same, below the way back to the default."""
    label = DEFAULT_LABEL.in_(context.locale)
    choices = propose_models(context)
    if _typed(context) in f"{label} {DEFAULT_MODEL}".casefold():
        choices.insert(0, Choice(label, DEFAULT_MODEL))
    return choices[:MOST_CHOICES]


def _typed(context: Context) -> str:
    return context.text_option(context.interaction.focused).strip().casefold()


def require_model(name: str, context: WorkContext) -> str:
    """`name`, if it is that of a model that can be used. Raises UserFacingError, with those that
    are written much alike.
    """
    names = [card.name for card in context.services.models.cards]
    if name in names:
        return name
    if name in {card.name for card in chat.cards_without_key(context.settings)}:
        raise UserFacingError(MODEL_WITHOUT_KEY, name=plain(name))
    alike = {known: _likeness(name, known) for known in names}
    nearest = sorted(
        (known for known in names if alike[known] >= LEAST_LIKENESS),
        key=lambda known: -alike[known],
    )
    if not nearest:
        raise UserFacingError(UNKNOWN_MODEL, name=plain(name))
    told = in_code(nearest[:MOST_NEAREST], context.locale)
    raise UserFacingError(MISSPELT_MODEL, name=plain(name), nearest=told)


def _likeness(one: str, other: str) -> float:
    """How much of two words is the same, between 0 and 1: by their pairs of letters (Dice)."""
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) / (len(pairs) + len(others) or 1)


def _pairs(word: str) -> set[str]:
    folded = word.casefold()
    return {folded[place : place + 2] for place in range(len(folded) - 1)}


def plain(text: str, *, most: int = LONGEST_CHOICE) -> str:
    """A short piece that can stand between backticks."""
    return cut(" ".join(text.replace("`", "'").split()), most)


def in_code(names: Iterable[str], locale: Locale, *, most: int = MOST_LISTED) -> str:
    """Names one after the other, each as it is written."""
    return listed([f"`{plain(name)}`" for name in names], locale, most=most)


def listed(items: Sequence[str], locale: Locale, *, most: int = MOST_LISTED) -> str:
    """As many items as stand in `most` code units, and how many more there are; "" for none."""
    separator = "、" if locale is Locale.JAPANESE else ", "
    shown = list(items)
    while shown:
        left = len(items) - len(shown)
        text = separator.join([*shown, f"+{left}"] if left else shown)
        if length(text) <= most:
            return text
        shown.pop()
    return f"+{len(items)}" if items else ""


def log_change(context: WorkContext, what: str, scope: str) -> None:
    """Note who changed what, and not to what: an instruction is nobody else's business."""
    with recording("the change of a setting"):
        context.services.store.log_bot_event(
            level="info",
            message=f"{what} of {scope} changed by {context.interaction.user.id}",
        )
