"""The whole bot over fakes: the real front, commands and jobs; nothing outside the process.

bot = Bot(ScriptedChatModel(saying("Hello.")))
bot.client.send(slash("ask", prompt="Hi"))
assert bot.discord.seen() == ["Hello."]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lib.bootstrap import Assembly, wire
from lib.interactions.dispatch import Dispatcher
from lib.interactions.registry import CommandRegistry
from lib.logs import LogOutput, configure_logs
from lib.ports import ChatModel, ChatModels, Clock, Reading
from lib.settings import Settings
from lib.web.front import Front
from tests.client import Client
from tests.fakes.attachments import ScriptedFiles
from tests.fakes.charts import DescribedCharts
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.clock import ManualClock
from tests.fakes.discord import RecordingDiscord
from tests.fakes.instance import FixedInstance
from tests.fakes.player import MemoryPlayerStore
from tests.fakes.services import services_of
from tests.fakes.store import MemoryStore
from tests.fakes.watch import MemoryWatch
from tests.payloads import APPLICATION_ID, PUBLIC_KEY

CRON_SECRET = "a-secret-for-the-ticks"
ENVIRONMENT: Mapping[str, str] = {
    "ENVIRONMENT": "test",
    "DISCORD_PUBLIC_KEY": PUBLIC_KEY,
    "DISCORD_APPLICATION_ID": APPLICATION_ID,
    "SUPABASE_URL": "http://127.0.0.1:9",
    "SUPABASE_SECRET_KEY": "sb_secret_for_tests_only",
    "GEMINI_API_KEY": "a-key-for-tests-only",
    "CRON_SECRET": CRON_SECRET,
}


class FixedMeter:
    """A `Meter` that reads the same each time."""

    def begin(self) -> Callable[[], Reading]:
        return lambda: Reading(cpu_percent=12.5, rss_mb=48.25, vms_mb=210.0)

    def ping_lavalink_ms(self) -> int | None:
        return None


class Bot:
    """A bot whose every port is a fake of the test's, or one of its own making.

    `models` are the models there are, where it is not `model` alone. Its settings are `base`
    without the names in `without`, and with those given by name; its log goes to `output`, or to
    standard error.
    """

    def __init__(
        self,
        model: ChatModel | None = None,
        *,
        clock: ManualClock | None = None,
        base: Mapping[str, str] = ENVIRONMENT,
        without: tuple[str, ...] = (),
        models: ChatModels | None = None,
        output: LogOutput | None = None,
        **environ: str,
    ) -> None:
        self.clock = clock or ManualClock()
        self.store = MemoryStore(self.clock)
        self.discord = RecordingDiscord()
        self.model = model or ScriptedChatModel()
        values = {name: value for name, value in base.items() if name not in without}
        self.settings = Settings.from_env({**values, **environ})
        self.watch = MemoryWatch(self.store, self.clock)
        self.chat = MemoryChatStore(self.clock, store=self.store)
        self.player = MemoryPlayerStore(self.clock, store=self.store)
        self.files = ScriptedFiles()
        self.charts = DescribedCharts()
        self.instance = FixedInstance()
        self.services = services_of(
            self.clock,
            settings=self.settings,
            store=self.store,
            watch=self.watch,
            chat=self.chat,
            player=self.player,
            chat_model=self.model,
            models=models,
            attachments=self.files,
            discord=self.discord,
            charts=self.charts,
            instance=self.instance,
        )
        self.output = output or configure_logs(
            level=self.settings.log_level, as_json=True, secrets=self.settings.secrets()
        )
        self.front = Front(self.settings, self.clock, self.output, assemble=self._assemble)
        self.client = Client(self.front, self.clock)

    def _assemble(
        self, settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
    ) -> Assembly:
        return wire(self.services, dispatcher, FixedMeter(), settings=settings, output=output)

    @property
    def assembly(self) -> Assembly:
        """The jobs, as the front has them."""
        dispatcher = Dispatcher(CommandRegistry("lib.commands"), self.settings, self.clock)
        return self._assemble(self.settings, self.clock, dispatcher=dispatcher, output=self.output)

    @property
    def seen(self) -> list[str]:
        """What the only user sees now."""
        return self.discord.seen()

    def tick(self, path: str = "/api/cron_queue") -> int:
        """Call an endpoint of the ticks with the secret; the status of its answer."""
        secret = self.settings.cron_secret
        assert secret is not None
        return self.client.get(path, Authorization=f"Bearer {secret.reveal()}").status
