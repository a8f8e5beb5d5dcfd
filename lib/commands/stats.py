"""/stats: how many commands there were, how many failed, and how fast they were answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from lib import ports
from lib.commands._tables import COOLDOWN_SECONDS, QUEUE, require_database, told_plainly, waiting
from lib.interactions.command import (
    Command,
    Context,
    Deferred,
    Group,
    Option,
    OptionKind,
    WorkContext,
)
from lib.interactions.course import DISCORDS_PATIENCE_MS
from lib.interactions.response import File, Message
from lib.locales import Locale, Text
from lib.locales.numbers import count, milliseconds, percent

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)
LAST: Final = 100
UNBROKEN: Final = "\N{NO-BREAK SPACE}"
FILE_NAME: Final = "halley-last-24-hours.png"

NO_COMMANDS = Text(en="no commands", ja="コマンドなし")
TITLE = Text(en="### 📊 Statistics", ja="### 📊 統計")
LAST_DAY = Text(en="Last 24 hours", ja="直近24時間")
LAST_COMMANDS = Text(en="Last {n} commands", ja="直近{n}件")
EXECUTED = Text(en="{n} commands", ja="コマンド{n}件")
ONE_EXECUTED = Text(en="1 command", ja="コマンド1件")
ERRORS = Text(en="{n} errors ({share})", ja="エラー{n}件（{share}）")
ONE_ERROR = Text(en="1 error ({share})", ja="エラー1件（{share}）")
NO_ERRORS = Text(en="no errors", ja="エラーなし")
COLD_STARTS = Text(en="{n} cold starts", ja="コールドスタート{n}回")
ONE_COLD_START = Text(en="1 cold start", ja="コールドスタート1回")
MEAN = Text(en="mean", ja="平均")
RESPONSE = Text(en="- Response: {times}", ja="- 応答: {times}")
ANSWER = Text(en="- Whole answer: {times}", ja="- 回答の完了: {times}")
SLOW = Text(en=" · 🐢 slow", ja=" · 🐢 応答が遅延")
LEGEND = Text(
    en="-# p95: 19 of 20 came within this time. Discord waits 3 s for the response.",
    ja="-# p95: 20回中19回がこの時間以内でした。Discordは応答を3秒間待ちます。",
)
ALT_TEXT = Text(
    en="Two charts of the last 24 hours. Commands per hour: {total} in all, {errors} of them"
    " failed, at most {most} in one hour. Response to Discord: 95% came within {usual} as a rule,"
    " within {worst} in the slowest hour.",
    ja="直近24時間のグラフ2つ。1時間ごとのコマンド数: 合計{total}件、うちエラー{errors}件、"
    "最多の1時間は{most}件。Discordへの応答時間（1時間ごとのp95）: 通常{usual}、"
    "最も遅い1時間では{worst}。",
)


def show_stats(context: WorkContext) -> Message:
    """The figures in words, and the day as a picture."""
    locale = context.locale
    watch = context.services.watch
    end = _whole_hour(context.clock.now()) + HOUR
    begin = end - DAY
    with told_plainly():
        day = watch.read_window(within=DAY)
        last = watch.read_window(last=LAST)
        hours = watch.read_windows(within=context.clock.now() - begin, width=HOUR)
        reading = watch.read_health(deployment=context.settings.deployment or "")
    parts = [TITLE.in_(locale), *_figures(day, locale, name=LAST_DAY.in_(locale), with_count=True)]
    if last != day and last.executed:
        name = LAST_COMMANDS.in_(locale, n=count(last.executed))
        parts += _figures(last, locale, name=name)
    parts.append(f"**{QUEUE.in_(locale)}** · {waiting(reading, locale)}")
    if last.executed:
        parts.append(LEGEND.in_(locale))
    return Message(
        content="\n".join(parts),
        files=(_picture(context, hours, begin=begin, end=end),) if day.executed and hours else (),
    )


def _figures(
    window: ports.Window, locale: Locale, *, name: str, with_count: bool = False
) -> list[str]:
    """A heading with the counts, and a line for each of the two times."""
    if not window.executed:
        return [f"**{name}** · {NO_COMMANDS.in_(locale)}"]
    said = [_number(window.executed, locale, one=ONE_EXECUTED, many=EXECUTED)] if with_count else []
    said.append(_errors(window, locale))
    if window.cold_starts:
        said.append(_number(window.cold_starts, locale, one=ONE_COLD_START, many=COLD_STARTS))
    slow = SLOW.in_(locale) if window.is_slow else ""
    responses = {
        "p50": window.acknowledged_p50_ms,
        "p95": window.acknowledged_p95_ms,
        "p99": window.acknowledged_p99_ms,
    }
    answers = {
        MEAN.in_(locale): window.mean_ms,
        "p50": window.p50_ms,
        "p95": window.p95_ms,
        "p99": window.p99_ms,
    }
    return [
        f"**{name}** · {('、' if locale is Locale.JAPANESE else ', ').join(said)}{slow}",
        RESPONSE.in_(locale, times=_times(responses, locale)),
        ANSWER.in_(locale, times=_times(answers, locale)),
    ]


def _number(number: int, locale: Locale, *, one: Text, many: Text) -> str:
    return one.in_(locale) if number == 1 else many.in_(locale, n=count(number))


def _errors(window: ports.Window, locale: Locale) -> str:
    if not window.errors:
        return NO_ERRORS.in_(locale)
    text = ONE_ERROR if window.errors == 1 else ERRORS
    share = percent(window.error_rate, locale)
    return text.in_(locale, n=count(window.errors), share=share)


def _times(values_ms: Mapping[str, float | None], locale: Locale) -> str:
    # The spaces of each do not break, so that no line ends in its name or begins with a dot.
    return f"{UNBROKEN}· ".join(
        f"{name} {milliseconds(value, locale)}".replace(" ", UNBROKEN)
        for name, value in values_ms.items()
        if value is not None
    )


def _picture(
    context: WorkContext, hours: Sequence[ports.WindowAt], *, begin: datetime, end: datetime
) -> File:
    """The day as two charts, and as a sentence for those who can't see them."""
    at = {hour.starts_at: hour.window for hour in hours}
    starts = [begin + number * HOUR for number in range(int(DAY / HOUR))]
    windows = [(start, at.get(start)) for start in starts]
    executed: list[ports.Point] = [
        (start, window.executed if window else 0) for start, window in windows
    ]
    errors: list[ports.Point] = [
        (start, window.errors if window else 0) for start, window in windows
    ]
    # A line has its points in the middle of the hours whose bars stand above it.
    late: list[ports.Point] = [
        (start + HOUR / 2, window.acknowledged_p95_ms if window else None)
        for start, window in windows
    ]
    zone = context.services.zone
    chart = ports.Chart(
        title="Halley, last 24 hours",
        begin=begin.astimezone(zone),
        end=end.astimezone(zone),
        panels=(
            ports.Panel(
                title="Commands per hour",
                unit="",
                series=(
                    ports.Series(name="all", points=tuple(executed), style=ports.SeriesStyle.BARS),
                    ports.Series(name="errors", points=tuple(errors), style=ports.SeriesStyle.BARS),
                ),
            ),
            ports.Panel(
                title="Response to Discord",
                unit="ms",
                series=(ports.Series(name="p95", points=tuple(late)),),
                threshold=DISCORDS_PATIENCE_MS,
            ),
        ),
    )
    return File(
        name=FILE_NAME,
        content=context.services.charts.draw(chart),
        description=_described(hours, context.locale),
    )


def _described(hours: Sequence[ports.WindowAt], locale: Locale) -> str:
    windows = [hour.window for hour in hours]
    late = sorted(window.acknowledged_p95_ms or 0.0 for window in windows)
    return ALT_TEXT.in_(
        locale,
        total=count(sum(window.executed for window in windows)),
        errors=count(sum(window.errors for window in windows)),
        most=count(max(window.executed for window in windows)),
        usual=milliseconds(late[len(late) // 2], locale),
        worst=milliseconds(late[-1], locale),
    )


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def is_private(context: Context) -> bool:
    """Whether only the asker sees the figures."""
    return context.flag_option("private")


command = Command(
    name=Text(en="stats", ja="統計"),
    description=Text(
        en="Commands, errors and response times, with a chart of the last day",
        ja="コマンド数・エラー・応答時間と、直近24時間のグラフを表示します",
    ),
    group=Group.BOT,
    options=(
        Option(
            name=Text(en="private", ja="非公開"),
            description=Text(en="Show them to you alone", ja="結果を自分だけに表示します"),
            kind=OptionKind.FLAG,
        ),
    ),
    checks=(require_database,),
    handler=Deferred(run=show_stats, ephemeral=is_private, cooldown_seconds=COOLDOWN_SECONDS),
)
