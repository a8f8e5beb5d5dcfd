"""Pythons on this machine that Vercel's runtime can run on: 3.12 or newer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

VERSIONS = ("3.12", "3.13", "3.14")
_SAY_VERSION = (
    "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
)


def find_python(versions: Sequence[str] = VERSIONS) -> Path | None:
    """The first Python of one of these versions that runs and can make an environment."""
    for version in versions:
        for candidate in _candidates(version):
            found = _ask(candidate)
            if found is not None and found[0] == version:
                return found[1]
    return None


def _candidates(version: str) -> Iterator[Path]:
    yield Path(getattr(sys, "_base_executable", sys.executable))
    named = shutil.which(f"python{version}")
    if named:
        yield Path(named)
    for folder in _version_folders():
        yield from sorted(folder.glob(f"*{version}*/bin/python{version}"), reverse=True)


def _version_folders() -> Iterator[Path]:
    """Where pyenv and uv keep Pythons that are not on PATH."""
    root = os.environ.get("PYENV_ROOT")
    yield Path(root or Path.home() / ".pyenv") / "versions"
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if Path(entry).name == "shims":  # pyenv's, wherever the home folder is
            yield Path(entry).parent / "versions"
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR")
    yield Path(uv) if uv else Path.home() / ".local" / "share" / "uv" / "python"


def _ask(python: Path) -> tuple[str, Path] | None:
    """Its version and where it really is; None if it does not run, as an inactive shim."""
    try:
        said = subprocess.run(
            [python, "-c", _SAY_VERSION], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version, executable = said.stdout.splitlines()
    return version, Path(executable)
