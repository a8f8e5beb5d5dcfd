"""The files by which hosts run the worker: what they copy, install and start is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from worker import players, service
from worker.connection import Status

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "worker" / "Dockerfile"
UNIT = ROOT / "worker" / "halley-worker.service"
PROCFILE = ROOT / "Procfile"
POST_COMPILE = ROOT / "bin" / "post_compile"
VERSION = (ROOT / ".python-version").read_text().strip()
MODULE = ["python", "-m", "worker"]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, in order."""
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    said = [line.partition(" ") for line in lines if line.strip() and not line.startswith("#")]
    return [(name, argument.strip()) for name, _, argument in said]


def listed(argument: str) -> list[str]:
    """What an instruction's argument in brackets lists."""
    return re.findall(r'"([^"]*)"', argument)


def unit(name: str) -> str:
    """What a line of the unit says, the last of that name."""
    said: list[str] = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)
    return said[-1]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder that the Dockerfile fills, as far as it copies into it."""
    folder = tmp_path / "halley"
    for name, argument in instructions():
        if name != "COPY":
            continue
        *sources, target = shlex.split(argument)
        for source in sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, folder / target, ignore=ignored, dirs_exist_ok=True)
            else:
                (folder / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder / target)
    return folder


def run(folder: Path, command: Sequence[str], **settings: str) -> subprocess.CompletedProcess[str]:
    """A host's `command` in `folder`, with this Python and nothing set but `settings`."""
    program, *arguments = command
    assert program == "python"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_the_image_holds_is_all_that_the_worker_imports(image: Path) -> None:
    (command,) = [listed(argument) for name, argument in instructions() if name == "CMD"]
    ended = run(image, command, ENVIRONMENT="production")
    assert ended.returncode == Status.CONFIG
    assert "DISCORD_BOT_TOKEN and SUPABASE_URL and SUPABASE_SECRET_KEY: not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_in_the_image_a_lookup_finds_its_program_and_the_sounds_are_there(image: Path) -> None:
    module = "worker.lookups.guarded_yt_dlp"
    ended = run(image, ["python", "-m", module, "--public-only", "--version"])
    assert ended.returncode == 0, ended.stderr
    assert f"yt-dlp[deno]=={release(ended.stdout)}" in requirements()
    assert {file.name for file in (image / "worker" / "sounds").glob("*.ogg")} == {
        "comet.ogg",
        "orbit.ogg",
        "tide.ogg",
    }


def release(version: str) -> str:
    """A version as packages are called by: without zeros in front."""
    return ".".join(str(int(part)) for part in version.strip().split("."))


def requirements() -> list[str]:
    return (ROOT / "worker" / "requirements.txt").read_text().splitlines()


def test_the_image_installs_what_it_copied_before_with_the_checkouts_python() -> None:
    said = instructions()
    assert said[0] == ("FROM", f"python:{VERSION}-slim")
    (installs,) = [at for at, (name, argument) in enumerate(said) if "pip install" in argument]
    copied = " ".join(argument for name, argument in said[:installs] if name == "COPY")
    for file in ("worker/requirements.txt", "worker/constraints.txt"):
        assert file in said[installs][1]
        assert file in copied
        assert (ROOT / file).is_file()


def test_the_image_runs_as_nobody_in_particular_below_a_process_that_reaps() -> None:
    said = dict(instructions())
    assert said["USER"] == "halley"
    assert listed(said["ENTRYPOINT"]) == ["tini", "--"]
    packages = [argument for name, argument in instructions() if "apt-get install" in argument]
    assert any("tini" in argument and "useradd" in argument for argument in packages)


def test_nothing_but_the_code_is_sent_to_whoever_builds_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {
        source.partition("/")[0]
        for name, argument in instructions()
        if name == "COPY"
        for source in shlex.split(argument)[:-1]
    }
    assert let_in == copied
    assert not any(fnmatch(secret, rule) for secret in (".env", ".halley") for rule in let_in)


def test_a_host_with_a_procfile_starts_the_worker() -> None:
    kind, _, command = PROCFILE.read_text().strip().partition(": ")
    assert kind == "worker"
    assert shlex.split(command) == MODULE
    assert run(ROOT, shlex.split(command)).returncode == Status.CONFIG


def test_a_host_with_a_procfile_installs_what_the_worker_needs() -> None:
    assert os.access(POST_COMPILE, os.X_OK)
    subprocess.run(["bash", "-n", POST_COMPILE], check=True)
    said = POST_COMPILE.read_text()
    assert "--requirement worker/requirements.txt --constraint worker/constraints.txt" in said


def test_the_unit_is_what_systemd_takes(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    # The same on this machine, which lacks the unit's user, folder and Python.
    here = UNIT.read_text()
    for there, instead in (
        ("/opt/halley/.venv/bin/python", sys.executable),
        ("WorkingDirectory=/opt/halley", f"WorkingDirectory={ROOT}"),
        ("User=halley", "User=root"),
    ):
        assert there in here
        here = here.replace(there, instead)
    copy = tmp_path / UNIT.name
    copy.write_text(here)
    ended = subprocess.run(
        [analyze, "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    told = [line for line in ended.stderr.splitlines() if UNIT.name in line]
    assert (ended.returncode, told) == (0, [])


def test_the_unit_starts_the_worker_again_unless_that_is_vain() -> None:
    assert shlex.split(unit("ExecStart"))[1:] == MODULE[1:]
    assert unit("Restart") == "always"
    assert unit("RestartPreventExitStatus") == str(Status.CONFIG.value)


def test_the_unit_lets_the_worker_end_in_its_own_time() -> None:
    needed = service.FINISH_SECONDS + players.LEAVING_SECONDS + 2 * service.END_SECONDS
    assert float(unit("TimeoutStopSec")) > needed
    assert unit("KillMode") == "mixed"


def test_the_unit_reads_its_settings_from_where_the_guides_put_them() -> None:
    file = unit("EnvironmentFile")
    for name in ("music.md", "music.ja.md"):
        assert file in (ROOT / "docs" / name).read_text(encoding="utf-8")
