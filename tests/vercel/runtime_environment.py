"""`.halley/vercel-venv`: the functions' packages and Vercel's runtime, on a Python it runs on."""

from __future__ import annotations

import shutil
from pathlib import Path

from dev.checkout import Checkout
from dev.environment import CONSTRAINTS, digest_of, locked, run_or_explain
from tests.vercel.pythons import find_python

REQUIREMENTS = ("requirements.txt", "tests/vercel/requirements.txt")


def runtime_python() -> Path | None:
    """The environment's interpreter, made when its pins have changed; None without a Python."""
    base = find_python()
    if base is None:
        return None
    checkout = Checkout.here()
    checkout.home.mkdir(exist_ok=True)
    venv = checkout.home / "vercel-venv"
    python, stamp = venv / "bin" / "python", venv / "halley-vercel.stamp"
    files = [checkout.root / name for name in (*REQUIREMENTS, CONSTRAINTS)]
    digest = f"{base} {digest_of(files)}"
    with locked(checkout.home / "vercel-venv.lock"):
        if stamp.exists() and stamp.read_text() == digest:
            return python
        shutil.rmtree(venv, ignore_errors=True)
        run_or_explain([base, "-m", "venv", venv], problem=f"{base} could not make {venv}")
        requirements = [part for name in REQUIREMENTS for part in ("-r", checkout.root / name)]
        run_or_explain(
            [python, "-m", "pip", "install", "--quiet", "--no-input",
             "--disable-pip-version-check", *requirements, "-c", checkout.root / CONSTRAINTS],
            problem="pip could not install Vercel's runtime",
        )  # fmt: skip
        stamp.write_text(digest)
    return python
