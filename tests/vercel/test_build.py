"""What Vercel's own builder makes of this checkout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev.checkout import Checkout
from lib.chat.catalogue import MODELS_FILE
from tests.payloads import ping, slash
from tests.vercel.build import Build, build_in
from tests.vercel.function_host import end_of, function_host
from tests.vercel.gated_discord import gated_discord
from tests.vercel.pythons import find_python
from tests.vercel.timeline import Timeline

ROOT = Checkout.here().root
PYTHON_VERSION = (ROOT / ".python-version").read_text().strip()
INTERACTIONS = "api/interactions"
LARGEST_MIB = 225
"""Above this, Vercel installs the packages at the cold start, which misses Discord's 3 seconds."""


@pytest.fixture(scope="module")
def python() -> Path:
    found = find_python([PYTHON_VERSION])
    if found is None:
        pytest.skip(f"the builder needs Python {PYTHON_VERSION}, and this machine has none")
    return found


@pytest.fixture(scope="module")
def build(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_in(tmp_path_factory.mktemp("vercel"), python)


def test_there_are_three_functions(build: Build) -> None:
    assert set(build.functions) == {INTERACTIONS, "api/cron_queue", "api/cron_stats"}


def test_only_the_public_folder_is_published(build: Build) -> None:
    public = ROOT / "public"
    assert build.published == {
        str(file.relative_to(public)) for file in public.rglob("*") if file.is_file()
    }


def test_a_function_has_every_module_of_lib_with_its_bytecode(build: Build) -> None:
    modules = {str(file.relative_to(ROOT)) for file in (ROOT / "lib").rglob("*.py")}
    tag = f"cpython-{PYTHON_VERSION.replace('.', '')}"
    for function in build.functions.values():
        assert modules <= set(function.files)
        for module in modules:
            folder, _, name = module.rpartition("/")
            assert f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc" in function.files


def test_a_function_has_its_packages_and_nothing_of_the_workshop(build: Build) -> None:
    for function in build.functions.values():
        folders = {name.partition("/")[0] for name in function.files if "/" in name}
        assert folders == {"_vendor", "api", "lib"}
        assert {"_vendor/flask/__init__.py", "_vendor/nacl/__init__.py"} <= set(function.files)


def test_a_function_has_the_list_of_models_where_it_looks_for_it(build: Build) -> None:
    file = Path(MODELS_FILE).relative_to(ROOT).as_posix()
    for function in build.functions.values():
        assert function.files[file].read_bytes() == Path(MODELS_FILE).read_bytes()


def test_a_function_is_small_enough_to_be_deployed_whole(
    build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    size_mib = max(function.size_mib for function in build.functions.values())
    with capsys.disabled():
        print(f"\nA function's size on Vercel: {size_mib:.0f} of {LARGEST_MIB} MiB", end=" ")  # noqa: T201 - to be told
    assert size_mib < LARGEST_MIB


def test_the_settings_of_vercel_json_have_arrived(build: Build) -> None:
    wanted = json.loads((ROOT / "vercel.json").read_text())
    for name, function in build.functions.items():
        assert function.config["runtime"] == f"python{PYTHON_VERSION}"
        assert function.config["maxDuration"] == wanted["functions"][f"{name}.py"]["maxDuration"]
    assert build.config["crons"] == wanted["crons"]
    headers = {header["key"]: header["value"] for header in wanted["headers"][0]["headers"]}
    assert headers in [route.get("headers") for route in build.config["routes"]]


def test_the_builder_left_the_checkout_alone(build: Build) -> None:
    assert build.functions
    assert not [name for name in ("pyproject.toml", "uv.lock") if (ROOT / name).exists()]


def test_the_built_function_answers_and_works_on(
    build: Build, python: Path, tmp_path: Path
) -> None:
    """The bundle itself, laid out as on Vercel, with nothing but what it brought along."""
    function = build.functions[INTERACTIONS]
    for name, file in function.files.items():
        link = tmp_path / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    handler = tmp_path / function.config["handler"].replace(".vc_handler", ".py")
    timeline = Timeline()
    with (
        gated_discord(timeline) as discord,
        function_host(
            _alone(python, handler), timeline, {"DISCORD_API_URL": discord.url}, root=tmp_path
        ) as host,
    ):
        discord.open()
        assert host.interact(ping(), request_id=1).json == {"type": 1}
        assert host.interact(slash("ask", prompt="Hi"), request_id=2).json == {"type": 5}
        timeline.wait_for(end_of(2))
        assert "Hi" in discord.contents[-1]


def _alone(python: Path, handler: Path) -> Sequence[str | Path]:
    """Without the machine's own packages."""
    return [python, "-s", handler]
