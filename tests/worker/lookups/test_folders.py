"""What lookups keep on the disk goes with their worker, or with the next one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from worker.lookups.extraction import ROOT
from worker.lookups.folders import PREFIX, LookupFolder

HOLDER = """
from worker.lookups.folders import LookupFolder
folder = LookupFolder()
(folder.path / "cache").mkdir()
(folder.path / "cache" / "player.js").write_text("kept")
print(folder.path, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where folders for temporary files are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_killed_workers_folder_is_removed_by_the_next_and_a_running_ones_is_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        path = Path(running.stdout.readline().strip())
        first = LookupFolder()
        assert (path / "cache" / "player.js").read_text() == "kept"
        running.kill()
    second = LookupFolder()
    assert not path.exists()
    assert first.path.is_dir()
    for folder in (first, second):
        folder.close()


def test_a_folder_goes_with_all_that_is_in_it(temporary: Path) -> None:
    folder = LookupFolder()
    (folder.path / "deno").mkdir()
    (folder.path / "deno" / "one").write_text("1")
    folder.close()
    folder.close()
    assert list(temporary.iterdir()) == []


def test_nothing_that_only_bears_the_name_is_followed_or_removed(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "dear").write_text("to somebody")
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (temporary / f"{PREFIX}file").write_text("no folder")
    LookupFolder().close()
    assert (elsewhere / "dear").exists()
    assert (temporary / f"{PREFIX}link").is_symlink()
    assert (temporary / f"{PREFIX}file").exists()
