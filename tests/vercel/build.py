"""`vercel build` in a copy of the checkout: what Vercel itself would deploy, without an account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.checkout import Checkout
from tests.node_packages import installed, node_program

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".halley", ".env*", ".vercel", "__pycache__", ".*_cache", ".coverage*", ".hypothesis",
    "node_modules",
)  # fmt: skip
_PROJECT = {
    "projectId": "prj_local",
    "orgId": "team_local",
    "settings": {"framework": None, "createdAt": 1760000000000, "nodeVersion": "22.x"},
}


@dataclass(frozen=True, slots=True)
class BuiltFunction:
    """One function of the deployment; `files` by the names that it finds them under."""

    name: str
    config: Mapping[str, Any]
    files: Mapping[str, Path]

    @property
    def size_mib(self) -> float:
        return sum(file.stat().st_size for file in self.files.values()) / 2**20


class Build:
    """The builder's output."""

    def __init__(self, copy: Path) -> None:
        self._copy = copy
        self._output = copy / ".vercel" / "output"

    @property
    def config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = json.loads((self._output / "config.json").read_text())
        return config

    @property
    def published(self) -> set[str]:
        """The files that anybody can fetch."""
        static = self._output / "static"
        return {str(file.relative_to(static)) for file in static.rglob("*") if file.is_file()}

    @property
    def functions(self) -> dict[str, BuiltFunction]:
        folder = self._output / "functions"
        built = (self._function(func, folder) for func in folder.rglob("*.func"))
        return {function.name: function for function in built}

    def _function(self, func: Path, folder: Path) -> BuiltFunction:
        config = json.loads((func / ".vc-config.json").read_text())
        files = {name: self._copy / path for name, path in config.pop("filePathMap").items()}
        files |= {file.name: file for file in func.iterdir() if file.name != ".vc-config.json"}
        return BuiltFunction(str(func.relative_to(folder).with_suffix("")), config, files)


def build_in(folder: Path, python: Path) -> Build:
    """Copy the checkout to `folder` and build it there. AssertionError with what the builder said.

    `python` is the Python of the version that the functions run on.
    """
    copy = folder / "checkout"
    shutil.copytree(Checkout.here().root, copy, ignore=_NOT_COPIED)
    (copy / ".halley").mkdir()
    (copy / ".halley" / "keys.json").write_text("{}")  # what a developer's checkout holds
    (copy / ".vercel").mkdir()
    (copy / ".vercel" / "project.json").write_text(json.dumps(_PROJECT))
    vercel = installed("vercel") / "vercel"
    program = json.loads((vercel / "package.json").read_text())["bin"]["vercel"]
    done = subprocess.run(
        [node_program(), vercel / program, "build", "--yes", "--global-config", folder / "vercel"],
        cwd=copy,
        env={**os.environ, **_environment(folder, python), **_build_variables(copy)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return Build(copy)


def _environment(folder: Path, python: Path) -> dict[str, str]:
    """Where the builder finds its tools, and folders of ours for what it keeps."""
    tools = (sysconfig.get_path("scripts"), str(python.parent), os.environ["PATH"])
    return {
        "PATH": os.pathsep.join(tools),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(Checkout.here().home / "uv-cache"),
        "VERCEL_TELEMETRY_DISABLED": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        **_package_index(),
    }


def _package_index() -> dict[str, str]:
    """The index that pip was told to use, if any: uv does not read pip's configuration."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _build_variables(copy: Path) -> dict[str, str]:
    """vercel.json's own build variables, which a deployment sets and a local build does not."""
    variables: dict[str, str] = json.loads((copy / "vercel.json").read_text())["build"]["env"]
    return variables
