"""Takes the pictures of the pages: `python -m tests.playground.assistant_pictures docs/images`.

Those of docs/assistant.md show a local server in Gemini's place, with answers written for them, and
some weeks of made-up use; those of the README and of docs/playground.md the offline model. The rest
is the bot as it is deployed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from dev.local_supabase import LocalSupabase
from dev.simulator.running import RunningSimulator
from tests.browser import running_browser
from tests.living_bot import living_bot
from tests.playground.conftest import PHONE, WIDE
from tests.playground.shooting import SHARP, shoot
from tests.playground.sky import comet_png
from tests.playground.visits import Visit, settled
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.session_stack import empty_tables, session_stack

NARROWER: ViewportSize = {"width": 1120, "height": 740}
GUILD_ID = "1180000000000000001"
COMET = FilePayload(name="comet.png", mimeType="image/png", buffer=comet_png())
OWNER_ID = "1180000000000000101"
USAGE = """
insert into gemini_usage (guild_id, user_id, model, prompt_tokens, completion_tokens,
                          total_tokens, cost_usd, created_at)
select %(guild)s, %(user)s, model, prompt, completion, prompt + completion,
       prompt * 0.3 / 1e6 + completion * 2.5 / 1e6, now() - make_interval(days => day)
from generate_series(1, 29) day,
     lateral (values ('gemini-flash-lite-latest', 1500 + (day * 7919) %% 5200,
                      600 + (day * 104729) %% 2100),
                     ('gemini-pro-latest', 700 + (day * 3571) %% 3100,
                      300 + (day * 15485) %% 1700)) used (model, prompt, completion)
where (day * 31) %% 7 <> 3
"""


@dataclass(frozen=True, slots=True)
class Script:
    """What is asked and answered in one language."""

    locale: str
    suffix: str
    asker: str
    ask: str
    question: str
    answer: tuple[str, ...]
    attach: str
    post: str
    menu: str
    about: str
    about_picture: tuple[str, ...]
    instruction_command: str
    instruction: str
    config: str
    usage: str
    limits: str
    dismiss: str
    used_up: str
    again: str


ENGLISH = Script(
    locale="en-US",
    suffix="",
    asker="Sam Rivera",
    ask="/ask",
    question="When does Halley's Comet return, and will I see it without a telescope?",
    answer=(
        "## Halley's Comet\nIt comes back in the **summer of 2061**. ",
        "One round takes it about 76 years:\n\n",
        "| Visit | Nearest to the Sun |\n|---|---|\n| 1910 | 20 April |\n",
        "| 1986 | 9 February |\n| **2061** | **28 July** |\n\n",
        "You won't need a telescope. In 2061 it passes on our side of the Sun, and so it will be ",
        "much brighter than in 1986:\n- look low above the horizon after sunset\n",
        "- binoculars show more of the tail",
    ),
    attach="Attach a file",
    post="Look what I caught last night! 30 seconds, f/2.8",
    menu="Ask about this",
    about="Why does the tail point that way?",
    about_picture=(
        "A comet's tail always points **away from the Sun**, ",
        "whichever way the comet flies: sunlight and the solar wind push its gas and dust ",
        "outwards.\n\nIn your picture the tail runs to the lower left, ",
        "so the Sun was beyond the upper right edge.",
    ),
    instruction_command="/config instruction",
    instruction="You help the members of an astronomy club. Name the constellation and the time "
    "of the night wherever it helps.",
    config="/config show",
    usage="/usage",
    limits="/config limits",
    dismiss="Dismiss message",
    used_up="You've had all your answers for today.",
    again="Regenerate",
)
JAPANESE = Script(
    locale="ja",
    suffix=".ja",
    asker="陽斗",
    ask="/質問",
    question="ハレー彗星は次にいつ見られますか？ 望遠鏡は必要ですか？",
    answer=(
        "## ハレー彗星\n次に戻ってくるのは**2061年の夏**です。",
        "周期はおよそ76年で、これまでの近日点通過は次のとおりです。\n\n",
        "| 回帰 | 近日点通過 |\n|---|---|\n| 1910年 | 4月20日 |\n",
        "| 1986年 | 2月9日 |\n| **2061年** | **7月28日** |\n\n",
        "望遠鏡がなくても見られそうです。2061年は太陽から見て地球と同じ側を通るため、",
        "1986年よりずっと明るくなると予想されています。\n- 日没後、低い空を探してください\n",
        "- 双眼鏡があると尾がよく見えます",
    ),
    attach="ファイルを添付",
    post="昨日の夜に撮れました！ 露出30秒、f/2.8です",
    menu="このメッセージについて質問",
    about="尾はどうしてこの向きに伸びているのですか？",
    about_picture=(
        "彗星の尾は、進む向きに関係なく、いつも**太陽と反対の方向**に伸びます。",
        "太陽の光と太陽風が、ガスや塵を外側へ押し流すためです。\n\n",
        "この写真では尾が左下に伸びているので、",
        "太陽は右上の方向、写真の外側にあったと考えられます。",
    ),
    instruction_command="/設定 指示",
    instruction="天文サークルのメンバーを手伝ってください。星座や見やすい時刻もあわせて答えてください。",
    config="/設定 表示",
    usage="/利用状況",
    limits="/設定 上限",
    dismiss="メッセージを非表示にする",
    used_up="本日の利用回数の上限に達しました。",
    again="再生成",
)


def take(script: Script, *, browser: Browser, folder: Path, supabase: LocalSupabase) -> None:
    """The pictures of one language."""
    with (
        GeminiServer() as gemini,
        _discord(supabase, **_settings(gemini)) as discord,
        psycopg.connect(supabase.postgres.url, autocommit=True) as database,
    ):
        database.execute(USAGE, {"guild": GUILD_ID, "user": _person(discord, script.asker)})
        page = browser.new_page(
            viewport=NARROWER,
            device_scale_factor=SHARP,
            locale=script.locale,
            color_scheme="dark",
            timezone_id="Asia/Tokyo",
        )
        page.goto(discord.url)
        visit = Visit(page, discord)

        def keep(what: str, page: Page = page) -> None:
            shoot(page, folder / f"assistant-{what}{script.suffix}.png")

        page.locator(".tool-people").click()  # room for what is shown
        visit.become(script.asker)
        visit.choose(
            script.attach, FilePayload(name="comet.png", mimeType="image/png", buffer=comet_png())
        )
        page.keyboard.type(script.post)
        page.keyboard.press("Enter")
        expect(visit.last.get_by_role("img", name="comet.png")).to_be_visible()
        visit.last.hover()
        visit.last.locator(".toolbar button").click()
        keep("menu")
        page.keyboard.press("Escape")
        gemini.queue(_answer(script.about_picture, prompt=1391, completion=96))
        visit.open_menu(visit.last, script.menu)
        visit.fill_form(script.about)
        _finished(visit, script)
        settled(database)
        keep("files")
        visit.go_to("telescopes")
        gemini.queue(_answer(script.answer, prompt=512, completion=231))
        visit.run(script.ask, script.question)
        _finished(visit, script)
        settled(database)
        keep("answer")
        visit.run(script.usage)
        expect(visit.last.get_by_role("img")).to_be_visible()
        keep("usage")
        visit.become("田中 葵")
        visit.run(script.instruction_command)
        visit.fill_form(script.instruction)
        expect(visit.last.locator(".embed")).to_be_visible()
        visit.go_to("質問部屋")
        visit.run(script.config)
        expect(visit.last.locator(".embed")).to_be_visible()
        keep("config")
        visit.type_command(script.limits)
        page.keyboard.press("Tab")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        expect(visit.messages).to_have_count(2)
        page.close()
        _on_a_phone(script, browser=browser, discord=discord, folder=folder)


def _on_a_phone(
    script: Script, *, browser: Browser, discord: RunningSimulator, folder: Path
) -> None:
    context = browser.new_context(
        viewport=PHONE,
        device_scale_factor=SHARP,
        locale=script.locale,
        color_scheme="light",
        timezone_id="Asia/Tokyo",
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto(discord.url)
    visit = Visit(page, discord)
    visit.become(script.asker)
    visit.go_to("telescopes")
    visit.page.get_by_role("button", name=script.dismiss).last.click()
    shoot(page, folder / f"assistant-phone{script.suffix}.png")
    visit.go_to("質問部屋")
    visit.run(script.ask, script.question)
    expect(visit.last).to_contain_text(script.used_up)
    shoot(page, folder / f"assistant-limit{script.suffix}.png")
    context.close()


def overview(script: Script, *, browser: Browser, folder: Path, supabase: LocalSupabase) -> None:
    """The playground itself, with the offline model; its drawer in English, a phone in Japanese."""
    with _discord(supabase) as discord:
        page = browser.new_page(
            viewport=WIDE, device_scale_factor=SHARP, locale=script.locale, color_scheme="dark"
        )
        page.goto(discord.url)
        visit = Visit(page, discord)
        visit.run(script.ask, script.about)
        _finished(visit, script)
        shoot(page, folder / f"playground{script.suffix}.png")
        if not script.suffix:
            page.locator(".tool-code").click()
            page.locator(".trace", has_text="/ask").last.locator("summary").first.click()
            shoot(page, folder / "playground-wire.png")
        page.close()
        if script.suffix:
            page = browser.new_page(viewport=PHONE, device_scale_factor=SHARP, locale=script.locale)
            page.goto(discord.url)
            page.locator("#composer").fill("/")
            expect(page.locator(".listing-item.active")).to_be_visible()
            shoot(page, folder / "playground-phone.png")
            page.close()


def _answer(pieces: tuple[str, ...], *, prompt: int, completion: int) -> say.Answer:
    return say.counted(*pieces, prompt=prompt, completion=completion, pause_seconds=0.15)


def _finished(visit: Visit, script: Script) -> None:
    expect(visit.last.get_by_role("button", name=script.again)).to_be_visible()


def _person(discord: RunningSimulator, name: str) -> str:
    return next(one.id for one in discord.world.people if one.global_name == name)


def _settings(gemini: GeminiServer) -> dict[str, str]:
    return {"GEMINI_API_KEY": "a-key-for-the-local-server", "GEMINI_BASE_URL": gemini.url}


@contextmanager
def _discord(supabase: LocalSupabase, **environ: str) -> Iterator[RunningSimulator]:
    with living_bot(
        SUPABASE_URL=supabase.url,
        SUPABASE_SECRET_KEY=supabase.keys.secret_key,
        OWNER_IDS=OWNER_ID,
        **environ,
    ) as (discord, _):
        yield discord


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    import_module("google.genai")  # or the first answer would say how long that takes
    with running_browser() as browser, session_stack() as supabase:
        for script in (ENGLISH, JAPANESE):
            for pictures in (take, overview):
                empty_tables(supabase.postgres.socket_url())
                pictures(script, browser=browser, folder=folder, supabase=supabase)


if __name__ == "__main__":
    main()
