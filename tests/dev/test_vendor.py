"""What the page loads from npm lies in the repository as upstream built it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.vendor import (
    FILES,
    INTEGRITY_FILE,
    LICENCES,
    VendorFile,
    installed_packages,
    integrity_of,
    read_integrity,
    write_vendor,
)

ROOT = Checkout.here().root
VENDOR = ROOT / "public" / "vendor"


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_files_are_those_of_the_pinned_packages_unchanged(tmp_path: Path) -> None:
    write_vendor(installed_packages(Checkout.here(), Console(io.StringIO())), tmp_path / "vendor")
    assert content_of(VENDOR) == content_of(tmp_path / "vendor")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_what_its_integrity_says(file: VendorFile) -> None:
    assert integrity_of(VENDOR / file.name) == read_integrity(VENDOR)[file.name]["integrity"]


def test_the_versions_are_the_pinned_ones() -> None:
    pinned = json.loads((ROOT / "dev" / "vendor" / "package.json").read_text())["dependencies"]
    told = {entry["package"]: entry["version"] for entry in read_integrity(VENDOR).values()}
    assert told == pinned


def test_no_registry_is_named() -> None:
    text = (ROOT / "dev" / "vendor" / "package-lock.json").read_text()
    assert "resolved" not in text
    assert "http" not in text


def test_every_package_that_is_in_them_has_its_licence_beside_them() -> None:
    lock = json.loads((ROOT / "dev" / "vendor" / "package-lock.json").read_text())
    names = {path.removeprefix("node_modules/") for path in lock["packages"] if path}
    files = {f"{name.removeprefix('@').replace('/', '-')}.txt" for name in names}
    assert {file.name for file in (VENDOR / LICENCES).iterdir()} == files
    assert all("permission" in file.read_text().lower() for file in (VENDOR / LICENCES).iterdir())


def test_what_the_page_loads_from_there_is_held_to_its_integrity() -> None:
    page = (ROOT / "public" / "index.html").read_text()
    tags = re.findall(r"<(?:script|link)\b[^>]*[\"']/?vendor/([^\"']+)[\"'][^>]*>", page)
    for name in tags:
        assert f'integrity="{read_integrity(VENDOR)[name]["integrity"]}"' in page


def test_there_is_nothing_else() -> None:
    expected = {INTEGRITY_FILE, LICENCES, *(file.name for file in FILES)}
    assert {entry.name for entry in VENDOR.iterdir()} == expected
