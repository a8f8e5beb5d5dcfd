"""/config limits: what may be used, by whom and where; only the bot's owner changes it."""

from __future__ import annotations

from typing import Final

from lib import chat, ports
from lib.commands._guild import guild_of, log_change, place_of
from lib.commands._tables import told_plainly
from lib.interactions.command import Context, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Message
from lib.locales import Locale, Text
from lib.locales.numbers import count

HERE: Final = "here"
GUILDS: Final = "guilds"
DIRECT: Final = "direct"
NO_GUILD: Final = "0"
"""The id of no guild: it has the limits of those without their own."""
LIMIT_NAMES: Final = ("answers", "tokens", "budget")
LIMITS_OF: Final = {
    HERE: Text(en="Limits of this server", ja="このサーバーの上限"),
    GUILDS: Text(en="Limits of servers without their own", ja="独自の上限がないサーバーの上限"),
    DIRECT: Text(en="Limits of direct messages", ja="ダイレクトメッセージの上限"),
}
LIMITS_TOLD = Text(
    en="Each user: {answers} and {tokens} a day. {budget}.",
    ja="1人1日あたり: 回答は{answers}、トークンは{tokens}。{budget}",
)
ANSWERS = Text(en="{n} answers", ja="{n}回まで")
ONE_ANSWER = Text(en="1 answer", ja="1回まで")
NO_END_OF_ANSWERS = Text(en="unlimited answers", ja="無制限")
TOKENS = Text(en="{n} tokens", ja="{n}まで")
NO_END_OF_TOKENS = Text(en="unlimited tokens", ja="無制限")
BUDGETS: Final = {
    HERE: Text(en="This whole server: {amount} a month", ja="サーバー全員合計で1か月{amount}まで"),
    GUILDS: Text(
        en="Each server: {amount} a month", ja="サーバーごとに全員合計で1か月{amount}まで"
    ),
    DIRECT: Text(en="All users together: {amount} a month", ja="全ユーザー合計で1か月{amount}まで"),
}
NO_BUDGETS: Final = {
    HERE: Text(en="This whole server: no limit on the costs", ja="サーバー全員合計の金額は無制限"),
    GUILDS: Text(
        en="Each server: no limit on the costs", ja="サーバーごとの全員合計の金額は無制限"
    ),
    DIRECT: Text(en="All users together: no limit on the costs", ja="全ユーザー合計の金額は無制限"),
}
NOT_RESET = Text(
    en="Only this server's own limits can be reset.",
    ja="リセットできるのはこのサーバー独自の上限だけです。",
)


def set_limits(context: WorkContext) -> Message:
    """What may be used here, in direct messages, or wherever no other limits were set."""
    locale, store, guild_id = context.locale, context.services.chat, guild_of(context)
    of = context.text_option("of") or HERE
    is_reset = context.flag_option("reset")
    has_numbers = any(_number(context, name) is not None for name in LIMIT_NAMES)
    if is_reset and of != HERE:
        raise UserFacingError(NOT_RESET)
    place = ports.ChatPlace(
        guild_id={HERE: guild_id, GUILDS: NO_GUILD}.get(of),
        channel_id="",
        user_id=context.interaction.user.id,
    )
    scope = guild_id if of == HERE else of
    with told_plainly():
        limits = limits_at(context, place)
        _with_numbers(context, limits)  # what is refused must not have reset anything
        if is_reset:
            store.change_limits(scope=scope, limits=None)
            limits = limits_at(context, place)
        if has_numbers:
            limits = _with_numbers(context, limits)
            store.change_limits(scope=scope, limits=limits)
    if is_reset or has_numbers:
        log_change(context, "limits", scope)
    told = f"**{LIMITS_OF[of].in_(locale)}**\n{limits_told(limits, locale, of=of)}"
    return Message(content=told)


def _with_numbers(context: Context, limits: ports.Limits) -> ports.Limits:
    return chat.limits_with(
        limits,
        answers_a_day=_number(context, "answers"),
        tokens_a_day=_number(context, "tokens"),
        budget_usd_a_month=_number(context, "budget"),
    )


def _number(context: Context, name: str) -> float | None:
    value = context.interaction.options.get(name)
    return float(value) if isinstance(value, int | float) else None


def limits_here(context: WorkContext) -> ports.Limits:
    """What may be used where the user asks. Raises StoreError."""
    return limits_at(context, place_of(context))


def limits_at(context: WorkContext, place: ports.ChatPlace) -> ports.Limits:
    """The same, anywhere."""
    return context.services.chat.read_quota(place, zone=context.settings.timezone).limits


def limits_told(limits: ports.Limits, locale: Locale, *, of: str = HERE) -> str:
    """Two sentences; `of` says for whom the budget is."""
    answers, tokens = limits.answers_a_day, limits.tokens_a_day
    budget = limits.budget_usd_a_month
    of_answers = NO_END_OF_ANSWERS if answers is None else ONE_ANSWER if answers == 1 else ANSWERS
    of_tokens = NO_END_OF_TOKENS if tokens is None else TOKENS
    told = (
        NO_BUDGETS[of].in_(locale)
        if budget is None
        else BUDGETS[of].in_(locale, amount=chat.budget_told(budget))
    )
    return LIMITS_TOLD.in_(
        locale,
        answers=of_answers.in_(locale, n=count(answers or 0)),
        tokens=of_tokens.in_(locale, n=count(tokens or 0)),
        budget=told,
    )
