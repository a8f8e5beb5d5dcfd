"""`python3 dev up` while somebody edits the checkout, as they see it in the terminal."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from dev.checkout import Checkout
from tests.dev.users import UserOf, database_of, lines_until, user_of

pytestmark = pytest.mark.stack

PING = "lib/commands/ping.py"
MODELS = "models.toml"
BOOTSTRAP = "lib/bootstrap.py"


@pytest.fixture
def user(copied_checkout: Checkout) -> Iterator[UserOf]:
    with user_of(copied_checkout) as made:
        yield made


@pytest.fixture
def running(user: UserOf) -> Iterator[subprocess.Popen[str]]:
    process, shown = user.starts()
    assert "✓ Functions" in shown
    yield process
    user.ends(process, signal.SIGTERM)


def edit(checkout: Checkout, name: str, old: str, new: str) -> None:
    file = checkout.root / name
    file.write_text(file.read_text().replace(old, new, 1))


def test_code_settings_and_tables_are_taken_over_and_faults_wait_for_the_next_change(
    user: UserOf, running: subprocess.Popen[str]
) -> None:
    checkout = user.checkout
    programs = user.run_file()["programs"]
    addresses = user.run_file()["addresses"]

    edit(checkout, PING, 'en="ping"', 'en="pong"')
    assert "  registered:" in lines_until(running, f"reloaded: {PING}")
    assert '"name": "pong"' in httpx.get(f"{addresses['playground']}/playground/state").text

    edit(checkout, PING, "from __future__", "from __future__ (")
    lines_until(running, f"not reloaded: {PING}:")
    assert httpx.get(addresses["functions"]).status_code == 200  # the old code goes on

    edit(checkout, PING, "from __future__ (", "from __future__")
    edit(checkout, PING, 'en="pong"', 'en="ping"')
    lines_until(running, f"reloaded: {PING}")
    assert '"name": "ping"' in httpx.get(f"{addresses['playground']}/playground/state").text

    edit(checkout, BOOTSTRAP, "import annotations\n", "import annotations\nimport no_such_module\n")
    lines_until(running, f"not reloaded: {BOOTSTRAP}:")
    lines_until(running, "The code of before goes on answering.")
    edit(checkout, BOOTSTRAP, "import no_such_module\n", "")
    lines_until(running, f"reloaded: {BOOTSTRAP}")

    (checkout.root / ".env").write_text("LOG_LEVEL=loud\n")
    lines_until(running, "LOG_LEVEL: expected")
    (checkout.root / "api" / "settings.py").write_text(
        "import os\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [os.environ.get('TIMEZONE', '').encode()]\n"
    )
    lines_until(running, "reloaded: api/settings.py")
    (checkout.root / ".env").write_text("TIMEZONE=Europe/Berlin\n")
    lines_until(running, "reloaded: .env")
    settings = addresses["functions"].replace("interactions", "settings")
    assert httpx.get(settings).text == "Europe/Berlin"

    edit(checkout, MODELS, "max_output = 8_192", "max_output = -1")
    told = lines_until(running, "The models of before go on answering.")
    assert "not reloaded: models.toml has mistakes.\n" in told
    assert 'models."gemini-flash-lite-latest", max_output: expected' in told
    edit(checkout, PING, 'en="ping"', 'en="pong"')
    lines_until(running, "The models of before go on answering.")  # and no half of them
    edit(checkout, MODELS, "max_output = -1", "max_output = 4_096")
    lines_until(running, f"reloaded: {MODELS}")

    migration = checkout.migrations / "0099_more.sql"
    migration.write_text("create table more (id int);")
    lines_until(running, "applied: 0099_more.sql")
    with psycopg.connect(database_of(user)) as connection:
        assert connection.execute("select count(*) from more").fetchone() == (0,)
    migration.write_text("create table most (id int);")
    lines_until(running, "0099_more.sql has changed since it was applied. Put it back")

    edit(checkout, "dev/up.py", "import argparse", "import argparse  # changed")
    lines_until(running, "changed: dev/up.py. For that, start python3 dev up anew.")

    after = user.run_file()["programs"]
    for name in ("PostgreSQL", "PostgREST"):
        assert after[name] == programs[name]
    assert after["The functions host"] != programs["The functions host"]


def test_mistakes_in_the_list_of_models_are_told_at_the_start_and_hold_up_nothing_else(
    user: UserOf,
) -> None:
    edit(user.checkout, MODELS, "max_output = 8_192", "max_output = -1")
    process, shown = user.starts()
    _, _, told = shown.partition("! models.toml has mistakes; what is right in it is used.\n")
    assert told.startswith('    models."gemini-flash-lite-latest", max_output: expected')
    assert "offline model  with a model's key in .env, such as GEMINI_API_KEY, a real one" in told
    edit(user.checkout, PING, 'en="ping"', 'en="pong"')
    lines_until(process, f"reloaded: {PING}")
    user.ends(process, signal.SIGTERM)
