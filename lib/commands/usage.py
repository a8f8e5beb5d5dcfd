"""/usage: what somebody, or a whole server, used of the assistant, and how much of it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from lib import chat, ports
from lib.commands._guild import managers_only, place_of, plain, privately
from lib.commands._tables import COOLDOWN_SECONDS, require_database, told_plainly
from lib.interactions.command import Command, Group, Option, OptionKind, WorkContext
from lib.interactions.response import Choice, File, Message
from lib.interactions.timestamp import ago
from lib.locales import Locale, Text
from lib.locales.numbers import count

if TYPE_CHECKING:
    from datetime import date

DAYS: Final = (7, 30, 90)
DEFAULT_DAYS: Final = 30
MOST_MODELS: Final = 8
MOST_DRAWN: Final = 4
"""Models with a colour of their own; the others share one."""
MATTERS: Final = 0.8
"""The share of a budget from which on it is told to those who only ask."""
LONGEST_MODEL: Final = 60
FILE_NAME: Final = "halley-usage.png"

OWN_TITLE = Text(en="### Your usage", ja="### あなたの利用状況")
GUILD_TITLE = Text(en="### This server's usage", ja="### このサーバーの利用状況")
TODAY = Text(
    en="**Today** · answers: {answers} · tokens: {tokens} · counted anew {ago}",
    ja="**今日** · 回答: {answers} · トークン: {tokens} · {ago}にリセット",
)
OF = Text(en="{used} of {limit}", ja="{used} / {limit}")
BUDGET = Text(
    en="**This month's budget** · {amount} · counted anew {ago}",
    ja="**今月の予算** · {amount} · {ago}にリセット",
)
SPENT = Text(
    en="**This month** · {amount}, without a limit",
    ja="**今月** · {amount}（上限なし）",
)
LAST_DAYS = Text(
    en="**Last {days} days** · calls: {calls}, tokens: {tokens}, {cost}",
    ja="**直近{days}日間** · 呼び出し{calls}回、{tokens}トークン、{cost}",
)
NOTHING = Text(en="**Last {days} days** · nothing", ja="**直近{days}日間** · 利用なし")
OF_A_MODEL = Text(
    en="- `{model}` · calls: {calls}, tokens: {tokens}, {cost}",
    ja="- `{model}` · 呼び出し{calls}回、{tokens}トークン、{cost}",
)
MORE_MODELS = Text(en="- {n} more models", ja="- ほか{n}モデル")
BUSIEST = Text(
    en="**Busiest day** · {day}: calls: {calls}, tokens: {tokens}, {cost}",
    ja="**最も多い日** · {day}: 呼び出し{calls}回、{tokens}トークン、{cost}",
)
UNKNOWN = Text(en="cost unknown", ja="金額不明")
PARTLY_KNOWN = Text(en="{cost} + unknown", ja="{cost}＋不明分")
LEGEND = Text(
    en="-# Calls include retries and summaries. Costs are by the providers' price lists.",
    ja="-# 呼び出しには再試行と要約を含みます。金額は各社の料金表に基づく概算です。",
)
LEGEND_OF_UNKNOWN = Text(
    en="-# Unknown: the price of a model isn't known. It is in no sum, and counts against no"
    " budget.",
    ja="-# 料金のわからないモデルの金額は「不明」とし、合計にも予算にも含みません。",
)
ALT_TEXT = Text(
    en="Two charts of the last {days} days: tokens per day by model, {tokens} in all and at most"
    " {most} on one day; and the cost per day in US dollars, in all: {cost}.",
    ja="直近{days}日間のグラフ2つ。モデル別の1日あたりトークン数（合計{tokens}、最多の日は{most}）と、"
    "1日あたりの金額（米ドル、合計{cost}）。",
)


def show_usage(context: WorkContext) -> Message:
    """The figures in words, and the days as a picture."""
    of_guild = context.flag_option("server")
    if of_guild:
        managers_only(context)
    place, zone = place_of(context), context.settings.timezone
    days = _days(context)
    with told_plainly():
        reading = context.services.chat.read_quota(place, zone=zone)
        rows = context.services.chat.read_usage(
            user_id=None if of_guild else place.user_id,
            guild_id=place.guild_id if of_guild else None,
            zone=zone,
            days=days,
        )
    locale = context.locale
    lines = [(GUILD_TITLE if of_guild else OWN_TITLE).in_(locale)]
    if not of_guild:
        lines.append(_today(reading, locale))
    if of_guild or _budget_matters(reading):
        lines.append(_month(reading, locale))
    lines += _told(rows, locale, days=days, with_busiest=of_guild)
    files = (_picture(context, rows, days=days),) if any(row.total_tokens for row in rows) else ()
    return Message(content="\n".join(lines), files=files)


def _days(context: WorkContext) -> int:
    given = context.interaction.options.get("days")
    return given if isinstance(given, int) and given in DAYS else DEFAULT_DAYS


# --- in words ---


def _today(reading: ports.QuotaReading, locale: Locale) -> str:
    limits = reading.limits
    return TODAY.in_(
        locale,
        answers=_of(count(reading.answers_today), limits.answers_a_day, locale),
        tokens=_of(count(reading.tokens_today), limits.tokens_a_day, locale),
        ago=ago(reading.day_ends_at),
    )


def _of(used: str, limit: int | None, locale: Locale) -> str:
    return used if limit is None else OF.in_(locale, used=used, limit=count(limit))


def _budget_matters(reading: ports.QuotaReading) -> bool:
    budget = reading.limits.budget_usd_a_month
    return budget is not None and float(reading.cost_usd_this_month) >= MATTERS * float(budget)


def _month(reading: ports.QuotaReading, locale: Locale) -> str:
    used, budget = chat.dollars(reading.cost_usd_this_month), reading.limits.budget_usd_a_month
    if budget is None:
        return SPENT.in_(locale, amount=used)
    amount = OF.in_(locale, used=used, limit=chat.budget_told(budget))
    return BUDGET.in_(locale, amount=amount, ago=ago(reading.month_ends_at))


def _told(
    rows: Sequence[ports.UsageDay], locale: Locale, *, days: int, with_busiest: bool
) -> list[str]:
    if not rows:
        return [NOTHING.in_(locale, days=days)]
    lines = [LAST_DAYS.in_(locale, days=days, **_sums(rows, locale))]
    models = _models(rows)
    for model in models[:MOST_MODELS]:
        name = plain(model, most=LONGEST_MODEL)
        sums = _sums([row for row in rows if row.model == model], locale)
        lines.append(OF_A_MODEL.in_(locale, model=name, **sums))
    if len(models) > MOST_MODELS:
        lines.append(MORE_MODELS.in_(locale, n=len(models) - MOST_MODELS))
    if with_busiest:
        day = max({row.day for row in rows}, key=lambda day: _tokens(rows, day=day))
        sums = _sums([row for row in rows if row.day == day], locale)
        lines.append(BUSIEST.in_(locale, day=day.isoformat(), **sums))
    lines.append(LEGEND.in_(locale))
    if any(row.unpriced_calls for row in rows):
        lines.append(LEGEND_OF_UNKNOWN.in_(locale))
    return lines


def _sums(rows: Sequence[ports.UsageDay], locale: Locale) -> dict[str, str]:
    return {
        "calls": count(sum(row.calls for row in rows)),
        "tokens": count(_tokens(rows)),
        "cost": _cost(rows, locale),
    }


def _cost(rows: Sequence[ports.UsageDay], locale: Locale) -> str:
    """What is known of the cost, and whether that is all of it."""
    cost = sum((row.cost_usd for row in rows), Decimal(0))
    if not any(row.unpriced_calls for row in rows):
        return chat.dollars(cost)
    return PARTLY_KNOWN.in_(locale, cost=chat.dollars(cost)) if cost else UNKNOWN.in_(locale)


def _models(rows: Sequence[ports.UsageDay]) -> list[str]:
    """The models, that with most tokens first."""
    return sorted({row.model for row in rows}, key=lambda model: (-_tokens(rows, model), model))


def _tokens(rows: Iterable[ports.UsageDay], model: str = "", *, day: date | None = None) -> int:
    return sum(
        row.total_tokens
        for row in rows
        if (not model or row.model == model) and (day is None or row.day == day)
    )


# --- as a picture ---


def _picture(context: WorkContext, rows: Sequence[ports.UsageDay], *, days: int) -> File:
    zone, locale = context.services.zone, context.locale
    today = context.clock.now().astimezone(zone).date()
    dates = [today - timedelta(days=days - 1 - number) for number in range(days)]
    begin, end = (
        datetime.combine(day, time(), zone) for day in (dates[0], today + timedelta(days=1))
    )
    cost = [
        (
            datetime.combine(day, time(), zone),
            float(sum(row.cost_usd for row in rows if row.day == day)),
        )
        for day in dates
    ]
    chart = ports.Chart(
        title=f"Halley, last {days} days",
        begin=begin,
        end=end,
        panels=(
            ports.Panel(
                title="Tokens per day", unit="", series=tuple(_stack(rows, dates, begin=begin))
            ),
            ports.Panel(
                title="Cost per day",
                unit="US$",
                series=(
                    ports.Series(name="cost", points=tuple(cost), style=ports.SeriesStyle.BARS),
                ),
            ),
        ),
    )
    description = ALT_TEXT.in_(
        locale,
        days=days,
        tokens=count(_tokens(rows)),
        most=count(max(_tokens(rows, day=day) for day in dates)),
        cost=_cost(rows, locale),
    )
    content = context.services.charts.draw(chart)
    return File(name=FILE_NAME, content=content, description=description)


def _stack(
    rows: Sequence[ports.UsageDay], dates: Sequence[date], *, begin: datetime
) -> list[ports.Series]:
    """A series for each model, one upon the other: as the shorter bar stands in front, each
    reaches up to the sum of its own and those below. Where it has nothing of its own it has no
    bar: that would be as high as the one below, and hide it.
    """
    models = _models(rows)
    drawn = models[:MOST_DRAWN]
    layers = [(_latin(model), {model}) for model in drawn]
    if others := set(models) - set(drawn):
        layers.append(("others", others))
    heights = dict.fromkeys(dates, 0)
    series = []
    for name, names in layers:
        own = [row for row in rows if row.model in names]
        points: list[ports.Point] = []
        for day in dates:
            tokens = _tokens(own, day=day)
            heights[day] += tokens
            moment = datetime.combine(day, time(), begin.tzinfo)
            points.append((moment, heights[day] if tokens else 0))
        series.append(ports.Series(name=name, points=tuple(points), style=ports.SeriesStyle.BARS))
    return series


def _latin(model: str) -> str:
    """A model's name in letters that the picture's font has."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in model)


command = Command(
    name=Text(en="usage", ja="利用状況"),
    description=Text(
        en="What you used, what it cost, and what is left for today",
        ja="利用量・金額・今日の残りを確認します",
    ),
    group=Group.CONVERSATION,
    options=(
        Option(
            name=Text(en="days", ja="日数"),
            description=Text(
                en=f"How far back; {DEFAULT_DAYS} days if left out",
                ja=f"集計する期間（日）。省略時は{DEFAULT_DAYS}日",
            ),
            kind=OptionKind.INTEGER,
            choices=tuple(Choice(str(days), days) for days in DAYS),
        ),
        Option(
            name=Text(en="server", ja="サーバー全体"),
            description=Text(
                en="The whole server's; takes Manage Server",
                ja="サーバー全体の利用状況を表示します（「サーバー管理」権限が必要）",
            ),
            kind=OptionKind.FLAG,
        ),
    ),
    checks=(require_database,),
    handler=privately(show_usage, cooldown_seconds=COOLDOWN_SECONDS),
)
