"""The worker's environment, made for real from empty requirement files: no network is asked."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import Layer, is_prepared
from dev.errors import StackError
from dev.worker_environment import WORKER, WorkerLayer, worker_python


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for names in (*WORKER.layers.values(), (WORKER.constraints, "dev/constraints.txt")):
        for name in (*names, "requirements.txt", "dev/requirements.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).touch()
    return Checkout(tmp_path, tmp_path / ".halley")


def test_it_stands_beside_the_commands_own(
    checkout: Checkout, console: Console, output: io.StringIO
) -> None:
    python = worker_python(checkout, console=console)
    assert python == checkout.home / "worker" / "bin" / "python"
    prefix = subprocess.check_output([python, "-c", "import sys; print(sys.prefix)"], text=True)
    assert Path(prefix.strip()) == checkout.home / "worker"
    assert not is_prepared(checkout, (Layer.RUN,))
    assert "Python" in output.getvalue()
    assert ".halley/worker" in output.getvalue()


def test_its_tests_packages_are_installed_when_they_are_wanted(
    checkout: Checkout, console: Console
) -> None:
    worker_python(checkout, console=console)
    assert not is_prepared(checkout, (WorkerLayer.WORKER_TEST,), environment=WORKER)
    worker_python(checkout, console=console, tested=True)
    assert is_prepared(checkout, tuple(WorkerLayer), environment=WORKER)


def test_a_package_that_cannot_be_had_is_told_in_one_line(
    checkout: Checkout, console: Console
) -> None:
    (checkout.root / "worker" / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    with pytest.raises(StackError, match=r"pip could not install worker/requirements\.txt"):
        worker_python(checkout, console=console)
