"""`python3 dev vendor`: what the dashboard's page loads from npm, copied to public/vendor.

The page has no build step and loads nothing from a third party, so the files lie in the repository:
upstream's own, unchanged, at the versions that dev/vendor/package-lock.json pins, with the licences
of all that is in them. `integrity.json` has each file's package, version and SHA-384.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.checkout import Checkout
from dev.console import Console
from dev.environment import locked, run_or_explain
from dev.node import PACKAGE_FILES, npm_command

INTEGRITY_FILE = "integrity.json"
LICENCES = "licences"


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A built file of an npm package, by its path in there."""

    package: str
    path: str

    @property
    def name(self) -> str:
        return Path(self.path).name


FILES = (
    VendorFile("@supabase/supabase-js", "dist/umd/supabase.js"),
    VendorFile("uplot", "dist/uPlot.iife.min.js"),
    VendorFile("uplot", "dist/uPlot.min.css"),
)


def main(arguments: Sequence[str]) -> int:
    """Write public/vendor anew."""
    argparse.ArgumentParser(
        prog="python3 dev vendor",
        description="Write public/vendor anew from npm, at the versions that"
        " dev/vendor/package-lock.json pins. After a change of versions, the integrity of the"
        " script tags in public/index.html changes with public/vendor/integrity.json.",
    ).parse_args(arguments)
    checkout = Checkout.here()
    console = Console()
    target = checkout.root / "public" / "vendor"
    write_vendor(installed_packages(checkout, console), target)
    versions = {entry["package"]: entry["version"] for entry in read_integrity(target).values()}
    console.say(f"  public/vendor: {', '.join(f'{name} {v}' for name, v in versions.items())}")
    return 0


def installed_packages(checkout: Checkout, console: Console) -> Path:
    """The `node_modules` of dev/vendor, installed by npm as its lock file says."""
    home = checkout.home / "vendor"
    home.mkdir(parents=True, exist_ok=True)
    with locked(checkout.home / "vendor.lock"), console.step("Packages", "from npm"):
        for name in PACKAGE_FILES:
            shutil.copyfile(checkout.root / "dev" / "vendor" / name, home / name)
        run_or_explain(
            [*npm_command(checkout, console), "ci", "--loglevel=error", "--fetch-retries=1",
             "--cache", checkout.home / "npm-cache"],
            problem="npm could not install what the page loads",
            cwd=home,
        )  # fmt: skip
    return home / "node_modules"


def write_vendor(packages: Path, target: Path) -> None:
    """Have `target` hold the files and licences of `packages`, a `node_modules`, and no more."""
    shutil.rmtree(target, ignore_errors=True)
    (target / LICENCES).mkdir(parents=True)
    found = {}
    for file in FILES:
        shutil.copyfile(packages / file.package / file.path, target / file.name)
        manifest = json.loads((packages / file.package / "package.json").read_text())
        found[file.name] = {
            "package": file.package,
            "version": manifest["version"],
            "integrity": integrity_of(target / file.name),
        }
    # Upstream's file has its own dependencies in it, so theirs belong to it, too.
    for manifest_file in sorted(
        [*packages.glob("*/package.json"), *packages.glob("@*/*/package.json")]
    ):
        folder = manifest_file.parent
        name = folder.relative_to(packages).as_posix().removeprefix("@").replace("/", "-")
        (licence,) = folder.glob("LICEN[CS]E*")
        shutil.copyfile(licence, target / LICENCES / f"{name}.txt")
    (target / INTEGRITY_FILE).write_text(json.dumps(found, indent=2) + "\n")


def read_integrity(target: Path) -> dict[str, dict[str, str]]:
    """What integrity.json says of each file: package, version and integrity."""
    found: dict[str, dict[str, str]] = json.loads((target / INTEGRITY_FILE).read_text())
    return found


def integrity_of(file: Path) -> str:
    """The `integrity` of a script tag for `file`."""
    return f"sha384-{base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()}"
