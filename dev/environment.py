"""Makes an environment under `.halley/` and installs into it what is needed, when that has changed.

Run by the system's Python before anything is installed: the standard library only. The commands'
own environment is described here, the voice worker's in dev/worker_environment.py.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dev.accounts import Account
from dev.checkout import Checkout
from dev.console import Console
from dev.errors import StackError

TAIL_LINES = 12
TAIL_WIDTH = 160
_INTERRUPTED = (-signal.SIGINT, 128 + signal.SIGINT)  # Ctrl-C reaches the programs we wait for, too
_NO_NETWORK = ("NameResolution", "name resolution", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED",
               "NewConnectionError", "Network is unreachable")  # fmt: skip


class Layer(StrEnum):
    """A set of requirement files that is installed together."""

    RUN = "run"
    TEST = "test"


CONSTRAINTS = "dev/constraints.txt"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment: its folder in `.halley/`, and the files of its layers.

    `constraints` pins what the packages of those files need in turn.
    """

    folder: str
    layers: Mapping[str, tuple[str, ...]]
    constraints: str

    def place(self, checkout: Checkout) -> Path:
        return checkout.home / self.folder

    def python(self, checkout: Checkout) -> Path:
        return self.place(checkout) / "bin" / "python"


OWN = Environment(
    "venv",
    {
        Layer.RUN: ("requirements.txt", "dev/requirements.txt"),
        Layer.TEST: ("tests/requirements.txt",),
    },
    CONSTRAINTS,
)
"""What `python3 dev` runs in, and the functions and the tests with it."""


def prepare(
    checkout: Checkout, layers: Sequence[str], *, console: Console, environment: Environment = OWN
) -> None:
    """Make the environment hold `layers`; does nothing when it does already.

    Two commands started at the same moment take turns. Raises StackError in one plain line.
    """
    if is_prepared(checkout, layers, environment=environment):
        return
    for layer in layers:
        _digest(checkout, environment, layer)  # whatever is missing is said before anything is made
    checkout.home.mkdir(exist_ok=True)
    with locked(checkout.home / "environment.lock"):
        _make_venv(checkout, environment, console)
        for layer in layers:
            if not _installed(checkout, environment, layer):
                _install(checkout, environment, layer, console)


def is_prepared(
    checkout: Checkout, layers: Sequence[str], *, environment: Environment = OWN
) -> bool:
    """Whether the environment holds `layers` as the requirement files have them now."""
    return all(_installed(checkout, environment, layer) for layer in layers)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that `path` stands for; waits while another process has it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_or_explain(
    command: Sequence[str | Path],
    *,
    problem: str,
    cwd: Path = Path("/"),
    account: Account | None = None,
) -> None:
    """Run a program to its end; if it fails, StackError with the tail of its output."""
    try:
        result = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=[] if account else None,
        )  # fmt: skip
    except OSError as error:
        raise StackError(f"{problem}: {error.strerror}.") from error
    if result.returncode == 0:
        return
    if result.returncode in _INTERRUPTED:
        raise KeyboardInterrupt
    if any(sign in result.stdout for sign in _NO_NETWORK):
        problem = f"{problem}: the network cannot be reached"
    raise StackError(f"{problem}.", readable_tail(result.stdout))


def readable_tail(output: str) -> list[str]:
    """The last lines of what a program wrote, without blanks and repetitions, none overlong."""
    lines = [line.rstrip() for line in output.splitlines()]
    told = [line for line in lines if line and "Retrying (Retry(" not in line]
    return [textwrap.shorten(line, TAIL_WIDTH, placeholder=" …") for line in told[-TAIL_LINES:]]


def digest_of(files: Sequence[Path]) -> str:
    """What a stamp holds: it changes whenever one of the files does."""
    total = hashlib.sha256()
    for file in files:
        try:
            total.update(hashlib.sha256(file.read_bytes()).digest())
        except FileNotFoundError as error:
            raise StackError(f"{file} is missing: is this checkout complete?") from error
    return total.hexdigest()


def holds(stamp: Path, digest: str) -> bool:
    """Whether what the stamp stands for was made from files of this digest."""
    return stamp.exists() and stamp.read_text() == digest


def _stamp(checkout: Checkout, environment: Environment, layer: str) -> Path:
    return environment.place(checkout) / f"halley-{layer}.stamp"


def _digest(checkout: Checkout, environment: Environment, layer: str) -> str:
    names = (*environment.layers[layer], environment.constraints)
    return digest_of([checkout.root / name for name in names])


def _installed(checkout: Checkout, environment: Environment, layer: str) -> bool:
    stamp = _stamp(checkout, environment, layer)
    # The link to the base Python breaks when that Python is upgraded away.
    made = environment.python(checkout).exists()
    return made and holds(stamp, _digest(checkout, environment, layer))


def _make_venv(checkout: Checkout, environment: Environment, console: Console) -> None:
    place = environment.place(checkout)
    made = place / "halley-made.stamp"
    if made.exists() and environment.python(checkout).exists():
        return
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise StackError(
            f"This Python {version} has no venv module. On Debian or Ubuntu: "
            f"sudo apt install python{version}-venv"
        )
    shown = f".halley/{environment.folder}"
    made_of = f"Python {sys.version.split()[0]} in {shown}"
    with console.step("Environment", made_of, lasting="some seconds"):
        shutil.rmtree(place, ignore_errors=True)  # half made, or its Python has gone
        run_or_explain(
            [sys.executable, "-m", "venv", place],
            problem=f"Python could not make an environment in {shown}",
        )
        made.touch()


def _install(checkout: Checkout, environment: Environment, layer: str, console: Console) -> None:
    files = environment.layers[layer]
    with console.step("Packages", " and ".join(files), lasting="some minutes"):
        digest = _digest(checkout, environment, layer)
        requirements = [part for name in files for part in ("-r", checkout.root / name)]
        run_or_explain(
            [environment.python(checkout), "-m", "pip", "install", "--quiet", "--no-input",
             "--disable-pip-version-check", *requirements,
             "-c", checkout.root / environment.constraints],
            problem=f"pip could not install {' and '.join(files)}",
        )  # fmt: skip
        _stamp(checkout, environment, layer).write_text(digest)
