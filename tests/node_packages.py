"""What the browser tests take from npm, installed under `.halley/` when its lock file changes."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console
from dev.node import npm_command

MANIFESTS = Path(__file__).parent / "node"


def node_program() -> str | Path:
    """Node itself: the machine's, or the one that came with npm from PyPI."""
    command = npm_command(Checkout.here(), Console())
    return command[0] if len(command) > 1 else "node"


def installed(manifest: str = ".") -> Path:
    """The `node_modules` of tests/node, or of a folder in it."""
    checkout = Checkout.here()
    source = (MANIFESTS / manifest).resolve()
    target = checkout.home / "test-node" / (source.name if manifest != "." else "page")
    target.mkdir(parents=True, exist_ok=True)
    files = sorted(file for file in source.iterdir() if file.is_file())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = target / "installed.stamp"
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may want it at once
        if not stamp.exists() or stamp.read_text() != digest:
            for file in files:
                shutil.copyfile(file, target / file.name)
            subprocess.run(
                [
                    *npm_command(checkout, Console()),
                    "ci",
                    "--loglevel=error",
                    "--cache",
                    checkout.home / "npm-cache",
                ],
                cwd=target,
                check=True,
                capture_output=True,
            )
            stamp.write_text(digest)
    return target / "node_modules"
