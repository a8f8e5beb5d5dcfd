"""The music worker in `python3 dev up` and by `python3 dev worker`, as a user meets them."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError
from dev.leftovers import command_of
from dev.voice.running import run_discord_voice
from dev.worker import main
from dev.worker_environment import WORKER, worker_python
from tests.dev.users import UserOf, database_of, lines_until, user_of
from tests.voice.stage import local_config

pytestmark = pytest.mark.stack

TEXTS = "worker/texts.py"
NAMES = ("DISCORD_BOT_TOKEN", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY")


@pytest.fixture
def user(copied_checkout: Checkout) -> Iterator[UserOf]:
    """One whose checkout has the worker, installed already."""
    here = Checkout.here()
    worker_python(here, console=Console())
    copied_checkout.home.mkdir()
    WORKER.place(copied_checkout).symlink_to(WORKER.place(here))
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(here.root / "worker", copied_checkout.root / "worker", ignore=ignored)
    with user_of(copied_checkout) as made:
        yield made


def pid_of(user: UserOf, name: str = "The music worker") -> int:
    pid: int = user.run_file()["programs"][name]["pid"]
    return pid


def edit(user: UserOf, name: str, *, ahead: str = "", after: str = "") -> None:
    file = user.checkout.root / name
    file.write_text(ahead + file.read_text() + after)


def test_the_worker_is_kept_running_and_follows_its_code(user: UserOf) -> None:
    process, shown = user.starts()
    assert "✓ Music" in shown
    first, functions = pid_of(user), pid_of(user, "The functions host")
    with psycopg.connect(database_of(user)) as connection:
        beating = connection.execute("select 1 from heartbeats where name = 'worker local'")
        assert beating.fetchone() is not None

    edit(user, TEXTS, after="\n# changed\n")
    lines_until(process, f"reloaded: {TEXTS}")
    second = pid_of(user)
    assert second != first
    assert pid_of(user, "The functions host") == functions

    edit(user, TEXTS, ahead="import (\n")
    lines_until(process, f"not reloaded: {TEXTS}:")
    lines_until(process, "The worker of before goes on playing.")
    edit(user, "lib/commands/ping.py", after="\n# changed\n")
    lines_until(process, "reloaded: lib/commands/ping.py")
    assert pid_of(user) == second  # no music was interrupted for that

    os.kill(second, signal.SIGKILL)
    lines_until(process, "The music worker was ended by SIGKILL; starting it again.")
    (user.checkout.root / TEXTS).write_text(Checkout.here().root.joinpath(TEXTS).read_text())
    lines_until(process, f"reloaded: {TEXTS}")
    last = pid_of(user)
    user.ends(process, signal.SIGINT)
    assert command_of(last) == ""


def test_where_it_cannot_be_installed_there_is_no_music_and_all_else(
    copied_checkout: Checkout,
) -> None:
    with user_of(copied_checkout) as user:
        process, shown = user.starts()
        assert "its worker is being installed; all else is here." in shown
        if "No music" not in shown:
            shown += lines_until(process, "No music")
        assert f"! No music: {copied_checkout.root}/worker/requirements.txt is missing" in shown
        assert "The music worker" not in user.run_file()["programs"]
        asked = user.types("ask", "good morning")
        assert "offline model" in asked.stdout
        user.ends(process, signal.SIGTERM)


def test_dev_worker_says_which_settings_it_lacks(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Checkout, "here", classmethod(lambda _: checkout))
    with pytest.raises(StackError, match="DISCORD_BOT_TOKEN, SUPABASE_URL, SUPABASE_SECRET_KEY"):
        main([])
    (checkout.root / ".env").write_text(
        "DISCORD_BOT_TOKEN=the-token-of-a-bot\nSUPABASE_URL=https://example.supabase.co\n"
    )
    with pytest.raises(StackError, match="needs SUPABASE_SECRET_KEY: put it into"):
        main([])


def test_dev_worker_becomes_the_worker_with_the_settings_of_env(
    user: UserOf, tmp_path: Path
) -> None:
    with run_discord_voice(local_config(), folder=tmp_path / "voice") as voice:
        (user.checkout.root / ".env").write_text(
            "DISCORD_BOT_TOKEN=not-the-token-of-this-bot\n"
            f"DISCORD_API_URL={voice.discord.api_url}\n"
            "SUPABASE_URL=http://127.0.0.1:9\nSUPABASE_SECRET_KEY=no-key-of-any-use\n"
        )
        ended = user.types("worker")
    assert "bot_token_refused" in ended.stdout
    assert ended.returncode == 78  # the worker's own: starting it again would be vain
